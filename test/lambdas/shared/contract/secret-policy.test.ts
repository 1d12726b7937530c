import { GUARDED_ACTIONS, secretPolicy } from '../../../../lambdas/shared/contract/secret-policy';
import { resourcePolicySays } from '../../../../local/deployment/permissions';

const READER = 'arn:aws:iam::444455556666:role/readers/deploy';
const BREAK_GLASS = 'arn:aws:iam::111122223333:role/break-glass';
const ROOT = 'arn:aws:iam::111122223333:root';
const READING = 'arn:aws:iam::111122223333:role/reading-step';
const STORING = 'arn:aws:iam::111122223333:role/storing-step';
const STRANGER = 'arn:aws:iam::111122223333:role/stranger';
const STEPS = [
  { RoleArn: READING, Actions: ['secretsmanager:GetSecretValue'] },
  { RoleArn: STORING, Actions: ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'] },
];

const READERS_ALONE = secretPolicy({ Readers: [READER] }, []);
const CLOSED = secretPolicy({ Readers: [READER], BreakGlass: [BREAK_GLASS, ROOT] }, STEPS);

const says = (policy: string, caller: string, action: string, conditions = {}) =>
  resourcePolicySays(policy, {
    caller,
    action: `secretsmanager:${action}`,
    resource: 'arn:secret',
    conditions,
  });

test('readers may describe and read the secret, and nothing else', () => {
  const { Statement } = JSON.parse(READERS_ALONE);
  expect(Statement).toHaveLength(1);
  expect(Statement[0]).toMatchObject({
    Effect: 'Allow',
    Principal: { AWS: [READER] },
    Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
    Resource: '*',
  });
});

test.each<[string, Record<string, readonly string[]>, 'allow' | undefined]>([
  ['AWSCURRENT, as most requests do: without a word', {}, 'allow'],
  ['AWSCURRENT by its name', { 'secretsmanager:VersionStage': ['AWSCURRENT'] }, 'allow'],
  ['the intent of a rotation', { 'secretsmanager:VersionStage': ['AWSPENDING'] }, undefined],
  ['the key before', { 'secretsmanager:VersionStage': ['AWSPREVIOUS'] }, undefined],
  ['any version by its ID', { 'secretsmanager:VersionId': ['0123'] }, undefined],
  [
    'a version by its ID, as AWSCURRENT',
    { 'secretsmanager:VersionId': ['0123'], 'secretsmanager:VersionStage': ['AWSCURRENT'] },
    undefined,
  ],
])('a reader that asks for %s: %j, %s', (_what, conditions, expected) => {
  expect(says(READERS_ALONE, READER, 'GetSecretValue', conditions)).toBe(expected);
  expect(says(CLOSED, READER, 'GetSecretValue', conditions)).toBe(expected);
});

test('readers alone deny nobody anything', () => {
  for (const action of GUARDED_ACTIONS) {
    expect(says(READERS_ALONE, STRANGER, action.split(':')[1] ?? '')).toBeUndefined();
  }
});

/** Who is denied what: r(ead), p(ut), m(ove a label), u(pdate). */
test.each<[string, string, string]>([
  ['a stranger', STRANGER, 'rpmu'],
  ['a role of a step under another path', 'arn:aws:iam::111122223333:role/other/storing-step', 'rpmu'],
  ['a role whose name goes on', `${STORING}-2`, 'rpmu'],
  ['the same role of another account', STORING.replace('111122223333', '444455556666'), 'rpmu'],
  ['a reader', READER, 'pmu'],
  ['a step that reads', READING, 'pmu'],
  ['a step that stores', STORING, 'mu'],
  ['the break-glass role', BREAK_GLASS, ''],
  ['the root user', ROOT, ''],
])('%s is denied what it does not need', (_who, caller, expected) => {
  const letters = {
    r: 'GetSecretValue',
    p: 'PutSecretValue',
    m: 'UpdateSecretVersionStage',
    u: 'UpdateSecret',
  };
  const denied = Object.entries(letters).filter(([, action]) => says(CLOSED, caller, action) === 'deny');
  expect(denied.map(([letter]) => letter).join('')).toBe(expected);
});

test.each([
  'PutResourcePolicy',
  'DeleteResourcePolicy',
  'GetResourcePolicy',
  'DescribeSecret',
  'TagResource',
])('nobody is denied %s, so whoever administers secrets can undo the policy', (action) => {
  expect(says(CLOSED, STRANGER, action)).toBeUndefined();
});

test.each<[string, Record<string, readonly string[]>, 'deny' | undefined]>([
  [
    'a service that acts for itself',
    { 'aws:PrincipalIsAWSService': ['true'], 'aws:PrincipalArn': [] },
    undefined,
  ],
  ['somebody whose ARN is not known', { 'aws:PrincipalArn': [] }, 'deny'],
  ['somebody of whom nothing is known', { 'aws:PrincipalIsAWSService': [], 'aws:PrincipalArn': [] }, 'deny'],
])('%s: %j, %s', (_who, conditions, expected) => {
  for (const action of GUARDED_ACTIONS) {
    expect(says(CLOSED, 'nobody', action.split(':')[1] ?? '', conditions)).toBe(expected);
  }
});

test('the break-glass principals are given nothing: they need permissions of their own', () => {
  for (const action of GUARDED_ACTIONS) {
    expect(says(CLOSED, BREAK_GLASS, action.split(':')[1] ?? '')).toBeUndefined();
  }
});
