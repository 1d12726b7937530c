const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

/** How the embedded AWS behaves where AWS promises little. Every time is in milliseconds of virtual time. */
export interface Behaviour {
  /** A new access key is refused for this long. Field reports lie between 1 and 15 seconds; AWS gives no bound. */
  keyPropagationDelay: number;
  /** A key that was set Inactive, or deleted, goes on working for this long; so does a refusal after reactivation. */
  statusPropagationDelay: number;
  /** How old the state is at most that IAM's reads return, as with `secretsReadLag`. What they say last uses are older still. */
  iamReadLag: number;
  /** How long an event takes to show in LookupEvents. Infinity: it never does. */
  cloudTrailDelay: number;
  /** How long LookupEvents shows an event. */
  cloudTrailMemory: number;
  /** How long a use of a key takes to show in GetAccessKeyLastUsed. AWS does not document it. */
  lastUsedDelay: number;
  /** IAM's clock is ahead of the other services' by this much; negative when it is behind. Shown in dates only. */
  clockSkew: number;
  /**
   * How old the state is at most that Secrets Manager's reads return. Each read is of an age of its own, so a later one may
   * show an older state: AWS promises neither that reads show what was written, nor that they are monotonic.
   */
  secretsReadLag: number;
  /**
   * A version that loses AWSCURRENT loses every staging label but Secrets Manager's own. One report says so; AWS does not
   * document it.
   */
  ownLabelsVanish: boolean;
  /** How old the state is at most that DescribeExecution returns, as with `secretsReadLag`. */
  executionReadLag: number;
  /** StartExecution takes the name of an execution that is over, as it does 90 days after its end, or after a new deployment. */
  executionNamesUsedAgain: boolean;
  /** How old the state is at most that CloudWatch's reads return: of an alarm, and of its history. Each read is of an age of its own. */
  alarmReadLag: number;
  /** How much the clock of a function's host is ahead or behind at most. Each host has its own. */
  functionClockSkew: number;
  /** What every call takes. */
  latency: number;
  /** IAM quota "access keys assigned to an IAM user". Raise it to meet users that hold more than two keys. */
  accessKeysPerUser: number;
}

/** The behaviour unless a test asks for another. */
export const DEFAULT_BEHAVIOUR: Readonly<Behaviour> = {
  keyPropagationDelay: 8 * SECOND,
  statusPropagationDelay: 4 * SECOND,
  iamReadLag: 0,
  clockSkew: 0,
  functionClockSkew: 0,
  cloudTrailDelay: 10 * MINUTE,
  cloudTrailMemory: 90 * DAY,
  lastUsedDelay: 5 * MINUTE,
  secretsReadLag: 0,
  ownLabelsVanish: false,
  executionReadLag: 0,
  executionNamesUsedAgain: false,
  alarmReadLag: 0,
  latency: 0,
  accessKeysPerUser: 2,
};
