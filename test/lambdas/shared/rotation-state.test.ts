import { isEmergency, isLeaked, RotationInput } from '../../../lambdas/shared/rotation-state';
import { STEP_NAMES, stepPlaceholder } from '../../../lambdas/shared/steps';
import { NEW, OLD } from '../support/fixtures';

describe('the input of an execution', () => {
  const leak = { userName: 'alice', action: 'emergency', accessKeyId: OLD, reason: 'in a log' };

  test.each<[string, object, object]>([
    ['a name alone', { userName: 'alice' }, { action: 'rotate', trigger: 'manual' }],
    ['the schedule', { userName: 'alice', trigger: 'schedule' }, { action: 'rotate', trigger: 'schedule' }],
    ['a comment', { userName: 'alice', comment: 'monthly' }, { comment: 'monthly' }],
    ['an emergency', leak, leak],
    ['a rollback', { userName: 'alice', action: 'rollback' }, { action: 'rollback' }],
    [
      'a rollback with its reason',
      { userName: 'alice', action: 'rollback', reason: 'outage' },
      { reason: 'outage' },
    ],
    ['a person who resumes', { userName: 'alice', action: 'resume' }, { action: 'resume' }],
  ])('%s', (_case, input, expected) => {
    expect(RotationInput.safeParse(input)).toMatchObject({ success: true, data: expected });
  });

  test.each<[string, object, readonly string[]]>([
    ['an emergency without a key', { ...leak, accessKeyId: undefined }, ['accessKeyId']],
    ['an emergency without a reason', { ...leak, reason: undefined }, ['reason']],
    ['an emergency alone', { userName: 'alice', action: 'emergency' }, ['accessKeyId', 'reason']],
    ["a rotation of a key of a person's choice", { userName: 'alice', accessKeyId: OLD }, ['accessKeyId']],
    ["a rollback to a key of a person's choice", { ...leak, action: 'rollback' }, ['accessKeyId']],
    ['a rotation with a reason', { userName: 'alice', reason: 'monthly' }, ['reason']],
    ['a plan with both', { ...leak, action: 'plan' }, ['accessKeyId', 'reason']],
    ['a key ID that is too short to be one', { ...leak, accessKeyId: 'AKIA' }, ['accessKeyId']],
    ['a reason without words', { ...leak, reason: '' }, ['reason']],
    ['a name without letters', { userName: '' }, ['userName']],
  ])('%s is refused, and the field is named', (_case, input, fields) => {
    const { error } = RotationInput.safeParse(input);
    expect(error?.issues.map(({ path }) => path.join('.'))).toEqual(fields);
  });
});

test.each<[string, string | null, readonly string[], boolean]>([
  ['the old key has leaked', OLD, [NEW, OLD], true],
  ['another key has leaked', OLD, [NEW], false],
  ['no key has leaked', OLD, [], false],
  ['there is no old key', null, [OLD], false],
])('an emergency: %s', (_case, oldAccessKeyId, leaked, expected) => {
  const rotation = { oldAccessKeyId, leakedAccessKeyIds: [...leaked] };
  expect(isEmergency(rotation)).toBe(expected);
  expect(isLeaked(rotation, oldAccessKeyId)).toBe(expected);
});

test('each step has its placeholder in the definition', () => {
  expect(STEP_NAMES.map(stepPlaceholder)).toEqual([
    'PlanRotation',
    'StopExecution',
    'CreateAccessKey',
    'TestAccessKey',
    'PublishAccessKey',
    'ConfirmAdoption',
    'DeactivateAccessKey',
    'ConfirmHealth',
    'ReactivateAccessKey',
    'DeleteAccessKey',
  ]);
});
