import { PLACEHOLDER_SECRET_STRING } from '../../../../lambdas/shared/secret/placeholder';
import {
  intentDocument,
  parseSecretDocument,
  tombstoneDocument,
} from '../../../../lambdas/shared/secret/secret-document';
import { NEW, OLD, OWNER, ROTATION, USER_ID } from '../../support/fixtures';

const SECRET = 'not-a-real-secret';
const SMTP_PASSWORD = Buffer.from([4, ...Array<number>(32).fill(0)]).toString('base64');

describe('parseSecretDocument', () => {
  test.each<[string, string | undefined, object]>([
    ['the placeholder', PLACEHOLDER_SECRET_STRING, { kind: 'no-key' }],
    ["an owner's document without a key", '{"bucket":"b"}', { kind: 'no-key', text: '{"bucket":"b"}' }],
    ['an empty object', '{}', { kind: 'no-key' }],
    ['an empty object after a byte order mark', '\uFEFF{}', { kind: 'no-key' }],
    ['a tombstone', tombstoneDocument(NEW), { kind: 'tombstone', accessKeyId: NEW }],
    ['text', 'hello', { kind: 'unreadable', problem: { code: 'not-json' } }],
    ['JSON with a comment', '{} // the key', { kind: 'unreadable', problem: { code: 'not-json' } }],
    ['JSON with a comma too many', '{"a":1,}', { kind: 'unreadable', problem: { code: 'not-json' } }],
    ['nothing', '', { kind: 'unreadable' }],
    ['binary', undefined, { kind: 'unreadable', problem: { code: 'binary' } }],
    ['a list', '[]', { kind: 'unreadable', problem: { code: 'not-an-object' } }],
    ['null', 'null', { kind: 'unreadable', problem: { code: 'not-an-object' } }],
    ['a number', '7', { kind: 'unreadable', problem: { code: 'not-an-object' } }],
    ['half a key', `{"AccessKeyId":"${NEW}"}`, { kind: 'unreadable' }],
    ['the other half', `{"SecretAccessKey":"${SECRET}"}`, { kind: 'unreadable' }],
    [
      'a name twice',
      '{"host":"a","host":"b"}',
      {
        kind: 'unreadable',
        problem: { code: 'repeated-field', place: ['host'] },
      },
    ],
    [
      'a name twice below the root, which does not hide the key',
      `{"AccessKeyId":"${NEW}","SecretAccessKey":"${SECRET}","db":{"host":"a","host":"b"}}`,
      { kind: 'access-key', accessKeyId: NEW },
    ],
    [
      'a name twice, once with escapes',
      `{"AccessKeyId":"${NEW}","SecretAccessKey":"${SECRET}","Access\\u004beyId":"${OLD}"}`,
      { kind: 'unreadable', problem: { code: 'repeated-field', place: ['AccessKeyId'] } },
    ],
    [
      'a key ID that is a number',
      `{"AccessKeyId":1234567890123456,"SecretAccessKey":"${SECRET}"}`,
      { kind: 'unreadable', problem: { code: 'no-id', field: 'AccessKeyId' } },
    ],
    [
      'a key ID with something before it',
      `{"AccessKeyId":"-${NEW}","SecretAccessKey":"${SECRET}"}`,
      { kind: 'unreadable' },
    ],
    [
      'a key ID with something after it',
      `{"AccessKeyId":"${NEW}-","SecretAccessKey":"${SECRET}"}`,
      { kind: 'unreadable' },
    ],
    ['a key ID that is none', `{"AccessKeyId":"x","SecretAccessKey":"${SECRET}"}`, { kind: 'unreadable' }],
    [
      'a secret that is a number',
      `{"AccessKeyId":"${NEW}","SecretAccessKey":7}`,
      { kind: 'unreadable', problem: { code: 'no-secret', field: 'SecretAccessKey' } },
    ],
    ...[
      '',
      ' ',
      'not a real secret',
      'fifteen-letters',
      `${SECRET}\\n`,
      'x'.repeat(257),
      'not-ä-real-secret',
    ].map((secret): [string, string, object] => [
      `a secret that can be none (${secret.slice(0, 20)})`,
      `{"AccessKeyId":"${NEW}","SecretAccessKey":"${secret}"}`,
      { kind: 'unreadable', problem: { code: 'not-a-secret', field: 'SecretAccessKey' } },
    ]),
    ...['sixteen-letters-', 'x'.repeat(256), `B${'x'.repeat(43)}`, `${SMTP_PASSWORD}0000`].map(
      (secret): [string, string, object] => [
        `a secret of another form than today's (${secret.slice(0, 20)})`,
        `{"AccessKeyId":"${NEW}","SecretAccessKey":"${secret}"}`,
        { kind: 'access-key', secretAccessKey: secret },
      ],
    ),
    [
      "a password of SES's beside a key ID",
      `{"AccessKeyId":"${NEW}","SecretAccessKey":"${SMTP_PASSWORD}"}`,
      {
        kind: 'unreadable',
        problem: { code: 'smtp-password', field: 'SecretAccessKey' },
      },
    ],
    [
      "an owner's document that calls itself a tombstone",
      '{"kind":"tombstone","bucket":"b"}',
      { kind: 'no-key' },
    ],
    ["an owner's document that calls itself an intent", '{"kind":"intent"}', { kind: 'no-key' }],
    ['the same after a byte order mark', '\uFEFF{"kind":"intent"}', { kind: 'no-key' }],
    [
      "an owner's document that calls itself an intent and has a key",
      `{"kind":"intent","AccessKeyId":"${NEW}","SecretAccessKey":"${SECRET}"}`,
      { kind: 'access-key', accessKeyId: NEW },
    ],
    [
      "an owner's RotationId",
      `{"AccessKeyId":"${NEW}","SecretAccessKey":"${SECRET}","RotationId":"7"}`,
      { kind: 'access-key', formerRotationId: undefined },
    ],
    [
      "an earlier release's RotationId",
      `{"AccessKeyId":"${NEW}","SecretAccessKey":"${SECRET}","RotationId":"${OWNER}","UserName":"alice"}`,
      { kind: 'access-key', formerRotationId: OWNER, userName: 'alice' },
    ],
    ['more than a stack could hold', `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, { kind: 'no-key' }],
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

  test.each([
    ['SessionToken', 'not-a-real-token', 'not-a-real-token'],
    ['aws_session_token', 'not-a-real-token', 'not-a-real-token'],
    ['token', 'not-a-real-token', 'not-a-real-token'],
    ['SessionToken', 'two words', undefined],
    ['note', 'not-a-real-token', undefined],
  ])('finds the token of a temporary key under %s', (name, token, expected) => {
    const text = JSON.stringify({ AccessKeyId: NEW, SecretAccessKey: SECRET, [name]: token });
    expect(parseSecretDocument(text)).toHaveProperty('sessionToken', expected);
  });
});

describe('with names of the owner for the key', () => {
  const fieldNames = { accessKeyId: 'user', secretAccessKey: 'password' };
  const both = { document: 'credential-process', fieldNames } as const;
  const named = { document: 'named-fields', fieldNames } as const;

  const conflict = (one: string, other: string) => ({
    kind: 'unreadable',
    problem: { code: 'fields-differ', field: one, other },
  });
  const whole = { kind: 'access-key', accessKeyId: NEW, secretAccessKey: SECRET };
  test.each<[string, object, object]>([
    ['these names alone, as an owner wrote them', { user: NEW, password: SECRET, bucket: 'b' }, whole],
    [
      'these names in a placeholder',
      { ...JSON.parse(PLACEHOLDER_SECRET_STRING), user: NEW, password: SECRET },
      whole,
    ],
    ["the key's own fields alone", { AccessKeyId: NEW, SecretAccessKey: SECRET }, whole],
    [
      "the key's own fields and one of these",
      { AccessKeyId: NEW, SecretAccessKey: SECRET, user: NEW },
      whole,
    ],
    ["these names and one of the key's own fields", { AccessKeyId: NEW, user: NEW, password: SECRET }, whole],
    ['neither', { bucket: 'b' }, { kind: 'no-key' }],
    ['half', { user: NEW }, { kind: 'unreadable', problem: { code: 'no-secret', field: 'password' } }],
    [
      'the other half',
      { password: SECRET },
      { kind: 'unreadable', problem: { code: 'no-id', field: 'user' } },
    ],
    [
      'a login and its password, which are not the key',
      { user: 'application_of_the_shop', password: SECRET },
      { kind: 'unreadable', problem: { code: 'no-id', field: 'user' } },
    ],
    [
      "a password of SES's",
      { user: NEW, password: SMTP_PASSWORD },
      {
        kind: 'unreadable',
        problem: { code: 'smtp-password', field: 'password' },
      },
    ],
    ...[`x${NEW}`, `${NEW}-x`].map((user): [string, object, object] => [
      `a login that has a key ID in it (${user})`,
      { user, password: SECRET },
      { kind: 'unreadable', problem: { code: 'no-id', field: 'user' } },
    ]),
  ])('reads %s', (_case, fields, expected) => {
    for (const settings of [both, named]) {
      const document = parseSecretDocument(JSON.stringify(fields), settings);
      expect(document).toMatchObject(expected);
      if (document.kind === 'unreadable')
        expect(JSON.stringify(document)).not.toMatch(/not-a-real-secret|AKIA|shop_/);
    }
  });

  test.each<[string, object, object, object]>([
    [
      'another key ID',
      { AccessKeyId: NEW, SecretAccessKey: SECRET, user: OLD, password: SECRET },
      conflict('AccessKeyId', 'user'),
      conflict('user', 'AccessKeyId'),
    ],
    [
      'another secret',
      { AccessKeyId: NEW, SecretAccessKey: SECRET, user: NEW, password: 'another-made-up-one' },
      conflict('SecretAccessKey', 'password'),
      conflict('password', 'SecretAccessKey'),
    ],
    [
      'an owner field of that name',
      { AccessKeyId: NEW, SecretAccessKey: SECRET, password: 7 },
      conflict('SecretAccessKey', 'password'),
      conflict('SecretAccessKey', 'password'),
    ],
    [
      "another one in the key's own field",
      { AccessKeyId: OLD, user: NEW, password: SECRET },
      conflict('user', 'AccessKeyId'),
      conflict('user', 'AccessKeyId'),
    ],
  ])('does not choose between two keys: %s', (_case, fields, bothSay, namedSays) => {
    expect(parseSecretDocument(JSON.stringify(fields), both)).toEqual(bothSay);
    expect(parseSecretDocument(JSON.stringify(fields), named)).toEqual(namedSays);
  });

  test("an owner's UserName is not taken for the rotation's", () => {
    const text = JSON.stringify({ user: NEW, password: SECRET, UserName: 'db-admin' });
    expect(parseSecretDocument(text, named)).toHaveProperty('userName', undefined);
    expect(parseSecretDocument(text, both)).toHaveProperty('userName', 'db-admin');
  });
});
