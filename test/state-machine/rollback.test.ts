import {
  type AliceWorld,
  RESUME,
  ROLLBACK,
  ROTATION,
  SCHEDULED,
  SECRET,
  statesOf,
  worldOfAlice,
} from '../support/alice';
import { HOUR, MINUTE } from '../support/time';
import { interrupt, outcomeOf } from './support/interrupt';

/*
 * A rollback that a person asks for, in the middle of rotations and without one.
 */

const SETTINGS = { deactivationWindow: 'always' };

let world: AliceWorld;
afterEach(() => world.close());

/** Lets the consumers fail an hour after a key was set Inactive. */
const failWhenInactive = async (accessKeyId: string): Promise<void> => {
  while (world.keys()[accessKeyId] === 'Active') await world.clock.sleep(HOUR);
  world.aws.cloudWatch.setAlarmState('consumers-fail', 'ALARM');
};

describe('a rollback by hand', () => {
  test.each([
    ['the overlap period', 'Wait for the overlap period'],
    ['the recovery period', 'Wait in the recovery period'],
  ])(
    'in %s brings the old key back, holds the rotation, and can be repeated and resumed',
    async (_when, state) => {
      world = worldOfAlice(SETTINGS);
      world.consume();
      const { first, second, result } = await interrupt(world, state, () => ({
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
      expect(world.statuses()).toEqual(['Active', 'Active']);
      expect(world.labels()).toContain('rotation-held');
      const published = world.current();

      expect(await world.execute(ROLLBACK)).toMatchObject({ status: 'SUCCEEDED', last: 'Rolled back' });
      expect(world.statuses()).toEqual(['Active', 'Active']);
      expect(await world.execute(SCHEDULED)).toMatchObject({ status: 'SUCCEEDED' });
      expect(world.statuses()).toEqual(['Active', 'Active']);

      // Taken over only when nothing of the last execution can be alive any more.
      await world.run(() => world.clock.sleep(5 * MINUTE));
      expect(await world.execute(RESUME)).toMatchObject({ status: 'SUCCEEDED' });
      expect(world.keys()).toEqual({ [published]: 'Active' });
      expect(world.labels()).toEqual(['AWSCURRENT', 'AWSPREVIOUS']);
    },
  );

  test.each<[string, string, Readonly<Record<string, unknown>>, 'stay' | 'move']>([
    ['consumers have not moved', 'Wait for consumers to move', {}, 'stay'],
    [
      'the window is closed',
      'Wait for the deactivation window',
      { deactivationWindow: { days: ['SUN'], from: '09:00', to: '16:00' } },
      'move',
    ],
    [
      'the owner is being asked',
      'Check that consumers have moved',
      { acknowledgement: { deadline: 'P2D' } },
      'move',
    ],
  ])('works while %s, too', async (_when, state, config, consumers) => {
    world = worldOfAlice({ ...SETTINGS, ...config });
    const old = world.current();
    world.consume({ key: () => (consumers === 'stay' ? old : world.current()) });
    const { first, result } = await world.run(async () => {
      const rotation = await world.until(state);
      // Of a question no state tells before it is answered: it is on the bus.
      const isAsked = () => world.aws.eventBridge.events.some(({ detail }) => 'taskToken' in detail);
      while (config.acknowledgement !== undefined && !isAsked()) await world.clock.sleep(HOUR);
      return { first: rotation, result: await (await world.start(ROLLBACK)).result };
    });
    expect(first.status).toBe('ABORTED');
    expect(result.status).toBe('SUCCEEDED');
    expect(world.statuses()).toEqual(['Active', 'Active']);
    expect(world.labels()).toContain('rotation-held');
  });

  test('of a new key that does not work any more puts AWSCURRENT back, too', async () => {
    world = worldOfAlice(SETTINGS);
    world.consume();
    const { result } = await interrupt(world, 'Wait in the recovery period', ({ current: published }) => {
      world.aws.iam.setStatus(published, 'Inactive');
      return ROLLBACK;
    });
    expect(result.status).toBe('SUCCEEDED');
    expect(outcomeOf(result)).toContain(`The secret holds ${world.current()} again`);
    expect(world.keys()[world.current()]).toBe('Active');
  });

  test.each([
    ['AWSCURRENT cannot be understood', () => world.aws.secretsManager.putValue(SECRET, 'not JSON')],
    ['the owner has used up the labels', () => world.addLabels(20 - world.labels().length)],
  ])('does not depend on the secret being in order: %s', async (_what, damage) => {
    world = worldOfAlice(SETTINGS);
    world.consume();
    const { result } = await interrupt(world, 'Wait in the recovery period', () => {
      damage();
      return ROLLBACK;
    });
    expect(result.status).toBe('SUCCEEDED');
    expect(world.statuses()).toEqual(['Active', 'Active']);
    expect(world.keys()[world.current()]).toBe('Active');
    expect(world.labels()).toContain('rotation-held');
  });

  test('does not need a label for the mark of a key that somebody else has put into AWSCURRENT', async () => {
    // Long enough that the key is still tested when the person acts.
    world = worldOfAlice(SETTINGS, { behaviour: { keyPropagationDelay: 40_000 } });
    const result = await world.run(async () => {
      world.startExecution(ROTATION);
      await world.clock.sleep(20_000);
      const stored = world.labels().find((label) => label.startsWith('rotation-key-')) ?? '';
      world.aws.secretsManager.moveLabel(
        SECRET,
        'AWSCURRENT',
        world.aws.secretsManager.holderOf(SECRET, stored),
      );
      world.addLabels(20 - world.labels().length);
      return (await world.start(ROLLBACK)).result;
    });
    expect(result.status).toBe('SUCCEEDED');
    expect(world.labels()).toContain('rotation-held');
  });

  test('when AWSCURRENT names no key and the old one is in no version, puts the new one back', async () => {
    world = worldOfAlice(SETTINGS, { key: 'not-in-secret' });
    const { result, published } = await world.run(async () => {
      await world.until('Wait for the overlap period');
      const found = world.current();
      world.aws.secretsManager.putValue(SECRET, '{}');
      return { result: await (await world.start(ROLLBACK)).result, published: found };
    });
    expect(result.status).toBe('SUCCEEDED');
    expect(world.current()).toBe(published);
  });

  test('after which consumers still find no key fails, and a person is told', async () => {
    world = worldOfAlice(SETTINGS, { key: 'not-in-secret' });
    world.consume();
    const { result } = await interrupt(world, 'Wait in the recovery period', ({ current: published }) => {
      world.aws.iam.setStatus(published, 'Inactive');
      return ROLLBACK;
    });
    expect(result).toMatchObject({ status: 'FAILED', error: 'StateDrift' });
    expect(result.cause).toContain('put a working key into AWSCURRENT by hand');
    expect(world.statuses()).toEqual(['Active', 'Inactive']);
    expect(world.labels()).toContain('rotation-held');
  });

  test('does not set a key Active that was Inactive before the rotation', async () => {
    world = worldOfAlice(SETTINGS);
    const old = world.current();
    world.aws.iam.setStatus(old, 'Inactive');
    const { result } = await interrupt(world, 'Wait in the recovery period', () => ROLLBACK);
    expect(result).toMatchObject({ status: 'FAILED', error: 'NothingToRollBack' });
    expect(result.cause).toContain('was Inactive when the rotation began');
    expect(world.keys()[old]).toBe('Inactive');
  });

  test('sets a key Active that was Inactive before, when this rotation has deactivated it once more', async () => {
    world = worldOfAlice({ ...SETTINGS, healthAlarms: ['consumers-fail'] });
    world.consume();
    const old = world.current();
    world.aws.iam.setStatus(old, 'Inactive');
    const result = await world.run(async () => {
      const execution = await world.until('Wait for the overlap period');
      world.aws.iam.setStatus(old, 'Active');
      await failWhenInactive(old);
      return execution.result;
    });
    expect(result).toMatchObject({ status: 'FAILED', error: 'ConsumersUnhealthy' });
    expect(world.keys()[old]).toBe('Active');
  });

  test('knows what it has deactivated also when the answer was lost', async () => {
    world = worldOfAlice({ ...SETTINGS, healthAlarms: ['consumers-fail'] });
    world.consume();
    const old = world.current();
    world.aws.faults.inject({
      kind: 'after',
      as: 'connection',
      // As often as the SDK asks: the step has to be repeated.
      times: 3,
      match: ({ operation }) => operation === 'UpdateAccessKey',
    });
    const result = await world.run(async () => {
      const execution = await world.until('Wait for the overlap period');
      await failWhenInactive(old);
      return execution.result;
    });
    expect(result).toMatchObject({ status: 'FAILED', error: 'ConsumersUnhealthy' });
    expect(world.keys()[old]).toBe('Active');
  });

  test('after the deletion is a named error that says what can still be done', async () => {
    world = worldOfAlice(SETTINGS);
    world.consume();
    await world.execute();
    const before = world.keys();
    const { status, error, cause } = await world.execute(ROLLBACK);
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'NothingToRollBack' });
    expect(cause).toContain('A deletion is final');
    expect(cause).toContain('Make the programs read the secret again');
    expect(world.keys()).toEqual(before);
  });

  test('of a first key is the same named error', async () => {
    world = worldOfAlice(SETTINGS, { key: 'none' });
    const { result } = await interrupt(world, 'Wait for the overlap period', () => ROLLBACK);
    expect(result).toMatchObject({ status: 'FAILED', error: 'NothingToRollBack' });
    expect(result.cause).toContain('there is no old key to bring back');
  });
});
