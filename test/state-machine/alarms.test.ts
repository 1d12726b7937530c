import { createWorld, type InProcessWorld } from '../../local/world/world';
import { useCurrentKey } from './support/consumer';

/*
 * Rotations of users whose alarms go off and recover between two looks, and whose enrolment changes while they run.
 */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SECRET = 'iam-access-key-rotation/alice';
const VALIDATOR = 'arn:aws:lambda:us-east-1:111122223333:function:validator';
const ALICE = { userName: 'alice', deactivationWindow: 'always', healthAlarms: ['errors'] };

let world: InProcessWorld;
afterEach(() => world.close());

const begin = (config: Readonly<Record<string, unknown>> & { readonly userName: string } = ALICE): void => {
  world = createWorld({ wire: 'fast', users: [{ config }] });
  useCurrentKey(world, SECRET);
};

/** The alarm goes off, and recovers after that long. */
const blip = (lengthMs = 20 * MINUTE, alarm = 'errors'): void => {
  world.aws.cloudWatch.setAlarmState(alarm, 'ALARM');
  world.clock.setTimeout(() => world.aws.cloudWatch.setAlarmState(alarm, 'OK'), lengthMs).unref();
};
/** Every so often, from then on. */
const flap = (intervalMs: number): void => void world.clock.setInterval(() => blip(), intervalMs).unref();

const start = (input: unknown = { userName: 'alice' }) => world.startExecution(input);
const statuses = () => world.aws.iam.keysOf('alice').map(({ status }) => status);
const told = () => world.aws.sns.messages.map(({ subject }) => subject);

/** An emergency, for the key that is there. */
const emergency = async () => {
  const [key] = world.aws.iam.keysOf('alice');
  return world.run(() =>
    world.start({
      userName: 'alice',
      action: 'emergency',
      accessKeyId: key?.accessKeyId,
      reason: 'in a log',
    }),
  );
};

/** An execution, as soon as it has come to this state. */
const until = async (state: string) => {
  const execution = start();
  for (let minutes = 0; !execution.timeline.some((entry) => entry.state === state); minutes += 10) {
    if (minutes > 30 * 24 * 60) throw new Error(`The execution never came to "${state}".`);
    await world.clock.advance(10 * MINUTE);
  }
  return execution;
};
/** The call is throttled for that long, from the first time that this step makes it; then something happens. */
const delay = (operation: string, lengthMs: number, happens: () => void): void => {
  let ends: number | undefined;
  world.aws.faults.inject({
    kind: 'throttle',
    times: Number.POSITIVE_INFINITY,
    match: (call) => {
      if (call.operation !== operation) return false;
      if (ends === undefined) {
        ends = call.at.getTime() + lengthMs;
        world.clock.setTimeout(happens, MINUTE);
      }
      return call.at.getTime() < ends;
    },
  });
};

describe('an alarm that recovers between two looks', () => {
  test('twelve nights: goes off at night, recovers before the daily check; the old key comes back', async () => {
    begin();
    const execution = await until('Announce the deactivation');
    // From the first night on which the checks are a day apart.
    await world.clock.advance(2 * DAY);
    expect(statuses()).toEqual(['Inactive', 'Active']);
    flap(DAY);
    expect(await world.run(execution.result)).toMatchObject({
      status: 'FAILED',
      error: 'ConsumersUnhealthy',
      cause: expect.stringMatching(
        /recovered, but went off since .*, more often than usual: errors \(once\)/,
      ),
    });
    expect(statuses()).toEqual(['Active', 'Active']);
    expect(world.clock.now().getTime() - Date.parse('2026-03-02T08:00:00Z')).toBeLessThan(14 * DAY);
  });

  test('one that goes off every night, and always did, undoes no rotation', async () => {
    begin({ ...ALICE, quietPeriod: 'P1D' });
    flap(DAY);
    await world.clock.advance(15 * DAY + 5 * HOUR);
    expect(await world.run(start().result)).toMatchObject({ status: 'SUCCEEDED' });
    expect(statuses()).toEqual(['Active']);
  });

  test('before the deactivation: it is waited until the alarm has kept quiet', async () => {
    begin();
    const execution = await until('Wait for the overlap period');
    await world.clock.advance(2.9 * DAY);
    blip();
    const wentOff = world.clock.now().getTime();
    expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
    const deactivation = world.aws.calls.find(({ operation }) => operation === 'UpdateAccessKey');
    expect(deactivation?.at.getTime()).toBeGreaterThanOrEqual(wentOff + 3 * DAY);
  });

  test('an execution that takes over cannot know whether it was after the deactivation', async () => {
    begin();
    const first = await until('Announce the deactivation');
    await world.clock.advance(DAY);
    first.stop();
    blip();
    await world.clock.advance(HOUR);
    expect(await world.run(start().result)).toMatchObject({ error: 'ConsumersUnhealthy' });
    expect(statuses()).toEqual(['Active', 'Active']);
  });

  test('in an emergency it is expected, and keeps nothing from its end', async () => {
    begin();
    const execution = await emergency();
    await world.clock.advance(DAY);
    expect(statuses()).toEqual(['Inactive', 'Active']);
    blip();
    expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
    expect(statuses()).toEqual(['Active']);
  });
});

