import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  GetAccessKeyLastUsedCommand,
  GetRoleCommand,
  GetUserCommand,
  type IAMClient,
  ListAccessKeysCommand,
  paginateListAccessKeys,
  paginateListUsers,
  SimulatePrincipalPolicyCommand,
  TagUserCommand,
  UntagUserCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { HOUR, MINUTE, SECOND } from '../../support/time';
import { outcome, setUp } from '../fixture';

const withAlice = (options: Parameters<typeof setUp>[0] = {}) => {
  const world = setUp(options);
  const user = world.aws.iam.addUser({ userName: 'alice', path: '/apps/' });
  return { ...world, user };
};

test('GetUser returns the user, or NoSuchEntity', async () => {
  const { iam, user } = withAlice();
  const { User } = await iam.send(new GetUserCommand({ UserName: 'alice' }));
  expect(User).toEqual({
    UserName: 'alice',
    Path: '/apps/',
    UserId: expect.stringMatching(/^AIDA[A-Z2-7]{16}$/),
    Arn: 'arn:aws:iam::111122223333:user/apps/alice',
    CreateDate: user.createDate,
  });
  await expect(outcome(iam.send(new GetUserCommand({ UserName: 'bob' })))).resolves.toMatchObject({
    name: 'NoSuchEntityException',
    status: 404,
    message: 'The user with name bob cannot be found.',
  });
});

test('a user created again under the same name is another user, without the old keys', async () => {
  const { aws, iam, user } = withAlice();
  aws.iam.addAccessKey('alice');
  aws.iam.removeUser('alice');
  const again = aws.iam.addUser({ userName: 'alice' });
  expect(again.userId).not.toBe(user.userId);
  const { AccessKeyMetadata } = await iam.send(new ListAccessKeysCommand({ UserName: 'alice' }));
  expect(AccessKeyMetadata).toEqual([]);
  expect(() => aws.iam.addUser({ userName: 'Alice' })).toThrow('exists');
});

describe('users made over the wire', () => {
  test('CreateUser returns what GetUser returns', async () => {
    const { iam } = setUp();
    const { User } = await iam.send(new CreateUserCommand({ UserName: 'carol', Path: '/apps/' }));
    expect(User?.Arn).toBe('arn:aws:iam::111122223333:user/apps/carol');
    expect((await iam.send(new GetUserCommand({ UserName: 'carol' }))).User).toEqual(User);
  });

  test.each([
    [{ UserName: 'ALICE' }, 'EntityAlreadyExistsException', 409],
    [{ UserName: 'c'.repeat(65) }, 'ValidationError', 400],
    [{ UserName: 'c', Path: 'apps' }, 'ValidationError', 400],
  ])('CreateUser refuses %j', async (input, name, status) => {
    const { iam } = withAlice();
    expect(await outcome(iam.send(new CreateUserCommand(input)))).toMatchObject({ name, status });
  });

  test('DeleteUser deletes only a user without keys', async () => {
    const { aws, iam } = withAlice();
    const { accessKeyId } = aws.iam.addAccessKey('alice');
    const remove = () => outcome(iam.send(new DeleteUserCommand({ UserName: 'alice' })));
    expect(await remove()).toMatchObject({ name: 'DeleteConflictException', status: 409 });
    aws.iam.removeAccessKey(accessKeyId);
    expect(await remove()).toEqual({ name: 'ok' });
    expect(aws.iam.user('alice')).toBeUndefined();
    expect(await remove()).toMatchObject({ name: 'NoSuchEntityException', status: 404 });
  });

  test('ListUsers pages through the users below a path', async () => {
    const { aws, iam: client } = withAlice();
    aws.iam.addUser({ userName: 'bob', path: '/' });
    aws.iam.addUser({ userName: 'carol', path: '/apps/db/' });
    const pages: (string | undefined)[][] = [];
    for await (const { Users = [] } of paginateListUsers({ client, pageSize: 1 }, { PathPrefix: '/apps/' })) {
      pages.push(Users.map(({ UserName }) => UserName));
    }
    expect(pages).toEqual([['alice'], ['carol']]);
  });
});

