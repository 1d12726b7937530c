import type { Execution } from '../../local/engine/execution';
import {
  type AliceWorld,
  addValidator,
  emergencyOf,
  ROTATION,
  SCHEDULED,
  worldOfAlice,
} from '../support/alice';
import { DAY, HOUR, MINUTE } from '../support/time';

/*
 * Rotations of users whose alarms go off and recover between two looks, and whose enrolment changes while they run.
 */

const VALIDATOR = 'arn:aws:lambda:us-east-1:111122223333:function:validator';
const ALICE = {
  userName: 'alice',
  deactivationWindow: 'always',
  noticeBefore: 'PT0S',
  healthAlarms: ['errors'],
};

let world: AliceWorld;
afterEach(() => world.close());

const begin = (config: Readonly<Record<string, unknown>> = ALICE): void => {
  world = worldOfAlice(config);
  world.consume();
};

/** The alarm goes off, and recovers after that long. */
const blip = (lengthMs = 20 * MINUTE, alarm = 'errors'): void => {
  world.aws.cloudWatch.setAlarmState(alarm, 'ALARM');
  world.clock.setTimeout(() => world.aws.cloudWatch.setAlarmState(alarm, 'OK'), lengthMs).unref();
};
/** Every so often, from then on. */
const flap = (intervalMs: number): void => void world.clock.setInterval(() => blip(), intervalMs).unref();

const start = () => world.startExecution(ROTATION);
/** A rotation that has come to this state. */
const until = (state: string): Promise<Execution> => world.run(() => world.until(state));
/** An emergency, for the key that is there. */
const emergency = (): Promise<Execution> => world.run(() => world.start(emergencyOf(world.current())));

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
    expect(world.statuses()).toEqual(['Inactive', 'Active']);
    flap(DAY);
    expect(await world.run(execution.result)).toMatchObject({
      status: 'FAILED',
      error: 'ConsumersUnhealthy',
      cause: expect.stringMatching(/went off more often than usual since .*: errors \(once\)/),
    });
    expect(world.statuses()).toEqual(['Active', 'Active']);
    expect(world.clock.now().getTime() - Date.parse('2026-03-02T08:00:00Z')).toBeLessThan(14 * DAY);
  });

  test('one that goes off every night, and always did, undoes no rotation', async () => {
    begin({ ...ALICE, quietPeriod: 'P1D' });
    flap(DAY);
    await world.clock.advance(15 * DAY + 5 * HOUR);
    expect(await world.execute()).toMatchObject({ status: 'SUCCEEDED' });
    expect(world.statuses()).toEqual(['Active']);
  });

  test('before the deactivation: it is waited until the alarm has kept quiet', async () => {
    begin();
    const execution = await until('Wait for the overlap period');
    await world.clock.advance(2.9 * DAY);
    blip();
    const wentOff = world.clock.now().getTime();
    expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
    const [deactivation] = world.callsOf('UpdateAccessKey');
    expect(deactivation?.at.getTime()).toBeGreaterThanOrEqual(wentOff + 3 * DAY);
  });

  test('an execution that takes over cannot know whether it was after the deactivation', async () => {
    begin();
    const first = await until('Announce the deactivation');
    await world.clock.advance(DAY);
    first.stop();
    blip();
    await world.clock.advance(HOUR);
    expect(await world.execute()).toMatchObject({ error: 'ConsumersUnhealthy' });
    expect(world.statuses()).toEqual(['Active', 'Active']);
  });

  test('in an emergency it is expected, and keeps nothing from its end', async () => {
    begin();
    const execution = await emergency();
    await world.clock.advance(DAY);
    expect(world.statuses()).toEqual(['Inactive', 'Active']);
    blip();
    expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
    expect(world.statuses()).toEqual(['Active']);
  });
});

