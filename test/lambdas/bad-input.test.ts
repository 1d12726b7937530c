import { SECRET } from '../support/alice';
import { Stage, type StageOptions, TO_PUBLICATION } from './support/stage';

let stage: Stage;
afterEach(() => stage.close());

/** The secret's versions and labels, and the keys: what must be the same before and after. */
const everything = () =>
  JSON.stringify([stage.keys(), stage.aws.secretsManager.secret(SECRET) ?? 'no secret']);

describe('bad input ends in a named error that says what to do, and nothing is changed', () => {
  test.each<[string, unknown, string, RegExp]>([
    ['nothing', {}, 'InvalidRotationInput', /userName: .*Start a new execution with the userName/],
    ['a number for a name', { userName: 7 }, 'InvalidRotationInput', /userName: .*expected string/],
    ['an empty name', { userName: '' }, 'InvalidRotationInput', /userName: /],
    ['a list', ['alice'], 'InvalidRotationInput', /expected object/],
    ['null', null, 'InvalidRotationInput', /expected object/],
    ['an unknown action', { userName: 'alice', action: 'delete' }, 'InvalidRotationInput', /action: /],
    ['a misspelt field', { userName: 'alice', acton: 'resume' }, 'InvalidRotationInput', /"acton"/],
    [
      'a user who is not enrolled',
      { userName: 'bob' },
      'UserNotEnrolled',
      /bob is not enrolled.*configuration/,
    ],
    [
      'a name in another case',
      { userName: 'Alice' },
      'UserNotEnrolled',
      /Alice is not enrolled.*Upper and lower case/,
    ],
  ])('%s', async (_case, input, name, message) => {
    stage = new Stage();
    const before = everything();
    await expect(stage.execution('bad').plan(input as never)).rejects.toMatchObject({
      name,
      message: expect.stringMatching(message),
    });
    expect(everything()).toBe(before);
    expect(stage.changes()).toEqual([]);
  });

  test.each<[string, StageOptions, (given: Stage) => void, string, RegExp]>([
    [
      'the user is gone',
      {},
      ({ aws }) => aws.iam.removeUser('alice'),
      'UserNotFound',
      /IAM has no such user/,
    ],
    [
      'the secret is not JSON',
      { secretString: 'AKIA and so on' },
      () => undefined,
      'SecretConflict',
      /its value is not JSON/,
    ],
    [
      'the secret is JSON, but no object',
      { secretString: '"AKIA"' },
      () => undefined,
      'SecretConflict',
      /not an object/,
    ],
    [
      'the secret is gone',
      {},
      ({ aws }) => aws.secretsManager.removeSecret(SECRET),
      'SecretConflict',
      /does not exist/,
    ],
    [
      'the secret is being deleted',
      {},
      ({ aws }) => aws.secretsManager.scheduleDeletion(SECRET),
      'SecretConflict',
      /restore-secret/,
    ],
    [
      'Secrets Manager rotates it itself',
      {},
      ({ aws }) => aws.secretsManager.setRotationEnabled(SECRET, true),
      'SecretConflict',
      /cancel-rotate-secret/,
    ],
    [
      'somebody else uses AWSPENDING',
      {},
      ({ aws }) => void aws.secretsManager.putValue(SECRET, '{}', { labels: ['AWSPENDING'] }),
      'SecretConflict',
      /AWSPENDING .*--version-stage AWSPENDING --remove-from-version-id /,
    ],
    [
      'an adopted user has two foreign keys',
      { firstKey: 'not-in-secret' },
      ({ aws }) => void aws.iam.addAccessKey('alice'),
      'AccessKeyConflict',
      /2 access keys, .* holds none .*delete-access-key/,
    ],
    [
      'a foreign key beside the one in the secret',
      {},
      ({ aws }) => void aws.iam.addAccessKey('alice'),
      'AccessKeyConflict',
      /alice also has .*delete-access-key/,
    ],
  ])('%s', async (_case, options, given, name, message) => {
    stage = new Stage(options);
    given(stage);
    const before = everything();
    for (const trigger of ['manual', 'schedule']) {
      await expect(stage.execution(trigger).plan({ userName: 'alice', trigger })).rejects.toMatchObject({
        name,
        message: expect.stringMatching(message),
      });
    }
    expect(everything()).toBe(before);
    expect(stage.changes()).toEqual([]);
  });

  test('a step called with the state of another version of the step before it', async () => {
    stage = new Stage();
    const rotation = stage.execution('first');
    await rotation.plan();
    await expect(rotation.step('deactivate-access-key')).rejects.toMatchObject({
      name: 'InvalidRotationInput',
      message: expect.stringContaining('Start a new execution'),
    });
    expect(stage.changes()).toEqual([]);
  });

  test('a function invoked by hand, without an execution', async () => {
    stage = new Stage();
    await expect(stage.invoke('delete-access-key', { userName: 'alice' })).rejects.toMatchObject({
      name: 'InvalidRotationInput',
      message: expect.stringContaining('cannot be called by itself'),
    });
  });
});

