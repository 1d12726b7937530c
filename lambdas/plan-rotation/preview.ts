import type { DeactivationWindow, EnrolledUser } from '../shared/contract/enrolment';
import { OWNERSHIP_TAG } from '../shared/contract/names';
import { DRAIN_SECONDS } from '../shared/contract/timing';
import type { Health } from '../shared/findings/health';
import { describeUse } from '../shared/findings/last-use';
import { describeKeys, findKey } from '../shared/findings/situation';
import type { FunctionReading } from '../shared/gateways/function-gateway';
import type { LastUse } from '../shared/gateways/iam-gateway';
import { after } from '../shared/rotation/calendar';
import { courseOf } from '../shared/rotation/course';
import type { Rotation } from '../shared/rotation/rotation-state';
import { mask } from '../shared/text/mask';
import { type PlanFacts, planRotation } from './decide';

type Uses = ReadonlyMap<string, LastUse>;

const inWindow = (window: DeactivationWindow, timeZone: string): string =>
  window === 'always'
    ? 'at any hour'
    : `on ${window.days.join(', ')} from ${window.from} to ${window.to} (${timeZone})`;

/** What a plan looks at, and a rotation does only later. */
export interface Outlook {
  readonly uses: Uses;
  readonly health: Health;
  /** Undefined when there is none. */
  readonly validator: FunctionReading | undefined;
}

/** What `rotate` would do if a person started it now, and what stands in its way. */
export const preview = (facts: PlanFacts, { uses, health, validator }: Outlook, now: Date): string => {
  const { enrolled, keys, input } = facts;
  const plan = planRotation({ ...facts, input: { ...input, action: 'rotate', trigger: 'manual' } }, now);
  const seen = keys.map(
    (key) => `${mask(key.accessKeyId)} was last used: ${describeUse(uses.get(key.accessKeyId))}.`,
  );
  const present = [describeKeys(keys), ...seen].join(' ');
  switch (plan.kind) {
    case 'refuse':
      return `Only a plan; nothing was changed. A rotation would not start, but end in ${plan.error}: ${plan.reason} ${seen.join(' ')}`;
    case 'due':
    case 'stop-first':
      return [
        `Only a plan; nothing was changed. A rotation would start. ${plan.reason} ${present}`,
        plan.predecessorVersionId === null
          ? `Within minutes a new key would be created, tested, and published in ${enrolled.secretId}.`
          : 'It would find out where the unfinished one stands, and go on from there; a wait that it was in begins anew. It takes ' +
            `over ${DRAIN_SECONDS} seconds after the last execution has ended, not before.`,
        ...whoseUser(facts),
        ...whatBecomesOfOld(facts, plan.rotation, now),
        ...(courseOf(plan.rotation).asksOwner ? whatIsAsked(enrolled, validator) : []),
        whatStandsInTheWay(facts, health),
        whenDue(facts, now),
      ].join(' ');
    default:
      return `Only a plan; nothing was changed. ${plan.reason} ${present}`;
  }
};

/** What keeps, or does not keep, another stack or Region from rotating the same user. */
const whoseUser = ({ ownership: { kind } }: PlanFacts): readonly string[] => {
  switch (kind) {
    case 'unmarked':
      return [
        `The user would be marked as this secret's, by the tag ${OWNERSHIP_TAG}: another stack or Region does not rotate it then.`,
      ];
    case 'off':
      return ['ownershipMark is off: nothing keeps another stack or Region from rotating the same user.'];
    default:
      return [];
  }
};

const whatBecomesOfOld = (
  { enrolled, keys }: PlanFacts,
  rotation: Rotation,
  now: Date,
): readonly string[] => {
  const old = findKey(keys, rotation.oldAccessKeyId);
  if (old === undefined) return [];
  const name = mask(old.accessKeyId);
  const deleted = `deleted ${enrolled.recoveryPeriod} later at the earliest.`;
  if (old.status !== 'Active') return [`${name} is ${old.status} already, and would be ${deleted}`];
  if (!courseOf(rotation).waitsForConsumers) {
    return [
      `${name} has leaked: it would be set Inactive at once, without waiting for anybody, and ${deleted}`,
    ];
  }
  const atDeadline =
    enrolled.onAdoptionDeadline === 'stop'
      ? 'the rotation stops with both keys Active'
      : 'it is set Inactive all the same';
  return [
    `${name} would be set Inactive when it was unused for ${enrolled.quietPeriod} and its successor was seen in use for more than reading secrets, ` +
      `${inWindow(enrolled.deactivationWindow, enrolled.timeZone)}, not before ${after(now, enrolled.overlapPeriod).toISOString()}, ` +
      `and ${deleted} If that is not so within ${enrolled.adoptionDeadline} of publication, ${atDeadline}.`,
  ];
};

/** Whose word a rotation waits for. */
const whatIsAsked = (
  { validator, acknowledgement }: EnrolledUser,
  found: FunctionReading | undefined,
): readonly string[] => [
  ...(validator === undefined ? [] : [`Before that, and in the recovery period, ${validator} is asked.`]),
  ...(found?.state === 'unreadable'
    ? [`Lambda does not say at present whether it is there (${found.problem}).`]
    : []),
  ...(acknowledgement === undefined
    ? []
    : [`The owner has to acknowledge the deactivation within ${acknowledgement.deadline} of being asked.`]),
];

/** What would keep the old key Active at present, or go unnoticed. */
const whatStandsInTheWay = ({ enrolled, secret }: PlanFacts, health: Health): string =>
  [
    enrolled.healthAlarms.length === 0
      ? 'No health alarm is configured: harm to consumers would not be noticed, and nothing would be rolled back by itself.'
      : health.kind === 'healthy'
        ? `Watched alarms: ${health.reason}.`
        : `IN THE WAY: no key is set Inactive or deleted while the alarms are not all OK (${health.reason}).`,
    ...(secret.laggingReplicas.length === 0
      ? []
      : [`IN THE WAY: replicas of the secret are not in sync: ${secret.laggingReplicas.join(', ')}.`]),
  ].join(' ');

/** What the schedule would do now. */
const whenDue = (facts: PlanFacts, now: Date): string => {
  const plan = planRotation(
    { ...facts, input: { ...facts.input, action: 'rotate', trigger: 'schedule' } },
    now,
  );
  switch (plan.kind) {
    case 'nothing-to-do':
      return `By schedule: ${plan.reason}`;
    case 'refuse':
      return `By schedule it would end in ${plan.error}: ${plan.reason}`;
    default:
      return 'By schedule: due now.';
  }
};

/** Said before an emergency begins: whom it will hit. Empty for every other rotation. */
export const warnOfOutage = (rotation: Rotation, uses: Uses): string => {
  if (courseOf(rotation).waitsForConsumers || rotation.oldAccessKeyId === null) return '';
  const use = uses.get(rotation.oldAccessKeyId);
  if (use === undefined) return '';
  return (
    ` It was last used: ${describeUse(use)}. A consumer that still holds it fails from its deactivation until it reads the ` +
    'secret again, which takes caching clients up to an hour.'
  );
};
