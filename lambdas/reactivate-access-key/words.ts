import type { RotationSettings } from '../shared/contract/enrolment';
import { type CurrentValue, currentKeyId, findKey } from '../shared/findings/situation';
import type { Rollback } from '../shared/rotation/rotation-state';
import { eventsOfKey, setKeyStatus, showAlarms, showVersion, startRotation } from '../shared/text/commands';
import { type Advice, listOf, type Said, toSaid, type Urgency } from '../shared/text/said';
import { sayDuration } from '../shared/text/times';
import { describeProblem, explainObstacle } from '../shared/words/document';
import { whatSecretHolds } from '../shared/words/retirement';
import { describeStranger } from '../shared/words/stranger';
import type { CurrentAfterRollback, LeftVersion, OldKeyFacts } from './decide';

/** What the rollback has found, and left. */
type Told = Pick<OldKeyFacts, 'oldAccessKeyId' | 'inactiveAccessKeyIdsBefore' | 'keys'> & {
  readonly userName: string;
  /** The old key was set Active by this rollback. */
  readonly reactivated: boolean;
  /** What AWSCURRENT held before this rollback. */
  readonly current: CurrentValue;
  readonly settings: Pick<RotationSettings, 'healthAlarms' | 'overlapPeriod'>;
};

/** What the person on call reads: first whether the old key works. */
export const explainRollback = (facts: Told, rollback: Rollback, current: CurrentAfterRollback): Said => {
  const { userName, keys } = facts;
  // Then nothing was set Inactive that would have to be brought back.
  const stopped = rollback.error === 'NotAcknowledged';
  const left = 'left' in current ? current.left : undefined;
  const became = stopped ? 'has stopped before the deactivation' : 'was rolled back';
  const why = `The rotation of ${userName} ${became}, because ${rollback.reason}.`;
  return {
    what: [
      ...(stopped ? [why, whatBecameOfOld(facts)] : [whatBecameOfOld(facts), why]),
      ...whereCurrentIs(current, facts),
      ...(left === undefined ? [] : describeLeft(left)),
      'The rotation is on hold: scheduled starts change nothing and only remind you.',
    ],
    title:
      rollback.error === 'ConsumersUnhealthy' && isActive(facts)
        ? 'programs failed: the old key is back'
        : undefined,
    keys,
    inSecret: keyInSecret(facts, current) ?? undefined,
    next: [...correctCurrent(current, left), ...goOn(rollback.error, facts, current)],
    urgency: urgencyOf(facts, rollback, current),
    section: left === undefined ? undefined : 'What a rollback could not carry',
  };
};

/** How the rotation goes on, by what it was rolled back for. */
const goOn = (error: Rollback['error'], facts: Told, current: CurrentAfterRollback): Advice => {
  const resume = startRotation(facts.userName, 'resume');
  const then = whatResumeDoes(facts);
  switch (error) {
    case 'NotAcknowledged':
      return [
        'Ask the owner of the programs what is missing.',
        `When the owner agrees, resume the rotation. It asks the owner again.${then}`,
        resume,
      ];
    case 'StateDrift':
      return ['Find out who changed it, and why.', `When that is clear, resume the rotation.${then}`, resume];
    default:
      return [
        ...checkRecovery(facts),
        ...findProgram(facts),
        isOldInSecret(facts, current)
          ? 'If programs go on failing, the cause is another one. Read the log of one that fails.'
          : 'If programs go on failing, the key in the secret may be the cause, or something else. Read the log of one that fails. The secret keeps the new key: how to put the old one there is in the runbook ("Bring the old key back").',
        `When the programs work again, resume the rotation. Until then both keys stay as they are.${then}`,
        resume,
      ];
  }
};

/** The key that the secret holds now. */
const keyInSecret = (facts: Told, current: CurrentAfterRollback): string | null =>
  current.kind === 'restored' ? current.accessKeyId : currentKeyId(facts.current);

const isOldInSecret = (facts: Told, current: CurrentAfterRollback): boolean =>
  isActive(facts) && keyInSecret(facts, current) === facts.oldAccessKeyId;

/** Whether the rollback has helped. */
const checkRecovery = ({ settings: { healthAlarms } }: Told): Advice => {
  return healthAlarms.length === 0
    ? ['Check that the programs work again, by what they log: no health alarm is configured.']
    : ['Check that the programs work again. These are the health alarms:', showAlarms(healthAlarms)];
};

/** Whoever still needs the old key. */
const findProgram = ({ oldAccessKeyId }: Told): Advice =>
  oldAccessKeyId === null
    ? []
    : [
        'Find out which program still needs the old key. This shows what is called with it; events appear some minutes late:',
        eventsOfKey(oldAccessKeyId),
        'Make that program read the secret again.',
      ];

/** The start finds the new key published, or makes another one, and the overlap period begins anew. */
const whatResumeDoes = (facts: Told): string =>
  isActive(facts)
    ? ` The old key is set Inactive after that, in ${sayDuration(facts.settings.overlapPeriod)} at the earliest, when all checks pass. This resumes it:`
    : ' This does it:';

