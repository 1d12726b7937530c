import {
  CreateSecretCommand,
  DeleteResourcePolicyCommand,
  DeleteSecretCommand,
  type DeleteSecretCommandInput,
  DescribeSecretCommand,
  GetResourcePolicyCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  type PutSecretValueCommandInput,
  paginateListSecretVersionIds,
  ReplicateSecretToRegionsCommand,
  RestoreSecretCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretVersionStageCommand,
  type UpdateSecretVersionStageCommandInput,
} from '@aws-sdk/client-secrets-manager';
import { DAY, HOUR, SECOND } from '../../support/time';
import { outcome, setUp } from '../fixture';

/** The ID of a version: at least 32 characters. */
const id = (name: string): string => name.padEnd(32, '-');

/** A secret whose first version, `one`, is AWSCURRENT. */
const withSecret = (options: Parameters<typeof setUp>[0] = {}) => {
  const world = setUp(options);
  const secret = world.aws.secretsManager.createSecret('db', { secretString: 'one', versionId: id('one') });
  const put = (name: string, options: Partial<PutSecretValueCommandInput> = {}) =>
    world.secrets.send(
      new PutSecretValueCommand({
        SecretId: 'db',
        ClientRequestToken: id(name),
        SecretString: name,
        ...options,
      }),
    );
  const move = (options: Omit<UpdateSecretVersionStageCommandInput, 'SecretId'>) =>
    outcome(world.secrets.send(new UpdateSecretVersionStageCommand({ SecretId: 'db', ...options })));
  /** Labels by version, without the padding of the IDs. */
  const labels = async () => {
    const { VersionIdsToStages = {} } = await world.secrets.send(
      new DescribeSecretCommand({ SecretId: 'db' }),
    );
    return Object.fromEntries(
      Object.entries(VersionIdsToStages).map(([versionId, stages]) => [
        versionId.replace(/-+$/, ''),
        [...stages].sort(),
      ]),
    );
  };
  return { ...world, secret, put, move, labels };
};

describe('CreateSecret', () => {
  test('gives an ARN with six random characters and a first version', async () => {
    const { secrets } = setUp();
    const created = await secrets.send(
      new CreateSecretCommand({
        Name: 'app/db',
        Description: 'd',
        SecretString: 'x',
        ClientRequestToken: id('a'),
        Tags: [{ Key: 'k', Value: 'v' }],
      }),
    );
    expect(created).toMatchObject({ Name: 'app/db', VersionId: id('a') });
    expect(created.ARN).toMatch(
      /^arn:aws:secretsmanager:us-east-1:111122223333:secret:app\/db-[A-Za-z0-9]{6}$/,
    );
    const described = await secrets.send(new DescribeSecretCommand({ SecretId: 'app/db' }));
    expect(described).toMatchObject({
      Description: 'd',
      Tags: [{ Key: 'k', Value: 'v' }],
      VersionIdsToStages: { [id('a')]: ['AWSCURRENT'] },
      CreatedDate: new Date('2026-03-02T08:00:00Z'),
    });
  });

  test('without a value gives a secret without versions', async () => {
    const { secrets } = setUp();
    await secrets.send(new CreateSecretCommand({ Name: 'empty' }));
    const { VersionIdsToStages } = await secrets.send(new DescribeSecretCommand({ SecretId: 'empty' }));
    expect(VersionIdsToStages).toEqual({});
    const read = await outcome(secrets.send(new GetSecretValueCommand({ SecretId: 'empty' })));
    expect(read).toMatchObject({ name: 'ResourceNotFoundException', status: 400 });
  });

  test.each([
    ['the same token and value', id('one'), 'one', 'ok'],
    ['another value', id('one'), 'two', 'ResourceExistsException'],
    ['another token', id('two'), 'one', 'ResourceExistsException'],
  ])('of a name that exists, with %s', async (_name, ClientRequestToken, SecretString, expected) => {
    const { secrets } = withSecret();
    const command = new CreateSecretCommand({ Name: 'db', ClientRequestToken, SecretString });
    expect((await outcome(secrets.send(command))).name).toBe(expected);
  });
});

