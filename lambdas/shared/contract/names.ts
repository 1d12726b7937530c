import { createHash } from 'node:crypto';

/*
 * Names that functions and infrastructure have to agree on.
 */

/** The tag of a user's secret that pauses the user at once. Its value is the reason. */
export const PAUSE_TAG = 'rotation-paused';

/**
 * The mark of ownership: the tag of an IAM user that names the secret which holds the user's access key. The lock is a
 * label of that secret, so it does not keep the rotation of another secret, in another stack or Region, from the user.
 */
export const OWNERSHIP_TAG = 'rotation-secret';

/** Staging labels beside Secrets Manager's own. */
export const LABELS = {
  current: 'AWSCURRENT',
  /** The lock: always on an intent of the present owner. */
  pending: 'AWSPENDING',
  previous: 'AWSPREVIOUS',
  /** Keeps a version that has not won its place yet from being deprecated. Stealing it is harmless. */
  scratch: 'rotation-scratch',
  /** Scheduled starts only report until a person resumes. */
  held: 'rotation-held',
} as const;

/** How the version ID of every intent begins, and of nothing else that a rotation stores. */
export const INTENT_PREFIX = 'intent-';

/** The name of the state machine in which emergencies are declared: that of the rotations' with a suffix. */
export const emergencyMachineName = (rotationName: string): string => `${rotationName}-emergency`;

/**
 * The message attribute that names the IAM user whom a message concerns. Owners are subscribed to the messages of their users by it.
 */
export const USER_ATTRIBUTE = 'user';

/** The ARN of a function itself, where an alias or a version of it is named. */
export const withoutQualifier = (functionArn: string): string => functionArn.split(':').slice(0, 7).join(':');

/** Enough letters that two user names never collide: 64 bits, where an account holds 5,000 users. */
const HASH_LENGTH = 16;

/**
 * A readable beginning and a hash, of `0-9 A-Z a-z _ -`. The target alphabets are smaller than IAM's and their names
 * shorter, so no escaping could be injective; instead, the hash of the whole name tells users apart.
 */
export const readableAndHashed = (userName: string, maxLength: number): string => {
  const readable = userName.replace(/[^0-9A-Za-z_-]/g, '-').slice(0, maxLength - HASH_LENGTH - 1);
  const hash = createHash('sha256').update(userName).digest('hex').slice(0, HASH_LENGTH);
  return `${readable}-${hash}`;
};

/** Step Functions API Reference, StartExecution, name. */
const MAX_EXECUTION_NAME_LENGTH = 80;

/**
 * What EventBridge Scheduler's ID of an invocation may need. No document says how long it is: the example in "Adding context
 * attributes" has 16 characters, those that it hands out are UUIDs.
 */
const LONGEST_SUFFIX = '-00000000-0000-4000-8000-000000000000'.length;

/** What is left for the user: 43 characters. */
const MAX_USER_PART_LENGTH = MAX_EXECUTION_NAME_LENGTH - LONGEST_SUFFIX;

/**
 * The beginning of the name of each execution for an IAM user: the user's own name, where Step Functions can log it and it is not
 * too long; else its beginning and a hash. At most 43 of `0-9 A-Z a-z _ -`: "To enable logging with CloudWatch Logs, the name
 * should only contain 0-9, A-Z, a-z, - and _" (Step Functions API Reference, StartExecution, name).
 *
 * After it stand `-` and what tells the executions of the user apart.
 */
export const executionNameOf = (userName: string): string =>
  new RegExp(`^[0-9A-Za-z_-]{1,${MAX_USER_PART_LENGTH}}$`).test(userName)
    ? userName
    : readableAndHashed(userName, MAX_USER_PART_LENGTH);

/**
 * Name of an execution that a person or a tool starts: the user and the time to the second, as the documented commands make it
 * with `date -u +%Y%m%dT%H%M%SZ`. The same user and time give the same name, so that a repeated start is one execution.
 */
export const executionName = (userName: string, startedAt: Date): string =>
  `${executionNameOf(userName)}-${startedAt.toISOString().replace(/\.\d+|[:-]/g, '')}`;

/**
 * Name of an execution that an event starts: the same for every delivery of the event, whichever Region it comes from, so that Step
 * Functions refuses the second start by its name. At most 76 characters.
 *
 * @param event - what tells the event, and what it is about, apart from others.
 */
export const executionNameOnEvent = (userName: string, event: string): string =>
  `${executionNameOf(userName)}-${createHash('sha256').update(event).digest('hex').slice(0, 32)}`;

/** The source of every event that is put on the bus: of rotations, and of the survey. */
export const EVENT_SOURCE = 'iam-access-key-rotation';

/** The event in which a survey tells what it has found. */
export const SURVEY_EVENT = 'Access Key Survey Completed';

/** The CloudWatch namespace of what a survey counts. Its role may put metrics nowhere else. */
export const METRIC_NAMESPACE = 'IamAccessKeyRotation';

/**
 * The one dimension of each metric: the name of the state machine. Not the user: each value of a dimension is a metric that is
 * paid for by the month, and names of users belong into the record and the message.
 */
export const METRIC_DIMENSION = 'StateMachineName';

/**
 * What a survey counts. Those that are not about ages are numbers of users, and 0 when there is none: that differs from no
 * data, which is no survey.
 */
export const METRICS = {
  /** 1: a survey has run, and has told what there was to tell. */
  heartbeat: 'SurveyHeartbeat',
  enrolled: 'UsersEnrolled',
  overdue: 'UsersOverdue',
  stuck: 'UsersStuck',
  onHold: 'UsersOnHold',
  paused: 'UsersPaused',
  drifted: 'UsersDrifted',
  unmanaged: 'UsersWithUnmanagedKeys',
  unknown: 'UsersNotKnown',
  /** Rotations by stage. */
  starting: 'RotationsStarting',
  adoption: 'RotationsInAdoption',
  recovery: 'RotationsInRecovery',
  unfinished: 'RotationsUnfinished',
  /** Of all Active keys, the greatest age by what is allowed. Above 1 a key is overdue. */
  oldestKeyAgeRatio: 'OldestKeyAgeRatio',
  /** The age of the oldest Active key, in days. */
  oldestKeyAgeDays: 'OldestKeyAgeDays',
} as const;
export type MetricName = (typeof METRICS)[keyof typeof METRICS];
