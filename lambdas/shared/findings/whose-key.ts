import { RETRY_NOTE, RotationError } from '../contract/errors';
import type { IamGateway } from '../gateways/iam-gateway';
import type { Identity, IdentityGateway } from '../gateways/identity-gateway';
import type { StoredDocument } from '../gateways/secret-gateway';
import type { AccessKey } from '../rotation/access-key';
import type { SecretDocument } from '../secret/secret-document';
import { mask } from '../text/mask';

/** A key in AWSCURRENT that is somebody else's, and what says so. */
export interface Stranger {
  readonly accessKeyId: string;
  /** A clause: "AWS accepts it as …". */
  readonly evidence: string;
}

/** Who the rotated user is. */
interface Owner {
  readonly userName: string;
  readonly userId: string;
}

type KeyDocument = Extract<SecretDocument, { kind: 'access-key' }>;

/** Who is asked. */
interface Witnesses {
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
 * be in use by somebody else. Undefined: nobody's, as far as anybody can tell, or the user's.
 *
 * @throws RotationError `TransientServiceError` when nobody could be asked: then it is not known, and never "gone".
 */
export type FindStranger = (
  current: StoredDocument,
  keys: readonly AccessKey[],
  owner: Owner,
) => Promise<Stranger | undefined>;

/** @returns what asks these witnesses. */
export const strangerFinder =
  (witnesses: Witnesses): FindStranger =>
  (current, keys, owner) =>
    findStranger(witnesses, current, keys, owner);

const findStranger = async (
  { identities, iam }: Witnesses,
  { document, storedAt }: StoredDocument,
  keys: readonly AccessKey[],
  owner: Owner,
): Promise<Stranger | undefined> => {
  if (document.kind !== 'access-key') return undefined;
  const { accessKeyId } = document;
  if (keys.some((key) => key.accessKeyId === accessKeyId)) return undefined;
  const isTemporary = TEMPORARY.test(accessKeyId);
  const identity = await ask(identities, {
    ...document,
    // A token beside a key that needs none may belong to something else, and AWS would refuse the key for it.
    sessionToken: isTemporary ? document.sessionToken : undefined,
  });
  const evidence =
    byAnswer(identity, accessKeyId, owner) ??
    (isTemporary ? byTemporaryKey(identity) : await byName(iam, document, owner));
  if (evidence !== undefined) return { accessKeyId, evidence };
  requireSettled(accessKeyId, storedAt, new Date());
  return undefined;
};

const requireSettled = (accessKeyId: string, storedAt: Date | undefined, now: Date): void => {
  if (storedAt !== undefined && now.getTime() - storedAt.getTime() >= REFUSED_WHILE_NEW_SECONDS * 1000)
    return;
  throw new RotationError(
    'TransientServiceError',
    `AWSCURRENT holds ${mask(accessKeyId)}, which somebody has just put there and AWS refuses, as it does at first with a key ` +
      `that is new. Nothing takes its place before it is known whose it is. ${RETRY_NOTE}`,
  );
};

/** What AWS, or the network, has called it. */
const causeOf = (error: unknown): string => {
  const { name, cause } = error instanceof Error ? error : new Error('no answer');
  return cause instanceof Error ? cause.name : name;
};

const ask = async (
  identities: IdentityGateway,
  key: Parameters<IdentityGateway['whoIs']>[0],
): Promise<Identity> => {
  try {
    return await identities.whoIs(key);
  } catch (error) {
    throw new RotationError(
      'TransientServiceError',
      `AWSCURRENT holds ${mask(key.accessKeyId)}, which is not in the user's list, and AWS could not be asked whose it is: ` +
        `${causeOf(error)}. Nothing takes its place before that is known. ${RETRY_NOTE}`,
      { cause: error },
    );
  }
};

const byAnswer = (identity: Identity, accessKeyId: string, { userId }: Owner): string | undefined => {
  if (identity.kind === 'refused') {
    return identity.code === 'SignatureDoesNotMatch'
      ? 'AWS knows it, though with another secret access key'
      : undefined;
  }
  if (identity.userId !== userId) return `AWS accepts it as ${identity.arn}`;
  throw new RotationError(
    'TransientServiceError',
    `AWSCURRENT holds ${mask(accessKeyId)}, which AWS accepts as the user's and IAM's list of keys does not show: the list may ` +
      `be late. ${RETRY_NOTE}`,
  );
};

const byTemporaryKey = (identity: Identity): string | undefined =>
  identity.kind === 'refused' && identity.code.startsWith('ExpiredToken')
    ? undefined
    : 'it is a temporary one, and AWS does not say of what session';

/** AWS has refused the key, so it is no use to anybody now. It may be somebody's all the same, who has it Inactive. */
const byName = async (
  iam: Witnesses['iam'],
  { accessKeyId, userName }: KeyDocument,
  owner: Owner,
): Promise<string | undefined> => {
  const known = await iam?.userOf(accessKeyId);
  if (known !== undefined && known !== owner.userName) return `IAM knows it as a key of the user ${known}`;
  if (known !== undefined || userName === undefined || userName === owner.userName) return undefined;
  return `the field UserName beside it names ${USER_NAME.test(userName) ? userName : 'somebody else'}`;
};

/** What is wrong with AWSCURRENT, in a sentence. */
export const describeStranger = ({ accessKeyId, evidence }: Stranger, userName: string): string =>
  `AWSCURRENT holds ${mask(accessKeyId)}, which is not a key of ${userName}: ${evidence}.`;