describe('a secret is found', () => {
  test.each<[string, (arn: string) => string, string]>([
    ['by its name', () => 'db', 'ok'],
    ['by its ARN', (arn) => arn, 'ok'],
    ['by its ARN without the suffix', (arn) => arn.slice(0, -7), 'ok'],
    ['not with another suffix', (arn) => `${arn.slice(0, -6)}aaaaaa`, 'ResourceNotFoundException'],
    ['not in another Region', (arn) => arn.replace('us-east-1', 'eu-west-1'), 'ResourceNotFoundException'],
    [
      'not in another account',
      (arn) => arn.replace('111122223333', '444455556666'),
      'ResourceNotFoundException',
    ],
    ['not under another name', () => 'other', 'ResourceNotFoundException'],
  ])('%s', async (_name, idOf, expected) => {
    const { secrets, secret } = withSecret();
    const result = await outcome(secrets.send(new GetSecretValueCommand({ SecretId: idOf(secret.arn) })));
    expect(result.name).toBe(expected);
  });
});

describe('GetSecretValue', () => {
  test.each<[string, { VersionId?: string; VersionStage?: string }, string]>([
    ['AWSCURRENT by default', {}, 'two'],
    ['a version by its label', { VersionStage: 'AWSPREVIOUS' }, 'one'],
    ['a version by its ID', { VersionId: id('one') }, 'one'],
    ['a version by both', { VersionId: id('one'), VersionStage: 'AWSPREVIOUS' }, 'one'],
    ['a deprecated version by its ID', { VersionId: id('zero') }, 'zero'],
  ])('returns %s', async (_name, which, expected) => {
    const { secrets, put } = withSecret();
    await put('zero', { VersionStages: ['x'] });
    await put('two', { VersionStages: ['AWSCURRENT', 'x'] });
    const value = await secrets.send(new GetSecretValueCommand({ SecretId: 'db', ...which }));
    expect(value).toMatchObject({ SecretString: expected, VersionId: id(expected), Name: 'db' });
  });

  test.each([
    ['an unknown label', { VersionStage: 'AWSPENDING' }, 'ResourceNotFoundException'],
    ['an unknown ID', { VersionId: id('x') }, 'ResourceNotFoundException'],
    [
      'a label that another version has',
      { VersionId: id('one'), VersionStage: 'x' },
      'InvalidRequestException',
    ],
  ])('refuses %s', async (_name, which, expected) => {
    const { secrets } = withSecret();
    const command = new GetSecretValueCommand({ SecretId: 'db', ...which });
    await expect(outcome(secrets.send(command))).resolves.toMatchObject({ name: expected, status: 400 });
  });
});

