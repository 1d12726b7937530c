import { SECRET } from '../support/alice';
import { Stage, type StageOptions, TO_PUBLICATION } from './support/stage';

const FIELD_NAMES = { accessKeyId: 'user', secretAccessKey: 'password' };

let stage: Stage;
afterEach(() => stage.close());

/** The owner has the key under other names, and nowhere else. */
const rename = (): void =>
  stage.alice.edit(({ AccessKeyId, SecretAccessKey }) => ({ user: AccessKeyId, password: SecretAccessKey }));

/** A user whose secret somebody made before the enrolment: the key is in it under the mapped names only. */
const withOwnersSecret = (options: StageOptions = {}): Stage => {
  stage = new Stage({ enrolled: { fieldNames: FIELD_NAMES, deactivationWindow: 'always' }, ...options });
  stage.alice.edit(({ AccessKeyId, SecretAccessKey }) => ({
    host: 'db.example.com',
    user: AccessKeyId,
    password: SecretAccessKey,
  }));
  return stage;
};

const rotateToTheEnd = async (name: string): Promise<string> => {
  const rotation = stage.execution(name);
  await rotation.walk(...TO_PUBLICATION);
  const { newKey } = rotation;
  expect((await rotation.adopt()).status).toBe('adopted');
  expect((await rotation.retire()).status).toBe('completed');
  rotation.end('SUCCEEDED');
  return newKey;
};

/** The document has the key in its own fields and in these, and the key works. */
const expectKey = (accessKeyId: string, copy: readonly [string, string]): void => {
  const fields = stage.alice.document();
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
  expect(stage.alice.document().host).toBe('db.example.com');

  const second = await rotateToTheEnd('second');
  expect(second).not.toBe(first);
  expectKey(second, ['user', 'password']);
  expect(stage.alice.document()).toMatchObject({ Version: 1, UserName: 'alice', host: 'db.example.com' });
});

test("an owner's edit during the rotation is carried, and no copy of the old key with it", async () => {
  withOwnersSecret();
  const rotation = stage.execution('edited');
  await rotation.walk('create-access-key', 'test-access-key');
  stage.alice.edit((fields) => ({ ...fields, host: 'db2.example.com' }));
  await rotation.step('publish-access-key');
  expectKey(rotation.newKey, ['user', 'password']);
  expect(stage.alice.document().host).toBe('db2.example.com');
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
    stage.alice.edit((fields) => ({
      ...fields,
      AccessKeyId: fields.user,
      SecretAccessKey: fields.password,
      ...other,
    }));
    const refused = stage.execution('refused').plan();
    await expect(refused).rejects.toMatchObject({
      name: 'SecretConflict',
      message: expect.stringMatching(message),
    });
    await expect(refused).rejects.not.toThrow(/not-a-real-secret|AKIAOTHER/);
    expect(stage.changes()).toEqual([]);
  },
);

test('a new mapping takes effect with the next rotation, and former copies follow the key as long as they stand there', async () => {
  withOwnersSecret();
  await rotateToTheEnd('first');
  Object.assign(stage.enrolled, { fieldNames: { accessKeyId: 'login', secretAccessKey: 'pass word' } });
  expectKey(String(stage.alice.document().AccessKeyId), ['user', 'password']);

  const second = await rotateToTheEnd('second');
  expectKey(second, ['login', 'pass word']);
  expectKey(second, ['user', 'password']);
  stage.alice.edit(({ user: _user, password: _password, ...rest }) => rest);

  Object.assign(stage.enrolled, { fieldNames: undefined });
  expectKey(await rotateToTheEnd('third'), ['login', 'pass word']);
  expect(Object.keys(stage.alice.document())).toEqual([
    'host',
    'Version',
    'AccessKeyId',
    'SecretAccessKey',
    'UserName',
    'CreateDate',
    'login',
    'pass word',
  ]);
});

