import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cleanup } from './cleanup';
import { Problem } from './problem';
import { type CommandLine, run } from './processes';

const REQUIREMENTS = join(__dirname, '..', 'python', 'requirements.txt');

/** A Python environment of its own, with the judges in it. */
export interface PythonEnvironment {
  /** The full path of a program of the environment, such as `python`. */
  program(name: string): string;
}

/** Variables that a program cannot do without, and none that would misdirect it. */
export const plainEnvironment = (scratch: string): Readonly<Record<string, string>> => {
  const { PATH = '', HOME = scratch, LANG = 'C.UTF-8' } = process.env;
  return { PATH, HOME, LANG, TMPDIR: scratch };
};

/** The environment and files tell pip where the package index is; none of that may be lost. */
const pipEnvironment = (scratch: string): Readonly<Record<string, string>> => {
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && /^(PIP_|SSL_|REQUESTS_|XDG_|(https?|no)_proxy$)/i.test(entry[0]),
  );
  return { ...Object.fromEntries(kept), ...plainEnvironment(scratch), PIP_DISABLE_PIP_VERSION_CHECK: '1' };
};

/**
 * Creates a Python environment with exactly the packages of requirements.txt.
 *
 * @throws Problem in one sentence, if there is no Python, or no package index.
 */
export const makePython = async (
  directory: string,
  scratch: string,
  cleanup: Cleanup,
): Promise<PythonEnvironment> => {
  await mkdir(directory, { recursive: true });
  const logFile = join(scratch, 'python.log');
  const env = pipEnvironment(scratch);
  const line = (command: string, ...args: string[]): CommandLine => ({ command, args, env, logFile });
  const bin = join(directory, process.platform === 'win32' ? 'Scripts' : 'bin');
  const python = join(bin, 'python');

  const interpreter = process.env.PYTHON ?? 'python3';
  const MINIMUM =
    'import sys; assert sys.version_info >= (3, 11), "it is " + sys.version.split()[0]; import ensurepip';
  try {
    await run(line(interpreter, '-c', MINIMUM), cleanup);
    await run(line(interpreter, '-m', 'venv', directory), cleanup);
  } catch (error) {
    throw new Problem(
      `The emulators need Python 3.11 or later with its venv module, as "python3" or named by the variable PYTHON: ${lastLine(error)}.`,
    );
  }
  try {
    // --no-compile: half of the time would be spent on code that never runs.
    const install = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--no-compile',
      '--require-hashes',
      '-r',
      REQUIREMENTS,
    ];
    await run(line(python, ...install), cleanup);
  } catch (error) {
    throw new Problem(
      `The emulators could not be installed with pip from the Python package index: ${lastLine(error)}.`,
    );
  }
  return { program: (name) => join(bin, name) };
};

const lastLine = (error: unknown): string =>
  ((error as Error).message.trimEnd().split('\n').at(-1) ?? '').replace(/\.$/, '');