describe('PutSecretValue', () => {
  test('without labels moves AWSCURRENT, and AWSPREVIOUS to the version that it left', async () => {
    const { put, labels } = withSecret();
    await put('two');
    expect(await labels()).toEqual({ one: ['AWSPREVIOUS'], two: ['AWSCURRENT'] });
    await put('three');
    expect(await labels()).toEqual({ two: ['AWSPREVIOUS'], three: ['AWSCURRENT'] });
  });

  test('with labels takes them from other versions and moves nothing else', async () => {
    const { put, labels } = withSecret();
    await put('two', { VersionStages: ['AWSPENDING', 'mine'] });
    expect(await labels()).toEqual({ one: ['AWSCURRENT'], two: ['AWSPENDING', 'mine'] });
    const { VersionStages } = await put('three', { VersionStages: ['AWSPENDING'] });
    expect(VersionStages).toEqual(['AWSPENDING']);
    expect(await labels()).toEqual({ one: ['AWSCURRENT'], two: ['mine'], three: ['AWSPENDING'] });
  });

  test('with AWSCURRENT among the labels also moves AWSPREVIOUS', async () => {
    const { put, labels } = withSecret();
    await put('two', { VersionStages: ['mine', 'AWSCURRENT'] });
    expect(await labels()).toEqual({ one: ['AWSPREVIOUS'], two: ['AWSCURRENT', 'mine'] });
  });

  test('makes the first version AWSCURRENT, whatever the requested labels', async () => {
    const { aws, secrets } = setUp();
    aws.secretsManager.createSecret('db');
    const command = new PutSecretValueCommand({
      SecretId: 'db',
      SecretString: 'x',
      VersionStages: ['AWSPENDING'],
    });
    const { VersionStages = [] } = await secrets.send(command);
    expect([...VersionStages].sort()).toEqual(['AWSCURRENT', 'AWSPENDING']);
  });

  test('replayed with the same token and value does nothing, labels included', async () => {
    const { clock, put, labels, aws } = withSecret();
    await put('two', { VersionStages: ['AWSPENDING'] });
    await put('three', { VersionStages: ['AWSPENDING'] });
    await clock.advance(HOUR);
    const before = aws.secretsManager.secret('db');
    const replay = await put('two', { VersionStages: ['AWSPENDING', 'AWSCURRENT'] });
    expect(replay.VersionId).toBe(id('two'));
    expect(await labels()).toEqual({ one: ['AWSCURRENT'], three: ['AWSPENDING'] });
    expect(aws.secretsManager.secret('db')).toEqual(before);
  });

  test('with a known token and another value is an error, and changes nothing', async () => {
    const { put, labels } = withSecret();
    const result = await outcome(put('one', { SecretString: 'other' }));
    expect(result).toMatchObject({ name: 'ResourceExistsException', status: 400 });
    expect(result.message).not.toContain('other');
    expect(await labels()).toEqual({ one: ['AWSCURRENT'] });
  });

  test.each<[string, Partial<PutSecretValueCommandInput>, string]>([
    ['a token of 31 characters', { ClientRequestToken: 'a'.repeat(31) }, 'InvalidParameterException'],
    ['a token of 32 characters', { ClientRequestToken: 'a'.repeat(32) }, 'ok'],
    ['a token of 64 characters', { ClientRequestToken: 'a'.repeat(64) }, 'ok'],
    ['a token of 65 characters', { ClientRequestToken: 'a'.repeat(65) }, 'InvalidParameterException'],
    ['65,536 bytes', { SecretString: 'é'.repeat(32_768) }, 'ok'],
    ['65,537 bytes', { SecretString: `${'é'.repeat(32_768)}x` }, 'InvalidParameterException'],
    ['no value', { SecretString: undefined }, 'InvalidRequestException'],
    ['an empty label', { VersionStages: [''] }, 'ValidationException'],
    ['a label of 256 characters', { VersionStages: ['a'.repeat(256)] }, 'ok'],
    ['a label of 257 characters', { VersionStages: ['a'.repeat(257)] }, 'ValidationException'],
    ['no label in the list', { VersionStages: [] }, 'ValidationException'],
    ['21 labels', { VersionStages: Array.from({ length: 21 }, (_, i) => `l${i}`) }, 'ValidationException'],
    // Another version has AWSCURRENT, which counts.
    ['20 labels in all', { VersionStages: Array.from({ length: 19 }, (_, i) => `l${i}`) }, 'ok'],
    [
      '21 labels in all',
      { VersionStages: Array.from({ length: 20 }, (_, i) => `l${i}`) },
      'LimitExceededException',
    ],
  ])('with %s', async (_name, options, expected) => {
    const { put, aws } = withSecret();
    expect((await outcome(put('two', options))).name).toBe(expected);
    expect(aws.secretsManager.secret('db')?.versions).toHaveLength(expected === 'ok' ? 2 : 1);
  });

  test('stealing labels does not run into the limit', async () => {
    const { put } = withSecret();
    const VersionStages = Array.from({ length: 19 }, (_, i) => `l${i}`);
    await put('two', { VersionStages });
    await expect(outcome(put('three', { VersionStages }))).resolves.toEqual({ name: 'ok' });
  });
});

