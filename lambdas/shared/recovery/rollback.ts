import { findKey } from '../findings/situation';
import type { AccessKey } from '../rotation/access-key';
import { courseOf } from '../rotation/course';
import type { Rotation } from '../rotation/rotation-state';

/** Why the old key of a rotation cannot be brought back. */
export type RollbackObstacle =
  | { readonly code: 'no-old-key' }
  | {
      readonly code: 'leaked' | 'inactive-before';
      readonly oldAccessKeyId: string;
      /** The user has it, and it is not Active: a person can overrule that. */
      readonly isInactive: boolean;
    }
  | { readonly code: 'deleted'; readonly oldAccessKeyId: string };

/** Why the old key of a rotation cannot be brought back; undefined when it can. */
export const whyNotRollBack = (
  rotation: Rotation,
  keys: readonly AccessKey[],
): RollbackObstacle | undefined => {
  const { oldAccessKeyId } = rotation;
  if (oldAccessKeyId === null) return { code: 'no-old-key' };
  const old = findKey(keys, oldAccessKeyId);
  const isInactive = old !== undefined && old.status !== 'Active';
  if (!courseOf(rotation).mayRollBack) return { code: 'leaked', oldAccessKeyId, isInactive };
  if (rotation.inactiveAccessKeyIdsBefore.includes(oldAccessKeyId)) {
    return { code: 'inactive-before', oldAccessKeyId, isInactive };
  }
  return old === undefined ? { code: 'deleted', oldAccessKeyId } : undefined;
};
