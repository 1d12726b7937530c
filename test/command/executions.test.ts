import { findExecutions } from '../../command/executions';
import { sdkConfig } from '../../embedded-aws/clients/sdk-config';
import { createWorld } from '../../local/world/world';
import { SHORT_PERIODS } from '../support/alice';
import { HOUR } from '../support/time';

type World = ReturnType<typeof createWorld>;

let world: World | undefined;
afterEach(() => {
  world?.close();
  world = undefined;
});

const inWorld = (userNames: readonly string[]): World => {
  world = createWorld({
    wire: 'fast',
    users: userNames.map((userName) => ({ config: { ...SHORT_PERIODS, userName } })),
  });
  return world;
};

const find = (of: World, userNames: readonly string[], isWanted = () => true) => {
  const { aws, stateMachine } = of;
  const clientConfig = {
    ...sdkConfig('fast'),
    region: aws.region,
    credentials: aws.roleCredentials(`arn:aws:iam::${aws.accountId}:role/person`),
    requestHandler: aws.requestHandler(),
  };
  const deployment = { clientConfig, stateMachineArn: stateMachine.arn } as unknown as Parameters<
    typeof findExecutions
  >[0];
  return of.run(() => findExecutions(deployment, userNames, isWanted));
};

test('executions are of those whom their input names, however names begin', async () => {
  const of = inWorld(['a', 'a-b', 'a.b@c']);
  await of.run(async () => {
    for (const userName of ['a-b', 'a.b@c']) await of.startExecution({ userName, action: 'rollback' }).result;
    await of.startExecution({ userName: 'a-b', action: 'plan' }).result;
  });
  const found = await find(of, ['a', 'a-b', 'a.b@c']);
  expect([...found.keys()].toSorted()).toEqual(['a-b', 'a.b@c']);
  // A plan is no outcome.
  expect(found.get('a-b')?.described.error).toBe('NothingToRollBack');
  expect((await find(of, [])).size).toBe(0);
  expect((await find(of, ['a'])).size).toBe(0);
});

test('of many users, each has its youngest', async () => {
  const names = Array.from({ length: 30 }, (_none, index) => `user-${index}`);
  const of = inWorld(names);
  const last = new Map<string, string>();
  await of.run(async () => {
    for (let round = 0; round < 2; round += 1) {
      for (const userName of names) {
        const { arn, result } = of.startExecution({ userName, action: 'rollback' });
        last.set(userName, arn);
        await result;
      }
      await of.clock.sleep(HOUR);
    }
  });
  const found = await find(of, names);
  expect(names.map((name) => found.get(name)?.executionArn)).toEqual(names.map((name) => last.get(name)));
});
