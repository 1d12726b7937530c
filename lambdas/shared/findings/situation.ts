import type { Refusal, RotationErrorName } from '../contract/errors';
import { LABELS } from '../contract/names';
import type { IamGateway } from '../gateways/iam-gateway';
import { Late, mayBeLate, untilShown } from '../gateways/late-reads';
import type { ReadableSecret, SecretDescription, SecretGateway } from '../gateways/secret-gateway';
import type { AccessKey } from '../rotation/access-key';
import { leakToldBy } from '../rotation/leak';
import type { DocumentProblem, SecretDocument } from '../secret/secret-document';
import { intentVersionId, keyLabel } from '../secret/versions';
import { findStranger, type NotKnownWhy, type Stranger, type Witnesses } from './whose-key';

/** Why what AWSCURRENT holds cannot be understood. Repeats no value of it. */
export type CurrentProblem =
  | DocumentProblem
  /** It is a document of the rotation's own. */
  | { readonly code: 'rotations-own'; readonly document: 'intent' | 'tombstone' };

/** What AWSCURRENT holds, without key material. */
export type CurrentValue =
  | { readonly kind: 'access-key'; readonly accessKeyId: string; readonly login?: string | undefined }
  | { readonly kind: 'no-key'; readonly login?: string | undefined }
  | { readonly kind: 'unreadable'; readonly problem: CurrentProblem };

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
      return { kind: 'unreadable', problem: { code: 'rotations-own', document: document.kind } };
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
      ? new Late({ code: 'key-label', accessKeyId: newAccessKeyId })
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

/** What of what this rotation has done does not show in reads that may be late. */
const ofBefore = (
  value: CurrentValue,
  keys: readonly AccessKey[],
  state: Witnessed,
  now: Date,
): Late | undefined => {
  if (precedesPublication(value, state, now)) {
    return new Late({ code: 'publication', secretId: state.secretId });
  }
  return precedesCreation(keys, state, now)
    ? new Late({ code: 'new-key', userName: state.userName }, 'IAM')
    : undefined;
};

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

/** Why a step cannot go on with what it finds. */
export type SituationWhy =
  | NotKnownWhy
  | { readonly code: 'secret-missing' | 'scheduled-for-deletion' | 'rotation-enabled' | 'user-missing' }
  /** AWSPENDING is not on this execution's intent but on this version; undefined: on none. */
  | { readonly code: 'lock-lost'; readonly pending: string | undefined }
  /** No version is AWSCURRENT. */
  | { readonly code: 'no-current'; readonly keys: readonly AccessKey[] };

const refuse = (error: RotationErrorName, why: SituationWhy): Refusal<SituationWhy> => ({
  kind: 'refuse',
  error,
  why,
});

/** What a step has to find before it does anything, in the order in which it looks. */
const usable = (secret: SecretDescription | undefined): SecretDescription | Refusal<SituationWhy> => {
  if (secret === undefined) return refuse('SecretConflict', { code: 'secret-missing' });
  if (secret.scheduledForDeletion) return refuse('SecretConflict', { code: 'scheduled-for-deletion' });
  return secret.rotationEnabled ? refuse('SecretConflict', { code: 'rotation-enabled' }) : secret;
};

/** Proves that the lock is this execution's. Every step that changes something does this first. */
const proveLock = async (
  secrets: SecretGateway,
  state: Witnessed,
  owner: string,
): Promise<SecretDescription | Late | Refusal<SituationWhy>> => {
  const { secretId } = state;
  const secret = usable(await secrets.describe(secretId));
  if ('why' in secret) return secret;
  const pending = secret.versionByLabel.get(LABELS.pending);
  switch (judgeLock(pending, { owner, state }, new Date())) {
    case 'ours':
      return secret;
    case 'late':
      return new Late({ code: 'own-lock', secretId });
    case 'drift':
      return refuse('StateDrift', { code: 'lock-lost', pending });
  }
};

/**
 * Proves the lock, then reads what the step is about to rely on.
 *
 * @param more.missing - says what else the rotation has written and a situation does not show.
 * @param more.witnesses - who is asked whose the key in AWSCURRENT is: for a step that may put another one in its place.
 */
export const findSituation = async (
  iam: IamGateway,
  secrets: SecretGateway,
  state: Witnessed,
  owner: string,
  more: {
    readonly missing?: (situation: Situation, now: Date) => Late | undefined;
    readonly witnesses?: Witnesses;
  } = {},
): Promise<Situation | Refusal<SituationWhy>> =>
  untilShown(async () => {
    const secret = await proveLock(secrets, state, owner);
    if (secret instanceof Late || 'why' in secret) return secret;
    const [keys, current] = [await iam.accessKeys(state.userName), await secrets.current(state)];
    if (keys === undefined) return refuse('UserNotFound', { code: 'user-missing' });
    // The description shows the lock, so it is younger than that. Where both agree, the value is, too.
    if (current?.versionId !== secret.versionByLabel.get(LABELS.current)) {
      return new Late({ code: 'current-of-two-reads', secretId: state.secretId });
    }
    if (current === undefined) {
      return { ...refuse('SecretConflict', { code: 'no-current', keys }), leak: leakToldBy(keys) };
    }
    const value = withoutMaterial(current.document);
    const now = new Date();
    const before = ofBefore(value, keys, state, now);
    if (before !== undefined) return before;
    const situation = {
      keys,
      secret,
      current: value,
      currentVersionId: current.versionId,
      currentText: () => current.text,
      stranger: undefined,
    };
    const late = more.missing?.(situation, now);
    if (late !== undefined || more.witnesses === undefined) return late ?? situation;
    if (isKnownAsTheUsers(value, state)) return situation;
    const stranger = await findStranger(more.witnesses, current, keys, state);
    return stranger !== undefined && 'why' in stranger ? stranger : { ...situation, stranger };
  });