describe('tags of a user', () => {
  type Iam = ReturnType<typeof withAlice>['iam'];
  const tag = (iam: Iam, tags: Readonly<Record<string, string>>) =>
    outcome(
      iam.send(
        new TagUserCommand({
          UserName: 'alice',
          Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
        }),
      ),
    );
  const shown = async (iam: Iam) =>
    (await iam.send(new GetUserCommand({ UserName: 'alice' }))).User?.Tags?.map(({ Key, Value }) => [
      Key,
      Value,
    ]);

  test('TagUser sets one or many, GetUser shows them, UntagUser removes them', async () => {
    const { aws, iam } = withAlice();
    expect(await shown(iam)).toBeUndefined();
    await tag(iam, { team: 'a' });
    await tag(iam, { team: 'b', 'cost:centre': '4711', empty: '' });
    expect(await shown(iam)).toEqual([
      ['team', 'b'],
      ['cost:centre', '4711'],
      ['empty', ''],
    ]);
    await iam.send(new UntagUserCommand({ UserName: 'alice', TagKeys: ['TEAM', 'empty', 'never'] }));
    expect(aws.iam.tagsOf('alice')).toEqual({ 'cost:centre': '4711' });
  });

  test('keys are not distinguished by case: the last spelling stays', async () => {
    const { iam } = withAlice();
    await tag(iam, { Team: 'a' });
    await tag(iam, { team: 'b' });
    expect(await shown(iam)).toEqual([['team', 'b']]);
  });

  test('a user has 50 tags at most; an existing one can still be changed', async () => {
    const { aws, iam } = withAlice();
    for (let number = 1; number < 50; number += 1) aws.iam.setUserTag('alice', `tag-${number}`, 'x');
    expect(await tag(iam, { last: 'x' })).toEqual({ name: 'ok' });
    expect(await tag(iam, { more: 'x' })).toMatchObject({ name: 'LimitExceededException', status: 409 });
    expect(await tag(iam, { last: 'y' })).toEqual({ name: 'ok' });
    expect(aws.iam.tagsOf('alice').last).toBe('y');
  });

  test.each([
    ['a key of 129 characters', { ['k'.repeat(129)]: 'x' }],
    ['a value of 257 characters', { key: 'v'.repeat(257) }],
    ['a character that is not allowed', { key: 'a#b' }],
  ])('%s is refused', async (_what, tags) => {
    const { iam } = withAlice();
    expect(await tag(iam, tags)).toMatchObject({ name: 'ValidationError', status: 400 });
  });

  test('the answer of GetUser may be as old as a list of keys', async () => {
    const { clock, iam } = withAlice({ behaviour: { iamReadLag: 1000 * SECOND } });
    await tag(iam, { team: 'a' });
    const looks = [];
    for (let look = 0; look < 10; look += 1) looks.push(await shown(iam));
    expect(looks).toContain(undefined);
    await clock.advance(1000 * SECOND);
    expect(await shown(iam)).toEqual([['team', 'a']]);
  });

  test('a user that does not exist has none', async () => {
    const { aws, iam } = withAlice();
    aws.iam.removeUser('alice');
    expect(await tag(iam, { team: 'a' })).toMatchObject({ name: 'NoSuchEntityException' });
  });
});

test('without a user name, IAM takes the user who signs; a role must name one', async () => {
  const { aws, as, iam } = withAlice({ behaviour: { keyPropagationDelay: 0 } });
  const alice = as(aws.iam.addAccessKey('alice'));
  const { User } = await alice.iam.send(new GetUserCommand({}));
  expect(User?.UserName).toBe('alice');
  await expect(outcome(iam.send(new GetUserCommand({})))).resolves.toMatchObject({
    name: 'ValidationError',
    status: 400,
  });
});

test('CreateAccessKey shows the secret once, and dates the key to the second', async () => {
  const { aws, clock, iam } = withAlice();
  await clock.advance(1234);
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'alice' }));
  expect(AccessKey).toEqual({
    UserName: 'alice',
    AccessKeyId: expect.stringMatching(/^AKIA[A-Z2-7]{16}$/),
    SecretAccessKey: expect.stringMatching(/^[A-Za-z0-9+/]{40}$/),
    Status: 'Active',
    CreateDate: new Date('2026-03-02T08:00:01Z'),
  });
  const { AccessKeyMetadata } = await iam.send(new ListAccessKeysCommand({ UserName: 'alice' }));
  expect(AccessKeyMetadata).toEqual([
    {
      UserName: 'alice',
      AccessKeyId: AccessKey?.AccessKeyId,
      Status: 'Active',
      CreateDate: new Date('2026-03-02T08:00:01Z'),
    },
  ]);
  expect(JSON.stringify(aws.calls)).not.toContain(AccessKey?.SecretAccessKey);
});

