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
    /^Secrets that could not be created: 1 of 100\. user-50: LimitExceededException: /,
  );
  expect(names(100).filter((name) => aws.secretsManager.secret(name) === undefined)).toEqual(['user-50']);
  await change(all);
  expect(aws.secretsManager.secret('user-50')).toBeDefined();
});