describe('an error while asking is never taken for an answer', () => {
  test.each([
    ['GetUser', 'plan-rotation'],
    ['ListAccessKeys', 'plan-rotation'],
    ['DescribeSecret', 'plan-rotation'],
    ['GetSecretValue', 'plan-rotation'],
    ['ListAccessKeys', 'confirm-adoption'],
    ['GetAccessKeyLastUsed', 'confirm-adoption'],
    ['ListAccessKeys', 'delete-access-key'],
  ] as const)('%s throttled in %s', async (operation, step) => {
    stage = new Stage({ enrolled: { healthAlarms: ['errors'] } });
    stage.aws.cloudWatch.addAlarm('errors', 'OK');
    const rotation = stage.execution('first');
    const throttle = () =>
      stage.aws.faults.inject({ kind: 'throttle', times: 99, match: (call) => call.operation === operation });
    if (step === 'plan-rotation') {
      throttle();
      await expect(rotation.plan()).rejects.toMatchObject({ name: 'TransientServiceError' });
      return;
    }
    await rotation.walk(...TO_PUBLICATION);
    await stage.waitDays(3.1);
    stage.aws.iam.useAccessKey(rotation.newKey);
    await stage.wait(3_600_000);
    if (step !== 'confirm-adoption') {
      await rotation.step('confirm-adoption');
      await rotation.step('deactivate-access-key');
      await stage.waitDays(15);
    }
    const before = everything();
    throttle();
    await expect(rotation.step(step)).rejects.toMatchObject({ name: 'TransientServiceError' });
    expect(everything()).toBe(before);
  });
});

test('no log line, message or state carries key material', async () => {
  stage = new Stage();
  const secrets = () =>
    (stage.aws.secretsManager.secret(SECRET)?.versions ?? [])
      .map((version) => (JSON.parse(version.secretString) as Record<string, string>).SecretAccessKey)
      .filter((secret) => secret !== undefined);
  const rotation = stage.execution('first');
  const states = [await rotation.plan()];
  for (const step of ['create-access-key', 'test-access-key', 'publish-access-key'] as const) {
    states.push(await rotation.step(step));
  }
  stage.aws.faults.inject({ kind: 'throttle', times: 99 });
  const error: unknown = await rotation.step('confirm-adoption').catch((caught: unknown) => caught);
  const text = JSON.stringify([states, stage.logs, String(error), (error as Error).stack]);
  expect(secrets()).toHaveLength(2);
  for (const secret of secrets()) expect(text).not.toContain(secret);
});

test('an engine that knows no redrives says nothing of them', async () => {
  stage = new Stage();
  const id = stage.execution('first').arn;
  const execution = { id, redriveCount: null, startTime: stage.clock.now().toISOString() };
  const output = await stage.invoke('plan-rotation', { execution, state: { userName: 'alice' } });
  expect(output.status).toBe('due');
});
