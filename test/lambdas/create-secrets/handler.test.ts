import { EmbeddedAws } from '../../../embedded-aws/embedded-aws';
import { VirtualClock } from '../../../embedded-aws/ground/clock';
import { createChange } from '../../../lambdas/create-secrets/handler';
import { PLACEHOLDER_SECRET_STRING } from '../../../lambdas/shared/secret/placeholder';

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

const deployment = () => {
  const aws = new EmbeddedAws({ clock: new VirtualClock({ start: new Date() }) });
  const change = createChange({
    region: aws.region,
    credentials: aws.roleCredentials('arn:aws:iam::111122223333:role/secrets'),
    requestHandler: aws.requestHandler(),
    maxAttempts: 1,
  });
  const placed = (name: string) => aws.secretsManager.secret(name)?.versions.at(-1)?.secretString;
  return { aws, change, placed };
};
const secret = (name: string, more: object = {}) => ({ SecretId: name, UserName: name, ...more });
const create = (...Secrets: readonly object[]) => ({
  RequestType: 'Create',
  ResourceProperties: { ServiceToken: 'arn', Secrets },
});
type Tags = Readonly<Record<string, string>>;
const tagged = (tags: Tags, ...Secrets: readonly object[]) => ({
  ServiceToken: 'arn',
  Secrets,
  ...(Object.keys(tags).length > 0 && {
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  }),
});
const update = (before: readonly object[], after: readonly object[]) => ({
  ...create(...after),
  RequestType: 'Update',
  OldResourceProperties: { ServiceToken: 'arn', Secrets: before },
});
const names = (count: number) => Array.from({ length: count }, (_none, index) => `user-${index}`);

test.each([1, 2, 100])('%d secrets are created, with the placeholder', async (count) => {
  const { aws, change, placed } = deployment();
  const { physicalResourceId } = await change(create(...names(count).map((name) => secret(name))));
  expect(physicalResourceId).toBe('rotated-secrets');
  expect(new Set(names(count).map(placed))).toEqual(new Set([PLACEHOLDER_SECRET_STRING]));
  expect(aws.calls.map(({ operation }) => operation)).toEqual(names(count).map(() => 'CreateSecret'));
});

test('a secret is created with its key, and says whose it is', async () => {
  const { aws, change } = deployment();
  const asked: unknown[] = [];
  aws.faults.inject({ kind: 'act', act: ({ input }) => asked.push(input), match: () => true });
  await change(create(secret('alice', { KmsKeyId: KEY })));
  expect(asked).toEqual([
    expect.objectContaining({
      Name: 'alice',
      KmsKeyId: KEY,
      Description: 'Access key of the IAM user alice, rotated by AWS Step Functions',
    }),
  ]);
});

test('a secret that exists is adopted, and stays as it is', async () => {
  const { aws, change, placed } = deployment();
  aws.secretsManager.createSecret('alice', { secretString: 'a key' });
  await change(create(secret('alice'), secret('bob')));
  expect([placed('alice'), placed('bob')]).toEqual(['a key', PLACEHOLDER_SECRET_STRING]);
});

test('an update creates those of new users only, also where somebody has deleted another', async () => {
  const { aws, change } = deployment();
  await change(update([secret('alice')], [secret('alice'), secret('bob')]));
  expect(aws.secretsManager.secret('alice')).toBeUndefined();
  expect(aws.secretsManager.secret('bob')).toBeDefined();
});

test('a user who is un-enrolled, and a resource that is deleted, leave the secret', async () => {
  const { aws, change } = deployment();
  await change(create(secret('alice')));
  const calls = aws.calls.length;
  await change(update([secret('alice')], []));
  await change({ RequestType: 'Delete', PhysicalResourceId: 'rotated-secrets' });
  expect(aws.calls).toHaveLength(calls);
  expect(aws.secretsManager.secret('alice')).toBeDefined();
});

test('of a hundred, the one that cannot be created is named; the others are there, and the next attempt goes on', async () => {
  const { aws, change } = deployment();
  aws.faults.inject({
    kind: 'error',
    code: 'LimitExceededException',
    status: 400,
    match: ({ operation, input }) => operation === 'CreateSecret' && input.Name === 'user-50',
  });
  const all = create(...names(100).map((name) => secret(name)));
  await expect(change(all)).rejects.toThrow(
    /^Secrets that could not be created or tagged: 1 of 100\. user-50: LimitExceededException: /,
  );
  expect(names(100).filter((name) => aws.secretsManager.secret(name) === undefined)).toEqual(['user-50']);
  await change(all);
  expect(aws.secretsManager.secret('user-50')).toBeDefined();
});

