import { createWorld } from '../../../local/world/world';
import { SHORT_PERIODS } from '../../support/alice';
import { HOUR, MINUTE } from '../../support/time';
import { temporaryFolder } from './folder';
import { type FleetOptions, type Habit, RotationFleet } from './rotation-fleet';

const ALARM = 'consumers-of-alice';
const SETTINGS = {
  ...SHORT_PERIODS,
  userName: 'alice',
  overlapPeriod: 'PT90M',
  recoveryPeriod: 'PT2H',
  healthAlarms: [ALARM],
};

let world: ReturnType<typeof createWorld>;
const begin = (
  sizes: FleetOptions['sizes'],
  options: Pick<FleetOptions, 'onHeldCall'> = {},
): RotationFleet => {
  world = createWorld({ users: [{ config: SETTINGS }] });
  const { aws, users } = world;
  return new RotationFleet({
    ...{ aws, sizes, folder: temporaryFolder(), secretId: users[0]?.secretId ?? '' },
    ...options,
  });
};

/** Works for a while, rotates, and works on. */
const rotate = (
  fleet: RotationFleet,
  onState: (state: string) => void = () => {},
): Promise<{ readonly status: string; readonly error?: string }> =>
  world.run(async () => {
    const working = fleet.work();
    await world.clock.sleep(2 * HOUR);
    const execution = world.startExecution(
      { userName: 'alice' },
      { onTimeline: ({ state }) => onState(state) },
    );
    const result = await execution.result;
    await world.clock.sleep(2 * HOUR);
    fleet.stop();
    await working;
    return result;
  });

/**
 * Tests of whole rotations, by the real definition and the real functions, with consumers that use the
 * library, run one of the commands, or hold the key that they once read.
 *
 * @param sizes - How many consumers there are of each habit; a multiple of twelve has every combination of
 * the times after which they read and call.
 */
export const testWholeRotations = ({ holds, ...followers }: Readonly<Record<Habit, number>>): void => {
  const consumers = Object.values(followers).reduce((sum, size) => sum + size, 0);

  afterEach(() => world.close());

  test('healthy: no consumer notices', async () => {
    const fleet = begin(followers);
    let publishedAt = Number.NaN;
    const [old] = world.aws.iam.keysOf('alice');
    const result = await rotate(fleet, (state) => {
      if (state === 'Publish the new key') publishedAt = world.clock.now().getTime();
    });
    expect(result).toMatchObject({ status: 'SUCCEEDED' });
    expect(fleet.refusals).toEqual([]);
    expect(fleet.calls).toBeGreaterThan(8 * consumers);
    // The rotation does not have to wait for them either: they all follow within the shortest overlap period.
    const late = world.aws.calls.filter(
      ({ service, accessKeyId, at }) =>
        service === 'sts' && accessKeyId === old?.accessKeyId && at.getTime() > publishedAt + 65 * MINUTE,
    );
    expect(late).toEqual([]);
  });

  test('slow consumers: those that hold their key are restarted after the overlap period', async () => {
    const fleet = begin({ ...followers, holds });
    const result = await rotate(fleet, (state) => {
      if (state === 'Check that consumers have moved') fleet.restart();
    });
    expect(result).toMatchObject({ status: 'SUCCEEDED' });
    expect(fleet.refusals).toEqual([]);
  });

  test('crash: a function dies after it has created a key and before it has stored it', async () => {
    const fleet = begin(followers);
    let died = 0;
    world.aws.faults.inject({
      kind: 'act',
      when: 'after',
      match: ({ operation }) => operation === 'CreateAccessKey',
      act: () => {
        for (const invocation of world.lambda.running) {
          died += 1;
          invocation.die();
        }
      },
    });
    expect(await rotate(fleet)).toMatchObject({ status: 'SUCCEEDED' });
    expect(died).toBe(1);
    expect(fleet.refusals).toEqual([]);
    expect(world.aws.iam.keysOf('alice')).toHaveLength(1);
  });

  test('consumers break: the outage of those that hold the old key ends with the first check', async () => {
    const fleet = begin(
      { ...followers, holds },
      { onHeldCall: (succeeded) => world.aws.cloudWatch.setAlarmState(ALARM, succeeded ? 'OK' : 'ALARM') },
    );
    let deactivatedAt = Number.NaN;
    const result = await rotate(fleet, (state) => {
      // They do nothing until the old key is Inactive, so the rotation cannot know of them.
      if (state === 'Plan the rotation') fleet.asleep = true;
      if (state === 'Deactivate the old key') {
        deactivatedAt = world.clock.now().getTime();
        fleet.asleep = false;
      }
    });
    expect(result).toMatchObject({ status: 'FAILED', error: 'ConsumersUnhealthy' });
    expect(fleet.refusals.length).toBeGreaterThan(holds / 12);
    const { statusPropagationDelay } = world.aws.behaviour;
    for (const { habit, at } of fleet.refusals) {
      expect(habit).toBe('holds');
      expect(at - deactivatedAt).toBeLessThanOrEqual(15 * MINUTE + statusPropagationDelay);
    }
    expect(world.aws.iam.keysOf('alice').map(({ status }) => status)).toEqual(['Active', 'Active']);
  });
};
