import type { DeactivationWindow, EnrolledUser } from '../shared/contract/enrolment';
import { RETRY_NOTE } from '../shared/contract/errors';
import { LABELS, OWNERSHIP_TAG, PAUSE_TAG } from '../shared/contract/names';
import { DRAIN_SECONDS } from '../shared/contract/timing';
import type { Health } from '../shared/findings/health';
import type { AlarmReading } from '../shared/gateways/alarm-gateway';
import type { FunctionReading } from '../shared/gateways/function-gateway';
import type { LastUse } from '../shared/gateways/iam-gateway';
import { milliseconds } from '../shared/rotation/calendar';
import { earliestDeactivation } from '../shared/rotation/course';
import { someOf } from '../shared/text/bounded';
import * as commands from '../shared/text/commands';
import { mask, maskAll } from '../shared/text/mask';
import { describeProblem, explainObstacle } from '../shared/words/document';
import { startedWith } from '../shared/words/explanation';
import { describeHealth } from '../shared/words/health';
import { describeKeys } from '../shared/words/keys';
import { describeUse } from '../shared/words/last-use';
import { describeOwner, explainOwnership } from '../shared/words/ownership';
import { describePause } from '../shared/words/pause';
import { explainRollbackObstacle } from '../shared/words/rollback';
import { describeStranger } from '../shared/words/stranger';
import type {
  ByHand,
  LeftBehind,
  NothingToDoWhy,
  NoticeWhy,
  Plan,
  PlanFacts,
  PlanWhy,
  RefusalWhy,
  StartWhy,
} from './decide';
import type { InventoryWhy, Missing, Place } from './inventory';
import type { OldKeyFate, Outlook, Preview } from './preview';

/** The words for each of some codes. */
type Words<Why extends PlanWhy> = {
  readonly [Code in Why['code']]: (why: Extract<Why, { readonly code: Code }>, facts: PlanFacts) => string;
};

const nothingChanged = ({ keys }: PlanFacts): string => `Nothing was changed. ${describeKeys(keys)}`;

const STARTS: Words<StartWhy> = {
  'first-key': () => 'The user has no access key yet: a first one is created.',
  'key-not-in-secret': ({ accessKeyId }) =>
    `The user's key ${mask(accessKeyId)} is not in the secret yet; its successor will be.`,
  'key-only-as-login': ({ accessKeyId }) =>
    `The user's key ${mask(accessKeyId)} is in the secret as a login for SES's SMTP interface alone; its successor will be there as a key, too.`,
  'key-gone': ({ accessKeyId }) =>
    `The secret holds ${mask(accessKeyId)}, which does not exist: a new key is created at once.`,
  'key-not-active': ({ accessKeyId, status }) =>
    `The key in the secret, ${mask(accessKeyId)}, is ${status}: a new key is created at once.`,
  'key-due': ({ accessKeyId }) => `Rotating ${mask(accessKeyId)}.`,
  'key-leaked': ({ accessKeyId }) => `Emergency: ${mask(accessKeyId)} is replaced and retired at once.`,
  unfinished: () => 'Continuing the rotation that an earlier execution left unfinished.',
  rollback: ({ accessKeyId }) => `Rolling back: ${mask(accessKeyId ?? '')} is brought back.`,
  'key-leaked-meanwhile': ({ accessKeyId }) => `Emergency: ${mask(accessKeyId)} is retired at once.`,
};

const alreadyRunning = (executionArn: string, { input }: PlanFacts): string =>
  `A rotation of ${input.userName} is already running: ${executionArn}.`;

const NOTHING_TO_DO: Words<NothingToDoWhy> = {
  paused: ({ pause, isUnfinished }, facts) =>
    `${facts.input.userName} is ${describePause(pause)}: no rotation starts or resumes until that ends. ${nothingChanged(facts)}${
      isUnfinished ? ' A rotation is unfinished; it keeps both keys as they are.' : ''
    } To end the pause, remove the tag ${PAUSE_TAG} (${commands.removeTag(facts.enrolled.secretId, PAUSE_TAG)}), or "paused" from ` +
    'the configuration and deploy.',
  running: ({ executionArn }, facts) => alreadyRunning(executionArn, facts),
  'notice-given': ({ executionArn }, { input }) =>
    `Notice of the rotation of ${input.userName} has been given already, by ${executionArn}: that execution waits, and rotates.`,
  'nothing-to-resume': (_why, { input }) => `There is no stopped rotation of ${input.userName} to resume.`,
  'not-due': ({ due }, { input }) => `Not due: the key of ${input.userName} is due on ${due.toISOString()}.`,
};

