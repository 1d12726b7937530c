import fc from 'fast-check';
import type { Wire } from '../../embedded-aws/clients/fast-wire';
import { Prng } from '../../embedded-aws/ground/prng';
import { type Outcome, simulate } from '../play/simulate';
import type { Schedule } from '../schedule/schedule';
import { schedules } from './random';
import { count, emptyTally, failureOf, type Tally } from './tally';
import { compareWires } from './wire-check';

/** How the schedules of a piece of work are played. */
export interface Play {
  /** With the fast wire, one schedule of each piece is also played over the full wire, and compared. */
  readonly wire: Wire;
  /** Draws that one. */
  readonly sampleSeed: number;
}

/** Schedules to run, in the order in which they are to be counted. */
export type Work = Play &
  (
    | { readonly kind: 'list'; readonly schedules: readonly Schedule[] }
    /** This many random schedules of a seed; the first that fails is shrunk, and ends the work. */
    | { readonly kind: 'random'; readonly seed: number; readonly runs: number }
  );

/**
 * A schedule throws hundreds of errors whose origin no one looks at: ten frames of each stack would cost a
 * twelfth of the time. A replay records them.
 */
const STACK_FRAMES = 1;

/** Plays schedules, and the drawn one over both wires. */
const playerOf = ({ wire, sampleSeed }: Play, schedules: number): ((s: Schedule) => Promise<Outcome>) => {
  const drawn = Math.floor(new Prng(sampleSeed).next() * schedules);
  let played = 0;
  return async (schedule) => {
    const outcome = await simulate(schedule, { wire });
    if (wire === 'fast' && played === drawn)
      compareWires(outcome, await simulate(schedule, { wire: 'full' }));
    played += 1;
    return outcome;
  };
};

const runList = async (work: Extract<Work, { readonly kind: 'list' }>): Promise<Tally> => {
  const tally = emptyTally();
  const play = playerOf(work, work.schedules.length);
  for (const schedule of work.schedules) {
    const outcome = await play(schedule);
    count(tally, outcome);
    if (outcome.violations.length > 0) tally.failures.push(await failureOf(outcome, simulate));
  }
  return tally;
};

const runRandom = async (work: Extract<Work, { readonly kind: 'random' }>): Promise<Tally> => {
  const tally = emptyTally();
  const play = playerOf(work, work.runs);
  let smallest: Outcome | undefined;
  let defect: { readonly error: unknown } | undefined;
  const property = fc.asyncProperty(schedules, async (schedule) => {
    let outcome: Outcome;
    try {
      outcome = await play(schedule);
    } catch (error) {
      // Not a failure of a schedule that could be made smaller.
      defect ??= { error };
      return true;
    }
    // After the first failure, further schedules are attempts to make it smaller.
    if (smallest === undefined) count(tally, outcome);
    if (outcome.violations.length === 0) return true;
    smallest = outcome;
    return false;
  });
  await fc.check(property, { seed: work.seed, numRuns: work.runs });
  if (defect !== undefined) throw (defect as { readonly error: unknown }).error;
  if (smallest !== undefined) tally.failures.push(await failureOf(smallest, simulate));
  return tally;
};

/** Does work that plays schedules in bulk. */
export const inBulk = async <T>(work: () => Promise<T>): Promise<T> => {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = STACK_FRAMES;
  try {
    return await work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
};

/**
 * Does a piece of work.
 *
 * @throws WiresDiffer if the drawn schedule does not play alike over both wires.
 */
export const perform = (work: Work): Promise<Tally> =>
  inBulk(() => (work.kind === 'list' ? runList(work) : runRandom(work)));

export { simulate } from '../play/simulate';

// As a process of its own it works for its parent; tests load it for its exports.
if (require.main === module) {
  // The parent is gone.
  process.on('disconnect', () => process.exit());
  process.on('message', (work: Work) => {
    perform(work).then(
      (tally) => process.send?.({ tally }),
      (error: unknown) => process.send?.({ error: (error as Error).stack ?? String(error) }),
    );
  });
}
