import { RotationError } from '../contract/errors';
import type { IamGateway } from '../gateways/iam-gateway';
import { Late, mayBeLate, untilShown } from '../gateways/late-reads';
import type { ReadableSecret, SecretDescription, SecretGateway } from '../gateways/secret-gateway';
import type { AccessKey } from '../rotation/access-key';
import { leakToldBy } from '../rotation/leak';
import type { SecretDocument } from '../secret/secret-document';
import { intentVersionId, keyLabel, LABELS } from '../secret/versions';
import { mask } from '../text/mask';
import { lostLock, noCurrent, unusableSecret, userGone } from '../words/situation';
import type { FindStranger, Stranger } from './whose-key';

/** What AWSCURRENT holds, without key material. */
export type CurrentValue =
  | { readonly kind: 'access-key'; readonly accessKeyId: string; readonly login?: string | undefined }
  | { readonly kind: 'no-key'; readonly login?: string | undefined }
  | { readonly kind: 'unreadable'; readonly problem: string };

/** Drops everything but what decisions need. */
export const withoutMaterial = (document: SecretDocument): CurrentValue => {
  switch (document.kind) {
    case 'access-key':
      return { kind: 'access-key', accessKeyId: document.accessKeyId, login: document.login };
    case 'no-key':
      return { kind: 'no-key', login: document.login };
    case 'unreadable':
      return document;
    default:
      return { kind: 'unreadable', problem: `AWSCURRENT is on the rotation's own ${document.kind}` };
  }
};

/** The access key ID that consumers read, or null for the placeholder. */
export const currentKeyId = (current: CurrentValue): string | null =>
  current.kind === 'access-key' ? current.accessKeyId : null;

/** The access key IDs that AWSCURRENT names: that of its key, and that by which a mail program logs in. */
export const namedKeyIds = (current: CurrentValue): readonly string[] =>
  current.kind === 'unreadable'
    ? []
    : [currentKeyId(current), current.login].filter((id): id is string => typeof id === 'string');

/** The user's keys in a sentence: every message that a person gets says what state they are in. */
export const describeKeys = (keys: readonly AccessKey[]): string =>
  keys.length === 0
    ? 'The user has no access key.'
    : `Keys now: ${keys.map((key) => `${mask(key.accessKeyId)} ${key.status}`).join(', ')}.`;

/** What a step that acts has just read, with the lock proved. */
export interface Situation {
  readonly keys: readonly AccessKey[];
  readonly secret: SecretDescription;
  readonly current: CurrentValue;
  readonly currentVersionId: string;
  /** What AWSCURRENT holds, key material included: to be asked for, so that whatever prints a situation does not print it. */
  readonly currentText: () => string;
  /** The key in AWSCURRENT is somebody else's. Undefined also when nobody was asked. */
  readonly stranger: Stranger | undefined;
}

/** Finds a key in a list. */
export const findKey = (keys: readonly AccessKey[], accessKeyId: string | null): AccessKey | undefined =>
  keys.find((key) => key.accessKeyId === accessKeyId);

/** What a step's state says of the writes that reads have to show. */
export interface Witnessed extends ReadableSecret {
  readonly userName: string;
  readonly userId: string;
  readonly predecessorVersionId: string | null;
  readonly newAccessKeyId?: string | null;
  readonly rotation?: { readonly accessKeyIdsBefore: readonly string[] } | undefined;
  /** When AWSCURRENT had moved to the new key, and so when the lock was taken, at the latest. */
  readonly publishedAt?: string | undefined;
}

const publishedBy = ({ publishedAt }: Witnessed): Date | undefined =>
  publishedAt === undefined ? undefined : new Date(publishedAt);

/**
 * What the label AWSPENDING says of the lock. As long as a read may be late, neither that the label is nowhere nor that
 * it is on the predecessor's intent is a sign of drift; the intent of any other execution is.
 */
export const judgeLock = (
  pending: string | undefined,
  { owner, state }: { readonly owner: string; readonly state: Witnessed },
  now: Date,
): 'ours' | 'late' | 'drift' => {
  if (pending === intentVersionId(owner)) return 'ours';
  const isBefore = pending === undefined || pending === state.predecessorVersionId;
  return isBefore && mayBeLate(publishedBy(state), now) ? 'late' : 'drift';
};

/**
 * Whether a situation may be of before the new key was stored: its label is nowhere.
 *
 * @param storedBy - when the key was stored at the latest; undefined: not known.
 */
export const lacksLabel =
  (newAccessKeyId: string, storedBy: Date | undefined) =>
  ({ secret, current }: Situation, now: Date): Late | undefined =>
    !secret.versionByLabel.has(keyLabel(newAccessKeyId)) &&
    currentKeyId(current) !== newAccessKeyId &&
    mayBeLate(storedBy, now)
      ? new Late(`the label of the new key ${mask(newAccessKeyId)}`)
      : undefined;

