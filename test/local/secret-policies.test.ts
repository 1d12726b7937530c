import {
  DeleteResourcePolicyCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import type { DeployedWorld } from '../../local/deployment/deployed-world';
import type { Execution } from '../../local/engine/execution';
import { keyInSecret, leakOf, PLAN, ROTATION, SCHEDULED, SECRET, statesOf } from '../support/alice';
import { MINUTE } from '../support/time';
import { appOf } from './support/deployed';

/*
 * The product as it is deployed, with a policy that denies others, and with users who are paused at first.
 */

const roleOf = (name: string): string => `arn:aws:iam::111122223333:role/${name}`;
const [READER, BREAK_GLASS, ADMINISTRATOR] = ['consumer', 'break-glass', 'administrator'].map(roleOf) as [
  string,
  string,
  string,
];
const REASON = 'consumers have to move first';
const BOB = 'iam-access-key-rotation/bob';

const app = appOf(
  [
    { userName: 'alice', readers: [READER], denyOthers: { breakGlass: [BREAK_GLASS] } },
    { userName: 'bob', pauseAtFirst: REASON },
  ],
  { deployment: { tags: { team: 'keys', stage: 'test' } } },
);

let world: DeployedWorld;
beforeEach(async () => {
  // Whom their own policies allow everything about secrets.
  world = await app.deploy(undefined, {
    others: ({ caller, action }) =>
      [BREAK_GLASS, ADMINISTRATOR].includes(caller) && action.startsWith('secretsmanager:'),
  });
}, 60_000);

const secretsAs = (roleArn: string): SecretsManagerClient =>
  new SecretsManagerClient({
    region: world.aws.region,
    endpoint: world.server.url,
    credentials: world.aws.roleCredentials(roleArn),
    maxAttempts: 1,
  });
const rotate = async (input: object) => {
  const execution = await world.run(() => world.start(input));
  return { ...(await world.run(execution.result)), execution };
};
const inState = (execution: Execution, state: string) =>
  world.run(async () => {
    while (!statesOf(execution).includes(state)) await world.clock.sleep(10 * MINUTE);
  });
const refused = () => world.aws.calls.filter(({ outcome }) => outcome.startsWith('AccessDenied'));
const statuses = () => world.aws.iam.keysOf('alice').map(({ status }) => status);

describe('under a policy that denies others', () => {
  test('a rotation has what it needs, from its start to its end', async () => {
    expect(await rotate(ROTATION)).toMatchObject({ status: 'SUCCEEDED' });
    const [key, ...others] = world.aws.iam.keysOf('alice');
    expect(others).toEqual([]);
    expect(keyInSecret(world.aws, SECRET)).toBe(key?.accessKeyId);
    expect(refused()).toEqual([]);
  }, 60_000);

  test('so has a rollback', async () => {
    const old = keyInSecret(world.aws, SECRET);
    const first = await world.run(() => world.start(ROTATION));
    await inState(first, 'Wait in the recovery period');
    expect(keyInSecret(world.aws, SECRET)).not.toBe(old);
    expect(await rotate({ ...ROTATION, action: 'rollback' })).toMatchObject({ status: 'SUCCEEDED' });
    expect(statuses()).toEqual(['Active', 'Active']);
    expect(refused()).toEqual([]);
  }, 60_000);

  test('so has an emergency that takes over a rotation', async () => {
    const leaked = keyInSecret(world.aws, SECRET);
    const first = await world.run(() => world.start(ROTATION));
    await inState(first, 'Wait for the overlap period');
    const { status } = await rotate({ ...leakOf(leaked), action: 'emergency' });
    expect(status).toBe('SUCCEEDED');
    expect(world.aws.iam.keysOf('alice').map(({ accessKeyId }) => accessKeyId)).toEqual([
      keyInSecret(world.aws, SECRET),
    ]);
    expect(keyInSecret(world.aws, SECRET)).not.toBe(leaked);
    expect(refused()).toEqual([]);
  }, 60_000);

  /** Whether a role may read, write, and move a label. */
  const may = async (roleArn: string): Promise<readonly boolean[]> => {
    const client = secretsAs(roleArn);
    const current = world.aws.secretsManager.holderOf(SECRET, 'AWSCURRENT');
    const calls = [
      () => client.send(new GetSecretValueCommand({ SecretId: SECRET })),
      () => client.send(new PutSecretValueCommand({ SecretId: SECRET, SecretString: '{}' })),
      () =>
        client.send(
          new UpdateSecretVersionStageCommand({
            SecretId: SECRET,
            VersionStage: 'theirs',
            MoveToVersionId: current,
          }),
        ),
    ];
    const answers: boolean[] = [];
    for (const call of calls) {
      answers.push(
        await call().then(
          () => true,
          ({ name, message }: Error) => {
            // Either the secret's policy, or, where that lets them through, their own ones.
            expect([name, message]).toEqual([
              'AccessDeniedException',
              expect.stringMatching(/with an explicit deny in a resource-based policy$/),
            ]);
            return false;
          },
        ),
      );
    }
    return answers;
  };

  test('an administrator may neither read nor write nor move a label, and can undo the policy', async () => {
    expect(await may(ADMINISTRATOR)).toEqual([false, false, false]);
    const client = secretsAs(ADMINISTRATOR);
    const policy = world.aws.secretsManager.secret(SECRET)?.policy;
    await client.send(new DescribeSecretCommand({ SecretId: SECRET }));
    await client.send(new DeleteResourcePolicyCommand({ SecretId: SECRET }));
    expect(await may(ADMINISTRATOR)).toEqual([true, true, true]);
    await client.send(new PutResourcePolicyCommand({ SecretId: SECRET, ResourcePolicy: policy }));
    expect(await may(ADMINISTRATOR)).toEqual([false, false, false]);
  });

  test('a reader reads, and the break-glass role does everything', async () => {
    expect(await may(READER)).toEqual([true, false, false]);
    expect(await may(BREAK_GLASS)).toEqual([true, true, true]);
  });

  test('without the policy’s exception, a step is denied: the policy, and not only the role, is asked', async () => {
    const { secretsManager } = world.aws;
    const policy = secretsManager.secret(SECRET)?.policy ?? '';
    const role =
      /arn:aws:iam::111122223333:role\/\w*StepsPublishAccessKeyRole\w*/.exec(policy)?.[0] ?? 'none';
    await secretsAs(ADMINISTRATOR).send(
      new PutResourcePolicyCommand({
        SecretId: SECRET,
        ResourcePolicy: policy.replaceAll(role, roleOf('gone')),
      }),
    );
    expect(await rotate(ROTATION)).toMatchObject({
      status: 'FAILED',
      error: 'PermissionDenied',
      cause: expect.stringContaining('explicit deny in a resource-based policy'),
    });
    expect(statuses()).toContain('Active');
  }, 60_000);
});

test('the role that creates secrets can tag them, pauses those alone who are to be paused, and ends nobody’s pause', async () => {
  const [role = ''] = Object.keys(app.template().Resources).filter((id) =>
    /Rotation\w*SecretsRole[0-9A-F]{8}$/.test(id),
  );
  const client = secretsAs(roleOf(role));
  const answers: string[] = [];
  const ask = async (call: () => Promise<unknown>) => {
    answers.push(
      await call().then(
        () => 'done',
        ({ name }: Error) => name,
      ),
    );
  };
  const tag = (SecretId: string, ...keys: readonly string[]) =>
    client.send(new TagResourceCommand({ SecretId, Tags: keys.map((Key) => ({ Key, Value: 'x' })) }));
  const untag = (SecretId: string, ...TagKeys: string[]) =>
    client.send(new UntagResourceCommand({ SecretId, TagKeys }));
  await ask(() => tag(SECRET, 'team'));
  await ask(() => untag(SECRET, 'team'));
  await ask(() => tag(BOB, 'rotation-paused'));
  expect(answers.splice(0)).toEqual(['done', 'done', 'done']);
  await ask(() => tag(SECRET, 'rotation-paused'));
  await ask(() => tag(SECRET, 'team', 'rotation-paused'));
  await ask(() => tag(SECRET));
  await ask(() => untag(SECRET, 'rotation-paused'));
  await ask(() => untag(BOB, 'rotation-paused'));
  await ask(() => untag(BOB, 'team', 'rotation-paused'));
  await ask(() => tag('somebodys', 'team'));
  await ask(() => client.send(new GetSecretValueCommand({ SecretId: SECRET })));
  expect(new Set(answers)).toEqual(new Set(['AccessDeniedException']));
});

describe('a user who is paused at first', () => {
  const bob = (input: object) => ({ ...input, userName: 'bob' });
  const tags = (secretId: string) =>
    world.aws.secretsManager.snapshot().find(({ name }) => name === secretId)?.tags;

  test('has the reason on the secret, beside the tags of the stack; other users have the tags alone', () => {
    expect(tags(BOB)).toEqual({ team: 'keys', stage: 'test', 'rotation-paused': REASON });
    expect(tags(SECRET)).toEqual({ team: 'keys', stage: 'test' });
  });

  test('is not rotated, and the plan says why; and is, as soon as the tag is gone', async () => {
    const before = keyInSecret(world.aws, BOB);
    for (const input of [ROTATION, SCHEDULED]) {
      expect(await rotate(bob(input))).toMatchObject({
        status: 'SUCCEEDED',
        output: { outcome: expect.stringContaining(REASON) },
      });
    }
    expect((await rotate(bob(PLAN))).output).toMatchObject({ outcome: expect.stringContaining(REASON) });
    expect(keyInSecret(world.aws, BOB)).toBe(before);

    await secretsAs(ADMINISTRATOR).send(
      new UntagResourceCommand({ SecretId: BOB, TagKeys: ['rotation-paused'] }),
    );
    expect((await rotate(bob(PLAN))).output).toMatchObject({ outcome: expect.not.stringContaining(REASON) });
    expect(await rotate(bob(ROTATION))).toMatchObject({ status: 'SUCCEEDED' });
    expect(keyInSecret(world.aws, BOB)).not.toBe(before);
  }, 60_000);
});
