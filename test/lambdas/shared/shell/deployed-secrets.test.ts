import type { FaultInjection } from '../../../../embedded-aws/calls/faults';
import { EmbeddedAws } from '../../../../embedded-aws/embedded-aws';
import { VirtualClock } from '../../../../embedded-aws/ground/clock';
import { createChange as createSecrets } from '../../../../lambdas/create-secrets/handler';
import { createChange as putPolicies } from '../../../../lambdas/put-policies/handler';
import { createChange as createReplicas } from '../../../../lambdas/replicate-secret/handler';

const READER = 'arn:aws:iam::444455556666:role/deploy';
const KINDS = {
  'created or tagged': {
    createChange: createSecrets,
    physicalResourceId: 'rotated-secrets',
    operation: 'CreateSecret',
    properties: (names: readonly string[]) => ({
      Secrets: names.map((name) => ({ SecretId: name, UserName: name })),
    }),
  },
  replicated: {
    createChange: createReplicas,
    physicalResourceId: 'secret-replicas',
    operation: 'ReplicateSecretToRegions',
    properties: (names: readonly string[]) => ({
      Secrets: names.map((name) => ({ SecretId: name, Replicas: [{ Region: 'us-west-2' }] })),
    }),
  },
  'given their policy': {
    createChange: putPolicies,
    physicalResourceId: 'secret-policies',
    operation: 'PutResourcePolicy',
    properties: (names: readonly string[]) => ({
      Policies: [{ Secrets: [{ Readers: [READER], SecretIds: names }] }],
    }),
  },
} as const;
type Failed = keyof typeof KINDS;
const EACH = Object.keys(KINDS) as Failed[];

const DEFAULT_NAMES = ['alice', 'bob', 'carol'];

/** A deployment in which all secrets exist but those that are to be created. */
const deployment = (failed: Failed, names: readonly string[] = DEFAULT_NAMES) => {
  const { createChange, operation, properties, physicalResourceId } = KINDS[failed];
  const aws = new EmbeddedAws({ clock: new VirtualClock({ start: new Date() }) });
  const exist = (some: readonly string[]) => {
    for (const name of some) aws.secretsManager.createSecret(name, { secretString: '{}' });
  };
  const scheduleDeletion = (some: readonly string[]) => {
    if (failed === 'created or tagged') exist(some);
    for (const name of some) aws.secretsManager.scheduleDeletion(name);
  };
  if (failed !== 'created or tagged') exist(names);
  const change = createChange({
    region: aws.region,
    credentials: aws.roleCredentials('arn:aws:iam::111122223333:role/deployment'),
    requestHandler: aws.requestHandler(),
    maxAttempts: 1,
  });
  const create = () => change({ RequestType: 'Create', ResourceProperties: properties(names) });
  const reasonOf = async (): Promise<{ readonly message: string; readonly cause: readonly string[] }> => {
    const problem = await create().then(
      () => undefined,
      (error: Error) => error,
    );
    return { message: problem?.message ?? '', cause: (problem?.cause ?? []) as readonly string[] };
  };
  /** Whether the secret has what the deployment is for. */
  const isDone = (name: string): boolean => {
    const secret = aws.secretsManager.secret(name);
    if (secret?.deletedDate !== undefined) return false;
    if (failed === 'created or tagged') return secret !== undefined;
    return failed === 'replicated' ? secret?.replicas.length === 1 : secret?.policy !== undefined;
  };
  return { aws, change, create, reasonOf, isDone, scheduleDeletion, operation, physicalResourceId };
};
const error = (operation: string, code: string, message = 'No.', times = 1): FaultInjection => ({
  kind: 'error',
  code,
  status: 400,
  message,
  times,
  match: (call) => call.operation === operation,
});
const user = (index: number): string => `iam-access-key-rotation/user-${index}`;
const users = (count: number) => Array.from({ length: count }, (_user, index) => user(index));

