import type { RollbackObstacle } from '../recovery/rollback';
import { setKeyStatus } from '../text/commands';
import { mask } from '../text/mask';

/** Why the old key of a rotation cannot be brought back, and how a person overrules that. */
export const explainRollbackObstacle = (userName: string, obstacle: RollbackObstacle): string => {
  switch (obstacle.code) {
    case 'no-old-key':
      return 'The rotation makes a first key: there is no old one to bring back.';
    case 'leaked':
      return `The old key ${mask(obstacle.oldAccessKeyId)} has leaked, so nothing here brings it back.${byHand(userName, obstacle)}`;
    case 'inactive-before':
      return (
        `The old key ${mask(obstacle.oldAccessKeyId)} was Inactive when the rotation began. Somebody had a reason for that, so nothing here ` +
        `sets it Active.${byHand(userName, obstacle)}`
      );
    case 'deleted':
      return `The old key ${mask(obstacle.oldAccessKeyId)} is deleted, and a deletion is final. Let the consumers read the secret again.`;
  }
};

const byHand = (
  userName: string,
  { oldAccessKeyId, isInactive }: Extract<RollbackObstacle, { readonly isInactive: boolean }>,
): string => (isInactive ? ` If you know better: ${setKeyStatus(userName, oldAccessKeyId, 'Active')}.` : '');
