import type { Intent } from '../../lambdas/shared/secret/secret-document';
import { keyLabel } from '../../lambdas/shared/secret/versions';

/** The promised periods, in milliseconds. */
export interface Promised {
  readonly overlapPeriod: number;
  /** People are told this long before a deactivation. */
  readonly noticeBefore: number;
  readonly quietPeriod: number;
  readonly recoveryPeriod: number;
  /** How long consumers use what they have read. */
  readonly cache: number;
  /**
   * How far the clocks of two functions differ at most: a period that one of them begins, the other may end
   * this much earlier.
   */
  readonly clocksDiffer: number;
}

/** Timestamps in the rotation's state are to the millisecond, IAM's to the second. */
export const ROUNDING_MS = 1_000;

/** What is known of a key, as of the call before. */
export interface KeyFacts {
  readonly madeBy: 'start' | 'rotation' | 'person';
  readonly inactiveSince?: number | undefined;
  /** When AWSCURRENT last named it. */
  readonly currentAt?: number | undefined;
  /** AWS has accepted it. */
  readonly tested: boolean;
  readonly lastUse?: number | undefined;
  /** A rollback has set it Active again, and no person has taken charge since. */
  readonly broughtBack: boolean;
}

/** The state that the promises are about, at a moment. */
export interface Snapshot {
  readonly now: number;
  /** By access key ID. */
  readonly statuses: ReadonlyMap<string, string>;
  /** The key that AWSCURRENT names. */
  readonly current: string | undefined;
  /** Why the key that AWSCURRENT names is unusable; undefined if it is usable. */
  readonly currentProblem: string | undefined;
  /** The key that AWSCURRENT names is Active, and belongs to another user. */
  readonly currentIsStrangers: boolean;
  /** Staging labels in use. */
  readonly labels: ReadonlySet<string>;
  /** The intent that AWSPENDING is on. */
  readonly lock: Intent | undefined;
}

/** What has happened so far. */
export interface Facts {
  readonly promised: Promised;
  readonly keys: ReadonlyMap<string, KeyFacts>;
  /**
   * Keys that a person has declared leaked: a rotation does not wait for their users, and never brings them
   * back.
   */
  readonly leaked: ReadonlySet<string>;
  /** Keys that another stack's secret holds, of a user that carries that stack's mark. */
  readonly elsewhere: ReadonlySet<string>;
  /** The consumers' alarm is in ALARM. */
  readonly alarmed: boolean;
  /** When the consumers' alarm went off and later recovered by itself, the oldest first. */
  readonly wentOffAt: readonly number[];
  /** A person has paused the user. */
  readonly paused: boolean;
  /** A person has done something that consumers may notice. */
  readonly disturbed: boolean;
  /** Since when AWSCURRENT names its present key. */
  readonly currentSince: number;
  /** The key that the application has, and will use. */
  readonly held: string | undefined;
  /** When AWSCURRENT last named no working key. */
  readonly brokenAt: number;
  /** A short name for a key, the same in every run of a schedule. */
  readonly alias: (accessKeyId: string | undefined) => string;
  /** Whether a key is Active, but AWS still refuses it because it is so new. */
  readonly isTooNew: (accessKeyId: string) => boolean;
  /** Whether any version of the secret holds a key. */
  readonly secretHolds: (accessKeyId: string) => boolean;
}

/** What one call of the rotation has changed. */
export interface Change {
  readonly before: Snapshot;
  readonly after: Snapshot;
  /** The execution that made the call; undefined if the call does not say. */
  readonly origin: string | undefined;
  /** The execution that holds the lock before the call; undefined if none does. */
  readonly holder: string | undefined;
}

/** A key whose status has changed. */
interface ChangedKey {
  readonly accessKeyId: string;
  readonly key: KeyFacts;
  /** Undefined for a key that is gone. */
  readonly is: string | undefined;
}

