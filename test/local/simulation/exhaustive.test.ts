import { CRASHES, interleavings, pairsOfFaults, singleFaults } from '../../../local/simulation/exhaustive';
import type { Fault, Schedule, ShapeName } from '../../../local/simulation/schedule';
import { simulate } from '../../../local/simulation/simulate';

const violationsOf = async (schedules: Iterable<Schedule>): Promise<readonly unknown[]> => {
  const found: unknown[] = [];
  for (const schedule of schedules) {
    const { violations, struck } = await simulate(schedule);
    if (violations.length > 0 || struck.length !== schedule.faults.length)
      found.push({ schedule, struck, violations });
  }
  return found;
};

describe.each<ShapeName>(['ordinary', 'first-key'])('%s', (shape) => {
  test('a crash or a lost answer at any call that may change something loses nothing', async () => {
    const { effects } = await simulate({ shape, seed: 1, faults: [] });
    expect(effects.length).toBeGreaterThan(8);
    const schedules = effects.flatMap((at) =>
      CRASHES.map((kind): Schedule => ({ shape, seed: 1, faults: [{ at, ...kind } as Fault] })),
    );
    expect(await violationsOf(schedules)).toEqual([]);
  });
});

test('every fault is placed at every call', () => {
  const schedules = [...singleFaults('ordinary', 3, CRASHES)];
  expect(schedules).toHaveLength(3 * CRASHES.length);
  expect(schedules[0]).toEqual({ shape: 'ordinary', seed: 1, faults: [{ at: 1, ...CRASHES[0] }] });
});

test('every pair is placed, the second fault in what the first has made of the rotation', async () => {
  const [kind] = CRASHES;
  if (kind === undefined) throw new Error('There are kinds of crashes');
  // A rotation with effects at 4 and 7, which repeats the latter, at 9, when something befalls it.
  const fake = async ({ faults }: Schedule) => ({ effects: faults.length === 0 ? [4, 7] : [4, 7, 9] });
  const pairs: (readonly number[])[] = [];
  for await (const { faults } of pairsOfFaults('ordinary', fake, [kind]))
    pairs.push(faults.map(({ at }) => at));
  expect(pairs).toEqual([
    [4, 7],
    [4, 9],
    [7, 9],
  ]);
});

test('two and three executions are interleaved at every pair of calls at which they run side by side', async () => {
  // A second execution at call 1 runs beside the first until call 3; one at call 2 has the field for itself.
  const fake = async ({ faults }: Schedule) => ({
    calls: 2,
    contested: faults[0]?.at === 1 ? [1, 2, 3] : [2],
  });
  const found: unknown[] = [];
  for await (const { faults } of interleavings('ordinary', fake)) {
    found.push(faults.map((fault) => [fault.at, fault.kind, 'times' in fault ? fault.times : 0]));
  }
  expect(found).toEqual(
    [1, 2].flatMap((times) =>
      [2, 3].map((second) => [
        [1, 'second-start', times],
        [second, 'paused', 0],
      ]),
    ),
  );
});
