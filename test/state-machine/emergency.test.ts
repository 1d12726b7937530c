import type { Execution } from '../../local/engine/execution';
import type { InProcessWorldOptions } from '../../local/world/world';
import {
  type AliceWorld,
  emergencyOf,
  ROTATION,
  SCHEDULED,
  SECRET,
  statesOf,
  worldOfAlice,
} from '../support/alice';
import { HOUR, MINUTE } from '../support/time';
import { interrupt } from './support/interrupt';

/*
 * Emergencies that a person declares, in the middle of rotations and without one, and what becomes of a leaked key.
 */

const SETTINGS = { deactivationWindow: 'always' };
const OVERLAP = 'Wait for the overlap period';
const RECOVERY = 'Wait in the recovery period';

let world: AliceWorld;
afterEach(() => world.close());

/** These have leaked: consumers have one other key, the rotation is over, and only labels of the owner's are left beside ours. */
const expectRetired = (...leaked: readonly string[]): void => {
  for (const accessKeyId of leaked) expect(Object.keys(world.keys())).not.toContain(accessKeyId);
  expect(world.keys()).toEqual({ [world.current()]: 'Active' });
  const ours = world.labels().filter((label) => !label.startsWith('owner-'));
  expect(ours).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
};

/** Nothing was done, and a person is told why. */
const expectConflict = (result: { readonly cause?: string }, words: string): void => {
  expect(result).toMatchObject({ status: 'FAILED', error: 'AccessKeyConflict' });
  expect(result.cause).toContain(words);
};

const outcomesOf = ({ timeline }: Execution): string => timeline.map(({ outcome }) => outcome).join('\n');

/** An emergency that is stopped after that long, and what happens before anything goes on with it. */
const dieAfter = async (lengthMs: number, leaked: string, meanwhile = () => {}): Promise<void> => {
  const execution = await world.start(emergencyOf(leaked));
  await world.clock.sleep(lengthMs);
  execution.stop();
  meanwhile();
  await world.clock.sleep(10 * MINUTE);
};
/** It has three minutes more to wait until the rotation that runs has come to rest, and then takes the lock. */
const dieBehindARotation = (leaked: string) => dieAfter(3 * MINUTE + 500, leaked);

describe('a key that leaks is deactivated within minutes, and another one takes over', () => {
  interface Leak {
    readonly title: string;
    readonly key?: 'published' | 'not-in-secret';
    /** The state of the rotation that runs. Undefined: none does. */
    readonly state?: string;
    /** The key of before the rotation, or the one that it has published. */
    readonly leaked: 'old' | 'published';
    /** How long it stays Active at the most. */
    readonly minutes: number;
    readonly left: 'old' | 'published' | 'another';
    readonly created: number;
  }

  test.each<Leak>([
    {
      title: 'the only key: replaced',
      leaked: 'old',
      minutes: 2,
      left: 'another',
      created: 1,
    },
    {
      title: 'the old key in the overlap period: at once, the holder is stopped',
      state: OVERLAP,
      leaked: 'old',
      minutes: 4,
      left: 'published',
      created: 1,
    },
    {
      title: 'the new key in the overlap period: consumers get the old one back',
      state: OVERLAP,
      leaked: 'published',
      minutes: 6,
      left: 'old',
      created: 1,
    },
    {
      title: 'the new key in the recovery period: the old one is brought back and takes over',
      state: RECOVERY,
      leaked: 'published',
      minutes: 6,
      left: 'old',
      created: 1,
    },
    {
      title: 'the new key, while the old one is Inactive and in no version: room is made for another',
      key: 'not-in-secret',
      state: RECOVERY,
      leaked: 'published',
      minutes: 6,
      left: 'another',
      created: 2,
    },
  ])('$title', async ({ key, state, minutes, left, created, ...leak }) => {
    world = worldOfAlice(SETTINGS, { key });
    world.consume();
    const [old = ''] = Object.keys(world.keys());
    const first = state === undefined ? undefined : await world.run(() => world.until(state));
    const named: Readonly<Record<string, string>> = { old, published: world.current() };
    const leaked = named[leak.leaked] ?? '';
    const { execution, status } = await world.execute(emergencyOf(leaked));
    expect(first?.status).toBe(first && 'ABORTED');
    expect(status).toBe('SUCCEEDED');
    // Whatever is set Active is so before.
    const deactivation = world.callsOf('UpdateAccessKey').findLast(({ at }) => at >= execution.startDate);
    const activeFor = (deactivation?.at.getTime() ?? Number.NaN) - execution.startDate.getTime();
    expect(activeFor).toBeLessThan(minutes * MINUTE);
    // Whom it hits.
    expect(outcomesOf(execution)).toContain('Last use of the leaked key');
    expectRetired(leaked);
    const others = Object.entries(named).find(([, accessKeyId]) => accessKeyId === world.current());
    expect(others?.[0] ?? 'another').toBe(left);
    expect(world.callsOf('CreateAccessKey')).toHaveLength(created);
  });

  test('the old key in the recovery period: it is Inactive already, and is never brought back', async () => {
    world = worldOfAlice({ ...SETTINGS, healthAlarms: ['consumers-fail'] });
    world.consume();
    const { result, second } = await interrupt(world, RECOVERY, ({ old }) => {
      // The outage that an emergency may cause is no reason to undo it.
      const { aws, clock } = world;
      clock.setTimeout(() => aws.cloudWatch.setAlarmState('consumers-fail', 'ALARM'), 10 * MINUTE);
      clock.setTimeout(() => aws.cloudWatch.setAlarmState('consumers-fail', 'OK'), 48 * HOUR);
      return emergencyOf(old);
    });
    expect(result.status).toBe('SUCCEEDED');
    expect(outcomesOf(second)).toContain('is not brought back');
    expect(statesOf(second)).not.toContain('Reactivate the old key');
    expect(world.keys()).toEqual({ [world.current()]: 'Active' });
  });
});

