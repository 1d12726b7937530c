import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsCustomResource, AwsCustomResourcePolicy, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { PLACEHOLDER_SECRET_STRING } from '../../../lambdas/shared/secret/placeholder';
import { AccessKeyRotation } from '../../../lib/access-key-rotation';
import { madeBefore, resourceOf, resourcesOf, resourceText, statementsOf, templateOf } from '../synthesize';

const template = templateOf({
  users: [{ userName: 'alice' }, { userName: 'bob,b' }, { userName: 'carol', existingSecret: 'carol/key' }],
});

// Pinned: with other content, the functions would not recognise it.
const PLACEHOLDER =
  '{"Version":1,"kind":"placeholder","message":"No access key has been published yet: start a rotation for this user."}';

test('the secrets are requested under the names that the functions know, by one resource for all users', () => {
  expect(resourceOf(template, 'Custom::RotatedSecrets').Properties).toEqual({
    ServiceToken: { 'Fn::GetAtt': [expect.stringContaining('SecretsFunction'), 'Arn'] },
    Secrets: [
      { SecretId: 'iam-access-key-rotation/alice', UserName: 'alice' },
      { SecretId: 'iam-access-key-rotation/bob/cb', UserName: 'bob,b' },
    ],
  });
  template.resourceCountIs('AWS::SecretsManager::Secret', 0);
});

test('the log of creations keeps its logical ID, else a deployment would leave it behind', () => {
  expect(Object.keys(resourcesOf(template, 'AWS::Logs::LogGroup'))).toContain(
    'AccessKeyRotationSecretsLogsEAAA826D',
  );
});

test('the placeholder is the one that the functions recognise', () => {
  expect(PLACEHOLDER_SECRET_STRING).toBe(PLACEHOLDER);
});

test('if all users brought secrets, nothing that could create one is deployed', () => {
  const plain = templateOf({ users: [{ userName: 'carol', existingSecret: 'carol/key' }] });
  plain.resourceCountIs('Custom::RotatedSecrets', 0);
  plain.resourceCountIs('AWS::Lambda::Function', 15);
  expect(statementsOf(plain, 'SecretsRole')).toEqual([]);
});

test('the role of all creations may create these secrets, write its log, and nothing else', () => {
  const prefix =
    'arn:$' +
    '{AWS::Partition}:secretsmanager:$' +
    '{AWS::Region}:$' +
    '{AWS::AccountId}:secret:iam-access-key-rotation';
  const statements = statementsOf(template, 'SecretsRole').map(({ actions, resources }) => [
    actions,
    resources.map(resourceText),
  ]);
  expect(statements).toEqual([
    [['logs:CreateLogStream', 'logs:PutLogEvents'], [expect.stringMatching(/SecretsLogs.*\.Arn$/)]],
    [
      ['secretsmanager:CreateSecret'],
      ['alice', 'alice-??????', 'bob/cb', 'bob/cb-??????'].map((name) => `${prefix}/${name}`),
    ],
  ]);
  expect(resourceOf(template, 'AWS::Lambda::Function', 'SecretsFunction').Properties.Role).toEqual({
    'Fn::GetAtt': [expect.stringContaining('SecretsRole'), 'Arn'],
  });
});

test('the secrets wait for the permission to create them, and the permission to start rotations waits for them', () => {
  const [created = ''] = Object.keys(resourcesOf(template, 'Custom::RotatedSecrets'));
  expect([...madeBefore(template, created)]).toContainEqual(
    expect.stringContaining('SecretsRolePermissions'),
  );
  const [permission = ''] = Object.keys(resourcesOf(template, 'AWS::IAM::Policy')).filter((id) =>
    id.includes('SchedulesRole'),
  );
  expect([...madeBefore(template, permission)]).toContain(created);
  const waits = (name: string) =>
    resourceOf(template, 'AWS::Scheduler::Schedule', name).DependsOn?.includes(permission);
  expect(['alice', 'bob', 'carol'].map(waits)).toEqual([true, true, true]);
});

test('other AWS calls of custom resources in the same stack are separate, before or after', () => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] }, builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Theirs');
  new AwsCustomResource(stack, 'Before', {
    installLatestAwsSdk: false,
    onCreate: { service: 'S3', action: 'ListBuckets', physicalResourceId: PhysicalResourceId.of('before') },
    policy: AwsCustomResourcePolicy.fromSdkCalls({ resources: AwsCustomResourcePolicy.ANY_RESOURCE }),
  });
  const names = ['first', 'second'];
  for (const rotationName of names) {
    new AccessKeyRotation(stack, rotationName, { users: [{ userName: `of-${rotationName}` }], rotationName });
  }
  const theirs = Template.fromStack(stack);
  for (const name of names) {
    const { Role } = resourceOf(theirs, 'AWS::Lambda::Function', `${name}SecretsFunction`).Properties;
    const role = Role['Fn::GetAtt'][0];
    expect(role).toMatch(new RegExp(`^${name}SecretsRole`));
    expect(statementsOf(theirs, role).flatMap(({ actions }) => actions)).toContain(
      'secretsmanager:CreateSecret',
    );
  }
});

test('more than fits into one request is refused, with a way to make it smaller', () => {
  const reader = (user: number, index: number) =>
    `arn:aws:iam::444455556666:role/${'p'.repeat(400)}/reader-${user}-${index}`;
  const users = (count: number) =>
    Array.from({ length: count }, (_user, user) => ({
      userName: `user-${user}`,
      readers: Array.from({ length: 30 }, (_reader, index) => reader(user, index)),
    }));
  expect(() => templateOf({ users: users(8) })).not.toThrow();
  expect(() => templateOf({ users: users(10) })).toThrow(
    /users: what put-policies needs to know of all users takes 1\d{5} bytes\. Allowed: 125000 for a stack/,
  );
});
