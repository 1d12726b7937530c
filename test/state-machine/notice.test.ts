import type { Execution } from '../../local/engine/execution';
import { type AliceWorld, emergencyOf, ROTATION, SCHEDULED, statesOf, worldOfAlice } from '../support/alice';
import { DAY, HOUR, MINUTE } from '../support/time';

/*
 * People are told ahead: before a rotation by schedule begins, and before the old key is deactivated. The key is 80 days old when the
 * world begins.
 */

const START_NOTICE = 'RotationAhead';
const END_NOTICE = 'DeactivationAhead';
const PASSES = 'Wait for the notice to pass';
const BEGINNING = Date.parse('2026-03-02T08:00:00Z');

/** Notice of two days, and a key that is due in a day. */
const DUE_TOMORROW = { noticeBefore: 'P2D', rotateAfter: 'P81D', deactivationWindow: 'always', force: true };

let world: AliceWorld;
afterEach(() => world.close());

const begin = (config: Readonly<Record<string, unknown>> = DUE_TOMORROW): void => {
  world = worldOfAlice(config);
  world.consume();
};

/** Days since the beginning. */
const daysAt = (at: Date): number => (at.getTime() - BEGINNING) / DAY;
/** When operations were called, in days since the beginning. */
const daysOf = (operation: string): readonly number[] => world.callsOf(operation).map(({ at }) => daysAt(at));
/** When a message was sent, in days since the beginning. */
const toldAt = (event: string): readonly number[] =>
  world.aws.sns.messages.filter(({ attributes }) => attributes.event === event).map(({ at }) => daysAt(at));
const textOf = (event: string): string =>
  world.aws.sns.messages.find(({ attributes }) => attributes.event === event)?.message ?? '';
const changes = () =>
  world.aws.calls.filter(({ operation }) => /^(Create|Update|Delete|Put[^E]|Tag)/.test(operation));

/** Starts an execution, and lets a minute pass. */
const started = async (input: unknown = SCHEDULED): Promise<Execution> => {
  const execution = await world.run(() => world.start(input));
  await world.clock.advance(MINUTE);
  return execution;
};

