import { findKey } from '../shared/findings/situation';
import type { AccessKey } from '../shared/rotation/access-key';
import { isLeaked } from '../shared/rotation/rotation-state';
import { startRotation } from '../shared/text/commands';
import { listOf, type Said, toSaid } from '../shared/text/said';
import { sayDuration } from '../shared/text/times';
import { explainForgotten, explainPublished } from '../shared/words/attribution';
import { describeHealth } from '../shared/words/health';
import { describePause } from '../shared/words/pause';
import {
  closeLeak,
  ifNothingWorks,
  keysAndCurrent,
  type Named,
  newKeyWasChanged,
  REPLICA_SECTION,
  repairReplicas,
  replicasLag,
  sentence,
  startAfterChange,
  startAgain,
} from '../shared/words/retirement';
import type { DeletionFacts, DeletionWhy, Left } from './decide';

/** What the step tells of. */
export type Told = DeletionFacts & Named;

const NOTHING = 'Nothing was deleted.';

/** Why the old key was not deleted. */
export const say = (why: DeletionWhy, facts: Told): string | Said => {
  const { userName, health, laggingReplicas, settings, oldAccessKeyId } = facts;
  const old = `the old key ${oldAccessKeyId ?? ''} of ${userName}`;
  const paused = facts.paused && describePause(facts.paused);
  const kept = (what: string): string => `${what} ${NOTHING}`;
  switch (why.code) {
    case 'new-key-changed':
      return {
        what: [`The rotation of ${userName} was not completed.`, sentence(newKeyWasChanged(facts)), NOTHING],
        ...keysAndCurrent(facts),
        next: startAfterChange(facts),
        urgency: ifNothingWorks(facts),
      };
    case 'another-key-leaked':
      return sayLeakLeft(why.key, facts);
    case 'paused':
      return kept(`${userName} is ${paused}.`);
    case 'paused-without-check':
      return {
        what: [`${userName} is ${paused}, so its rotation was not completed.`, NOTHING],
        ...keysAndCurrent(facts),
        next: [
          'When the pause is over, start a new execution, which goes on from what is there:',
          startRotation(userName),
        ],
        section: 'Pause and continue a user',
      };
    case 'no-old-key':
      return `${userName} had no old key.`;
    case 'old-key-gone':
      return `The old key ${oldAccessKeyId ?? ''} of ${userName} is gone already.`;
    case 'old-key-not-inactive':
      return sayNotInactive(facts, why.status);
    case 'inactive-since-unknown':
      return {
        what: [
          `The old key ${oldAccessKeyId ?? ''} of ${userName} was not deleted.`,
          `This execution cannot prove that it was Inactive for the whole recovery period of ${sayDuration(settings.recoveryPeriod)}.`,
        ],
        ...keysAndCurrent(facts),
        next: startAgain(facts),
      };
    case 'in-recovery-period':
      return kept(
        `The recovery period of ${sayDuration(settings.recoveryPeriod)} of ${old} ends on ${why.ends.toISOString()} by the clock of this function.`,
      );
    case 'replicas-lag':
      return {
        what: [
          `The old key ${oldAccessKeyId ?? ''} of ${userName} was not deleted.`,
          replicasLag(laggingReplicas),
        ],
        ...keysAndCurrent(facts),
        next: repairReplicas(facts),
        section: REPLICA_SECTION,
      };
    case 'alarms-unhealthy':
      return kept(`Programs of ${userName} are not well: health alarms are ${describeHealth(health)}.`);
    case 'alarms-silent':
      return kept(`It is not known whether programs of ${userName} work: ${describeHealth(health)}.`);
  }
};

const sayLeakLeft = ({ accessKeyId, status }: AccessKey, facts: Told): Said => ({
  what: [
    `The rotation of ${facts.userName} is not over: ${accessKeyId} has leaked as well, and is ${status}.`,
    NOTHING,
  ],
  ...keysAndCurrent(facts),
  ...(status === 'Active'
    ? closeLeak(facts, accessKeyId)
    : {
        next: ['Start a new execution, which goes on with the emergency:', startRotation(facts.userName)],
      }),
});

const sayNotInactive = (facts: Told, status: string): Said => {
  const { userName, oldAccessKeyId, keys } = facts;
  const leaked = oldAccessKeyId !== null && isLeaked(facts, oldAccessKeyId);
  return {
    what: [
      `Somebody has set the ${leaked ? 'leaked' : 'old'} key ${oldAccessKeyId ?? ''} of ${userName} ${status} again.`,
      NOTHING,
    ],
    ...keysAndCurrent(facts),
    ...(leaked && findKey(keys, oldAccessKeyId)?.status === 'Active'
      ? closeLeak(facts, oldAccessKeyId)
      : { next: startAfterChange(facts) }),
  };
};

/** Why nothing was deleted of a user that is not enrolled any more. */
export const sayUnenrolled = (userName: string): string => `${userName} is not enrolled any more. ${NOTHING}`;

/** The old key is deleted now. */
export const sayDeleted = (accessKeyId: string, { userName }: Named): string =>
  `The old key ${accessKeyId} of ${userName} is deleted.`;

/**
 * The rotation is complete.
 *
 * @param deleted - what has become of the old key.
 */
export const sayComplete = (deleted: string | Said, newAccessKeyId: string): Said => ({
  what: [
    ...listOf(toSaid(deleted).what),
    `The secret holds ${newAccessKeyId}, and the rotation is complete.`,
  ],
});

/** The same, and that it leaves a key to a person. */
export const sayCompleteButLeft = (
  deleted: string | Said,
  { userName, newAccessKeyId, keys, current }: Pick<Told, 'userName' | 'newAccessKeyId' | 'keys' | 'current'>,
  { leave, published }: Left,
): Said => {
  const reasons = [
    ...leave.map((key) => explainForgotten(userName, key)),
    ...published.map((key) => explainPublished(userName, key)),
  ];
  return {
    what: [
      ...listOf(sayComplete(deleted, newAccessKeyId).what),
      'But a key is left. While it is there, the next rotation has no room for a new key.',
      ...reasons.flatMap(({ what }) => listOf(what)),
    ],
    ...keysAndCurrent({ keys, current }),
    next: reasons.flatMap(({ next = [] }) => next),
  };
};

/** An earlier attempt has completed the rotation. */
export const sayCompleteAlready = (newAccessKeyId: string, { userName }: Named): string =>
  `The rotation of ${userName} was already complete: it had published ${newAccessKeyId}.`;
