import { OWNERSHIP_TAG } from '../../lambdas/shared/contract/names';
import { PLACEHOLDER_SECRET_STRING } from '../../lambdas/shared/secret/placeholder';
import { emergencyOf, ROLLBACK, SCHEDULED, SECRET } from '../support/alice';
import { sampled } from '../support/sampled';
import { OTHER_MARK, OWN_MARK } from './support/fixtures';
import { Stage, type StageOptions, TO_PUBLICATION } from './support/stage';

let stage: Stage;
afterEach(() => stage.close());

const open = (options?: StageOptions): Stage => {
  stage = new Stage(options);
  return stage;
};
const setMark = (value?: string) => stage.aws.iam.setUserTag('alice', OWNERSHIP_TAG, value);
const mark = () => stage.aws.iam.tagsOf('alice')[OWNERSHIP_TAG];
const callsOf = (...operations: readonly string[]) =>
  stage.aws.calls.map(({ operation }) => operation).filter((operation) => operations.includes(operation));
const at = (operation: string, act: () => void, nth = 1) => {
  let seen = 0;
  stage.aws.faults.inject({
    kind: 'act',
    match: (call) => {
      if (call.operation === operation) seen += 1;
      return call.operation === operation && seen === nth;
    },
    act,
  });
};
const deny = (operation: string) =>
  stage.aws.faults.inject({
    kind: 'error',
    code: 'AccessDenied',
    status: 403,
    message: 'not authorized to perform: iam:TagUser',
    times: 1000,
    match: (call) => call.operation === operation,
  });
const CONFLICT = { name: 'UserConflict' };
const emergency = () => emergencyOf(stage.oldKey);

