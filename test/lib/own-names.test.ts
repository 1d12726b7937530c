import { App, Stack } from 'aws-cdk-lib';
import { AccessKeyRotation, type AccessKeyRotationProps } from '../../lib/access-key-rotation';
import { ConfigError } from '../../lib/config';

/*
 * Rotations that an app makes by itself are judged as the stacks of one file are: test/lib/stacks.test.ts.
 */

type Where = { readonly account?: string; readonly region?: string };

const HERE = { account: '111122223333', region: 'eu-west-1' };

const emptyApp = (): App =>
  new App({ context: { 'aws:cdk:bundling-stacks': [] }, builtinCloudFormationValidation: false });

const alice = { rotationName: 'first', users: [{ userName: 'alice' }] };
const bob = { rotationName: 'second', users: [{ userName: 'bob' }] };

/** Makes a rotation in a stack of its own for each, and says what is wrong with the last. */
const problemsOf = (
  ...rotations: readonly (readonly [AccessKeyRotationProps, Where])[]
): readonly string[] => {
  const app = emptyApp();
  const make = ([props, env]: readonly [AccessKeyRotationProps, Where], index: number): AccessKeyRotation =>
    new AccessKeyRotation(new Stack(app, `Stack${index}`, { env }), 'Keys', props);
  const last = rotations.length - 1;
  rotations.slice(0, last).forEach(make);
  try {
    rotations.slice(last).forEach((rotation) => {
      make(rotation, last);
    });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

const grouped = (props: AccessKeyRotationProps) => ({ ...props, deployment: { scheduleGroupName: 'keys' } });
const owned = (userName: string, existingSecret: string) => ({ users: [{ userName, existingSecret }] });

test.each<[string, readonly (readonly [AccessKeyRotationProps, Where])[]]>([
  ['one', [[alice, HERE]]],
  [
    'two of other names and users in one account, and a third',
    [
      [alice, HERE],
      [bob, HERE],
      [{ rotationName: 'third', users: [{ userName: 'carol' }] }, HERE],
    ],
  ],
  [
    'two of other names and users, anywhere',
    [
      [alice, {}],
      [bob, {}],
    ],
  ],
  [
    'the same in two accounts',
    [
      [alice, HERE],
      [alice, { ...HERE, account: '444455556666' }],
    ],
  ],
  [
    'one name, and one group, in two Regions',
    [
      [grouped(alice), HERE],
      [grouped({ ...bob, rotationName: 'first' }), { ...HERE, region: 'us-east-1' }],
    ],
  ],
])('an app may have %s', (_what, rotations) => {
  expect(problemsOf(...rotations)).toEqual([]);
});

const SECOND = 'Stack1/Keys';

test.each<[string, AccessKeyRotationProps, AccessKeyRotationProps, string]>([
  [
    'one name',
    alice,
    { ...bob, rotationName: 'first' },
    `${SECOND}.rotationName: "first" was given. Allowed: a name of its own for each AccessKeyRotation, and first is Stack0/Keys.rotationName: its state machines are first and first-emergency.`,
  ],
  [
    'the name of the state machine of emergencies',
    alice,
    { ...bob, rotationName: 'first-emergency' },
    `${SECOND}.rotationName: "first-emergency" was given. Allowed: a name of its own for each AccessKeyRotation, and first is Stack0/Keys.rotationName: its state machines are first and first-emergency.`,
  ],
  [
    'one group of schedules',
    grouped(alice),
    grouped(bob),
    `${SECOND}.deployment.scheduleGroupName: "keys" was given. Allowed: a group of its own for each AccessKeyRotation of an account and Region, and this is that of Stack0/Keys, so say it for each of them.`,
  ],
  [
    'one user, by other letters',
    alice,
    { ...bob, users: [{ userName: 'Alice' }] },
    `${SECOND}.users: "Alice" was given. Allowed: each IAM user in one AccessKeyRotation of an account, and alice is in Stack0/Keys.users.`,
  ],
  [
    'one secret',
    { ...alice, ...owned('alice', 'key') },
    { ...bob, ...owned('bob', 'key') },
    `${SECOND}.users: "key" was given as the secret of bob. Allowed: a secret of its own for each user, and it is that of alice in Stack0/Keys.users.`,
  ],
])('two are refused with %s', (_what, first, second, problem) => {
  expect(problemsOf([first, HERE], [second, HERE])).toEqual([problem]);
  // What is unknown may be the same account.
  const hint = '. If the two are in two accounts, give the stack of each its env.';
  expect(problemsOf([first, {}], [second, HERE])).toEqual([problem.replace(/\.$/, hint)]);
});

test('every problem is told, with each of the others', () => {
  const carol = { rotationName: 'first', users: [{ userName: 'alice' }, { userName: 'bob' }] };
  expect(problemsOf([alice, HERE], [bob, HERE], [carol, HERE])).toEqual([
    expect.stringMatching(/^Stack2\/Keys\.rotationName: .* Stack0\/Keys/),
    expect.stringMatching(/^Stack2\/Keys\.users: "alice" .* Stack0\/Keys/),
    expect.stringMatching(/^Stack2\/Keys\.users: "bob" .* Stack1\/Keys/),
  ]);
});

test('two apps of one process have nothing to do with each other', () => {
  expect(problemsOf([alice, HERE])).toEqual([]);
  expect(problemsOf([alice, HERE])).toEqual([]);
});

test('one that was refused is in the way of none', () => {
  const app = emptyApp();
  const stack = new Stack(app, 'Stack');
  new AccessKeyRotation(stack, 'First', alice);
  expect(() => new AccessKeyRotation(stack, 'Refused', { ...bob, rotationName: 'first' })).toThrow(
    ConfigError,
  );
  expect(() => new AccessKeyRotation(stack, 'Second', bob)).not.toThrow();
});