describe('tags', () => {
  const PAUSE = 'rotation-paused';
  const tagsIn = (aws: EmbeddedAws, name: string): Tags | undefined =>
    aws.secretsManager.snapshot().find((one) => one.name === name)?.tags;
  /** An update from the tags of before to others, of secrets that the stack knows. */
  const retagging = async (before: Tags, after: Tags, name = 'alice') => {
    const { aws, change } = deployment();
    await change({ RequestType: 'Create', ResourceProperties: tagged(before, secret(name)) });
    aws.secretsManager.setTag(name, 'theirs', 'by hand');
    aws.secretsManager.setTag(name, PAUSE, 'audit');
    const calls = aws.calls.length;
    await change({
      RequestType: 'Update',
      ResourceProperties: tagged(after, secret(name)),
      OldResourceProperties: tagged(before, secret(name)),
    });
    return { tags: tagsIn(aws, name), operations: aws.calls.slice(calls).map(({ operation }) => operation) };
  };
  /** The calls that set this tag from now on. */
  const settersOf = (aws: EmbeddedAws, key: string): readonly string[] => {
    const setters: string[] = [];
    aws.faults.inject({
      kind: 'act',
      times: 99,
      act: ({ operation }) => setters.push(operation),
      match: ({ input }) => JSON.stringify(input.Tags ?? []).includes(`"${key}"`),
    });
    return setters;
  };
  const BY_HAND = { theirs: 'by hand', [PAUSE]: 'audit' };

  test.each<[string, Tags]>([
    ['no tag', {}],
    ['one', { team: 'a' }],
    ['two', { team: 'a', stage: '' }],
  ])('a secret is created with %s', async (_count, tags) => {
    const { aws, change } = deployment();
    const setters = settersOf(aws, 'team');
    await change({ RequestType: 'Create', ResourceProperties: tagged(tags, secret('alice')) });
    expect(tagsIn(aws, 'alice')).toEqual(tags);
    expect(setters[0]).toBe('team' in tags ? 'CreateSecret' : undefined);
  });

  test.each<[string, Tags, Tags, Tags, readonly string[]]>([
    ['none before', {}, { team: 'a' }, { team: 'a' }, ['TagResource']],
    ['the same', { team: 'a' }, { team: 'a' }, { team: 'a' }, []],
    [
      'another value',
      { team: 'a', stage: 'x' },
      { team: 'b', stage: 'x' },
      { team: 'b', stage: 'x' },
      ['TagResource'],
    ],
    ['another key', { team: 'a' }, { group: 'a' }, { group: 'a' }, ['TagResource', 'UntagResource']],
    ['one less', { team: 'a', stage: 'x' }, { team: 'a' }, { team: 'a' }, ['UntagResource']],
    ['none any more: they stay, because nothing may remove them', { team: 'a' }, {}, { team: 'a' }, []],
  ])('%s: a secret that exists gets what has changed, and keeps what others gave it', async (...row) => {
    const [, before, after, expected, calls] = row;
    const { tags, operations } = await retagging(before, after);
    expect(tags).toEqual({ ...expected, ...BY_HAND });
    expect(operations).toEqual(calls);
  });

  test('an update that was taken back takes its tags with it', async () => {
    const { aws, change } = deployment();
    const [before, after] = [{ team: 'a' }, { team: 'b', stage: 'x' }].map((tags) =>
      tagged(tags, secret('alice')),
    );
    await change({ RequestType: 'Create', ResourceProperties: before });
    for (const [OldResourceProperties, ResourceProperties] of [
      [before, after],
      [after, before],
    ]) {
      await change({ RequestType: 'Update', ResourceProperties, OldResourceProperties });
    }
    expect(tagsIn(aws, 'alice')).toEqual({ team: 'a' });
  });

  test('a secret that is adopted is tagged: one with a key, and one that was created before and never used', async () => {
    const { aws, change } = deployment();
    aws.secretsManager.createSecret('alice', { secretString: 'a key', tags: { team: 'old' } });
    await change(create(secret('bob')));
    await change({
      RequestType: 'Create',
      ResourceProperties: tagged({ team: 'a' }, secret('alice'), secret('bob')),
    });
    expect(['alice', 'bob'].map((name) => tagsIn(aws, name))).toEqual([{ team: 'a' }, { team: 'a' }]);
    expect(aws.secretsManager.valueOf('alice')).toBe('a key');
  });

  test('a secret that somebody has deleted is not missed by those who tag the others', async () => {
    const { aws, change } = deployment();
    const secrets = [secret('gone'), secret('alice')];
    await change(create(...secrets));
    aws.secretsManager.removeSecret('gone');
    await change({
      RequestType: 'Update',
      ResourceProperties: tagged({ team: 'b' }, ...secrets),
      OldResourceProperties: tagged({ group: 'a' }, ...secrets),
    });
    expect(tagsIn(aws, 'gone')).toBeUndefined();
    expect(tagsIn(aws, 'alice')).toEqual({ team: 'b' });
  });

  test('a new user is paused from the first moment on, beside the tags', async () => {
    const { aws, change } = deployment();
    const setters = settersOf(aws, PAUSE);
    await change({
      RequestType: 'Create',
      ResourceProperties: tagged(
        { team: 'a' },
        secret('alice', { PausedBecause: 'consumers have to move' }),
        secret('bob'),
      ),
    });
    expect(tagsIn(aws, 'alice')).toEqual({ team: 'a', [PAUSE]: 'consumers have to move' });
    expect(tagsIn(aws, 'bob')).toEqual({ team: 'a' });
    // Not by a second call, before which a rotation could begin.
    expect(setters).toEqual(['CreateSecret']);
  });

  test.each(['a key', PLACEHOLDER_SECRET_STRING])(
    'a user whose secret exists is not paused: %s',
    async (value) => {
      const { aws, change } = deployment();
      const pausing = create(secret('alice', { PausedBecause: 'consumers have to move' }));
      if (value === PLACEHOLDER_SECRET_STRING) await change(create(secret('alice')));
      else aws.secretsManager.createSecret('alice', { secretString: value });
      await change(pausing);
      expect(tagsIn(aws, 'alice')).toEqual({});
    },
  );

  test('a pause that somebody has ended does not come back, with other tags and another reason', async () => {
    const { aws, change } = deployment();
    const before = tagged({ team: 'a' }, secret('alice', { PausedBecause: 'one' }));
    await change({ RequestType: 'Create', ResourceProperties: before });
    aws.secretsManager.setTag('alice', PAUSE, undefined);
    await change({
      RequestType: 'Update',
      ResourceProperties: tagged({ team: 'b' }, secret('alice', { PausedBecause: 'two' })),
      OldResourceProperties: before,
    });
    expect(tagsIn(aws, 'alice')).toEqual({ team: 'b' });
  });
});
