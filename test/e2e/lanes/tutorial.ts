import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { PAGE, played } from '../../local/story/tutorial/page';
import type { Lane } from '../lane';
import { Problem } from '../support/problem';
import { plainEnvironment } from '../support/python';

const run = promisify(execFile);
const LIMIT_SECONDS = 180;
const PROGRAMS = ['aws', 'curl', 'jq'];

/** The first line in which two texts differ. */
const difference = (expected: string, actual: string): string => {
  const [lines, others] = [expected.split('\n'), actual.split('\n')];
  const index = lines.findIndex((line, at) => line !== others[at]);
  return `line ${index + 1} is ${JSON.stringify(lines[index])}, and was ${JSON.stringify(others[index])}`;
};

export const tutorial: Lane = {
  name: 'tutorial',
  title: 'the commands of docs/tutorial.md, run by the AWS CLI that is installed here',
  run: async ({ progress, scratch }) => {
    const env = plainEnvironment(scratch);
    const missing: string[] = [];
    for (const program of PROGRAMS) {
      await run('sh', ['-c', `command -v ${program}`], { env }).catch(() => missing.push(program));
    }
    // A machine on which nothing was installed by hand may lack them.
    if (missing.length > 0) {
      progress.note(
        `Not played: ${missing.join(', ')} is not installed. npm test plays the same commands by the SDK.`,
      );
      return;
    }
    const page = readFileSync(PAGE, 'utf8');
    const inShell = async (command: string, variables: Readonly<Record<string, string>>): Promise<string> =>
      (await run('sh', ['-c', command], { env: { ...env, ...variables, AWS_PAGER: '' } })).stdout.trimEnd();
    const { page: actual } = await progress.step(
      'Play the tutorial with the AWS CLI',
      () => played(page, inShell),
      LIMIT_SECONDS,
    );
    if (actual !== page) throw new Problem(`The AWS CLI prints something else: ${difference(page, actual)}.`);
  },
};
