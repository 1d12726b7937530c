import type { AccessKey } from './iam-gateway';
import { mask } from './mask';
import { isEmergency, type Rotation } from './rotation-state';
import { findKey } from './situation';

/** Why the old key of a rotation cannot be brought back; undefined when it can. */
export const whyNotRollBack = (rotation: Rotation, keys: readonly AccessKey[]): string | undefined => {
  const { oldAccessKeyId } = rotation;
  if (oldAccessKeyId === null) return 'The rotation makes a first key: there is no old one to bring back.';
  if (isEmergency(rotation)) {
    return (
      `The old key ${mask(oldAccessKeyId)} has leaked, so nothing here brings it back. If you know better: aws iam ` +
      'update-access-key --status Active.'
    );
  }
  if (rotation.inactiveAccessKeyIdsBefore.includes(oldAccessKeyId)) {
    return (
      `The old key ${mask(oldAccessKeyId)} was Inactive when the rotation began. Somebody had a reason for that, so nothing here ` +
      'sets it Active. If you know better: aws iam update-access-key --status Active.'
    );
  }
  return findKey(keys, oldAccessKeyId) === undefined
    ? `The old key ${mask(oldAccessKeyId)} is deleted, and a deletion is final. Let the consumers read the secret again.`
    : undefined;
};
