import { simulate } from '../../../simulation/play/simulate';
import type { Schedule, ShapeName } from '../../../simulation/schedule/schedule';
import { CRASHES } from '../../../simulation/search/exhaustive';

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
      CRASHES.map((kind): Schedule => ({ shape, seed: 1, faults: [{ at, ...kind }] })),
    );
    expect(await violationsOf(schedules)).toEqual([]);
  });
});
