import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answer } from '../../consumer/ground/command-line';
import { endpointSettings, endpointsIn, refusedEndpoints } from '../../tools/accept/refusals';
import type { Lane } from './lane';
import { acceptance } from './lanes/acceptance';
import { completion } from './lanes/completion';
import { consumers } from './lanes/consumers';
import { contract, contractOnAws } from './lanes/contract';
import { judges } from './lanes/judges';
import { ministack } from './lanes/ministack';
import { moto } from './lanes/moto';
import { tutorial } from './lanes/tutorial';
import { parseCommand } from './options';
import { Cleanup } from './support/cleanup';
import { Problem } from './support/problem';
import { createProgress, type Progress } from './support/progress';
import { makePython } from './support/python';

// The SDK warns users of Node.js 20 about the future of Lambda functions. This process is not one.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const LANES: readonly Lane[] = [
  acceptance,
  completion,
  consumers,
  contract,
  judges,
  ministack,
  moto,
  tutorial,
];

/** Wheels are sometimes slow to download. */
const INSTALL_LIMIT_SECONDS = 600;

const PROJECT = join(__dirname, '..', '..');

interface Outcome {
  readonly part: string;
  readonly ok: boolean;
  readonly seconds: number;
  readonly problem?: string;
  readonly steps: readonly { readonly title: string; readonly ok: boolean; readonly seconds: number }[];
}

/** A problem is for people; anything else is a defect or a failed assertion, whose stack trace matters. */
const words = (error: unknown): string => {
  if (error instanceof Problem) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
};

const main = async (args: readonly string[]): Promise<number> => {
  const command = parseCommand(args, LANES);
  if (command.kind === 'help' || command.kind === 'misuse') return answer(command);
  const startedMs = Date.now();
  const write = (line: string): void => void (command.json ? process.stderr : process.stdout).write(line);

  // Whatever happens from here on, everything that was started is stopped, and everything that was written is
  // removed.
  const scratch = mkdtempSync(join(tmpdir(), 'iam-access-key-rotation-'));
  const cleanup = new Cleanup();
  cleanup.add('remove the scratch directory', () => rmSync(scratch, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      write(`${signal}: stopping what was started ...\n`);
      void cleanup.run().finally(() => process.exit(1));
    });
  }

  const outcomes: Outcome[] = [];
  /** Does a part of the run. Its failure is reported and recorded; the other parts go on. */
  const attempt = async <T>(
    part: string,
    work: (progress: Progress) => Promise<T>,
  ): Promise<T | undefined> => {
    const steps: Outcome['steps'][number][] = [];
    const began = Date.now();
    const progress = createProgress(part, startedMs, write, (title, ok, seconds) => {
      steps.push({ title, ok, seconds });
    });
    const note = (problem?: string): void => {
      const seconds = (Date.now() - began) / 1000;
      outcomes.push({ part, ok: problem === undefined, seconds, steps, ...(problem && { problem }) });
    };
    try {
      const result = await work(progress);
      note();
      return result;
    } catch (error) {
      const problem = words(error);
      progress.note(`FAILED: ${problem}`);
      note(problem);
      return undefined;
    }
  };

  try {
    if (command.kind === 'aws') {
      Object.assign(process.env, endpointSettings(false));
      await attempt('aws', async (progress) => {
        const refused = refusedEndpoints(endpointsIn(process.env), false);
        if (refused !== undefined) throw new Problem(refused);
        await contractOnAws(command.accountId, progress, cleanup);
      });
    } else {
      const directory = command.keepPython ? join(PROJECT, '.local', 'python') : join(scratch, 'python');
      const python = await attempt('python', (progress) =>
        progress.step(
          'Install the emulators and judges into a Python environment of their own',
          () => makePython(directory, scratch, cleanup),
          INSTALL_LIMIT_SECONDS,
        ),
      );
      // Lanes wait for servers more than they compute, so they run side by side.
      const lanes = python === undefined ? [] : LANES.filter(({ name }) => command.lanes.includes(name));
      await Promise.all(
        lanes.map((lane) =>
          attempt(lane.name, async (progress) => {
            if (python === undefined) return;
            const own = join(scratch, lane.name);
            await mkdir(own);
            const laneCleanup = new Cleanup();
            cleanup.add(`the lane ${lane.name}`, () => laneCleanup.run());
            try {
              const { record } = command;
              await lane.run({ progress, cleanup: laneCleanup, python, scratch: own, record });
            } finally {
              await laneCleanup.run();
            }
          }),
        ),
      );
    }
  } finally {
    await cleanup.run();
  }

  const ok = outcomes.every((outcome) => outcome.ok);
  if (command.json) process.stdout.write(`${JSON.stringify({ ok, parts: outcomes }, undefined, 2)}\n`);
  const failed = outcomes.filter((outcome) => !outcome.ok).map(({ part }) => part);
  write(ok ? '\nEverything held.\n' : `\nFailed: ${failed.join(', ')}. See the errors above.\n`);
  return ok ? 0 : 1;
};

main(process.argv.slice(2)).then(
  (exitStatus) => {
    // Do not wait for sockets that the SDK keeps open.
    process.exit(exitStatus);
  },
  (defect: unknown) => {
    console.error(words(defect));
    process.exit(1);
  },
);
