import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SHELLS } from '../../../command/completion';
import { run } from '../../../command/program';
import { COMPLETIONS } from '../../command/completions';
import type { Lane } from '../lane';
import { Problem } from '../support/problem';
import { plainEnvironment } from '../support/python';

const execute = promisify(execFile);
const LIMIT_SECONDS = 60;
const TYPIST = join(__dirname, '..', 'python', 'complete.py');

const scriptFor = async (shell: string): Promise<string> => {
  let script = '';
  const out = (text: string): void => {
    script += text;
  };
  await run(['completion', shell], {
    ...{ out, err: () => {}, ask: undefined, readInput: undefined },
    directory: __dirname,
  });
  return script;
};

export const completion: Lane = {
  name: 'completion',
  title: 'the completion of the command, typed into the shells that are installed here',
  run: async ({ progress, python, scratch }) => {
    const env = plainEnvironment(scratch);
    for (const shell of SHELLS) {
      const isHere = await execute('sh', ['-c', `command -v ${shell}`], { env }).then(
        () => true,
        () => false,
      );
      if (!isHere) {
        progress.note(`Not typed: ${shell} is not installed.`);
        continue;
      }
      const file = join(scratch, `completion.${shell}`);
      writeFileSync(file, await scriptFor(shell));
      const typed = COMPLETIONS.map(([text]) => text);
      const { stdout } = await progress.step(
        `Type into ${shell}`,
        () =>
          execute(python.program('python'), [TYPIST, shell, file, ...typed], {
            env,
            timeout: LIMIT_SECONDS * 1000,
          }),
        LIMIT_SECONDS,
      );
      const wrong = stdout
        .trimEnd()
        .split('\n')
        .flatMap((line, index) =>
          line === COMPLETIONS[index]?.[1] ? [] : [`${COMPLETIONS[index]?.[0]} became ${line}`],
        );
      if (wrong.length > 0) throw new Problem(`${shell}: ${wrong.join('; ')}.`);
    }
  },
};
