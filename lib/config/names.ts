import { createHash } from 'node:crypto';
import { readableAndHashed } from '../../lambdas/shared/contract/names';

/** Every secret that the stack creates is below this name, so that one prefix finds them all. */
export const SECRET_NAME_PREFIX = 'iam-access-key-rotation/';

const MAX_SCHEDULE_NAME_LENGTH = 64;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * Name of the secret of an IAM user: injective, and the user's own name wherever that is possible.
 *
 * Secrets Manager's alphabet lacks only the comma of IAM's. The slash, which no user name contains, is the
 * escape: `,` becomes `/c`.
 *
 * @example secretName('a,b'); // 'iam-access-key-rotation/a/cb'
 */
export const secretName = (userName: string): string =>
  `${SECRET_NAME_PREFIX}${userName.replaceAll(',', '/c')}`;

/** Name of the EventBridge Scheduler schedule of an IAM user: at most 64 of `0-9 A-Z a-z _ -`. */
export const scheduleName = (userName: string): string =>
  readableAndHashed(userName, MAX_SCHEDULE_NAME_LENGTH);

/** Name of the schedule of the survey. No user's is called so: theirs end with a hash. */
export const SURVEY_SCHEDULE_NAME = 'survey';

/** The minute of the hour at which a user's schedule asks. It spreads users that share an hour. */
export const hashedMinute = (userName: string): number =>
  Number.parseInt(sha256(userName).slice(0, 8), 16) % 60;
