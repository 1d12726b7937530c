import { CLOCK_TOLERANCE_SECONDS } from '../contract/timing';
import type { Creator } from '../gateways/audit-trail-gateway';
import type { AccessKey } from '../rotation/access-key';
import { after } from '../rotation/calendar';

/**
 * Whose is a key that nothing explains: neither there before the rotation, nor stored by it?
 *
 * Each answer needs proof: CloudTrail names the creator. As long as it does not, the answer is `unknown-yet`, and
 * the key is neither deleted nor forgotten. Silence proves nothing. But CloudTrail forgets: from then on the answer is
 * `forgotten`. Nobody waits for it any more, and the key is left to a person.
 */
export type Attribution = 'ours' | 'not-ours' | 'unknown-yet' | 'forgotten';

/** CloudTrail's event history goes back 90 days. What is nearly as old is not waited for. */
const MEMORY_OF_CLOUDTRAIL = 'P89D';

/** By then an event has long been in the event history: CloudTrail User Guide says within minutes, and promises nothing. */
const USUAL_DELAY = 'PT1H';

/** Attributes a key to whoever created it. */
export const attribute = (
  key: AccessKey,
  facts: { readonly rotationStartedAt: Date; readonly creator: Creator; readonly createRoleArn: string },
  now: Date,
): Attribution => {
  // IAM truncates create dates to seconds, too.
  const earliest = facts.rotationStartedAt.getTime() - CLOCK_TOLERANCE_SECONDS * 1000;
  // A key that is older than the rotation was missing from the first list, but cannot be the rotation's.
  if (key.createDate.getTime() < earliest) return 'not-ours';
  switch (facts.creator.kind) {
    case 'role':
      return facts.creator.arn === facts.createRoleArn ? 'ours' : 'not-ours';
    case 'other':
      return 'not-ours';
    case 'not-found':
      return now < after(key.createDate, MEMORY_OF_CLOUDTRAIL) ? 'unknown-yet' : 'forgotten';
  }
};

/** A key that CloudTrail should attribute by now, and does not. */
export interface Overdue {
  readonly key: AccessKey;
  /** Until then it is asked. */
  readonly askedUntil: Date;
}

/** Of keys that are attributed to nobody yet, those for which that takes longer than usual. */
export const overdueAt = (keys: readonly AccessKey[], now: Date): readonly Overdue[] =>
  keys
    .filter(({ createDate }) => now >= after(createDate, USUAL_DELAY))
    .map((key) => ({ key, askedUntil: after(key.createDate, MEMORY_OF_CLOUDTRAIL) }));
