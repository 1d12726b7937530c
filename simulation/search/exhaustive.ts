import { createHash } from 'node:crypto';
import type { Outcome } from '../play/simulate';
import { type MadeCall, positionOf } from '../schedule/position';
import { ACTS, type Mishap, type Schedule, type ShapeName } from '../schedule/schedule';

/** Faults that kill a function, or lose an answer: those that leave the most unknown. */
export const CRASHES = [
  { kind: 'dies', when: 'before' },
  { kind: 'dies', when: 'after' },
  { kind: 'answer-lost', as: 'connection' },
  { kind: 'late-after-death', seconds: 60 },
  { kind: 'late-after-stop', seconds: 60 },
  { kind: 'unobserved' },
  { kind: 'stopped', when: 'after' },
] as const satisfies readonly Mishap[];

/** A second execution for the same user, and a second and a third one. */
const SECOND_STARTS = [
  { kind: 'second-start', trigger: 'manual', times: 1 },
  { kind: 'second-start', trigger: 'manual', times: 2 },
] as const satisfies readonly Mishap[];

/**
 * Maximum age of reads of Secrets Manager, IAM and Step Functions, all at once: less than a call, a step's
 * patience, and more.
 */
export const LAGS_SECONDS = [0.05, 2, 20] as const;

/** Faults after which the next function, or another execution, has to find out the state by reading. */
const FAULTS_AMONG_LATE_READS = [...CRASHES, SECOND_STARTS[0]] as const satisfies readonly Mishap[];

/** Long enough for the others to do everything up to their next wait, and still within a function's time. */
const STANDSTILL: Mishap = { kind: 'paused', seconds: 100 };

/** Every fault that can be placed at a call, except a person's acts. */
export const FAULTS = [
  { kind: 'fails', as: 'connection' },
  { kind: 'fails', as: 'http-500' },
  { kind: 'answer-lost', as: 'http-500' },
  { kind: 'late', seconds: 5 },
  { kind: 'late', seconds: 60 },
  { kind: 'throttled', seconds: 0 },
  { kind: 'throttled', seconds: 600 },
  { kind: 'denied', seconds: 40 },
  { kind: 'denied', seconds: 400 },
  { kind: 'kms-denied', seconds: 400 },
  { kind: 'slow', seconds: 5 },
  { kind: 'slow', seconds: 60 },
  { kind: 'paused', seconds: 5 },
  { kind: 'paused', seconds: 100 },
  { kind: 'hangs', when: 'before' },
  { kind: 'hangs', when: 'after' },
  { kind: 'not-run' },
  { kind: 'stopped', when: 'before' },
  { kind: 'redriven', seconds: 1 },
  { kind: 'redriven', seconds: 300 },
  ...SECOND_STARTS,
  { kind: 'second-start', trigger: 'schedule', times: 2 },
  { kind: 'key-refused' },
  { kind: 'outage', seconds: 600 },
  ...CRASHES,
] as const satisfies readonly Mishap[];

/** What a person may do at any call. */
export const PERSONS = ACTS.flatMap((act) =>
  (['before', 'after'] as const).map((when) => ({ kind: 'person' as const, act, when })),
);

type Tried = (typeof FAULTS)[number]['kind'] | (typeof PERSONS)[number]['kind'];

/**
 * Kinds of faults that are in no list, and why. A kind that is neither in a list nor here does not compile.
 */
export const NOT_TRIED: Readonly<Record<Exclude<Mishap['kind'], Tried>, string>> = {};

/** The situations in which faults are tried at every call. The others take longest or combine these. */
const SITUATIONS: readonly ShapeName[] = [
  'ordinary',
  'first-key',
  'key-not-in-secret',
  'resumed',
  'rolled-back',
  'rolled-back-by-hand',
  'only-key-leaked',
  'old-key-leaked',
  'new-key-leaked',
  'owner-asked',
];

/** What is tried exhaustively. */
export const EXHAUSTIVE_MODES = ['singles', 'pairs', 'interleavings', 'late-reads'] as const;
export type ExhaustiveMode = (typeof EXHAUSTIVE_MODES)[number];

/** Everything that a version has to pass, and in which situations. */
export const PROVED: Readonly<Record<ExhaustiveMode, readonly ShapeName[]>> = {
  singles: SITUATIONS,
  pairs: SITUATIONS,
  interleavings: ['ordinary'],
  // Together they have each write, and each kind of execution that reads what another one has written: the
  // steps of one execution, one that takes over after a crash, one that stops another and goes back, and one
  // that stops another and goes on.
  'late-reads': ['ordinary', 'resumed', 'rolled-back-by-hand', 'old-key-leaked'],
};

/**
 * Schedules that begin with the same fault and are found together. An exhaustive run is made of these. The
 * schedules are found only on request, so that a part of a run does not pay for the rest.
 */
export interface Stem {
  /**
   * Its first fault, by a description of the call: the name stays the same as long as that does, whatever
   * changes elsewhere.
   */
  readonly name: string;
  /** About how many there are. */
  readonly expected: number;
  readonly schedules: () => AsyncGenerator<Schedule>;
}

/** Finds the calls at which faults are to be placed. */
export type Simulate = (
  schedule: Schedule,
) => Promise<Pick<Outcome, 'calls' | 'effects' | 'contested' | 'made'>>;

const undisturbed = (shape: ShapeName): Schedule => ({ shape, seed: 1, faults: [] });

