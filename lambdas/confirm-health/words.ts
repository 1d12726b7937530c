import { VERDICT_GRACE } from '../shared/contract/timing';
import type { Health } from '../shared/findings/health';
import { findKey } from '../shared/findings/situation';
import { setKeyStatus, startRotation } from '../shared/text/commands';
import type { Advice, Said, Urgency } from '../shared/text/said';
import { sayDuration } from '../shared/text/times';
import { describeHealth, describeVerdict } from '../shared/words/health';
import { describePause } from '../shared/words/pause';
import {
  closeLeak,
  enrolAgain,
  ifNothingWorks,
  keysAndCurrent,
  type Named,
  newKeyWasChanged,
  rollBack,
  sentence,
  startAfterChange,
  UNENROLLED_SECTION,
} from '../shared/words/retirement';
import type { HealthFacts, HealthWhy, UnenrolledFacts, UnenrolledWhy } from './decide';

/** What the check tells of. */
export type Told = HealthFacts & Named;

/** The same of a user that is not enrolled any more. */
export type Unenrolled = UnenrolledFacts & Pick<HealthFacts, 'oldAccessKeyId' | 'course'>;

const oldKeyOf = ({ oldAccessKeyId, userName, course }: Omit<Unenrolled, keyof UnenrolledFacts> & Named) =>
  `the ${course.mayRollBack ? 'old' : 'leaked'} key ${oldAccessKeyId ?? ''} of ${userName}`;

const sayAlarms = (health: Health): string => {
  const alarms = describeHealth(health);
  switch (health.kind) {
    case 'healthy':
      return health.alarms.length === 0 ? sentence(alarms) : `Health alarms are ${alarms}.`;
    case 'unhealthy':
      return `Health alarms are ${alarms}.`;
    case 'unknown':
      return `Health alarms: ${alarms}.`;
  }
};

/** What alarms and validator say together. */
const saySigns = ({ health, verdict, userName }: Told): readonly string[] => {
  // Where the old key may come back, these lead to a rollback instead.
  if (health.kind === 'unhealthy') {
    return [
      `Programs of ${userName} are not well.`,
      sayAlarms(health),
      'The old key has leaked, so it is not brought back.',
    ];
  }
  const validator = verdict && describeVerdict(verdict);
  return health.kind === 'unknown' || verdict?.kind === 'unknown'
    ? [
        `It is not known whether programs of ${userName} work.`,
        ...(health.kind === 'unknown' ? [sayAlarms(health)] : []),
        ...(verdict?.kind === 'unknown' ? [`The validator gave no verdict: ${validator}.`] : []),
      ]
    : [
        `Nothing is known to be wrong with programs of ${userName}.`,
        sayAlarms(health),
        ...(verdict === undefined ? [] : [`The validator says: ${validator}.`]),
      ];
};

/** Why the old key is brought back: a clause, which stays in the state as it is. */
export const sayCause = (why: HealthWhy, facts: Told): string => {
  switch (why.code) {
    case 'old-key-active-again':
      return `somebody has set ${oldKeyOf(facts)} Active again`;
    case 'new-key-changed':
      return `${newKeyWasChanged(facts)}, while the old key was Inactive`;
    case 'validator-unhealthy':
      return `the validator says that programs are not well: ${describeVerdict(why.verdict)}`;
    default:
      return `health alarms are ${describeHealth(facts.health)}`;
  }
};