describe.each(EACH)('secrets that are to be %s', (failed) => {
  test.each([0, 1, 2])('%d secrets', async (count) => {
    const { create, isDone, physicalResourceId } = deployment(failed, users(count));
    expect(await create()).toEqual({ physicalResourceId });
    expect(users(count).every(isDone)).toBe(true);
  });

  test.each([1, 2, 12])(
    '%d are scheduled for deletion: one reason tells both ways out, and the others are done',
    async (count) => {
      const all = users(count + 1);
      const scheduled = users(count);
      const { aws, create, reasonOf, isDone, scheduleDeletion } = deployment(failed, all);
      scheduleDeletion(scheduled);
      const { message, cause } = await reasonOf();
      expect(message).toMatch(
        new RegExp(`^Secrets that could not be ${failed}: ${count} of ${all.length}\\. `),
      );
      expect(message).toContain(`\`aws secretsmanager restore-secret --secret-id ${user(0)}\``);
      expect(message).toMatch(/ Or take (its user|their users) out of the configuration\./);
      expect(message).toMatch(/No value and no access key was changed\. .*"A deployment fails for a secret"/);
      // Those that have no room are counted; the log has all.
      const [, more = '0'] = /and (\d+) more:/.exec(message) ?? [];
      const named = /\. (\S+(?:, \S+)*?)(?: and \d+ more)?: InvalidRequestException/.exec(message)?.[1];
      expect(named?.split(', ')).toEqual(users(count - Number(more)));
      expect(cause.map((text) => text.split(':')[0])).toEqual(scheduled);
      expect(all.filter(isDone)).toEqual([user(count)]);
      for (const name of scheduled) aws.secretsManager.restoreSecret(name);
      await create();
      expect(all.every(isDone)).toBe(true);
    },
  );

  test.each(['gone', 'scheduled for deletion'])(
    'the resource is deleted although its secrets are %s',
    async (how) => {
      const names = how === 'gone' ? [] : DEFAULT_NAMES;
      const { aws, change, scheduleDeletion, physicalResourceId } = deployment(failed, names);
      scheduleDeletion(names);
      for (const ResourceProperties of [KINDS[failed].properties(DEFAULT_NAMES), {}, undefined]) {
        const answer = await change({ RequestType: 'Delete', PhysicalResourceId: 'id', ResourceProperties });
        expect(answer).toEqual({ physicalResourceId });
      }
      expect(aws.calls).toEqual([]);
    },
  );

  test.each<[string, string, RegExp]>([
    ['ThrottlingException', 'Rate exceeded', /It was tried several times/],
    ['InternalServiceError', 'Oops', /It was tried several times/],
    [
      'AccessDeniedException',
      'no identity-based policy allows the action',
      /The role's own policies do not allow it/,
    ],
    ['AccessDeniedException', 'Access to KMS is not allowed', /The KMS key of the secret may not be used/],
    [
      'AccessDeniedException',
      'with an explicit deny in a service control policy',
      /A policy of the organization/,
    ],
    ['EncryptionFailure', 'The key is disabled', /kmsKeyArn must name an enabled KMS key/],
    [
      'InvalidParameterException',
      'Invalid replica region.',
      /Correct what AWS names: readers, replicaRegions, kmsKeyArn or tags/,
    ],
    [
      'MalformedPolicyDocumentException',
      'Invalid principal',
      /readers names an IAM role or user that does not exist/,
    ],
    ['PublicPolicyException', 'Public', /name IAM roles and users in readers/],
    [
      'ResourceNotFoundException',
      'Not found',
      /Create the secret: `aws secretsmanager create-secret --name alice --secret-string '\{\}'`\. Or correct/,
    ],
    ['SomethingNew', 'Something new', /: SomethingNew: Something new\. No value/],
  ])('%s: %s', async (code, answer, advice) => {
    const { aws, reasonOf, isDone, operation } = deployment(failed);
    aws.faults.inject(error(operation, code, answer));
    const { message } = await reasonOf();
    expect(message).toMatch(new RegExp(`1 of 3\\. alice: ${code}: ${answer}`));
    expect(message).toMatch(advice);
    expect(message.length).toBeLessThanOrEqual(980);
    expect(DEFAULT_NAMES.filter(isDone)).toEqual(['bob', 'carol']);
  });
});

