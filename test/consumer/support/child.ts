import { spawn } from 'node:child_process';

/** How a child process ended. */
export interface Ended {
  readonly pid: number;
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a process may not do. */
export interface Limits {
  /** It can write nothing into files, as on a full disk. */
  readonly noWrites?: boolean;
  /** It has only the rights of the user `nobody`, even if root runs the test. */
  readonly unprivileged?: boolean;
}

/** The user `nobody` on Unix, for a test that runs as root, who may write everywhere. */
const NOBODY = 65_534;

/** Runs a Node.js process to its end, in this folder. It gets these variables and PATH, and no others. */
export const runNode = (
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  folder?: string,
  { noWrites = false, unprivileged = false }: Limits = {},
): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const [command, ...rest] = noWrites
      ? ['/bin/sh', '-c', 'trap "" XFSZ; ulimit -f 0; exec "$0" "$@"', process.execPath, ...args]
      : [process.execPath, ...args];
    const child = spawn(command ?? '', rest, {
      cwd: folder,
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(unprivileged && process.getuid?.() === 0 && { uid: NOBODY, gid: NOBODY }),
    });
    const output = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        output[stream] += text;
      });
    }
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ pid: child.pid ?? 0, status, signal, ...output }));
  });
