import { PAUSE_TAG } from '../shared/contract/names';
import type { NoAcknowledgement } from '../shared/rotation/acknowledgement';
import { executionInput, setKeyStatus, setTag } from '../shared/text/commands';
import { mask } from '../shared/text/mask';
import { describeHealth, describeVerdict } from '../shared/words/health';
import { describeKeys } from '../shared/words/keys';
import { describeUse, describeUses } from '../shared/words/last-use';
import { describePause } from '../shared/words/pause';
import { ENROL_AGAIN, nameOfOld, newKeyWasChanged, START_AGAIN } from '../shared/words/retirement';
import type {
  AdoptionFacts,
  AdoptionWhy,
  Ground,
  Objection,
  ObjectionWhy,
  UnenrolledFacts,
  UnenrolledWhy,
} from './decide';

/** What the check says. */
export const say = (why: AdoptionWhy, facts: AdoptionFacts): string => {
  const { userName, newAccessKeyId, keys, settings } = facts;
  const paused = facts.paused && describePause(facts.paused);
  const old = nameOfOld(facts);
  switch (why.code) {
    case 'new-key-changed':
      return (
        `${newKeyWasChanged(newAccessKeyId)} during the rotation. The old key was not touched. ${describeKeys(keys)} ` +
        START_AGAIN
      );
    case 'first-key':
      return 'There is no old key to retire.';
    case 'old-key-deleted':
      return `The old key ${old} was deleted by somebody else.`;
    case 'old-key-not-active':
      return `The old key ${old} was set ${why.old.status} by somebody else.`;
    case 'notice':
      return sayNotice(why.earliest, facts);
    case 'leaked':
      return sayLeaked(facts, why.old.status);
    case 'paused':
      return (
        `${userName} is ${paused}: both keys are kept, and the adoption deadline does not run. ` +
        `${describeKeys(keys)} When the pause ends, the next check goes on.`
      );
    case 'not-yet':
      return `Not yet: ${sayObjections(why.objections, facts)}.`;
    case 'timed-out':
      return (
        `Within ${settings.adoptionDeadline} it could not be confirmed that consumers have moved to the new key: ` +
        `${sayObjections(why.objections, facts)}. Both keys stay Active, so nothing is broken. ${describeKeys(keys)} ` +
        `${whatToDo(why.hidden)}, and start a new execution: it continues with this check.`
      );
    case 'validator-next':
      return 'Nothing else is in the way: the validator is asked.';
    case 'owner-next':
      return (
        `${sayQuestion(why.ground, facts)}; the owner is asked to acknowledge it within ${settings.acknowledgement?.deadline}. ` +
        'Until then both keys stay Active.'
      );
    case 'window-closed':
      return `${sayGround(why.ground, facts)}. The old key may be deactivated when the window opens.`;
    case 'confirmed':
      return `${sayGround(why.ground, facts)}${sayNext(why.ground, facts)}`;
  }
};

/** Told ahead of a deactivation. */
const sayNotice = (
  earliest: Date,
  { userName, secretId, newAccessKeyId, oldAccessKeyId, oldKeyUse, keys, settings }: AdoptionFacts,
): string =>
  `The old key ${nameOfOld({ oldAccessKeyId })} of ${userName} is set Inactive not before ${earliest.toISOString()}, and ` +
  `${
    settings.onAdoptionDeadline === 'go-on'
      ? `after the adoption deadline (${settings.adoptionDeadline}) even if something still uses it`
      : 'only when nothing uses it any more'
  }. Consumers read ${mask(newAccessKeyId)} in ${secretId}. The old key was last used: ${describeUse(oldKeyUse)}. ` +
  `${describeKeys(keys)} Until then, see to it that every consumer has read the secret again: restart those that read it only when they ` +
  `start. If it is a bad time, pause ${userName} (${setTag(secretId, PAUSE_TAG, 'reason')}): both keys stay Active. After it, one call ` +
  `brings the old key back: start ${executionInput({ userName, action: 'rollback' })}.`;

const sayLeaked = (facts: AdoptionFacts, status: string): string =>
  `Emergency: the leaked key ${nameOfOld(facts)} of ${facts.userName} ${
    status === 'Active' ? 'is set Inactive now, without waiting for anybody' : `is ${status} already`
  }. ` +
  `It was last used: ${describeUse(facts.oldKeyUse)}. Whoever that is, and whoever else holds the key, fails from now until it ` +
  'reads the secret again, which takes caching clients up to an hour: restart them, or let them read it. Consumers read ' +
  `${mask(facts.newAccessKeyId)} now. Sessions already obtained with the leaked key live on: see docs/runbook.md, "End sessions ` +
  `already obtained with a key". ${describeKeys(facts.keys)}`;

/** What consumers have not shown comes first. */
const sayObjections = (objections: readonly Objection[], facts: AdoptionFacts): string =>
  (['unmoved', 'unsafe'] as const)
    .flatMap((wanted) => objections.filter(({ kind }) => kind === wanted))
    .map(({ why }) => sayObjection(why, facts))
    .join('; ');

