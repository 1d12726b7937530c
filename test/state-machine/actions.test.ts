import type { Execution, ExecutionResult } from '../../local/engine/execution';
import { createWorld, type InProcessWorldOptions } from '../../local/world/world';

/*
 * What a person can start besides a rotation: a rollback by hand, an emergency, a plan. Run by the engine over the real
 * handlers, in the middle of rotations and without one.
 */

const SECRET = 'iam-access-key-rotation/alice';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ROLLBACK = { userName: 'alice', action: 'rollback' };

let world: ReturnType<typeof createWorld>;
afterEach(() => world.close());

const begin = (
  key?: 'published' | 'not-in-secret' | 'none',
  config: Readonly<Record<string, unknown>> = {},
  behaviour: InProcessWorldOptions['behaviour'] = {},
) => {
  world = createWorld({
    wire: 'fast',
    users: [{ config: { userName: 'alice', deactivationWindow: 'always', ...config }, ...(key && { key }) }],
    behaviour,
  });
};

const keys = () =>
  Object.fromEntries(world.aws.iam.keysOf('alice').map((key) => [key.accessKeyId, key.status]));
const current = () =>
  (JSON.parse(world.aws.secretsManager.valueOf(SECRET) ?? '{}') as { AccessKeyId?: string }).AccessKeyId ??
  'no key';
const labels = () =>
  (world.aws.secretsManager.secret(SECRET)?.versions ?? []).flatMap((version) => version.labels).sort();
/** The owner attaches so many labels of his own; AWS allows 20 in all. */
const addLabels = (count: number): void => {
  for (let number = 1; number <= count; number += 1) {
    world.aws.secretsManager.moveLabel(SECRET, `owner-${number}`, versionOfCurrent());
  }
};
/** The version that consumers read. */
const versionOfCurrent = (): string =>
  world.aws.secretsManager.secret(SECRET)?.versions.find((version) => version.labels.includes('AWSCURRENT'))
    ?.versionId ?? '';
const emergency = (accessKeyId: string) => ({
  userName: 'alice',
  action: 'emergency',
  accessKeyId,
  reason: 'it was in a public repository',
});
const statesOf = (execution: Execution): readonly string[] =>
  execution.history
    .filter(({ type }) => type === 'StateEntered')
    .map(({ state }) => (state as { name: string }).name);

/** An application that reads the secret every hour and uses the key that it finds. */
const consume = (key: () => string = current) => {
  world.clock
    .setInterval(() => {
      world.aws.iam.useAccessKey(key());
    }, HOUR)
    .unref();
};

/** One that keeps the key that it has now. */
const stay = () => {
  const key = current();
  consume(() => key);
};

/** Starts a rotation and waits until it is in a state. */
const rotateUntil = async (state: string, input: unknown = { userName: 'alice' }): Promise<Execution> => {
  let reached = () => {};
  const arrival = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const execution = await world.start(input, {
    onTimeline: (entry) => {
      if (entry.state === state) reached();
    },
  });
  await Promise.race([arrival, execution.result]);
  await world.clock.sleep(MINUTE);
  return execution;
};

/** Lets the consumers fail an hour after a key was set Inactive. */
const failWhenInactive = async (accessKeyId: string): Promise<void> => {
  while (keys()[accessKeyId] === 'Active') await world.clock.sleep(HOUR);
  world.aws.cloudWatch.setAlarmState('consumers-fail', 'ALARM');
};

/** Starts an action while a rotation is in a state, and waits for its end. */
const interrupt = async (
  state: string,
  input: (state: { readonly old: string; readonly current: string }) => unknown,
): Promise<{ readonly first: Execution; readonly second: Execution; readonly result: ExecutionResult }> =>
  world.run(async () => {
    const old = current();
    const first = await rotateUntil(state);
    const second = await world.start(input({ old, current: current() }));
    return { first, second, result: await second.result };
  });

const execute = async (input: unknown, start = world.start) => {
  const execution = await world.run(() => start(input));
  const result = await world.run(execution.result);
  return { ...result, states: statesOf(execution) };
};

