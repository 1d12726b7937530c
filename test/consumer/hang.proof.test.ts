import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from '../../consumer/build';
import { runNode } from './support/child';
import { temporaryFolder } from './support/folder';

it.each([['credential-process', '--secret-id', 'alice'], ['doctor']])(
  '%s ends after 30 seconds, though the source of the credentials never ends',
  async (...args) => {
    const home = temporaryFolder();
    const folder = join(home, 'package');
    await build(folder);
    writeFileSync(
      join(home, 'config'),
      '[profile slow]\nregion = eu-west-1\ncredential_process = sleep 600\n',
    );
    const began = Date.now();
    const { status, stdout, stderr } = await runNode(
      [join(folder, 'rotated-credentials.js'), ...args, '--profile', 'slow'],
      { HOME: home, AWS_CONFIG_FILE: join(home, 'config'), AWS_EC2_METADATA_DISABLED: 'true' },
    );
    expect(status).toBe(1);
    expect(stdout + stderr).toContain('did not answer within 30 seconds.');
    expect(Date.now() - began).toBeLessThan(60_000);
  },
);
