import { PAUSE_TAG } from '../shared/contract/names';
import type { NoAcknowledgement } from '../shared/rotation/acknowledgement';
import { lastUseOfKey, setKeyStatus, setTag, startRotation } from '../shared/text/commands';
import type { Advice, KeyShown, Said, Urgency } from '../shared/text/said';
import { sayDuration } from '../shared/text/times';
import { describeHealth, describeVerdict } from '../shared/words/health';
import { describeUse, describeUses, sayUse } from '../shared/words/last-use';
import { describePause } from '../shared/words/pause';
import {
  enrolAgain,
  ifNothingWorks,
  leakIsClosed,
  newKeyWasChanged,
  sentence,
  startAfterChange,
  UNENROLLED_SECTION,
} from '../shared/words/retirement';
import type {
  AdoptionFacts,
  AdoptionWhy,
  Ground,
  Objection,
  ObjectionWhy,
  UnenrolledFacts,
  UnenrolledWhy,
} from './decide';

/** What the check tells of. */
export type Told = AdoptionFacts & {
  /** Why a person has declared the emergency. */
  readonly reason?: string | undefined;
};

const nameOf = ({ oldAccessKeyId }: Pick<AdoptionFacts, 'oldAccessKeyId'>): string => oldAccessKeyId ?? '';

/** What the check says. */
export const say = (why: AdoptionWhy, facts: Told): string | Said => {
  const { userName } = facts;
  const old = nameOf(facts);
  switch (why.code) {
    case 'new-key-changed':
      return sayChanged(facts);
    case 'first-key':
      return `${userName} has no old key to retire.`;
    case 'old-key-deleted':
      return facts.course.waitsForConsumers
        ? `Somebody has deleted the old key ${old} of ${userName}.`
        : leakIsClosed({ ...facts, accessKeyId: old, became: 'is gone: somebody has deleted it' });
    case 'old-key-not-active':
      return `Somebody has set the old key ${old} of ${userName} ${why.old.status}.`;
    case 'notice':
      return sayNotice(why.earliest, facts);
    case 'leaked':
      return sayLeaked(facts, why.old.status);
    case 'paused':
      return sayPaused(facts);
    case 'not-yet':
      return `It is not confirmed yet that consumers of ${userName} have moved to the new key. ${sayObjections(why.objections, facts).join(' ')}`;
    case 'timed-out':
      return sayTimedOut(why.objections, facts);
    case 'validator-next':
      return 'Nothing else is in the way: the validator is asked.';
    case 'owner-next':
      return `${sayQuestion(why.ground, facts)} The owner is asked to agree within ${sayAnswerTime(facts.settings)}. Until then both keys stay Active.`;
    case 'window-closed':
      return `${sayGround(why.ground, facts)} The old key may be set Inactive when the window opens.`;
    case 'confirmed':
      return sayConfirmed(why.ground, facts);
  }
};

const sayChanged = (facts: Told): Said => ({
  what: [
    `The old key ${nameOf(facts)} of ${facts.userName} was not set Inactive.`,
    sentence(newKeyWasChanged(facts)),
    'Nothing was changed by this check.',
  ],
  keys: facts.keys,
  // A leaked key that is left is told of beside this.
  next: facts.course.waitsForConsumers || facts.keys.length === 0 ? startAfterChange(facts) : undefined,
  urgency: ifNothingWorks(facts),
});

/** Told ahead of a deactivation. */
const sayNotice = (earliest: Date, facts: Told): Said => {
  const { userName, secretId, newAccessKeyId, oldKeyUse, keys, settings } = facts;
  return {
    what: [
      `The old key ${nameOf(facts)} of ${userName} will be set Inactive, not before ${earliest.toISOString()}.`,
      settings.onAdoptionDeadline === 'go-on'
        ? `From ${sayDuration(settings.adoptionDeadline)} after publication on, that happens even if something still uses it.`
        : 'That happens only when nothing uses it any more.',
      `Consumers read the new key ${newAccessKeyId} in ${secretId}.`,
      sayUse(`the old key ${nameOf(facts)}`, oldKeyUse),
    ],
    keys,
    next: [
      'Until then, make every program read the secret again. Restart those that read it only when they start.',
      'If it is a bad time, pause the user: both keys stay Active.',
      setTag(secretId, PAUSE_TAG, 'not now'),
      'If a program fails after the deactivation, bring the old key back:',
      startRotation(userName, 'rollback'),
    ],
  };
};

/** An execution that began with an older definition tells a person so; any other tells when it is done. */
const sayLeaked = (facts: Told, status: string): Said => ({
  what: [
    `Emergency: the leaked key ${nameOf(facts)} of ${facts.userName} ${
      status === 'Active' ? 'is set Inactive next, without waiting for anybody' : `is ${status} already`
    }.`,
    `Last use of the leaked key, as far as IAM tells: ${describeUse(facts.oldKeyUse)}.`,
    'Programs that hold the leaked key fail from then on until they read the secret again.',
    `Consumers read ${facts.newAccessKeyId} now.`,
    'Sessions that were obtained with the leaked key live on (runbook: "End sessions already obtained with a key").',
  ],
  keys: facts.keys,
});

