import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { readCheckedOut } from './project';
import { differencesOf } from './readiness';
import { figuresIn, type Result, type Results, readResults, writeResults } from './results';
import type { Step } from './steps';

/** Where and how steps run. */
export interface Run {
  /** Where commands run. */
  readonly root: string;
  /** The commit that is examined. */
  readonly commit: string;
  /** Where results and logs of this commit are kept. */
  readonly directory: string;
  /** What has passed at this commit already is not run again. */
  readonly resume: boolean;
  readonly tell: (text: string) => void;
}

const ALIVE_MS = 60_000;

const lastLineOf = (text: string): string => text.trimEnd().split('\n').at(-1)?.trim() ?? '';

/** Runs the command of a step, with all that it writes in a file, and a sign of life each minute. */
const runStep = async (step: Step, { root, commit, directory, tell }: Run): Promise<Result> => {
  const { name, command, environment } = step;
  const [program, ...args] = command;
  const log = join(directory, `${name}.log`);
  const file = createWriteStream(log);
  const differencesNow = () => differencesOf(readCheckedOut(root, commit));
  const before = differencesNow();
  const startedMs = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedMs) / 1000);
  let written = '';
  let last = '';
  const alive = setInterval(() => tell(`    ${Math.round(seconds() / 60)} min: ${last}\n`), ALIVE_MS);
  const ended = await new Promise<string>((resolve) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.on('data', (chunk: Buffer) => {
      if (step.isPart === true) written += chunk.toString('utf8');
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        file.write(chunk);
        last = lastLineOf(chunk.toString('utf8')) || last;
      });
    }
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? `exit status ${code}`));
  });
  clearInterval(alive);
  await finished(file.end());
  const figures = step.isPart === true ? figuresIn(written) : undefined;
  const differences = [...new Set([...before, ...differencesNow()])];
  const passed =
    ended === 'exit status 0' &&
    differences.length === 0 &&
    // A part that does not say what it has tried has proved nothing.
    (step.isPart !== true || figures !== undefined);
  return { name, passed, seconds: seconds(), ended, log, differences, ...(figures && { figures }) };
};

const minutes = (number: number): string => (number < 1 ? 'less than a minute' : `about ${number} min`);

/**
 * Runs steps one after another. A failure does not stop the others, which take as long tomorrow. Only after a gate that has failed,
 * and in a tree that is not that of the commit any more, nothing is run. What has ended is written down at once.
 *
 * @returns how all steps have ended that were run at this commit, also in earlier runs.
 */
export const runSteps = async (steps: readonly Step[], run: Run): Promise<Results> => {
  const { directory, resume, tell } = run;
  mkdirSync(directory, { recursive: true });
  const kept = join(directory, 'results.json');
  const results = new Map(readResults(kept));
  for (const [index, step] of steps.entries()) {
    const place = `[${index + 1}/${steps.length}] ${step.name}`;
    if (resume && step.isGate !== true && results.get(step.name)?.passed === true) {
      tell(`${place}: has passed already.\n`);
      continue;
    }
    tell(`${place}: ${step.proves}; ${minutes(step.minutes)} ...\n`);
    const result = await runStep(step, run);
    results.set(step.name, result);
    writeResults(kept, results);
    tell(`    ${result.passed ? 'passed' : 'FAILED'} after ${result.seconds} s\n`);
    if ((step.isGate === true && !result.passed) || result.differences.length > 0) break;
  }
  return results;
};