const outcomeOf = ({ output }: ExecutionResult): string => String((output as { outcome?: unknown }).outcome);

describe('a rollback by hand', () => {
  test.each([
    ['the overlap period', 'Wait for the overlap period'],
    ['the recovery period', 'Wait in the recovery period'],
  ])(
    'in %s brings the old key back, holds the rotation, and can be repeated and resumed',
    async (_when, state) => {
      begin();
      consume();
      const { first, second, result } = await interrupt(state, () => ({
        ...ROLLBACK,
        reason: 'orders fail',
      }));
      expect(first.status).toBe('ABORTED');
      expect(result.status).toBe('SUCCEEDED');
      expect(statesOf(second).slice(0, 5)).toEqual([
        'Plan the rotation',
        'Is a rotation due?',
        'Stop the running rotation',
        'Wait until it has come to rest',
        'Create and store a new key',
      ]);
      expect(statesOf(second).at(-1)).toBe('Rolled back');
      expect(outcomeOf(result)).toContain('a person asked for it (orders fail)');
      expect(Object.values(keys())).toEqual(['Active', 'Active']);
      expect(labels()).toContain('rotation-held');
      const published = current();

      const again = await execute(ROLLBACK);
      expect(again).toMatchObject({ status: 'SUCCEEDED' });
      expect(again.states.at(-1)).toBe('Rolled back');
      expect(Object.values(keys())).toEqual(['Active', 'Active']);
      expect(await execute({ userName: 'alice', trigger: 'schedule' })).toMatchObject({
        status: 'SUCCEEDED',
      });
      expect(Object.values(keys())).toEqual(['Active', 'Active']);

      // Taken over only when nothing of the last execution can be alive any more.
      await world.run(() => world.clock.sleep(5 * MINUTE));
      expect(await execute({ userName: 'alice', action: 'resume' })).toMatchObject({ status: 'SUCCEEDED' });
      expect(keys()).toEqual({ [published]: 'Active' });
      expect(labels()).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
    },
  );

  test.each<[string, string, Readonly<Record<string, unknown>>, () => void]>([
    ['consumers have not moved', 'Wait for consumers to move', {}, stay],
    [
      'the window is closed',
      'Wait for the deactivation window',
      { deactivationWindow: { days: ['SUN'], from: '09:00', to: '16:00' } },
      consume,
    ],
    [
      'the owner is being asked',
      'Check that consumers have moved',
      { acknowledgement: { deadline: 'P2D' } },
      consume,
    ],
  ])('works while %s, too', async (_when, state, config, work) => {
    begin(undefined, config);
    work();
    const { first, result } = await world.run(async () => {
      const rotation = await rotateUntil(state);
      // Of a question no state tells before it is answered: it is on the bus.
      const isAsked = () => world.aws.eventBridge.events.some(({ detail }) => 'taskToken' in detail);
      while (config.acknowledgement !== undefined && !isAsked()) await world.clock.sleep(HOUR);
      return { first: rotation, result: await (await world.start(ROLLBACK)).result };
    });
    expect(first.status).toBe('ABORTED');
    expect(result.status).toBe('SUCCEEDED');
    expect(Object.values(keys())).toEqual(['Active', 'Active']);
    expect(labels()).toContain('rotation-held');
  });

  test('of a new key that does not work any more puts AWSCURRENT back, too', async () => {
    begin();
    consume();
    const { result } = await interrupt('Wait in the recovery period', ({ current: published }) => {
      world.aws.iam.setStatus(published, 'Inactive');
      return ROLLBACK;
    });
    expect(result.status).toBe('SUCCEEDED');
    expect(outcomeOf(result)).toContain('now, because what it named is not usable');
    expect(keys()[current()]).toBe('Active');
  });

  test.each([
    ['AWSCURRENT cannot be understood', () => world.aws.secretsManager.putValue(SECRET, 'not JSON')],
    ['the owner has used up the labels', () => addLabels(20 - labels().length)],
  ])('does not depend on the secret being in order: %s', async (_what, damage) => {
    begin();
    consume();
    const { result } = await interrupt('Wait in the recovery period', () => {
      damage();
      return ROLLBACK;
    });
    expect(result.status).toBe('SUCCEEDED');
    expect(Object.values(keys())).toEqual(['Active', 'Active']);
    expect(keys()[current()]).toBe('Active');
    expect(labels()).toContain('rotation-held');
  });

  test('does not need a label for the mark of a key that somebody else has put into AWSCURRENT', async () => {
    // Long enough that the key is still tested when the person acts.
    begin(undefined, {}, { keyPropagationDelay: 40_000 });
    const result = await world.run(async () => {
      world.startExecution({ userName: 'alice' });
      await world.clock.sleep(20_000);
      const stored = labels().find((label) => label.startsWith('rotation-key-')) ?? '';
      world.aws.secretsManager.moveLabel(
        SECRET,
        'AWSCURRENT',
        world.aws.secretsManager.holderOf(SECRET, stored),
      );
      addLabels(20 - labels().length);
      return (await world.start(ROLLBACK)).result;
    });
    expect(result.status).toBe('SUCCEEDED');
    expect(labels()).toContain('rotation-held');
  });

  test('when AWSCURRENT names no key and the old one is in no version, puts the new one back', async () => {
    begin('not-in-secret');
    const { result, published } = await world.run(async () => {
      await rotateUntil('Wait for the overlap period');
      const found = current();
      world.aws.secretsManager.putValue(SECRET, '{}');
      return { result: await (await world.start(ROLLBACK)).result, published: found };
    });
    expect(result.status).toBe('SUCCEEDED');
    expect(current()).toBe(published);
  });

  test('after which consumers still find no key fails, and a person is told', async () => {
    begin('not-in-secret');
    consume();
    const { result } = await interrupt('Wait in the recovery period', ({ current: published }) => {
      world.aws.iam.setStatus(published, 'Inactive');
      return ROLLBACK;
    });
    expect(result).toMatchObject({ status: 'FAILED', error: 'StateDrift' });
    expect(result.cause).toContain('put a working key into it by hand, now');
    expect(Object.values(keys())).toEqual(['Active', 'Inactive']);
    expect(labels()).toContain('rotation-held');
  });

  test('does not set a key Active that was Inactive before the rotation', async () => {
    begin();
    const [old] = Object.keys(keys());
    world.aws.iam.setStatus(old ?? '', 'Inactive');
    const { result } = await interrupt('Wait in the recovery period', () => ROLLBACK);
    expect(result).toMatchObject({ status: 'FAILED', error: 'NothingToRollBack' });
    expect(result.cause).toContain('was Inactive when the rotation began');
    expect(keys()[old ?? '']).toBe('Inactive');
  });

  test('sets a key Active that was Inactive before, when this rotation has deactivated it once more', async () => {
    begin(undefined, { healthAlarms: ['consumers-fail'] });
    consume();
    const old = current();
    world.aws.iam.setStatus(old, 'Inactive');
    const result = await world.run(async () => {
      const execution = await rotateUntil('Wait for the overlap period');
      world.aws.iam.setStatus(old, 'Active');
      await failWhenInactive(old);
      return execution.result;
    });
    expect(result).toMatchObject({ status: 'FAILED', error: 'ConsumersUnhealthy' });
    expect(keys()[old]).toBe('Active');
  });

  test('knows what it has deactivated also when the answer was lost', async () => {
    begin(undefined, { healthAlarms: ['consumers-fail'] });
    consume();
    const old = current();
    world.aws.faults.inject({
      kind: 'after',
      as: 'connection',
      // As often as the SDK asks: the step has to be repeated.
      times: 3,
      match: ({ operation }) => operation === 'UpdateAccessKey',
    });
    const result = await world.run(async () => {
      const execution = await rotateUntil('Wait for the overlap period');
      await failWhenInactive(old);
      return execution.result;
    });
    expect(result).toMatchObject({ status: 'FAILED', error: 'ConsumersUnhealthy' });
    expect(keys()[old]).toBe('Active');
  });

  test('after the deletion is a named error that says what can still be done', async () => {
    begin();
    consume();
    await execute({ userName: 'alice' });
    const before = keys();
    const { status, error, cause } = await execute(ROLLBACK);
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'NothingToRollBack' });
    expect(cause).toContain('a deletion is final');
    expect(cause).toContain('let the consumers read it again');
    expect(keys()).toEqual(before);
  });

  test('of a first key is the same named error', async () => {
    begin('none');
    const { result } = await interrupt('Wait for the overlap period', () => ROLLBACK);
    expect(result).toMatchObject({ status: 'FAILED', error: 'NothingToRollBack' });
    expect(result.cause).toContain('there is no old one');
  });
});

