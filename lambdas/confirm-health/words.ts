import { VERDICT_GRACE } from '../shared/contract/timing';
import { findKey } from '../shared/findings/situation';
import { startRotation } from '../shared/text/commands';
import type { Advice, Said } from '../shared/text/said';
import { sayDuration } from '../shared/text/times';
import { describeHealth, describeVerdict } from '../shared/words/health';
import { describePause } from '../shared/words/pause';
import {
  closeLeak,
  enrolAgain,
  ifNothingWorks,
  type Named,
  newKeyWasChanged,
  rollBack,
  startAfterChange,
  UNENROLLED_SECTION,
} from '../shared/words/retirement';
import type { HealthFacts, HealthWhy, UnenrolledFacts, UnenrolledWhy } from './decide';

/** What the check tells of. */
export type Told = HealthFacts & Named;

const oldKeyOf = ({ oldAccessKeyId, userName }: Pick<Told, 'oldAccessKeyId' | 'userName'>): string =>
  `the old key ${oldAccessKeyId ?? ''} of ${userName}`;

/** What alarms and validator say together. */
const saySigns = ({ health, verdict, userName }: Told): string => {
  const alarms = describeHealth(health);
  // A rollback is not said so: then the key has leaked, and does not come back.
  if (health.kind === 'unhealthy') return `Consumers of ${userName} are not well (${alarms}).`;
  const unknown = [
    ...(health.kind === 'healthy' ? [] : [`health alarms: ${alarms}`]),
    ...(verdict?.kind === 'unknown' ? [`the validator gave no verdict: ${describeVerdict(verdict)}`] : []),
  ];
  if (unknown.length > 0) {
    return `It is not known whether consumers of ${userName} are well (${unknown.join('; ')}).`;
  }
  const said = verdict === undefined ? '' : `; the validator says: ${describeVerdict(verdict)}`;
  return `Nothing is known to be wrong with consumers of ${userName} (health alarms: ${alarms}${said}).`;
};

/** Why the old key is brought back: a clause, which stays in the state as it is. */
export const sayCause = (why: HealthWhy, facts: Told): string => {
  switch (why.code) {
    case 'old-key-active-again':
      return `somebody has set ${oldKeyOf(facts)} Active again`;
    case 'new-key-changed':
      return `${newKeyWasChanged(facts)}, while the old key was Inactive`;
    case 'validator-unhealthy':
      return `the validator says that consumers are not well: ${describeVerdict(why.verdict)}`;
    default:
      return `health alarms are ${describeHealth(facts.health)}`;
  }
};

/** What the check says. */
export const say = (why: HealthWhy, facts: Told): string | Said => {
  const { settings, userName } = facts;
  const paused = facts.paused && describePause(facts.paused);
  switch (why.code) {
    case 'no-old-key':
      return `There is no old key of ${userName} any more that could be brought back.`;
    case 'paused-without-old-key':
      return `There is no old key any more. ${userName} is ${paused}, so nothing is finished.`;
    case 'paused':
      return `${userName} is ${paused}: the old key is kept, and the checks go on. ${saySigns(facts)}`;
    case 'old-key-active-again':
    case 'new-key-changed':
    case 'alarms-unhealthy':
    case 'validator-unhealthy':
      return `The rotation of ${userName} is rolled back: ${sayCause(why, facts)}.`;
    case 'emergency-changed':
      return sayEmergencyChanged(facts);
    case 'validator-next':
      return 'The health alarms say nothing against it: the validator is asked.';
    case 'in-recovery-period':
      return saySigns(facts);
    case 'verdict-overdue':
      return `The recovery period is over. ${saySigns(facts)} The old key is kept until the alarms and the validator answer.`;
    case 'recovered':
      return `${saySigns(facts)} The old key has been Inactive for ${sayDuration(settings.recoveryPeriod)}, and is deleted next.`;
    case 'never-certain':
      return sayNeverCertain(facts);
  }
};

const sayEmergencyChanged = (facts: Told): Said => {
  const { oldAccessKeyId, userName, keys } = facts;
  const old = findKey(keys, oldAccessKeyId);
  if (old?.status === 'Active') {
    return {
      what: [
        `Somebody has set the leaked key ${old.accessKeyId} of ${userName} Active again.`,
        'Nothing was changed by this check.',
      ],
      keys,
      ...closeLeak(facts, old.accessKeyId),
    };
  }
  return {
    what: [
      `The emergency of ${userName} cannot go on: ${newKeyWasChanged(facts)}.`,
      'Nothing was changed by this check, and the leaked key is not Active.',
    ],
    keys,
    urgency: ifNothingWorks(facts),
    next: startAfterChange(facts),
  };
};

const ifConsumersFail = (facts: Told): Advice => (facts.course.mayRollBack ? rollBack(facts) : []);

const sayNeverCertain = (facts: Told): Said => ({
  what: [
    saySigns(facts),
    `The recovery period is over, and ${oldKeyOf(facts)} was not deleted. It stays Inactive${
      facts.course.mayRollBack ? '' : ', because it has leaked'
    }.`,
    'Nothing was changed by this check.',
  ],
  keys: facts.keys,
  next: [
    ...(facts.course.mayRollBack ? [] : ['Make the programs that fail read the secret again.']),
    ...ifConsumersFail(facts),
    'Make the health alarms, or the validator, say that consumers are well.',
    `Then start a new execution. It watches for the recovery period of ${sayDuration(facts.settings.recoveryPeriod)} again, and then deletes the key:`,
    startRotation(facts.userName),
  ],
});

/** What keeps any check from saying how consumers are, until a person changes it. */
export const sayNoVerdict = (facts: Told): Said => ({
  what: [
    saySigns(facts),
    'No check will find that out before a person has corrected the cause. The checks go on.',
    `Meanwhile, ${oldKeyOf(facts)} is Inactive and is not deleted.`,
    `If nothing is corrected, the rotation ends ${sayDuration(VERDICT_GRACE)} after the recovery period of ${sayDuration(facts.settings.recoveryPeriod)}, without a deletion.`,
  ],
  keys: facts.keys,
  next: [
    'Create the alarms, or the validator, that the configuration names. Or name others there, and deploy.',
    ...ifConsumersFail(facts),
  ],
});

/** What is said of a user that is not enrolled any more. */
export const sayUnenrolled = (why: UnenrolledWhy, facts: UnenrolledFacts): Said => {
  const { userName } = facts;
  const what = [
    `${userName} is not enrolled any more, so it cannot be found out whether its consumers are well.`,
    'The old key was not deleted.',
  ];
  const keys =
    'The old key was set Inactive by this rotation. Keys of a user that is not enrolled may not be read.';
  switch (why.code) {
    case 'watch-goes-on':
      return {
        what: [...what, `The checks go on until ${why.watchEnds.toISOString()}.`],
        keys,
        next: [
          'If the rotation is to go on, enrol the user again and deploy. The next check finds it.',
          'If not, take care of the keys and of the lock as the runbook says.',
        ],
        section: UNENROLLED_SECTION,
      };
    case 'watch-is-over':
      return {
        what: [...what, 'The recovery period is over, and the rotation ends here.'],
        keys,
        next: enrolAgain(facts),
        section: UNENROLLED_SECTION,
      };
  }
};
