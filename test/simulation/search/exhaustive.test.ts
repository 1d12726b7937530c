import type { MadeCall } from '../../../simulation/schedule/position';
import type { Schedule } from '../../../simulation/schedule/schedule';
import {
  amongLateReads,
  CRASHES,
  EXHAUSTIVE_MODES,
  everyStem,
  FAULTS,
  interleavings,
  LAGS_SECONDS,
  PERSONS,
  pairsOfFaults,
  type Stem,
  singleFaults,
  stemsOfPart,
} from '../../../simulation/search/exhaustive';

const schedulesOf = async (stems: readonly Stem[]): Promise<readonly Schedule[]> => {
  const found: Schedule[] = [];
  for (const stem of stems) for await (const schedule of stem.schedules()) found.push(schedule);
  return found;
};

const MADE = ['iam:GetUser', 'iam:ListAccessKeys'].map((call, index) => ({
  number: index + 1,
  call: call as MadeCall['call'],
  by: undefined,
}));

/** A rotation of two calls. The second is repeated if it is hit. */
const fake = async ({ faults }: Schedule) => ({
  made: MADE,
  calls: 2,
  effects: faults.length === 0 ? [1, 2] : [1, 2, 3],
  contested: faults.length === 0 ? [] : [2],
});

test('every fault is placed at every call', () => {
  const schedules = [...singleFaults('ordinary', 3, CRASHES)];
  expect(schedules).toHaveLength(3 * CRASHES.length);
  expect(schedules[0]).toEqual({ shape: 'ordinary', seed: 1, faults: [{ at: 1, ...CRASHES[0] }] });
});

test('every pair is placed, the second fault in the rotation as the first has changed it', async () => {
  const [kind] = CRASHES;
  // A rotation with effects at 4 and 7. It repeats the latter, at 9, if that is hit.
  const repeats = async ({ faults }: Schedule) => ({
    made: [],
    calls: 9,
    effects: faults.length === 0 ? [4, 7] : [4, 7, 9],
    contested: [],
  });
  const pairs = await schedulesOf(await pairsOfFaults('ordinary', repeats, [kind]));
  expect(pairs.map(({ faults }) => faults.map(({ at }) => at))).toEqual([
    [4, 7],
    [4, 9],
    [7, 9],
  ]);
});

test('two and three executions are interleaved at every pair of calls at which they run side by side', async () => {
  // A second execution at call 1 runs beside the first until call 3; one at call 2 runs alone.
  const beside = async ({ faults }: Schedule) => ({
    made: [],
    calls: 2,
    effects: [],
    contested: faults[0]?.at === 1 ? [1, 2, 3] : [2],
  });
  const found = await schedulesOf(await interleavings('ordinary', beside));
  expect(
    found.map(({ faults }) =>
      faults.map((fault) => [fault.at, fault.kind, 'times' in fault ? fault.times : 0]),
    ),
  ).toEqual(
    [1, 2].flatMap((times) =>
      [2, 3].map((second) => [
        [1, 'second-start', times],
        [second, 'paused', 0],
      ]),
    ),
  );
});

test('a fault is placed at every call that a rotation makes while all reads lag, and they lag in the schedule, too', async () => {
  // The later reads are, the more often things are checked.
  const patient = async ({ world }: Schedule) => ({
    made: [],
    calls: Math.ceil(world?.secretsLagSeconds ?? 0),
    effects: [],
    contested: [],
  });
  const found = await schedulesOf(await amongLateReads('ordinary', patient));
  for (const lag of LAGS_SECONDS) {
    const world = { secretsLagSeconds: lag, iamLagSeconds: lag, executionLagSeconds: lag };
    const ofLag = found.filter((schedule) => JSON.stringify(schedule.world) === JSON.stringify(world));
    expect(ofLag).toHaveLength(Math.ceil(lag) * (CRASHES.length + 1));
    expect(Math.max(...ofLag.flatMap(({ faults }) => faults.map(({ at }) => at)))).toBe(Math.ceil(lag));
  }
  expect(found).toHaveLength(23 * (CRASHES.length + 1));
});

describe('a run in parts', () => {
  const everything = EXHAUSTIVE_MODES.map((mode) => [mode, ['ordinary', 'first-key']] as const);

  test('is the whole, each schedule once, whatever the number of parts', async () => {
    const stems = await everyStem(everything, fake);
    const whole = await schedulesOf(stems);
    const kinds = FAULTS.length + PERSONS.length;
    // Of each shape: singles at two calls; pairs of 1 with 2 and 3, and of 2 with 3; starts at 1 that meet
    // call 2; and, for each lag, crashes and a start at two calls.
    const late = LAGS_SECONDS.length * 2 * (CRASHES.length + 1);
    expect(whole).toHaveLength(2 * (2 * kinds + 3 * CRASHES.length ** 2 + 2 + late));
    for (const count of [1, 2, 7, stems.length + 1]) {
      const parts: Schedule[] = [];
      for (let number = 1; number <= count; number += 1) {
        parts.push(...(await schedulesOf(stemsOfPart(stems, { number, of: count }))));
      }
      expect(parts.map((schedule) => JSON.stringify(schedule)).sort()).toEqual(
        whole.map((schedule) => JSON.stringify(schedule)).sort(),
      );
    }
  });

  test('keeps its stems, whatever comes before them', async () => {
    const more = async (schedule: Schedule) => {
      const { calls, made, ...rest } = await fake(schedule);
      const first = { number: 1, call: 'sts:GetCallerIdentity', by: undefined } as const;
      return {
        ...rest,
        calls: calls + 1,
        made: [first, ...made.map((one) => ({ ...one, number: one.number + 1 }))],
      };
    };
    for (const number of [1, 2, 3]) {
      const before = stemsOfPart(await everyStem([['singles', ['ordinary']]], fake), { number, of: 3 });
      const after = stemsOfPart(await everyStem([['singles', ['ordinary']]], more), { number, of: 3 });
      expect(after.map(({ name }) => name)).toEqual(expect.arrayContaining(before.map(({ name }) => name)));
    }
  });

  test('does not simulate the beginnings of other parts', async () => {
    const simulated: Schedule[] = [];
    const stems = await everyStem([['pairs', ['ordinary']]], async (schedule) => {
      simulated.push(schedule);
      return fake(schedule);
    });
    const part = stemsOfPart(stems, { number: 2, of: 7 });
    await schedulesOf(part);
    expect(part).not.toHaveLength(0);
    // Besides the one without faults.
    expect(stems).toHaveLength(2 * CRASHES.length);
    expect(simulated.slice(1)).toHaveLength(part.length);
  });
});