test.each(['Active', 'Inactive'] as const)(
  'the quota of two keys counts %s keys; deleting frees a place',
  async (status) => {
    const { aws, iam } = withAlice();
    const first = aws.iam.addAccessKey('alice', { status });
    aws.iam.addAccessKey('alice');
    const create = () => outcome(iam.send(new CreateAccessKeyCommand({ UserName: 'alice' })));
    await expect(create()).resolves.toEqual({
      name: 'LimitExceededException',
      status: 409,
      code: undefined,
      message: 'Cannot exceed quota for AccessKeysPerUser: 2',
    });
    aws.iam.removeAccessKey(first.accessKeyId);
    await expect(create()).resolves.toEqual({ name: 'ok' });
  },
);

test('the error code on the wire is LimitExceeded, without Exception', async () => {
  const { aws, as } = withAlice({ behaviour: { accessKeysPerUser: 0 } });
  let body = '';
  const handler = aws.requestHandler();
  const requestHandler = {
    ...handler,
    metadata: handler.metadata,
    handle: async (...args: Parameters<typeof handler.handle>) => {
      const answer = await handler.handle(...args);
      body = Buffer.from(answer.response.body as Uint8Array).toString();
      return answer;
    },
  };
  const { iam } = as(aws.roleCredentials('arn:aws:iam::111122223333:role/x'), { requestHandler });
  await outcome(iam.send(new CreateAccessKeyCommand({ UserName: 'alice' })));
  expect(body).toContain('<Code>LimitExceeded</Code>');
});

test('the quota can be raised: users with more keys exist', async () => {
  const { aws, iam } = withAlice({ behaviour: { accessKeysPerUser: 3 } });
  aws.iam.addAccessKey('alice');
  aws.iam.addAccessKey('alice');
  await iam.send(new CreateAccessKeyCommand({ UserName: 'alice' }));
  expect(aws.iam.keysOf('alice')).toHaveLength(3);
});

test('ListAccessKeys pages by MaxItems and Marker', async () => {
  const { aws, iam } = withAlice();
  const ids = [1, 2, 3, 4, 5].map(() => aws.iam.addAccessKey('alice').accessKeyId);
  const pages: unknown[] = [];
  for await (const page of paginateListAccessKeys({ client: iam, pageSize: 2 }, { UserName: 'alice' })) {
    pages.push(page.AccessKeyMetadata?.map(({ AccessKeyId }) => AccessKeyId));
    expect(page.IsTruncated).toBe(page.Marker !== undefined);
  }
  expect(pages).toEqual([ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
  const wrong = iam.send(new ListAccessKeysCommand({ UserName: 'alice', Marker: 'nonsense' }));
  await expect(outcome(wrong)).resolves.toMatchObject({ name: 'ValidationError' });
});

test('ListAccessKeys shows the state as it was before the lag', async () => {
  const { aws, clock, iam } = withAlice({ behaviour: { iamReadLag: 5 * SECOND } });
  const list = async () => {
    const { AccessKeyMetadata = [] } = await iam.send(new ListAccessKeysCommand({ UserName: 'alice' }));
    return AccessKeyMetadata.map(({ Status }) => Status);
  };
  const { accessKeyId } = aws.iam.addAccessKey('alice');
  expect(await list()).toEqual([]);
  await clock.advance(5 * SECOND);
  expect(await list()).toEqual(['Active']);
  aws.iam.setStatus(accessKeyId, 'Inactive');
  expect(await list()).toEqual(['Active']);
  await clock.advance(5 * SECOND);
  expect(await list()).toEqual(['Inactive']);
  aws.iam.removeAccessKey(accessKeyId);
  expect(await list()).toEqual(['Inactive']);
  await clock.advance(5 * SECOND);
  expect(await list()).toEqual([]);
});

test('every other read lags too, each on its own', async () => {
  const { aws, clock, iam } = withAlice({ behaviour: { iamReadLag: MINUTE, lastUsedDelay: 0 } });
  await clock.advance(HOUR);
  const looks = async (look: () => Promise<string | undefined>) => {
    const seen = new Set<string | undefined>();
    for (let count = 0; count < 20; count += 1) {
      await clock.advance(SECOND);
      seen.add(await look().catch(({ name }: Error) => name));
    }
    return seen;
  };
  const before = aws.iam.user('alice')?.userId;
  aws.iam.removeUser('alice');
  const after = aws.iam.addUser({ userName: 'alice' }).userId;
  const userId = async () => (await iam.send(new GetUserCommand({ UserName: 'alice' }))).User?.UserId;
  expect(await looks(userId)).toEqual(new Set([before, after]));
  await clock.advance(MINUTE);
  expect(await looks(userId)).toEqual(new Set([after]));

  const { accessKeyId } = aws.iam.addAccessKey('alice');
  const lastUse = async () =>
    (await iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: accessKeyId }))).AccessKeyLastUsed
      ?.ServiceName;
  // A key that is not visible yet belongs to no user.
  expect(await looks(lastUse)).toEqual(new Set(['AccessDenied', 'N/A']));
  await clock.advance(MINUTE);
  aws.iam.useAccessKey(accessKeyId);
  expect(await looks(lastUse)).toEqual(new Set(['N/A', 's3']));
  await clock.advance(MINUTE);
  expect(await looks(lastUse)).toEqual(new Set(['s3']));
});