const sayObjection = (why: ObjectionWhy, facts: AdoptionFacts): string => {
  const { newAccessKeyId, oldKeyUse, newKeyUse, health, settings } = facts;
  switch (why.code) {
    case 'in-overlap-period':
      return `the overlap period (${settings.overlapPeriod}) is not over`;
    case 'in-notice':
      return `the time of which people were told (${settings.noticeBefore}) is not over`;
    case 'use-of-old-key-unknown':
      return 'it is not known when the old key was last used';
    case 'old-key-in-use':
      return (
        `the old key ${nameOfOld(facts)} was last used ${describeUse(oldKeyUse)} (IAM names the latest use only: others ` +
        'may use the key, too)'
      );
    case 'use-of-new-key-unknown':
      return 'it is not known when the new key was last used';
    case 'new-key-unused':
      return `the new key ${mask(newAccessKeyId)} has not been used by anybody but our own test (last: ${describeUse(newKeyUse)})`;
    case 'nothing-proved':
      return (
        `the new key ${mask(newAccessKeyId)} was seen in use only ${describeUses(why.uses)}, which proves nothing about the programs: ` +
        'whoever reads the secret with the key itself, or looks whether it works, does that, too, and IAM names the latest use only'
      );
    case 'alarms-not-ok':
      return `the health alarms are not all OK: ${describeHealth(health)}`;
    case 'validator-not-ok':
      return why.verdict.kind === 'unhealthy'
        ? `the validator says that consumers are not well: ${describeVerdict(why.verdict)}`
        : `the validator gave no verdict: ${describeVerdict(why.verdict)}`;
  }
};

/** After the deadline, for the beginning of a sentence. */
const whatToDo = (hidden: boolean): string =>
  hidden
    ? 'Let the secret be read with another identity than the user, or see to it that the programs use the new key and set ' +
      'onAdoptionDeadline to "go-on", or an acknowledgement, for this user'
    : 'Make the consumers read the secret again, or mend what else stands in the way';

const deadlineHasPassed = (overruled: readonly Objection[], facts: AdoptionFacts): string =>
  `The adoption deadline (${facts.settings.adoptionDeadline}) has passed, and ${sayObjections(overruled, facts)}`;

/** What the owner is asked. */
const sayQuestion = (ground: Ground, facts: AdoptionFacts): string => {
  const old = nameOfOld(facts);
  switch (ground.code) {
    case 'moved':
      return `The old key ${old} can be deactivated`;
    case 'go-on':
      return (
        `${deadlineHasPassed(ground.overruled, facts)}. onAdoptionDeadline is ` +
        `"go-on", so the old key ${old} is to be deactivated all the same, and whoever still uses it will fail`
      );
    case 'owners-call':
      return (
        `${deadlineHasPassed(ground.overruled, facts)}. Whether the programs use the new key, their owner has to say: then the old key ` +
        `${old} can be deactivated`
      );
  }
};

/** What the deactivation is concluded from. */
const sayGround = (ground: Ground, facts: AdoptionFacts): string =>
  ground.code === 'moved'
    ? `The old key ${nameOfOld(facts)} was last used ${describeUse(facts.oldKeyUse)}${sayProof(ground, facts)}`
    : deadlineHasPassed(ground.overruled, facts);

/** What the new key was seen in use for, and what of the old key's uses was not seen with it. */
const sayProof = ({ proof, unseen }: Extract<Ground, { code: 'moved' }>, facts: AdoptionFacts): string =>
  proof === undefined
    ? ''
    : `, the new key ${mask(facts.newAccessKeyId)} ${describeUses([proof])}` +
      (unseen.length === 0 ? '' : ` (not seen with the new key, but with the old one: ${unseen.join(', ')})`);

/** What follows from that. */
const sayNext = (ground: Ground, { userName, oldAccessKeyId, keys }: AdoptionFacts): string => {
  switch (ground.code) {
    case 'moved':
      return '; consumers have moved.';
    case 'owners-call':
      return '. Their owner has said that the old key may be deactivated.';
    case 'go-on':
      return (
        `. onAdoptionDeadline is "go-on", so the old key ${nameOfOld({ oldAccessKeyId })} is set Inactive next: whoever still ` +
        `uses it will fail. One call brings it back: ${setKeyStatus(userName, oldAccessKeyId ?? '', 'Active')}. ${describeKeys(keys)}`
      );
  }
};

/** Why the rotation does not go on. For the middle of a sentence. */
export const sayNoAcknowledgement = (
  why: NoAcknowledgement,
  { acknowledgement }: Pick<AdoptionFacts['settings'], 'acknowledgement'>,
): string => {
  switch (why.code) {
    case 'unanswered':
      return `nobody acknowledged the deactivation within ${acknowledgement?.deadline ?? ''}`;
    case 'not-asked':
      return `the acknowledgement could not be asked for (${why.error})`;
    case 'refused':
      return `the deactivation was refused (${why.objection === '' ? 'no reason given' : why.objection})`;
  }
};

/** The same, as a sentence. */
export const sayRollback = (reason: string): string => `Not going on: ${reason}.`;

/** What is said of a user that is not enrolled any more. */
export const sayUnenrolled = ({ code }: UnenrolledWhy, { userName }: UnenrolledFacts): string => {
  const what =
    `${userName} is not enrolled any more, so whether its consumers have moved cannot be found out. No key was deactivated, ` +
    'and consumers can read the new one.';
  switch (code) {
    case 'waits':
      return `Not yet: ${what}`;
    case 'deadline-passed':
      return `${what} The adoption deadline has passed. ${ENROL_AGAIN}`;
  }
};
