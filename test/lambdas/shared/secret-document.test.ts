import fc from 'fast-check';
import { PLACEHOLDER_SECRET_STRING } from '../../../lambdas/shared/placeholder';
import {
  accessKeyDocument,
  intentDocument,
  ownerFieldsOf,
  parseSecretDocument,
  tombstoneDocument,
  withOwnerFields,
} from '../../../lambdas/shared/secret-document';
import { NEW, NOW, OLD, OWNER, ROTATION, USER_ID } from '../support/fixtures';

const key = { accessKeyId: NEW, secretAccessKey: 'not-a-real-secret', userName: 'alice', createDate: NOW };

describe('the document that consumers read', () => {
  test('is what credential_process expects, with the owner and the date', () => {
    expect(JSON.parse(accessKeyDocument(key, OWNER, {}))).toEqual({
      Version: 1,
      AccessKeyId: NEW,
      SecretAccessKey: 'not-a-real-secret',
      UserName: 'alice',
      CreateDate: '2026-03-02T10:00:00.000Z',
      RotationId: OWNER,
    });
  });

  test("carries the owner's fields, but never one that would replace the key", () => {
    const text = accessKeyDocument(key, OWNER, { bucket: 'b', AccessKeyId: 'AKIASOMETHINGELSE000' });
    expect(JSON.parse(text)).toMatchObject({ bucket: 'b', AccessKeyId: NEW });
    expect(parseSecretDocument(text)).toMatchObject({
      kind: 'access-key',
      accessKeyId: NEW,
      ownerFields: { bucket: 'b' },
    });
  });

  test("takes over a newer edit of the owner's fields, and keeps the key", () => {
    const before = accessKeyDocument(key, OWNER, { bucket: 'old', removed: true });
    const merged = withOwnerFields(before, { bucket: 'new' });
    expect(JSON.parse(merged ?? '')).toEqual({
      ...JSON.parse(accessKeyDocument(key, OWNER, {})),
      bucket: 'new',
    });
  });
});

describe('parseSecretDocument', () => {
  test.each<[string, string | undefined, object]>([
    ['the placeholder', PLACEHOLDER_SECRET_STRING, { kind: 'no-key', ownerFields: {} }],
    ["an owner's document without a key", '{"bucket":"b"}', { kind: 'no-key', ownerFields: { bucket: 'b' } }],
    ['a tombstone', tombstoneDocument(NEW), { kind: 'tombstone', accessKeyId: NEW }],
    ['text', 'hello', { kind: 'unreadable', problem: 'its value is not JSON' }],
    ['nothing', '', { kind: 'unreadable' }],
    ['binary', undefined, { kind: 'unreadable', problem: 'its value is binary, not text' }],
    ['a list', '[]', { kind: 'unreadable' }],
    ['null', 'null', { kind: 'unreadable' }],
    ['half a key', `{"AccessKeyId":"${NEW}"}`, { kind: 'unreadable' }],
    ['the other half', '{"SecretAccessKey":"x"}', { kind: 'unreadable' }],
    ['a number', '7', { kind: 'unreadable', problem: 'its value is JSON, but not an object' }],
    [
      'a key ID that is a number',
      '{"AccessKeyId":1234567890123456,"SecretAccessKey":"y"}',
      { kind: 'unreadable', problem: 'its field AccessKeyId is not an access key ID' },
    ],
    [
      'a key ID with something before it',
      `{"AccessKeyId":"-${NEW}","SecretAccessKey":"y"}`,
      { kind: 'unreadable' },
    ],
    [
      'a key ID with something after it',
      `{"AccessKeyId":"${NEW}-","SecretAccessKey":"y"}`,
      { kind: 'unreadable' },
    ],
    [
      'a key with an empty secret',
      `{"AccessKeyId":"${NEW}","SecretAccessKey":""}`,
      { kind: 'unreadable', problem: 'its field SecretAccessKey is missing or not text' },
    ],
    [
      "an owner's document that calls itself a tombstone",
      '{"kind":"tombstone","bucket":"b"}',
      { kind: 'no-key', ownerFields: { kind: 'tombstone', bucket: 'b' } },
    ],
    [
      'a key with a rotation that is none',
      `{"AccessKeyId":"${NEW}","SecretAccessKey":"y","RotationId":7}`,
      { kind: 'access-key', rootRotationId: undefined },
    ],
    ['a key ID that is none', '{"AccessKeyId":"x","SecretAccessKey":"y"}', { kind: 'unreadable' }],
    ['an intent without its fields', '{"kind":"intent"}', { kind: 'unreadable' }],
  ])('reads %s', (_case, text, expected) => {
    expect(parseSecretDocument(text)).toMatchObject(expected);
  });

  test('never repeats what it could not read', () => {
    const leaked = parseSecretDocument('SecretAccessKey=not-a-real-secret');
    expect(JSON.stringify(leaked)).not.toContain('not-a-real-secret');
  });

  test('reads back an intent, and the same intent is always the same bytes', () => {
    const intent = { ...ROTATION, owner: OWNER, userId: USER_ID };
    const reordered = Object.fromEntries(Object.entries(intent).reverse()) as unknown as typeof intent;
    expect(intentDocument(reordered)).toBe(intentDocument(intent));
    expect(parseSecretDocument(intentDocument(intent))).toEqual({
      kind: 'intent',
      intent: { ...intent, kind: 'intent' },
    });
  });
});