test('the quota looks at the true state, not at the lagging list', async () => {
  const { aws, iam } = withAlice({ behaviour: { iamReadLag: HOUR } });
  aws.iam.addAccessKey('alice');
  aws.iam.addAccessKey('alice');
  const { AccessKeyMetadata } = await iam.send(new ListAccessKeysCommand({ UserName: 'alice' }));
  expect(AccessKeyMetadata).toEqual([]);
  const created = await outcome(iam.send(new CreateAccessKeyCommand({ UserName: 'alice' })));
  expect(created.name).toBe('LimitExceededException');
});

test('UpdateAccessKey and DeleteAccessKey change the key', async () => {
  const { aws, clock, iam } = withAlice();
  const { accessKeyId } = aws.iam.addAccessKey('alice');
  await clock.advance(MINUTE);
  const key = { UserName: 'alice', AccessKeyId: accessKeyId };
  await iam.send(new UpdateAccessKeyCommand({ ...key, Status: 'Inactive' }));
  expect(aws.iam.keysOf('alice')).toMatchObject([{ status: 'Inactive', statusSince: clock.now() }]);
  await iam.send(new UpdateAccessKeyCommand({ ...key, Status: 'Active' }));
  expect(aws.iam.keysOf('alice')).toMatchObject([{ status: 'Active' }]);
  await iam.send(new DeleteAccessKeyCommand(key));
  expect(aws.iam.keysOf('alice')).toEqual([]);
  expect(aws.iam.key(accessKeyId)).toMatchObject({ status: 'Deleted', statusSince: clock.now() });
});

test.each(['alice', 'nobody'])('a key that %s does not own is NoSuchEntity, and stays', async (userName) => {
  const { aws, iam } = withAlice();
  aws.iam.addUser({ userName: 'bob' });
  const { accessKeyId: AccessKeyId } = aws.iam.addAccessKey('bob');
  const expected = { name: 'NoSuchEntityException', status: 404 };
  const key = { UserName: userName, AccessKeyId };
  const update = new UpdateAccessKeyCommand({ ...key, Status: 'Inactive' });
  await expect(outcome(iam.send(update))).resolves.toMatchObject(expected);
  await expect(outcome(iam.send(new DeleteAccessKeyCommand(key)))).resolves.toMatchObject(expected);
  expect(aws.iam.keysOf('bob')).toMatchObject([{ status: 'Active' }]);
});

test('deleting a key twice is NoSuchEntity', async () => {
  const { aws, iam } = withAlice();
  const key = { UserName: 'alice', AccessKeyId: aws.iam.addAccessKey('alice').accessKeyId };
  await iam.send(new DeleteAccessKeyCommand(key));
  const again = await outcome(iam.send(new DeleteAccessKeyCommand(key)));
  expect(again).toMatchObject({ name: 'NoSuchEntityException', status: 404 });
});

test('IAM shows dates by its own clock', async () => {
  const { aws, clock, iam } = withAlice({ behaviour: { clockSkew: -MINUTE, lastUsedDelay: 0 } });
  const key = aws.iam.addAccessKey('alice');
  aws.iam.useAccessKey(key.accessKeyId);
  await clock.advance(HOUR);
  aws.iam.useAccessKey(key.accessKeyId);
  const { AccessKeyMetadata = [] } = await iam.send(new ListAccessKeysCommand({ UserName: 'alice' }));
  const listed = AccessKeyMetadata.find(({ AccessKeyId }) => AccessKeyId === key.accessKeyId);
  expect(listed?.CreateDate).toEqual(new Date(key.createDate.getTime() - MINUTE));
  const { AccessKeyLastUsed } = await iam.send(
    new GetAccessKeyLastUsedCommand({ AccessKeyId: key.accessKeyId }),
  );
  expect(AccessKeyLastUsed?.LastUsedDate).toEqual(new Date(clock.now().getTime() - MINUTE));
});

