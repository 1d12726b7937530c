import type { Identity } from '../shared/gateways/identity-gateway';

/** A key works in some places seconds before others, so one success proves little. */
export const REQUIRED_SUCCESSES = 5;

/** Pause between two tests. */
export const TEST_INTERVAL_SECONDS = 3;

/**
 * How long a new key may be refused before it is given up. Field reports say seconds, seldom more than 15; a
 * minute and a half still fits the function's timeout.
 */
export const TEST_BUDGET_SECONDS = 90;

/** What the tests have shown so far. */
export interface TestRecord {
  readonly consecutiveSuccesses: number;
  /** The latest answer, or that none came. */
  readonly latest: Identity | { readonly kind: 'no-answer' } | undefined;
}

/** Nothing tested yet. */
export const NO_TESTS: TestRecord = { consecutiveSuccesses: 0, latest: undefined };

/** Adds an answer to the record. */
export const record = (
  before: TestRecord,
  latest: Identity | { readonly kind: 'no-answer' },
): TestRecord => ({
  consecutiveSuccesses: latest.kind === 'user' ? before.consecutiveSuccesses + 1 : 0,
  latest,
});

/** Why a new key is given up. */
export type CondemnWhy =
  /** AWS has refused it until the time was up. */
  | { readonly code: 'refused'; readonly answer: string }
  /** An earlier attempt of this step has condemned it; or what carries its label does not hold it. */
  | { readonly code: 'condemned-before' | 'not-in-version' };

/** What the tests mean. */
export type TestVerdict =
  | { readonly kind: 'usable' }
  | { readonly kind: 'test-again' }
  | { readonly kind: 'condemn'; readonly why: CondemnWhy }
  /** The key answers for somebody else: it is not what the secret says, and not ours to delete. */
  | { readonly kind: 'wrong-user'; readonly userId: string }
  /** Time is up without an answer: nothing is known of the key. */
  | { readonly kind: 'unknown' };

/** Judges a key by its record, of which the latest question was put at `askedAt`. */
export const judge = (
  tests: TestRecord,
  facts: { readonly userId: string; readonly startedAt: Date },
  askedAt: Date,
): TestVerdict => {
  const { latest } = tests;
  if (latest?.kind === 'user' && latest.userId !== facts.userId) {
    return { kind: 'wrong-user', userId: latest.userId };
  }
  if (tests.consecutiveSuccesses >= REQUIRED_SUCCESSES) return { kind: 'usable' };
  const elapsedSeconds = (askedAt.getTime() - facts.startedAt.getTime()) / 1000;
  if (elapsedSeconds < TEST_BUDGET_SECONDS) return { kind: 'test-again' };
  if (latest?.kind === 'refused') {
    return { kind: 'condemn', why: { code: 'refused', answer: latest.code } };
  }
  return { kind: 'unknown' };
};