test.each([
  ['a key', `{"AccessKeyId":"${NEW}","SecretAccessKey":"y","bucket":"b"}`, { bucket: 'b' }],
  ['no key', '{"bucket":"b"}', { bucket: 'b' }],
  ['a tombstone', tombstoneDocument(NEW), {}],
  ['an intent', intentDocument({ ...ROTATION, owner: OWNER, userId: USER_ID }), {}],
  ['what cannot be read', '[]', {}],
])("the owner's fields of a document with %s", (_case, text, fields) => {
  expect(ownerFieldsOf(parseSecretDocument(text))).toEqual(fields);
});

describe('with other names for the key', () => {
  const NAMES = { accessKeyId: 'user', secretAccessKey: 'password' };
  const SECRET = 'not-a-real-secret';
  const read = (fields: object, names = NAMES) => parseSecretDocument(JSON.stringify(fields), names);

  test('the document has the key in its own fields and once more', () => {
    expect(JSON.parse(accessKeyDocument(key, OWNER, { user: 'stale', bucket: 'b' }, NAMES))).toEqual({
      ...JSON.parse(accessKeyDocument(key, OWNER, { bucket: 'b' })),
      user: NEW,
      password: SECRET,
    });
  });

  test.each<[string, object, object]>([
    [
      'the copies alone, as an owner wrote them',
      { user: NEW, password: SECRET, bucket: 'b' },
      {
        kind: 'access-key',
        accessKeyId: NEW,
        secretAccessKey: SECRET,
        rootRotationId: undefined,
        ownerFields: { bucket: 'b' },
      },
    ],
    [
      'the copies in a placeholder',
      { ...JSON.parse(PLACEHOLDER_SECRET_STRING), user: NEW, password: SECRET },
      { kind: 'access-key', accessKeyId: NEW, ownerFields: {} },
    ],
    [
      'its own fields alone',
      { AccessKeyId: NEW, SecretAccessKey: SECRET },
      { kind: 'access-key', ownerFields: {} },
    ],
    [
      'its own fields and one copy',
      { AccessKeyId: NEW, SecretAccessKey: SECRET, user: NEW },
      { kind: 'access-key', accessKeyId: NEW, ownerFields: {} },
    ],
    ['neither', { bucket: 'b' }, { kind: 'no-key', ownerFields: { bucket: 'b' } }],
    [
      'half a copy',
      { user: NEW },
      { kind: 'unreadable', problem: 'its field password is missing or not text' },
    ],
    [
      'the other half',
      { password: SECRET },
      { kind: 'unreadable', problem: 'its field user is not an access key ID' },
    ],
    [
      'a login and its password, which are not the key',
      { user: 'application_of_the_shop', password: SECRET },
      { kind: 'unreadable', problem: 'its field user is not an access key ID' },
    ],
    ...[`x${NEW}`, `${NEW}-x`].map((user): [string, object, object] => [
      `a login that has a key ID in it (${user})`,
      { user, password: SECRET },
      { kind: 'unreadable', problem: 'its field user is not an access key ID' },
    ]),
    [
      'another key ID',
      { AccessKeyId: NEW, SecretAccessKey: SECRET, user: OLD, password: SECRET },
      { kind: 'unreadable', problem: 'its fields AccessKeyId and user should hold the same and do not' },
    ],
    [
      'another secret',
      { AccessKeyId: NEW, SecretAccessKey: SECRET, user: NEW, password: 'other' },
      {
        kind: 'unreadable',
        problem: 'its fields SecretAccessKey and password should hold the same and do not',
      },
    ],
    [
      'an owner field of that name',
      { AccessKeyId: NEW, SecretAccessKey: SECRET, password: 7 },
      { kind: 'unreadable', problem: expect.stringContaining('SecretAccessKey and password') },
    ],
    [
      'half of its own fields',
      { AccessKeyId: NEW, user: NEW, password: SECRET },
      { kind: 'unreadable', problem: 'its field SecretAccessKey is missing or not text' },
    ],
  ])('reads %s', (_case, fields, expected) => {
    const document = read(fields);
    expect(document).toMatchObject(expected);
    if ('ownerFields' in expected) expect(document).toHaveProperty('ownerFields', expected.ownerFields);
    if (document.kind === 'unreadable')
      expect(document.problem).not.toMatch(/not-a-real-secret|AKIA|other|shop/);
  });

  test('copies under names from before are not carried over, from a document that a rotation wrote', () => {
    const former = accessKeyDocument(key, OWNER, { bucket: 'b' }, NAMES);
    for (const names of [undefined, { accessKeyId: 'login', secretAccessKey: 'pass' }]) {
      expect(parseSecretDocument(former, names)).toMatchObject({
        kind: 'access-key',
        ownerFields: { bucket: 'b' },
      });
      expect(parseSecretDocument(former, names)).not.toHaveProperty('ownerFields.user');
      expect(parseSecretDocument(former, names)).not.toHaveProperty('ownerFields.password');
    }
  });

  test('a field that merely repeats the key ID, or stands in a document of the owner, is carried over', () => {
    const written = JSON.parse(accessKeyDocument(key, OWNER, {}));
    expect(parseSecretDocument(JSON.stringify({ ...written, label: NEW }))).toMatchObject({
      ownerFields: { label: NEW },
    });
    expect(
      parseSecretDocument(
        JSON.stringify({ AccessKeyId: NEW, SecretAccessKey: SECRET, user: NEW, password: SECRET }),
      ),
    ).toMatchObject({ ownerFields: { user: NEW, password: SECRET } });
  });

  test('nothing is merged into what is no key', () => {
    expect(withOwnerFields('{"user":"bob"}', {}, NAMES)).toBeUndefined();
  });

  const RESERVED = [
    'Version',
    'AccessKeyId',
    'SecretAccessKey',
    'UserName',
    'CreateDate',
    'RotationId',
    'kind',
    'message',
  ];
  const name = fc
    .oneof(
      fc.constantFrom('user', 'constructor', '__proto__', 'toString', '0', 'accessKeyId', 'owner'),
      fc.stringMatching(/^[ -~]{1,20}$/),
    )
    .filter((text) => !RESERVED.includes(text));
  const names = fc
    .uniqueArray(name, { minLength: 2, maxLength: 2 })
    .map(([accessKeyId = '', secretAccessKey = '']) => ({ accessKeyId, secretAccessKey }));
  const owners = fc
    .array(fc.tuple(name, fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))))
    .map((entries) => Object.fromEntries(entries));
  const without = (fields: object, taken: readonly string[]): object =>
    Object.fromEntries(Object.entries(fields).filter(([field]) => !taken.includes(field)));

  test('whatever the names and the owner fields: what is written is read back, and a merge is stable', () => {
    fc.assert(
      fc.property(names, owners, owners, (fieldNames, before, during) => {
        const managed = Object.values(fieldNames);
        const stored = accessKeyDocument(key, OWNER, before, fieldNames);
        expect(parseSecretDocument(stored, fieldNames)).toEqual({
          kind: 'access-key',
          accessKeyId: NEW,
          secretAccessKey: SECRET,
          rootRotationId: OWNER,
          userName: 'alice',
          ownerFields: without(before, managed),
        });
        const fields = JSON.parse(stored) as Record<string, unknown>;
        expect(managed.map((field) => fields[field])).toEqual([NEW, SECRET]);

        const merged = withOwnerFields(stored, during, fieldNames) ?? '';
        expect(parseSecretDocument(merged, fieldNames)).toMatchObject({
          kind: 'access-key',
          accessKeyId: NEW,
        });
        expect(without(JSON.parse(merged), [...managed, ...RESERVED])).toEqual(without(during, managed));
        expect(withOwnerFields(merged, during, fieldNames)).toBe(merged);
      }),
    );
  });

  test('whatever the names: two different keys in a document are never read as one', () => {
    const differing = fc.constantFrom({ accessKeyId: OLD }, { secretAccessKey: 'another' });
    fc.assert(
      fc.property(names, owners, differing, (fieldNames, fields, difference) => {
        const copy = { accessKeyId: NEW, secretAccessKey: SECRET, ...difference };
        const text = JSON.stringify({
          ...fields,
          AccessKeyId: NEW,
          SecretAccessKey: SECRET,
          [fieldNames.accessKeyId]: copy.accessKeyId,
          [fieldNames.secretAccessKey]: copy.secretAccessKey,
        });
        expect(parseSecretDocument(text, fieldNames)).toMatchObject({ kind: 'unreadable' });
      }),
    );
  });
});
