import { STEP_NAMES, stepPlaceholder } from '../../../../lambdas/shared/contract/steps';
import {
  CreatedState,
  DeactivatedState,
  isEmergency,
  isLeaked,
  PlannedState,
  PublishedState,
  RetirableState,
  RollbackState,
  RotationInput,
  TestedState,
} from '../../../../lambdas/shared/rotation/rotation-state';
import { ENROLLED, NEW, NOW, OLD, OTHER, ROTATION, USER_ID } from '../../support/fixtures';

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
    'TraceLeakedKey',
    'ConfirmHealth',
    'ReactivateAccessKey',
    'DeleteAccessKey',
  ]);
});

describe('what travels from step to step', () => {
  const {
    userName,
    secretId,
    rotateAfter: _rotateAfter,
    onExposedKey: _onExposedKey,
    containForeignKeys: _containForeignKeys,
    ...settings
  } = ENROLLED;
  const time = NOW.toISOString();
  const planned = {
    userName,
    userId: USER_ID,
    secretId,
    action: 'emergency',
    trigger: 'schedule',
    reason: 'in a log',
    settings: {
      ...settings,
      healthAlarms: ['errors'],
      fieldNames: { accessKeyId: 'user', secretAccessKey: 'password' },
      validator: 'arn:aws:lambda:us-east-1:111122223333:function:shop',
      acknowledgement: { deadline: 'P2D' },
    },
    predecessorVersionId: 'intent-of-predecessor',
    rotation: {
      ...ROTATION,
      inactiveAccessKeyIdsBefore: [OTHER],
      leakedAccessKeyIds: [OLD],
      supersededAccessKeyId: OTHER,
    },
    status: 'due',
    outcome: 'Emergency.',
    waitUntil: time,
  };
  const created = { ...planned, newAccessKeyId: NEW };
  const published = {
    ...created,
    testedAt: time,
    publishedAt: time,
    adoptionChecks: 1,
    pausedAt: time,
    verdict: { answer: { healthy: true } },
    acknowledgement: { given: true },
    lastUseOfLeakedKey: 'never',
  };
  const deactivated = { ...published, deactivatedAt: time, deactivatedHere: true, healthChecks: 2 };
  const rollback = { error: 'StateDrift', reason: 'somebody was here' };

  test.each([
    ['create-access-key', PlannedState, planned],
    [
      'a window that is always open',
      PlannedState,
      { ...planned, settings: { ...planned.settings, deactivationWindow: 'always' } },
    ],
    ['test-access-key', CreatedState, created],
    ['publish-access-key', TestedState, { ...created, testedAt: time }],
    ['confirm-adoption', PublishedState, published],
    ['confirm-health', DeactivatedState, deactivated],
    ['reactivate-access-key', RollbackState, { ...created, rollback, deactivatedHere: true }],
    ['a rollback before there is a key', RollbackState, { ...planned, newAccessKeyId: null, rollback }],
    ['delete-access-key', RetirableState, { ...published, deactivatedAt: time }],
  ])('arrives whole: %s', (_case, schema, state) => {
    expect(schema.parse(JSON.parse(JSON.stringify(state)))).toEqual(state);
    expect(() => schema.parse({})).toThrow();
  });

  test('what a rotation did not know of that began before a deployment', () => {
    const { onAdoptionDeadline: _choice, ...formerSettings } = settings;
    const formerRotation = {
      ...ROTATION,
      inactiveAccessKeyIdsBefore: undefined,
      leakedAccessKeyIds: undefined,
      supersededAccessKeyId: undefined,
    };
    const former = { ...planned, settings: formerSettings, rotation: formerRotation };
    expect(PlannedState.parse(former)).toMatchObject({
      settings: { onAdoptionDeadline: 'stop' },
      rotation: { inactiveAccessKeyIdsBefore: [], leakedAccessKeyIds: [], supersededAccessKeyId: null },
    });
  });

  test('a plan is no rotation, and no state has an unknown error to roll back for', () => {
    expect(PlannedState.safeParse({ ...planned, action: 'plan' }).success).toBe(false);
    const unknown = { ...created, rollback: { ...rollback, error: 'AccessKeyConflict' } };
    expect(RollbackState.safeParse(unknown).success).toBe(false);
  });
});
