import { SECRET, Stage, type StageOptions } from './support/stage';

const FIELD_NAMES = { accessKeyId: 'user', secretAccessKey: 'password' };

let stage: Stage;
afterEach(() => stage.close());

type Fields = Readonly<Record<string, unknown>>;
const current = (): Fields => JSON.parse(stage.aws.secretsManager.valueOf(SECRET) ?? '{}') as Fields;
const edit = (change: (fields: Record<string, unknown>) => object): void => {
  stage.aws.secretsManager.edit(SECRET, (text) => JSON.stringify(change(JSON.parse(text))));
};

/** A user whose secret somebody made before the enrolment: the key is in it under the mapped names only. */
const withOwnersSecret = (options: StageOptions = {}): Stage => {
  stage = new Stage({ enrolled: { fieldNames: FIELD_NAMES, deactivationWindow: 'always' }, ...options });
  edit(({ AccessKeyId, SecretAccessKey }) => ({
    host: 'db.example.com',
    user: AccessKeyId,
    password: SecretAccessKey,
  }));
  return stage;
};

const rotateToTheEnd = async (name: string): Promise<string> => {
  const rotation = stage.execution(name);
  await rotation.walk('create-access-key', 'test-access-key', 'publish-access-key');
  const newKey = String(rotation.state.newAccessKeyId);
  await stage.waitDays(3.1);
  stage.aws.iam.useAccessKey(newKey);
  await stage.wait(3_600_000);
  expect((await rotation.step('confirm-adoption')).status).toBe('adopted');
  await rotation.step('deactivate-access-key');
  await stage.waitDays(14.1);
  await rotation.step('confirm-health');
  expect((await rotation.step('delete-access-key')).status).toBe('completed');
  rotation.end('SUCCEEDED');
  return newKey;
};

/** The document has the key in its own fields and in these, and the key works. */
const expectKey = (accessKeyId: string, copy: readonly [string, string]): void => {
  const fields = current();
  expect(stage.consumerKey()).toBe(accessKeyId);
  expect(fields[copy[0]]).toBe(accessKeyId);
  expect(fields[copy[1]]).toBe(fields.SecretAccessKey);
};

test("an owner's secret with the mapped fields alone is rotated, and the copies follow from key to key", async () => {
  withOwnersSecret();
  const first = await rotateToTheEnd('first');
  expect(Object.keys(stage.keys())).toEqual([first]);
  expect(first).not.toBe(stage.oldKey);
  expectKey(first, ['user', 'password']);
  expect(current().host).toBe('db.example.com');

  const second = await rotateToTheEnd('second');
  expect(second).not.toBe(first);
  expectKey(second, ['user', 'password']);
  expect(current()).toMatchObject({ Version: 1, UserName: 'alice', host: 'db.example.com' });
});

test("an owner's edit during the rotation is carried, and no copy of the old key with it", async () => {
  withOwnersSecret();
  const rotation = stage.execution('edited');
  await rotation.walk('create-access-key', 'test-access-key');
  edit((fields) => ({ ...fields, host: 'db2.example.com' }));
  await rotation.step('publish-access-key');
  expectKey(String(rotation.state.newAccessKeyId), ['user', 'password']);
  expect(current().host).toBe('db2.example.com');
});

test.each<[string, object, RegExp]>([
  [
    'another key ID',
    { AccessKeyId: 'AKIAOTHEROTHEROTHER3' },
    /its fields AccessKeyId and user should hold the same/,
  ],
  [
    'another secret',
    { SecretAccessKey: 'not-a-real-secret' },
    /its fields SecretAccessKey and password should hold the same/,
  ],
])(
  'a document whose own fields have %s is refused, and nothing is changed',
  async (_what, other, message) => {
    withOwnersSecret();
    edit((fields) => ({ ...fields, AccessKeyId: fields.user, SecretAccessKey: fields.password, ...other }));
    const refused = stage.execution('refused').plan();
    await expect(refused).rejects.toMatchObject({
      name: 'SecretConflict',
      message: expect.stringMatching(message),
    });
    await expect(refused).rejects.not.toThrow(/not-a-real-secret|AKIAOTHER/);
    expect(stage.changes()).toEqual([]);
  },
);

