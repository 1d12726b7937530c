import { RotationError } from '../shared/contract/errors';
import { LABELS } from '../shared/contract/names';
import type { ReadableSecret, SecretDescription, SecretGateway } from '../shared/gateways/secret-gateway';
import type { AccessKey } from '../shared/rotation/access-key';
import type { SecretDocument } from '../shared/secret/secret-document';
import { isKeyVersion, isVersionOfKey } from '../shared/secret/versions';

/** Somebody has edited AWSCURRENT, so that consumers do not get the key from it that the user has. */
export interface Damage {
  /** `emptied`: it has held the key, and holds none. `altered`: it holds the key with another secret access key. */
  readonly kind: 'emptied' | 'altered';
  readonly accessKeyId: string;
  /** A version that has the key as it should be. */
  readonly goodVersionId: string;
  readonly currentVersionId: string;
}

interface Current {
  readonly versionId: string;
  readonly document: SecretDocument;
}

/**
 * Whether AWSCURRENT has lost its key. A secret that never held one looks the same at first sight: there are versions to
 * tell by. To ask AWS with the key would tell, too, but count as a use of it.
 */
export const findDamage = async (
  secrets: SecretGateway,
  readable: ReadableSecret,
  found: {
    readonly secret: SecretDescription;
    readonly current: Current | undefined;
    readonly keys: readonly AccessKey[];
  },
): Promise<Damage | undefined> => {
  const { current } = found;
  // Two reads that disagree are of different ages.
  if (found.secret.versionByLabel.get(LABELS.current) !== current?.versionId) return undefined;
  const active = found.keys.filter(({ status }) => status === 'Active').map((key) => key.accessKeyId);
  switch (current?.document.kind) {
    case 'no-key':
      return findEmptied(secrets, readable, found.secret, current, active);
    case 'access-key':
      return findAltered(secrets, readable, current, active);
    default:
      return undefined;
  }
};

const findEmptied = async (
  secrets: SecretGateway,
  readable: ReadableSecret,
  { versionByLabel }: SecretDescription,
  current: Current,
  active: readonly string[],
): Promise<Damage | undefined> => {
  // What consumers read last has the owner's fields as they were then.
  const previous = versionByLabel.get(LABELS.previous);
  const stored = await storedVersions(secrets, readable, active);
  for (const goodVersionId of new Set(previous === undefined ? stored : [previous, ...stored])) {
    const document = await read(secrets, readable, goodVersionId);
    if (document?.kind === 'access-key' && active.includes(document.accessKeyId)) {
      const { accessKeyId } = document;
      return { kind: 'emptied', accessKeyId, goodVersionId, currentVersionId: current.versionId };
    }
  }
  return undefined;
};

const findAltered = async (
  secrets: SecretGateway,
  readable: ReadableSecret,
  { versionId: currentVersionId, document }: Current,
  active: readonly string[],
): Promise<Damage | undefined> => {
  // A version cannot be edited: what the rotation has stored is as it was.
  if (document.kind !== 'access-key' || isKeyVersion(currentVersionId)) return undefined;
  const { accessKeyId, secretAccessKey } = document;
  if (!active.includes(accessKeyId)) return undefined;
  for (const goodVersionId of await storedVersions(secrets, readable, [accessKeyId])) {
    const stored = await read(secrets, readable, goodVersionId);
    if (stored?.kind !== 'access-key' || stored.accessKeyId !== accessKeyId) continue;
    return stored.secretAccessKey === secretAccessKey
      ? undefined
      : { kind: 'altered', accessKeyId, goodVersionId, currentVersionId };
  }
  return undefined;
};

/** Versions in which a rotation has stored one of these keys, the youngest first. */
const storedVersions = async (
  secrets: SecretGateway,
  { secretId }: ReadableSecret,
  accessKeyIds: readonly string[],
): Promise<readonly string[]> =>
  [...(await unlessUntold(secrets.versions(secretId), []))]
    .sort((a, b) => (b.createdDate?.getTime() ?? 0) - (a.createdDate?.getTime() ?? 0))
    .map(({ versionId }) => versionId)
    .filter((versionId) => accessKeyIds.some((accessKeyId) => isVersionOfKey(versionId, accessKeyId)));

/** A version that cannot be read, because its KMS key is gone, say, tells nothing. That AWS does not answer is an error. */
const unlessUntold = <T>(read: Promise<T>, otherwise: T): Promise<T> =>
  read.catch((error: unknown) => {
    if (error instanceof RotationError && error.name === 'TransientServiceError') throw error;
    return otherwise;
  });

const read = (
  secrets: SecretGateway,
  readable: ReadableSecret,
  versionId: string,
): Promise<SecretDocument | undefined> => unlessUntold(secrets.version(readable, versionId), undefined);
