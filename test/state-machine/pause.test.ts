import type { Execution } from '../../local/engine/execution';
import { type AliceWorld, RESUME, ROTATION, SCHEDULED, worldOfAlice } from '../support/alice';
import { DAY } from '../support/time';

/*
 * Users who are paused: before a rotation, and in the middle of one.
 */

let world: AliceWorld;
afterEach(() => world.close());

const begin = (config: Readonly<Record<string, unknown>> = {}): void => {
  world = worldOfAlice(config);
  world.consume();
};

const changes = () =>
  world.aws.calls.filter(({ operation }) => /^(Create|Update|Delete|Put[^E]|Tag)/.test(operation)).length;

describe('a paused user is not rotated', () => {
  test.each([ROTATION, SCHEDULED, RESUME])('started with %j', async (input) => {
    begin();
    world.pause('audit');
    expect(await world.execute(input)).toMatchObject({
      status: 'SUCCEEDED',
      output: {
        status: 'nothing-to-do',
        outcome: expect.stringMatching(/^alice is paused .*\(audit\).*Keys now: \S+ Active\./),
      },
    });
    expect(changes()).toBe(0);
    world.pause(undefined);
    if (input === RESUME) return;
    expect(await world.execute(input)).toMatchObject({ output: { status: 'completed' } });
  });

  test('by the configuration', async () => {
    begin({ paused: 'freeze' });
    expect(await world.execute()).toMatchObject({
      output: { outcome: expect.stringContaining('configuration (freeze)') },
    });
    expect(changes()).toBe(0);
  });
});

test('a pause while consumers move: both keys are kept for as long as it lasts, and the deadline does not run', async () => {
  begin();
  const execution = world.startExecution(ROTATION);
  await world.clock.advance(DAY);
  world.pause('audit');
  await world.clock.advance(30 * DAY);
  expect(execution.status).toBe('RUNNING');
  expect(world.statuses()).toEqual(['Active', 'Active']);
  const checks = execution.timeline.filter(({ state }) => state === 'Check that consumers have moved');
  expect(checks.length).toBeGreaterThan(25);
  for (const { outcome } of checks) expect(outcome).toMatch(/^alice is paused .*\(audit\)/);
  world.pause(undefined);
  expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
  expect(world.statuses()).toEqual(['Active']);
});

describe('a pause in the recovery period', () => {
  const deactivated = async (): Promise<Execution> => {
    begin({ healthAlarms: ['errors'] });
    const execution = world.startExecution(ROTATION);
    await world.clock.advance(6 * DAY);
    expect(world.statuses()).toEqual(['Inactive', 'Active']);
    world.pause('audit');
    return execution;
  };

  test('keeps the old key, and looks after the consumers at least daily', async () => {
    const execution = await deactivated();
    await world.clock.advance(30 * DAY);
    expect(execution.status).toBe('RUNNING');
    expect(world.statuses()).toEqual(['Inactive', 'Active']);
    const checks = execution.timeline.filter(
      ({ state, outcome }) => state === 'Check that consumers are well' && /^alice is paused/.test(outcome),
    );
    expect(checks.length).toBeGreaterThanOrEqual(29);
    world.pause(undefined);
    expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
    expect(world.statuses()).toEqual(['Active']);
  });

  test('still rolls back', async () => {
    const execution = await deactivated();
    await world.clock.advance(20 * DAY);
    world.aws.cloudWatch.setAlarmState('errors', 'ALARM');
    expect(await world.run(execution.result)).toMatchObject({ error: 'ConsumersUnhealthy' });
    expect(world.statuses()).toEqual(['Active', 'Active']);
  });
});
