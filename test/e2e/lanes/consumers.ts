import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withKey } from '../../../consumer/file/profile-editor';
import type { Lane } from '../lane';
import { run } from '../support/processes';
import { plainEnvironment } from '../support/python';

const PROJECT = join(__dirname, '..', '..', '..');
const CHECKS = join(PROJECT, 'test', 'e2e', 'python', 'check_consumers.py');
const LIMIT_SECONDS = 120;

const KEY = { accessKeyId: 'AKIAEXAMPLE00000000W', secretAccessKey: 'exampleSecretOfKeyW0' };

/** Files as people have them, each with its kind. */
const BEFORE = [
  ['credentials', ''],
  ['credentials', '# mine\r\n[other]\r\nregion = x\r\n'],
  [
    'credentials',
    '[app]\naws_access_key_id = old # last year\n  aws_secret_access_key = old\naws_session_token = t\n',
  ],
  ['config', ''],
  ['config', '[default]\nregion = x\n[app]\nregion = y\n'],
  ['config', '[profile app]\nregion = x\ns3 =\n  addressing_style = path\n'],
  ['config', '[profile "app"]\nregion = x\n'],
] as const;

/** The files with the key in them, for botocore to read. */
const written = (folder: string): string => {
  const cases = BEFORE.map(([kind, before], index) => {
    const path = join(folder, `written-${index}`);
    writeFileSync(path, withKey(before, 'app', KEY, kind));
    return { kind, path, before, ...KEY };
  });
  const list = join(folder, 'written.json');
  writeFileSync(list, JSON.stringify(cases));
  return list;
};

export const consumers: Lane = {
  name: 'consumers',
  title: 'the example for Python, and the claims about botocore, checked with botocore itself',
  run: async ({ progress, cleanup, python, scratch }) => {
    const done = await progress.step(
      'Let botocore read fixtures, profiles, proxies, and written files',
      () =>
        run(
          {
            command: python.program('python'),
            args: ['-B', CHECKS, PROJECT, written(scratch)],
            env: plainEnvironment(scratch),
            logFile: join(scratch, 'checks.log'),
          },
          cleanup,
        ),
      LIMIT_SECONDS,
    );
    for (const check of done.split('\n').filter((line) => line !== '')) progress.note(`Held: ${check}`);
  },
};