describe('a user without a mark', () => {
  test('is marked, and the mark is read back, before a key is created', async () => {
    open();
    await stage.execution('first').walk('create-access-key');
    expect(mark()).toBe(OWN_MARK);
    expect(callsOf('GetUser', 'TagUser', 'CreateAccessKey')).toEqual([
      'GetUser',
      'GetUser',
      'TagUser',
      'GetUser',
      'CreateAccessKey',
    ]);
  });

  test('keeps the tags that it has', async () => {
    open();
    stage.aws.iam.setUserTag('alice', 'team', 'orders');
    await stage.execution('first').walk('create-access-key');
    expect(stage.aws.iam.tagsOf('alice')).toEqual({ team: 'orders', [OWNERSHIP_TAG]: OWN_MARK });
  });

  test('is marked again when somebody has taken the mark away', async () => {
    open();
    const rotation = stage.execution('first');
    await rotation.walk('create-access-key');
    rotation.end();
    setMark();
    await stage.wait(600_000);
    stage.aws.iam.removeAccessKey(rotation.newKey);
    await stage.execution('second').walk('create-access-key');
    expect(mark()).toBe(OWN_MARK);
  });

  test('is marked while IAM shows it late, and no key is created before', async () => {
    open();
    const rotation = stage.execution('first');
    await rotation.plan();
    stage.aws.behaviour.iamReadLag = 86_400_000;
    await expect(rotation.step('create-access-key')).rejects.toMatchObject({ name: 'TransientServiceError' });
    expect(Object.keys(stage.keys())).toEqual([stage.oldKey]);
    stage.aws.behaviour.iamReadLag = 0;
    expect((await rotation.step('create-access-key')).status).toBe('created');
  });

  test('is not rotated where another secret marks it at the same moment, last', async () => {
    open();
    const rotation = stage.execution('first');
    await rotation.plan();
    at('GetUser', () => setMark(OTHER_MARK), 2);
    await expect(rotation.step('create-access-key')).rejects.toMatchObject(CONFLICT);
    expect(mark()).toBe(OTHER_MARK);
    expect(Object.keys(stage.keys())).toEqual([stage.oldKey]);
    // The next one plans afresh.
    expect(stage.labels()).not.toHaveProperty('AWSPENDING');
  });

  test('is asked about again where another mark has come and gone, and its own does not show', async () => {
    open();
    const rotation = stage.execution('first');
    await rotation.plan();
    let looks = 0;
    stage.aws.faults.inject({
      kind: 'act',
      times: 99,
      match: ({ operation }) => operation === 'GetUser',
      act: () => {
        looks += 1;
        if (looks > 1) setMark(looks === 2 ? OTHER_MARK : undefined);
      },
    });
    await expect(rotation.step('create-access-key')).rejects.toMatchObject({ name: 'TransientServiceError' });
    expect(looks).toBe(6);
    expect(callsOf('TagUser')).toHaveLength(1);
  });

  test('is not rotated where AWS denies the mark, and goes on when the denial has passed', async () => {
    open();
    const withdraw = deny('TagUser');
    const rotation = stage.execution('first');
    await rotation.plan();
    await expect(rotation.step('create-access-key')).rejects.toMatchObject({
      name: 'PermissionDenied',
      message: expect.stringMatching(/not authorized to perform: iam:TagUser.*"ownershipMark": "off"/),
    });
    expect(Object.keys(stage.keys())).toEqual([stage.oldKey]);
    withdraw();
    expect((await rotation.step('create-access-key')).status).toBe('created');
    expect(mark()).toBe(OWN_MARK);
  });

  test.each(['ConcurrentModification', 'ServiceFailure', 'Throttling'])(
    'is marked by the next attempt where IAM answers %s',
    async (code) => {
      open();
      const rotation = stage.execution('first');
      await rotation.plan();
      const match = ({ operation }: { readonly operation: string }) => operation === 'TagUser';
      const withdraw = stage.aws.faults.inject({ kind: 'error', code, status: 409, times: 99, match });
      await expect(rotation.step('create-access-key')).rejects.toMatchObject({
        name: 'TransientServiceError',
        message: expect.stringContaining('tagging the user alice'),
      });
      withdraw();
      expect((await rotation.step('create-access-key')).status).toBe('created');
    },
  );

  test('is not rotated where it has as many tags as IAM allows: found by the plan', async () => {
    open();
    for (let number = 1; number <= 50; number += 1) stage.aws.iam.setUserTag('alice', `tag-${number}`, '');
    await expect(stage.execution('first').plan()).rejects.toMatchObject(CONFLICT);
    const { outcome } = await stage.execution('second').plan({ userName: 'alice', action: 'plan' });
    expect(outcome).toContain('end in UserConflict');
  });

  test('is not rotated where it gets them after the plan', async () => {
    open();
    const rotation = stage.execution('first');
    await rotation.plan();
    for (let number = 1; number <= 50; number += 1) stage.aws.iam.setUserTag('alice', `tag-${number}`, '');
    await expect(rotation.step('create-access-key')).rejects.toMatchObject(CONFLICT);
    expect(Object.keys(stage.keys())).toEqual([stage.oldKey]);
  });
});

