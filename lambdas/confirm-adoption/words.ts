import type { LastUse } from '../shared/gateways/iam-gateway';
import type { NoAcknowledgement } from '../shared/rotation/acknowledgement';
import { eventsOfKey, lastUseOfKey, setKeyStatus, startRotation } from '../shared/text/commands';
import type { Advice, KeyShown, Said, Urgency } from '../shared/text/said';
import { sayDuration } from '../shared/text/times';
import { describeHealth, describeVerdict } from '../shared/words/health';
import { describeUse, describeUses, sayUse } from '../shared/words/last-use';
import { describePause, pauseAdvice } from '../shared/words/pause';
import {
  enrolAgain,
  ifNothingWorks,
  keysAndCurrent,
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
  /** When this was read. */
  readonly now: Date;
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
        : leakIsClosed({
            ...facts,
            accessKeyId: old,
            became: 'is gone: somebody has deleted it',
            recoveryPeriod: undefined,
          });
    case 'old-key-not-active':
      return `Somebody has set the old key ${old} of ${userName} ${why.old.status}.`;
    case 'notice':
      return sayNotice(why.earliest, facts);
    case 'leaked':
      return sayLeaked(facts, why.old.status);
    case 'paused':
      return sayPaused(facts);
    case 'not-yet':
      return `It is not confirmed yet that programs of ${userName} have moved to the new key. ${sayObjections(why.objections, facts).join(' ')}`;
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
  ...keysAndCurrent(facts),
  // A leaked key that is left is told of beside this.
  next: facts.course.waitsForConsumers || facts.keys.length === 0 ? startAfterChange(facts) : undefined,
  urgency: ifNothingWorks(facts),
});

/** When the new key came into the secret. A successor knows when it was found there. */
const sayPublished = ({ newAccessKeyId, secretId, publishedAt, testedAt }: Told): string =>
  `The secret ${secretId} has held the new key ${newAccessKeyId} since ${publishedAt.toISOString()}${testedAt === undefined ? ' or earlier' : ''}.`;

const isUsedSince = ({ oldKeyUse, publishedAt }: Told): boolean =>
  oldKeyUse?.date !== undefined && oldKeyUse.date > publishedAt;

/** What the last use of the old key says of the programs. */
const judgeOldKey = (facts: Told): string => {
  if (facts.oldKeyUse === undefined) return 'It is not known whether the old key is still in use.';
  return isUsedSince(facts)
    ? 'The old key was used AFTER the new one was published: by a program that read the secret later, or still has to.'
    : 'The old key has not been used since the new one was published, according to IAM, which may be late.';
};

/** A use before the publication was the test of the rotation: nobody else had the key. */
const sayNewKeyUse = ({ newKeyUse, publishedAt }: Told): readonly string[] => {
  if (newKeyUse === undefined) return [];
  return newKeyUse.date !== undefined && newKeyUse.date > publishedAt
    ? [sayUse('the new key', newKeyUse)]
    : ['No program has been seen using the new key: only the test of this rotation has used it.'];
};