const sayPaused = ({ userName, paused }: Told): string =>
  `${userName} is ${paused && describePause(paused)}: both keys are kept, and the adoption deadline does not run. ` +
  'When the pause ends, the next check goes on.';

/** What consumers have not shown comes first. */
const sayObjections = (objections: readonly Objection[], facts: Told): readonly string[] =>
  (['unmoved', 'unsafe'] as const)
    .flatMap((wanted) => objections.filter(({ kind }) => kind === wanted))
    .flatMap(({ why }) => sayObjection(why, facts));

const sayObjection = (why: ObjectionWhy, facts: Told): readonly string[] => {
  const { newAccessKeyId, oldKeyUse, newKeyUse, health, settings } = facts;
  switch (why.code) {
    case 'in-overlap-period':
      return [`The overlap period of ${sayDuration(settings.overlapPeriod)} is not over.`];
    case 'in-notice':
      return [`People were told ${sayDuration(settings.noticeBefore)} ahead, and that time is not over.`];
    case 'use-of-old-key-unknown':
      return [sayUse(`the old key ${nameOf(facts)}`, undefined)];
    case 'old-key-in-use':
      return [
        sayUse(`the old key ${nameOf(facts)}`, oldKeyUse),
        'IAM names the latest use only: other programs may use that key, too.',
      ];
    case 'use-of-new-key-unknown':
      return [sayUse(`the new key ${newAccessKeyId}`, undefined)];
    case 'new-key-unused':
      return [
        `Only the test of this rotation has used the new key ${newAccessKeyId} (last use: ${describeUse(newKeyUse)}).`,
      ];
    case 'nothing-proved':
      return [
        `The new key ${newAccessKeyId} was seen in use only ${describeUses(why.uses)}.`,
        'That proves nothing about the programs: reading the secret with the key, or checking whether the key works, looks the same, and IAM names the latest use only.',
      ];
    case 'alarms-not-ok':
      return [`Not all health alarms are OK (${describeHealth(health)}).`];
    case 'validator-not-ok':
      return [
        why.verdict.kind === 'unhealthy'
          ? `The validator says that consumers are not well: ${describeVerdict(why.verdict)}.`
          : `The validator gave no verdict: ${describeVerdict(why.verdict)}.`,
      ];
  }
};

const sayTimedOut = (objections: readonly Objection[], facts: Told): Said => {
  const { userName, settings, keys } = facts;
  const isInUse = objections.some(({ why }) => why.code === 'old-key-in-use');
  return {
    what: [
      `It could not be confirmed within ${sayDuration(settings.adoptionDeadline)} that consumers of ${userName} have moved to the new key.`,
      ...sayObjections(objections, facts),
      'Nothing was changed: the old key keeps working.',
    ],
    keys,
    next: [
      // Several objections may ask for the same.
      ...new Set(objections.flatMap(({ why }) => whatToDo(why.code, facts, isInUse))),
      'Then start a new execution. It goes on with this check, after another overlap period:',
      startRotation(userName),
    ],
    urgency: ifUnwell(objections, facts),
  };
};

/** Nothing is broken by the rotation; but consumers may fail for another reason. */
const ifUnwell = (objections: readonly Objection[], { health }: Told): Urgency | undefined =>
  health.kind === 'unhealthy' ||
  objections.some(({ why }) => why.code === 'validator-not-ok' && why.verdict.kind === 'unhealthy')
    ? { urgent: false, why: 'Both keys are Active. But the consumers are not well: look at them today.' }
    : undefined;

const LOOK_FOR_USERS = 'Look again for what uses the old key:';
const UN_ENROL = 'If no program uses the user any more, un-enrol it (runbook: "Un-enrol a user").';
const READ_AGAIN = 'Make the programs read the secret again; a restart usually does it.';

/** How what stands in the way of a deactivation is removed. */
const whatToDo = (code: ObjectionWhy['code'], { oldAccessKeyId }: Told, isInUse: boolean): Advice => {
  switch (code) {
    case 'old-key-in-use':
      return oldAccessKeyId === null
        ? [READ_AGAIN]
        : [LOOK_FOR_USERS, lastUseOfKey(oldAccessKeyId), READ_AGAIN];
    case 'new-key-unused':
      return isInUse ? [READ_AGAIN] : [READ_AGAIN, UN_ENROL];
    case 'nothing-proved':
      return [
        'Let another identity than the user read the secret, so that IAM shows what the programs do.',
        'If you know that the programs use the new key, set onAdoptionDeadline to "go-on", or an acknowledgement, for the user and deploy.',
      ];
    case 'alarms-not-ok':
      return ['Find out why the health alarms are not OK, and correct that.'];
    case 'validator-not-ok':
      return ['Find out why the validator does not say yes, and correct that.'];
    default:
      return [];
  }
};

