import { join } from 'node:path';
import { answer } from '../../consumer/ground/command-line';
import { parseCommand } from './program';
import { commitOf, NotAClone, versionOf } from './project';
import { listOf, reportOf, type Verdict, verdictOn } from './report';
import { runSteps } from './run';
import type { Step } from './steps';

/** What the check has to do with. */
export interface Surroundings {
  readonly root: string;
  readonly stepsOf: (version: string, commit: string) => readonly Step[];
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Today, as the documents write it. */
  readonly date: string;
}

const EXIT: Readonly<Record<Verdict['verdict'], number>> = { ready: 0, failed: 1, incomplete: 3 };

const json = (document: unknown): string => `${JSON.stringify(document, undefined, 2)}\n`;

const check = async (
  args: readonly string[],
  { root, stepsOf, out, err, date }: Surroundings,
): Promise<number> => {
  const commit = commitOf(root);
  const version = versionOf(root);
  const steps = stepsOf(version, commit);
  const asked = parseCommand(
    args,
    steps.map(({ name }) => name),
  );
  if (asked.kind === 'help' || asked.kind === 'misuse') return answer(asked, out, err);
  if (asked.kind === 'list') {
    out(
      asked.json
        ? json(steps.map(({ name, proves, minutes }) => ({ name, proves, minutes })))
        : `${listOf(steps)}\n`,
    );
    return 0;
  }
  const { only, resume } = asked;
  const wanted = steps.filter(
    ({ name, isGate }) => isGate === true || only.length === 0 || only.includes(name),
  );
  const directory = join(root, '.local', 'release', commit);
  const results = await runSteps(wanted, { root, commit, directory, resume, tell: asked.json ? err : out });
  const verdict = verdictOn({ version, commit }, steps, results);
  out(asked.json ? json(verdict) : `\n${reportOf(verdict, date)}\n`);
  return EXIT[verdict.verdict];
};

/** Runs the check. Its exit status. */
export const main = async (args: readonly string[], surroundings: Surroundings): Promise<number> => {
  try {
    return await check(args, surroundings);
  } catch (error) {
    if (!(error instanceof NotAClone)) throw error;
    surroundings.err(`${error.message}\n`);
    return 2;
  }
};
