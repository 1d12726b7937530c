import { RETRY_NOTE } from '../contract/errors';
import type { Overdue } from '../findings/attribution';
import type { AccessKey } from '../rotation/access-key';
import { lastUseOfKey } from '../text/commands';
import { mask, maskAll } from '../text/mask';

/**
 * Why a rotation waits for CloudTrail, and what a person can do when that takes too long.
 *
 * @param keys - all that are waited for.
 * @param overdue - those among them that CloudTrail should attribute by now.
 */
export const explainUnattributed = (keys: readonly AccessKey[], overdue: readonly Overdue[]): string => {
  const names = maskAll(keys.map(({ accessKeyId }) => accessKeyId));
  if (overdue.length === 0) {
    return (
      `CloudTrail does not show yet who created ${names}; it takes some minutes. Until then the key is neither ` +
      `deleted nor forgotten. If nobody knows it and nothing uses it, delete it by hand. ${RETRY_NOTE}`
    );
  }
  const since = overdue
    .map(
      ({ key: { accessKeyId, createDate }, askedUntil }) =>
        `${mask(accessKeyId)} was created at ${createDate.toISOString()} (its last use: ${lastUseOfKey(accessKeyId)}); CloudTrail is ` +
        `asked until ${askedUntil.toISOString()}, because its event history goes back 90 days`,
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