/** Told ahead of a deactivation. */
const sayNotice = (earliest: Date, facts: Told): Said => {
  const { userName, secretId, oldAccessKeyId, oldKeyUse, settings } = facts;
  return {
    what: [
      `The old key ${nameOf(facts)} of ${userName} is to be set Inactive, not before ${earliest.toISOString()}.`,
      judgeOldKey(facts),
      ...(oldKeyUse === undefined ? [] : [sayUse('it', oldKeyUse)]),
      settings.onAdoptionDeadline === 'go-on'
        ? `From ${sayDuration(settings.adoptionDeadline)} after publication on, it is set Inactive even if something still uses it.`
        : `It is set Inactive only when IAM has shown no use of it for ${sayDuration(settings.quietPeriod)}; until then it stays Active, and if that has not come about ${sayDuration(settings.adoptionDeadline)} after publication, you are told. Jobs that run rarely do not show: think of them.`,
      sayPublished(facts),
      ...sayNewKeyUse(facts),
    ],
    ...keysAndCurrent(facts),
    next: [
      `Before ${earliest.toISOString()}: make every program read the secret again, and restart those that read it only when they start. It need not be tonight.`,
      ...(oldAccessKeyId === null || !isUsedSince(facts)
        ? []
        : [LOOK_FOR_USERS, eventsOfKey(oldAccessKeyId, regionOf(oldKeyUse))]),
      ...pauseAdvice(secretId, 'both keys stay Active'),
      'Only if a program fails after the old key was set Inactive: set it Active again. This takes seconds, or up to three minutes if a step was at work a moment ago:',
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
    `Last use of the leaked key, according to IAM, which may be late: ${describeUse(facts.oldKeyUse)}.`,
    'Programs that hold the leaked key fail from then on until they read the secret again.',
    `The secret holds ${facts.newAccessKeyId}.`,
    'Sessions obtained with the leaked key may still work (runbook: "End sessions already obtained with a key").',
  ],
  ...keysAndCurrent(facts),
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
      return newKeyUse?.date === undefined
        ? [sayUse(`the new key ${newAccessKeyId}`, newKeyUse)]
        : [
            `Only the test of this rotation has used the new key ${newAccessKeyId} (last use: ${describeUse(newKeyUse)}).`,
          ];
    case 'nothing-proved':
      return [
        `The new key ${newAccessKeyId} was seen in use only ${describeUses(why.uses)}.`,
        'That is how a program reads the secret, or checks the key. It does not show that programs work with it.',
      ];
    case 'alarms-not-ok':
      return [`Not all health alarms are OK (${describeHealth(health)}).`];
    case 'validator-not-ok':
      return [
        why.verdict.kind === 'unhealthy'
          ? `The validator says that programs are not well: ${describeVerdict(why.verdict)}.`
          : `The validator gave no verdict: ${describeVerdict(why.verdict)}.`,
      ];
  }
};

/** What the deadline has passed for: the first line of the message, and its title. */
const whyTimedOut = (
  objections: readonly Objection[],
  facts: Told,
): { readonly title: string; readonly first: string } => {
  const { userName, newAccessKeyId, settings } = facts;
  const late = `${sayDuration(settings.adoptionDeadline)} after the new one was published`;
  if (objections.some(({ why }) => why.code === 'old-key-in-use')) {
    return {
      title: 'a program still uses the old key',
      first: `A program still uses the old key ${nameOf(facts)} of ${userName}, ${late}.`,
    };
  }
  return objections.some(({ kind }) => kind === 'unmoved')
    ? {
        title: 'unknown whether programs use the new key',
        first: `It is not known whether programs use the new key ${newAccessKeyId} of ${userName}, ${sayDuration(settings.adoptionDeadline)} after it was published.`,
      }
    : {
        title: 'the old key cannot be set Inactive yet',
        first: `The old key ${nameOf(facts)} of ${userName} cannot be set Inactive yet, ${late}.`,
      };
};

/** Objections that say themselves when the old key was last used, or that nobody knows. */
const SAYS_USE: readonly ObjectionWhy['code'][] = ['old-key-in-use', 'use-of-old-key-unknown'];

const sayTimedOut = (objections: readonly Objection[], facts: Told): Said => {
  const { userName, settings, oldKeyUse } = facts;
  const { title, first } = whyTimedOut(objections, facts);
  const isInUse = objections.some(({ why }) => why.code === 'old-key-in-use');
  return {
    title,
    what: [
      first,
      ...(objections.some(({ why }) => SAYS_USE.includes(why.code))
        ? []
        : [sayUse(`the old key ${nameOf(facts)}`, oldKeyUse)]),
      ...sayObjections(objections, facts),
      'Nothing was changed: the old key keeps working.',
    ],
    ...keysAndCurrent(facts),
    next: [
      // Several objections may ask for the same.
      ...new Set(objections.flatMap(({ why }) => whatToDo(why.code, facts, isInUse))),
      `Then start a new execution. It checks again after ${sayDuration(settings.overlapPeriod)}:`,
      startRotation(userName),
    ],
    urgency: ifNobodyActs(objections, facts),
  };
};