describe('UpdateSecretVersionStage', () => {
  const world = async () => {
    const setup = withSecret();
    await setup.put('two', { VersionStages: ['AWSPENDING', 'mine'] });
    await setup.put('three', { VersionStages: ['other'] });
    return setup;
  };
  const BEFORE = { one: ['AWSCURRENT'], two: ['AWSPENDING', 'mine'], three: ['other'] };

  test.each<[string, string, string | undefined, string | undefined, Record<string, string[]>]>([
    [
      'moves a label from the version that holds it',
      'AWSPENDING',
      'two',
      'three',
      { one: ['AWSCURRENT'], two: ['mine'], three: ['AWSPENDING', 'other'] },
    ],
    [
      'moves AWSCURRENT, and AWSPREVIOUS after it',
      'AWSCURRENT',
      'one',
      'two',
      { one: ['AWSPREVIOUS'], two: ['AWSCURRENT', 'AWSPENDING', 'mine'], three: ['other'] },
    ],
    [
      'adds a label that no version has',
      'new',
      undefined,
      'one',
      { one: ['AWSCURRENT', 'new'], two: ['AWSPENDING', 'mine'], three: ['other'] },
    ],
    ['removes a label', 'other', 'three', undefined, { one: ['AWSCURRENT'], two: ['AWSPENDING', 'mine'] }],
    ['leaves a label where it is', 'mine', undefined, 'two', BEFORE],
  ])('%s', async (_name, VersionStage, from, to, expected) => {
    const { move, labels } = await world();
    const result = await move({
      VersionStage,
      RemoveFromVersionId: from && id(from),
      MoveToVersionId: to && id(to),
    });
    expect(result).toEqual({ name: 'ok' });
    expect(await labels()).toEqual(expected);
  });

  test.each<[string, string, string | undefined, string | undefined, string]>([
    ['a move that does not name the holder', 'mine', undefined, 'one', 'InvalidParameterException'],
    ['a move that names another than the holder', 'mine', 'three', 'one', 'InvalidParameterException'],
    ['the replay of a move', 'mine', 'one', 'two', 'InvalidParameterException'],
    [
      'a move, from a version, of a label that no version has',
      'new',
      'one',
      'two',
      'InvalidParameterException',
    ],
    [
      'removing a label from a version that does not hold it',
      'mine',
      'one',
      undefined,
      'InvalidParameterException',
    ],
    ['removing AWSCURRENT without moving it', 'AWSCURRENT', 'one', undefined, 'InvalidParameterException'],
    ['neither from nor to', 'mine', undefined, undefined, 'InvalidParameterException'],
    ['an unknown target', 'mine', 'two', 'nine', 'ResourceNotFoundException'],
    ['an unknown holder', 'mine', 'nine', 'one', 'ResourceNotFoundException'],
  ])('refuses %s, and changes nothing', async (_name, VersionStage, from, to, expected) => {
    const { move, labels } = await world();
    const result = await move({
      VersionStage,
      RemoveFromVersionId: from && id(from),
      MoveToVersionId: to && id(to),
    });
    expect(result).toMatchObject({ name: expected, status: 400 });
    expect(await labels()).toEqual(BEFORE);
  });

  test.each(['', 'a'.repeat(257)])('refuses a label of the wrong length', async (VersionStage) => {
    const { move } = await world();
    const result = await move({ VersionStage, MoveToVersionId: id('one') });
    expect(result.name).toBe('ValidationException');
  });

  test('refuses a 21st label', async () => {
    const { put, move } = withSecret();
    await put('two', { VersionStages: Array.from({ length: 19 }, (_, i) => `l${i}`) });
    const result = await move({ VersionStage: 'l20', MoveToVersionId: id('one') });
    expect(result).toMatchObject({ name: 'LimitExceededException', status: 400 });
  });
});

