import { PLACEHOLDER_SECRET_STRING } from '../../lambdas/shared/placeholder';
import { resourceOf, resourcesOf, resourceText, statementsOf, templateOf } from './synthesize';

const template = templateOf({
  users: [{ userName: 'alice' }, { userName: 'bob,b' }, { userName: 'carol', existingSecret: 'carol/key' }],
});

// Both pinned: under another logical ID, or with other content, CloudFormation would see another resource.
const ALICE = 'AccessKeyRotationSecretsalice61BB657E';
const PLACEHOLDER =
  '{"Version":1,"kind":"placeholder","message":"No access key has been published yet: start a rotation for this user."}';

test('a new secret is asked for once, with the placeholder, under the name that the functions know', () => {
  const secret = resourcesOf(template, 'Custom::RotatedSecret')[ALICE];
  expect(JSON.parse(secret?.Properties.Create)).toEqual({
    service: 'SecretsManager',
    action: 'CreateSecret',
    parameters: {
      Name: 'iam-access-key-rotation/alice',
      Description: 'Access key of the IAM user alice, rotated by AWS Step Functions',
      SecretString: PLACEHOLDER,
    },
    ignoreErrorCodesMatching: '^ResourceExistsException$',
    physicalResourceId: { id: 'iam-access-key-rotation/alice' },
    logApiResponseData: false,
  });
});

test('the placeholder is the one that the functions recognise', () => {
  expect(PLACEHOLDER_SECRET_STRING).toBe(PLACEHOLDER);
});

test('no deployment updates a secret, and no deletion deletes one', () => {
  const secrets = Object.values(resourcesOf(template, 'Custom::RotatedSecret'));
  expect(secrets.map(({ Properties }) => Object.keys(Properties).sort())).toEqual([
    ['Create', 'InstallLatestAwsSdk', 'ServiceToken'],
    ['Create', 'InstallLatestAwsSdk', 'ServiceToken'],
  ]);
  template.resourceCountIs('AWS::SecretsManager::Secret', 0);
});

test('a user with a secret of its own gets none', () => {
  expect(
    Object.keys(resourcesOf(template, 'Custom::RotatedSecret')).filter((id) => id.includes('carol')),
  ).toEqual([]);
});

test('where all users brought secrets, nothing that could create one is deployed', () => {
  const plain = templateOf({ users: [{ userName: 'carol', existingSecret: 'carol/key' }] });
  plain.resourceCountIs('Custom::RotatedSecret', 0);
  plain.resourceCountIs('AWS::Lambda::Function', 10);
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
  expect(
    resourceOf(template, 'AWS::Lambda::Function', 'AWS679f53fac002430cb0da5b7982bd2287').Properties.Role,
  ).toEqual({
    'Fn::GetAtt': [expect.stringContaining('SecretsRole'), 'Arn'],
  });
});

test('a secret waits for the permission to create it, and its schedule waits for the secret', () => {
  expect(resourcesOf(template, 'Custom::RotatedSecret')[ALICE]?.DependsOn).toContainEqual(
    expect.stringContaining('SecretsRolePermissions'),
  );
  expect(resourceOf(template, 'AWS::Scheduler::Schedule', 'alice').DependsOn).toContain(ALICE);
});
