import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { PAGES, played, type Run } from '../../local/story/tutorial/page';
import type { Lane } from '../lane';
import { Problem } from '../support/problem';
import { plainEnvironment } from '../support/python';

const run = promisify(execFile);
const LIMIT_SECONDS = 300;
const PROGRAMS = ['aws', 'curl', 'jq'];

/** The first line in which two texts differ. */
const difference = (expected: string, actual: string): string => {
  const [lines, others] = [expected.split('\n'), actual.split('\n')];
  const index = lines.findIndex((line, at) => line !== others[at]);
  return `line ${index + 1} is ${JSON.stringify(lines[index])}, and was ${JSON.stringify(others[index])}`;
};

export const tutorial: Lane = {
  name: 'tutorial',
  title: 'the commands of docs/tutorial.md and docs/adopting.md, run by the AWS CLI that is installed here',
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
    // As in a terminal, which shows both streams; what has failed shows in what it has printed.
    const inShell: Run = async (commands, { environment, bin }) => {
      const PATH = `${bin}:${env.PATH}`;
      const options = { env: { ...env, ...environment, PATH, AWS_PAGER: '' } };
      return (await run('sh', ['-c', `{ ${commands}\n} 2>&1 || true`], options)).stdout.trimEnd();
    };
    for (const [name, file] of Object.entries(PAGES)) {
      const page = readFileSync(file, 'utf8');
      const { page: actual } = await progress.step(
        `Play docs/${name}.md with the AWS CLI`,
        () => played(page, inShell),
        LIMIT_SECONDS,
      );
      if (actual !== page) {
        throw new Problem(`docs/${name}.md: a command prints something else: ${difference(page, actual)}.`);
      }
    }
  },
};