/** What the check says. */
export const say = (why: HealthWhy, facts: Told): string | Said => {
  const { settings, userName } = facts;
  const signs = saySigns(facts).join(' ');
  const paused = facts.paused && describePause(facts.paused);
  switch (why.code) {
    case 'no-old-key':
      return `There is no old key of ${userName} any more that could be brought back.`;
    case 'paused-without-old-key':
      return `There is no old key any more. ${userName} is ${paused}, so nothing is finished.`;
    case 'paused':
      return `${userName} is ${paused}: the old key is kept, and the checks go on. ${signs}`;
    case 'old-key-active-again':
    case 'new-key-changed':
    case 'alarms-unhealthy':
    case 'validator-unhealthy':
      return `The rotation of ${userName} is rolled back, because ${sayCause(why, facts)}.`;
    case 'emergency-changed':
      return sayEmergencyChanged(facts);
    case 'validator-next':
      return 'The health alarms say nothing against it: the validator is asked.';
    case 'in-recovery-period':
      return signs;
    case 'verdict-overdue':
      return `The recovery period is over. ${signs} The old key is kept until the alarms and the validator answer.`;
    case 'recovered':
      return `${signs} The old key has been Inactive for ${sayDuration(settings.recoveryPeriod)}, and is deleted next.`;
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
      ...keysAndCurrent(facts),
      ...closeLeak(facts, old.accessKeyId),
    };
  }
  return {
    what: [
      `The emergency of ${userName} cannot go on.`,
      sentence(newKeyWasChanged(facts)),
      'Nothing was changed by this check, and the leaked key is not Active.',
    ],
    ...keysAndCurrent(facts),
    urgency: ifNothingWorks(facts),
    next: startAfterChange(facts),
  };
};

const ifConsumersFail = (facts: Told): Advice =>
  facts.course.mayRollBack ? rollBack(facts) : ['Make programs that fail read the secret again.'];

const NOT_NOTICED: Urgency = { urgent: false, why: 'Today: if programs fail, nobody notices.' };

const sayNeverCertain = (facts: Told): Said => {
  const recovery = sayDuration(facts.settings.recoveryPeriod);
  const isSilent = facts.health.kind === 'unknown' || facts.verdict?.kind === 'unknown';
  return {
    title: isSilent ? 'unknown whether programs work' : undefined,
    what: [
      ...saySigns(facts),
      `The recovery period is over, and ${oldKeyOf(facts)} was not deleted. It stays Inactive.`,
      'Nothing was changed by this check.',
    ],
    ...keysAndCurrent(facts),
    next: [
      ...ifConsumersFail(facts),
      ...(isSilent ? ['Repair the health alarms, or the validator, that give no verdict.'] : []),
      `When the programs work, start a new execution. It watches them for ${recovery} again, and then deletes the key:`,
      startRotation(facts.userName),
    ],
  };
};

/** What keeps any check from saying how consumers are, until a person changes it. */
export const sayNoVerdict = (facts: Told): Said => {
  const recovery = sayDuration(facts.settings.recoveryPeriod);
  return {
    what: [
      ...saySigns(facts),
      'No check will find that out before a person has corrected the cause. The checks go on.',
      `Meanwhile, ${oldKeyOf(facts)} is Inactive and is not deleted.`,
      facts.paused === undefined
        ? `If nothing is corrected, the rotation ends ${sayDuration(VERDICT_GRACE)} after the recovery period of ${recovery}, without a deletion.`
        : `${facts.userName} is ${describePause(facts.paused)}, so the rotation does not end meanwhile.`,
    ],
    ...keysAndCurrent(facts),
    next: [
      'Repair the health alarms, or the validator, that give no verdict. Or name others in the configuration, and deploy.',
      ...ifConsumersFail(facts),
    ],
    urgency: facts.course.mayRollBack ? undefined : NOT_NOTICED,
  };
};

const takeOver = (facts: Unenrolled): Advice => {
  const { course, oldAccessKeyId, userName } = facts;
  // A leaked key does not come back.
  const mayComeBack = course.mayRollBack && oldAccessKeyId !== null;
  return [
    ...(mayComeBack
      ? [
          'If programs fail without the old key, set it Active by hand:',
          setKeyStatus(userName, oldAccessKeyId, 'Active'),
        ]
      : []),
    ...enrolAgain(facts),
  ];
};

/** What is said of a user that is not enrolled any more. */
export const sayUnenrolled = (why: UnenrolledWhy, facts: Unenrolled): Said => ({
  what: [
    `${facts.userName} is not enrolled any more, so it cannot be found out whether its programs work.`,
    `This rotation has set ${oldKeyOf(facts)} Inactive, and has not deleted it.`,
    why.code === 'watch-goes-on'
      ? `The checks go on until ${why.watchEnds.toISOString()}. If the user is enrolled again before that, the next one finds it.`
      : 'The recovery period is over, and the rotation ends here.',
  ],
  keys: 'Not known: keys of a user that is not enrolled may not be read.',
  next: takeOver(facts),
  urgency: NOT_NOTICED,
  section: UNENROLLED_SECTION,
});
