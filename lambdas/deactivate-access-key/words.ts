import { findKey } from '../shared/findings/situation';
import type { PublishedState } from '../shared/rotation/rotation-state';
import { listOf, type Said } from '../shared/text/said';
import { describeHealth } from '../shared/words/health';
import { describePause } from '../shared/words/pause';
import {
  closeLeak,
  ifNothingWorks,
  keysAndCurrent,
  leakIsClosed,
  type Named,
  newKeyWasChanged,
  REPLICA_SECTION,
  repairReplicas,
  replicasLag,
  sentence,
  startAfterChange,
} from '../shared/words/retirement';
import type { DeactivationFacts, DeactivationWhy } from './decide';

/** What the step tells of. */
export type Told = DeactivationFacts & Named;

/** For a rotation without an old key, which does not come to this step. */
export const NO_OLD_KEY = 'There is no old key to set Inactive.';

/** Why the old key was not set Inactive. */
export const say = ({ code }: DeactivationWhy, facts: Told): string | Said => {
  const { userName, oldAccessKeyId, keys, health, laggingReplicas, course } = facts;
  const paused = facts.paused && describePause(facts.paused);
  const old = `the old key ${oldAccessKeyId} of ${userName}`;
  const notYet = `The old key ${oldAccessKeyId} of ${userName} was not set Inactive`;
  switch (code) {
    case 'secret-edited':
    case 'new-key-not-active':
      return {
        what: [`${notYet}.`, sentence(newKeyWasChanged(facts)), 'Nothing was changed by this step.'],
        ...keysAndCurrent(facts),
        // A leaked key that is left is told of beside this.
        next: course.waitsForConsumers || keys.length === 0 ? startAfterChange(facts) : undefined,
        urgency: ifNothingWorks(facts),
      };
    case 'old-key-deleted':
      return `Somebody has deleted ${old}.`;
    case 'old-key-not-active':
      return `Somebody has set ${old} ${findKey(keys, oldAccessKeyId)?.status} already.`;
    case 'paused':
      return `${notYet}: the user is ${paused}.`;
    case 'alarms-not-ok':
      return `${notYet}: not all health alarms are OK (${describeHealth(health)}).`;
    case 'window-closed':
      return `${notYet}: the deactivation window has closed.`;
    case 'replicas-lag':
      return {
        what: [`${notYet}.`, replicasLag(laggingReplicas)],
        ...keysAndCurrent(facts),
        next: repairReplicas(facts),
        section: REPLICA_SECTION,
      };
  }
};

/** Why no key was set Inactive of a user that is not enrolled any more. */
export const sayUnenrolled = (userName: string): string =>
  `${userName} is not enrolled any more. No key was set Inactive.`;

/** The old key is Inactive now. */
export const sayDone = ({ oldAccessKeyId, userName }: Told): string =>
  `The old key ${oldAccessKeyId} of ${userName} is Inactive. One call can still bring it back.`;

/**
 * A leaked key is not Active any more, and stays so: whom that hits, and what is left to do.
 *
 * @param how.already - why there was nothing to set Inactive any more; undefined: it was this step that did it.
 * @param how.again - an outage was accepted: people know that it is Inactive, and wait for another key.
 * @param how.now - when it was certain that the leaked key is not Active.
 */
export const sayLeakedDone = (
  {
    secretId,
    settings,
    reason,
    lastUseOfLeakedKey,
    contained,
  }: Pick<PublishedState, 'secretId' | 'settings' | 'reason' | 'lastUseOfLeakedKey' | 'contained'>,
  { userName, oldAccessKeyId, newAccessKeyId, keys }: Told,
  {
    already,
    now,
    again,
  }: {
    readonly already: DeactivationWhy | undefined;
    readonly now: Date;
    readonly again: boolean;
  },
): Said => {
  const gone = already?.code === 'old-key-deleted';
  const became = gone
    ? contained === undefined
      ? 'is gone: somebody has deleted it'
      : 'is gone: it had to make room, or somebody has deleted it'
    : already === undefined || contained !== undefined
      ? 'is Inactive'
      : 'is Inactive: somebody had set it so already';
  const closed = leakIsClosed({
    now,
    secretId,
    recoveryPeriod: gone ? undefined : settings.recoveryPeriod,
    userName,
    accessKeyId: oldAccessKeyId,
    became,
    took: again ? undefined : contained,
    reason,
    lastUse: lastUseOfLeakedKey,
    newAccessKeyId,
    // The list is of before.
    keys: keys
      .filter(({ accessKeyId }) => !gone || accessKeyId !== oldAccessKeyId)
      .map((key) => (key.accessKeyId === oldAccessKeyId ? { ...key, status: 'Inactive' } : key)),
  });
  if (!again) return closed;
  return {
    ...closed,
    title: 'programs have a key again',
    what: [`Programs of ${userName} that read the secret have a key again.`, ...listOf(closed.what)],
  };
};

/**
 * Why a leaked key is not set Inactive yet.
 *
 * @param answer - what AWS says to the key that consumers read: whose it is, or why it is refused.
 */
export const sayNotAccepted = (facts: Told, answer: string): Said => {
  const { userName, newAccessKeyId, oldAccessKeyId } = facts;
  return {
    what: [
      `The leaked key ${oldAccessKeyId} of ${userName} was not set Inactive yet.`,
      `AWS does not accept the key that the secret holds, ${newAccessKeyId}, as one of ${userName} (${answer}).`,
      'Nothing was changed by this step.',
    ],
    ...keysAndCurrent(facts),
    ...closeLeak({ userName }, oldAccessKeyId),
  };
};
