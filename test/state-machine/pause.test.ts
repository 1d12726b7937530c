import type { RotationWorld } from '../../local/world/base-world';
import { createWorld } from '../../local/world/world';
import { useCurrentKey } from './support/consumer';

/*
 * Users who are paused: before a rotation, and in the middle of one.
 */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SECRET = 'iam-access-key-rotation/alice';
const TAG = 'rotation-paused';

let world: RotationWorld;
afterEach(() => world.close());

const begin = (config: Readonly<Record<string, unknown>> = {}): void => {
  world = createWorld({ wire: 'fast', users: [{ config: { userName: 'alice', ...config } }] });
  useCurrentKey(world, SECRET);
};

const pause = (reason: string | undefined): void => world.aws.secretsManager.setTag(SECRET, TAG, reason);
const statuses = () => world.aws.iam.keysOf('alice').map(({ status }) => status);
const changes = () =>
  world.aws.calls.filter(({ operation }) => /^(Create|Update|Delete|Put[^E]|Tag)/.test(operation)).length;

describe('a paused user is not rotated', () => {
  test.each([
    { userName: 'alice' },
    { userName: 'alice', trigger: 'schedule' },
    { userName: 'alice', action: 'resume' },
  ])('started with %j', async (input) => {
    begin();
    pause('audit');
    const execution = world.startExecution(input);
    expect(await world.run(execution.result)).toMatchObject({
      status: 'SUCCEEDED',
      output: {
        status: 'nothing-to-do',
        outcome: expect.stringMatching(/^alice is paused .*\(audit\).*Keys now: \S+ Active\./),
      },
    });
    expect(changes()).toBe(0);
    pause(undefined);
    if (input.action !== undefined) return;
    expect(await world.run(world.startExecution(input).result)).toMatchObject({
      output: { status: 'completed' },
    });
  });

  test('by the configuration', async () => {
    begin({ paused: 'freeze' });
    expect(await world.run(world.startExecution({ userName: 'alice' }).result)).toMatchObject({
      output: { outcome: expect.stringContaining('configuration (freeze)') },
    });
    expect(changes()).toBe(0);
  });
});

test('a pause while consumers move: both keys are kept for as long as it lasts, and the deadline does not run', async () => {
  begin();
  const execution = world.startExecution({ userName: 'alice' });
  await world.clock.advance(DAY);
  pause('audit');
  await world.clock.advance(30 * DAY);
  expect(execution.status).toBe('RUNNING');
  expect(statuses()).toEqual(['Active', 'Active']);
  const checks = execution.timeline.filter(({ state }) => state === 'Check that consumers have moved');
  expect(checks.length).toBeGreaterThan(25);
  for (const { outcome } of checks) expect(outcome).toMatch(/^alice is paused .*\(audit\)/);
  pause(undefined);
  expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
  expect(statuses()).toEqual(['Active']);
});

describe('a pause in the recovery period', () => {
  const deactivated = async (): Promise<ReturnType<RotationWorld['startExecution']>> => {
    begin({ healthAlarms: ['errors'] });
    const execution = world.startExecution({ userName: 'alice' });
    await world.clock.advance(6 * DAY);
    expect(statuses()).toEqual(['Inactive', 'Active']);
    pause('audit');
    return execution;
  };

  test('keeps the old key, and looks after the consumers at least daily', async () => {
    const execution = await deactivated();
    await world.clock.advance(30 * DAY);
    expect(execution.status).toBe('RUNNING');
    expect(statuses()).toEqual(['Inactive', 'Active']);
    const checks = execution.timeline.filter(
      ({ state, outcome }) =>
        state === 'Check that consumers are well' && /^The user is paused/.test(outcome),
    );
    expect(checks.length).toBeGreaterThanOrEqual(29);
    pause(undefined);
    expect(await world.run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
    expect(statuses()).toEqual(['Active']);
  });

  test('still rolls back', async () => {
    const execution = await deactivated();
    await world.clock.advance(20 * DAY);
    world.aws.cloudWatch.setAlarmState('errors', 'ALARM');
    expect(await world.run(execution.result)).toMatchObject({ error: 'ConsumersUnhealthy' });
    expect(statuses()).toEqual(['Active', 'Active']);
  });
});
