import { type AliceWorld, ROTATION, SCHEDULED, worldOfAlice } from '../support/alice';
import { sampled } from '../support/sampled';
import { DAY, HOUR } from '../support/time';

/*
 * With the largest rotateAfter that is allowed no key is Active for more than 90 days, on whichever day of the week it was created: a
 * schedule starts the rotations of workdays, people are told ahead, and consumers take their time.
 */

let world: AliceWorld;
afterEach(() => world.close());

const BEGINNING = Date.parse('2026-03-02T08:00:00Z');

/** Days since the beginning. */
const daysAt = (at: Date): number => (at.getTime() - BEGINNING) / DAY;
/** When operations were called, in days since the beginning. */
const daysOf = (operation: string): readonly number[] => world.callsOf(operation).map(({ at }) => daysAt(at));

const TABLE = ['P0D', 'P2D', 'P7D'].flatMap((noticeBefore) =>
  [0, 1, 2, 3, 4, 5, 6].map((offset) => [noticeBefore, offset] as const),
);

test.each(sampled(TABLE, 4))(
  'noticeBefore %s, and a key of day %i of a week',
  async (noticeBefore, offset) => {
    const settings = {
      noticeBefore,
      adoptionDeadline: 'P8D',
      rotateAfter: 'P78DT23H',
      deactivationWindow: 'always',
    };
    world = worldOfAlice(settings, { key: 'none' });
    await world.clock.advance(offset * DAY);
    await world.run(world.run(() => world.start(ROTATION)).then(({ result }) => result));
    const [key = ''] = Object.keys(world.keys());
    const [created = Number.NaN] = daysOf('CreateAccessKey');
    // The application gets the new key four days after its publication, and the old key is quiet three days later.
    let held = key;
    world.consume({ key: () => held });
    const move = world.clock.setInterval(() => {
      const published = daysOf('CreateAccessKey')[1];
      if (published !== undefined && daysAt(world.clock.now()) - published > 3.9) held = world.current();
    }, HOUR);
    move.unref();
    const schedule = world.clock.setInterval(() => {
      if (![0, 6].includes(world.clock.now().getUTCDay())) void world.start(SCHEDULED);
    }, DAY);
    schedule.unref();
    await world.clock.advance(95 * DAY);
    const [inactive = Number.NaN] = daysOf('UpdateAccessKey');
    expect(inactive - created).toBeGreaterThan(78);
    expect(inactive - created).toBeLessThan(90);
    expect(world.told().filter((subject) => subject === 'RotationAhead')).toHaveLength(
      noticeBefore === 'P0D' ? 0 : 1,
    );
  },
);
