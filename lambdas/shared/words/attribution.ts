import { RETRY_NOTE } from '../contract/errors';
import type { Overdue } from '../findings/attribution';
import type { AccessKey } from '../rotation/access-key';
import { deleteKey, eventsAboutKey, lastUseOfKey, setKeyStatus, startRotation } from '../text/commands';
import type { Advice, Said } from '../text/said';

/** How a person finds out whether anything uses a key, and deletes one that nothing uses. */
const deleteByHand = (userName: string, accessKeyIds: readonly string[]): Advice =>
  accessKeyIds.flatMap((accessKeyId) => retireUnknown(userName, accessKeyId));

/** How a key that no rotation knows goes: not before it is known that nothing needs it. */
export const retireUnknown = (userName: string, accessKeyId: string): Advice => [
  `Find out who created ${accessKeyId}. This shows it for the last 90 days (CreateAccessKey):`,
  eventsAboutKey(accessKeyId),
  'See its last use. If a program uses it, move that program to the secret first:',
  lastUseOfKey(accessKeyId),
  'Then set it Inactive, which can be undone:',
  setKeyStatus(userName, accessKeyId, 'Inactive'),
  'Delete it only after some days without failures:',
  deleteKey(userName, accessKeyId),
];

/**
 * Why a rotation waits for CloudTrail, and what a person can do when that takes too long.
 *
 * @param keys - all that are waited for.
 * @param overdue - those among them that CloudTrail should attribute by now.
 */
export const explainUnattributed = (
  userName: string,
  keys: readonly AccessKey[],
  overdue: readonly Overdue[],
): Said => {
  const ids = keys.map(({ accessKeyId }) => accessKeyId);
  const names = ids.join(' and ');
  if (overdue.length === 0) {
    return {
      what: [
        `CloudTrail does not show yet who created ${names}. That takes some minutes.`,
        'Until then no such key is deleted or forgotten.',
      ],
      keys,
      next: [RETRY_NOTE, ...deleteByHand(userName, ids)],
    };
  }
  return {
    what: [
      `CloudTrail does not show who created ${names}, although it should by now.`,
      ...overdue.map(
        ({ key: { accessKeyId, createDate }, askedUntil }) =>
          `${accessKeyId} was created on ${createDate.toISOString()}. CloudTrail is asked until ${askedUntil.toISOString()}, because its ` +
          'event history goes back 90 days.',
      ),
      'Until then no such key is deleted, and the rotation does not go on. Afterwards it goes on, and leaves the key to you.',
    ],
    keys,
    next: [
      'Ask who has created the key, and see whether CloudTrail works in this account.',
      ...deleteByHand(userName, ids),
      'Then start a new execution, which goes on from what is there:',
      startRotation(userName),
    ],
  };
};

/** Why a key is left to a person, and what that person can do. */
export const explainForgotten = (userName: string, { accessKeyId, createDate }: AccessKey): Said => ({
  what: [
    `Nothing tells any more who created ${accessKeyId} on ${createDate.toISOString()}: CloudTrail's event history goes back 90 days.`,
    'So the rotation does not delete it.',
  ],
  next: deleteByHand(userName, [accessKeyId]),
});

/** The same of a key that consumers may have read. */
export const explainPublished = (userName: string, { accessKeyId, status }: AccessKey): Said => ({
  what: [
    `${accessKeyId}, which is ${status}, was in AWSCURRENT during this rotation, before somebody changed it.`,
    'Programs may have read it, so the rotation does not delete it.',
  ],
  next: deleteByHand(userName, [accessKeyId]),
});