const NOTICE: Words<NoticeWhy> = {
  notice: ({ accessKeyId, until }, { enrolled, keys }) => {
    const { userName, secretId } = enrolled;
    const earliest = earliestDeactivation(enrolled, until);
    return (
      `The access key ${mask(accessKeyId ?? '')} of ${userName} is old enough: its rotation begins at ${until.toISOString()}. Then a new key ` +
      `is created, tested and published in ${secretId}, and both keys work. The old key is set Inactive not before ${earliest.toISOString()}. ` +
      `${describeKeys(keys)} Until then, see to it that every consumer reads the secret again from time to time, or restart those that do ` +
      `not after the rotation has begun. If it is a bad time, pause ${userName} (${commands.setTag(secretId, PAUSE_TAG, 'reason')}). To begin ` +
      `at once, start ${commands.executionInput({ userName })}.`
    );
  },
};

/** Says what is wrong, what state the keys are in, and what to do. */
const wrong = (facts: PlanFacts, what: string, next: string): string =>
  `${what} ${nothingChanged(facts)} ${next}`;

const INVENTORY: Words<InventoryWhy> = {
  'strangers-key': ({ stranger }, facts) => {
    const { userName, secretId } = facts.enrolled;
    return wrong(
      facts,
      `${describeStranger(stranger, userName)} A rotation would overwrite it in ${secretId}.`,
      `If the secret is somebody else's, give ${userName} another one (existingSecret in the configuration) and deploy. If the key does not ` +
        `belong there, put one of ${userName}'s into the secret, or none (${commands.emptySecret(secretId)}). Then start again.`,
    );
  },
  'damaged-secret': ({ damage }, facts) => {
    const { userName, secretId } = facts.enrolled;
    const { kind, accessKeyId, goodVersionId, currentVersionId } = damage;
    const name = mask(accessKeyId);
    return wrong(
      facts,
      kind === 'emptied'
        ? `AWSCURRENT of ${secretId} holds no key any more: it has held ${name}, which ${userName} still has. Whoever reads the secret now ` +
            'gets no key.'
        : `AWSCURRENT of ${secretId} holds ${name} with another secret access key than the one that was stored for it. AWS refuses what ` +
            'whoever reads the secret now signs with it.',
      `No rotation is due that would mend it. Look at who has edited the secret. To bring back what was stored: ` +
        `${commands.moveCurrent(secretId, { from: currentVersionId, to: goodVersionId })}. To get another key instead, start ` +
        `${commands.executionInput({ userName })}.`,
    );
  },
  'broken-replicas': ({ missing, failed }, facts) => {
    const broken = [
      ...(missing.length > 0
        ? [
            `has no replica in ${missing.join(', ')}, where the configuration wants one: it was promoted or removed`,
          ]
        : []),
      ...(failed.length > 0 ? [`has a replica that failed, in ${failed.join(', ')}`] : []),
    ];
    return wrong(
      facts,
      `The secret ${facts.enrolled.secretId} ${broken.join(', and ')}. Consumers there would keep the old key until it fails.`,
      'See docs/runbook.md, "EnrolmentConflict"; then start again.',
    );
  },
  'missing-alarms': ({ alarms: missing }, facts) =>
    wrong(
      facts,
      `healthAlarms of ${facts.enrolled.userName} names what has no word to give: ${someOf(missing.map(describeMissing))}. No old key is ` +
        'set Inactive without it, so a rotation would only wait.',
      'Create the alarm, or correct healthAlarms in the configuration and deploy; then start again.',
    ),
  'missing-validator': ({ validator: { name, problem } }, facts) => {
    const [what, next] =
      problem === undefined
        ? [
            'there is no such function in this account and Region',
            'Create the function, or correct validator in the configuration and deploy',
          ]
        : [
            `whether there is such a function cannot be read: ${problem}`,
            'See that the role of plan-rotation may call lambda:GetFunctionConcurrency on it, or correct validator in the configuration and deploy',
          ];
    return wrong(
      facts,
      `validator of ${facts.enrolled.userName} is ${name}, and ${what}. No old key is set Inactive without its word, so a rotation ` +
        'would only wait.',
      `${next}; then start again.`,
    );
  },
};