describe('the last look', () => {
  test.each<[string, () => void, () => void, string]>([
    [
      'an alarm goes off',
      () => blip(2 * HOUR),
      () => {},
      'The health alarms are not all OK: in ALARM: errors. The old key',
    ],
    [
      'the user is paused by the secret',
      () => world.aws.secretsManager.setTag(SECRET, 'rotation-paused', 'audit'),
      () => world.aws.secretsManager.setTag(SECRET, 'rotation-paused', undefined),
      'The user is paused by the tag',
    ],
    [
      'the user is paused by the configuration',
      () => world.enrol([{ ...ALICE, paused: 'freeze' }]),
      () => world.enrol([ALICE]),
      'The user is paused by the configuration (freeze)',
    ],
    [
      'the user is taken out of the configuration',
      () => world.enrol([]),
      () => world.enrol([ALICE]),
      'alice is not enrolled any more. No key was deactivated.',
    ],
  ])(
    'while the deactivation is tried again %s: it waits, and goes on after that',
    async (_case, happens, ends, said) => {
      begin();
      delay('UpdateAccessKey', 5 * MINUTE, happens);
      const execution = await until('Deactivate the old key');
      expect(statuses()).toEqual(['Active', 'Active']);
      expect(
        execution.timeline.findLast(({ state }) => state === 'Deactivate the old key')?.outcome,
      ).toContain(said);
      await world.clock.advance(HOUR);
      expect(statuses()).toEqual(['Active', 'Active']);
      ends();
      expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
      expect(told()).toEqual([]);
    },
  );

  test('while the deletion is tried again an alarm goes off and recovers: the old key comes back', async () => {
    begin();
    delay('DeleteAccessKey', 10 * MINUTE, () => blip(3 * MINUTE));
    const execution = start();
    expect(await world.run(execution.result)).toMatchObject({ error: 'ConsumersUnhealthy' });
    const last = execution.timeline.findLast(({ state }) => state === 'Delete the old key');
    expect(last?.outcome).toContain('Consumers are not well');
    expect(statuses()).toEqual(['Active', 'Active']);
  });

  test.each<[string, () => void, () => void, readonly string[]]>([
    [
      'is paused',
      () => world.aws.secretsManager.setTag(SECRET, 'rotation-paused', 'audit'),
      () => world.aws.secretsManager.setTag(SECRET, 'rotation-paused', undefined),
      [],
    ],
    [
      'is taken out of the configuration',
      () => world.enrol([]),
      () => world.enrol([ALICE]),
      ['Nobody can say whether consumers are well'],
    ],
  ])(
    'while the deletion is tried again the user %s: it waits, and goes on after that',
    async (_case, happens, ends, heard) => {
      begin();
      delay('DeleteAccessKey', 10 * MINUTE, happens);
      const execution = await until('Delete the old key');
      await world.clock.advance(DAY);
      expect(statuses()).toEqual(['Inactive', 'Active']);
      ends();
      expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
      expect(told()).toEqual(heard);
    },
  );
});