const deadlineHasPassed = (overruled: readonly Objection[], facts: Told): readonly string[] => [
  `The adoption deadline of ${sayDuration(facts.settings.adoptionDeadline)} has passed, and it is not confirmed that consumers of ${facts.userName} have moved.`,
  ...sayObjections(overruled, facts),
];

const sayAnswerTime = ({ acknowledgement }: Pick<AdoptionFacts['settings'], 'acknowledgement'>): string =>
  sayDuration(acknowledgement?.deadline ?? '');

/** What the owner is asked. */
const sayQuestion = (ground: Ground, facts: Told): string => {
  const old = nameOf(facts);
  switch (ground.code) {
    case 'moved':
      return `The old key ${old} of ${facts.userName} can be set Inactive.`;
    case 'go-on':
      return (
        `${deadlineHasPassed(ground.overruled, facts).join(' ')} onAdoptionDeadline is "go-on", so the old key ${old} is to be set ` +
        'Inactive all the same. Programs that still use it will fail.'
      );
    case 'owners-call':
      return (
        `${deadlineHasPassed(ground.overruled, facts).join(' ')} Only the owner can say whether the programs use the new key. ` +
        `If they do, the old key ${old} can be set Inactive.`
      );
  }
};

/** What the deactivation is concluded from. */
const sayGround = (ground: Ground, facts: Told): string =>
  ground.code === 'moved'
    ? `${sayUse(`the old key ${nameOf(facts)}`, facts.oldKeyUse)}${sayProof(ground, facts)}`
    : deadlineHasPassed(ground.overruled, facts).join(' ');

/** What the new key was seen in use for, and what of the old key's uses was not seen with it. */
const sayProof = ({ proof, unseen }: Extract<Ground, { code: 'moved' }>, facts: Told): string =>
  proof === undefined
    ? ''
    : ` The new key ${facts.newAccessKeyId} was used ${describeUses([proof])}.` +
      (unseen.length === 0 ? '' : ` Seen with the old key only: ${unseen.join(', ')}.`);

/** The old key is set Inactive next, and why. */
const sayConfirmed = (ground: Ground, facts: Told): string | Said => {
  switch (ground.code) {
    case 'moved':
      return `${sayGround(ground, facts)} Consumers of ${facts.userName} have moved.`;
    case 'owners-call':
      return `${sayGround(ground, facts)} The owner has agreed to set the old key Inactive.`;
    case 'go-on':
      return sayOverruled(ground.overruled, facts);
  }
};

const SET_NEXT = 'Active, and set Inactive next';

const sayOverruled = (overruled: readonly Objection[], facts: Told): Said => ({
  what: [
    `The old key ${nameOf(facts)} of ${facts.userName} is set Inactive next, because onAdoptionDeadline is "go-on".`,
    ...deadlineHasPassed(overruled, facts),
  ],
  keys: facts.keys.map(
    (key): KeyShown => (key.accessKeyId === facts.oldAccessKeyId ? { ...key, status: SET_NEXT } : key),
  ),
  next: [
    READ_AGAIN,
    'If some cannot, bring the old key back, which also stops the rotation. This takes about three minutes:',
    startRotation(facts.userName, 'rollback'),
    'If they cannot wait for that, set the old key Active first:',
    setKeyStatus(facts.userName, nameOf(facts), 'Active'),
  ],
});

/** Why the rotation does not go on. For the middle of a sentence. */
export const sayNoAcknowledgement = (
  why: NoAcknowledgement,
  settings: Pick<AdoptionFacts['settings'], 'acknowledgement'>,
): string => {
  switch (why.code) {
    case 'unanswered':
      return `nobody acknowledged the deactivation within ${sayAnswerTime(settings)}`;
    case 'not-asked':
      return `the acknowledgement could not be asked for (${why.error})`;
    case 'refused':
      return `the deactivation was refused (${why.objection === '' ? 'no reason given' : why.objection})`;
  }
};

/** The same, as a sentence. */
export const sayRollback = (reason: string): string => `The rotation does not go on, because ${reason}.`;

/** What is said of a user that is not enrolled any more. */
export const sayUnenrolled = ({ code }: UnenrolledWhy, facts: UnenrolledFacts): Said => {
  const { userName } = facts;
  const what = [
    `${userName} is not enrolled any more, so it cannot be found out whether its consumers have moved.`,
    'No key was set Inactive, and consumers can read the new one.',
  ];
  switch (code) {
    case 'waits':
      return { what };
    case 'deadline-passed':
      return {
        what: [...what, 'The adoption deadline has passed, and the rotation ends here.'],
        keys: 'Not known: keys of a user that is not enrolled may not be read.',
        next: enrolAgain(facts),
        section: UNENROLLED_SECTION,
      };
  }
};