describe('whatever comes in between, each leaked key is retired in the end', () => {
  /** Tells a story of leaked keys: which they are, and the execution with which it ends. */
  type Tell = (old: string) => Promise<{ readonly leaked: readonly string[]; readonly last: Execution }>;

  test.each<[string, Tell, InProcessWorldOptions?]>([
    [
      'both keys, one after the other: neither is ever brought back',
      async (old) => {
        await world.until(OVERLAP);
        const published = world.current();
        await world.until(RECOVERY, emergencyOf(published));
        expect(world.keys()).toEqual({ [old]: 'Active', [published]: 'Inactive' });
        return { leaked: [old, published], last: await world.start(emergencyOf(old)) };
      },
    ],
    [
      'both keys before either was retired: room is made by the one that consumers do not read',
      async (old) => {
        await world.until(OVERLAP);
        const published = world.current();
        await dieBehindARotation(old);
        const last = await world.start(emergencyOf(published));
        await last.result;
        expect(outcomesOf(last)).toContain('To make room, AKIA');
        return { leaked: [old, published], last };
      },
    ],
    [
      'both keys, one after the other, and the latter set Inactive by hand',
      async (old) => {
        await world.until(RECOVERY, emergencyOf(old));
        const published = world.current();
        world.aws.iam.setStatus(published, 'Inactive');
        return { leaked: [old, published], last: await world.start(emergencyOf(published)) };
      },
    ],
    [
      'both keys, one after the other, and as many labels of the owner’s as there is room for',
      async (old) => {
        await world.until(RECOVERY, emergencyOf(old));
        const published = world.current();
        world.addLabels(11);
        return { leaked: [old, published], last: await world.start(emergencyOf(published)) };
      },
    ],
    [
      'three keys, with as many labels of the owner’s as there is room for: a key that makes room gives up its own',
      async (old) => {
        world.addLabels(11);
        await world.until(RECOVERY, emergencyOf(old));
        const second = world.current();
        await world.until(RECOVERY, emergencyOf(second));
        const third = world.current();
        return { leaked: [old, second, third], last: await world.start(emergencyOf(third)) };
      },
    ],
    [
      'both keys, of which a person deletes the latest: the other is still retired',
      async (old) => {
        await world.until(OVERLAP);
        const published = world.current();
        await dieBehindARotation(old);
        await dieBehindARotation(published);
        world.aws.iam.removeAccessKey(published);
        return { leaked: [old, published], last: await world.start(SCHEDULED) };
      },
    ],
    [
      'a key that somebody has set Active again: a second emergency retires it',
      async (old) => {
        const first = await world.until(RECOVERY, emergencyOf(old));
        world.aws.iam.setStatus(old, 'Active');
        const last = await world.until(RECOVERY, emergencyOf(old));
        expect(first.status).toBe('ABORTED');
        expect(world.keys()[old]).toBe('Inactive');
        return { leaked: [old], last };
      },
    ],
    [
      'a key before the publication of another: the one that is being made takes over',
      async (old) => {
        const first = world.startExecution(ROTATION);
        await world.clock.sleep(20_000);
        expect(Object.keys(world.keys())).toHaveLength(2);
        const last = await world.start(emergencyOf(old));
        await first.result;
        await last.result;
        expect(world.callsOf('CreateAccessKey')).toHaveLength(1);
        return { leaked: [old], last };
      },
      { behaviour: { keyPropagationDelay: 40_000 } },
    ],
    [
      'a key whose emergency dies: it goes on as one with the next scheduled start',
      async (old) => {
        await dieAfter(15_000, old);
        expect(world.keys()[old]).toBe('Active');
        const last = await world.until(RECOVERY, SCHEDULED);
        expect(world.keys()[old]).toBe('Inactive');
        return { leaked: [old], last };
      },
    ],
  ])('%s', async (...[_title, tell, options]) => {
    world = worldOfAlice(SETTINGS, options);
    world.consume();
    const { leaked, status } = await world.run(async () => {
      const { last, ...story } = await tell(world.current());
      return { ...story, ...(await last.result) };
    });
    expect(status).toBe('SUCCEEDED');
    expectRetired(...leaked);
  });

  test.each([
    ['a pause', () => world.pause('audit')],
    [
      'a hold',
      () => {
        const { secretsManager } = world.aws;
        secretsManager.moveLabel(SECRET, 'rotation-held', secretsManager.holderOf(SECRET, 'AWSCURRENT'));
      },
    ],
  ])('an emergency that dies is not kept by %s from going on by schedule', async (_what, meanwhile) => {
    world = worldOfAlice(SETTINGS);
    world.consume();
    const leaked = world.current();
    await world.run(async () => {
      await dieAfter(15_000, leaked, meanwhile);
      await world.until(RECOVERY, SCHEDULED);
    });
    expect(world.keys()[leaked]).toBe('Inactive');
    expect(world.labels()).not.toContain('rotation-held');
  });
});

