import { EmbeddedAws } from '../../../embedded-aws/embedded-aws';
import { VirtualClock } from '../../../embedded-aws/ground/clock';
import { readersPolicy } from '../../../lambdas/admit-readers/decide';
import { createChange } from '../../../lambdas/admit-readers/handler';
import { resourcePolicyAllows } from '../../../local/deployment/permissions';

const ROLE = 'arn:aws:iam::444455556666:role/readers/deploy';
const OTHER = 'arn:aws:iam::444455556666:role/other';

const deployment = () => {
  const aws = new EmbeddedAws({ clock: new VirtualClock({ start: new Date() }) });
  const asked: (readonly [unknown, unknown])[] = [];
  aws.faults.inject({
    kind: 'act',
    act: ({ input }) => asked.push([input.SecretId, input.BlockPublicPolicy]),
    match: ({ operation }) => operation === 'PutResourcePolicy',
    times: 9,
  });
  for (const name of ['alice', 'bob', 'carol']) aws.secretsManager.createSecret(name, { secretString: '{}' });
  const change = createChange({
    region: aws.region,
    credentials: aws.roleCredentials('arn:aws:iam::111122223333:role/readers'),
    requestHandler: aws.requestHandler(),
    maxAttempts: 1,
  });
  const readersOf = (name: string): unknown => {
    const policy = aws.secretsManager.secret(name)?.policy;
    return policy === undefined ? undefined : JSON.parse(policy).Statement[0].Principal.AWS;
  };
  return { aws, asked, change, readersOf };
};
const admit = (Readers: readonly string[], ...SecretIds: readonly string[]) => ({ Readers, SecretIds });
const create = (...Admitted: readonly object[]) => ({
  RequestType: 'Create',
  ResourceProperties: { ServiceToken: 'arn', Admitted },
});
const update = (before: readonly object[], after: readonly object[]) => ({
  ...create(...after),
  RequestType: 'Update',
  OldResourceProperties: { ServiceToken: 'arn', Admitted: before },
});

test('each secret gets the policy of its readers, which nobody can make public', async () => {
  const { asked, change, readersOf } = deployment();
  const { physicalResourceId } = await change(
    create(admit([ROLE], 'alice', 'bob'), admit([ROLE, OTHER], 'carol')),
  );
  expect(physicalResourceId).toBe('secret-readers');
  expect(['alice', 'bob', 'carol'].map(readersOf)).toEqual([[ROLE], [ROLE], [ROLE, OTHER]]);
  expect(asked).toEqual(['alice', 'bob', 'carol'].map((name) => [name, true]));
});

test('an update puts what has changed, and takes nothing away', async () => {
  const { asked, change, readersOf } = deployment();
  const before = [admit([ROLE], 'alice', 'bob', 'carol')];
  await change(create(...before));
  await change(update(before, [admit([ROLE], 'alice'), admit([OTHER], 'bob')]));
  expect(asked.slice(3)).toEqual([['bob', true]]);
  expect(['alice', 'bob', 'carol'].map(readersOf)).toEqual([[ROLE], [OTHER], [ROLE]]);
});

test('an update that failed is taken back by the one that CloudFormation sends then', async () => {
  const { aws, change, readersOf } = deployment();
  const before = [admit([ROLE], 'alice', 'bob')];
  const after = [admit([OTHER], 'alice', 'gone', 'bob')];
  await change(create(...before));
  await expect(change(update(before, after))).rejects.toThrow(
    /^Secrets that could not be opened to their readers: 1 of 3\. gone: ResourceNotFoundException: /,
  );
  expect(['alice', 'bob'].map(readersOf)).toEqual([[OTHER], [OTHER]]);
  await change(update(after, before));
  expect(['alice', 'bob'].map(readersOf)).toEqual([[ROLE], [ROLE]]);
  aws.secretsManager.createSecret('gone', { secretString: '{}' });
  await change(update(before, after));
  expect(['alice', 'gone', 'bob'].map(readersOf)).toEqual([[OTHER], [OTHER], [OTHER]]);
});

test('a resource that is deleted leaves the policies', async () => {
  const { aws, change, readersOf } = deployment();
  await change(create(admit([ROLE], 'alice')));
  await change({ RequestType: 'Delete', PhysicalResourceId: 'secret-readers' });
  expect(aws.calls).toHaveLength(1);
  expect(readersOf('alice')).toEqual([ROLE]);
});

const policy = JSON.parse(readersPolicy([ROLE]));

test('readers may describe and read the secret, and nothing else', () => {
  expect(policy.Statement).toHaveLength(1);
  expect(policy.Statement[0]).toMatchObject({
    Effect: 'Allow',
    Principal: { AWS: [ROLE] },
    Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
    Resource: '*',
  });
});

test.each<[string, Record<string, readonly string[]>, boolean]>([
  ['AWSCURRENT, as most requests do: without a word', {}, true],
  ['AWSCURRENT by its name', { 'secretsmanager:VersionStage': ['AWSCURRENT'] }, true],
  ['the intent of a rotation', { 'secretsmanager:VersionStage': ['AWSPENDING'] }, false],
  ['the key before', { 'secretsmanager:VersionStage': ['AWSPREVIOUS'] }, false],
  ['any version by its ID', { 'secretsmanager:VersionId': ['0123'] }, false],
  [
    'a version by its ID, as AWSCURRENT',
    { 'secretsmanager:VersionId': ['0123'], 'secretsmanager:VersionStage': ['AWSCURRENT'] },
    false,
  ],
])('a reader that asks for %s: %j, %s', (_what, conditions, expected) => {
  const request = { action: 'secretsmanager:GetSecretValue', resource: 'arn:secret', conditions };
  expect(resourcePolicyAllows('alice', policy, request)).toBe(expected);
});
