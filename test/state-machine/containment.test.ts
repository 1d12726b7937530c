import { type AliceWorld, emergencyOf, ROLLBACK, SECRET, worldOfAlice } from '../support/alice';
import { MINUTE, SECOND } from '../support/time';

/*
 * How long a leaked key stays Active after its emergency is declared, and what it takes until then: in virtual time, with each request on
 * its way for longer than the simulation has it. See docs/adr/0071.
 */

const LATENCY = 50;
const OVERLAP = 'Wait for the overlap period';
const RECOVERY = 'Wait in the recovery period';

/** Seconds. Consumers read another key already; or its successor has to be made. */
const AT_ONCE = 10;
const WITH_SUCCESSOR = 30;

let world: AliceWorld;
afterEach(() => world.close());

const begin = (config: object = {}) => {
  world = worldOfAlice({ deactivationWindow: 'always', ...config }, { requestLatency: () => LATENCY });
  world.consume();
};

/** The key that consumers do not read. */
const other = (): string => Object.keys(world.keys()).find((id) => id !== world.current()) ?? '';

interface Containment {
  /** From the declaration on, until the key was not Active any more. */
  readonly seconds: number;
  /** Functions of the emergency that had sent a request by then, and the requests. */
  readonly functions: number;
  readonly calls: number;
  /** What consumers read then. */
  readonly current: string;
}

/** Declares an emergency, and watches the key until it is not Active any more. To be run by the world. */
const contain = async (leaked: string, more: object = {}): Promise<Containment> => {
  const { aws, clock } = world;
  const before = aws.calls.length;
  const began = clock.now().getTime();
  let resolve = (_found: Containment): void => {};
  const found = new Promise<Containment>((settle) => {
    resolve = settle;
  });
  const watch = clock.setInterval(() => {
    if (world.keys()[leaked] === 'Active') return;
    clock.clearInterval(watch);
    // The state machine tells and announces; that is no function.
    const calls = aws.calls.slice(before).filter(({ service }) => service !== 'sns' && service !== 'events');
    resolve({
      seconds: (clock.now().getTime() - began) / SECOND,
      functions: new Set(calls.map(({ caller }) => caller).filter((caller) => caller.includes(':role/')))
        .size,
      calls: calls.length,
      current: world.current(),
    });
  }, 10);
  await world.start({ ...emergencyOf(leaked), ...more });
  return found;
};

const run = <T>(work: () => Promise<T>): Promise<T> => world.run(work);

/** What people were told last of an event. */
const told = (event: string): string =>
  world.aws.sns.messages.findLast(({ attributes }) => attributes.event === event)?.message ?? '';

describe('where consumers read another key that AWS accepts, whatever is under way', () => {
  /** Brings the rotation there, and says which key has leaked. */
  type Tell = () => Promise<string>;

  test.each<[string, Tell, { readonly functions: number; readonly calls: number }]>([
    [
      'the old key, while the rotation sleeps in the overlap period',
      async () => {
        await world.until(OVERLAP);
        return other();
      },
      { functions: 3, calls: 23 },
    ],
    [
      'the old key, while the user is paused',
      async () => {
        await world.until(OVERLAP);
        world.pause('freeze');
        return other();
      },
      { functions: 3, calls: 23 },
    ],
    [
      'the old key, on hold after a rollback',
      async () => {
        await world.until(OVERLAP);
        const rollback = await world.start(ROLLBACK);
        await rollback.result;
        await world.clock.sleep(MINUTE);
        return other();
      },
      { functions: 2, calls: 20 },
    ],
    [
      'the old key, that a rollback has just brought back',
      async () => {
        await world.until(RECOVERY);
        const rollback = await world.start(ROLLBACK);
        await rollback.result;
        await world.clock.sleep(MINUTE);
        return other();
      },
      { functions: 2, calls: 20 },
    ],
    [
      'the old key, after the rotation has failed',
      async () => {
        (await world.until(OVERLAP)).stop();
        await world.clock.sleep(10 * MINUTE);
        return other();
      },
      { functions: 2, calls: 19 },
    ],
  ])('%s', async (_title, tell, effort) => {
    begin();
    const found = await run(async () => contain(await tell()));
    expect(found.seconds).toBeLessThanOrEqual(AT_ONCE);
    expect(found).toMatchObject(effort);
    await run(() => world.clock.sleep(MINUTE));
    expect(told('LeakedKeyInactive')).toContain(
      `after the emergency was declared, with ${effort.functions} functions and ${effort.calls} calls to AWS`,
    );
  });
});

