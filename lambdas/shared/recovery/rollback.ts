import { findKey } from '../findings/situation';
import type { AccessKey } from '../rotation/access-key';
import { courseOf } from '../rotation/course';
import type { Rotation } from '../rotation/rotation-state';
import { setKeyStatus } from '../text/commands';
import { mask } from '../text/mask';

/** Why the old key of a rotation cannot be brought back; undefined when it can. */
export const whyNotRollBack = (
  userName: string,
  rotation: Rotation,
  keys: readonly AccessKey[],
): string | undefined => {
  const { oldAccessKeyId } = rotation;
  if (oldAccessKeyId === null) return 'The rotation makes a first key: there is no old one to bring back.';
  const old = findKey(keys, oldAccessKeyId);
  const byHand =
    old === undefined || old.status === 'Active'
      ? ''
      : ` If you know better: ${setKeyStatus(userName, oldAccessKeyId, 'Active')}.`;
  if (!courseOf(rotation).mayRollBack) {
    return `The old key ${mask(oldAccessKeyId)} has leaked, so nothing here brings it back.${byHand}`;
  }
  if (rotation.inactiveAccessKeyIdsBefore.includes(oldAccessKeyId)) {
    return (
      `The old key ${mask(oldAccessKeyId)} was Inactive when the rotation began. Somebody had a reason for that, so nothing here ` +
      `sets it Active.${byHand}`
    );
  }
  return old === undefined
    ? `The old key ${mask(oldAccessKeyId)} is deleted, and a deletion is final. Let the consumers read the secret again.`
    : undefined;
};
