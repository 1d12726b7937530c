import { createHash } from 'node:crypto';
import { INTENT_PREFIX } from '../contract/names';
import type { ExecutionContext } from '../rotation/rotation-state';

const KEY_LABEL_PREFIX = 'rotation-key-';

/** The label that a stored key carries from storing until release. Without it, it can never be published. */
export const keyLabel = (accessKeyId: string): string => `${KEY_LABEL_PREFIX}${accessKeyId}`;

const PUBLISHED_LABEL_PREFIX = 'rotation-published-';

/**
 * The mark of a key from right before its publication until release. A key with this mark may be in use, so the rotation
 * never deletes it. It is put on the intent, not on the key's version: that one may lose AWSCURRENT, and, as it is
 * reported, all other labels with it.
 */
export const publishedLabel = (accessKeyId: string): string => `${PUBLISHED_LABEL_PREFIX}${accessKeyId}`;

/** The access key ID that a label is about; undefined for any other label. */
export const keyOfLabel = (label: string): string | undefined =>
  [KEY_LABEL_PREFIX, PUBLISHED_LABEL_PREFIX]
    .filter((prefix) => label.startsWith(prefix))
    .map((prefix) => label.slice(prefix.length))[0];

/** Whether a label is about some key. */
export const isKeyLabel = (label: string): boolean => keyOfLabel(label) !== undefined;

/** Secrets Manager quotas: staging labels attached to the versions of a secret. */
export const LABEL_QUOTA = 20;

/** AWSCURRENT, AWSPREVIOUS, the lock, scratch, the hold, and two labels for each of two keys. */
const LABELS_OF_A_ROTATION = 9;

/** The labels that are neither Secrets Manager's nor the rotation's. */
export const ownersLabels = (labels: Iterable<string>): readonly string[] =>
  [...labels].filter((label) => !/^(AWS|rotation-)/.test(label));

/** How many labels of the owner's leave no room for a rotation; 0 when there is room. */
export const labelsTooMany = (labels: Iterable<string>): number =>
  Math.max(0, ownersLabels(labels).length - (LABEL_QUOTA - LABELS_OF_A_ROTATION));

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 40);

/**
 * Who acts: an execution, its redrive count, because a redriven execution keeps its ARN while functions of its first run
 * may still be alive, and its start, because Step Functions lets the name of an execution be used again.
 *
 * @param namesStart - false for an execution whose plan was made when owners did not name their start: it goes on as it began.
 */
export const ownerOf = ({ id, redriveCount, startTime }: ExecutionContext, namesStart: boolean): string =>
  `${id}#${redriveCount}${namesStart ? `@${startTime}` : ''}`;

/** The execution that an owner is, as far as its name tells. */
export const executionOf = (
  owner: string,
): { readonly executionArn: string; readonly startedAt: Date | undefined } => {
  const [, executionArn = owner, start] = /^(.*)#\d+(?:@(.+))?$/.exec(owner) ?? [];
  return { executionArn, startedAt: start === undefined ? undefined : new Date(start) };
};

/** The ARN of the execution that an owner is: what a person is told of it. */
export const executionArnOf = (owner: string): string => executionOf(owner).executionArn;

/*
 * Version IDs are derived, so that a repeated call meets its own earlier effect instead of making a second one
 * (Secrets Manager: VersionId = ClientRequestToken, 32 to 64 characters).
 */

/** Version ID of an owner's intent. */
export const intentVersionId = (owner: string): string => `${INTENT_PREFIX}${digest(owner)}`;

/** Whether a version is an intent. A key's label on one says that the key is condemned. */
export const isIntentVersion = (versionId: string): boolean => versionId.startsWith(INTENT_PREFIX);

const KEY_PREFIX = 'access-key-';

/** Short enough for three in a version ID, long enough that no two are alike by chance. */
const shortDigest = (text: string): string => digest(text).slice(0, 16);

const prefixOfKey = (accessKeyId: string): string => `${KEY_PREFIX}${shortDigest(accessKeyId)}-`;

/**
 * Version ID under which a rotation first stores a new key. It says which key is in the version, and which rotation has stored
 * it: the document itself belongs to its owner, who may copy everything in it.
 */
export const keyVersionId = (rootRotationId: string, accessKeyId: string): string =>
  prefixOfKey(accessKeyId) + shortDigest(`${rootRotationId}/${accessKeyId}`);

/** Version ID under which earlier releases first stored a key. It does not say which rotation did: the document does. */
export const formerKeyVersionId = (accessKeyId: string): string => `${KEY_PREFIX}${digest(accessKeyId)}`;

/** Whether a version is one that a rotation made for a key. */
export const isKeyVersion = (versionId: string): boolean => versionId.startsWith(KEY_PREFIX);

/** Whether a version is one that a rotation made for this key. */
export const isVersionOfKey = (versionId: string, accessKeyId: string): boolean =>
  versionId.startsWith(prefixOfKey(accessKeyId)) || versionId === formerKeyVersionId(accessKeyId);

/** Whether a version is one that an earlier release made for a key. */
const isFormerKeyVersion = (versionId: string): boolean => /^access-key-[0-9a-f]{40}$/.test(versionId);

/**
 * Whether a rotation has stored a key in a version.
 *
 * @param formerRotationId - whose it is by the document, which counts only where an earlier release has made the version.
 */
export const isStoredBy = (
  rootRotationId: string,
  accessKeyId: string,
  {
    versionId,
    formerRotationId,
  }: { readonly versionId: string; readonly formerRotationId: string | undefined },
): boolean => {
  const first = keyVersionId(rootRotationId, accessKeyId);
  return (
    versionId === first ||
    versionId.startsWith(`${first}-`) ||
    (isFormerKeyVersion(versionId) && formerRotationId === rootRotationId)
  );
};

/** A version that holds a key. */
interface KeyVersion {
  readonly versionId: string;
  readonly accessKeyId: string;
  /** The rotation that its document names, as earlier releases have written it. */
  readonly formerRotationId: string | undefined;
}

/**
 * Version ID of a key that a rotation puts into another document. It goes on saying who has stored the key, which is not always
 * the rotation. Another text has another ID, whatever has made it another one: what can be stored once can be stored again. The
 * digest gives nothing away, because the text has a secret access key in it.
 */
export const mergedVersionId = (rootRotationId: string, stored: KeyVersion, text: string): string => {
  const { accessKeyId, versionId } = stored;
  const storedBy = isStoredBy(rootRotationId, accessKeyId, stored) ? rootRotationId : versionId;
  return `${keyVersionId(storedBy, accessKeyId)}-${shortDigest(text)}`;
};
