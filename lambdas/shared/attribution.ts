import type { Creator } from './audit-trail-gateway';
import { milliseconds } from './calendar';
import { RETRY_NOTE } from './errors';
import type { AccessKey } from './iam-gateway';
import { maskAll } from './mask';

/**
 * Whose is a key that nothing explains: neither there before the rotation, nor stored by it?
 *
 * Each answer needs proof: CloudTrail names the creator. As long as it does not, the answer is `unknown-yet`, and
 * the key is neither deleted nor forgotten. Silence proves nothing.
 */
export type Attribution = 'ours' | 'not-ours' | 'unknown-yet';

/** IAM truncates create dates to seconds, and clocks of services differ: a key may look older than its rotation. */
const CLOCK_TOLERANCE = 'PT5M';

/** Attributes a key to whoever created it. */
export const attribute = (
  key: AccessKey,
  facts: { readonly rotationStartedAt: Date; readonly creator: Creator; readonly createRoleArn: string },
): Attribution => {
  const earliest = facts.rotationStartedAt.getTime() - milliseconds(CLOCK_TOLERANCE);
  // A key that is older than the rotation was missing from the first list, but cannot be the rotation's.
  if (key.createDate.getTime() < earliest) return 'not-ours';
  switch (facts.creator.kind) {
    case 'role':
      return facts.creator.arn === facts.createRoleArn ? 'ours' : 'not-ours';
    case 'other':
      return 'not-ours';
    case 'not-found':
      return 'unknown-yet';
  }
};

/** Why a rotation waits for CloudTrail, and what a person can do when that takes too long. */
export const explainUnattributed = (accessKeyIds: readonly string[]): string =>
  `CloudTrail does not show yet who created ${maskAll(accessKeyIds)}; it takes some minutes. Until then the key is neither ` +
  `deleted nor forgotten. If nobody knows it and nothing uses it, delete it by hand. ${RETRY_NOTE}`;
