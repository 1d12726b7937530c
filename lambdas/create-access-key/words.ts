import { RETRY_NOTE } from '../shared/contract/errors';
import { DRAIN_SECONDS } from '../shared/contract/timing';
import type { AccessKey } from '../shared/rotation/access-key';
import { setKeyStatus } from '../shared/text/commands';
import { mask, maskAll } from '../shared/text/mask';
import { explainForgotten, explainUnattributed } from '../shared/words/attribution';
import { describeProblem, explainObstacle } from '../shared/words/document';
import { describeKeys } from '../shared/words/keys';
import { explainRollbackObstacle } from '../shared/words/rollback';
import { describeStranger } from '../shared/words/stranger';
import type { LockDecision, LockWhy } from './decide';
import type { CreateFacts, CreateWhy } from './decision';

const whyNotLocked = (why: LockWhy): string => {
  switch (why.code) {
    case 'put-on-hold':
      return 'The rotation was put on hold since it was planned: it has just been rolled back.';
    case 'predecessor-over':
      return 'The unfinished rotation that was to be continued has ended meanwhile.';
    case 'foreign-lock':
      return `AWSPENDING is on version ${why.versionId}, which is not an intent of ours.`;
    case 'running':
      return `Another execution is rotating this user: ${why.executionArn}.`;
    case 'just-ended':
      return `The execution ${why.executionArn} has ended less than ${DRAIN_SECONDS} seconds ago; its last function may still be at work.`;
    case 'another-rotation':
      return `Another rotation (${why.executionArn}) was begun since this one was planned, and has ended.`;
  }
};

/** Why the lock is not to be had. */
export const sayLock = ({ kind, why }: Extract<LockDecision, { readonly why: LockWhy }>): string =>
  kind === 'refuse'
    ? `${whyNotLocked(why)} Nothing was changed. Start a new execution later: it finds out where the rotation stands.`
    : whyNotLocked(why);

const published = (newAccessKeyId: string): string =>
  `The new key ${mask(newAccessKeyId)} is published already`;

const replaced = (newAccessKeyId: string, leakedAccessKeyId: string): string =>
  `AWSCURRENT holds ${mask(newAccessKeyId)}, and the leaked key ${mask(leakedAccessKeyId)}`;

/** Where the rotation stands. Of what brings the old key back, for the middle of a sentence. */
export const say = (why: CreateWhy, { userName, secretId, keys }: CreateFacts): string => {
  switch (why.code) {
    case 'key-needed':
      return why.discard.length === 0
        ? 'A new key is needed.'
        : `A new key is needed; ${maskAll(why.discard)} of ours is discarded first.`;
    case 'key-stored':
      return `The key ${mask(why.accessKeyId)} was already created and stored.`;
    case 'other-key-held':
      return `The secret still holds ${mask(why.accessKeyId)}, which takes the leaked key's place.`;
    case 'published-first-key':
      return `${published(why.newAccessKeyId)}, and there is no old key.`;
    case 'published-old-key-gone':
      return `${published(why.newAccessKeyId)}, and the old key is gone.`;
    case 'published-old-key-active':
      return `${published(why.newAccessKeyId)}; the overlap period starts anew.`;
    case 'published-old-key-inactive':
      return `${published(why.newAccessKeyId)} and the old key ${mask(why.oldAccessKeyId)} is Inactive; the recovery period starts anew.`;
    case 'leaked-key-gone':
      return `${replaced(why.newAccessKeyId, why.leakedAccessKeyId)} is gone.`;
    case 'leaked-key-active':
      return `${replaced(why.newAccessKeyId, why.leakedAccessKeyId)} is deactivated now.`;
    case 'leaked-key-inactive':
      return `${replaced(why.newAccessKeyId, why.leakedAccessKeyId)} is Inactive already; the recovery period starts anew.`;
    case 'rollback-asked-for':
      return 'a person asked for it';
    case 'published-key-changed':
      return `the published key ${mask(why.published.accessKeyId)} is ${why.published.status}: somebody changed it during the rotation`;
    case 'unattributed':
      return explainUnattributed(why.keys, why.overdue);
    case 'unreadable-current':
      return `AWSCURRENT cannot be understood any more: ${describeProblem(why.problem)}. ${describeKeys(keys)} Correct it and start again.`;
    case 'strangers-key':
      return (
        `${describeStranger(why.stranger, userName)} It was not touched. ${describeKeys(keys)} Put back what consumers of ${userName} ` +
        'should read, and start again.'
      );
    case 'current-replaced':
      return (
        `AWSCURRENT holds ${why.accessKeyId === null ? 'no key' : mask(why.accessKeyId)}, which is neither the key that was there when ` +
        `the rotation began nor one that it made: it was changed meanwhile. ${describeKeys(keys)} ` +
        'Start a new execution: it plans anew from what is there now.'
      );
    case 'obstacle': {
      const { what, next } = explainObstacle(why.obstacle, secretId);
      return `${what} No key was created. ${describeKeys(keys)} ${next}`;
    }
    case 'no-room':
      return (
        `${why.forgotten.map((key) => `${explainForgotten(key)} `).join('')}A new key cannot be created: the user ${userName} has ` +
        `${why.remaining.length} access keys that are not this rotation's to delete, and AWS allows two. Nothing of them was changed. ` +
        `${describeKeys(why.remaining)} Delete the one that is not in the secret, if nothing uses it, and start again.`
      );
    case 'no-room-for-leak': {
      const { accessKeyId: leaked, status } = why.leaked;
      const others = maskAll(why.others);
      return (
        `The leaked key ${mask(leaked)} cannot be replaced: AWS allows two keys, and ${others} takes the other place, ` +
        `and is not this service's to delete now. THE LEAKED KEY IS ${status.toUpperCase()}. Nothing was ` +
        `changed. ${describeKeys(keys)} Decide which is worse: delete ${others} and start the emergency again, or deactivate the leaked key now, and with it whoever uses it: ` +
        `${setKeyStatus(userName, leaked, 'Inactive')}.`
      );
    }
    case 'no-way-back':
      return `${explainRollbackObstacle(userName, why.obstacle)} ${describeKeys(keys)}`;
  }
};

