import { RotationError } from '../../../../lambdas/shared/contract/errors';
import { type Evidence, findStranger, type NotKnownWhy } from '../../../../lambdas/shared/findings/whose-key';
import type { Identity } from '../../../../lambdas/shared/gateways/identity-gateway';
import { parseSecretDocument } from '../../../../lambdas/shared/secret/secret-document';
import { key, NEW, OLD, OTHER, USER_ID } from '../../support/fixtures';

const ALICE = { userName: 'alice', userId: USER_ID };
const TEMPORARY = 'ASIAOTHEROTHEROTHER3';
const BOB = 'arn:aws:iam::444455556666:user/bob';

const refused = (code: string): Identity => ({ kind: 'refused', code });
const UNKNOWN = refused('InvalidClientTokenId');
const EXPIRED = refused('ExpiredToken');
const somebody: Identity = { kind: 'user', userId: 'AIDABOBBOBBOBBOB0001', arn: BOB };

const ago = (seconds: number): Date => new Date(Date.now() - seconds * 1000);

/** What is found, and what AWS was asked with. */
const find = async (
  fields: Readonly<Record<string, string>>,
  {
    answer = UNKNOWN,
    knownAs,
    storedAt = ago(90),
  }: { readonly answer?: Identity | Error; readonly knownAs?: string; readonly storedAt?: Date } = {},
) => {
  const asked: unknown[] = [];
  const whoIs = async (asking: unknown): Promise<Identity> => {
    asked.push(asking);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const document = parseSecretDocument(
    JSON.stringify({ AccessKeyId: OTHER, SecretAccessKey: 'not-a-real-secret', ...fields }),
  );
  const found = findStranger(
    { identities: { whoIs } as never, iam: { userOf: async () => knownAs } },
    { document, storedAt },
    [key(OLD), key(NEW)],
    ALICE,
  );
  return { stranger: await found, asked };
};

const notKnown = (why: NotKnownWhy) => ({ kind: 'refuse', error: 'TransientServiceError', why });

test.each<[string, Parameters<typeof find>, Evidence]>([
  ['AWS accepts it', [{}, { answer: somebody }], { code: 'accepted', arn: BOB }],
  [
    'AWS accepts it and does not say as whom',
    [{}, { answer: { kind: 'user', userId: '', arn: 'somebody' } }],
    { code: 'accepted', arn: 'somebody' },
  ],
  [
    'AWS knows it, with another secret access key',
    [{}, { answer: refused('SignatureDoesNotMatch') }],
    { code: 'another-secret' },
  ],
  ['IAM knows it, Inactive', [{}, { knownAs: 'bob' }], { code: 'known', userName: 'bob' }],
  [
    'IAM knows it, and the document says otherwise',
    [{ UserName: 'alice' }, { knownAs: 'bob' }],
    { code: 'known', userName: 'bob' },
  ],
  ['the document names another user', [{ UserName: 'bob' }], { code: 'named', userName: 'bob' }],
  [
    'the document names what is no user name',
    [{ UserName: 'bob; rm -rf /' }],
    { code: 'named', userName: undefined },
  ],
  ['a temporary key without its token', [{ AccessKeyId: TEMPORARY }], { code: 'temporary' }],
  [
    'a temporary key, accepted',
    [{ AccessKeyId: TEMPORARY, SessionToken: 'a-token' }, { answer: somebody }],
    { code: 'accepted', arn: BOB },
  ],
])('a key is somebody else’s: %s', async (_case, given, evidence) => {
  const { stranger } = await find(...given);
  expect(stranger).toEqual({ accessKeyId: given[0].AccessKeyId ?? OTHER, evidence });
});

test.each<[string, Parameters<typeof find>]>([
  ['AWS does not know it', [{}]],
  ['AWS does not know it, and the document names this user', [{ UserName: 'alice' }]],
  ['IAM knows it as this user’s, Inactive or just deleted', [{ UserName: 'bob' }, { knownAs: 'alice' }]],
  ['a temporary key has expired', [{ AccessKeyId: TEMPORARY }, { answer: EXPIRED }]],
])('a key is nobody’s: %s', async (_case, given) => {
  expect((await find(...given)).stranger).toBeUndefined();
});

test.each<[string, Readonly<Record<string, string>>]>([
  ['a key that the list has', { AccessKeyId: OLD }],
  ['another one that the list has', { AccessKeyId: NEW }],
])('nobody is asked about %s', async (_case, fields) => {
  expect(await find(fields, { answer: somebody })).toEqual({ stranger: undefined, asked: [] });
});

test('nobody is asked where there is no key', async () => {
  const whoIs = jest.fn();
  const asked = findStranger(
    { identities: { whoIs } as never },
    { document: parseSecretDocument('{}'), storedAt: ago(0) },
    [],
    ALICE,
  );
  expect(await asked).toBeUndefined();
  expect(whoIs).not.toHaveBeenCalled();
});

const THROTTLED = new RotationError('TransientServiceError', 'slow down');
const LATE = { code: 'key-not-listed', accessKeyId: OTHER } as const;

test.each<[string, Identity | Error, NotKnownWhy]>([
  ['AWS is throttled', THROTTLED, { code: 'key-not-asked-about', accessKeyId: OTHER, cause: THROTTLED }],
  ['it is this user’s, and the list is late', { ...somebody, userId: USER_ID }, LATE],
])('it is not known whose a key is when %s: that is never "gone"', async (_case, answer, why) => {
  expect((await find({}, { answer })).stranger).toEqual(notKnown(why));
});

test('a refusal proves nothing of a key that was just put there: it may be new', async () => {
  expect((await find({}, { storedAt: ago(80) })).stranger).toEqual(
    notKnown({ code: 'key-may-be-new', accessKeyId: OTHER }),
  );
  expect((await find({}, { answer: somebody, storedAt: ago(0) })).stranger).toHaveProperty('evidence');
});

describe('the session token', () => {
  test.each([
    'SessionToken',
    'Token',
    'aws_session_token',
    'AWS_SESSION_TOKEN',
    'sessionToken',
    'security-token',
  ])('goes with a temporary key, from the field %s', async (field) => {
    const { asked } = await find({ AccessKeyId: TEMPORARY, [field]: 'a-token' }, { answer: somebody });
    expect(asked).toMatchObject([{ accessKeyId: TEMPORARY, sessionToken: 'a-token' }]);
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ['beside a key that needs none', { SessionToken: 'a-token' }],
    ['that no header can carry', { AccessKeyId: TEMPORARY, SessionToken: 'a\ntoken' }],
    ['of something else', { AccessKeyId: TEMPORARY, DatabaseToken: 'a-token' }],
  ])('does not go along %s', async (_case, fields) => {
    const { asked } = await find(fields, { answer: somebody });
    expect(asked).toMatchObject([{ sessionToken: undefined }]);
  });
});