describe('an emergency', () => {
  const expectRetired = (leaked: string): void => {
    expect(Object.keys(keys())).not.toContain(leaked);
    expect(keys()).toEqual({ [current()]: 'Active' });
    expect(labels()).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
  };
  /** How long the leaked key stayed Active after the emergency was started, in milliseconds. */
  const activeFor = (execution: Execution): number => {
    // Whatever is set Active is so before.
    const call = world.aws.calls.findLast(
      ({ operation, at }) => operation === 'UpdateAccessKey' && at >= execution.startDate,
    );
    return (call?.at.getTime() ?? Number.POSITIVE_INFINITY) - execution.startDate.getTime();
  };

  test('with the only key: replaced, and Inactive within minutes', async () => {
    begin();
    consume();
    const leaked = current();
    const execution = await world.start(emergency(leaked));
    const result = await world.run(execution.result);
    expect(result.status).toBe('SUCCEEDED');
    expect(activeFor(execution)).toBeLessThan(2 * MINUTE);
    // Said before: whom it will hit.
    const plan = execution.timeline.find(({ state }) => state === 'Plan the rotation');
    expect(plan?.outcome).toContain('fails from its deactivation until it reads the secret again');
    expectRetired(leaked);
  });

  test('with the old key in the overlap period: deactivated at once, the holder is stopped', async () => {
    begin();
    consume();
    const { first, second, result } = await interrupt('Wait for the overlap period', ({ old }) =>
      emergency(old),
    );
    expect(first.status).toBe('ABORTED');
    expect(result.status).toBe('SUCCEEDED');
    expect(activeFor(second)).toBeLessThan(4 * MINUTE);
    expect(world.aws.calls.filter(({ operation }) => operation === 'CreateAccessKey')).toHaveLength(1);
    expect(keys()).toEqual({ [current()]: 'Active' });
  });

  test('with the old key in the recovery period: it is Inactive already, and is never brought back', async () => {
    begin(undefined, { healthAlarms: ['consumers-fail'] });
    consume();
    const { result, second } = await interrupt('Wait in the recovery period', ({ old }) => {
      // The outage that an emergency may cause is no reason to undo it.
      world.clock.setTimeout(
        () => world.aws.cloudWatch.setAlarmState('consumers-fail', 'ALARM'),
        10 * MINUTE,
      );
      world.clock.setTimeout(() => world.aws.cloudWatch.setAlarmState('consumers-fail', 'OK'), 48 * HOUR);
      return emergency(old);
    });
    expect(result.status).toBe('SUCCEEDED');
    expect(second.timeline.map(({ outcome }) => outcome).join('\n')).toContain('is not brought back');
    expect(statesOf(second)).not.toContain('Reactivate the old key');
    expect(keys()).toEqual({ [current()]: 'Active' });
  });

  test('with the new key in the overlap period: consumers get the old one back', async () => {
    begin();
    consume();
    const before = current();
    const { second, result } = await interrupt('Wait for the overlap period', ({ current: published }) =>
      emergency(published),
    );
    expect(result.status).toBe('SUCCEEDED');
    expect(activeFor(second)).toBeLessThan(6 * MINUTE);
    expect(current()).toBe(before);
    expect(keys()).toEqual({ [before]: 'Active' });
    expect(labels()).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
  });

  test('with the new key in the recovery period: the old one is brought back and takes over', async () => {
    begin();
    consume();
    const before = current();
    const { second, result } = await interrupt('Wait in the recovery period', ({ current: published }) =>
      emergency(published),
    );
    expect(result.status).toBe('SUCCEEDED');
    expect(activeFor(second)).toBeLessThan(6 * MINUTE);
    expect(world.aws.calls.filter(({ operation }) => operation === 'CreateAccessKey')).toHaveLength(1);
    expect(keys()).toEqual({ [before]: 'Active' });
  });

  test('with the new key, while the old one is Inactive and in no version: room is made for another', async () => {
    begin('not-in-secret');
    consume();
    const [old] = world.aws.iam.keysOf('alice');
    const { result } = await interrupt('Wait in the recovery period', ({ current: published }) =>
      emergency(published),
    );
    expect(result.status).toBe('SUCCEEDED');
    expect(Object.keys(keys())).not.toContain(old?.accessKeyId);
    expect(keys()).toEqual({ [current()]: 'Active' });
    expect(world.aws.calls.filter(({ operation }) => operation === 'CreateAccessKey')).toHaveLength(2);
  });

  test('with the new key, while the old one is Active and in no version: nothing is touched, and a person is told what to choose from', async () => {
    begin('not-in-secret');
    const { result } = await interrupt('Wait for the overlap period', ({ current: published }) =>
      emergency(published),
    );
    expect(result).toMatchObject({ status: 'FAILED', error: 'AccessKeyConflict' });
    expect(result.cause).toContain('Decide which is worse');
    expect(Object.values(keys())).toEqual(['Active', 'Active']);
  });

  test('with both keys, one after the other: neither is ever brought back', async () => {
    begin();
    consume();
    const before = current();
    const { second, created } = await world.run(async () => {
      await rotateUntil('Wait for the overlap period');
      const published = current();
      await rotateUntil('Wait in the recovery period', emergency(published));
      expect(keys()).toEqual({ [before]: 'Active', [published]: 'Inactive' });
      const execution = await world.start(emergency(before));
      await execution.result;
      return { second: execution, created: published };
    });
    expect(second.status).toBe('SUCCEEDED');
    expect([before, created]).not.toContain(current());
    expect(keys()).toEqual({ [current()]: 'Active' });
  });

  /** An emergency for the published key, which dies right after it has taken the lock. */
  const emergencyThatDies = async (leaked: string): Promise<void> => {
    const execution = await world.start(emergency(leaked));
    await world.clock.sleep(3 * MINUTE + 500);
    execution.stop();
    await world.clock.sleep(10 * MINUTE);
  };

  test('with both keys before either was retired: room is made by the one that consumers do not read', async () => {
    begin();
    consume();
    const before = current();
    const { result, published, execution } = await world.run(async () => {
      await rotateUntil('Wait for the overlap period');
      const found = current();
      await emergencyThatDies(before);
      const second = await world.start(emergency(found));
      return { execution: second, result: await second.result, published: found };
    });
    expect(result.status).toBe('SUCCEEDED');
    expect(execution.timeline.map(({ outcome }) => outcome).join('\n')).toContain('To make room, ****');
    expect([before, published]).not.toContain(current());
    expect(keys()).toEqual({ [current()]: 'Active' });
  });

  test.each<[string, (published: string) => void]>([
    ['the latter set Inactive by hand', (published) => world.aws.iam.setStatus(published, 'Inactive')],
    ['as many labels of the owner’s as there is room for', () => addLabels(11)],
  ])('with both keys, one after the other, and %s', async (_what, prepare) => {
    begin();
    consume();
    const before = current();
    const { result, published } = await world.run(async () => {
      await rotateUntil('Wait in the recovery period', emergency(before));
      const found = current();
      prepare(found);
      return { result: await (await world.start(emergency(found))).result, published: found };
    });
    expect(result.status).toBe('SUCCEEDED');
    expect([before, published]).not.toContain(current());
    expect(keys()).toEqual({ [current()]: 'Active' });
  });

  test('three times, with as many labels of the owner’s as there is room for: a key that makes room gives up its own', async () => {
    begin();
    consume();
    const result = await world.run(async () => {
      addLabels(11);
      await rotateUntil('Wait in the recovery period', emergency(current()));
      await rotateUntil('Wait in the recovery period', emergency(current()));
      return (await world.start(emergency(current()))).result;
    });
    expect(result.status).toBe('SUCCEEDED');
    expect(keys()).toEqual({ [current()]: 'Active' });
  });

  test('with both keys, of which a person deletes the latest: the other is still retired', async () => {
    begin();
    consume();
    const before = current();
    const last = await world.run(async () => {
      await rotateUntil('Wait for the overlap period');
      const published = current();
      await emergencyThatDies(before);
      await emergencyThatDies(published);
      world.aws.iam.removeAccessKey(published);
      const next = world.startExecution({ userName: 'alice', trigger: 'schedule' });
      await next.result;
      return next;
    });
    expect(last.status).toBe('SUCCEEDED');
    expect(Object.keys(keys())).not.toContain(before);
    expect(keys()).toEqual({ [current()]: 'Active' });
  });

  test('leaves a key alone that a person had set Inactive, and says what to choose from', async () => {
    begin();
    const leaked = current();
    const foreign = world.aws.iam.addAccessKey('alice').accessKeyId;
    world.aws.iam.setStatus(foreign, 'Inactive');
    const before = keys();
    const { status, error, cause } = await execute(emergency(leaked));
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'AccessKeyConflict' });
    expect(cause).toContain('THE LEAKED KEY IS ACTIVE');
    expect(keys()).toEqual(before);
  });

  test('does not bring a key back that a person had set Inactive, though the secret has it in an old version', async () => {
    begin();
    const old = world.aws.iam.keysOf('alice')[0]?.accessKeyId ?? '';
    const added = world.aws.iam.addAccessKey('alice');
    world.aws.secretsManager.putValue(
      SECRET,
      JSON.stringify({
        Version: 1,
        AccessKeyId: added.accessKeyId,
        SecretAccessKey: added.secretAccessKey,
      }),
    );
    world.aws.iam.setStatus(old, 'Inactive');
    const { error } = await execute(emergency(added.accessKeyId));
    expect(error).toBe('AccessKeyConflict');
    expect(keys()).toEqual({ [old]: 'Inactive', [added.accessKeyId]: 'Active' });
  });

  test('in the middle of a rotation with a key of a person: a named error, and the rotation goes on', async () => {
    begin();
    consume();
    const { first, result } = await interrupt('Wait for the overlap period', ({ old }) => {
      world.aws.iam.removeAccessKey(old);
      return emergency(world.aws.iam.addAccessKey('alice').accessKeyId);
    });
    expect(result).toMatchObject({ status: 'FAILED', error: 'AccessKeyConflict' });
    expect(result.cause).toContain('Deactivate it by hand, now');
    expect(first.status).toBe('RUNNING');
    expect(Object.values(keys())).toEqual(['Active', 'Active']);
  });

  test('with a leaked key that somebody has set Active again: a second one retires it', async () => {
    begin();
    consume();
    const leaked = current();
    const result = await world.run(async () => {
      const first = await rotateUntil('Wait in the recovery period', emergency(leaked));
      world.aws.iam.setStatus(leaked, 'Active');
      const second = await rotateUntil('Wait in the recovery period', emergency(leaked));
      expect(first.status).toBe('ABORTED');
      expect(keys()[leaked]).toBe('Inactive');
      return second.result;
    });
    expect(result.status).toBe('SUCCEEDED');
    expectRetired(leaked);
  });

  test.each([
    ['a pause', () => world.aws.secretsManager.setTag(SECRET, 'rotation-paused', 'audit')],
    ['a hold', () => world.aws.secretsManager.moveLabel(SECRET, 'rotation-held', versionOfCurrent())],
  ])('that dies is not kept by %s from going on by schedule', async (_what, prepare) => {
    begin();
    consume();
    const leaked = current();
    await world.run(async () => {
      const execution = await world.start(emergency(leaked));
      await world.clock.sleep(15_000);
      execution.stop();
      prepare();
      await world.clock.sleep(10 * MINUTE);
      await rotateUntil('Wait in the recovery period', { userName: 'alice', trigger: 'schedule' });
    });
    expect(keys()[leaked]).toBe('Inactive');
    expect(labels()).not.toContain('rotation-held');
  });

  test('tells a person whom it hits, and announces no adoption', async () => {
    begin();
    world.aws.iam.useAccessKey(current(), 'sqs', 'eu-west-1');
    await world.run(() => world.clock.sleep(HOUR));
    await execute(emergency(current()));
    const [message] = world.aws.sns.messages;
    expect(message?.subject).toBe('Emergency: a leaked access key is deactivated');
    expect(message?.message).toContain('It was last used: at 2026-03-02T08:00:00.000Z for sqs in eu-west-1');
    const { events } = world.aws.eventBridge;
    expect(events.map((event) => event['detail-type'])).toEqual([
      'Access Key Published',
      'Access Key Deactivated',
      'Access Key Deleted',
    ]);
    expect(events[1]?.detail).toMatchObject({ outcome: expect.stringContaining('for sqs in eu-west-1') });
  });

  test('is not kept by a message that cannot be sent from deactivating the key', async () => {
    begin();
    const leaked = current();
    world.aws.faults.inject({
      kind: 'before',
      as: 'http-500',
      times: Number.POSITIVE_INFINITY,
      match: ({ service }) => service === 'sns',
    });
    await world.run(() => rotateUntil('Wait in the recovery period', emergency(leaked)));
    expect(keys()[leaked]).toBe('Inactive');
  });

  test('needs neither IAM’s memory of uses nor the alarms', async () => {
    begin(undefined, { healthAlarms: ['consumers-fail'] });
    const leaked = current();
    for (const operation of ['GetAccessKeyLastUsed', 'DescribeAlarms']) {
      world.aws.faults.inject({
        kind: 'before',
        as: 'http-500',
        times: Number.POSITIVE_INFINITY,
        match: (call) => call.operation === operation,
      });
    }
    await world.run(() => rotateUntil('Wait in the recovery period', emergency(leaked)));
    expect(keys()[leaked]).toBe('Inactive');
    expect(world.aws.sns.messages[0]?.message).toContain('It was last used: nobody knows when');
  });

  test('that fails says that the leaked key may still be Active, and what to do', async () => {
    begin();
    const leaked = current();
    world.aws.faults.inject({
      kind: 'before',
      as: 'http-500',
      times: Number.POSITIVE_INFINITY,
      match: ({ operation }) => operation === 'CreateAccessKey',
    });
    const { error, cause } = await execute(emergency(leaked));
    expect(error).toBe('TransientServiceError');
    expect(cause).toContain(
      `MAY STILL BE ACTIVE. Start the emergency again now, or, if an outage is better than that: aws iam update-access-key --user-name alice --access-key-id ${leaked} --status Inactive.`,
    );
  });

  test('that fails before it has begun says so, too', async () => {
    begin();
    const leaked = current();
    world.aws.faults.inject({
      kind: 'before',
      as: 'http-500',
      times: Number.POSITIVE_INFINITY,
      match: ({ operation }) => operation === 'GetUser',
    });
    const { cause } = await execute(emergency(leaked));
    expect(cause).toContain(`--access-key-id ${leaked} --status Inactive.`);
  });

  test('before publication: the key that is being made takes over', async () => {
    begin(undefined, {}, { keyPropagationDelay: 40_000 });
    consume();
    const leaked = current();
    const { result } = await world.run(async () => {
      const first = world.startExecution({ userName: 'alice' });
      await world.clock.sleep(20_000);
      expect(Object.keys(keys())).toHaveLength(2);
      const execution = await world.start(emergency(leaked));
      await first.result;
      return { result: await execution.result };
    });
    expect(result.status).toBe('SUCCEEDED');
    expect(world.aws.calls.filter(({ operation }) => operation === 'CreateAccessKey')).toHaveLength(1);
    expectRetired(leaked);
  });

  test('that dies goes on as one with the next scheduled start', async () => {
    begin();
    consume();
    const leaked = current();
    await world.run(async () => {
      const execution = await world.start(emergency(leaked));
      await world.clock.sleep(15_000);
      execution.stop();
      await world.clock.sleep(10 * MINUTE);
      expect(keys()[leaked]).toBe('Active');
      const next = await rotateUntil('Wait in the recovery period', {
        userName: 'alice',
        trigger: 'schedule',
      });
      expect(keys()[leaked]).toBe('Inactive');
      await next.result;
    });
    expectRetired(leaked);
  });

  test('that is started twice for the same key is refused the second time', async () => {
    begin();
    const { result } = await world.run(async () => {
      const leaked = current();
      await rotateUntil('Wait in the recovery period', emergency(leaked));
      return { result: await (await world.start(emergency(leaked))).result };
    });
    expect(result).toMatchObject({ status: 'FAILED', error: 'RotationInProgress' });
  });

  test.each([
    ['that the user does not have', () => 'AKIA0000000000000000'],
    ['that is not in the secret', () => world.aws.iam.addAccessKey('alice').accessKeyId],
  ])('with a key %s: a named error, and nothing is changed', async (_which, leaked) => {
    begin();
    const accessKeyId = leaked();
    const before = keys();
    const { status, error, cause } = await execute(emergency(accessKeyId));
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'AccessKeyConflict' });
    expect(cause).toContain('Nothing was changed');
    expect(keys()).toEqual(before);
  });

  test.each([
    [{ accessKeyId: 'AKIA0000000000000000' }, 'needs a reason'],
    [{ reason: 'leaked' }, 'needs the ID of the access key'],
  ])('without all that it needs is refused: %j', async (fields, words) => {
    begin();
    const { error, cause } = await execute(
      { userName: 'alice', action: 'emergency', ...fields },
      async (input) => world.startExecution(input),
    );
    expect(error).toBe('InvalidRotationInput');
    expect(cause).toContain(words);
  });

  test('is the only action that lets anybody choose a key', async () => {
    begin();
    const { error, cause } = await execute({ userName: 'alice', accessKeyId: 'AKIA0000000000000000' });
    expect(error).toBe('InvalidRotationInput');
    expect(cause).toContain('goes with the action "emergency" only');
  });
});

