import { simulate } from '../../simulation/play/simulate';
import { type Schedule, SHAPES, type ShapeName } from '../../simulation/schedule/schedule';
import { SETTINGS } from '../../simulation/schedule/setting';
import { sampled } from '../support/sampled';

/*
 * `containForeignKeys` lets an emergency retire a key that the secret does not name. No other start may touch one, and no emergency any
 * that it does not name: the promises hold with the setting as without it.
 */

const settings = { ...SETTINGS, containForeignKeys: true };

const SCHEDULES: readonly Schedule[] = (Object.keys(SHAPES) as ShapeName[]).flatMap((shape) =>
  [3, 12, 40].map(
    (at): Schedule => ({
      shape,
      seed: at,
      faults: [{ at, kind: 'person', act: 'create-key', when: 'before' }],
    }),
  ),
);

test.each(sampled(SCHEDULES, 12).map((schedule) => [schedule.shape, schedule.seed, schedule] as const))(
  'a person creates a key in the middle of it: %s, at call %i',
  async (...[, , schedule]) => {
    const { violations } = await simulate(schedule, { settings });
    expect(violations).toEqual([]);
  },
);

test.each(sampled(Object.keys(SHAPES) as ShapeName[], 4))(
  'undisturbed, it ends as without the setting: %s',
  async (shape) => {
    const schedule: Schedule = { shape, seed: 1, faults: [] };
    const [off, on] = [await simulate(schedule), await simulate(schedule, { settings })];
    expect([on.end, on.executions, on.violations]).toEqual([off.end, off.executions, []]);
  },
);