describe('the last look', () => {
  test.each<[string, () => void, () => void, string]>([
    ['an alarm goes off', () => blip(2 * HOUR), () => {}, 'not all health alarms are OK (in ALARM: errors)'],
    [
      'the user is paused by the secret',
      () => world.pause('audit'),
      () => world.pause(undefined),
      'the user is paused by the tag',
    ],
    [
      'the user is paused by the configuration',
      () => world.enrol([{ ...ALICE, paused: 'freeze' }]),
      () => world.enrol([ALICE]),
      'the user is paused by the configuration (freeze)',
    ],
    [
      'the user is taken out of the configuration',
      () => world.enrol([]),
      () => world.enrol([ALICE]),
      'alice is not enrolled any more. No key was set Inactive.',
    ],
  ])(
    'while the deactivation is tried again %s: it waits, and goes on after that',
    async (_case, happens, ends, said) => {
      begin();
      delay('UpdateAccessKey', 5 * MINUTE, happens);
      const execution = await until('Deactivate the old key');
      // It is tried again for five minutes.
      await world.clock.advance(10 * MINUTE);
      expect(world.statuses()).toEqual(['Active', 'Active']);
      expect(
        execution.timeline.findLast(({ state }) => state === 'Deactivate the old key')?.outcome,
      ).toContain(said);
      await world.clock.advance(HOUR);
      expect(world.statuses()).toEqual(['Active', 'Active']);
      ends();
      expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
      expect(world.told()).toEqual([]);
    },
  );

  test('while the deletion is tried again an alarm goes off and recovers: the old key comes back', async () => {
    begin();
    delay('DeleteAccessKey', 10 * MINUTE, () => blip(3 * MINUTE));
    const execution = start();
    expect(await world.run(execution.result)).toMatchObject({ error: 'ConsumersUnhealthy' });
    const last = execution.timeline.findLast(({ state }) => state === 'Delete the old key');
    expect(last?.outcome).toContain('Programs of alice are not well');
    expect(world.statuses()).toEqual(['Active', 'Active']);
  });

  test.each<[string, () => void, () => void, readonly string[]]>([
    ['is paused', () => world.pause('audit'), () => world.pause(undefined), []],
    ['is taken out of the configuration', () => world.enrol([]), () => world.enrol([ALICE]), ['NoVerdict']],
  ])(
    'while the deletion is tried again the user %s: it waits, and goes on after that',
    async (_case, happens, ends, heard) => {
      begin();
      delay('DeleteAccessKey', 10 * MINUTE, happens);
      const execution = await until('Delete the old key');
      await world.clock.advance(DAY);
      expect(world.statuses()).toEqual(['Inactive', 'Active']);
      ends();
      expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
      expect(world.told()).toEqual(heard);
    },
  );
});

describe('a deployment during a rotation never shortens a period', () => {
  /** When the old key was set Inactive, and when it was deleted, in days since the beginning. */
  const retirement = () =>
    ['UpdateAccessKey', 'DeleteAccessKey'].map((operation) => {
      const at = world.callsOf(operation)[0]?.at.getTime() ?? Number.NaN;
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
    world.aws.iam.useAccessKey(world.current());
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
      expect.stringContaining('The recovery period of 20 days of the old key'),
      expect.stringContaining('is deleted'),
    ]);
    expect(world.clock.now().getTime() - Date.parse('2026-03-02T08:00:00Z')).toBeGreaterThan(23 * DAY);
  });

  test('an execution that has no time left for it changes nothing at its end, and the next one goes on', async () => {
    begin();
    const execution = await until('Wait for the overlap period');
    world.pause('audit');
    await world.clock.advance(30 * DAY);
    world.pause(undefined);
    await world.clock.advance(2 * DAY);
    expect(world.statuses()).toEqual(['Inactive', 'Active']);
    world.enrol([{ ...ALICE, recoveryPeriod: 'P75D' }]);
    expect(await world.run(execution.result)).toMatchObject({ status: 'TIMED_OUT' });
    expect(world.statuses()).toEqual(['Inactive', 'Active']);
    const resumed = world.clock.now();
    expect(await world.execute(SCHEDULED)).toMatchObject({
      status: 'SUCCEEDED',
    });
    expect(world.statuses()).toEqual(['Active']);
    expect(world.clock.now().getTime() - resumed.getTime()).toBeGreaterThan(75 * DAY);
  });
});