describe('versions without labels', () => {
  test('are hidden, except from a list that asks for them', async () => {
    const { secrets, put } = withSecret();
    await put('two', { VersionStages: ['mine'] });
    await put('three', { VersionStages: ['mine'] });
    const list = async (IncludeDeprecated?: boolean) => {
      const command = new ListSecretVersionIdsCommand({ SecretId: 'db', IncludeDeprecated });
      const { Versions = [] } = await secrets.send(command);
      return Versions.map(({ VersionId, VersionStages }) => [VersionId, VersionStages]);
    };
    const shown = [
      [id('one'), ['AWSCURRENT']],
      [id('three'), ['mine']],
    ];
    expect(await list()).toEqual(shown);
    expect(await list(false)).toEqual(shown);
    expect(await list(true)).toEqual([shown[0], [id('two'), undefined], shown[1]]);
  });

  test('are pruned, but not in their first 24 hours, and can then be put again', async () => {
    const { aws, clock, put, secrets } = withSecret();
    await put('two', { VersionStages: ['mine'] });
    await put('three', { VersionStages: ['mine'] });
    const read = () =>
      outcome(secrets.send(new GetSecretValueCommand({ SecretId: 'db', VersionId: id('two') })));
    await clock.advance(DAY - 1);
    aws.secretsManager.prune('db');
    expect((await read()).name).toBe('ok');
    await clock.advance(1);
    aws.secretsManager.prune('db');
    expect((await read()).name).toBe('ResourceNotFoundException');
    expect(aws.secretsManager.secret('db')?.versions).toHaveLength(2);
    await expect(outcome(put('two', { SecretString: 'other' }))).resolves.toEqual({ name: 'ok' });
  });
});

test('ListSecretVersionIds pages, and dates each version', async () => {
  const { clock, secrets, put } = withSecret();
  for (const name of ['two', 'three', 'four', 'five']) {
    await clock.advance(1500);
    await put(name, { VersionStages: [name] });
  }
  const pages: unknown[] = [];
  const paginator = paginateListSecretVersionIds({ client: secrets, pageSize: 2 }, { SecretId: 'db' });
  for await (const { Versions = [] } of paginator) {
    pages.push(Versions.map(({ CreatedDate }) => CreatedDate));
  }
  const at = (ms: number) => new Date(clock.now().getTime() - 6000 + ms);
  expect(pages).toEqual([[at(0), at(1500)], [at(3000), at(4500)], [at(6000)]]);
  const wrong = secrets.send(new ListSecretVersionIdsCommand({ SecretId: 'db', NextToken: 'nonsense' }));
  await expect(outcome(wrong)).resolves.toMatchObject({ name: 'InvalidNextTokenException' });
});

test('a secret that is scheduled for deletion can be described, and nothing else', async () => {
  const { aws, clock, secrets, put, move } = withSecret();
  aws.secretsManager.scheduleDeletion('db', 7);
  const { DeletedDate } = await secrets.send(new DescribeSecretCommand({ SecretId: 'db' }));
  expect(DeletedDate).toEqual(new Date(clock.now().getTime() + 7 * DAY));
  const refused = { name: 'InvalidRequestException', status: 400 };
  await expect(outcome(secrets.send(new GetSecretValueCommand({ SecretId: 'db' })))).resolves.toMatchObject(
    refused,
  );
  await expect(outcome(put('two'))).resolves.toMatchObject(refused);
  await expect(move({ VersionStage: 'x', MoveToVersionId: id('one') })).resolves.toMatchObject(refused);
  const create = secrets.send(new CreateSecretCommand({ Name: 'db', SecretString: 'x' }));
  await expect(outcome(create)).resolves.toMatchObject(refused);
  aws.secretsManager.restoreSecret('db');
  await expect(outcome(put('two'))).resolves.toEqual({ name: 'ok' });
});

test('a removed secret is gone', async () => {
  const { aws, secrets } = withSecret();
  aws.secretsManager.removeSecret('db');
  const described = await outcome(secrets.send(new DescribeSecretCommand({ SecretId: 'db' })));
  expect(described).toMatchObject({
    name: 'ResourceNotFoundException',
    message: "Secrets Manager can't find the specified secret.",
  });
});

test('DescribeSecret shows replicas and rotation', async () => {
  const { aws, secrets } = withSecret();
  const describe = () => secrets.send(new DescribeSecretCommand({ SecretId: 'db' }));
  const plain = await describe();
  expect([plain.ReplicationStatus, plain.RotationEnabled]).toEqual([undefined, undefined]);
  aws.secretsManager.setReplicas('db', [{ region: 'eu-west-1', status: 'Failed' }]);
  aws.secretsManager.setRotationEnabled('db', true);
  expect(await describe()).toMatchObject({
    ReplicationStatus: [{ Region: 'eu-west-1', Status: 'Failed' }],
    PrimaryRegion: 'us-east-1',
    RotationEnabled: true,
  });
});

