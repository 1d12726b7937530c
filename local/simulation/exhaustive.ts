import { ACTS, type Mishap, type Schedule, type ShapeName } from './schedule';

/** Faults of which a function dies, or an answer is lost: those that leave the most to guess. */
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
  ...CRASHES,
] as const satisfies readonly Mishap[];

/** What a person may do at any call. */
export const PERSONS = ACTS.flatMap((act) =>
  (['before', 'after'] as const).map((when) => ({ kind: 'person' as const, act, when })),
);

type Tried = (typeof FAULTS)[number]['kind'] | (typeof PERSONS)[number]['kind'];

/** Kinds of faults that are in no list, and why. One that is neither in a list nor here does not compile. */
export const NOT_TRIED: Readonly<Record<Exclude<Mishap['kind'], Tried>, string>> = {};

/** One schedule for every fault at every call of a shape. */
export function* singleFaults(
  shape: ShapeName,
  calls: number,
  kinds: readonly Mishap[] = [...FAULTS, ...PERSONS],
): Generator<Schedule> {
  for (let at = 1; at <= calls; at += 1) {
    for (const kind of kinds) yield { shape, seed: 1, faults: [{ at, ...kind }] };
  }
}

/**
 * One schedule for every pair of faults of the crash and lost-answer kinds, the second one placed in what the first
 * makes of the rotation.
 *
 * They are placed at the calls that may change something. A function that dies among reads leaves what it found, so
 * dying before its next effect stands for all of these.
 */
export async function* pairsOfFaults(
  shape: ShapeName,
  simulate: (schedule: Schedule) => Promise<{ readonly effects: readonly number[] }>,
  kinds: readonly Mishap[] = CRASHES,
): AsyncGenerator<Schedule> {
  const undisturbed: Schedule = { shape, seed: 1, faults: [] };
  for (const first of (await simulate(undisturbed)).effects) {
    for (const kind of kinds) {
      const single = { ...undisturbed, faults: [{ at: first, ...kind }] };
      for (const second of (await simulate(single)).effects.filter((at) => at > first)) {
        for (const next of kinds) {
          yield { ...single, faults: [...single.faults, { at: second, ...next }] };
        }
      }
    }
  }
}

/**
 * Two and three executions for one user, interleaved at every pair of calls: the others are started at each call, and the
 * function that makes any call while they run side by side stands still before it, so that the others overtake it there.
 */
export async function* interleavings(
  shape: ShapeName,
  simulate: (
    schedule: Schedule,
  ) => Promise<{ readonly calls: number; readonly contested: readonly number[] }>,
): AsyncGenerator<Schedule> {
  const undisturbed: Schedule = { shape, seed: 1, faults: [] };
  const { calls } = await simulate(undisturbed);
  for (let first = 1; first <= calls; first += 1) {
    for (const kind of SECOND_STARTS) {
      const single = { ...undisturbed, faults: [{ at: first, ...kind }] };
      for (const second of (await simulate(single)).contested.filter((at) => at > first)) {
        yield { ...single, faults: [...single.faults, { at: second, ...STANDSTILL }] };
      }
    }
  }
}