describe('an emergency for which there is no room is a named error, and a person chooses', () => {
  test.each<[string, () => string, string]>([
    ['a key that the user does not have', () => 'AKIA0000000000000000', 'Nothing was changed'],
    [
      'a key that is not in the secret',
      () => world.aws.iam.addAccessKey('alice').accessKeyId,
      'Nothing was changed',
    ],
    [
      'a key beside one that a person had set Inactive',
      () => {
        const foreign = world.aws.iam.addAccessKey('alice').accessKeyId;
        world.aws.iam.setStatus(foreign, 'Inactive');
        return world.current();
      },
      ' IS ACTIVE.\n',
    ],
    [
      'a key beside one that a person had set Inactive, though the secret has it in an old version',
      () => {
        const old = world.current();
        world.put(world.aws.iam.addAccessKey('alice'));
        world.aws.iam.setStatus(old, 'Inactive');
        return world.current();
      },
      ' IS ACTIVE.\n',
    ],
  ])('%s: no key is changed', async (_what, leak, words) => {
    world = worldOfAlice(SETTINGS);
    const leaked = leak();
    const before = world.keys();
    expectConflict(await world.execute(emergencyOf(leaked)), words);
    expect(world.keys()).toEqual(before);
  });

  test('the new key, while the old one is Active and in no version: a person is told what to choose from', async () => {
    world = worldOfAlice(SETTINGS, { key: 'not-in-secret' });
    const { result } = await interrupt(world, OVERLAP, ({ current }) => emergencyOf(current));
    expectConflict(result, 'Decide which is worse');
    expect(world.statuses()).toEqual(['Active', 'Active']);
  });

  test('in the middle of a rotation with a key of a person: the rotation goes on', async () => {
    world = worldOfAlice(SETTINGS);
    world.consume();
    const { first, result } = await interrupt(world, OVERLAP, ({ old }) => {
      world.aws.iam.removeAccessKey(old);
      return emergencyOf(world.aws.iam.addAccessKey('alice').accessKeyId);
    });
    expectConflict(result, 'Set it Inactive now');
    expect(first.status).toBe('RUNNING');
    expect(world.statuses()).toEqual(['Active', 'Active']);
  });
});