describe('a secret that is replicated', () => {
  const keyIn = (region: string) =>
    `arn:aws:kms:${region}:111122223333:key/00000000-0000-4000-8000-000000000001`;

  /** What is asked of keys when replicas are added to a secret that has this key itself. */
  const askedOfKeys = async (ownKey: string | undefined, replicas: readonly object[]) => {
    const asked: unknown[] = [];
    const { aws, secrets } = setUp({
      authorize: ({ action, resource, conditions }) => {
        const [via] = conditions['kms:ViaService'] ?? [];
        if (action.startsWith('kms:')) asked.push([action, resource, via]);
        return true;
      },
    });
    aws.secretsManager.createSecret('db', { secretString: 'one', ...(ownKey && { kmsKeyArn: ownKey }) });
    await secrets.send(
      new ReplicateSecretToRegionsCommand({ SecretId: 'db', AddReplicaRegions: [...replicas] }),
    );
    return asked;
  };

  const via = 'secretsmanager.us-east-1.amazonaws.com';
  const encrypts = (region: string) => [
    ['kms:GenerateDataKey', keyIn(region), via],
    ['kms:Encrypt', keyIn(region), via],
  ];
  const decrypts = ['kms:Decrypt', keyIn('us-east-1'), via];

  test.each<[string, string | undefined, readonly object[], readonly unknown[]]>([
    ['none', undefined, [{ Region: 'eu-west-1' }], []],
    ['its own', keyIn('us-east-1'), [{ Region: 'eu-west-1' }], [decrypts]],
    [
      'that of one replica of two',
      undefined,
      [{ Region: 'eu-west-1' }, { Region: 'us-west-2', KmsKeyId: keyIn('us-west-2') }],
      encrypts('us-west-2'),
    ],
    [
      'all',
      keyIn('us-east-1'),
      ['eu-west-1', 'us-west-2'].map((Region) => ({ Region, KmsKeyId: keyIn(Region) })),
      [decrypts, ...encrypts('eu-west-1'), ...encrypts('us-west-2')],
    ],
  ])('uses keys in the caller’s name: %s', async (_which, ownKey, replicas, expected) => {
    expect(await askedOfKeys(ownKey, replicas)).toEqual(expected);
  });
});

test('reads lag if so configured; writes do not', async () => {
  const { clock, put, labels, move } = withSecret({ behaviour: { secretsReadLag: 5 * SECOND } });
  await clock.advance(10 * SECOND);
  await put('two');
  expect(await labels()).toEqual({ one: ['AWSCURRENT'] });
  const moved = await move({
    VersionStage: 'AWSCURRENT',
    RemoveFromVersionId: id('two'),
    MoveToVersionId: id('one'),
  });
  expect(moved).toEqual({ name: 'ok' });
  await clock.advance(5 * SECOND);
  expect(await labels()).toEqual({ one: ['AWSCURRENT'], two: ['AWSPREVIOUS'] });
});

test('each read has an age of its own: a later one may show less', async () => {
  const { clock, put, labels } = withSecret({ behaviour: { secretsReadLag: 5 * SECOND } });
  await clock.advance(10 * SECOND);
  await put('two');
  const shown: boolean[] = [];
  for (let second = 0; second < 5; second += 0.25) {
    shown.push((await labels()).two !== undefined);
    await clock.advance(SECOND / 4);
  }
  const first = shown.indexOf(true);
  expect(first).toBeGreaterThanOrEqual(0);
  expect(shown.slice(first)).toContain(false);
  for (let read = 0; read < 20; read += 1) expect((await labels()).two).toBeDefined();
});

test('a version that loses AWSCURRENT loses the labels that are not Secrets Manager’s, if so configured', async () => {
  const { put, labels, move } = withSecret({ behaviour: { ownLabelsVanish: true } });
  await put('two', { VersionStages: ['mine', 'AWSPENDING'] });
  await move({ VersionStage: 'AWSCURRENT', RemoveFromVersionId: id('one'), MoveToVersionId: id('two') });
  expect(await labels()).toEqual({ one: ['AWSPREVIOUS'], two: ['AWSCURRENT', 'AWSPENDING', 'mine'] });
  await put('three');
  expect(await labels()).toEqual({ two: ['AWSPENDING', 'AWSPREVIOUS'], three: ['AWSCURRENT'] });
});