describe('where its successor has to be made first', () => {
  test.each<[string, () => Promise<string>]>([
    ['the only key', async () => world.current()],
    [
      'the published key, while the rotation sleeps in the overlap period',
      async () => {
        await world.until(OVERLAP);
        return world.current();
      },
    ],
    [
      'the published key, in the recovery period',
      async () => {
        await world.until(RECOVERY);
        return world.current();
      },
    ],
    [
      'the second key, two minutes after the first',
      async () => {
        await world.until(OVERLAP);
        await contain(other());
        await world.clock.sleep(2 * MINUTE);
        return world.current();
      },
    ],
  ])('%s', async (_title, tell) => {
    begin();
    const found = await run(async () => contain(await tell()));
    expect(found.seconds).toBeLessThanOrEqual(WITH_SUCCESSOR);
    expect(world.keys()[found.current]).toBe('Active');
    await run(() => world.clock.sleep(MINUTE));
    expect(told('LeakedKeyInactive')).toMatch(
      /after the emergency was declared, with \d+ functions and \d+ calls to AWS/,
    );
  });
});

describe('where a function of another execution may be at work', () => {
  test.each<[string, number, () => Promise<string>]>([
    [
      'the second key, half a minute after the first: a request of the first may take effect for a minute',
      60,
      async () => {
        await world.until(OVERLAP);
        await contain(other());
        await world.clock.sleep(MINUTE / 2);
        return world.current();
      },
    ],
    [
      'the old key, while a rollback is bringing it back: for as long as its function may live',
      180 + AT_ONCE,
      async () => {
        await world.until(RECOVERY);
        const old = other();
        await world.start(ROLLBACK);
        while (world.keys()[old] !== 'Active') await world.clock.sleep(10);
        return old;
      },
    ],
  ])('%s', async (_title, seconds, tell) => {
    begin();
    const found = await run(async () => contain(await tell()));
    expect(found.seconds).toBeLessThanOrEqual(seconds);
    expect(found.seconds).toBeGreaterThan(WITH_SUCCESSOR);
    expect(world.keys()[found.current]).toBe('Active');
  });
});

describe('where it cannot be done, a person is told how, within seconds', () => {
  test.each<[string, string, (leaked: string) => void]>([
    [
      'the secret cannot be understood',
      'SecretConflict',
      () => world.aws.secretsManager.putValue(SECRET, 'no JSON'),
    ],
    [
      'another key, which is not the rotation’s, has the room',
      'AccessKeyConflict',
      () => void world.aws.iam.addAccessKey('alice'),
    ],
  ])('%s', async (_title, event, spoil) => {
    begin();
    const leaked = world.current();
    spoil(leaked);
    await run(async () => {
      await world.start(emergencyOf(leaked));
      await world.clock.sleep(AT_ONCE * SECOND);
    });
    expect(world.keys()[leaked]).toBe('Active');
    expect(told(event)).toMatch(
      /ACTIVE\.\n[\s\S]*update-access-key --user-name alice --access-key-id AKIA\w+ --status Inactive/,
    );
  });
});

describe('where an outage is accepted', () => {
  const OUTAGE = { outage: 'accepted' };

  test('the only key is Inactive at once, and its successor published within the time that it takes anyway', async () => {
    begin();
    const leaked = world.current();
    const found = await run(() => contain(leaked, OUTAGE));
    expect(found).toMatchObject({ functions: 2, calls: 12, current: leaked });
    expect(found.seconds).toBeLessThanOrEqual(AT_ONCE);
    await run(() => world.clock.sleep(WITH_SUCCESSOR * SECOND));
    expect(world.keys()).toEqual({ [leaked]: 'Inactive', [world.current()]: 'Active' });
    const [first, second, ...more] = world.aws.sns.messages
      .filter(({ attributes }) => attributes.event === 'LeakedKeyInactive')
      .map(({ message }) => message);
    expect(first).toMatch(
      /with 2 functions and 12 calls to AWS[\s\S]*URGENT: YES\. PROGRAMS OF alice FAIL UNTIL/,
    );
    expect(second).toMatch(new RegExp(`The secret holds ${world.current()}`));
    expect(more).toEqual([]);
  });

  test('though no successor can be made: people are told that it is Inactive, and that programs fail', async () => {
    begin();
    const leaked = world.current();
    world.silence('CreateAccessKey');
    const { status } = await world.execute({ ...emergencyOf(leaked), ...OUTAGE });
    expect(status).toBe('FAILED');
    expect(world.keys()).toEqual({ [leaked]: 'Inactive' });
    const message = told('TransientServiceError');
    expect(message).toContain(`The leaked key ${leaked} of alice is Inactive.`);
    expect(message).toMatch(/URGENT: YES\. PROGRAMS OF alice FAIL UNTIL/);
    expect(message).not.toContain('MAY STILL BE ACTIVE');
  });
});