describe('GetAccessKeyLastUsed', () => {
  const withKey = () => {
    const world = withAlice({ behaviour: { keyPropagationDelay: 0, lastUsedDelay: 5 * MINUTE } });
    const key = world.aws.iam.addAccessKey('alice');
    const lastUsed = async () => {
      const answer = await world.iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: key.accessKeyId }));
      return answer.AccessKeyLastUsed;
    };
    const call = () => world.as(key).sts.send(new GetCallerIdentityCommand({}));
    return { ...world, key, lastUsed, call };
  };

  test('says N/A, and no date, for a key that was never used', async () => {
    const { iam, key } = withKey();
    const command = new GetAccessKeyLastUsedCommand({ AccessKeyId: key.accessKeyId });
    const { UserName, AccessKeyLastUsed } = await iam.send(command);
    expect(UserName).toBe('alice');
    expect(AccessKeyLastUsed).toEqual({ ServiceName: 'N/A', Region: 'N/A' });
  });

  test('names service, Region and time after the publication delay', async () => {
    const { clock, lastUsed, call } = withKey();
    await call();
    await clock.advance(5 * MINUTE - SECOND);
    expect(await lastUsed()).toEqual({ ServiceName: 'N/A', Region: 'N/A' });
    await clock.advance(SECOND);
    expect(await lastUsed()).toEqual({
      LastUsedDate: new Date('2026-03-02T08:00:00Z'),
      ServiceName: 'sts',
      Region: 'us-east-1',
    });
  });

  test('records only the first use in 15 minutes', async () => {
    const { clock, lastUsed, call } = withKey();
    await call();
    await clock.advance(15 * MINUTE - 1);
    await call();
    await clock.advance(HOUR);
    expect((await lastUsed())?.LastUsedDate).toEqual(new Date('2026-03-02T08:00:00Z'));
    await call();
    await clock.advance(HOUR);
    expect((await lastUsed())?.LastUsedDate).toEqual(new Date('2026-03-02T09:14:59Z'));
  });

  test('counts a consumer’s use of a service that is not modelled, but no refused use', async () => {
    const { aws, clock, key, lastUsed } = withKey();
    expect(aws.iam.useAccessKey(key.accessKeyId, 's3', 'eu-west-1')).toBe(true);
    aws.iam.setStatus(key.accessKeyId, 'Inactive');
    await clock.advance(HOUR);
    expect(aws.iam.useAccessKey(key.accessKeyId, 'ec2', 'eu-west-1')).toBe(false);
    await clock.advance(HOUR);
    expect(await lastUsed()).toMatchObject({ ServiceName: 's3', Region: 'eu-west-1' });
  });

  test('is denied for a key that does not exist', async () => {
    const { aws, iam, key } = withKey();
    aws.iam.removeAccessKey(key.accessKeyId);
    const command = new GetAccessKeyLastUsedCommand({ AccessKeyId: key.accessKeyId });
    await expect(outcome(iam.send(command))).resolves.toMatchObject({ name: 'AccessDenied', status: 403 });
  });
});

test('the same seed gives the same keys, another seed others', () => {
  const keyOf = (seed: number) => {
    const { aws } = withAlice({ seed });
    return aws.iam.addAccessKey('alice').accessKeyId;
  };
  expect(keyOf(7)).toBe(keyOf(7));
  expect(keyOf(7)).not.toBe(keyOf(8));
});

describe('SimulatePrincipalPolicy', () => {
  const START = 'states:StartExecution';
  const SSO = 'AWSReservedSSO_OnCall_0123456789abcdef';
  const simulated = (iam: IAMClient, PolicySourceArn: string) =>
    iam.send(
      new SimulatePrincipalPolicyCommand({ PolicySourceArn, ActionNames: [START], ResourceArns: ['a', 'b'] }),
    );

  test('decides on each resource as calls are decided on', async () => {
    const { iam } = withAlice({
      authorize: ({ action, resource }) => action !== START || resource === 'a',
    });
    const { EvaluationResults } = await simulated(iam, 'arn:aws:iam::111122223333:user/apps/alice');
    expect(EvaluationResults).toMatchObject([
      { EvalActionName: START, EvalResourceName: 'a', EvalDecision: 'allowed' },
      { EvalActionName: START, EvalResourceName: 'b', EvalDecision: 'implicitDeny' },
    ]);
  });

  test('knows no user that is not there, and a role only with its path, which GetRole tells', async () => {
    const { iam } = withAlice({});
    for (const arn of ['user/nobody', `role/${SSO}`]) {
      await expect(outcome(simulated(iam, `arn:aws:iam::111122223333:${arn}`))).resolves.toMatchObject({
        name: 'NoSuchEntityException',
        status: 404,
      });
    }
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: SSO }));
    expect(Role?.Arn).toBe(`arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/${SSO}`);
    expect((await simulated(iam, Role?.Arn ?? '')).EvaluationResults).toHaveLength(2);
  });
});