describe('a deployment during a rotation never shortens a period', () => {
  /** When the old key was set Inactive, and when it was deleted, in days since the beginning. */
  const retirement = () =>
    ['UpdateAccessKey', 'DeleteAccessKey'].map((operation) => {
      const at = world.aws.calls.find((call) => call.operation === operation)?.at.getTime() ?? Number.NaN;
      return (at - Date.parse('2026-03-02T08:00:00Z')) / DAY;
    });

  test.each<[string, string, Readonly<Record<string, unknown>>, number, number]>([
    ['a shorter recovery period', 'Announce the deactivation', { recoveryPeriod: 'P1D' }, 3, 17],
    ['a longer one', 'Announce the deactivation', { recoveryPeriod: 'P20D' }, 3, 23],
    ['a shorter overlap period', 'Wait for the overlap period', { overlapPeriod: 'P1D' }, 3, 17],
    ['a longer one', 'Wait for the overlap period', { overlapPeriod: 'P6D' }, 6, 20],
    ['a longer quiet period', 'Wait for the overlap period', { quietPeriod: 'P5D' }, 5, 19],
    ['a shorter quiet period', 'Wait for the overlap period', { quietPeriod: 'PT1H' }, 3, 17],
  ])('%s, from "%s" on', async (_case, state, change, deactivated, deleted) => {
    begin();
    const [old] = world.aws.iam.keysOf('alice');
    world.aws.iam.useAccessKey(old?.accessKeyId ?? '');
    const execution = await until(state);
    world.enrol([{ ...ALICE, ...change }]);
    expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
    const [inactive = Number.NaN, gone = Number.NaN] = retirement();
    // A check comes some hours after the moment that it waits for.
    expect([Math.floor(inactive + 0.001), Math.floor(gone + 0.001)]).toEqual([deactivated, deleted]);
  });

  test('one that is taken back keeps what it has promised meanwhile', async () => {
    begin();
    const execution = await until('Announce the deactivation');
    world.enrol([{ ...ALICE, recoveryPeriod: 'P20D' }]);
    await world.clock.advance(2 * DAY);
    world.enrol([ALICE]);
    expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
    expect(Math.floor(retirement()[1] ?? 0)).toBe(23);
  });

  test('while the deletion is tried again: it goes back to the watch', async () => {
    begin();
    delay('DeleteAccessKey', 10 * MINUTE, () => world.enrol([{ ...ALICE, recoveryPeriod: 'P20D' }]));
    const execution = start();
    expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
    const outcomes = execution.timeline.flatMap(({ state, outcome }) =>
      state === 'Delete the old key' ? outcome : [],
    );
    expect(outcomes.slice(-2)).toEqual([
      expect.stringContaining('The recovery period (P20D) of the old key'),
      expect.stringContaining('is deleted'),
    ]);
    expect(world.clock.now().getTime() - Date.parse('2026-03-02T08:00:00Z')).toBeGreaterThan(23 * DAY);
  });

  test('an execution that has no time left for it changes nothing at its end, and the next one goes on', async () => {
    begin();
    const execution = await until('Wait for the overlap period');
    world.aws.secretsManager.setTag(SECRET, 'rotation-paused', 'audit');
    await world.clock.advance(30 * DAY);
    world.aws.secretsManager.setTag(SECRET, 'rotation-paused', undefined);
    await world.clock.advance(2 * DAY);
    expect(statuses()).toEqual(['Inactive', 'Active']);
    world.enrol([{ ...ALICE, recoveryPeriod: 'P75D' }]);
    expect(await world.run(execution.result)).toMatchObject({ status: 'TIMED_OUT' });
    expect(statuses()).toEqual(['Inactive', 'Active']);
    const resumed = world.clock.now();
    expect(await world.run(start({ userName: 'alice', trigger: 'schedule' }).result)).toMatchObject({
      status: 'SUCCEEDED',
    });
    expect(statuses()).toEqual(['Active']);
    expect(world.clock.now().getTime() - resumed.getTime()).toBeGreaterThan(75 * DAY);
  });
});