describe('what is checked comes from the present enrolment', () => {
  const NOBODY = 'NoVerdict';

  test('an alarm that takes the place of another in the recovery period', async () => {
    begin();
    world.aws.cloudWatch.addAlarm('latency');
    const execution = await until('Announce the deactivation');
    world.enrol([{ ...ALICE, healthAlarms: ['latency'] }]);
    // The old one may even be gone.
    world.aws.cloudWatch.removeAlarm('errors');
    await world.clock.advance(3 * DAY);
    expect(execution.status).toBe('RUNNING');
    expect(world.told()).toEqual([]);
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
    expect(world.told()).toEqual([NOBODY]);
    expect(world.aws.sns.messages[0]?.message).toMatch(
      /errors \(there is no such metric alarm\)[\s\S]*Execution: https:/,
    );
    expect(await world.run(execution.result)).toMatchObject({ error: 'ConsumersUnhealthy' });
    expect(world.statuses()).toEqual(['Inactive', 'Active']);
  });

  test('an alarm that is there again: the rotation ends as if nothing had been', async () => {
    begin();
    const execution = await until('Announce the deactivation');
    world.aws.cloudWatch.removeAlarm('errors');
    await world.clock.advance(3 * DAY);
    world.aws.cloudWatch.addAlarm('errors');
    expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
    expect(world.told()).toEqual([NOBODY]);
  });

  test('a person who cannot be told does not end the watch', async () => {
    begin();
    const execution = await until('Announce the deactivation');
    world.throttle('sns');
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
    expect(world.told()).toEqual([NOBODY]);
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
    expect(world.statuses()).toEqual(['Active', 'Active']);
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
        cause: expect.stringContaining('#un-enrol-a-user'),
      });
      expect(world.statuses()).toEqual(expected);
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
    expect(world.statuses()).toEqual(['Inactive', 'Active']);
  });

  describe('the validator', () => {
    const add = (arn: string, asked: string[]): void =>
      addValidator(world, arn, () => {
        asked.push(arn);
        return { healthy: true, reason: 'all is well' };
      });

    test('of the present enrolment is asked', async () => {
      begin({ ...ALICE, validator: VALIDATOR });
      const asked: string[] = [];
      const other = `${VALIDATOR}-2`;
      add(VALIDATOR, asked);
      add(other, asked);
      const execution = await until('Announce the deactivation');
      const before = asked.length;
      world.enrol([{ ...ALICE, validator: other }]);
      expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
      expect(new Set(asked.slice(before))).toEqual(new Set([other]));
    });

    test('is not asked any more when the enrolment has none', async () => {
      begin({ ...ALICE, validator: VALIDATOR });
      const asked: string[] = [];
      add(VALIDATOR, asked);
      const execution = await until('Announce the deactivation');
      const before = asked.length;
      world.enrol([ALICE]);
      expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
      expect(asked).toHaveLength(before);
    });

    test('that is gone: a person hears of it once, and nothing is deleted', async () => {
      begin({ ...ALICE, validator: VALIDATOR });
      add(VALIDATOR, []);
      const execution = await until('Announce the deactivation');
      world.enrol([{ ...ALICE, validator: `${VALIDATOR}-gone` }]);
      await world.clock.advance(5 * DAY);
      expect(execution.status).toBe('RUNNING');
      expect(world.told()).toEqual([NOBODY]);
      expect(await world.run(execution.result)).toMatchObject({ error: 'ConsumersUnhealthy' });
      expect(world.statuses()).toEqual(['Inactive', 'Active']);
    });
  });
});
