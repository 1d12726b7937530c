import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { ServedDocument } from '../../../../local/story/serving';

const PROJECT = join(__dirname, '..', '..', '..', '..');

/** `npm start -- --serve` in a process of its own, which lives in another time than the test. */
export interface Served {
  /** The line that `--json` prints. */
  readonly document: ServedDocument;
  /** What was printed besides, on both streams. */
  readonly printed: () => string;
  /** Ends it with a signal. Returns the exit status. */
  readonly end: (signal?: NodeJS.Signals) => Promise<number | null>;
}

/** Starts it, and waits until it is ready. */
export const startServing = async (args: readonly string[]): Promise<Served> => {
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(
    process.execPath,
    ['--import', 'tsx', join('local', 'main.ts'), '--serve', '--json', ...args],
    { cwd: PROJECT, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const exited = once(child, 'exit') as Promise<[number | null]>;
  let printed = '';
  child.stderr.on('data', (chunk: Buffer) => {
    printed += chunk.toString('utf8');
  });
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([
    once(lines, 'line') as Promise<[string]>,
    exited.then(([status]): never => {
      throw new Error(`It ended before it was ready, with ${status}: ${printed}`);
    }),
  ]);
  lines.on('line', (line) => {
    printed += `${line}\n`;
  });
  return {
    document: JSON.parse(first[0]) as ServedDocument,
    printed: () => printed,
    end: async (signal = 'SIGINT') => {
      child.kill(signal);
      const [status] = await exited;
      return status;
    },
  };
};
