import type { Replica, ReplicatedSecret } from '../shared/contract/custom-resources';

/**
 * The secrets that are to get replicas in Regions of which nothing was said before. The others are not asked about: one that
 * is gone is not to keep a deployment from all users, or CloudFormation from taking one back.
 */
export const secretsWithNewRegions = (
  wanted: readonly ReplicatedSecret[],
  before: readonly ReplicatedSecret[],
): readonly ReplicatedSecret[] => {
  const known = new Set(
    before.flatMap(({ SecretId, Replicas }) => Replicas.map(({ Region }) => `${Region} ${SecretId}`)),
  );
  return wanted.filter(({ SecretId, Replicas }) =>
    Replicas.some(({ Region }) => !known.has(`${Region} ${SecretId}`)),
  );
};

/**
 * The replicas that are to be added. One that is there already stays as it is, whatever its key and its condition, and
 * so does one that nobody asks for any more: consumers may be reading it.
 */
export const missingReplicas = (
  wanted: readonly Replica[],
  regionsWithReplica: readonly string[],
): readonly Replica[] => wanted.filter(({ Region }) => !regionsWithReplica.includes(Region));
