import type { DeactivationWindow, EnrolledUser } from '../../shared/contract/enrolment';
import { OWNERSHIP_TAG } from '../../shared/contract/names';
import { DRAIN_SECONDS } from '../../shared/contract/timing';
import type { Health } from '../../shared/findings/health';
import type { FunctionReading } from '../../shared/gateways/function-gateway';
import { milliseconds } from '../../shared/rotation/calendar';
import { someOf } from '../../shared/text/bounded';
import * as commands from '../../shared/text/commands';
import { type Advice, listOf, type Said } from '../../shared/text/said';
import { sayDuration } from '../../shared/text/times';
import { describeHealth } from '../../shared/words/health';
import { describeUse } from '../../shared/words/last-use';
import type { Plan, PlanFacts, Start } from '../decide';
import type { OldKeyFate, Outlook, Preview } from '../preview';
import { explain, explainRefusal, say } from '../words';
import type { Explained } from './advice';

/** What a plan that is only shown says: the verdict, the keys, what would happen when, and what is watched. */
export const sayPreview = (seen: Preview, facts: PlanFacts, outlook: Outlook): Said => {
  const { what, next } = describe(seen, facts, outlook);
  return { timeZone: facts.enrolled.timeZone, what: [ONLY_A_PLAN, ...what], next };
};

const ONLY_A_PLAN = 'This is only a plan: nothing was changed.';

const describe = (seen: Preview, facts: PlanFacts, outlook: Outlook): Explained => {
  const keys = describeKeys(facts, outlook);
  if (seen.kind === 'starts') {
    const bySchedule = describeSchedule(seen.bySchedule, facts);
    return {
      what: [
        `A rotation of ${facts.input.userName} would start if a person started it now.`,
        ...listOf(say(seen.plan, facts).what),
        ...describeObstructions(facts, outlook.health),
        ...bySchedule.what,
        ...keys,
        ...describeCourse(seen, facts, outlook),
        ...describeWatch(facts, outlook.health),
      ],
      next: bySchedule.next,
    };
  }
  const { what, next } = explainObstruction(seen.plan, facts);
  if (seen.unpaused === undefined) return { what: [...what, ...keys], next };
  // A pause must not hide what is in the way, or what the first rotation after it does.
  const unpaused = describe(seen.unpaused, facts, outlook);
  return {
    what: [...what, 'The rest is what would happen without the pause.', ...unpaused.what],
    next: [...next, ...unpaused.next],
  };
};

/** Why nothing would start. */
const explainObstruction = (plan: Exclude<Plan, Start>, facts: PlanFacts): Explained => {
  const { userName } = facts.input;
  const { what, next = [] } = plan.kind === 'refuse' ? explainRefusal(plan, facts) : explain(plan.why, facts);
  const verdict =
    plan.kind === 'refuse'
      ? `A rotation of ${userName} would not start: it would end in ${plan.error}.`
      : `A rotation of ${userName} would not start.`;
  return { what: [verdict, ...listOf(what)], next };
};

const describeSchedule = (plan: Plan, facts: PlanFacts): Explained => {
  switch (plan.kind) {
    case 'refuse': {
      const { what, next = [] } = explainRefusal(plan, facts);
      return {
        what: [`The schedule would not start it now, but end in ${plan.error}.`, ...listOf(what)],
        next,
      };
    }
    case 'notice':
      return {
        what: [
          `The schedule would tell people now, and start it ${sayDuration(facts.enrolled.noticeBefore)} later, on ${plan.until.toISOString()}, ` +
            'unless an execution has told them already and waits.',
        ],
        next: startNow(facts),
      };
    case 'nothing-to-do':
    case 'on-hold':
      return {
        what: [
          'The schedule would not start it now.',
          ...listOf(explain(plan.why, facts).what),
          ...(plan.kind === 'nothing-to-do' ? sayNoticeAhead(facts) : []),
        ],
        next: startNow(facts),
      };
    default:
      return { what: ['The schedule would start it now, too.'], next: startNow(facts) };
  }
};

/** That people are told before. */
const sayNoticeAhead = ({ enrolled: { noticeBefore } }: PlanFacts): readonly string[] =>
  milliseconds(noticeBefore) === 0 ? [] : [`People are told ${sayDuration(noticeBefore)} before it begins.`];

const startNow = ({ input }: PlanFacts): Advice => [
  'This starts it now:',
  commands.startRotation(input.userName),
];

const describeKeys = ({ keys, input }: PlanFacts, { uses }: Outlook): readonly string[] =>
  keys.length === 0
    ? [`${input.userName} has no access key.`]
    : keys.map(
        ({ accessKeyId, status, createDate }) =>
          `${accessKeyId} is ${status}, was created on ${createDate.toISOString()}, and was last used: ` +
          `${describeUse(uses.get(accessKeyId))}.`,
      );