/* What became of the keys. */

/** The new key is there. */
export const sayCreated = (
  newAccessKeyId: string,
  {
    replacedKey,
    deletedEarly,
  }: { readonly replacedKey: string | null; readonly deletedEarly: string | undefined },
): string => {
  const early =
    deletedEarly === undefined
      ? ''
      : ` To make room, ${mask(deletedEarly)} was deleted: whoever still held it fails until it reads the secret again.`;
  return `Created and stored ${mask(newAccessKeyId)}${replacedKey === null ? '' : `, to replace ${mask(replacedKey)}`}.${early}`;
};

/** The old key is brought back. */
export const sayRollback = (reason: string): string => `Rolling back: ${reason}.`;

/**
 * Why the old key is brought back, for the record and the middle of a sentence.
 *
 * @param remark - what the person says who has asked for it.
 */
export const explainRollback = (reason: string, remark: string | undefined): string =>
  remark === undefined ? reason : `${reason} (${remark})`;

/* What the step finds while it works. */

export const unusableSecret = (secretId: string): string =>
  `The secret ${secretId} was deleted, is scheduled for deletion, or has Secrets Manager's own rotation ` +
  'switched on since the rotation was planned. Nothing was changed. Undo that and start again.';

export const LOST_LOCK = `Another execution took the lock at the same moment. Nothing was changed by this one. ${RETRY_NOTE}`;

/** What a refusal for the mark of ownership has left as it was. */
export const notClaimed = (keys: readonly AccessKey[]): string => `No key was created. ${describeKeys(keys)}`;

export const noSuchUser = (userName: string): string =>
  `The IAM user ${userName} does not exist any more. No key was created.`;

export const refusedByIam = (userName: string, keys: readonly AccessKey[]): string =>
  `IAM refuses another key for ${userName}, though its list left room for one. No key was created by this attempt. ` +
  `${describeKeys(keys)} ${RETRY_NOTE}`;

export const condemned = (newAccessKeyId: string, keys: readonly AccessKey[]): string =>
  `The new key ${mask(newAccessKeyId)} was condemned by another execution before it was stored; it will be ` +
  `deleted by it. ${describeKeys(keys)} Start a new execution.`;

export const justDeleted = (accessKeyId: string): string =>
  `The key ${mask(accessKeyId)} has just been deleted. ${RETRY_NOTE}`;

export const publishedMeanwhile = (accessKeyId: string): string =>
  `The key ${mask(accessKeyId)} was published while it was to be discarded; it stays. ${RETRY_NOTE}`;
