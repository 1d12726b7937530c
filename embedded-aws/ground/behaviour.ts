const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

/** How the embedded AWS behaves where AWS promises little. Every time is in milliseconds of virtual time. */
export interface Behaviour {
  /**
   * A new access key is refused for this long. Field reports vary between 1 and 15 seconds; AWS gives no
   * bound.
   */
  keyPropagationDelay: number;
  /**
   * A key that was set Inactive, or deleted, keeps working for this long; a reactivated key is still refused
   * for as long.
   */
  statusPropagationDelay: number;
  /**
   * Maximum age of the state that IAM's reads return, as with `secretsReadLag`. The last uses that they
   * report are older still.
   */
  iamReadLag: number;
  /** How long an event takes to appear in LookupEvents. Infinity: it never does. */
  cloudTrailDelay: number;
  /** How long LookupEvents shows an event. */
  cloudTrailMemory: number;
  /** How long an event takes to appear in what CloudWatch Logs answers. AWS does not document it. */
  logsDelay: number;
  /**
   * How much time a page of FilterLogEvents searches at most: if nothing in it matches, the page is empty, and
   * more may follow.
   */
  logsPageSpan: number;
  /** How long a use of a key takes to appear in GetAccessKeyLastUsed. AWS does not document it. */
  lastUsedDelay: number;
  /**
   * IAM's clock is ahead of the other services' by this much; negative if it is behind. Visible in dates
   * only.
   */
  clockSkew: number;
  /**
   * Maximum age of the state that Secrets Manager's reads return. Each read has an age of its own, so a later
   * one may show an older state: AWS promises neither that reads show what was written, nor that they are
   * monotonic.
   */
  secretsReadLag: number;
  /**
   * Whether a version that loses AWSCURRENT loses every staging label but Secrets Manager's own. One report
   * says so; AWS does not document it.
   */
  ownLabelsVanish: boolean;
  /** Maximum age of the state that DescribeExecution returns, as with `secretsReadLag`. */
  executionReadLag: number;
  /**
   * Whether StartExecution accepts the name of an execution that is over, as it does 90 days after its end,
   * or after a new deployment.
   */
  executionNamesUsedAgain: boolean;
  /**
   * Maximum age of the state that CloudWatch's reads return: of an alarm, and of its history. Each read has
   * an age of its own.
   */
  alarmReadLag: number;
  /** How far the clock of a function's host is ahead or behind at most. Each host has its own. */
  functionClockSkew: number;
  /** How long every call takes. */
  latency: number;
  /** IAM quota "access keys assigned to an IAM user". Raise it to test users that hold more than two keys. */
  accessKeysPerUser: number;
}

/** The behaviour unless a test sets another. */
export const DEFAULT_BEHAVIOUR: Readonly<Behaviour> = {
  keyPropagationDelay: 8 * SECOND,
  statusPropagationDelay: 4 * SECOND,
  iamReadLag: 0,
  clockSkew: 0,
  functionClockSkew: 0,
  cloudTrailDelay: 10 * MINUTE,
  cloudTrailMemory: 90 * DAY,
  logsDelay: 10 * SECOND,
  logsPageSpan: 7 * DAY,
  lastUsedDelay: 5 * MINUTE,
  secretsReadLag: 0,
  ownLabelsVanish: false,
  executionReadLag: 0,
  executionNamesUsedAgain: false,
  alarmReadLag: 0,
  latency: 0,
  accessKeysPerUser: 2,
};