describe('a user with the mark', () => {
  test('of this secret is rotated, with one call more', async () => {
    open();
    setMark(OWN_MARK);
    await stage.execution('first').walk('create-access-key');
    expect(callsOf('GetUser', 'TagUser')).toEqual(['GetUser', 'GetUser']);
  });

  test.each(['rotate', 'resume'])('of another secret is refused by the plan of %s', async (action) => {
    open();
    setMark(OTHER_MARK);
    await expect(stage.execution('first').plan({ userName: 'alice', action })).rejects.toMatchObject({
      ...CONFLICT,
      message: expect.stringContaining('in eu-west-1 of the account 111122223333.'),
    });
    expect(stage.changes()).toEqual([]);
    expect(mark()).toBe(OTHER_MARK);
  });

  test('of another secret is refused where the rotation is not due, too', async () => {
    open({ enrolled: { rotateAfter: 'P100D' } });
    setMark(OTHER_MARK);
    const plan = stage.execution('first').plan(SCHEDULED);
    await expect(plan).rejects.toMatchObject(CONFLICT);
  });

  test('that another secret sets after the plan is found before a key is created', async () => {
    open();
    const rotation = stage.execution('first');
    await rotation.plan();
    setMark(OTHER_MARK);
    await expect(rotation.step('create-access-key')).rejects.toMatchObject(CONFLICT);
    expect(Object.keys(stage.keys())).toEqual([stage.oldKey]);
    expect(mark()).toBe(OTHER_MARK);
  });

  test('of another secret is taken over by removing it', async () => {
    open();
    setMark(OTHER_MARK);
    await expect(stage.execution('first').plan()).rejects.toMatchObject(CONFLICT);
    setMark();
    await stage.execution('second').walk('create-access-key');
    expect(mark()).toBe(OWN_MARK);
  });

  test('of another secret in the middle of a rotation: it goes on, and its successor is refused', async () => {
    open();
    const rotation = stage.execution('first');
    await rotation.walk('create-access-key');
    setMark(OTHER_MARK);
    await rotation.step('test-access-key');
    await rotation.step('publish-access-key');
    rotation.end();
    await stage.wait(600_000);
    await expect(stage.execution('second').plan()).rejects.toMatchObject(CONFLICT);
    const back = stage.execution('third');
    await back.plan(ROLLBACK);
    expect((await back.step('create-access-key')).status).toBe('restore');
  });
});

describe('two stacks that rotate the same user at the same moment', () => {
  const SECOND = 'of-another-stack/alice';
  const SECOND_MARK = OWN_MARK.replace(SECRET, SECOND);
  // What was read grows old, what was written takes effect late, or its answer comes late.
  const STANDSTILLS = (
    [
      ['GetUser', 4, ['at-once']],
      ['ListAccessKeys', 2, ['at-once', 'with-answer']],
      ['TagUser', 2, ['at-once', 'with-answer']],
      ['CreateAccessKey', 2, ['at-once', 'with-answer']],
    ] as const
  ).flatMap(([operation, calls, effects]) =>
    effects.flatMap((effect) =>
      Array.from({ length: calls }, (_none, index) => [operation, index + 1, effect] as const),
    ),
  );

  /** Each takes the lock of its own secret. A call of one of them stands still for a minute. */
  const race = async (
    options: StageOptions,
    [operation, nth, effect]: (typeof STANDSTILLS)[number],
    between: () => void = () => {},
  ) => {
    open(options);
    stage.aws.secretsManager.createSecret(SECOND, { secretString: PLACEHOLDER_SECRET_STRING });
    const first = stage.execution('first');
    await first.plan();
    Object.assign(stage.enrolled, { secretId: SECOND });
    const second = stage.execution('second');
    await second.plan();
    between();
    let seen = 0;
    stage.aws.faults.inject({
      kind: 'delay',
      ms: 60_000,
      effect,
      match: (call) => {
        if (call.operation === operation) seen += 1;
        return call.operation === operation && seen === nth;
      },
    });
    const attempts = await stage.run(() =>
      Promise.allSettled([first.step('create-access-key'), second.step('create-access-key')]),
    );
    const errors = attempts.flatMap((attempt) =>
      attempt.status === 'rejected' ? [(attempt.reason as Error).name] : [],
    );
    return { errors, rotations: [first, second] };
  };

  test.each(sampled(STANDSTILLS, 4))('with a key: one goes on at most (%s %s, %s)', async (...standstill) => {
    const { errors, rotations } = await race({}, standstill);
    expect(errors.length).toBeGreaterThanOrEqual(1);
    // The second one is refused by the mark, finds two keys that are not its own, or is refused by IAM's quota.
    const expected = ['UserConflict', 'AccessKeyConflict', 'TransientServiceError'];
    expect(errors.filter((name) => !expected.includes(name))).toEqual([]);
    expect(stage.keys()[stage.oldKey]).toBe('Active');
    expect(Object.keys(stage.keys())).toHaveLength(3 - errors.length);
    expect([OWN_MARK, SECOND_MARK]).toContain(mark());
    // Whoever does not have the mark is refused from now on.
    for (const rotation of rotations) rotation.end();
    await stage.wait(600_000);
    const loser = mark() === OWN_MARK ? SECOND : SECRET;
    Object.assign(stage.enrolled, { secretId: loser });
    await expect(stage.execution('third').plan()).rejects.toMatchObject(CONFLICT);
  });

  test.each(sampled(STANDSTILLS, 4))(
    'without a key: each touches its own only (%s %s, %s)',
    async (...standstill) => {
      const { errors } = await race({ firstKey: 'none' }, standstill);
      expect(Object.values(stage.keys())).toEqual(Array(2 - errors.length).fill('Active'));
      expect(errors.filter((name) => name !== 'UserConflict')).toEqual([]);
    },
  );

  test('one that has marked the user keeps the other from it, whatever stands still', async () => {
    for (const standstill of sampled(STANDSTILLS, 4)) {
      const { errors } = await race({}, standstill, () => setMark(OWN_MARK));
      expect([['UserConflict'], ['AccessKeyConflict']]).toContainEqual(errors);
      expect(mark()).toBe(OWN_MARK);
      stage.close();
    }
    open();
  });
});

