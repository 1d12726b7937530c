import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync, type WriteStream } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cleanup } from './cleanup';
import { Problem } from './problem';

/** How long a process may take to end after SIGTERM before it gets SIGKILL. */
const GRACE_MS = 5_000;

/** Time between two checks of a starting server. */
const POLL_MS = 100;

/** The last lines of a log, for a message. */
const tail = (file: string, lines = 15): string =>
  readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');

/** A loopback port on which nothing listens at this moment. */
const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/** A command to run. */
export interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Where its output goes. */
  readonly logFile: string;
}

/** Logs of processes. They are complete only some time after the processes have ended. */
const logs = new WeakMap<ChildProcess, WriteStream>();

/**
 * Starts a process in a process group of its own, so that it can be stopped with everything that it starts,
 * and nothing else.
 */
const start = ({ command, args, env, cwd, logFile }: CommandLine): ChildProcess => {
  const log = createWriteStream(logFile, { flags: 'a' });
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  child.once('close', () => log.end());
  logs.set(child, log);
  return child;
};

const ended = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const signalGroup = (pid: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
};

/** Stops a process and everything that it started. */
const stop = async (child: ChildProcess): Promise<void> => {
  const { pid } = child;
  if (pid === undefined) return;
  signalGroup(pid, 'SIGTERM');
  const deadline = Date.now() + GRACE_MS;
  while (signalGroup(pid, 0)) {
    if (Date.now() > deadline) {
      signalGroup(pid, 'SIGKILL');
      return;
    }
    await sleep(POLL_MS);
  }
};

/** Starts a process that the cleanup will stop. @throws Error, and starts nothing, if the cleanup has begun. */
const startFor = (cleanup: Cleanup, line: CommandLine): ChildProcess => {
  let child: ChildProcess | undefined;
  cleanup.add(line.command, () => child && stop(child));
  child = start(line);
  return child;
};

/**
 * Runs a command to its end.
 *
 * @param onLine - Called with each line of its standard output as it comes.
 * @returns Its standard output.
 * @throws Problem with the end of its output if it fails.
 */
export const run = async (
  line: CommandLine,
  cleanup: Cleanup,
  onLine?: (text: string) => void,
): Promise<string> => {
  const child = startFor(cleanup, line);
  const output: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
  if (onLine !== undefined && child.stdout !== null)
    createInterface({ input: child.stdout }).on('line', onLine);
  const [code] = (await Promise.race([
    once(child, 'close'),
    once(child, 'error').then(([error]) => {
      throw new Problem(`${line.command} cannot be started: ${(error as Error).message}`);
    }),
  ])) as [number | null];
  if (code !== 0) {
    const log = logs.get(child);
    if (log !== undefined && !log.writableFinished) await once(log, 'finish');
    throw new Problem(
      `${[line.command, ...line.args].join(' ')} ended with ${code ?? 'a signal'}:\n${tail(line.logFile)}`,
    );
  }
  return Buffer.concat(output).toString();
};

/** How a program has ended, whatever its exit status is. */
export interface Ended {
  /** Null: a signal has ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a program whose exit status and error stream matter, too. */
export const startProgram = (
  line: CommandLine,
  cleanup: Cleanup,
  onErrorLine: (text: string) => void,
): { readonly ended: Promise<Ended>; readonly signal: (name: NodeJS.Signals) => void } => {
  const child = startFor(cleanup, line);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  if (child.stderr !== null) createInterface({ input: child.stderr }).on('line', onErrorLine);
  return {
    ended: once(child, 'close').then(([code]) => ({ code: code as number | null, ...output })),
    signal: (name) => void child.kill(name),
  };
};

/** A server that answers. */
export interface Server {
  readonly url: string;
  /** The end of its log, for a message. */
  logTail(): string;
}

/** How to start a server on the free port `port`. */
export type ServerCommand = (port: number) => CommandLine;

/**
 * Starts a server on a free loopback port and waits until it answers.
 *
 * @throws Problem with the end of its log if it does not answer in time.
 */
export const startServer = async (
  commandOf: ServerCommand,
  cleanup: Cleanup,
  limitSeconds = 60,
): Promise<Server> => {
  const port = await freePort();
  const line = commandOf(port);
  const child = startFor(cleanup, line);
  const url = `http://127.0.0.1:${port}`;
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  for (const deadline = Date.now() + limitSeconds * 1000; ; await sleep(POLL_MS)) {
    if (failure !== undefined) throw new Problem(`${line.command} cannot be started: ${failure.message}`);
    if (ended(child)) throw new Problem(`${line.command} ended at once:\n${tail(line.logFile)}`);
    try {
      // Any answer will do: the server is up.
      await fetch(url, { signal: AbortSignal.timeout(1_000) });
      return { url, logTail: () => tail(line.logFile, 40) };
    } catch {
      if (Date.now() > deadline) {
        throw new Problem(
          `${line.command} did not answer at ${url} within ${limitSeconds} s:\n${tail(line.logFile)}`,
        );
      }
    }
  }
};
