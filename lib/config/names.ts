import { createHash } from 'node:crypto';

/** Every secret that the stack creates is below this name, so that one prefix finds them all. */
export const SECRET_NAME_PREFIX = 'iam-access-key-rotation/';

/** Enough letters that two user names never collide: 64 bits, where an account holds 5,000 users. */
const HASH_LENGTH = 16;

const MAX_SCHEDULE_NAME_LENGTH = 64;
const MAX_EXECUTION_NAME_LENGTH = 80;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * A readable beginning and a hash. The target alphabets are smaller than IAM's and their names shorter, so no
 * escaping could be injective; instead, the hash of the whole name tells users apart.
 */
const readableAndHashed = (userName: string, maxLength: number): string => {
  const readable = userName.replace(/[^0-9A-Za-z_-]/g, '-').slice(0, maxLength - HASH_LENGTH - 1);
  return `${readable}-${sha256(userName).slice(0, HASH_LENGTH)}`;
};

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

/**
 * Name of an execution that a person or a tool starts: the user and the time to the millisecond, at most 80
 * of `0-9 A-Z a-z _ -`. The same user and time give the same name, so that a repeated start is one execution.
 */
export const executionName = (userName: string, startedAt: Date): string => {
  const time = startedAt.toISOString().replace(/[^0-9TZ]/g, '');
  return `${readableAndHashed(userName, MAX_EXECUTION_NAME_LENGTH - time.length - 1)}-${time}`;
};

/** The minute of the hour at which a user's schedule asks. It spreads users that share an hour. */
export const hashedMinute = (userName: string): number =>
  Number.parseInt(sha256(userName).slice(0, 8), 16) % 60;