const describeMissing = ({ name, problem }: Missing): string =>
  problem === undefined
    ? `${name} (there is no metric alarm of that name in this account and Region)`
    : `${name} (it cannot be read: ${problem})`;

const REFUSALS: Words<RefusalWhy> = {
  ...INVENTORY,
  'on-hold': (_why, facts) =>
    `The rotation of ${facts.input.userName} is on hold after a rollback or without an acknowledgement. ${nothingChanged(facts)} When the ` +
    `consumers are well, start ${commands.executionInput({ userName: facts.input.userName, action: 'resume' })}.`,
  'another-secrets': (why, facts) => explainOwnership(why, facts.input.userName, nothingChanged(facts)),
  'no-room-for-mark': (why, facts) => explainOwnership(why, facts.input.userName, nothingChanged(facts)),
  'scheduled-for-deletion': (_why, facts) => {
    const { secretId } = facts.enrolled;
    return wrong(
      facts,
      `The secret ${secretId} is scheduled for deletion.`,
      `Restore it (${commands.restoreSecret(secretId)}) and start again.`,
    );
  },
  'rotation-enabled': (_why, facts) => {
    const { secretId } = facts.enrolled;
    return wrong(
      facts,
      `Secrets Manager's own rotation is switched on for ${secretId}; it uses AWSPENDING, which is our lock.`,
      `Switch it off (${commands.cancelRotation(secretId)}) and start again.`,
    );
  },
  'too-many-labels': ({ tooMany, label, versionId }, facts) => {
    const { secretId } = facts.enrolled;
    return wrong(
      facts,
      `The secret ${secretId} has ${tooMany} staging labels too many: Secrets Manager allows 20, and a rotation needs 9.`,
      `Remove as many of yours that nothing needs (for ${label}: ${commands.removeLabel(secretId, label, versionId)}) and start again.`,
    );
  },
  'no-current': (_why, facts) => {
    const { secretId } = facts.enrolled;
    return wrong(
      facts,
      `No version of the secret ${secretId} is AWSCURRENT.`,
      `Put a JSON object into it (${commands.emptySecret(secretId)}), {} will do, and start again.`,
    );
  },
  'unreadable-current': ({ problem }, facts) =>
    wrong(
      facts,
      `The secret ${facts.enrolled.secretId} cannot be understood: ${describeProblem(problem)}.`,
      'Correct AWSCURRENT to a JSON object, either without AccessKeyId or with AccessKeyId and SecretAccessKey; fields that ' +
        'fieldNames of the user names hold the same key or are not there. Then start again.',
    ),
  obstacle: ({ obstacle }, facts) => {
    const { what, next } = explainObstacle(obstacle, facts.enrolled.secretId);
    return wrong(facts, what, next);
  },
  'foreign-lock': ({ versionId }, facts) => {
    const { secretId } = facts.enrolled;
    return wrong(
      facts,
      `AWSPENDING of ${secretId} is on version ${versionId}, which is not an intent of ours: something else uses this label.`,
      `Find out what put it there, remove the label (${commands.removeLabel(secretId, LABELS.pending, versionId)}), and start again.`,
    );
  },
  'in-progress': ({ executionArn }, facts) =>
    wrong(
      facts,
      alreadyRunning(executionArn, facts),
      'Wait for it, or stop it and start again a few minutes later.',
    ),
  'another-user': ({ formerUserId }, facts) =>
    `An unfinished rotation belongs to another user of the same name (${formerUserId}, now ` +
    `${facts.userId}): the user was deleted and created again. ${nothingChanged(facts)} Remove AWSPENDING from ` +
    `${facts.enrolled.secretId}, see to it that AWSCURRENT holds a key of the new user or none, and start again.`,
  'nothing-to-roll-back': ({ left, current }, facts) =>
    wrong(
      facts,
      `No rotation of ${facts.input.userName} is under way. ${describeLeft(left, facts.input.userName)}`,
      describeRead(current),
    ),
  'no-way-back': ({ obstacle }, facts) =>
    `${explainRollbackObstacle(facts.input.userName, obstacle)} ${nothingChanged(facts)}`,
  'retired-already': ({ accessKeyId, executionArn }, facts) =>
    wrong(facts, `${executionArn} is retiring ${mask(accessKeyId)} already.`, 'Watch that execution.'),
  'unknown-leak': ({ accessKeyId }, facts) =>
    wrong(
      facts,
      `The user ${facts.input.userName} has no access key ${mask(accessKeyId)}.`,
      `Compare the whole ID with ${commands.listAccessKeys(facts.input.userName)}. A key that is gone cannot be used any more, but ` +
        'sessions that were obtained with it can: see docs/runbook.md, "End sessions already obtained with a key".',
    ),
  'foreign-leak': ({ accessKeyId }, facts) => {
    const { input, enrolled, ownership } = facts;
    return wrong(
      facts,
      `${mask(accessKeyId)} is not in ${enrolled.secretId}, and no rotation of ours deals with it, so it is not this service's to touch.`,
      `${
        ownership.kind === 'other'
          ? `The user belongs to ${describeOwner(ownership.owner)}: start the emergency there, and consumers get another key ` +
            'first. If that takes too long, or the key is not in that secret either, deactivate'
          : 'Deactivate'
      } it by hand, now: ` +
        `${commands.setKeyStatus(input.userName, accessKeyId, 'Inactive')}. Then see docs/runbook.md, "A key has leaked".`,
    );
  },
  'ambiguous-keys': (_why, facts) => {
    const { input, enrolled, keys } = facts;
    const lookUps = keys.map((key) => commands.lastUseOfKey(key.accessKeyId));
    return wrong(
      facts,
      `The user ${input.userName} has ${keys.length} access keys, and the secret holds none, so nobody can tell which one is in use.`,
      `Delete the one that is not used (${lookUps.join(' and ')} tell), or put the one that is used into ${enrolled.secretId}, and ` +
        'start again.',
    );
  },
  'key-gone-and-no-room': ({ accessKeyId }, facts) =>
    wrong(
      facts,
      `The secret holds ${mask(accessKeyId)}, which the user ${facts.input.userName} does not have; the user has ` +
        `${facts.keys.length} other keys.`,
      'Delete one that is not used and start again.',
    ),
  'other-keys': ({ accessKeyId, others }, facts) =>
    wrong(
      facts,
      `Beside ${mask(accessKeyId)}, which is in the secret, the user ${facts.input.userName} has ` +
        `${maskAll(others)}, which is not ours, and AWS allows two.`,
      'Delete the key that is not in the secret, if nothing uses it, and start again.',
    ),
};

