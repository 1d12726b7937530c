import { promisify } from 'node:util';
import { VirtualClock, VirtualTimer } from '../../../embedded-aws/ground/clock';
import { DAY, HOUR } from '../../support/time';

const START = new Date('2026-03-02T08:00:00Z');

let clock: VirtualClock;
let uninstall: () => void;

beforeEach(() => {
  clock = new VirtualClock({ start: START });
  uninstall = clock.install();
});

afterEach(() => uninstall());

const elapsed = () => Date.now() - START.getTime();

describe('Date', () => {
  test('tells virtual time and nothing else changes', () => {
    expect(new Date()).toEqual(START);
    expect(Date.now()).toBe(START.getTime());
    expect(Date()).toBe(START.toString());
    expect(new Date('2020-01-01T00:00:00Z').getTime()).toBe(Date.UTC(2020, 0, 1));
    expect(new Date(2020, 0, 1).getFullYear()).toBe(2020);
    expect(Date.parse('1970-01-01T00:00:01Z')).toBe(1000);
    expect(new Date()).toBeInstanceOf(Date);
    expect(clock.now()).toBeInstanceOf(Date);
  });

  test('can be subclassed', () => {
    class Stamp extends Date {}
    expect(new Stamp()).toBeInstanceOf(Stamp);
    expect(new Stamp().getTime()).toBe(START.getTime());
  });

  test('is the real one again after uninstalling, even if uninstalled twice', () => {
    uninstall();
    uninstall();
    expect(Math.abs(Date.now() - performance.timeOrigin - performance.now())).toBeLessThan(DAY);
  });
});

test('only a host whose clock is ahead sees it in Date, also after awaiting; timers are right', async () => {
  const seen: string[] = [];
  const look = (who: string) => {
    const ahead = [Date.now(), Date.parse(new Date().toISOString())].map(
      (now) => now - clock.now().getTime(),
    );
    seen.push(`${who}: ${ahead.join(', ')}`);
  };
  const onHost = async (who: string) => {
    look(who);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    look(`${who} later`);
  };
  await clock.run(async () => {
    await Promise.all([
      clock.onHost(250, () => onHost('ahead')),
      clock.onHost(-250, () => onHost('behind')),
      clock.onHost(0, () => onHost('right')),
    ]);
    look('elsewhere');
  });
  expect(seen.sort()).toEqual([
    'ahead later: 250, 250',
    'ahead: 250, 250',
    'behind later: -250, -250',
    'behind: -250, -250',
    'elsewhere: 0, 0',
    'right later: 0, 0',
    'right: 0, 0',
  ]);
  expect(elapsed()).toBe(1000);
});

describe('timers', () => {
  test('fire in the order of their times, and of their insertion when due together', async () => {
    const order: string[] = [];
    setTimeout(() => order.push('late'), 2000);
    setTimeout(() => order.push('first'), 1000);
    setTimeout(() => order.push('second'), 1000);
    await clock.advance(5000);
    expect(order).toEqual(['first', 'second', 'late']);
    expect(elapsed()).toBe(5000);
  });

  test('pass arguments', async () => {
    const seen: unknown[] = [];
    setTimeout((...args: unknown[]) => seen.push(args), 5, 'a', 1);
    await clock.advance(5);
    expect(seen).toEqual([['a', 1]]);
  });

  test.each([30, 365])('wait %i days, beyond what a 32-bit timer can hold', async (days) => {
    await clock.run(() => clock.sleep(days * DAY));
    expect(elapsed()).toBe(days * DAY);
  });

  test('fire no sooner than after 1 ms, as in Node', async () => {
    await clock.run(() => new Promise((resolve) => setTimeout(resolve, -5)));
    expect(elapsed()).toBe(1);
  });

  test.each([
    ['the object', (timer: NodeJS.Timeout) => clearTimeout(timer)],
    ['its number', (timer: NodeJS.Timeout) => clearTimeout(Number(timer))],
    ['its number as text', (timer: NodeJS.Timeout) => clearTimeout(String(Number(timer)))],
    ['clearInterval', (timer: NodeJS.Timeout) => clearInterval(timer)],
    ['close', (timer: NodeJS.Timeout) => timer.close()],
    ['Symbol.dispose', (timer: NodeJS.Timeout) => timer[Symbol.dispose]()],
  ])('are cleared by %s', async (_name, clear) => {
    const fire = jest.fn();
    clear(setTimeout(fire, 10));
    clearTimeout(undefined);
    await clock.advance(100);
    expect(fire).not.toHaveBeenCalled();
    expect(clock.pendingTimers).toBe(0);
  });

  test('set before the installation can still be cleared', async () => {
    uninstall();
    const fire = jest.fn();
    const real = setTimeout(fire, 5);
    uninstall = clock.install();
    clearTimeout(real);
    uninstall();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(fire).not.toHaveBeenCalled();
  });

  test('repeat until cleared', async () => {
    const times: number[] = [];
    const timer = setInterval(() => times.push(elapsed()), 1000);
    await clock.advance(3500);
    clearInterval(timer);
    await clock.advance(3500);
    expect(times).toEqual([1000, 2000, 3000]);
  });

  test('start again by refresh, even after they fired, but not after they were cleared', async () => {
    const times: number[] = [];
    const timer = setTimeout(() => times.push(elapsed()), 1000);
    await clock.advance(500);
    timer.refresh();
    await clock.advance(1000);
    timer.refresh();
    await clock.advance(1000);
    clearTimeout(timer);
    timer.refresh();
    await clock.advance(5000);
    expect(times).toEqual([1500, 2500]);
  });

  test('know whether they are waited for', () => {
    const timer = setTimeout(() => undefined, 10);
    expect(timer).toBeInstanceOf(VirtualTimer);
    expect(timer.hasRef()).toBe(true);
    expect(timer.unref().hasRef()).toBe(false);
    expect(timer.ref().hasRef()).toBe(true);
  });

  test('serve util.promisify', async () => {
    const value = await clock.run(() => promisify(setTimeout)(HOUR, 'done'));
    expect(value).toBe('done');
    expect(elapsed()).toBe(HOUR);
  });
});

