import { VirtualClock } from '../../../embedded-aws/ground/clock';
import { Pace, type RealTime, type Speed } from '../../../local/story/pace';
import { DAY, HOUR, MINUTE, SECOND } from '../../support/time';

/** A pace in a real time that passes only in pauses, which may take longer than they should. */
const setUp = (speed: Speed, late = 1) => {
  const clock = new VirtualClock();
  const began = clock.now().getTime();
  let now = 0;
  let isBusy = false;
  const realTime: RealTime = {
    now: () => now,
    pause: async (ms) => {
      now += ms * late;
    },
  };
  const pace = new Pace({ clock, speed, isBusy: () => isBusy, realTime });
  return {
    clock,
    pace,
    passed: () => clock.now().getTime() - began,
    real: () => now,
    setBusy: (busy: boolean) => {
      isBusy = busy;
    },
    keepFor: (ms: number) => pace.keep(() => now >= ms),
  };
};

test.each([1, 60, 1_000_000])('at speed %i time passes so much faster than real time', async (speed) => {
  const { keepFor, passed, real } = setUp(speed);
  await keepFor(2 * SECOND);
  expect(real()).toBe(2 * SECOND);
  expect(passed()).toBe(2 * SECOND * speed);
});

test('where the machine does not keep up, time passes more slowly, and nothing is made up for', async () => {
  const { keepFor, passed, real } = setUp(60, 100);
  await keepFor(10 * SECOND);
  expect(real()).toBe(10 * SECOND);
  expect(passed()).toBeLessThanOrEqual(2 * 100 * 60);
});

test('at speed 0 a second passes with each call, and more only when it is told to', async () => {
  const { pace, keepFor, passed } = setUp(0);
  await keepFor(2 * SECOND);
  expect(passed()).toBe(0);
  await pace.turn(async () => {});
  await pace.turn(async () => {});
  expect(passed()).toBe(2 * SECOND);
  await pace.advance(DAY);
  expect(passed()).toBe(DAY + 2 * SECOND);
});

test('at full speed time jumps while executions run, and passes as real time otherwise', async () => {
  const { pace, clock, passed, real, setBusy } = setUp('max');
  await pace.keep(() => real() >= SECOND);
  expect(passed()).toBe(SECOND);
  setBusy(true);
  clock.setTimeout(() => setBusy(false), 3 * HOUR);
  await pace.keep(() => real() >= 2 * SECOND);
  expect(real()).toBe(2 * SECOND);
  expect(passed()).toBeGreaterThanOrEqual(3 * HOUR + SECOND);
  expect(passed()).toBeLessThanOrEqual(3 * HOUR + 15 * MINUTE + 2 * SECOND);
});

test('a call has its turn between two steps, after everything that was due before', async () => {
  const { pace, clock, passed } = setUp(1);
  const seen: string[] = [];
  clock.setTimeout(() => seen.push('a timer'), HOUR);
  const step = pace.advance(HOUR);
  const call = pace.turn(async () => {
    seen.push('the call');
    return passed();
  });
  const next = pace.advance(HOUR);
  expect(await call).toBe(HOUR);
  await Promise.all([step, next]);
  expect(seen).toEqual(['a timer', 'the call']);
  expect(passed()).toBe(2 * HOUR);
});

test('a call that fails takes nobody else his turn', async () => {
  const { pace } = setUp(0);
  await expect(pace.turn(() => Promise.reject(new Error('EXAMPLE')))).rejects.toThrow('EXAMPLE');
  await expect(pace.turn(async () => 'next')).resolves.toBe('next');
});
