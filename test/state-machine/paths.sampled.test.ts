import type { InterceptInvocation } from '../../local/engine/lambda-service';
import {
  type AliceOptions,
  type AliceWorld,
  RESUME,
  ROTATION,
  SCHEDULED,
  SECRET,
  worldOfAlice,
} from '../support/alice';
import { sampled } from '../support/sampled';
import { DAY, HOUR } from '../support/time';

/*
 * Every way through the definition, run by the engine over the real handlers: what ends where, what a person is
 * told, and what is left of the keys and labels.
 */

let world: AliceWorld;
let failedUses = 0;
afterEach(() => world.close());

/** A world in which an application reads the secret every two hours and uses the key that it finds, or keeps its first one. */
const begin = (
  config: Readonly<Record<string, unknown>> = {},
  { keepsItsKey = false, ...options }: AliceOptions & { readonly keepsItsKey?: boolean } = {},
) => {
  world = worldOfAlice(config, options);
  failedUses = 0;
  const first = world.current();
  world.consume({
    key: () => (keepsItsKey ? first : world.current()),
    every: 2 * HOUR,
    onRefusal: () => {
      failedUses += 1;
    },
  });
};

const expectFinished = () => {
  expect(world.keys()).toEqual({ [world.current()]: 'Active' });
  expect(world.labels()).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
};

describe('success', () => {
  test('an ordinary rotation takes the main line, tells nobody, and no use of a key fails', async () => {
    begin();
    const before = world.current();
    const { status, states } = await world.execute();
    expect(status).toBe('SUCCEEDED');
    // How long consumers and the window are waited for depends on the hour.
    const passed = states.filter((state) => !/^Wait for (consumers|the deactivation)/.test(state));
    expect(new Set(passed)).toEqual(
      new Set([
        'Plan the rotation',
        'Is a rotation due?',
        'Create and store a new key',
        'Where does the rotation stand?',
        'Test the new key',
        'Publish the new key',
        'Announce the new key',
        'Wait for the overlap period',
        'Check that consumers have moved',
        'May the old key be deactivated?',
        'Announce that consumers have moved',
        'Deactivate the old key',
        'Is the old key Inactive?',
        'Announce the deactivation',
        'Has a key leaked?',
        'Wait in the recovery period',
        'Check that consumers are well',
        'Are consumers well?',
        'Delete the old key',
        'Is the old key deleted?',
        'Announce the deletion',
        'Rotation complete',
      ]),
    );
    expect(world.told()).toEqual([]);
    expect(failedUses).toBe(0);
    expect(world.current()).not.toBe(before);
    expectFinished();
  });

  test('a first key is published at once, and nothing is retired', async () => {
    begin({}, { key: 'none' });
    const { status, states } = await world.execute();
    expect(status).toBe('SUCCEEDED');
    expect(states).not.toContain('Deactivate the old key');
    expectFinished();
  });

  test('a key that is not in the secret yet is rotated normally', async () => {
    begin({}, { key: 'not-in-secret' });
    const { status, states } = await world.execute();
    expect(status).toBe('SUCCEEDED');
    expect(states).toContain('Deactivate the old key');
    expectFinished();
  });

  test('the old key is deactivated only when the window is open', async () => {
    begin({ deactivationWindow: { days: ['SAT'], from: '02:00', to: '03:00' }, timeZone: 'Asia/Tokyo' });
    const { status, states } = await world.execute();
    expect(status).toBe('SUCCEEDED');
    expect(states).toContain('Wait for the deactivation window');
    const [deactivation] = world.callsOf('UpdateAccessKey');
    expect(deactivation?.at.toISOString()).toMatch(/^2026-03-06T17:/);
  });

  test('not due: three states, and nothing is changed', async () => {
    begin();
    world.aws.iam.removeAccessKey(world.current());
    const key = world.aws.iam.addAccessKey('alice');
    world.put(key);
    const { status, states, output } = await world.execute(SCHEDULED);
    expect(status).toBe('SUCCEEDED');
    expect(states).toEqual(['Plan the rotation', 'Is a rotation due?', 'Nothing to do']);
    expect(output).toMatchObject({ outcome: expect.stringContaining('is not due') });
    expect(world.keys()).toEqual({ [key.accessKeyId]: 'Active' });
  });
});

