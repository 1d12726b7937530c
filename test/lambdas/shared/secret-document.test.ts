import { PLACEHOLDER_SECRET_STRING } from '../../../lambdas/shared/placeholder';
import {
  accessKeyDocument,
  intentDocument,
  parseSecretDocument,
  tombstoneDocument,
  withOwnerFields,
} from '../../../lambdas/shared/secret-document';
import { NEW, NOW, OWNER, ROTATION, USER_ID } from '../support/fixtures';

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
