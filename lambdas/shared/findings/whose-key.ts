import type { Refusal } from '../contract/errors';
import type { IamGateway } from '../gateways/iam-gateway';
import type { Identity, IdentityGateway } from '../gateways/identity-gateway';
import type { StoredDocument } from '../gateways/secret-gateway';
import type { AccessKey } from '../rotation/access-key';
import type { SecretDocument } from '../secret/secret-document';

/** A key in AWSCURRENT that is somebody else's, and what says so. */
export interface Stranger {
  readonly accessKeyId: string;
  readonly evidence: Evidence;
}

/** What says that a key is somebody else's. */
export type Evidence =
  /** AWS accepts it, and says as whom. */
  | { readonly code: 'accepted'; readonly arn: string }
  /** AWS knows it, with another secret access key. */
  | { readonly code: 'another-secret' }
  /** It is a temporary one, and AWS does not say of what session. */
  | { readonly code: 'temporary' }
  /** IAM knows it as this user's. */
  | { readonly code: 'known'; readonly userName: string }
  /** The field UserName beside it names this user; undefined: something that is no name. */
  | { readonly code: 'named'; readonly userName: string | undefined };

/** Why it is not known yet whose a key is. */
export type NotKnownWhy =
  /** Somebody has just put it there, and AWS refuses it, as it does at first with a new one. */
  | { readonly code: 'key-may-be-new'; readonly accessKeyId: string }
  /** AWS accepts it as the user's, and IAM does not list it. */
  | { readonly code: 'key-not-listed'; readonly accessKeyId: string }
  /** AWS could not be asked. */
  | { readonly code: 'key-not-asked-about'; readonly accessKeyId: string; readonly cause: unknown };

/** Who the rotated user is. */
interface Owner {
  readonly userName: string;
  readonly userId: string;
}

type KeyDocument = Extract<SecretDocument, { kind: 'access-key' }>;

/** Who is asked. */
export interface Witnesses {
  readonly identities: IdentityGateway;
  /** The step may ask IAM as well, which knows an Inactive key of another enrolled user. */
  readonly iam?: Pick<IamGateway, 'userOf'>;
}

/**
 * How long AWS may refuse a key that was just created. It is older than the version that holds it, so that a refusal later
 * than this after the version was stored is one of a key that is not new.
 */
const REFUSED_WHILE_NEW_SECONDS = 90;

/** IAM User Guide, "IAM identifiers": the prefix of temporary access keys. They are never in a user's list. */
const TEMPORARY = /^ASIA/;

const USER_NAME = /^[\w+=,.@-]{1,64}$/;

/**
 * Whose the key in AWSCURRENT is, where it is not in the user's list: a list may lag, and a key that is not this user's may
 * be in use by somebody else. Undefined: nobody's, as far as anybody can tell, or the user's. A refusal when that is not known,
 * which never means "gone".
 */
export const findStranger = async (
  { identities, iam }: Witnesses,
  { document, storedAt }: StoredDocument,
  keys: readonly AccessKey[],
  owner: Owner,
): Promise<Stranger | Refusal<NotKnownWhy> | undefined> => {
  if (document.kind !== 'access-key') return undefined;
  const { accessKeyId } = document;
  if (keys.some((key) => key.accessKeyId === accessKeyId)) return undefined;
  const isTemporary = TEMPORARY.test(accessKeyId);
  const identity = await ask(identities, {
    ...document,
    // A token beside a key that needs none may belong to something else, and AWS would refuse the key for it.
    sessionToken: isTemporary ? document.sessionToken : undefined,
  });
  if (identity.kind === 'refuse') return identity;
  // The list may be late.
  if (identity.kind === 'user' && identity.userId === owner.userId) {
    return refuse({ code: 'key-not-listed', accessKeyId });
  }
  const evidence =
    byAnswer(identity) ?? (isTemporary ? byTemporaryKey(identity) : await byName(iam, document, owner));
  if (evidence !== undefined) return { accessKeyId, evidence };
  return isSettled(storedAt, new Date()) ? undefined : refuse({ code: 'key-may-be-new', accessKeyId });
};

/** Nothing takes the place of a key before it is known whose it is. */
const refuse = (why: NotKnownWhy): Refusal<NotKnownWhy> => ({
  kind: 'refuse',
  error: 'TransientServiceError',
  why,
});

/** Whether a refusal is one of a key that is not new. */
const isSettled = (storedAt: Date | undefined, now: Date): boolean =>
  storedAt !== undefined && now.getTime() - storedAt.getTime() >= REFUSED_WHILE_NEW_SECONDS * 1000;

const ask = async (
  identities: IdentityGateway,
  key: Parameters<IdentityGateway['whoIs']>[0],
): Promise<Identity | Refusal<NotKnownWhy>> => {
  try {
    return await identities.whoIs(key);
  } catch (cause) {
    return refuse({ code: 'key-not-asked-about', accessKeyId: key.accessKeyId, cause });
  }
};

const byAnswer = (identity: Identity): Evidence | undefined => {
  if (identity.kind === 'user') return { code: 'accepted', arn: identity.arn };
  return identity.code === 'SignatureDoesNotMatch' ? { code: 'another-secret' } : undefined;
};

const byTemporaryKey = (identity: Identity): Evidence | undefined =>
  identity.kind === 'refused' && identity.code.startsWith('ExpiredToken') ? undefined : { code: 'temporary' };

/** AWS has refused the key, so it is no use to anybody now. It may be somebody's all the same, who has it Inactive. */
const byName = async (
  iam: Witnesses['iam'],
  { accessKeyId, userName }: KeyDocument,
  owner: Owner,
): Promise<Evidence | undefined> => {
  const known = await iam?.userOf(accessKeyId);
  if (known !== undefined && known !== owner.userName) return { code: 'known', userName: known };
  if (known !== undefined || userName === undefined || userName === owner.userName) return undefined;
  return { code: 'named', userName: USER_NAME.test(userName) ? userName : undefined };
};
