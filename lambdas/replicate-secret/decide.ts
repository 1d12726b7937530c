import type { Replica } from '../shared/contract/custom-resources';

/**
 * The replicas that are to be added. One that is there already stays as it is, whatever its key and its condition, and
 * so does one that nobody asks for any more: consumers may be reading it.
 */
export const missingReplicas = (
  wanted: readonly Replica[],
  regionsWithReplica: readonly string[],
): readonly Replica[] => wanted.filter(({ Region }) => !regionsWithReplica.includes(Region));
