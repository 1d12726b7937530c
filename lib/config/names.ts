import { createHash } from 'node:crypto';
import { readableAndHashed } from '../../lambdas/shared/contract/names';

/** Every secret that a stack creates is below this name, so that one prefix finds them all. A stack's own prefix stands before it. */
const SECRETS_OF_STACKS = 'iam-access-key-rotation/';

const MAX_SCHEDULE_NAME_LENGTH = 64;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * Name of the secret of an IAM user: injective, and the user's own name wherever that is possible.
 *
 * Secrets Manager's alphabet lacks only the comma of IAM's. The slash, which no user name contains, is the
 * escape: `,` becomes `/c`.
 *
 * @param namePrefix - How the names of the stack begin. It has no slash.
 * @example secretName('a,b'); // 'iam-access-key-rotation/a/cb'
 * @example secretName('alice', 'acme-'); // 'acme-iam-access-key-rotation/alice'
 */
export const secretName = (userName: string, namePrefix = ''): string =>
  `${namePrefix}${SECRETS_OF_STACKS}${userName.replaceAll(',', '/c')}`;

/** How the names of all secrets begin that a stack creates: up to the first slash of any of them, as {@link secretName} makes it. */
export const beginningOfSecretName = (name: string): string => name.slice(0, name.indexOf('/') + 1);

/** Name of the EventBridge Scheduler schedule of an IAM user: at most 64 of `0-9 A-Z a-z _ -`. */
export const scheduleName = (userName: string): string =>
  readableAndHashed(userName, MAX_SCHEDULE_NAME_LENGTH);

/**
 * Name of the schedule of a survey. CloudFormation tells the schedules of a stack apart by their names alone, whatever their groups are
 * (its schema of AWS::Scheduler::Schedule, primaryIdentifier). No user's is called so: what is hashed has spaces.
 */
export const surveyScheduleName = (rotationName: string): string =>
  readableAndHashed(`survey of ${rotationName}`, MAX_SCHEDULE_NAME_LENGTH);

/** The minute of the hour at which a user's schedule asks. It spreads users that share an hour. */
export const hashedMinute = (userName: string): number =>
  Number.parseInt(sha256(userName).slice(0, 8), 16) % 60;