const nameOfStem = (shape: ShapeName, at: number, made: readonly MadeCall[], first?: Mishap): string =>
  JSON.stringify([shape, positionOf(at, made), first]);

const EVERY_FAULT: readonly Mishap[] = [...FAULTS, ...PERSONS];

function* faultsAt(shape: ShapeName, at: number, kinds: readonly Mishap[]): Generator<Schedule> {
  for (const kind of kinds) yield { ...undisturbed(shape), faults: [{ at, ...kind }] };
}

/** One schedule for every fault at every call of a shape. */
export function* singleFaults(
  shape: ShapeName,
  calls: number,
  kinds: readonly Mishap[] = EVERY_FAULT,
): Generator<Schedule> {
  for (let at = 1; at <= calls; at += 1) yield* faultsAt(shape, at, kinds);
}

/** Every fault at every call: a stem for each call. */
const singles = async (shape: ShapeName, simulate: Simulate): Promise<readonly Stem[]> => {
  const { calls, made } = await simulate(undisturbed(shape));
  return Array.from({ length: calls }, (_none, index) => ({
    name: nameOfStem(shape, index + 1, made),
    expected: EVERY_FAULT.length,
    async *schedules() {
      yield* faultsAt(shape, index + 1, EVERY_FAULT);
    },
  }));
};

/**
 * One schedule for every pair of faults of the crash and lost-answer kinds. The second one is placed in the
 * rotation as the first has changed it: a stem for each first fault.
 *
 * They are placed at the calls that may change something. A function that dies among reads leaves what it
 * found, so a death before its next effect stands for all of these.
 */
export const pairsOfFaults = async (
  shape: ShapeName,
  simulate: Simulate,
  kinds: readonly Mishap[] = CRASHES,
): Promise<readonly Stem[]> => {
  const { effects, made } = await simulate(undisturbed(shape));
  return effects.flatMap((first, index) =>
    kinds.map((kind) => {
      const single: Schedule = { ...undisturbed(shape), faults: [{ at: first, ...kind }] };
      return {
        name: nameOfStem(shape, first, made, kind),
        expected: (effects.length - index) * kinds.length,
        async *schedules() {
          for (const at of (await simulate(single)).effects.filter((second) => second > first)) {
            for (const next of kinds) yield { ...single, faults: [...single.faults, { at, ...next }] };
          }
        },
      };
    }),
  );
};

/**
 * Two and three executions for one user, interleaved at every pair of calls: the others are started at each
 * call, and the function that makes any call while they run side by side pauses before it, so that the others
 * overtake it there. A stem for each start.
 */
export const interleavings = async (shape: ShapeName, simulate: Simulate): Promise<readonly Stem[]> => {
  const { calls, made } = await simulate(undisturbed(shape));
  return Array.from({ length: calls }, (_none, index) => index + 1).flatMap((first) =>
    SECOND_STARTS.map((start) => {
      const single: Schedule = { ...undisturbed(shape), faults: [{ at: first, ...start }] };
      return {
        name: nameOfStem(shape, first, made, start),
        // They run side by side for a part of what is left.
        expected: Math.ceil((calls - first) / 2),
        async *schedules() {
          for (const at of (await simulate(single)).contested.filter((second) => second > first)) {
            yield { ...single, faults: [...single.faults, { at, ...STANDSTILL }] };
          }
        },
      };
    }),
  );
};

/**
 * Faults of the crash and lost-answer kinds, and a second execution, at every call, while all reads lag: for each lag, a stem
 * for each call.
 */
export const amongLateReads = async (shape: ShapeName, simulate: Simulate): Promise<readonly Stem[]> => {
  const stems: Stem[] = [];
  for (const lag of LAGS_SECONDS) {
    const world = { secretsLagSeconds: lag, iamLagSeconds: lag, executionLagSeconds: lag };
    const { calls, made } = await simulate({ ...undisturbed(shape), world });
    for (let at = 1; at <= calls; at += 1) {
      stems.push({
        name: JSON.stringify([shape, positionOf(at, made), lag]),
        expected: FAULTS_AMONG_LATE_READS.length,
        async *schedules() {
          for (const schedule of faultsAt(shape, at, FAULTS_AMONG_LATE_READS)) yield { ...schedule, world };
        },
      });
    }
  }
  return stems;
};

const STEMS: Readonly<
  Record<ExhaustiveMode, (shape: ShapeName, simulate: Simulate) => Promise<readonly Stem[]>>
> = { singles, pairs: pairsOfFaults, interleavings, 'late-reads': amongLateReads };

/** Everything that an exhaustive run tries, in an order that depends only on the code. */
export const everyStem = async (
  tried: readonly (readonly [ExhaustiveMode, readonly ShapeName[]])[],
  simulate: Simulate,
): Promise<readonly Stem[]> => {
  const stems: Stem[] = [];
  for (const [mode, shapes] of tried) {
    for (const shape of shapes) stems.push(...(await STEMS[mode](shape, simulate)));
  }
  return stems;
};

/** A part of an exhaustive run: `number` from 1 to `of`. All parts together are the whole, each stem once. */
export interface Part {
  readonly number: number;
  readonly of: number;
}

/**
 * The stems of a part. The part of a stem follows from its name alone: if it followed from the number of
 * stems before it, one change after the other could move a stem out of every part right before its turn.
 */
export const stemsOfPart = (stems: readonly Stem[], { number, of }: Part): readonly Stem[] =>
  stems.filter(({ name }) => createHash('sha256').update(name).digest().readUInt32BE(0) % of === number - 1);