/** Whether a read of AWSCURRENT may be of before the publication. */
const precedesPublication = (current: CurrentValue, state: Witnessed, now: Date): boolean =>
  state.publishedAt !== undefined &&
  currentKeyId(current) !== state.newAccessKeyId &&
  mayBeLate(publishedBy(state), now);

/** Whether a list of keys may be of before the new key was created: it was there when it was published. */
const precedesCreation = (keys: readonly AccessKey[], state: Witnessed, now: Date): boolean =>
  state.publishedAt !== undefined &&
  typeof state.newAccessKeyId === 'string' &&
  findKey(keys, state.newAccessKeyId) === undefined &&
  mayBeLate(publishedBy(state), now);

/**
 * The new key, or one that the user had when the rotation began, is the user's, also when a list does not show it. To ask
 * whose the new key is would be a use of it.
 */
export const isKnownAsTheUsers = (
  current: CurrentValue,
  { newAccessKeyId, rotation }: Witnessed,
): boolean => {
  const currentId = currentKeyId(current);
  return (
    currentId !== null &&
    (currentId === newAccessKeyId || rotation?.accessKeyIdsBefore.includes(currentId) === true)
  );
};

/** Why no step can work with a secret. */
export type SecretProblem = 'missing' | 'scheduled-for-deletion' | 'rotation-enabled';

/** @throws RotationError `SecretConflict` */
const requireUsable = (secretId: string, secret: SecretDescription | undefined): SecretDescription => {
  const refuse = (problem: SecretProblem): never => {
    throw new RotationError('SecretConflict', unusableSecret(secretId, problem));
  };
  if (secret === undefined) return refuse('missing');
  if (secret.scheduledForDeletion) return refuse('scheduled-for-deletion');
  return secret.rotationEnabled ? refuse('rotation-enabled') : secret;
};

/**
 * Proves that the lock is this execution's. Every step that changes something does this first.
 *
 * @throws RotationError `StateDrift` when another execution, or a person, has taken it.
 */
const requireLock = async (
  secrets: SecretGateway,
  state: Witnessed,
  owner: string,
): Promise<SecretDescription | Late> => {
  const { secretId } = state;
  const secret = requireUsable(secretId, await secrets.describe(secretId));
  const pending = secret.versionByLabel.get(LABELS.pending);
  const lock = judgeLock(pending, { owner, state }, new Date());
  if (lock === 'late') return new Late(`AWSPENDING of ${secretId} on this execution's intent`);
  if (lock === 'drift') {
    throw new RotationError('StateDrift', lostLock(secretId, pending));
  }
  return secret;
};

/**
 * Proves the lock, then reads what the step is about to rely on.
 *
 * @param more.missing - says what else the rotation has written and a situation does not show.
 * @param more.findStranger - for a step that may put another key in the place of the one in AWSCURRENT.
 */
export const readSituation = async (
  iam: IamGateway,
  secrets: SecretGateway,
  state: Witnessed,
  owner: string,
  more: {
    readonly missing?: (situation: Situation, now: Date) => Late | undefined;
    readonly findStranger?: FindStranger;
  } = {},
): Promise<Situation> =>
  untilShown(async () => {
    const secret = await requireLock(secrets, state, owner);
    if (secret instanceof Late) return secret;
    const [keys, current] = [await iam.accessKeys(state.userName), await secrets.current(state)];
    if (keys === undefined) {
      throw new RotationError('UserNotFound', userGone(state.userName));
    }
    // The description shows the lock, so it is younger than that. Where both agree, the value is, too.
    if (current?.versionId !== secret.versionByLabel.get(LABELS.current)) {
      return new Late(`where AWSCURRENT of ${state.secretId} is: two reads disagree`);
    }
    if (current === undefined) {
      throw new RotationError('SecretConflict', noCurrent(state.secretId, keys), { leak: leakToldBy(keys) });
    }
    const value = withoutMaterial(current.document);
    const now = new Date();
    if (precedesPublication(value, state, now)) {
      return new Late(`AWSCURRENT of ${state.secretId} on the new key`);
    }
    if (precedesCreation(keys, state, now)) {
      return new Late(`the new key of ${state.userName}`, 'IAM');
    }
    const situation = {
      keys,
      secret,
      current: value,
      currentVersionId: current.versionId,
      currentText: () => current.text,
      stranger: undefined,
    };
    const late = more.missing?.(situation, now);
    if (late !== undefined || more.findStranger === undefined) return late ?? situation;
    if (isKnownAsTheUsers(value, state)) return situation;
    return { ...situation, stranger: await more.findStranger(current, keys, state) };
  });