describe('when AWS does not answer', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ['a message that cannot be sent', ['sns'], []],
    [
      'what IAM remembers of uses, and the alarms',
      ['GetAccessKeyLastUsed', 'DescribeAlarms'],
      ['according to IAM, which may be late: not known'],
    ],
  ])('an emergency does not need %s for deactivating the key', async (_what, silent, told) => {
    world = worldOfAlice({ ...SETTINGS, healthAlarms: ['consumers-fail'] });
    const leaked = world.current();
    for (const operation of silent) world.silence(operation);
    await world.run(() => world.until(RECOVERY, emergencyOf(leaked)));
    expect(world.keys()[leaked]).toBe('Inactive');
    const messages = world.aws.sns.messages.filter(
      ({ attributes }) => attributes.event !== 'LeakedKeyTraced',
    );
    expect(messages.map(({ message }) => message)).toEqual(
      told.map((words) => expect.stringContaining(words)),
    );
  });

  test.each([
    ['fails', 'CreateAccessKey'],
    ['fails before it has begun', 'GetUser'],
  ])('one that %s says that the leaked key may still be Active, and what to do', async (_when, operation) => {
    world = worldOfAlice(SETTINGS);
    const leaked = world.current();
    world.silence(operation);
    const { error, cause } = await world.execute(emergencyOf(leaked));
    expect(error).toBe('TransientServiceError');
    expect(cause).toContain(`THE LEAKED KEY ${leaked} MAY STILL BE ACTIVE.`);
    expect(cause).toContain('stateMachine:IamAccessKeyRotation-emergency --name=');
    expect(cause).toContain(
      `   aws iam update-access-key --user-name alice --access-key-id ${leaked} --status Inactive\n`,
    );
  });
});

test('an emergency tells a person whom it hits, and announces no adoption', async () => {
  world = worldOfAlice(SETTINGS);
  world.aws.iam.useAccessKey(world.current(), 'sqs', 'eu-west-1');
  await world.run(() => world.clock.sleep(HOUR));
  await world.execute(emergencyOf(world.current()));
  const [message] = world.aws.sns.messages;
  expect(message?.attributes).toEqual({ user: 'alice', event: 'LeakedKeyInactive', urgent: 'yes' });
  expect(message?.message).toContain('for sqs in eu-west-1');
  expect(world.announced()).toEqual([
    'Access Key Published',
    'Access Key Deactivated',
    'Leaked Access Key Traced',
    'Leaked Access Key Traced',
    'Access Key Deleted',
  ]);
  expect(world.aws.eventBridge.events[1]?.detail).toMatchObject({
    outcome: expect.stringContaining('for sqs in eu-west-1'),
  });
});

test('an emergency that is started twice for the same key is refused the second time', async () => {
  world = worldOfAlice(SETTINGS);
  const leaked = world.current();
  await world.run(() => world.until(RECOVERY, emergencyOf(leaked)));
  expect(await world.execute(emergencyOf(leaked))).toMatchObject({
    status: 'FAILED',
    error: 'RotationInProgress',
  });
});

test.each([
  [{ action: 'emergency', accessKeyId: 'AKIA0000000000000000' }, 'needs a reason'],
  [{ action: 'emergency', reason: 'leaked' }, 'needs the ID of the access key'],
  // No other action lets anybody choose a key.
  [{ accessKeyId: 'AKIA0000000000000000' }, 'goes with the action "emergency" only'],
])('an input with half of an emergency is refused: %j', async (fields, words) => {
  world = worldOfAlice(SETTINGS);
  const { error, cause } = await world.run(world.startExecution({ ...ROTATION, ...fields }).result);
  expect(error).toBe('InvalidRotationInput');
  expect(cause).toContain(words);
});