describe('what is checked comes from the present enrolment', () => {
  const NOBODY = 'Nobody can say whether consumers are well';

  test('an alarm that takes the place of another in the recovery period', async () => {
    begin();
    world.aws.cloudWatch.addAlarm('latency');
    const execution = await until('Announce the deactivation');
    world.enrol([{ ...ALICE, healthAlarms: ['latency'] }]);
    // The old one may even be gone.
    world.aws.cloudWatch.removeAlarm('errors');
    await world.clock.advance(3 * DAY);
    expect(execution.status).toBe('RUNNING');
    expect(told()).toEqual([]);
    blip(MINUTE, 'latency');
    expect(await world.run(execution.result)).toMatchObject({
      error: 'ConsumersUnhealthy',
      cause: expect.stringContaining('latency (once)'),
    });
  });

  test('an alarm that is gone: a person hears of it once, the watch goes on, and nothing is deleted', async () => {
    begin();
    const execution = await until('Announce the deactivation');
    world.aws.cloudWatch.removeAlarm('errors');
    await world.clock.advance(10 * DAY);
    expect(execution.status).toBe('RUNNING');
    expect(told()).toEqual([NOBODY]);
    expect(world.aws.sns.messages[0]?.message).toMatch(
      /errors \(there is no such metric alarm\)[\s\S]*Execution: arn:/,
    );
    expect(await world.run(execution.result)).toMatchObject({ error: 'ConsumersUnhealthy' });
    expect(statuses()).toEqual(['Inactive', 'Active']);
  });

  test('an alarm that is there again: the rotation ends as if nothing had been', async () => {
    begin();
    const execution = await until('Announce the deactivation');
    world.aws.cloudWatch.removeAlarm('errors');
    await world.clock.advance(3 * DAY);
    world.aws.cloudWatch.addAlarm('errors');
    expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
    expect(told()).toEqual([NOBODY]);
  });

  test('a person who cannot be told does not end the watch', async () => {
    begin();
    const execution = await until('Announce the deactivation');
    world.aws.faults.inject({ kind: 'throttle', times: 999, match: ({ service }) => service === 'sns' });
    world.aws.cloudWatch.removeAlarm('errors');
    await world.clock.advance(3 * DAY);
    expect(execution.status).toBe('RUNNING');
    world.aws.cloudWatch.addAlarm('errors');
    expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('a user who is not enrolled for some days: the watch goes on, and reads nothing meanwhile', async () => {
    begin();
    const execution = await until('Announce the deactivation');
    world.enrol([]);
    await world.clock.advance(HOUR);
    const before = world.aws.calls.filter(({ service }) => service === 'iam').length;
    await world.clock.advance(5 * DAY);
    expect(world.aws.calls.filter(({ service }) => service === 'iam')).toHaveLength(before);
    expect(execution.status).toBe('RUNNING');
    expect(told()).toEqual([NOBODY]);
    world.enrol([ALICE]);
    expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('what happened to the alarms meanwhile is seen when the user is enrolled again', async () => {
    begin();
    const execution = await until('Announce the deactivation');
    world.enrol([]);
    await world.clock.advance(3 * DAY);
    blip();
    await world.clock.advance(DAY);
    world.enrol([ALICE]);
    expect(await world.run(execution.result)).toMatchObject({ error: 'ConsumersUnhealthy' });
    expect(statuses()).toEqual(['Active', 'Active']);
  });

  test.each([
    ['in the recovery period', 'Announce the deactivation', ['Inactive', 'Active']],
    ['in the overlap period', 'Wait for the overlap period', ['Active', 'Active']],
  ])(
    'a user who is never enrolled again, %s: a person hears of it at the end',
    async (_case, state, expected) => {
      begin();
      const execution = await until(state);
      world.enrol([]);
      expect(await world.run(execution.result)).toMatchObject({
        error: 'UserNotEnrolled',
        cause: expect.stringContaining('Un-enrol a user'),
      });
      expect(statuses()).toEqual(expected);
    },
  );

  test('an emergency deactivates the leaked key of a user who is not enrolled any more', async () => {
    begin();
    const execution = await emergency();
    while (!execution.timeline.some(({ state }) => state === 'Publish the new key')) {
      await world.clock.advance(1000);
    }
    world.enrol([]);
    await world.clock.advance(HOUR);
    expect(statuses()).toEqual(['Inactive', 'Active']);
  });

  describe('the validator', () => {
    const addValidator = (arn: string, asked: string[]) =>
      world.lambda.add({
        name: arn.split(':').at(-1) ?? '',
        arn,
        timeoutSeconds: 900,
        start: () => ({
          invoke: async () => {
            asked.push(arn);
            return { healthy: true, reason: 'all is well' };
          },
        }),
      });

    test('of the present enrolment is asked', async () => {
      begin({ ...ALICE, validator: VALIDATOR });
      const asked: string[] = [];
      const other = `${VALIDATOR}-2`;
      addValidator(VALIDATOR, asked);
      addValidator(other, asked);
      const execution = await until('Announce the deactivation');
      const before = asked.length;
      world.enrol([{ ...ALICE, validator: other }]);
      expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
      expect(new Set(asked.slice(before))).toEqual(new Set([other]));
    });

    test('is not asked any more when the enrolment has none', async () => {
      begin({ ...ALICE, validator: VALIDATOR });
      const asked: string[] = [];
      addValidator(VALIDATOR, asked);
      const execution = await until('Announce the deactivation');
      const before = asked.length;
      world.enrol([ALICE]);
      expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
      expect(asked).toHaveLength(before);
    });

    test('that is gone: a person hears of it once, and nothing is deleted', async () => {
      begin({ ...ALICE, validator: VALIDATOR });
      addValidator(VALIDATOR, []);
      const execution = await until('Announce the deactivation');
      world.enrol([{ ...ALICE, validator: `${VALIDATOR}-gone` }]);
      await world.clock.advance(5 * DAY);
      expect(execution.status).toBe('RUNNING');
      expect(told()).toEqual([NOBODY]);
      expect(await world.run(execution.result)).toMatchObject({ error: 'ConsumersUnhealthy' });
      expect(statuses()).toEqual(['Inactive', 'Active']);
    });
  });
});
