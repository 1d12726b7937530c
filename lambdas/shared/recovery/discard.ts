import { DENIALS, RotationError, type RotationErrorName } from '../contract/errors';
import { LABELS } from '../contract/names';
import type { IamGateway } from '../gateways/iam-gateway';
import { Late, untilShown } from '../gateways/late-reads';
import type { ReadableSecret, SecretDescription, SecretGateway } from '../gateways/secret-gateway';
import { type SecretDocument, tombstoneDocument } from '../secret/secret-document';
import {
  formerKeyVersionId,
  intentVersionId,
  isIntentVersion,
  isStoredBy,
  isVersionOfKey,
  keyLabel,
  keyVersionId,
  publishedLabel,
} from '../secret/versions';

/** A key that this rotation can prove to be its own. */
export interface StoredKey {
  readonly accessKeyId: string;
  /** A version that holds it. */
  readonly versionId: string;
  /** It carries the key's label: it was not condemned. */
  readonly publishable: boolean;
  /** It was published, or was about to be: consumers may use it. */
  readonly published: boolean;
}

/**
 * Of these keys, those that are the rotation's by provenance: they are in a version whose ID is made of the rotation's root and
 * the key. What is in a document proves nothing: whoever edits the key in it copies the other fields.
 */
export const findStoredKeys = async (
  secrets: SecretGateway,
  secret: ReadableSecret,
  rootRotationId: string,
  versionByLabel: ReadonlyMap<string, string>,
  accessKeyIds: readonly string[],
): Promise<readonly StoredKey[]> => {
  const stored: StoredKey[] = [];
  for (const accessKeyId of accessKeyIds) {
    const labelled = versionByLabel.get(keyLabel(accessKeyId));
    const marked = versionByLabel.get(publishedLabel(accessKeyId));
    // An earlier release put the mark on a version of the key, which somebody else may have made.
    const named = new Set([labelled, marked]);
    const stores = [keyVersionId(rootRotationId, accessKeyId), formerKeyVersionId(accessKeyId)];
    for (const versionId of new Set([...named, ...stores])) {
      if (versionId === undefined || isIntentVersion(versionId)) continue;
      const document = named.has(versionId)
        ? await secrets.namedVersion(secret, versionId)
        : await secrets.version(secret, versionId);
      if (
        document?.kind === 'access-key' &&
        document.accessKeyId === accessKeyId &&
        isStoredBy(rootRotationId, accessKeyId, { versionId, formerRotationId: document.formerRotationId })
      ) {
        stored.push({
          accessKeyId,
          versionId,
          publishable: labelled !== undefined && !isIntentVersion(labelled),
          published: marked !== undefined,
        });
        break;
      }
    }
  }
  return stored;
};

/**
 * Looks at versions until one has what is looked for: what consumers read, what they read last, then the youngest first. One that
 * cannot be read is passed over.
 *
 * @param look - what it makes of a version; undefined: the next one.
 * @param comesFirst - versions that are looked at before all others.
 */
export const findInVersions = async <Found>(
  secrets: SecretGateway,
  readable: ReadableSecret,
  { versionByLabel }: SecretDescription,
  look: (version: {
    readonly versionId: string;
    readonly document: SecretDocument;
  }) => Found | undefined | Promise<Found | undefined>,
  comesFirst: (versionId: string) => boolean = () => false,
): Promise<Found | undefined> => {
  const listed = await secrets.versions(readable.secretId);
  const youngestFirst = [...listed]
    .sort((a, b) => (b.createdDate?.getTime() ?? 0) - (a.createdDate?.getTime() ?? 0))
    .map(({ versionId }) => versionId);
  const read = [LABELS.current, LABELS.previous].flatMap((label) => versionByLabel.get(label) ?? []);
  const first = [...versionByLabel.values(), ...youngestFirst].filter(comesFirst);
  for (const versionId of new Set([...first, ...read, ...youngestFirst])) {
    const document = await unlessUnreadable(secrets, readable, () =>
      secrets.namedVersion(readable, versionId),
    );
    const found = document && (await look({ versionId, document }));
    if (found !== undefined) return found;
  }
  return undefined;
};

/**
 * A version that holds a key: where a rotation stored it, else what consumers read last, else the youngest one that
 * does. Any other may be a mistake of a person's, corrected since, with a secret access key that AWS refuses.
 */