const describeLeft = (left: LeftBehind, userName: string): string => {
  switch (left.code) {
    case 'inactive':
      return (
        `If the last one gave up and ${mask(left.accessKeyId)} was its old key, and has not leaked, bring it back by hand: ` +
        `${commands.setKeyStatus(userName, left.accessKeyId, 'Active')}.`
      );
    case 'active':
      return `If the last one gave up, it left ${maskAll(left.accessKeyIds)} Active.`;
    case 'none':
      return 'Its last one is complete: the old key was deleted, and a deletion is final.';
  }
};

const describeRead = (current: Extract<RefusalWhy, { code: 'nothing-to-roll-back' }>['current']): string => {
  switch (current.kind) {
    case 'unreadable':
      return `AWSCURRENT cannot be understood: ${describeProblem(current.problem)}. Correct it.`;
    case 'no-key':
      return 'AWSCURRENT holds no key: put the one that is in use there, or start a rotation to get another one.';
    case 'access-key':
      return (
        `AWSCURRENT holds ${mask(current.accessKeyId)}: let the consumers read it again. If that key is the trouble, start a ` +
        'rotation to get another one.'
      );
  }
};

const BY_HAND: Readonly<Record<ByHand['code'], (userName: string, accessKeyId: string) => string>> = {
  'retire-leaked-key': (userName, accessKeyId) =>
    `THE LEAKED KEY ${mask(accessKeyId)} IS STILL ACTIVE. If an outage is better than that: ` +
    `${commands.setKeyStatus(userName, accessKeyId, 'Inactive')}.`,
  'bring-old-key-back': (userName, accessKeyId) =>
    `To bring the old key back now, by hand: ${commands.setKeyStatus(userName, accessKeyId, 'Active')}.`,
};