test('a person edits, labels and looks', () => {
  const { aws } = withSecret();
  const edited = aws.secretsManager.edit('db', (value) => `${value}!`);
  expect(aws.secretsManager.valueOf('db')).toBe('one!');
  expect(aws.secretsManager.holderOf('db', 'AWSPREVIOUS')).toBe(id('one'));
  aws.secretsManager.moveLabel('db', 'mine', edited);
  aws.secretsManager.moveLabel('db', 'mine', id('one'));
  expect(aws.secretsManager.valueOf('db', 'mine')).toBe('one');
  aws.secretsManager.moveLabel('db', 'mine');
  expect(aws.secretsManager.valueOf('db', 'mine')).toBeUndefined();
  expect(aws.calls).toEqual([]);
});

test('parameter errors have the documented shape', async () => {
  const { secrets } = withSecret();
  const command = new GetSecretValueCommand({ SecretId: 'db', VersionId: 'short' });
  await expect(outcome(secrets.send(command))).resolves.toMatchObject({
    name: 'ValidationException',
    status: 400,
  });
  await expect(
    outcome(secrets.send(new PutSecretValueCommand({ SecretId: '', SecretString: 'x' }))),
  ).resolves.toMatchObject({ name: 'ValidationException' });
});

describe('DeleteSecret', () => {
  const remove = (
    { secrets }: Pick<ReturnType<typeof setUp>, 'secrets'>,
    options: Partial<DeleteSecretCommandInput> = {},
  ) => outcome(secrets.send(new DeleteSecretCommand({ SecretId: 'db', ...options })));

  test.each([
    [undefined, 30],
    [7, 7],
  ])(
    'with a recovery window of %s days schedules the deletion, until it is restored',
    async (days, expected) => {
      const world = withSecret();
      const { aws, clock, secrets } = world;
      const { DeletionDate } = await secrets.send(
        new DeleteSecretCommand({ SecretId: 'db', ...(days && { RecoveryWindowInDays: days }) }),
      );
      expect(DeletionDate).toEqual(new Date(clock.now().getTime() + expected * DAY));
      expect(aws.secretsManager.secret('db')?.deletedDate).toEqual(DeletionDate);
      expect(await remove(world)).toMatchObject({ name: 'InvalidRequestException' });
      await secrets.send(new RestoreSecretCommand({ SecretId: 'db' }));
      expect(aws.secretsManager.secret('db')?.deletedDate).toBeUndefined();
    },
  );

  test('without recovery deletes at once, whatever was scheduled', async () => {
    const world = withSecret();
    await remove(world);
    expect(await remove(world, { ForceDeleteWithoutRecovery: true })).toEqual({ name: 'ok' });
    expect(world.aws.secretsManager.secret('db')).toBeUndefined();
  });

  test.each([
    [{ RecoveryWindowInDays: 6 }, 'InvalidParameterException'],
    [{ RecoveryWindowInDays: 31 }, 'InvalidParameterException'],
    [{ RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true }, 'InvalidParameterException'],
    [{ SecretId: 'gone' }, 'ResourceNotFoundException'],
  ])('refuses %j', async (options, name) => {
    const world = withSecret();
    expect(await remove(world, options)).toMatchObject({ name });
    expect(world.aws.secretsManager.secret('db')?.deletedDate).toBeUndefined();
  });
});

