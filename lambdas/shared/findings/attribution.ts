import { RETRY_NOTE } from '../contract/errors';
import { CLOCK_TOLERANCE_SECONDS } from '../contract/timing';
import type { Creator } from '../gateways/audit-trail-gateway';
import type { AccessKey } from '../rotation/access-key';
import { after } from '../rotation/calendar';
import { lastUseOfKey } from '../text/commands';
import { mask, maskAll } from '../text/mask';

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

/** Why a rotation waits for CloudTrail, and what a person can do when that takes too long. */
export const explainUnattributed = (keys: readonly AccessKey[], now: Date): string => {
  const names = maskAll(keys.map(({ accessKeyId }) => accessKeyId));
  const overdue = keys.filter(({ createDate }) => now >= after(createDate, USUAL_DELAY));
  if (overdue.length === 0) {
    return (
      `CloudTrail does not show yet who created ${names}; it takes some minutes. Until then the key is neither ` +
      `deleted nor forgotten. If nobody knows it and nothing uses it, delete it by hand. ${RETRY_NOTE}`
    );
  }
  const since = overdue
    .map(
      ({ accessKeyId, createDate }) =>
        `${mask(accessKeyId)} was created at ${createDate.toISOString()} (its last use: ${lastUseOfKey(accessKeyId)}); CloudTrail is ` +
        `asked until ${after(createDate, MEMORY_OF_CLOUDTRAIL).toISOString()}, because its event history goes back 90 days`,
    )
    .join('. ');
  return (
    `CloudTrail does not show who created ${names}, although it should by now. ${since}. Until then the key is neither ` +
    'deleted nor forgotten, and the rotation does not go on; afterwards it does, and leaves the key to you. Ask who has ' +
    'created it, and whether CloudTrail works in this account. If nobody knows it and nothing uses it, delete it by hand, then start a new execution: it goes on from what is there.'
  );
};

/** Why a key is left to a person, and what that person can do. */
export const explainForgotten = ({ accessKeyId, createDate }: AccessKey): string =>
  `Nothing tells any more who created ${mask(accessKeyId)} at ${createDate.toISOString()}: CloudTrail's event history goes back ` +
  `90 days. So nothing here deletes it. Find out whether anything uses it (${lastUseOfKey(accessKeyId)}).`;

/** The same of a key that consumers may have read. */
export const explainPublished = ({ accessKeyId, status }: AccessKey): string =>
  `${mask(accessKeyId)}, which is ${status}, was in AWSCURRENT during this rotation, before somebody changed it: consumers may have ` +
  `read it, so nothing here deletes it. Find out whether anything uses it (${lastUseOfKey(accessKeyId)}).`;
