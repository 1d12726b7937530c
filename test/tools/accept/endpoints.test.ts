import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..', '..');

/** Keeps requests from leaving the machine, and says where they would have gone. */
const HOOK = `
require('node:https').request = ({ host, hostname }) => {
  throw new Error('would have asked ' + (host ?? hostname));
};
`;

const PROFILE =
  '[profile sandbox]\nregion = eu-west-1\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = none\n';

/** `npm run accept` with a profile of these lines. */
const accept = async (profile: (url: string) => string, environment: Record<string, string> = {}) => {
  const scratch = mkdtempSync(join(tmpdir(), 'accept-'));
  let asked = 0;
  const fake = createServer((_request, response) => {
    asked += 1;
    response.writeHead(400).end();
  }).listen(0, '127.0.0.1');
  await once(fake, 'listening');
  const url = `http://127.0.0.1:${(fake.address() as AddressInfo).port}`;
  const [config, hook] = [join(scratch, 'config'), join(scratch, 'hook.cjs')];
  writeFileSync(config, profile(url));
  writeFileSync(hook, HOOK);
  const child = spawn(
    process.execPath,
    [
      '--require',
      hook,
      '--import',
      'tsx',
      join(ROOT, 'tools', 'accept', 'main.ts'),
      '--account',
      '111122223333',
    ],
    {
      cwd: ROOT,
      env: {
        PATH: process.env.PATH,
        HOME: scratch,
        AWS_CONFIG_FILE: config,
        AWS_SHARED_CREDENTIALS_FILE: join(scratch, 'none'),
        AWS_PROFILE: 'sandbox',
        ...environment,
      },
    },
  );
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  fake.close();
  fake.closeAllConnections();
  rmSync(scratch, { recursive: true });
  return { code, stderr, asked };
};

it.each<[string, (url: string) => string]>([
  ['all services', (url) => `${PROFILE}endpoint_url = ${url}\n`],
  ['STS alone', (url) => `${PROFILE}services = fake\n\n[services fake]\nsts =\n  endpoint_url = ${url}\n`],
])(
  'an endpoint in a profile for %s does not pass for AWS',
  async (_what, profile) => {
    for (const environment of [{}, { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'false' }]) {
      const { code, stderr, asked } = await accept(profile, environment);
      expect(asked).toBe(0);
      expect(stderr).toContain('would have asked sts.eu-west-1.amazonaws.com');
      expect(code).toBe(2);
    }
  },
  60_000,
);
