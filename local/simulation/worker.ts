import fc from 'fast-check';
import { schedules } from './random';
import type { Schedule } from './schedule';
import { type Outcome, simulate } from './simulate';
import { count, emptyTally, failureOf, type Tally } from './tally';

/** Schedules to run, in the order in which they are to be counted. */
export type Work =
  | { readonly kind: 'list'; readonly schedules: readonly Schedule[] }
  /** That many random schedules of a seed; the first that fails is shrunk, and ends the work. */
  | { readonly kind: 'random'; readonly seed: number; readonly runs: number };

const runList = async (list: readonly Schedule[]): Promise<Tally> => {
  const tally = emptyTally();
  for (const schedule of list) {
    const outcome = await simulate(schedule);
    count(tally, outcome);
    if (outcome.violations.length > 0) tally.failures.push(await failureOf(outcome, simulate));
  }
  return tally;
};

const runRandom = async (seed: number, runs: number): Promise<Tally> => {
  const tally = emptyTally();
  let smallest: Outcome | undefined;
  const property = fc.asyncProperty(schedules, async (schedule) => {
    const outcome = await simulate(schedule);
    // What comes after the first failure are attempts to make it smaller.
    if (smallest === undefined) count(tally, outcome);
    if (outcome.violations.length === 0) return true;
    smallest = outcome;
    return false;
  });
  await fc.check(property, { seed, numRuns: runs });
  if (smallest !== undefined) tally.failures.push(await failureOf(smallest, simulate));
  return tally;
};

/** Does a piece of work. */
export const perform = (work: Work): Promise<Tally> =>
  work.kind === 'list' ? runList(work.schedules) : runRandom(work.seed, work.runs);

export { simulate } from './simulate';

// As a process of its own it works for whoever has forked it; tests load it for what it exports.
if (require.main === module) {
  // Nobody is left to report to.
  process.on('disconnect', () => process.exit());
  process.on('message', (work: Work) => {
    perform(work).then(
      (tally) => process.send?.({ tally }),
      (error: unknown) => process.send?.({ error: (error as Error).stack ?? String(error) }),
    );
  });
}