const WORDS: Words<PlanWhy> = { ...STARTS, ...NOTHING_TO_DO, ...NOTICE, ...REFUSALS };

const explain = (why: PlanWhy, facts: PlanFacts): string =>
  // Each code's words are for what belongs to it, which the table's type says and a look-up by code does not keep.
  (WORDS[why.code] as (why: PlanWhy, facts: PlanFacts) => string)(why, facts);

/** What a plan is, and why. */
export const say = (plan: Plan, facts: PlanFacts): string => {
  const reason = explain(plan.why, facts);
  switch (plan.kind) {
    case 'stop-first':
      return `${reason} The execution ${plan.executionArn} is stopped for it.`;
    case 'refuse': {
      const { byHand } = plan;
      return byHand === undefined
        ? reason
        : `${reason} ${BY_HAND[byHand.code](facts.input.userName, byHand.accessKeyId)}`;
    }
    default:
      return reason;
  }
};

/** Said before an emergency begins: whom it will hit. Follows the plan. */
export const warnOfOutage = (use: LastUse): string =>
  `It was last used: ${describeUse(use)}. A consumer that still holds it fails from its deactivation until it reads the ` +
  'secret again, which takes caching clients up to an hour.';

/** What a plan that is only shown says. */
export const sayPreview = (seen: Preview, facts: PlanFacts, outlook: Outlook): string => {
  const { enrolled, keys } = facts;
  const { plan } = seen;
  const reason = say(plan, facts);
  const uses = keys.map(
    (key) => `${mask(key.accessKeyId)} was last used: ${describeUse(outlook.uses.get(key.accessKeyId))}.`,
  );
  const present = [describeKeys(keys), ...uses].join(' ');
  if (seen.kind === 'does-not-start') {
    return plan.kind === 'refuse'
      ? `Only a plan; nothing was changed. A rotation would not start, but end in ${plan.error}: ${reason} ${uses.join(' ')}`
      : `Only a plan; nothing was changed. ${reason} ${present}`;
  }
  return [
    `Only a plan; nothing was changed. A rotation would start. ${reason} ${present}`,
    seen.plan.predecessorVersionId === null
      ? `Within minutes a new key would be created, tested, and published in ${enrolled.secretId}.`
      : 'It would find out where the unfinished one stands, and go on from there; a wait that it was in begins anew. It takes ' +
        `over ${DRAIN_SECONDS} seconds after the last execution has ended, not before.`,
    ...sayWhoseUser(facts),
    ...sayFate(seen.oldKey, enrolled),
    ...(seen.asksOwner ? sayWhoIsAsked(enrolled, outlook.validator) : []),
    sayWhatIsInTheWay(facts, outlook.health),
    sayBySchedule(seen.bySchedule, facts),
  ].join(' ');
};