const LONG = 'x'.repeat(2_000);
const answers = (aws: EmbeddedAws, ...codes: readonly string[]) => {
  for (const code of codes) aws.faults.inject(error('CreateSecret', code, LONG));
};

test('problems of several kinds are told as far as there is room, and the others counted', async () => {
  const { aws, reasonOf } = deployment('created or tagged', users(5));
  answers(aws, 'EncryptionFailure', 'PublicPolicyException', 'EncryptionFailure', 'SomethingNew');
  const { message, cause } = await reasonOf();
  expect(message).toMatch(/: 4 of 5\. \S+user-0, \S+user-2: EncryptionFailure: x{299}…\. /);
  expect(message).toContain('And 2 more, for other reasons. No value');
  expect(message.length).toBeLessThanOrEqual(980);
  expect(cause).toHaveLength(4);
  expect(cause[1]).toBe(`${user(1)}: PublicPolicyException: ${LONG}`);
});

test('problems of several kinds that are short stand side by side', async () => {
  const { aws, reasonOf } = deployment('created or tagged', users(3));
  for (const code of ['First', 'Second']) aws.faults.inject(error('CreateSecret', code));
  const { message } = await reasonOf();
  expect(message).toContain(`: 2 of 3. ${user(0)}: First: No. ${user(1)}: Second: No. No value`);
});

test('the longest names and answers take nothing from the end of a reason', async () => {
  const names = ['a', 'b'].map((first) => first + 'n'.repeat(511));
  const { aws, reasonOf } = deployment('created or tagged', names);
  answers(aws, 'InvalidRequestException', 'InvalidRequestException');
  const { message, cause } = await reasonOf();
  expect(message.length).toBeLessThanOrEqual(980);
  expect(message).toMatch(/… No value and no access key was changed\. .*names every secret\.$/);
  expect(cause.map((text) => text.slice(0, 512))).toEqual(names);
});

test('what others write is one line of a reason', async () => {
  const { aws, reasonOf } = deployment('created or tagged');
  aws.faults.inject(error('CreateSecret', 'First', 'one\n\ntwo\u2028three'));
  expect((await reasonOf()).message).toContain('alice: First: one two three. No value');
});

test('a secret that is known by its ARN cannot be created by hand with it', async () => {
  const arn = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:theirs-AbCdEf';
  const aws = new EmbeddedAws({ clock: new VirtualClock({ start: new Date() }) });
  const change = createReplicas({
    region: aws.region,
    credentials: aws.roleCredentials('arn:aws:iam::111122223333:role/deployment'),
    requestHandler: aws.requestHandler(),
    maxAttempts: 1,
  });
  await expect(
    change({
      RequestType: 'Create',
      ResourceProperties: { Secrets: [{ SecretId: arn, Replicas: [{ Region: 'us-west-2' }] }] },
    }),
  ).rejects.toThrow(/KMS key does not exist\. Correct existingSecret or kmsKeyArn, or take its user out/);
});

test.each([1, 5])('a call that is throttled %d times is made again', async (times) => {
  const clock = new VirtualClock();
  const uninstall = clock.install();
  try {
    const aws = new EmbeddedAws({ clock });
    const change = createSecrets({
      region: aws.region,
      credentials: aws.roleCredentials('arn:aws:iam::111122223333:role/deployment'),
      requestHandler: aws.requestHandler(),
    });
    aws.faults.inject({ kind: 'throttle', times });
    await clock.run(() =>
      change({ RequestType: 'Create', ResourceProperties: KINDS['created or tagged'].properties(['alice']) }),
    );
    expect(aws.secretsManager.secret('alice')).toBeDefined();
    expect(aws.calls).toHaveLength(times + 1);
  } finally {
    uninstall();
  }
});

/** Updates with work to do on alice, whom the stack knew before, and on bob, who is new. */
const UPDATES: Readonly<
  Record<string, { readonly kind: Failed; readonly of: (name: string, now: boolean) => object }>