/** What a person has to put right in the secret first. */
const correctCurrent = (current: CurrentAfterRollback, left: LeftVersion | undefined): Advice => {
  if (left !== undefined) {
    return [
      'First look at the version that was left. This prints key material:',
      showVersion(left.secretId, left.versionId),
      'Write what is missing into AWSCURRENT. Keep the key that is in AWSCURRENT now.',
    ];
  }
  switch (current.kind) {
    case 'no-version':
      return ['Set the new key Active again, or put a working key into AWSCURRENT by hand, now.'];
    case 'strange':
      return ['If programs should read another key, put it into AWSCURRENT now, by hand.'];
    default:
      return [];
  }
};

const isActive = ({ keys, oldAccessKeyId }: Told): boolean =>
  findKey(keys, oldAccessKeyId)?.status === 'Active';

/** Undefined: as it is for the error, or for a rollback that was asked for. */
const urgencyOf = (facts: Told, { error }: Rollback, current: CurrentAfterRollback): Urgency | undefined => {
  const urgent = (why: string): Urgency => ({ urgent: true, why });
  if (current.kind === 'no-version')
    return urgent('Programs that read the secret now get no key that works.');
  if (current.kind === 'strange') return urgent("Programs that read the secret now get somebody else's key.");
  if (current.left !== undefined) {
    return urgent(
      'Programs that need what is missing in AWSCURRENT may fail, and that version is not kept for ever.',
    );
  }
  if (error === 'NotAcknowledged') return undefined;
  if (!isActive(facts))
    return urgent('Programs that still hold the old key fail: it could not be brought back.');
  if (error === 'ConsumersUnhealthy') {
    return urgent('Programs were failing; the old key is Active again. Check that they recover.');
  }
  return error === null
    ? { urgent: false, why: `${whoIsActive(facts)} Check that what failed works again.` }
    : undefined;
};

/** Which keys work: the old one does. */
const whoIsActive = ({ keys }: Told): string =>
  keys.filter(({ status }) => status === 'Active').length === 2
    ? 'Both keys are Active.'
    : 'The old key is Active, and no other.';

const whyLeft = ({ secretId, why }: LeftVersion): string => {
  switch (why.kind) {
    case 'unreadable':
      return `it cannot be understood: ${describeProblem(why.problem)}.`;
    case 'no-key':
      return 'it holds no key.';
    case 'obstacle':
      return `with another key it would not be right. ${listOf(explainObstacle(why.obstacle, secretId).what).join(' ')}`;
    case 'not-stored':
      return 'Secrets Manager did not store it with the key.';
  }
};

/** What was left behind, where it is, and until when. */
const describeLeft = (left: LeftVersion): readonly string[] => [
  'WHAT WAS WRITTEN INTO THE SECRET LAST IS NOT IN AWSCURRENT: its other fields are as they were before.',
  `It is in version ${left.versionId} of ${left.secretId}, which could not take the key, because ${whyLeft(left)}`,
  'That version is AWSPREVIOUS until AWSCURRENT moves again, as with the next publication and with every edit.',
];

const whereCurrentIs = (
  current: CurrentAfterRollback,
  { userName, current: before }: Told,
): readonly string[] => {
  switch (current.kind) {
    case 'kept':
      return [whatSecretHolds(before)];
    case 'restored':
      return [`The secret holds ${current.accessKeyId} again, because the key that it held does not work.`];
    case 'no-version':
      return ['The secret holds no key that works, and no version of it has one.'];
    case 'strange':
      return [describeStranger(current.stranger, userName), 'It was left there.'];
  }
};

const whatBecameOfOld = (facts: Told): string => {
  const { userName, oldAccessKeyId, inactiveAccessKeyIdsBefore, keys, reactivated } = facts;
  const old = findKey(keys, oldAccessKeyId);
  if (old === undefined) {
    return `There is no old key of ${userName} to bring back: somebody else has deleted it.`;
  }
  const name = `The old key ${old.accessKeyId} of ${userName}`;
  if (old.status === 'Active') return `${name} is Active${reactivated ? ' again' : ''}.`;
  return inactiveAccessKeyIdsBefore.includes(old.accessKeyId)
    ? `${name} stays ${old.status}: it was so before the rotation began, and somebody had a reason for that.`
    : `${name} stays ${old.status}: somebody else has set it so.`;
};

/** What the person on call reads when the rollback itself did not get through: this may be an outage. */
export const explainFailedRollback = (
  state: {
    readonly userName: string;
    readonly rotation: { readonly oldAccessKeyId: string | null };
    readonly rollback: Rollback;
  },
  problem: string | Said,
): Said => {
  const { userName, rotation, rollback } = state;
  const { what, keys, next = [] } = toSaid(problem);
  const old = rotation.oldAccessKeyId;
  return {
    what: [
      old === null
        ? `THE ROLLBACK DID NOT GET THROUGH for ${userName}.`
        : `THE ROLLBACK DID NOT GET THROUGH: the old key ${old} of ${userName} may still be Inactive.`,
      `The rotation had to be rolled back, because ${rollback.reason}.`,
      'What stood in the way:',
      ...listOf(what),
    ],
    keys,
    next: [
      ...(old === null
        ? ['Roll back again now:']
        : [
            'Bring the old key back now:',
            setKeyStatus(userName, old, 'Active'),
            'Then roll back again, which also puts the rotation on hold:',
          ]),
      startRotation(userName, 'rollback'),
      ...next,
    ],
    urgency: {
      urgent: true,
      why:
        old === null
          ? 'This may be an outage: the secret may hold no key that works.'
          : 'This may be an outage: programs that hold the old key fail until it is Active again.',
    },
    section: 'ConsumersUnhealthy',
  };
};