test('a new mapping takes effect with the next rotation, and the former copies go', async () => {
  withOwnersSecret();
  await rotateToTheEnd('first');
  Object.assign(stage.enrolled, { fieldNames: { accessKeyId: 'login', secretAccessKey: 'pass word' } });
  expectKey(String(current().AccessKeyId), ['user', 'password']);

  expectKey(await rotateToTheEnd('second'), ['login', 'pass word']);
  expect(Object.keys(current())).not.toEqual(expect.arrayContaining(['user']));
  expect(Object.keys(current())).not.toEqual(expect.arrayContaining(['password']));

  Object.assign(stage.enrolled, { fieldNames: undefined });
  const third = await rotateToTheEnd('third');
  expect(stage.consumerKey()).toBe(third);
  expect(Object.keys(current()).sort()).toEqual(
    ['AccessKeyId', 'CreateDate', 'RotationId', 'SecretAccessKey', 'UserName', 'Version', 'host'].sort(),
  );
});

test('a rotation that is taken up under a new mapping publishes the key under that', async () => {
  stage = new Stage({ enrolled: { fieldNames: FIELD_NAMES } });
  const stopped = stage.execution('stopped');
  await stopped.walk('create-access-key', 'test-access-key');
  // A merge under the first mapping, which the second execution must not take for its own.
  edit((fields) => ({ ...fields, host: 'db2.example.com' }));
  const { secretsManager } = stage.aws;
  const label = `rotation-key-${String(stopped.state.newAccessKeyId)}`;
  const held = secretsManager.holderOf(SECRET, label);
  stage.aws.faults.inject({
    kind: 'before',
    as: 'http-500',
    match: ({ operation }) => operation === 'UpdateSecretVersionStage',
    times: 100,
  });
  await stopped.step('publish-access-key').catch(() => undefined);
  expect(secretsManager.holderOf(SECRET, label)).toBe(held);
  stage.aws.faults.clear();
  stopped.end();
  await stage.wait(600_000);

  Object.assign(stage.enrolled, { fieldNames: { accessKeyId: 'login', secretAccessKey: 'pass' } });
  const resumed = stage.execution('resumed');
  await resumed.walk('create-access-key', 'test-access-key', 'publish-access-key');
  expect(resumed.state.newAccessKeyId).toBe(stopped.state.newAccessKeyId);
  expectKey(String(resumed.state.newAccessKeyId), ['login', 'pass']);
  expect(current().user).toBeUndefined();
});

test('a state from before there were other names still goes on', async () => {
  stage = new Stage();
  const rotation = stage.execution('older');
  const planned = await rotation.plan();
  expect(Object.keys(planned.settings as object)).not.toContain('fieldNames');
  await rotation.step('create-access-key');
  await rotation.step('test-access-key');
  expect((await rotation.step('publish-access-key')).status).toBe('published');
});

describe('replicas', () => {
  test('a replica that lags holds back deactivation and deletion, which go on once it is in sync', async () => {
    stage = new Stage();
    const { secretsManager, iam } = stage.aws;
    const lagging = (status: 'InSync' | 'InProgress' | 'Failed') =>
      secretsManager.setReplicas(SECRET, [
        { region: 'us-west-2', status: 'InSync' },
        { region: 'eu-west-1', status },
      ]);
    const heldBack = { name: 'TransientServiceError', message: expect.stringContaining('eu-west-1') };

    lagging('InProgress');
    const rotation = stage.execution('replicated');
    await rotation.walk('create-access-key', 'test-access-key', 'publish-access-key');
    const newKey = String(rotation.state.newAccessKeyId);
    await stage.waitDays(3.1);
    iam.useAccessKey(newKey);
    await stage.wait(3_600_000);
    await rotation.step('confirm-adoption');
    await expect(rotation.step('deactivate-access-key')).rejects.toMatchObject(heldBack);
    expect(stage.keys()).toEqual({ [stage.oldKey]: 'Active', [newKey]: 'Active' });
    lagging('InSync');
    await rotation.step('deactivate-access-key');
    expect(stage.keys()).toEqual({ [stage.oldKey]: 'Inactive', [newKey]: 'Active' });

    await stage.waitDays(14.1);
    await rotation.step('confirm-health');
    lagging('Failed');
    await expect(rotation.step('delete-access-key')).rejects.toMatchObject(heldBack);
    expect(stage.keys()).toEqual({ [stage.oldKey]: 'Inactive', [newKey]: 'Active' });
    lagging('InSync');
    expect((await rotation.step('delete-access-key')).status).toBe('completed');
    expect(stage.keys()).toEqual({ [newKey]: 'Active' });
  });
});
