import { ServiceError } from '../ground/errors';

/** A version of a secret. */
export interface SecretVersion {
  readonly versionId: string;
  readonly secretString: string;
  readonly createdDate: Date;
  /** Staging labels. A version without any is deprecated. */
  readonly labels: readonly string[];
}

/** The versions of a secret by ID. Never changed in place: a read that lags sees an older map. */
export type SecretVersions = ReadonlyMap<string, SecretVersion>;

/** AWS Secrets Manager quotas: staging labels across all versions of a secret. */
const MAX_LABELS = 20;

const invalid = (message: string) => new ServiceError('InvalidParameterException', message, 400);

const labelCount = (versions: SecretVersions): number =>
  [...versions.values()].reduce((count, { labels }) => count + labels.length, 0);

const checkQuota = (versions: SecretVersions): SecretVersions => {
  if (labelCount(versions) > MAX_LABELS) {
    throw new ServiceError(
      'LimitExceededException',
      `A secret can have ${MAX_LABELS} staging labels at most.`,
      400,
    );
  }
  return versions;
};

/** The ID of the version that has a label. */
export const holderOf = (versions: SecretVersions, label: string): string | undefined =>
  [...versions.values()].find(({ labels }) => labels.includes(label))?.versionId;

/** Puts a label on a version, or on none, whichever version had it. At most one version has a label. */
const place = (versions: SecretVersions, label: string, target: string | undefined): SecretVersions =>
  new Map(
    [...versions].map(([versionId, version]) => {
      const others = version.labels.filter((held) => held !== label);
      const holds = others.length < version.labels.length;
      if (versionId === target) {
        return [versionId, holds ? version : { ...version, labels: [...version.labels, label] }];
      }
      return [versionId, holds ? { ...version, labels: others } : version];
    }),
  );

/** PutSecretValue and UpdateSecretVersionStage: AWSPREVIOUS moves to the version that AWSCURRENT leaves. */
const moveLabel = (versions: SecretVersions, label: string, target: string | undefined): SecretVersions => {
  const left = holderOf(versions, label);
  const moved = place(versions, label, target);
  return label === 'AWSCURRENT' && left !== undefined && left !== target
    ? place(moved, 'AWSPREVIOUS', left)
    : moved;
};

/**
 * Adds a version, as PutSecretValue does. Its page: without labels AWSCURRENT moves; labels that other
 * versions have are taken from them; the first version gets AWSCURRENT in addition to the requested labels.
 */
export const putVersion = (
  versions: SecretVersions,
  version: Omit<SecretVersion, 'labels'>,
  labels: readonly string[] | undefined,
): SecretVersions => {
  const wanted = new Set(labels ?? ['AWSCURRENT']);
  if (versions.size === 0) {
    wanted.add('AWSCURRENT');
  }
  let result: SecretVersions = new Map([...versions, [version.versionId, { ...version, labels: [] }]]);
  for (const label of wanted) {
    result = moveLabel(result, label, version.versionId);
  }
  return checkQuota(result);
};

/**
 * Moves or removes a label, as UpdateSecretVersionStage does. Its page, RemoveFromVersionId: if the label is
 * attached and you either do not specify this parameter, or the version ID does not match, the operation fails.
 */
export const updateStage = (
  versions: SecretVersions,
  label: string,
  removeFrom: string | undefined,
  moveTo: string | undefined,
): SecretVersions => {
  if (removeFrom === undefined && moveTo === undefined) {
    throw invalid('You must specify RemoveFromVersionId or MoveToVersionId.');
  }
  for (const versionId of [removeFrom, moveTo]) {
    if (versionId !== undefined && !versions.has(versionId)) {
      throw new ServiceError(
        'ResourceNotFoundException',
        "Secrets Manager can't find the specified secret version.",
        400,
      );
    }
  }
  const holder = holderOf(versions, label);
  if (removeFrom !== undefined && removeFrom !== holder) {
    throw invalid(
      `When you move staging label ${label}, if you specify RemoveFromVersionId, it must be set to the version that currently has the staging label ${label}.`,
    );
  }
  if (removeFrom === undefined && holder !== undefined && holder !== moveTo) {
    throw invalid(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`,
    );
  }
  if (moveTo === undefined && label === 'AWSCURRENT') {
    throw invalid(
      "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
    );
  }
  return checkQuota(moveLabel(versions, label, moveTo));
};

/** Takes the labels that are not Secrets Manager's own from a version that has lost AWSCURRENT. */
export const withoutVanished = (before: SecretVersions, after: SecretVersions): SecretVersions => {
  const left = holderOf(before, 'AWSCURRENT');
  const version = left === undefined ? undefined : after.get(left);
  if (version === undefined || version.labels.includes('AWSCURRENT')) return after;
  const labels = version.labels.filter((label) => label.startsWith('AWS'));
  return new Map([...after, [version.versionId, { ...version, labels }]]);
};

/**
 * Removes the unlabelled versions that are older than a moment. Secrets Manager User Guide, quotas: none
 * younger than 24 hours is removed.
 */
export const pruneUnlabelled = (versions: SecretVersions, olderThan: number): SecretVersions =>
  new Map(
    [...versions].filter(
      ([, { labels, createdDate }]) => labels.length > 0 || createdDate.getTime() > olderThan,
    ),
  );