> = {
  'new tags': {
    kind: 'created or tagged',
    of: (name, now) => ({
      Secrets: [{ SecretId: name, UserName: name }],
      Tags: [{ Key: 'stage', Value: `${now}` }],
    }),
  },
  'tags that go': {
    kind: 'created or tagged',
    of: (name, now) => ({
      Secrets: [{ SecretId: name, UserName: name }],
      Tags: ['stage', ...(now ? [] : ['team'])].map((Key) => ({ Key, Value: 'keys' })),
    }),
  },
  'a new replica': {
    kind: 'replicated',
    of: (name, now) => ({
      Secrets: [
        {
          SecretId: name,
          Replicas: ['us-west-2', ...(now ? ['eu-west-1'] : [])].map((Region) => ({ Region })),
        },
      ],
    }),
  },
  'a new policy': {
    kind: 'given their policy',
    of: (name, now) => ({
      Policies: [{ Secrets: [{ Readers: [now ? `${READER}-2` : READER], SecretIds: [name] }] }],
    }),
  },
};
const GONE_OR_GOING = ['gone', 'scheduled for deletion'];

describe.each(Object.keys(UPDATES))('%s of a secret that the stack knew before', (what) => {
  const world = (how: string) => {
    const { kind, of } = UPDATES[what] ?? { kind: 'replicated' as const, of: () => ({}) };
    const aws = new EmbeddedAws({ clock: new VirtualClock({ start: new Date() }) });
    if (how !== 'gone') aws.secretsManager.createSecret('alice', { secretString: '{}' });
    if (how === 'scheduled for deletion') aws.secretsManager.scheduleDeletion('alice');
    const change = KINDS[kind].createChange({
      region: aws.region,
      credentials: aws.roleCredentials('arn:aws:iam::111122223333:role/deployment'),
      requestHandler: aws.requestHandler(),
      maxAttempts: 1,
    });
    const update = (before: object, wanted: object) =>
      change({ RequestType: 'Update', ResourceProperties: wanted, OldResourceProperties: before });
    return { aws, update, of, physicalResourceId: KINDS[kind].physicalResourceId };
  };

  test.each(GONE_OR_GOING)(
    'and that is %s: nothing is to be done, now and when it is taken back',
    async (how) => {
      const { aws, update, of, physicalResourceId } = world(how);
      expect(await update(of('alice', false), of('alice', true))).toEqual({ physicalResourceId });
      expect(aws.calls.map(({ outcome }) => outcome)).not.toEqual([]);
      expect(await update(of('alice', true), of('alice', false))).toEqual({ physicalResourceId });
    },
  );

  test.each([
    ['InvalidRequestException', 'Another service manages it.'],
    ['ResourceNotFoundException', 'The KMS key is not found.'],
  ])('and that cannot be changed for another reason: %s, %s', async (code, message) => {
    const { aws, update, of } = world('there');
    aws.faults.inject({ kind: 'error', code, status: 400, message, times: 1, match: () => true });
    await expect(update(of('alice', false), of('alice', true))).rejects.toThrow(`alice: ${code}: ${message}`);
  });
});

test.each(
  EACH.filter((kind) => kind !== 'created or tagged').flatMap((kind) =>
    GONE_OR_GOING.map((how) => [kind, how] as const),
  ),
)('secrets that are to be %s: one that an update brings, and that is %s, is an error', async (kind, how) => {
  const { change, scheduleDeletion } = deployment(kind, how === 'gone' ? ['alice'] : ['alice', 'bob']);
  if (how !== 'gone') scheduleDeletion(['bob']);
  const { properties } = KINDS[kind];
  await expect(
    change({
      RequestType: 'Update',
      ResourceProperties: properties(['alice', 'bob']),
      OldResourceProperties: properties(['alice']),
    }),
  ).rejects.toThrow(/1 of 1\. bob: (ResourceNotFound|InvalidRequest)Exception/);
});
