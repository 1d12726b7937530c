import { parseDuration } from './duration';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** Default time after which the secret is read again. */
export const DEFAULT_REFRESH_AFTER = 'PT10M';

/**
 * The shortest and the longest time after which the secret is read again. The rotation keeps an old key
 * Active for at least 65 minutes after it has published the new one, unless its configuration forces a
 * shorter overlap. 45 minutes, plus the 15 minutes by which the margins of SDKs differ ({@link
 * PROCESS_MARGIN_MS}), leave five minutes for a failed read.
 */
const REFRESH_AFTER_LIMITS = { shortest: 'PT10S', longest: 'PT45M' } as const;

/**
 * The SDK for JavaScript asks for new credentials this long before they expire (`EXPIRATION_MS` of
 * `@smithy/core`), and never asks again for credentials without an expiration.
 */
const SDK_MARGIN_MS = 5 * MINUTE;

/**
 * The margin for programs whose SDK is unknown. botocore, and with it the AWS CLI, asks 15 minutes before the
 * expiration (`_advisory_refresh_timeout`), the SDK for JavaScript 5 minutes before it, others shortly before
 * it. So none asks sooner than it should, and the last asks 15 minutes later.
 */
const PROCESS_MARGIN_MS = 15 * MINUTE;

/** When a key was refused, the secret is read at once, but not more often than this. */
export const FORCED_READ_INTERVAL_MS = 10 * SECOND;

/**
 * How long a read may take, in milliseconds, while a good key is at hand. A call waits no longer than this.
 */
export const READ_LIMIT_WITH_KEY_MS = 5 * SECOND;

/** How long a read may take, in milliseconds, when there is no good key. */
export const READ_LIMIT_WITHOUT_KEY_MS = 30 * SECOND;

const FIRST_BACKOFF_MS = SECOND;
const LONGEST_BACKOFF_MS = MINUTE;

/**
 * The time to wait before the secret is read again after failed reads: a second, doubling up to a minute.
 *
 * @param failures - How many reads in a row have failed; at least one.
 * @returns Milliseconds, never more than the usual time between two reads.
 */
export const backoff = (failures: number, refreshAfterMs: number): number =>
  Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(failures - 1, 10), LONGEST_BACKOFF_MS, refreshAfterMs);

/** The expiration that makes the SDK for JavaScript ask again at this time, in milliseconds since the epoch. */
export const expirationFor = (askAgainAt: number): Date => new Date(askAgainAt + SDK_MARGIN_MS);

/** The expiration for programs whose SDK is unknown. None asks before `askAgainAt`. */
export const processExpirationFor = (askAgainAt: number): Date => new Date(askAgainAt + PROCESS_MARGIN_MS);

/**
 * Reads the time after which the secret is read again.
 *
 * @returns Milliseconds, or a sentence that says what is wrong and what is allowed.
 */
export const parseRefreshAfter = (text: string): number | string => {
  const { shortest, longest } = REFRESH_AFTER_LIMITS;
  const ms = parseDuration(text);
  const inLimits =
    ms !== undefined && ms >= (parseDuration(shortest) ?? 0) && ms <= (parseDuration(longest) ?? 0);
  return inLimits
    ? ms
    : `${JSON.stringify(text)} was given. Allowed: an ISO 8601 duration from ${shortest} to ${longest}, such as ` +
        `${DEFAULT_REFRESH_AFTER}. An old key may stop working 65 minutes after a rotation, or sooner if its ` +
        'overlapPeriod was forced to be shorter.';
};