describe('a start by schedule', () => {
  test('gives notice, waits without the lock, plans again, and rotates', async () => {
    begin();
    const execution = await started();
    expect(statesOf(execution).at(-1)).toBe(PASSES);
    await world.clock.advance(2 * DAY - 2 * MINUTE);
    expect(statesOf(execution).at(-1)).toBe(PASSES);
    expect(changes()).toEqual([]);
    expect(world.labels()).not.toContain('AWSPENDING');
    expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
    expect(statesOf(execution).slice(0, 7)).toEqual([
      ...['Plan the rotation', 'Is a rotation due?', 'Give notice of the rotation', PASSES],
      ...['Plan the rotation', 'Is a rotation due?', 'Create and store a new key'],
    ]);
    expect(world.told()).toEqual([START_NOTICE, END_NOTICE]);
    expect(daysOf('CreateAccessKey')[0]).toBeCloseTo(2, 2);
  });

  test('says which key, when, what follows, and what to do until then', async () => {
    begin();
    await started();
    const text = textOf(START_NOTICE);
    expect(text).toMatch(
      /\nThe access key AKIA\w+ of alice is 80 days old; the limit is 81 days\.\nIts rotation begins on Wed 4 March 2026, 08:00 /,
    );
    expect(text).toMatch(/The old key is set Inactive later, not before Sat 7 March 2026, 08:00 /);
    expect(text).toContain('\n\nKEYS\n');
    expect(text).toContain(
      "--secret-id iam-access-key-rotation/alice --tags 'Key=rotation-paused,Value=not now'",
    );
    expect(text).toContain(`--input '{"userName":"alice"}'`);
    expect(text).toContain('docs/runbook.md#rotationahead');
  });

  test('before that time does nothing', async () => {
    begin({ ...DUE_TOMORROW, rotateAfter: 'P83D' });
    expect(await world.execute(SCHEDULED)).toMatchObject({
      status: 'SUCCEEDED',
      output: { status: 'nothing-to-do' },
    });
    expect(world.told()).toEqual([]);
  });

  test('gives notice of a rotation that is overdue, too', async () => {
    begin({ ...DUE_TOMORROW, rotateAfter: 'P30D' });
    expect(await world.execute(SCHEDULED)).toMatchObject({ output: { status: 'completed' } });
    expect(world.told()).toEqual([START_NOTICE, END_NOTICE]);
    expect(daysOf('CreateAccessKey')[0]).toBeCloseTo(2, 2);
  });

  test.each<[string, Readonly<Record<string, unknown>>, Parameters<typeof worldOfAlice>[1]]>([
    ['with noticeBefore zero', { noticeBefore: 'PT0S', rotateAfter: 'P80D' }, {}],
    ['for a user without a key', {}, { key: 'none' }],
  ])('begins at once %s', async (_case, config, options) => {
    world = worldOfAlice({ ...DUE_TOMORROW, ...config }, options);
    world.consume();
    expect(await world.execute(SCHEDULED)).toMatchObject({ output: { status: 'completed' } });
    expect(world.told()).not.toContain(START_NOTICE);
    expect(daysOf('CreateAccessKey')[0]).toBeCloseTo(0, 2);
  });

  test('of which nothing comes is told of its obstacle, and of no rotation', async () => {
    begin();
    world.aws.iam.addAccessKey('alice');
    expect(await world.execute(SCHEDULED)).toMatchObject({ error: 'AccessKeyConflict' });
    expect(world.told()).toEqual(['AccessKeyConflict']);
  });

  test('does not find out who waits: it fails, and nobody is told of a rotation', async () => {
    begin();
    const serve = world.silence('ListExecutions');
    expect(await world.execute(SCHEDULED)).toMatchObject({ error: 'TransientServiceError' });
    expect(world.told()).toEqual(['TransientServiceError']);
    expect(changes()).toEqual([]);
    serve();
    expect(await world.execute(SCHEDULED)).toMatchObject({ output: { status: 'completed' } });
  });

  test('whose notice cannot be sent waits as long, and rotates', async () => {
    begin();
    const serve = world.silence('sns');
    const execution = await started();
    await world.clock.advance(DAY);
    expect(statesOf(execution).at(-1)).toBe(PASSES);
    serve();
    expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
    expect(world.told()).toEqual([END_NOTICE]);
    expect(daysOf('CreateAccessKey')[0]).toBeCloseTo(2, 2);
  });
});