/** The state at the end of a schedule, when faults no longer happen. */
export interface End {
  /** What is not in order after all further executions; undefined if everything is. */
  readonly left: string | undefined;
  /** How the last execution ended. */
  readonly error: string;
  /** A person had acted, and the rotation ended in an error that says what is wrong and what to do. */
  readonly answered: boolean;
  /** Keys that the rotation created and that are neither in AWSCURRENT nor gone. */
  readonly strays: readonly string[];
  /** Every secret access key that ever existed. */
  readonly secretAccessKeys: readonly string[];
  /** Everything that is kept: inputs, histories, logs, messages and events. */
  readonly kept: string;
}

/** The moments at which a promise can be broken. Each function returns one sentence for each violation. */
interface Checks {
  /** After a call of the rotation. */
  readonly onChange: (change: Change, facts: Facts) => Iterable<string>;
  /** A call of a consumer failed with a key that it had read from AWSCURRENT within its cache time. */
  readonly onRefusal: (accessKeyId: string, facts: Facts) => Iterable<string>;
  /** When the schedule is over. */
  readonly onEnd: (end: End) => Iterable<string>;
}

/** Checks one promise, at one or more of these moments. */
export type Checker = { [K in keyof Checks]: Pick<Checks, K> & Partial<Checks> }[keyof Checks];

/** The lock is of an emergency in which programs may fail until the leaked key has a successor. */
export const acceptsOutage = ({ lock }: Snapshot): boolean => lock?.outage === 'accepted';

/** The keys that a call has activated, deactivated or deleted. */
export function* changedKeys({ before, after }: Change, { keys }: Facts): Generator<ChangedKey> {
  for (const [accessKeyId, status] of before.statuses) {
    const is = after.statuses.get(accessKeyId);
    const key = keys.get(accessKeyId);
    if (is !== status && key !== undefined) yield { accessKeyId, key, is };
  }
}

/**
 * Until consumers read a working key that has not leaked, an emergency may delete one of the two keys before
 * its time, if the lock says so: either a leaked one that is no longer usable, or that consumers do not read;
 * or the interrupted rotation's old key, unless that could take the leaked one's place.
 */
export const makesRoom = (
  accessKeyId: string,
  { statuses, current, currentProblem, labels, lock }: Snapshot,
  { secretHolds }: Facts,
): boolean => {
  if (lock === undefined || lock.leakedAccessKeyIds.length === 0 || statuses.size < 2) return false;
  const served = current !== undefined && currentProblem === undefined;
  if (served && !lock.leakedAccessKeyIds.includes(current)) return false;
  const isInactive = statuses.get(accessKeyId) === 'Inactive';
  if (lock.leakedAccessKeyIds.includes(accessKeyId)) {
    return isInactive || (accessKeyId !== current && served);
  }
  // A person has set it Inactive: before the rotation, or after the emergency had fallen back on it.
  const byHand = lock.inactiveAccessKeyIdsBefore.includes(accessKeyId) || labels.has(keyLabel(accessKeyId));
  const canComeBack = !byHand && secretHolds(accessKeyId);
  return isInactive && accessKeyId === lock.supersededAccessKeyId && !canComeBack;
};

/** When the rotation that holds the lock began; never, if none does. */
export const beginning = ({ lock }: Snapshot): number =>
  lock === undefined ? Number.POSITIVE_INFINITY : Date.parse(lock.startedAt);

/**
 * How long after its last look at the alarms a function may act: it lives two minutes, its last request takes
 * effect a minute later, and what it has read was up to twenty seconds old.
 */
const NOTICE_MS = 200_000;

/**
 * Whether the consumers' alarm has gone off, in time to be noticed, more often than in all the time before
 * the rotation: then it is not just a habit of the alarm.
 */
export const wentOff = (since: number, began: number, now: number, { wentOffAt }: Facts): boolean => {
  const during = wentOffAt.filter((time) => time > since && time <= now - NOTICE_MS);
  return during.length > wentOffAt.filter((time) => time <= began).length;
};
