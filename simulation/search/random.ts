import fc from 'fast-check';
import {
  type Fault,
  type Mishap,
  type Schedule,
  SHAPES,
  type ShapeName,
  type WorldSettings,
} from '../schedule/schedule';
import { FAULTS, PERSONS } from './exhaustive';

/** Calls of the longest rotation, with room for those that faults add. */
const LAST_CALL = 160;

/**
 * Most schedules have no person: after a person's act a named error is an answer, and less can be asserted.
 */
const FAULT_WEIGHT = 12;

type Timed = Extract<Mishap, { readonly seconds: number }>['kind'];

/** Whether random schedules vary its length, besides those in the lists. The others differ only in kind. */
const VARIED: Readonly<Record<Timed, boolean>> = {
  late: true,
  'late-after-death': true,
  slow: true,
  paused: true,
  'late-after-stop': false,
  throttled: false,
  denied: false,
  'kms-denied': false,
  redriven: false,
  outage: true,
};

const at = fc.integer({ min: 1, max: LAST_CALL });

const place = (kinds: readonly Mishap[]) => (): fc.Arbitrary<Fault> =>
  fc.tuple(at, fc.constantFrom(...kinds)).map(([call, kind]) => ({ at: call, ...kind }));

const fault = fc.oneof(
  { weight: FAULT_WEIGHT, arbitrary: place(FAULTS)() },
  { weight: 1, arbitrary: place(PERSONS)() },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        at,
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom(...(Object.keys(VARIED) as Timed[]).filter((kind) => VARIED[kind])),
      )
      .map(([call, seconds, kind]): Fault => ({ at: call, kind, seconds })),
  },
);

const world: fc.Arbitrary<WorldSettings> = fc.record(
  {
    keyPropagationSeconds: fc.integer({ min: 0, max: 60 }),
    iamLagSeconds: fc.constantFrom(0, 0.05, 2, 20, 30),
    secretsLagSeconds: fc.constantFrom(0, 0.05, 2, 20),
    executionLagSeconds: fc.constantFrom(0, 0.05, 2, 20),
    namesUsedAgain: fc.constant(true as const),
    ownLabelsVanish: fc.constant(true as const),
    alarmLagSeconds: fc.constantFrom(0, 0.05, 2, 20),
    functionClockSkewSeconds: fc.constantFrom(0.05, 2),
    iamClockSkewSeconds: fc.integer({ min: -240, max: 240 }),
    cloudTrailSeconds: fc.constantFrom(0, 60, 900, null),
    cloudTrailMemorySeconds: fc.constantFrom(600, 90 * 86_400),
    readsItself: fc.boolean(),
  },
  { requiredKeys: [] },
);

/** Schedules with up to four faults, in every shape. */
export const schedules: fc.Arbitrary<Schedule> = fc
  .record({
    shape: fc.constantFrom(...(Object.keys(SHAPES) as ShapeName[])),
    seed: fc.integer({ min: 1, max: 1_000_000 }),
    faults: fc.array(fault, { minLength: 1, maxLength: 4, size: 'max' }),
    world,
  })
  .map(({ world: settings, faults, ...rest }) => ({
    ...rest,
    faults: [...faults].sort((a, b) => a.at - b.at),
    ...(Object.keys(settings).length > 0 && { world: settings }),
  }));