describe("failure: a person is told once, and the execution fails under the error's name", () => {
  test.each<[string, unknown, () => void, string, RegExp]>([
    ['no input', {}, () => undefined, 'InvalidRotationInput', /userName/],
    [
      'a user who is not enrolled',
      { userName: 'bob' },
      () => undefined,
      'UserNotEnrolled',
      /bob is not enrolled/,
    ],
    ['a user who is gone', ROTATION, () => world.aws.iam.removeUser('alice'), 'UserNotFound', /no such user/],
    [
      'a conflict',
      ROTATION,
      () => void world.aws.iam.addAccessKey('alice'),
      'AccessKeyConflict',
      /an unknown second key is in the way/,
    ],
    [
      'an unreadable secret',
      ROTATION,
      () => void world.aws.secretsManager.putValue(SECRET, 'hello'),
      'SecretConflict',
      /not JSON/,
    ],
  ])('%s', async (_case, input, given, error, message) => {
    begin();
    given();
    const before = [world.keys(), world.labels()];
    const { cause, ...ended } = await world.execute(input);
    expect(ended).toMatchObject({ status: 'FAILED', error, last: 'Rotation failed' });
    expect(cause).toMatch(message);
    const admitted = error !== 'InvalidRotationInput';
    const startedWith = admitted
      ? JSON.stringify(input).replace(/[{}]/g, '\\$&')
      : 'what the plan has not admitted';
    expect(world.aws.sns.messages).toMatchObject([
      {
        attributes: { event: error },
        message: expect.stringMatching(
          new RegExp(`${message.source}[\\s\\S]*\\nStarted with: ${startedWith}`),
        ),
      },
    ]);
    expect([world.keys(), world.labels()]).toEqual(before);
  });

  test('a new key that AWS refuses is deleted, and the next start begins afresh', async () => {
    begin({}, { behaviour: { keyPropagationDelay: 300_000 } });
    const before = world.current();
    const first = await world.execute();
    expect(first).toMatchObject({ status: 'FAILED', error: 'AccessKeyNotUsable' });
    expect(world.keys()).toEqual({ [before]: 'Active' });
    world.aws.behaviour.keyPropagationDelay = 5_000;
    await world.clock.advance(HOUR);
    expect((await world.execute(SCHEDULED)).status).toBe('SUCCEEDED');
    expectFinished();
  });

  test('consumers that never move: both keys stay Active, and the next start checks again', async () => {
    begin({}, { keepsItsKey: true });
    const first = await world.execute();
    expect(first).toMatchObject({
      status: 'FAILED',
      error: 'AdoptionTimedOut',
      cause: expect.stringMatching(/last used .* for s3 in us-east-1/),
    });
    expect(world.statuses()).toEqual(['Active', 'Active']);
    expect(failedUses).toBe(0);
    await world.clock.advance(HOUR);
    const second = await world.execute();
    expect(second.states).not.toContain('Test the new key');
    expect(second.error).toBe('AdoptionTimedOut');
    expect(Object.keys(world.keys())).toHaveLength(2);
  });

  test('consumers that never move, and an owner who wants to go on: a person is told who will fail', async () => {
    begin({ onAdoptionDeadline: 'go-on' }, { keepsItsKey: true });
    const { status, states } = await world.execute();
    expect(status).toBe('SUCCEEDED');
    expect(world.told()).toEqual(['AdoptionOverruled']);
    expect(world.aws.sns.messages[0]?.message).toMatch(
      /last used .* for s3 in us-east-1[\s\S]*Execution: https:/,
    );
    expect(states).not.toContain('Announce that consumers have moved');
    const published = world.aws.eventBridge.events.find(
      (event) => event['detail-type'] === 'Access Key Published',
    );
    const [deactivation] = world.callsOf('UpdateAccessKey');
    const waited = (deactivation?.at.getTime() ?? 0) - Date.parse(published?.time ?? '');
    expect(waited).toBeGreaterThanOrEqual(7 * DAY);
    expect(failedUses).toBeGreaterThan(0);
    expectFinished();
  });

  test('going on needs OK alarms, and a person who can be told', async () => {
    begin({ onAdoptionDeadline: 'go-on', healthAlarms: ['errors'] }, { keepsItsKey: true });
    world.aws.cloudWatch.setAlarmState('errors', 'INSUFFICIENT_DATA');
    expect(await world.execute()).toMatchObject({
      error: 'AdoptionTimedOut',
      cause: expect.stringMatching(/for s3 in us-east-1[\s\S]*Not all health alarms are OK/),
    });
    world.aws.cloudWatch.setAlarmState('errors', 'OK');
    world.throttle('sns');
    await world.clock.advance(HOUR);
    expect((await world.execute()).error).toBe('PersonNotTold');
    expect(world.statuses()).toEqual(['Active', 'Active']);
    expect(failedUses).toBe(0);
  });

  test('unhealthy consumers: rolled back within one check, held, and resumed by a person', async () => {
    begin({ healthAlarms: ['errors'] });
    const old = world.current();
    const watch = world.aws.onCall(({ operation }) => {
      if (operation === 'UpdateAccessKey') world.aws.cloudWatch.setAlarmState('errors', 'ALARM');
    });
    const first = await world.execute();
    watch();
    expect(first).toMatchObject({ status: 'FAILED', error: 'ConsumersUnhealthy', last: 'Rotation failed' });
    const updates = world.callsOf('UpdateAccessKey').map(({ at }) => at.getTime());
    expect((updates[1] ?? 0) - (updates[0] ?? 0)).toBeLessThanOrEqual(16 * 60_000);
    expect(world.keys()).toEqual({ [old]: 'Active', [world.current()]: 'Active' });

    await world.clock.advance(HOUR);
    const scheduled = await world.execute(SCHEDULED);
    expect(scheduled).toMatchObject({ status: 'SUCCEEDED', last: 'On hold' });
    expect(world.aws.sns.messages.at(-1)).toMatchObject({
      attributes: { event: 'RotationOnHold', user: 'alice', urgent: 'no' },
      message: expect.stringContaining('"action":"resume"'),
    });
    expect((await world.execute()).error).toBe('RotationOnHold');

    world.aws.cloudWatch.setAlarmState('errors', 'OK');
    expect((await world.execute(RESUME)).status).toBe('SUCCEEDED');
    expectFinished();
  });

  test('alarms that cannot be read: no key is deleted on it', async () => {
    begin({ healthAlarms: ['errors'] });
    const watch = world.aws.onCall(({ operation }) => {
      if (operation === 'UpdateAccessKey') world.aws.cloudWatch.setAlarmState('errors', 'INSUFFICIENT_DATA');
    });
    expect(await world.execute()).toMatchObject({ status: 'FAILED', error: 'ConsumersUnhealthy' });
    watch();
    expect(Object.values(world.keys()).sort()).toEqual(['Active', 'Inactive']);
    world.aws.cloudWatch.setAlarmState('errors', 'OK');
    await world.clock.advance(HOUR);
    expect((await world.execute()).status).toBe('SUCCEEDED');
    expectFinished();
  });

  test('a topic that does not answer: the execution ends under a name that the rule for untold failures matches', async () => {
    begin();
    world.throttle('sns');
    expect(await world.execute({ userName: 'bob' })).toMatchObject({
      error: 'PersonNotTold',
      cause: expect.stringContaining('bob is not enrolled'),
      last: 'Failed, and nobody could be told',
    });
  });

  test('a step that is cut off again and again explains itself through the state machine', async () => {
    begin(
      {},
      {
        interceptInvocation: ({ functionName }) =>
          functionName === 'publish-access-key' ? { kind: 'time-out', afterRequests: 0 } : undefined,
      },
    );
    expect(await world.execute()).toMatchObject({
      status: 'FAILED',
      error: 'Sandbox.Timedout',
      cause: expect.stringContaining('A step ended with Sandbox.Timedout and without an explanation'),
      last: 'Rotation failed',
    });
    expect(world.aws.sns.messages).toHaveLength(1);
    expect(world.statuses()).toEqual(['Active', 'Active']);
  });
});

