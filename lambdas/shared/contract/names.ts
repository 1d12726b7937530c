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

/** The ARN of a function itself, where an alias or a version of it is named. */
export const withoutQualifier = (functionArn: string): string => functionArn.split(':').slice(0, 7).join(':');

/** The source of every event that is put on the bus: of rotations, and of the survey. */
export const EVENT_SOURCE = 'iam-access-key-rotation';

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