export const findVersionOf = async (
  secrets: SecretGateway,
  readable: ReadableSecret,
  accessKeyId: string,
  secret: SecretDescription,
): Promise<string | undefined> =>
  findInVersions(
    secrets,
    readable,
    secret,
    ({ versionId, document }) =>
      document.kind === 'access-key' && document.accessKeyId === accessKeyId ? versionId : undefined,
    (versionId) => isVersionOfKey(versionId, accessKeyId),
  );

const OF_THE_VERSION: readonly RotationErrorName[] = [...DENIALS, 'UnexpectedError'];

const isOfTheVersion = (error: unknown): boolean =>
  error instanceof RotationError && OF_THE_VERSION.includes(error.name);

/**
 * A version that cannot be read, because its KMS key is gone, say, is no place to take a key from, and no reason to stop: but
 * only where AWSCURRENT can be read, and the version still not. What is denied for more than the version may pass, and a key
 * that is in no version then may be in one: it must not be deleted for that.
 */
const unlessUnreadable = async (
  secrets: SecretGateway,
  readable: ReadableSecret,
  read: () => Promise<SecretDocument | undefined>,
): Promise<SecretDocument | undefined> => {
  try {
    return await read();
  } catch (error) {
    if (!isOfTheVersion(error)) throw error;
    await secrets.current(readable);
    return read().catch((again: unknown) => {
      if (!isOfTheVersion(again)) throw again;
      return undefined;
    });
  }
};

/** Whether a key is deleted now, or was found to be published and kept. */
export type Discarded = 'deleted' | 'published';

interface DoomedKey {
  readonly userName: string;
  readonly secretId: string;
  /** Whose execution condemns it. */
  readonly owner: string;
  readonly accessKeyId: string;
}

/** Of which nobody may know yet where, and whether, it is stored. */
type UnstoredKey = DoomedKey & { readonly rootRotationId: string };

/**
 * Deletes a key of ours, whether it was stored or not. First a tombstone under the version ID under which the rotation would
 * store it: a store that is still in flight then fails, so that the key cannot be adopted after its deletion.
 */
export const discardKey = async (
  iam: IamGateway,
  secrets: SecretGateway,
  key: UnstoredKey,
): Promise<Discarded> => {
  // `other-content`: the key itself is stored there, so there is nothing to prevent any more.
  await secrets.put(key.secretId, {
    versionId: keyVersionId(key.rootRotationId, key.accessKeyId),
    text: tombstoneDocument(key.accessKeyId),
    labels: [LABELS.scratch],
  });
  const discarded = await discardStoredKey(iam, secrets, key);
  if (discarded === 'deleted') {
    // Nobody has to learn any more that it was condemned, and labels are few.
    await secrets.moveLabel(key.secretId, keyLabel(key.accessKeyId), { from: intentVersionId(key.owner) });
  }
  return discarded;
};

/**
 * Deletes a stored key that was never published, in the only safe order:
 *
 * 1. move the key's label to the intent, where it says that the key is condemned;
 * 2. look for the mark of publication, in a read that shows the label there, and keep the key if it is marked;
 * 3. delete the key.
 *
 * Publication does the reverse: it sets the mark, then looks for the label, in a read that shows the mark, then moves
 * AWSCURRENT. So of a publication and a deletion that meet, whoever comes second sees the other, even if one of them is
 * a function that nobody waits for any more, and however late reads are. A crash in between leaves a key that can be
 * discarded again, and not published.
 */
export const discardStoredKey = async (
  iam: IamGateway,
  secrets: SecretGateway,
  key: DoomedKey,
): Promise<Discarded> => {
  const labels = await condemn(secrets, key);
  if (labels.has(publishedLabel(key.accessKeyId))) return 'published';
  await iam.deleteAccessKey(key.userName, key.accessKeyId);
  return 'deleted';
};

/** Moves a key's label to the intent, wherever it is. Returns the labels of a read that shows it there. */
const condemn = async (
  secrets: SecretGateway,
  { secretId, accessKeyId, owner }: DoomedKey,
): Promise<ReadonlyMap<string, string>> => {
  const label = keyLabel(accessKeyId);
  const to = intentVersionId(owner);
  // Also from nowhere: that a read does not show the label does not prove that it is gone. A merge may just have moved
  // it to another version, too.
  return untilShown(async () => {
    const labels = (await secrets.describe(secretId))?.versionByLabel ?? new Map<string, string>();
    const from = labels.get(label);
    if (from === to) return labels;
    await secrets.moveLabel(secretId, label, { from, to });
    return new Late({ code: 'condemnation', accessKeyId });
  });
};