test('a rotation that is taken up under a new mapping publishes the key under that', async () => {
  stage = new Stage({ enrolled: { fieldNames: FIELD_NAMES } });
  const stopped = stage.execution('stopped');
  await stopped.walk('create-access-key', 'test-access-key');
  // A merge under the first mapping, which the second execution must not take for its own.
  stage.alice.edit((fields) => ({ ...fields, host: 'db2.example.com' }));
  const { secretsManager } = stage.aws;
  const label = `rotation-key-${stopped.newKey}`;
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
  await resumed.walk(...TO_PUBLICATION);
  expect(resumed.state.newAccessKeyId).toBe(stopped.state.newAccessKeyId);
  expectKey(resumed.newKey, ['login', 'pass']);
  expect(stage.alice.document().user).toBeUndefined();
});

describe('a secret that its owner brings', () => {
  const flat = (options: StageOptions['enrolled'] = {}): Stage => {
    stage = new Stage({ enrolled: { deactivationWindow: 'always', document: 'named-fields', ...options } });
    return stage;
  };
  /** What AWSCURRENT holds, with names in the place of keys. */
  const text = (): string => {
    const value = stage.aws.secretsManager.valueOf(SECRET) ?? '';
    return Object.keys(stage.keys()).reduce(
      (shown, accessKeyId) =>
        shown
          .replaceAll(accessKeyId, `ID of ${accessKeyId === stage.oldKey ? 'the old key' : 'a new key'}`)
          .replaceAll(
            stage.aws.iam.credential(accessKeyId)?.secretAccessKey ?? accessKeyId,
            `secret of ${accessKeyId === stage.oldKey ? 'the old key' : 'a new key'}`,
          ),
      value,
    );
  };

  test('stays two fields of text, from rotation to rotation', async () => {
    flat({ fieldNames: FIELD_NAMES });
    rename();
    expect(text()).toBe('{"user":"ID of the old key","password":"secret of the old key"}');
    await rotateToTheEnd('first');
    expect(text()).toBe('{"user":"ID of a new key","password":"secret of a new key"}');
    await rotateToTheEnd('second');
    expect(text()).toBe('{"user":"ID of a new key","password":"secret of a new key"}');
  });

  test('is carried byte for byte, with copies of the key that follow it', async () => {
    flat();
    const form = (key: string) =>
      `{\n  "Version" : "2", "UserName": "db-admin",\n  "AccessKeyId": "ID of ${key}",\n  "SecretAccessKey": "secret of ${key}",\n  "pi": 3.140, "big": 12345678901234567890, "\\u00e4": ["ID of ${key}"]\n}\n`;
    const { accessKeyId, secretAccessKey } = stage.aws.iam.credential(stage.oldKey) ?? {};
    stage.aws.secretsManager.putValue(
      SECRET,
      form('the old key')
        .replaceAll('ID of the old key', accessKeyId ?? '')
        .replaceAll('secret of the old key', secretAccessKey ?? ''),
    );
    expect(text()).toBe(form('the old key'));
    await rotateToTheEnd('first');
    expect(text()).toBe(form('a new key'));
  });

  test('is carried as it was edited between creation and publication', async () => {
    flat({ fieldNames: FIELD_NAMES });
    rename();
    const rotation = stage.execution('edited');
    await rotation.walk('create-access-key', 'test-access-key');
    stage.alice.edit((fields) => ({
      host: 'h',
      ...fields,
      copy: fields.password,
      nested: { user: fields.user },
    }));
    await rotation.step('publish-access-key');
    expect(text()).toBe(
      '{"host":"h","user":"ID of a new key","password":"secret of a new key","copy":"secret of a new key","nested":{"user":"ID of a new key"}}',
    );
  });

  test.each<[string, (fields: Readonly<Record<string, unknown>>) => object, RegExp]>([
    ['a session token', () => ({ aws_session_token: 'x' }), /has aws_session_token beside the key/],
    ['a connection URL', ({ user }) => ({ url: `s3://${user}:x@host` }), /holds a key of the user at url,/],
    ['too much', () => ({ note: 'x'.repeat(65_500) }), /bytes too many/],
  ])('with %s in it is refused by the plan, before a key is created', async (_case, more, message) => {
    flat({ fieldNames: FIELD_NAMES });
    stage.alice.edit(({ AccessKeyId, SecretAccessKey }) => {
      const fields = { user: AccessKeyId, password: SecretAccessKey };
      return { ...fields, ...more(fields) };
    });
    await expect(stage.execution('refused').plan()).rejects.toMatchObject({
      name: 'SecretConflict',
      message: expect.stringMatching(message),
    });
    expect(stage.changes()).toEqual([]);
  });

  test('with a session token in it since the key was created keeps the old key, and goes on without', async () => {
    flat({ fieldNames: FIELD_NAMES });
    rename();
    const rotation = stage.execution('edited');
    await rotation.walk('create-access-key', 'test-access-key');
    stage.alice.edit((fields) => ({ ...fields, SessionToken: 'x' }));
    await expect(rotation.step('publish-access-key')).rejects.toMatchObject({
      name: 'SecretConflict',
      message: expect.stringMatching(/has SessionToken beside the key.* AWSCURRENT was not moved/),
    });
    expect(stage.alice.document().user).toBe(stage.oldKey);
    stage.alice.edit(({ SessionToken: _token, ...rest }) => rest);
    expect((await rotation.step('publish-access-key')).status).toBe('published');
    expect(text()).toBe('{"user":"ID of a new key","password":"secret of a new key"}');
  });

  test("with a password of SES's beside the ID is not taken for a key", async () => {
    flat({ fieldNames: FIELD_NAMES });
    const password = Buffer.from([4, ...Array<number>(32).fill(0)]).toString('base64');
    stage.alice.edit(({ AccessKeyId }) => ({ user: AccessKeyId, password }));
    await expect(stage.execution('mail').plan()).rejects.toMatchObject({
      name: 'SecretConflict',
      message: expect.stringMatching(/its field password holds a password for SES's SMTP interface/),
    });
    expect(stage.changes()).toEqual([]);
  });

  test('whose key stands under names that nobody has told of is refused, not left with a dead one', async () => {
    flat();
    rename();
    await expect(stage.execution('untold').plan()).rejects.toMatchObject({
      name: 'SecretConflict',
      message: expect.stringMatching(/at user, .* name them in fieldNames/),
    });
    expect(stage.changes()).toEqual([]);
  });
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

describe('a rollback that has to bring AWSCURRENT back to the old key', () => {
  const rolledBack = async (meanwhile: () => void): Promise<void> => {
    stage = new Stage({ enrolled: { document: 'named-fields', fieldNames: FIELD_NAMES } });
    // Of two versions that hold the key, the younger one counts.
    await stage.wait(60_000);
    rename();
    const rotation = stage.execution('disabled');
    await rotation.walk(...TO_PUBLICATION);
    stage.alice.edit((fields) => ({ added: { by: 'hand' }, ...fields }));
    const next = await rotation.disable();
    meanwhile();
    await next.step('reactivate-access-key');
    expect(stage.alice.document().user).toBe(stage.oldKey);
    expect(stage.alice.document().password).toBe(stage.aws.iam.credential(stage.oldKey)?.secretAccessKey);
  };

  test('carries what the owner has written since', async () => {
    await rolledBack(() => undefined);
    expect(Object.keys(stage.alice.document())).toEqual(['added', 'user', 'password']);
  });

  test.each<[string, () => void]>([
    ['somebody has emptied it', () => stage.alice.edit(() => ({}))],
    [
      'it could not be right with the old key',
      () => stage.alice.edit((fields) => ({ ...fields, SessionToken: 'x' })),
    ],
  ])('carries what was there before where %s', async (_case, meanwhile) => {
    await rolledBack(meanwhile);
    expect(Object.keys(stage.alice.document())).toEqual(['added', 'user', 'password']);
  });

  test('goes back to what was there where it cannot be stored', async () => {
    await rolledBack(() => {
      stage.aws.faults.inject({
        kind: 'deny',
        denial: { by: 'KMS key' },
        times: 99,
        match: ({ operation }) => operation === 'PutSecretValue',
      });
    });
    expect(Object.keys(stage.alice.document())).toEqual(['user', 'password']);
  });
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
    await rotation.walk(...TO_PUBLICATION);
    const { newKey } = rotation;
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