describe('while an execution waits', () => {
  test.each([1, 2])('further starts stay silent: %i', async (count) => {
    begin();
    const first = await started();
    for (let start = 0; start < count; start += 1) {
      await world.clock.advance(12 * HOUR);
      expect(await world.execute(SCHEDULED)).toMatchObject({
        status: 'SUCCEEDED',
        output: { status: 'nothing-to-do', outcome: expect.stringContaining(first.arn) },
      });
    }
    expect(world.told()).toEqual([START_NOTICE]);
    expect(await world.run(first.result)).toMatchObject({ output: { status: 'completed' } });
  });

  test('of two that the schedule starts at once, one gives notice, and rotates', async () => {
    begin();
    const both = await world.run(() =>
      Promise.all([world.start(SCHEDULED, { name: 'b' }), world.start(SCHEDULED, { name: 'a' })]),
    );
    const results = await world.run(Promise.all(both.map(({ result }) => result)));
    expect(results).toMatchObject([
      { output: { status: 'nothing-to-do' } },
      { output: { status: 'completed' } },
    ]);
    expect(world.told()).toEqual([START_NOTICE, END_NOTICE]);
    expect(daysOf('CreateAccessKey')).toHaveLength(1);
  });

  test('it is stopped: the next one gives notice again', async () => {
    begin();
    const first = await started();
    first.stop();
    await world.clock.advance(DAY);
    expect(await world.execute(SCHEDULED)).toMatchObject({ output: { status: 'completed' } });
    expect(world.told().filter((subject) => subject === START_NOTICE)).toHaveLength(2);
    expect(daysOf('CreateAccessKey')[0]).toBeCloseTo(3, 2);
  });

  test('a person starts a rotation: it begins at once, and the one that waits stays silent', async () => {
    begin();
    const first = await started();
    await world.clock.advance(DAY);
    const second = await started(ROTATION);
    expect(daysOf('CreateAccessKey')[0]).toBeCloseTo(1, 2);
    expect(await world.run(first.result)).toMatchObject({
      status: 'SUCCEEDED',
      output: { status: 'nothing-to-do', outcome: expect.stringContaining('is running already') },
    });
    expect(await world.run(second.result)).toMatchObject({ output: { status: 'completed' } });
    expect(world.told()).toEqual([START_NOTICE, END_NOTICE]);
  });

  test('a person’s rotation has ended before the notice has: nothing is due', async () => {
    begin({
      ...DUE_TOMORROW,
      noticeBefore: 'P20D',
      rotateAfter: 'P90D',
      overlapPeriod: 'P1D',
      adoptionDeadline: 'P30D',
    });
    const first = await started();
    // Without a notice of its own, so that it is over before.
    world.enrol([
      {
        ...DUE_TOMORROW,
        userName: 'alice',
        noticeBefore: 'PT0S',
        rotateAfter: 'P90D',
        recoveryPeriod: 'P2D',
      },
    ]);
    expect(await world.execute(ROTATION)).toMatchObject({ output: { status: 'completed' } });
    expect(await world.run(first.result)).toMatchObject({
      output: { status: 'nothing-to-do', outcome: expect.stringContaining('not due yet') },
    });
    expect(daysOf('CreateAccessKey')).toHaveLength(1);
  });

  test('the key leaks: the emergency waits for nobody, and the one that waits stays silent', async () => {
    begin();
    const first = await started();
    const leaked = world.current();
    const emergency = await started(emergencyOf(leaked));
    expect(world.keys()[leaked]).toBe('Inactive');
    expect(await world.run(first.result)).toMatchObject({ output: { status: 'nothing-to-do' } });
    expect(await world.run(emergency.result)).toMatchObject({ status: 'SUCCEEDED' });
    expect(world.told()).toEqual([START_NOTICE, 'LeakedKeyInactive', 'LeakedKeyTraced', 'LeakedKeyTraced']);
  });

  test('the user is paused: nothing begins, and after the pause people are told again', async () => {
    begin();
    const first = await started();
    world.pause('audit');
    expect(await world.run(first.result)).toMatchObject({
      output: { status: 'nothing-to-do', outcome: expect.stringContaining('alice is paused') },
    });
    world.pause(undefined);
    expect(await world.execute(SCHEDULED)).toMatchObject({ output: { status: 'completed' } });
    expect(world.told()).toEqual([START_NOTICE, START_NOTICE, END_NOTICE]);
  });

  test('the key may live longer by now: nothing is due', async () => {
    begin();
    const first = await started();
    world.enrol([{ ...DUE_TOMORROW, userName: 'alice', rotateAfter: 'P90D' }]);
    expect(await world.run(first.result)).toMatchObject({
      output: { status: 'nothing-to-do', outcome: expect.stringContaining('not due yet') },
    });
    expect(changes()).toEqual([]);
  });
});

