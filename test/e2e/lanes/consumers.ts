import { join } from 'node:path';
import type { Lane } from '../lane';
import { run } from '../support/processes';
import { plainEnvironment } from '../support/python';

const PROJECT = join(__dirname, '..', '..', '..');
const CHECKS = join(PROJECT, 'test', 'e2e', 'python', 'check_consumers.py');
const LIMIT_SECONDS = 120;

export const consumers: Lane = {
  name: 'consumers',
  title: 'the example for Python, and what is said of botocore, by botocore itself',
  run: async ({ progress, cleanup, python, scratch }) => {
    const done = await progress.step(
      'Let botocore read the conformance fixtures, profiles and proxies',
      () =>
        run(
          {
            command: python.program('python'),
            args: ['-B', CHECKS, PROJECT],
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