/** Both keys are Active. The schedule's next start finds an unfinished rotation, and goes on with it. */
const UNLESS_SOMEBODY_ACTS =
  'If nobody does anything, they stay so, and this message comes again some days after the next scheduled start.';

/** Nothing is broken by the rotation; but programs may fail for another reason. */
const ifNobodyActs = (objections: readonly Objection[], { health }: Told): Urgency => {
  const isUnwell =
    health.kind === 'unhealthy' ||
    objections.some(({ why }) => why.code === 'validator-not-ok' && why.verdict.kind === 'unhealthy');
  return {
    urgent: false,
    why: isUnwell
      ? `Both keys are Active. But programs are not well: look at them today. ${UNLESS_SOMEBODY_ACTS}`
      : `Both keys are Active, so nothing is broken. ${UNLESS_SOMEBODY_ACTS}`,
  };
};

const LOOK_FOR_USERS =
  'Find the program. This shows what was called with the old key, by which program (userAgent) and from which address:';

/** IAM names a Region with a use, or says that it knows none. CloudTrail has the events of a Region in that Region. */
const regionOf = (use: LastUse | undefined): string | undefined =>
  use?.region !== undefined && /^[a-z]+(-[a-z]+)+-[0-9]+$/.test(use.region) ? use.region : undefined;

const UN_ENROL = 'If no program uses the user any more, un-enrol it (runbook: "Un-enrol a user").';
const READ_AGAIN = 'Make the programs read the secret again; a restart usually does it.';

/** How what stands in the way of a deactivation is removed. */
const whatToDo = (code: ObjectionWhy['code'], facts: Told, isInUse: boolean): Advice => {
  const { userName, oldAccessKeyId, oldKeyUse } = facts;
  switch (code) {
    case 'old-key-in-use':
      return oldAccessKeyId === null
        ? [READ_AGAIN]
        : [LOOK_FOR_USERS, eventsOfKey(oldAccessKeyId, regionOf(oldKeyUse)), READ_AGAIN];
    case 'new-key-unused':
      return isInUse ? [READ_AGAIN] : [READ_AGAIN, UN_ENROL];
    case 'nothing-proved':
      return [
        'Find out whether the programs use the new key: restart one, wait an hour, and look at the last use of the new key. A service other than secretsmanager and sts, after the restart, is the proof:',
        lastUseOfKey(facts.newAccessKeyId),
        `Not at night, and only if you are sure that they do: in rotation.config.json, add "onAdoptionDeadline": "go-on" to the entry of ${userName} in "users", and run npx cdk deploy --all. From then on, in every rotation, the old key is set Inactive after the deadline even if a program uses it.`,
        'Better, for good: let another identity than the user read the secret, so that IAM shows what the programs do.',
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
  `The adoption deadline of ${sayDuration(facts.settings.adoptionDeadline)} has passed, and it is not confirmed that programs of ${facts.userName} have moved to the new key.`,
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
      return `${sayGround(ground, facts)} Programs of ${facts.userName} have moved to the new key.`;
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
  inSecret: facts.newAccessKeyId,
  keys: facts.keys.map(
    (key): KeyShown => (key.accessKeyId === facts.oldAccessKeyId ? { ...key, status: SET_NEXT } : key),
  ),
  next: [
    READ_AGAIN,
    'If some cannot, bring the old key back, which also stops the rotation. This takes seconds, or up to three minutes if a step was at work a moment ago:',
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
    `${userName} is not enrolled any more, so it cannot be found out whether its programs have moved to the new key.`,
    'No key was set Inactive, and programs can read the new one.',
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