describe('before the deactivation', () => {
  /** When people were told, and when the old key was set Inactive, in days after its publication. */
  const course = (): readonly (number | undefined)[] => {
    const [published = Number.NaN] = daysOf('CreateAccessKey');
    return [toldAt(END_NOTICE)[0], daysOf('UpdateAccessKey')[0]].map(
      (day) => day && Math.round((day - published) * 24) / 24,
    );
  };

  test.each<[string, Readonly<Record<string, unknown>>, readonly (number | undefined)[]]>([
    ['an overlap period that is longer', { overlapPeriod: 'P3D', noticeBefore: 'P2D' }, [1, 3]],
    ['one that is as long', { overlapPeriod: 'P2D', noticeBefore: 'P2D' }, [0, 2]],
    ['one that is shorter', { overlapPeriod: 'PT2H', noticeBefore: 'P2D' }, [0, 2]],
    ['no notice', { overlapPeriod: 'P3D', noticeBefore: 'PT0S' }, [undefined, 3]],
  ])('%s: people are told once, and have as long as they were told', async (_case, config, expected) => {
    begin({ quietPeriod: 'PT36H', deactivationWindow: 'always', ...config });
    expect(await world.execute(ROTATION)).toMatchObject({ output: { status: 'completed' } });
    expect(course()).toEqual(expected);
    expect(world.told()).toEqual(expected[0] === undefined ? [] : [END_NOTICE]);
  });

  test('it says when, whom it concerns, and what to do until then', async () => {
    begin({ noticeBefore: 'P2D' });
    await world.clock.advance(10 * HOUR);
    await world.execute(ROTATION);
    const text = textOf(END_NOTICE);
    // The overlap period ends on Thursday evening; the window opens on Friday.
    expect(text).toMatch(
      /\nThe old key AKIA\w+ of alice is to be set Inactive, not before Fri 6 March 2026, 09:00 .*\.\nThe old key has not been used since .*\nIt was last used .*\nIt is set Inactive only when IAM has shown no use of it for [^;]+; until then it stays Active, and if that has not come about 7 days after publication, you are told\./,
    );
    expect(text).toContain('was last used on Mon 2 March 2026, ');
    expect(text).toContain("--tags 'Key=rotation-paused,Value=not now'");
    expect(text).toContain(`--input '{"userName":"alice","action":"rollback"}'`);
  });

  test('a notice that cannot be sent changes nothing', async () => {
    begin({ noticeBefore: 'P2D', deactivationWindow: 'always' });
    const serve = world.silence('sns');
    const execution = await started(ROTATION);
    await world.clock.advance(1.5 * DAY);
    serve();
    expect(await world.run(execution.result)).toMatchObject({ output: { status: 'completed' } });
    expect(world.told()).toEqual([]);
    expect(daysOf('UpdateAccessKey')[0]).toBeCloseTo(3, 1);
  });

  test('a pause: people are told when it is over, and have the whole time then', async () => {
    begin({ noticeBefore: 'P2D', deactivationWindow: 'always' });
    const execution = await started(ROTATION);
    world.pause('audit');
    await world.clock.advance(10 * DAY);
    expect(world.told()).toEqual([]);
    world.pause(undefined);
    expect(await world.run(execution.result)).toMatchObject({ output: { status: 'completed' } });
    const [told = Number.NaN] = toldAt(END_NOTICE);
    expect(told).toBeGreaterThan(10);
    expect(daysOf('UpdateAccessKey')[0]).toBeGreaterThanOrEqual(told + 1.99);
  });

  test('an old key that somebody has set Inactive: nobody is told of what has happened already', async () => {
    begin({ noticeBefore: 'P2D' });
    const old = world.current();
    const execution = await started(ROTATION);
    world.aws.iam.setStatus(old, 'Inactive');
    expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
    expect(world.told()).toEqual([]);
  });

  test('a first key: there is nothing to deactivate', async () => {
    world = worldOfAlice({ noticeBefore: 'P2D' }, { key: 'none' });
    world.consume();
    expect(await world.execute(ROTATION)).toMatchObject({ output: { status: 'completed' } });
    expect(world.told()).toEqual([]);
  });

  test('an emergency gives no notice', async () => {
    begin({ noticeBefore: 'P2D' });
    expect(await world.execute(emergencyOf(world.current()))).toMatchObject({ status: 'SUCCEEDED' });
    expect(world.told()).toEqual(['LeakedKeyInactive', 'LeakedKeyTraced', 'LeakedKeyTraced']);
  });

  test('an execution that takes over waits again, and tells again', async () => {
    begin({ noticeBefore: 'P2D', deactivationWindow: 'always' });
    const first = await started(ROTATION);
    await world.clock.advance(2 * DAY);
    first.stop();
    await world.clock.advance(10 * MINUTE);
    expect(await world.execute(ROTATION)).toMatchObject({ output: { status: 'completed' } });
    expect(world.told()).toEqual([END_NOTICE, END_NOTICE]);
    expect(daysOf('UpdateAccessKey')[0]).toBeCloseTo(5, 1);
  });

  test.each([
    ['given up', 'PT0S', 3],
    ['shorter', 'P1D', 3],
    ['longer, from the notice on', 'P5D', 6],
  ])(
    'a deployment after the notice, with one that is %s: people have as long as they were told',
    async (_case, noticeBefore, day) => {
      const settings = { noticeBefore: 'P2D', deactivationWindow: 'always' };
      begin(settings);
      const execution = await started(ROTATION);
      await world.clock.advance(2 * DAY);
      world.enrol([{ ...settings, userName: 'alice', noticeBefore }]);
      expect(await world.run(execution.result)).toMatchObject({ output: { status: 'completed' } });
      expect(daysOf('UpdateAccessKey')[0]).toBeCloseTo(day, 0);
      expect(world.told()).toEqual([END_NOTICE]);
    },
  );
});
