import { RotationError } from './errors';
import type { AccessKey, IamGateway } from './iam-gateway';
import { leakToldBy } from './leak';
import { mask } from './mask';
import { type OwnerFields, ownerFieldsOf, type SecretDocument } from './secret-document';
import type { ReadableSecret, SecretDescription, SecretGateway } from './secret-gateway';
import { intentVersionId, LABELS } from './versions';

/** What AWSCURRENT holds, without key material. */
export type CurrentValue =
  | { readonly kind: 'access-key'; readonly accessKeyId: string }
  | { readonly kind: 'no-key' }
  | { readonly kind: 'unreadable'; readonly problem: string };

/** Drops everything but what decisions need. */
export const withoutMaterial = (document: SecretDocument): CurrentValue => {
  switch (document.kind) {
    case 'access-key':
      return { kind: 'access-key', accessKeyId: document.accessKeyId };
    case 'no-key':
      return { kind: 'no-key' };
    case 'unreadable':
      return document;
    default:
      return { kind: 'unreadable', problem: `AWSCURRENT is on the rotation's own ${document.kind}` };
  }
};

/** The access key ID that consumers read, or null for the placeholder. */
export const currentKeyId = (current: CurrentValue): string | null =>
  current.kind === 'access-key' ? current.accessKeyId : null;

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
  readonly currentOwnerFields: OwnerFields;
}

/** Finds a key in a list. */
export const findKey = (keys: readonly AccessKey[], accessKeyId: string | null): AccessKey | undefined =>
  keys.find((key) => key.accessKeyId === accessKeyId);

/**
 * Proves that the lock is this execution's. Every step that changes something does this first.
 *
 * @throws RotationError `StateDrift` when another execution, or a person, has taken it.
 */
const requireLock = async (
  secrets: SecretGateway,
  secretId: string,
  owner: string,
): Promise<SecretDescription> => {
  const secret = await secrets.describe(secretId);
  if (secret === undefined || secret.scheduledForDeletion || secret.rotationEnabled) {
    throw new RotationError(
      'SecretConflict',
      `The secret ${secretId} ${
        secret === undefined
          ? 'does not exist any more'
          : secret.scheduledForDeletion
            ? 'is scheduled for deletion'
            : "has Secrets Manager's own rotation switched on"
      }. The rotation stops here and changes nothing. Undo that, then start a new execution: it continues.`,
    );
  }
  if (secret.versionByLabel.get(LABELS.pending) !== intentVersionId(owner)) {
    throw new RotationError(
      'StateDrift',
      `This execution does not hold the lock of the rotation any more: AWSPENDING of ${secretId} is not on its ` +
        'intent. Another execution has taken over, or a person has moved the label. This step changed nothing. ' +
        'If no other execution is running for the user, start a new one: it continues.',
    );
  }
  return secret;
};

/** Proves the lock, then reads what the step is about to rely on. */
export const readSituation = async (
  iam: IamGateway,
  secrets: SecretGateway,
  state: ReadableSecret & { readonly userName: string },
  owner: string,
): Promise<Situation> => {
  const secret = await requireLock(secrets, state.secretId, owner);
  const [keys, current] = [await iam.accessKeys(state.userName), await secrets.current(state)];
  if (keys === undefined) {
    throw new RotationError(
      'UserNotFound',
      `The IAM user ${state.userName} does not exist any more. Nothing was changed by this step. Take the user ` +
        'out of the configuration, or create it again and remove AWSPENDING from the secret.',
    );
  }
  if (current === undefined) {
    throw new RotationError(
      'SecretConflict',
      `No version of the secret ${state.secretId} is AWSCURRENT. Nothing was changed by this step. ${describeKeys(keys)} ` +
        'Put AWSCURRENT back on the version that consumers should read, then start a new execution.',
      { leak: leakToldBy(keys) },
    );
  }
  return {
    keys,
    secret,
    current: withoutMaterial(current.document),
    currentVersionId: current.versionId,
    currentOwnerFields: ownerFieldsOf(current.document),
  };
};