describe('a successor continues where a stopped execution stood', () => {
  test.each([
    ['Create and store a new key', 'Test the new key'],
    ['Test the new key', 'Test the new key'],
    ['Publish the new key', 'Test the new key'],
    ['Wait for the overlap period', 'Wait for the overlap period'],
    ['Check that consumers have moved', 'Wait for the overlap period'],
    ['Wait in the recovery period', 'Wait in the recovery period'],
    ['Check that consumers are well', 'Wait in the recovery period'],
    ['Delete the old key', 'Wait in the recovery period'],
  ])('stopped on entering "%s"', async (stopAt, resumesWith) => {
    let stop = () => {};
    begin(
      {},
      {
        // The step is never begun: the execution ends as the state is entered, and the function with it.
        interceptInvocation: ({ stateName, executionArn }) => {
          if (stateName !== stopAt || executionArn !== first.arn) return undefined;
          stop();
          return { kind: 'kill', afterRequests: 0 };
        },
      },
    );
    const first = world.startExecution(
      { userName: 'alice' },
      { onTimeline: ({ state, kind }) => void (state === stopAt && kind === 'waiting' && stop()) },
    );
    stop = () => first.stop();
    expect((await world.run(first.result)).status).toBe('ABORTED');
    await world.clock.advance(10 * 60_000);
    const second = await world.execute(SCHEDULED);
    expect(second.status).toBe('SUCCEEDED');
    expect(second.states).toContain(resumesWith);
    expect(failedUses).toBe(0);
    expectFinished();
    expect(world.callsOf('CreateAccessKey').filter(({ outcome }) => outcome === 'ok')).toHaveLength(1);
  });
});

