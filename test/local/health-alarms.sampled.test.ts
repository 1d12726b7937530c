import type { DeployedWorld } from '../../local/deployment/deployed-world';
import { sampled } from '../support/sampled';
import { appOf } from './support/deployed';

/*
 * The product as it is deployed, for users with none, one, two and many alarms. The template gives each
 * step's role the permissions to look at them, on each alarm by its exact name.
 */

const ALARMS = { alice: 0, bob: 1, carol: 2, dave: 25 };
const app = appOf(
  Object.entries(ALARMS).map(([userName, count]) => ({
    userName,
    healthAlarms: Array.from({ length: count }, (_none, index) => `${userName} fails: job ${index}`),
  })),
);

let world: DeployedWorld;
beforeEach(async () => {
  world = await app.deploy();
}, 60_000);

const rotate = async (userName: string) => world.run(world.startExecution({ userName }).result);
const refused = () => world.aws.calls.filter(({ outcome }) => outcome.startsWith('AccessDenied'));

// None and two in any case; many are below.
test.each(sampled(Object.entries(ALARMS), 3))(
  '%s, who has %i alarms, is planned and rotated',
  async (userName, count) => {
    const plan = await world.run(world.startExecution({ userName, action: 'plan' }).result);
    expect(plan).toMatchObject({ output: { outcome: expect.not.stringContaining('IN THE WAY') } });
    expect(await rotate(userName)).toMatchObject({ status: 'SUCCEEDED' });
    expect(refused()).toEqual([]);
    const looked = world.aws.calls.filter(({ operation }) => operation === 'DescribeAlarmHistory');
    expect(new Set(looked.map(({ resource }) => resource)).size).toBe(count);
  },
  60_000,
);

test('the last of many alarms goes off and recovers: the old key comes back', async () => {
  const { aws, clock } = world;
  const watch = aws.onCall(({ operation }) => {
    if (operation !== 'UpdateAccessKey') return;
    watch();
    clock.setTimeout(() => {
      aws.cloudWatch.setAlarmState('dave fails: job 24', 'ALARM');
      clock.setTimeout(() => aws.cloudWatch.setAlarmState('dave fails: job 24', 'OK'), 60_000);
    }, 200_000);
  });
  expect(await rotate('dave')).toMatchObject({
    error: 'ConsumersUnhealthy',
    cause: expect.stringContaining('dave fails: job 24 (once)'),
  });
  expect(aws.iam.keysOf('dave').map(({ status }) => status)).toEqual(['Active', 'Active']);
}, 60_000);