describe('an emergency', () => {
  test.each([
    ['without a mark', undefined],
    ['with the mark of another secret', OTHER_MARK],
  ])(
    'replaces the leaked key of the secret for a user %s, and leaves the mark alone',
    async (_what, value) => {
      open();
      if (value !== undefined) setMark(value);
      deny('TagUser');
      const rotation = stage.execution('first');
      await rotation.plan(emergency());
      await rotation.steps(...TO_PUBLICATION);
      await rotation.step('confirm-adoption');
      await rotation.step('deactivate-access-key');
      expect(stage.keys()[stage.oldKey]).toBe('Inactive');
      expect(mark()).toBe(value);
      expect(callsOf('TagUser')).toEqual([]);
    },
  );

  test('does not take the place of the successor that the other secret needs', async () => {
    open({ firstKey: 'not-in-secret' });
    setMark(OTHER_MARK);
    await expect(stage.execution('first').plan(emergency())).rejects.toMatchObject({
      name: 'AccessKeyConflict',
      message: expect.stringMatching(/Declare the emergency there.*--status Inactive/),
    });
    expect(stage.changes()).toEqual([]);
  });

  test('of the only key, for a user without a mark, is carried out', async () => {
    open({ firstKey: 'not-in-secret' });
    expect((await stage.execution('first').plan(emergency())).status).toBe('due');
  });

  test('that was interrupted goes on by any start', async () => {
    open();
    const rotation = stage.execution('first');
    await rotation.plan(emergency());
    await rotation.step('create-access-key');
    rotation.end();
    setMark(OTHER_MARK);
    await stage.wait(600_000);
    const next = stage.execution('second');
    expect((await next.plan(SCHEDULED)).status).toBe('due');
    expect((await next.step('create-access-key')).status).toBe('created');
  });
});

test.each([undefined, OTHER_MARK])(
  'ownershipMark off: the mark (%s) is neither looked at nor set',
  async (value) => {
    open({ enrolled: { ownershipMark: 'off' } });
    if (value !== undefined) setMark(value);
    await stage.execution('first').walk('create-access-key');
    expect(mark()).toBe(value);
    expect(callsOf('GetUser', 'TagUser')).toEqual(['GetUser']);
  },
);

test('an execution that was planned when there was no mark sets it', async () => {
  open();
  const rotation = stage.execution('first');
  const { settings } = (await rotation.plan()) as unknown as { readonly settings: Record<string, unknown> };
  delete settings.ownershipMark;
  expect((await rotation.step('create-access-key')).status).toBe('created');
  expect(mark()).toBe(OWN_MARK);
});
