import type { IamGateway } from './iam-gateway';
import { tombstoneDocument } from './secret-document';
import type { SecretGateway } from './secret-gateway';
import { keyLabel, keyVersionId, LABELS } from './versions';

/** Which stored keys this rotation can prove to be its own. */
export interface StoredKey {
  readonly accessKeyId: string;
  /** The version that carries the key's label; undefined: never stored, or condemned. */
  readonly labelledVersionId: string | undefined;
}

/**
 * Of these keys, those that are the rotation's by provenance: a version under the key's derived ID names the
 * rotation's root.
 */
export const findStoredKeys = async (
  secrets: SecretGateway,
  secretId: string,
  rootRotationId: string,
  versionByLabel: ReadonlyMap<string, string>,
  accessKeyIds: readonly string[],
): Promise<readonly StoredKey[]> => {
  const stored: StoredKey[] = [];
  for (const accessKeyId of accessKeyIds) {
    const document = await secrets.version(secretId, keyVersionId(accessKeyId));
    if (
      document?.kind === 'access-key' &&
      document.accessKeyId === accessKeyId &&
      document.rootRotationId === rootRotationId
    ) {
      stored.push({ accessKeyId, labelledVersionId: versionByLabel.get(keyLabel(accessKeyId)) });
    }
  }
  return stored;
};

/**
 * Deletes a key of ours that was never published, in the only safe order:
 *
 * 1. a tombstone under the key's derived version ID: a store that is still in flight then fails, so the key can
 *    not be adopted after its deletion;
 * 2. the key's label away: a publication that is still in flight then fails, because it demands the label;
 * 3. the key itself.
 *
 * A crash in between leaves a key that can be discarded again, and no longer published.
 */
export const discardKey = async (
  iam: IamGateway,
  secrets: SecretGateway,
  key: { readonly userName: string; readonly secretId: string; readonly accessKeyId: string },
): Promise<void> => {
  // `other-content`: the key itself is stored there, so there is nothing to prevent any more.
  await secrets.put(key.secretId, {
    versionId: keyVersionId(key.accessKeyId),
    text: tombstoneDocument(key.accessKeyId),
    labels: [LABELS.scratch],
  });
  await condemnKey(secrets, key.secretId, key.accessKeyId);
  await iam.deleteAccessKey(key.userName, key.accessKeyId);
};

/** Takes a key's label away, wherever it is: the key can then never be published. */
export const condemnKey = async (
  secrets: SecretGateway,
  secretId: string,
  accessKeyId: string,
): Promise<void> => {
  const label = keyLabel(accessKeyId);
  // Read again after each lost compare-and-set: a merge may just have moved the label to another version.
  for (;;) {
    const holder = (await secrets.describe(secretId))?.versionByLabel.get(label);
    if (holder === undefined) return;
    await secrets.moveLabel(secretId, label, { from: holder });
  }
};