describe('tags', () => {
  const tag = (...keys: readonly string[]) => ({
    SecretId: 'db',
    Tags: keys.map((Key) => ({ Key, Value: `of ${Key}` })),
  });
  const tagsOf = async ({ secrets }: Pick<ReturnType<typeof withSecret>, 'secrets'>) => {
    const { Tags = [] } = await secrets.send(new DescribeSecretCommand({ SecretId: 'db' }));
    return Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]));
  };

  test('are added, changed and removed one by one; removing one that is not there is no error', async () => {
    const world = withSecret();
    await world.secrets.send(new TagResourceCommand(tag('a', 'b')));
    await world.secrets.send(new TagResourceCommand({ SecretId: 'db', Tags: [{ Key: 'a', Value: 'new' }] }));
    await world.secrets.send(new UntagResourceCommand({ SecretId: 'db', TagKeys: ['b', 'none'] }));
    expect(await tagsOf(world)).toEqual({ a: 'new' });
  });

  test('are at most 50', async () => {
    const world = withSecret();
    const fifty = Array.from({ length: 50 }, (_tag, index) => `key-${index}`);
    await world.secrets.send(new TagResourceCommand(tag(...fifty)));
    expect(await outcome(world.secrets.send(new TagResourceCommand(tag('key-0'))))).toEqual({ name: 'ok' });
    expect(await outcome(world.secrets.send(new TagResourceCommand(tag('more'))))).toMatchObject({
      name: 'InvalidParameterException',
    });
  });

  test.each([
    ['gone', 'ResourceNotFoundException'],
    ['scheduled for deletion', 'InvalidRequestException'],
  ])('of a secret that is %s are not changed', async (how, name) => {
    const { aws, secrets } = withSecret();
    if (how === 'gone') aws.secretsManager.removeSecret('db');
    else aws.secretsManager.scheduleDeletion('db');
    expect(await outcome(secrets.send(new TagResourceCommand(tag('a'))))).toMatchObject({ name });
    const untag = new UntagResourceCommand({ SecretId: 'db', TagKeys: ['a'] });
    expect(await outcome(secrets.send(untag))).toMatchObject({ name });
  });

  test('policies see their keys, and a creation with tags takes the permission to tag', async () => {
    const asked: (readonly [string, unknown])[] = [];
    const { secrets } = setUp({
      authorize: ({ action, conditions }) => {
        asked.push([action.split(':')[1] ?? '', conditions['aws:TagKeys']]);
        return action !== 'secretsmanager:TagResource';
      },
    });
    const create = (name: string, ...keys: readonly string[]) =>
      outcome(
        secrets.send(new CreateSecretCommand({ Name: name, SecretString: 'x', Tags: tag(...keys).Tags })),
      );
    expect(await create('with', 'a', 'b')).toMatchObject({ name: 'AccessDeniedException' });
    expect(await create('without')).toEqual({ name: 'ok' });
    await secrets.send(new UntagResourceCommand({ SecretId: 'without', TagKeys: ['c'] }));
    expect(asked).toEqual([
      ['CreateSecret', ['a', 'b']],
      ['TagResource', ['a', 'b']],
      ['CreateSecret', undefined],
      ['UntagResource', ['c']],
    ]);
  });
});

test('the policy of a secret is shown, if it has one', async () => {
  const { secrets } = withSecret();
  const policy = async () =>
    (await secrets.send(new GetResourcePolicyCommand({ SecretId: 'db' }))).ResourcePolicy;
  expect(await policy()).toBeUndefined();
  await secrets.send(new PutResourcePolicyCommand({ SecretId: 'db', ResourcePolicy: '{}' }));
  expect(await policy()).toBe('{}');
  const gone = await outcome(secrets.send(new GetResourcePolicyCommand({ SecretId: 'other' })));
  expect(gone).toMatchObject({ name: 'ResourceNotFoundException' });
});

test('who authorizes a call sees the policy of its secret, and may say what denies it', async () => {
  const policies: unknown[] = [];
  const { secrets } = withSecret({
    authorize: ({ action, resourcePolicy }) => {
      policies.push(resourcePolicy);
      return action !== 'secretsmanager:GetSecretValue' || { by: 'resource-based policy', explicit: true };
    },
  });
  await secrets.send(new PutResourcePolicyCommand({ SecretId: 'db', ResourcePolicy: '{}' }));
  expect(await outcome(secrets.send(new GetSecretValueCommand({ SecretId: 'db' })))).toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringMatching(/GetSecretValue .* with an explicit deny in a resource-based policy$/),
  });
  await secrets.send(new DeleteResourcePolicyCommand({ SecretId: 'db' }));
  await secrets.send(new DescribeSecretCommand({ SecretId: 'db' }));
  expect(policies).toEqual([undefined, '{}', '{}', undefined]);
});
