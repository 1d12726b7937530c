import { RETRY_NOTE } from '../shared/contract/errors';
import { mask } from '../shared/text/mask';
import { explainForgotten, explainPublished } from '../shared/words/attribution';
import { describeHealth } from '../shared/words/health';
import { describeKeys } from '../shared/words/keys';
import { describePause } from '../shared/words/pause';
import {
  nameOfOld,
  newKeyWasChanged,
  replicasLag,
  START_AGAIN,
  START_EMERGENCY_AGAIN,
} from '../shared/words/retirement';
import type { DeletionFacts, DeletionWhy, Left } from './decide';

/** Why the old key was not deleted. */
export const say = (why: DeletionWhy, facts: DeletionFacts): string => {
  const { newAccessKeyId, keys, health, laggingReplicas, settings } = facts;
  const paused = facts.paused && describePause(facts.paused);
  const old = nameOfOld(facts);
  const kept = (what: string): string => `${what} Nothing was deleted.`;
  const refused = (what: string, next: string): string => `${kept(what)} ${describeKeys(keys)} ${next}`;
  switch (why.code) {
    case 'new-key-changed':
      return refused(`${newKeyWasChanged(newAccessKeyId)}.`, START_AGAIN);
    case 'another-key-leaked':
      return refused(
        `${mask(why.key.accessKeyId)} has leaked as well, and is ${why.key.status}: the rotation is not over.`,
        START_EMERGENCY_AGAIN,
      );
    case 'paused':
      return kept(`The user is ${paused}.`);
    case 'paused-without-check':
      return refused(`The user is ${paused}.`, RETRY_NOTE);
    case 'no-old-key':
      return 'There was no old key.';
    case 'old-key-gone':
      return `The old key ${old} is gone already.`;
    case 'old-key-not-inactive':
      return refused(`The old key ${old} is ${why.status}: somebody has set it Active again.`, START_AGAIN);
    case 'inactive-since-unknown':
      return refused(
        `The old key ${old} has not been Inactive for the whole recovery period, as far as this rotation can prove.`,
        START_AGAIN,
      );
    case 'in-recovery-period':
      return kept(
        `The recovery period (${settings.recoveryPeriod}) of the old key ${old} ends at ${why.ends.toISOString()} by the clock of this function.`,
      );
    case 'replicas-lag':
      return refused(replicasLag(laggingReplicas), RETRY_NOTE);
    case 'alarms-unhealthy':
      return kept(`Consumers are not well: health alarms are ${describeHealth(health)}.`);
    case 'alarms-silent':
      return kept(`Whether consumers are well is not known: ${describeHealth(health)}.`);
  }
};

/** Why nothing was deleted of a user that is not enrolled any more. */
export const sayUnenrolled = (userName: string): string =>
  `${userName} is not enrolled any more. Nothing was deleted.`;

/** The old key is deleted now. */
export const sayDeleted = (accessKeyId: string): string => `${mask(accessKeyId)} is deleted.`;

/**
 * The rotation is complete.
 *
 * @param deleted - what has become of the old key, as a sentence.
 */
export const sayComplete = (deleted: string, newAccessKeyId: string): string =>
  `${deleted} Consumers read ${mask(newAccessKeyId)}; the rotation is complete.`;

/** The same, and that it leaves a key to a person. */
export const sayCompleteButLeft = (
  deleted: string,
  newAccessKeyId: string,
  { leave, published }: Left,
): string =>
  `${deleted} Consumers read ${mask(newAccessKeyId)}, and the rotation is complete; but a key is left. ` +
  `${[...leave.map(explainForgotten), ...published.map(explainPublished)].join(' ')} If nothing does, delete it by hand: as long as it is there, the next rotation has no room ` +
  'for a new key.';

/** An earlier attempt has completed the rotation. */
export const sayCompleteAlready = (newAccessKeyId: string): string =>
  `The rotation was already complete: it had published ${mask(newAccessKeyId)}.`;
