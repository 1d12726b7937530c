import type { RollbackObstacle } from '../recovery/rollback';
import { setKeyStatus, startRotation } from '../text/commands';
import type { Advice } from '../text/said';

const READ_AGAIN = 'Make programs read the secret again: it holds another key.';

/** Why the old key of a rotation cannot be brought back, and what a person can do instead, or against that. */
export const explainRollbackObstacle = (
  userName: string,
  obstacle: RollbackObstacle,
): { readonly what: readonly string[]; readonly next: Advice } => {
  switch (obstacle.code) {
    case 'no-old-key':
      return {
        what: [`This rotation creates the first key of ${userName}: there is no old key to bring back.`],
        next: [
          'Let the rotation go on, and make programs read the secret when it is done. If it has ended, start it again:',
          startRotation(userName),
        ],
      };
    case 'leaked':
      return {
        what: [
          `The old key ${obstacle.oldAccessKeyId} of ${userName} has leaked, so no rotation brings it back.`,
        ],
        next: [
          READ_AGAIN,
          ...byHand(userName, obstacle, 'If you are sure that nobody else has the old key, set it Active:'),
        ],
      };
    case 'inactive-before':
      return {
        what: [
          `The old key ${obstacle.oldAccessKeyId} of ${userName} was Inactive when the rotation began.`,
          'Somebody had a reason for that, so no rotation sets it Active.',
        ],
        next: [
          READ_AGAIN,
          ...byHand(
            userName,
            obstacle,
            'If you know the reason, and it does not hold any more, set the old key Active:',
          ),
        ],
      };
    case 'deleted':
      return {
        what: [`The old key ${obstacle.oldAccessKeyId} of ${userName} is deleted, and a deletion is final.`],
        next: [READ_AGAIN],
      };
  }
};

const byHand = (
  userName: string,
  { oldAccessKeyId, isInactive }: Extract<RollbackObstacle, { readonly isInactive: boolean }>,
  sentence: string,
): Advice => (isInactive ? [sentence, setKeyStatus(userName, oldAccessKeyId, 'Active')] : []);