describe('what passes is waited out', () => {
  const once =
    (step: string, fault: ReturnType<InterceptInvocation>): InterceptInvocation =>
    ({ functionName, occurrence }) =>
      functionName === step && occurrence === 1 ? fault : undefined;

  const FAULTS = [
    ['refused', { kind: 'refuse' }],
    ['killed before its work', { kind: 'kill', afterRequests: 0 }],
    ['killed after its work', { kind: 'kill' }],
    ['cut off', { kind: 'time-out', afterRequests: 1 }],
    ['its answer lost', { kind: 'lose-answer' }],
  ] as const;
  const cases = [
    'plan-rotation',
    'create-access-key',
    'test-access-key',
    'publish-access-key',
    'confirm-adoption',
    'deactivate-access-key',
    'confirm-health',
    'delete-access-key',
  ].flatMap((step) => FAULTS.map(([what, fault]) => [step, what, fault] as const));

  test.each(sampled(cases, 4))('%s: %s', async (step, _what, fault) => {
    begin({}, { interceptInvocation: once(step, fault) });
    const { status, error } = await world.execute();
    expect({ status, error }).toEqual({ status: 'SUCCEEDED', error: undefined });
    expect(failedUses).toBe(0);
    expectFinished();
  });

  test('ten minutes of throttling of everything', async () => {
    begin();
    world.aws.faults.inject({
      kind: 'throttle',
      between: { from: world.clock.now(), to: new Date(world.clock.now().getTime() + 600_000) },
    });
    expect((await world.execute()).status).toBe('SUCCEEDED');
    expectFinished();
  });

  test('two starts at once: one rotates, the scheduled one finds it running and ends well', async () => {
    begin();
    const [first, second] = [world.startExecution(SCHEDULED), world.startExecution(SCHEDULED)];
    const results = await world.run(Promise.all([first.result, second.result]));
    expect(results.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(world.callsOf('CreateAccessKey')).toHaveLength(1);
    expectFinished();
  });
});