describe('run', () => {
  test('passes days of waiting between promises, and returns the value', async () => {
    const seen: number[] = [];
    const value = await clock.run(async () => {
      for (let day = 0; day < 5; day += 1) {
        await clock.sleep(DAY);
        await Promise.resolve();
        seen.push(elapsed() / DAY);
      }
      return 'done';
    });
    expect(value).toBe('done');
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  test('accepts a promise that has already begun', async () => {
    await expect(clock.run(clock.sleep(DAY).then(() => 7))).resolves.toBe(7);
  });

  test('rejects as the work does', async () => {
    const work = clock.sleep(DAY).then(() => Promise.reject(new Error('broken')));
    await expect(clock.run(work)).rejects.toThrow('broken');
  });

  test('does not jump during tracked real work', async () => {
    const order: string[] = [];
    setTimeout(() => order.push('timer'), 1);
    await clock.run(async () => {
      let turns = 20;
      await clock.track(
        new Promise<void>((resolve) => {
          const turn = () => {
            turns -= 1;
            turns > 0 ? setImmediate(turn) : resolve();
          };
          turn();
        }),
      );
      order.push('work');
      await clock.sleep(10);
    });
    expect(order).toEqual(['work', 'timer']);
  });

  test('does not jump while files are read', async () => {
    const { readFile } = await import('node:fs/promises');
    const order: string[] = [];
    await clock.run(async () => {
      setTimeout(() => order.push('timer'), 1);
      await readFile(__filename);
      order.push('file');
      await clock.sleep(10);
    });
    expect(order).toEqual(['file', 'timer']);
  });

  test.each([
    ['no timer is left', () => undefined],
    ['only timers are left that nothing waits for', () => void setInterval(() => undefined, 1000).unref()],
  ])('rejects a deadlock: %s', async (_name, prepare) => {
    prepare();
    await expect(clock.run(new Promise(() => undefined))).rejects.toThrow(
      'Deadlock at 2026-03-02T08:00:00.000Z',
    );
  });

  test('gives up at its limit', async () => {
    const timer = setInterval(() => undefined, HOUR);
    await expect(clock.run(new Promise(() => undefined), { limitMs: DAY })).rejects.toThrow(
      'still pending at the limit, 2026-03-03T08:00:00.000Z',
    );
    clearInterval(timer);
  });

  test('two at a time share one order of events', async () => {
    const order: string[] = [];
    const work = async (name: string, ms: number) => {
      for (let step = 1; step <= 3; step += 1) {
        await clock.sleep(ms);
        // Longer than one turn: a driver that looked only at its own work would jump ahead.
        await new Promise((resolve) => setImmediate(resolve));
        await new Promise((resolve) => setImmediate(resolve));
        order.push(`${name}${elapsed()}`);
      }
    };
    await Promise.all([clock.run(work('a', 10)), clock.run(work('b', 15))]);
    expect(order).toEqual(['a10', 'b15', 'a20', 'b30', 'a30', 'b45']);
  });
});

test('spend moves time without running timers, which then fire late', async () => {
  const times: number[] = [];
  setTimeout(() => times.push(elapsed()), 10);
  clock.spend(50);
  expect(elapsed()).toBe(50);
  expect(times).toEqual([]);
  await clock.advance(0);
  expect(times).toEqual([50]);
});