describe('a plan', () => {
  const PLAN = { userName: 'alice', action: 'plan' };

  test.each([
    [
      'a rotation that would start',
      () => {},
      ['A rotation would start', 'By schedule: due now', 'No health alarm'],
    ],
    [
      'a conflict that stands in its way',
      () => void world.aws.iam.addAccessKey('alice'),
      ['would not start', 'AccessKeyConflict'],
    ],
    [
      'who used the keys last',
      () => {
        world.aws.iam.useAccessKey(current());
        // It shows late.
        return world.clock.advance(6 * HOUR);
      },
      ['was last used: at 2026-03-02T08:00:00.000Z for s3 in us-east-1'],
    ],
  ])('tells of %s, and changes nothing', async (_what, prepare, words) => {
    begin();
    await prepare();
    const before = [keys(), labels(), current()];
    const { status, states, output } = await execute(PLAN);
    expect(status).toBe('SUCCEEDED');
    expect(states).toEqual(['Plan the rotation', 'Is a rotation due?', 'Only a plan']);
    for (const word of words) expect((output as { outcome: string }).outcome).toContain(word);
    expect([keys(), labels(), current()]).toEqual(before);
    expect(
      world.aws.calls.filter(({ operation }) => /^(Create|Update|Delete|Put|Tag)/.test(operation)),
    ).toEqual([]);
  });

  test('tells of a rotation that runs, and leaves it alone', async () => {
    begin();
    const { first, result } = await interrupt('Wait for the overlap period', () => PLAN);
    expect(outcomeOf(result)).toContain('RotationInProgress');
    expect(first.status).toBe('RUNNING');
  });
});