/** What keeps, or does not keep, another stack or Region from rotating the same user. */
const sayWhoseUser = ({ ownership: { kind } }: PlanFacts): readonly string[] => {
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

const inWindow = (window: DeactivationWindow, timeZone: string): string =>
  window === 'always'
    ? 'at any hour'
    : `on ${window.days.join(', ')} from ${window.from} to ${window.to} (${timeZone})`;

const sayFate = (fate: OldKeyFate, enrolled: EnrolledUser): readonly string[] => {
  const deleted = `deleted ${enrolled.recoveryPeriod} later at the earliest.`;
  switch (fate.code) {
    case 'none':
      return [];
    case 'not-active':
      return [`${mask(fate.accessKeyId)} is ${fate.status} already, and would be ${deleted}`];
    case 'leaked':
      return [
        `${mask(fate.accessKeyId)} has leaked: it would be set Inactive at once, without waiting for anybody, and ${deleted}`,
      ];
    case 'waited-for': {
      const atDeadline =
        enrolled.onAdoptionDeadline === 'stop'
          ? 'the rotation stops with both keys Active'
          : 'it is set Inactive all the same';
      return [
        `${mask(fate.accessKeyId)} would be set Inactive when it was unused for ${enrolled.quietPeriod} and its successor was seen in use for more than reading secrets, ` +
          `${inWindow(enrolled.deactivationWindow, enrolled.timeZone)}, not before ${fate.notBefore.toISOString()}, ` +
          `and ${deleted} If that is not so within ${enrolled.adoptionDeadline} of publication, ${atDeadline}.`,
      ];
    }
  }
};

/** Whose word a rotation waits for. */
const sayWhoIsAsked = (
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
const sayWhatIsInTheWay = ({ enrolled, secret }: PlanFacts, health: Health): string =>
  [
    enrolled.healthAlarms.length === 0
      ? 'No health alarm is configured: harm to consumers would not be noticed, and nothing would be rolled back by itself.'
      : health.kind === 'healthy'
        ? `Watched alarms: ${describeHealth(health)}.`
        : `IN THE WAY: no key is set Inactive or deleted while the alarms are not all OK (${describeHealth(health)}).`,
    ...(secret.laggingReplicas.length === 0
      ? []
      : [`IN THE WAY: replicas of the secret are not in sync: ${secret.laggingReplicas.join(', ')}.`]),
  ].join(' ');

/** That people are told before. */
const sayNoticeAhead = ({ enrolled }: PlanFacts): string =>
  milliseconds(enrolled.noticeBefore) === 0
    ? ''
    : ` People are told ${enrolled.noticeBefore} before it begins.`;

const sayBySchedule = (plan: Plan, facts: PlanFacts): string => {
  switch (plan.kind) {
    case 'nothing-to-do':
      return `By schedule: ${say(plan, facts)}${sayNoticeAhead(facts)}`;
    case 'notice':
      return (
        `By schedule: notice would be given now, and the rotation would begin ${facts.enrolled.noticeBefore} later, at ` +
        `${plan.until.toISOString()}, unless an execution has given notice already and waits.`
      );
    case 'refuse':
      return `By schedule it would end in ${plan.error}: ${say(plan, facts)}`;
    default:
      return 'By schedule: due now.';
  }
};

/* What the step finds before there is anything to decide. */

export const notEnrolled = (userName: string): string =>
  `${userName} is not enrolled. Nothing was changed, and no key of the user was read. Add the user to ` +
  'users in the configuration (mind upper and lower case) and deploy.';

export const noSuchUser = (userName: string): string =>
  `${userName} is enrolled, but IAM has no such user. Nothing was changed. Take the user out of ` +
  'users in the configuration, or correct the name, and deploy.';

const describePlace = ({ region, accountId }: Place): string => `${region}, account ${accountId}`;

export const secretElsewhere = (
  { userName, secretId }: EnrolledUser,
  { there, here }: { readonly there: Place; readonly here: Place },
): string =>
  `existingSecret of ${userName} is ${secretId}, in ${describePlace(there)}. This rotation is in ${describePlace(here)}, and reaches ` +
  'no secret elsewhere. Nothing was changed. Name a secret of this account and Region in the configuration and deploy, or enrol the ' +
  'user in a stack that is where the secret is.';

export const onlyReplicaHere = ({ userName, secretId }: EnrolledUser, primaryRegion: string): string =>
  `The secret ${secretId} of ${userName} is a replica here, which nobody can write to; the secret itself is in ${primaryRegion}. ` +
  'Nothing was changed. Enrol the user in a stack in that Region, and have the secret replicated to this one.';

export const noSuchSecret = ({ userName, secretId }: EnrolledUser): string => {
  const byHand = commands.createSecret(secretId);
  return (
    `The secret ${secretId} of ${userName} does not exist. Nothing was changed. ` +
    `${byHand === undefined ? 'Correct' : `Create it (${byHand}), or correct`} existingSecret in the configuration and deploy; ` +
    'then start again.'
  );
};

/** An alarm, or a validator, of which AWS does not say at present whether it is there. */
type Untold = Extract<AlarmReading | FunctionReading, { readonly state: 'unreadable' }>;

export const untold = (reading: Untold, userName: string): string => {
  const unsaid =
    'functionArn' in reading
      ? `Lambda does not say whether there is ${reading.functionArn}, the validator of ${userName}`
      : `CloudWatch does not say what the alarm ${reading.name} is at`;
  return `${unsaid}: ${reading.problem}. Nothing was changed. ${RETRY_NOTE}`;
};

export const badInput = (input: unknown): string =>
  `Nothing was changed. Start the execution with ${commands.executionInput({ userName: '<an enrolled user>' })}; the other actions ` +
  `and their fields are in README.md, "Operate".${startedWith(input)}`;