/** What would keep the old key Active at present. */
const describeObstructions = ({ enrolled, secret }: PlanFacts, health: Health): readonly string[] => [
  ...(enrolled.healthAlarms.length === 0 || health.kind === 'healthy'
    ? []
    : [
        `IN THE WAY: the health alarms are not all OK (${describeHealth(health)}). Until they are, no key is set Inactive or deleted.`,
      ]),
  ...(secret.laggingReplicas.length === 0
    ? []
    : [
        `IN THE WAY: replicas of the secret are not in sync: ${secret.laggingReplicas.join(', ')}. Until they are, no key is set Inactive or deleted.`,
      ]),
];

/** What would happen, and when. */
const describeCourse = (
  { plan, oldKey, asksOwner }: Extract<Preview, { readonly kind: 'starts' }>,
  facts: PlanFacts,
  { validator }: Outlook,
): readonly string[] => [
  ...(plan.predecessorVersionId === null
    ? [`A new key would be created, tested and published in ${facts.enrolled.secretId} within minutes.`]
    : [
        `As soon as nothing of the last execution can be at work, ${DRAIN_SECONDS} seconds after its end at the latest, the rotation would go on from what is there.`,
        'A wait that it was in begins anew.',
      ]),
  ...describeClaim(facts),
  ...describeFate(oldKey, facts.enrolled),
  ...(asksOwner ? describeAsked(facts.enrolled, validator) : []),
];

/** What keeps, or does not keep, another stack or Region from rotating the same user. */
const describeClaim = ({ ownership: { kind } }: PlanFacts): readonly string[] => {
  switch (kind) {
    case 'unmarked':
      return [
        `The user would be marked as this secret's, with the tag ${OWNERSHIP_TAG}, so that no other stack or Region rotates it.`,
      ];
    case 'off':
      return ['ownershipMark is off: nothing keeps another stack or Region from rotating the same user.'];
    default:
      return [];
  }
};

/** `MON` as a person reads it. */
const dayName = (day: string): string => `${day.slice(0, 1)}${day.slice(1).toLowerCase()}`;

const describeWindow = (window: DeactivationWindow, timeZone: string): string =>
  window === 'always'
    ? 'at any hour'
    : `on ${window.days.map(dayName).join(', ')} from ${window.from} to ${window.to} ${timeZone}`;

const describeFate = (fate: OldKeyFate, enrolled: EnrolledUser): readonly string[] => {
  const recovery = sayDuration(enrolled.recoveryPeriod);
  switch (fate.code) {
    case 'none':
      return [];
    case 'not-active':
      return [
        `${fate.accessKeyId} is ${fate.status} already. It would be deleted ${recovery} later at the earliest.`,
      ];
    case 'leaked':
      return [
        `${fate.accessKeyId} has leaked. It would be set Inactive at once, without waiting for anybody, and deleted ${recovery} later at the earliest.`,
      ];
    case 'waited-for':
      return [
        `${fate.accessKeyId} would be set Inactive ${describeWindow(enrolled.deactivationWindow, enrolled.timeZone)}, but not before ${fate.notBefore.toISOString()}.`,
        `By then it has to be unused for ${sayDuration(enrolled.quietPeriod)}, and the new key has to be in use for more than reading secrets.`,
        `It would be deleted ${recovery} after that at the earliest.`,
        `If programs have not moved ${sayDuration(enrolled.adoptionDeadline)} after publication, ${
          enrolled.onAdoptionDeadline === 'stop'
            ? 'the rotation stops with both keys Active.'
            : 'the old key is set Inactive all the same.'
        }`,
      ];
  }
};

/** Whose agreement a rotation waits for. */
const describeAsked = (
  { validator, acknowledgement }: EnrolledUser,
  found: FunctionReading | undefined,
): readonly string[] => [
  ...(validator === undefined
    ? []
    : [`Before the deactivation, and in the recovery period, the validator ${validator} is asked.`]),
  ...(found?.state === 'unreadable'
    ? [`Lambda does not say at present whether there is such a function (${found.problem}).`]
    : []),
  ...(acknowledgement === undefined
    ? []
    : [
        `The owner has to agree to the deactivation within ${sayDuration(acknowledgement.deadline)} after being asked.`,
      ]),
];

/** What would be noticed. */
const describeWatch = ({ enrolled }: PlanFacts, health: Health): readonly string[] => {
  if (enrolled.healthAlarms.length === 0) {
    return [
      'No health alarm is configured: harm to programs would not be noticed, and nothing would be rolled back by itself.',
    ];
  }
  return health.kind === 'healthy' ? [`These alarms are watched, and are OK: ${someOf(health.alarms)}.`] : [];
};
