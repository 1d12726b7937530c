import { type ChildProcess, fork } from 'node:child_process';
import type { Tally } from './tally';
import type { Work } from './worker';

type Answer = { readonly tally: Tally } | { readonly error: string };

/**
 * The bundle needs no loader. Young objects get more room, in MB: most die within a schedule, and collecting
 * them takes half as long.
 */
const EXEC_ARGV = ['--max-semi-space-size=32'];

/**
 * Distributes pieces of work among processes side by side, and returns their results in the order of the
 * pieces, whichever was done first: the report depends only on the pieces.
 *
 * @param file - The bundled worker.
 */
export const distribute = async (
  file: string,
  jobs: number,
  pieces: AsyncGenerator<Work>,
  onTally: (tally: Tally) => void,
): Promise<void> => {
  const done = new Map<number, Tally>();
  let given = 0;
  let reported = 0;
  const report = (): void => {
    for (let tally = done.get(reported); tally !== undefined; tally = done.get(reported)) {
      done.delete(reported);
      reported += 1;
      onTally(tally);
    }
  };
  const ask = (child: ChildProcess, work: Work): Promise<Tally> =>
    new Promise((resolve, reject) => {
      const settle = (answer: Answer): void => {
        child.off('exit', die);
        if ('tally' in answer) resolve(answer.tally);
        else reject(new Error(answer.error));
      };
      const die = (code: number | null): void => {
        child.off('message', settle);
        reject(new Error(`A worker ended with ${code ?? 'a signal'}.`));
      };
      child.once('message', settle);
      child.once('exit', die);
      child.send(work);
    });
  const work = async (): Promise<void> => {
    const child = fork(file, [], {
      execArgv: EXEC_ARGV,
      env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    });
    try {
      for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) {
        const index = given;
        given += 1;
        done.set(index, await ask(child, next.value));
        report();
      }
    } finally {
      child.kill();
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
};
