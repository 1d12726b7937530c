import type { EnrolledUser } from '../shared/contract/enrolment';
import type { LeakTold, RotationErrorName, SpokenRefusal } from '../shared/contract/errors';
import { LABELS, PAUSE_TAG } from '../shared/contract/names';
import type { IntentHolder, LockHolder } from '../shared/findings/lock-holder';
import {
  describeOwner,
  type Ownership,
  ownershipValue,
  refuseForWantOfRoom,
  refuseOther,
} from '../shared/findings/ownership';
import { type CurrentValue, currentKeyId, describeKeys, findKey } from '../shared/findings/situation';
import type { Stranger } from '../shared/findings/whose-key';
import type { SecretDescription } from '../shared/gateways/secret-gateway';
import { whyNotRollBack } from '../shared/recovery/rollback';
import type { AccessKey } from '../shared/rotation/access-key';
import { after } from '../shared/rotation/calendar';
import { type Course, courseOf, ORDINARY } from '../shared/rotation/course';
import { leakToldBy } from '../shared/rotation/leak';
import { isEmergency, isLeaked, type Rotation, type RotationInput } from '../shared/rotation/rotation-state';
import type { Obstacle } from '../shared/secret/key-document';
import { pauseOf } from '../shared/secret/pause';
import type { Intent } from '../shared/secret/secret-document';
import {
  executionArnOf,
  keyLabel,
  labelsTooMany,
  ownersLabels,
  publishedLabel,
} from '../shared/secret/versions';
import * as commands from '../shared/text/commands';
import { mask, maskAll } from '../shared/text/mask';
import type { Damage } from './damage';
import {
  type Missing,
  refuseAlarms,
  refuseDamaged,
  refuseReplicas,
  refuseStranger,
  refuseValidator,
} from './inventory';

/** What plan-rotation has read. */
export interface PlanFacts {
  readonly input: RotationInput;
  readonly enrolled: EnrolledUser;
  readonly userId: string;
  /** What the user's tag says: to which secret the user belongs. */
  readonly ownership: Ownership;
  readonly keys: readonly AccessKey[];
  readonly secret: SecretDescription;
  readonly current: CurrentValue | undefined;
  /** The key in AWSCURRENT is somebody else's. */
  readonly stranger: Stranger | undefined;
  /** AWSCURRENT has lost its key. */
  readonly damage: Damage | undefined;
  /** Health alarms that are not there; undefined when nobody has looked. */
  readonly missingAlarms: readonly Missing[] | undefined;
  /** The validator, when it is not there; undefined as well when nobody has looked. */
  readonly missingValidator: Missing | undefined;
  readonly holder: LockHolder | undefined;
  readonly onHold: boolean;
  /** Why AWSCURRENT could not take a new key. */
  readonly obstacle: Obstacle | undefined;
  /** Owner and start time of this execution, for a rotation that begins with it. */
  readonly owner: string;
  readonly startTime: string;
}

/** What to do, and why. */
export type Plan =
  | {
      /** `stop-first`: the execution of the predecessor has to be stopped before. */
      readonly kind: 'due' | 'stop-first';
      readonly rotation: Rotation;
      readonly predecessorVersionId: string | null;
      readonly reason: string;
    }
  | { readonly kind: 'nothing-to-do'; readonly reason: string }
  | { readonly kind: 'on-hold'; readonly reason: string }
  | SpokenRefusal;

const refuse = (error: RotationErrorName, reason: string, leak?: LeakTold): SpokenRefusal => ({
  kind: 'refuse',
  error,
  reason,
  leak,
});

/** The actions that a pause stops. */
const PAUSED_ACTIONS: readonly string[] = ['rotate', 'resume'];

/** Decides whether to rotate. Reads nothing and changes nothing. */
export const planRotation = (facts: PlanFacts, now: Date): Plan => {
  const plan = decidePlan(facts, now);
  return plan.kind === 'refuse'
    ? withWayByHand(facts, { ...plan, leak: plan.leak ?? leakToldBy(facts.keys) })
    : plan;
};

/** Adds what a person can do by hand while a leaked key stays Active, or an old one Inactive, because a plan was refused. */
const withWayByHand = (facts: PlanFacts, refusal: SpokenRefusal): SpokenRefusal => {
  // Somebody is at it, or the message has said it.
  if (refusal.error === 'RotationInProgress' || refusal.leak === 'told') return refusal;
  const { userName } = facts.input;
  const exposed = leftExposed(facts);
  if (exposed !== undefined) {
    const byHand = commands.setKeyStatus(userName, exposed.accessKeyId, 'Inactive');
    return {
      ...refusal,
      reason: `${refusal.reason} THE LEAKED KEY ${mask(exposed.accessKeyId)} IS STILL ACTIVE. If an outage is better than that: ${byHand}.`,
      leak: 'told',
    };
  }
  const old = refusal.error === 'SecretConflict' ? leftInactive(facts) : undefined;
  if (old === undefined) return refusal;
  const byHand = commands.setKeyStatus(userName, old.accessKeyId, 'Active');
  return { ...refusal, reason: `${refusal.reason} To bring the old key back now, by hand: ${byHand}.` };
};

const intentOf = ({ holder }: PlanFacts): Intent | undefined =>
  holder?.kind === 'intent' ? holder.intent : undefined;

/** The Active key that has leaked: the one that the emergency names, or one of an emergency that any start goes on with. */
const leftExposed = (facts: PlanFacts): AccessKey | undefined => {
  const { input, keys } = facts;
  const intent = intentOf(facts);
  const active = keys.filter((key) => key.status === 'Active');
  return (
    findKey(active, (input.action === 'emergency' ? input.accessKeyId : undefined) ?? null) ??
    active.find(({ accessKeyId }) => intent !== undefined && isLeaked(intent, accessKeyId))
  );
};

/** The old key that a rollback would have brought back. */
const leftInactive = (facts: PlanFacts): AccessKey | undefined => {
  const { input, keys } = facts;
  const intent = intentOf(facts);
  if (input.action !== 'rollback' || intent === undefined) return undefined;
  const old = findKey(keys, intent.oldAccessKeyId);
  return old?.status === 'Active' || whyNotRollBack(input.userName, intent, keys) !== undefined
    ? undefined
    : old;
};

const decidePlan = (facts: PlanFacts, now: Date): Plan => {
  const paused = waitInPause(facts);
  if (paused !== undefined) return paused;
  const unclaimable = refuseOwnership(facts);
  if (unclaimable !== undefined) return unclaimable;
  const secret = usableSecret(facts);
  if (secret.kind === 'refuse') return secret;
  return (
    waitForHolder(facts, secret) ??
    waitOnHold(facts) ??
    (secret.holder === undefined
      ? planFromScratch(facts, secret.current, now)
      : planFromIntent(facts, secret.holder))
  );
};

/** What was interrupted goes on as what it was, whoever starts it. */
const courseOfHolder = (facts: PlanFacts): Course => {
  const intent = intentOf(facts);
  return intent === undefined ? ORDINARY : courseOf(intent);
};

const nothingChanged = ({ keys }: PlanFacts): string => `Nothing was changed. ${describeKeys(keys)}`;

const waitInPause = (facts: PlanFacts): Plan | undefined => {
  const { input, enrolled, secret, holder } = facts;
  const paused = pauseOf(secret.pauseTag, enrolled.paused);
  if (
    paused === undefined ||
    !PAUSED_ACTIONS.includes(input.action) ||
    !courseOfHolder(facts).respectsPause
  ) {
    return undefined;
  }
  return {
    kind: 'nothing-to-do',
    reason:
      `${input.userName} is ${paused}: no rotation starts or resumes until that ends. ${nothingChanged(facts)}${
        holder === undefined ? '' : ' A rotation is unfinished; it keeps both keys as they are.'
      } To end the pause, remove the tag ${PAUSE_TAG} (${commands.removeTag(enrolled.secretId, PAUSE_TAG)}), or "paused" from ` +
      'the configuration and deploy.',
  };
};

/** The actions that need the user to be this secret's. */
const CLAIMING_ACTIONS: readonly string[] = ['rotate', 'resume'];

/**
 * A user that belongs to another secret is not rotated. What brings an old key back, or takes a leaked one out of service,
 * is not refused for the mark.
 */
const refuseOwnership = (facts: PlanFacts): SpokenRefusal | undefined => {
  const { input, enrolled, ownership, owner, holder } = facts;
  if (!CLAIMING_ACTIONS.includes(input.action) || !courseOfHolder(facts).claimsUser) return undefined;
  const refused = {
    userName: input.userName,
    own: ownershipValue(enrolled.secretId, owner),
    unchanged: nothingChanged(facts),
  };
  if (ownership.kind === 'other') return refuseOther(ownership.owner, refused);
  // An unfinished rotation may need no further key.
  return ownership.kind === 'unmarked' && !ownership.hasRoom && holder === undefined
    ? refuseForWantOfRoom(refused)
    : undefined;
};

/** Whether a key that the user alone has must be this secret's to touch. */
const isOnlyKey = ({ keys, ownership }: PlanFacts): boolean =>
  keys.length === 1 && ownership.kind !== 'other';

/** A secret that a rotation, or at least a rollback, can work with. */
interface UsableSecret {
  readonly kind: 'usable';
  readonly current: CurrentValue;
  readonly holder: IntentHolder | undefined;
}

const usableSecret = (facts: PlanFacts): UsableSecret | SpokenRefusal => {
  const { input, enrolled, secret, current, holder } = facts;
  const { secretId } = enrolled;
  const unusable = refuseBlockedSecret(facts);
  if (unusable !== undefined) return unusable;
  // To bring the old key back, neither what AWSCURRENT holds is needed nor another label.
  const goesBack = input.action === 'rollback' && current !== undefined;
  const tooMany = labelsTooMany(secret.versionByLabel.keys());
  if (tooMany > 0 && !goesBack) return refuseLabels(facts, tooMany);
  if (current === undefined) {
    return refuseSecret(
      facts,
      `No version of the secret ${secretId} is AWSCURRENT.`,
      `Put a JSON object into it (${commands.emptySecret(secretId)}), {} will do, and start again.`,
    );
  }
  if (current.kind === 'unreadable' && !goesBack) {
    return refuseSecret(
      facts,
      `The secret ${secretId} cannot be understood: ${current.problem}.`,
      'Correct AWSCURRENT to a JSON object, either without AccessKeyId or with AccessKeyId and SecretAccessKey; fields that ' +
        'fieldNames of the user names hold the same key or are not there. Then start again.',
    );
  }
  if (facts.stranger !== undefined && !goesBack) return refuseStranger(facts, facts.stranger);
  if (holder?.kind === 'foreign') {
    return refuseSecret(
      facts,
      `AWSPENDING of ${secretId} is on version ${holder.versionId}, which is not an intent of ours: something else uses this label.`,
      `Find out what put it there, remove the label (${commands.removeLabel(secretId, LABELS.pending, holder.versionId)}), ` +
        'and start again.',
    );
  }
  return { kind: 'usable', current, holder };
};

/** The message says what is wrong with the secret, what state the keys are in, and what to do. */
const refuseSecret = (facts: PlanFacts, what: string, next: string): SpokenRefusal =>
  refuse('SecretConflict', `${what} ${nothingChanged(facts)} ${next}`);

const refuseBlockedSecret = (facts: PlanFacts): SpokenRefusal | undefined => {
  const { secretId } = facts.enrolled;
  if (facts.secret.scheduledForDeletion) {
    return refuseSecret(
      facts,
      `The secret ${secretId} is scheduled for deletion.`,
      `Restore it (${commands.restoreSecret(secretId)}) and start again.`,
    );
  }
  return facts.secret.rotationEnabled
    ? refuseSecret(
        facts,
        `Secrets Manager's own rotation is switched on for ${secretId}; it uses AWSPENDING, which is our lock.`,
        `Switch it off (${commands.cancelRotation(secretId)}) and start again.`,
      )
    : undefined;
};

const refuseLabels = (facts: PlanFacts, tooMany: number): SpokenRefusal => {
  const { secretId } = facts.enrolled;
  const { versionByLabel } = facts.secret;
  const [label = ''] = ownersLabels(versionByLabel.keys());
  const byHand = commands.removeLabel(secretId, label, versionByLabel.get(label) ?? '');
  return refuseSecret(
    facts,
    `The secret ${secretId} has ${tooMany} staging labels too many: Secrets Manager allows 20, and a rotation needs 9.`,
    `Remove as many of yours that nothing needs (for ${label}: ${byHand}) and start again.`,
  );
};

/** A rotation that is running is let alone, unless a person wants it to end. */
const waitForHolder = (facts: PlanFacts, { holder }: UsableSecret): Plan | undefined => {
  const { input } = facts;
  const interrupts = input.action === 'rollback' || input.action === 'emergency';
  if (holder?.execution.kind === 'running' && !interrupts) {
    const reason = `A rotation of ${input.userName} is already running: ${executionArnOf(holder.intent.owner)}.`;
    return input.trigger === 'schedule'
      ? { kind: 'nothing-to-do', reason }
      : refuse(
          'RotationInProgress',
          `${reason} ${nothingChanged(facts)} Wait for it, or stop it and start again a few minutes later.`,
        );
  }
  return undefined;
};

const waitOnHold = (facts: PlanFacts): Plan | undefined => {
  const { input, onHold } = facts;
  if (!onHold || input.action !== 'rotate' || !courseOfHolder(facts).respectsHold) return undefined;
  const reason =
    `The rotation of ${input.userName} is on hold after a rollback or without an acknowledgement. ${nothingChanged(facts)} When the ` +
    `consumers are well, start ${commands.executionInput({ userName: input.userName, action: 'resume' })}.`;
  return input.trigger === 'schedule' ? { kind: 'on-hold', reason } : refuse('RotationOnHold', reason);
};

/** No rotation is unfinished. */
const planFromScratch = (facts: PlanFacts, current: CurrentValue, now: Date): Plan => {
  const { input } = facts;
  if (input.action === 'rollback' || current.kind === 'unreadable') return refuseRollback(facts, current);
  if (input.action === 'emergency') return planEmergency(facts, current);
  if (input.action === 'resume' && !facts.onHold) {
    return { kind: 'nothing-to-do', reason: `There is no stopped rotation of ${input.userName} to resume.` };
  }
  return planFreshRotation(facts, current, now);
};

/** The lock remembers an unfinished rotation, of this user or of a former one of the same name. */
const planFromIntent = (facts: PlanFacts, holder: IntentHolder): Plan =>
  holder.intent.userId === facts.userId
    ? planContinuation(facts, holder)
    : refuse(
        'StateDrift',
        `An unfinished rotation belongs to another user of the same name (${holder.intent.userId}, now ` +
          `${facts.userId}): the user was deleted and created again. ${nothingChanged(facts)} Remove AWSPENDING from ` +
          `${facts.enrolled.secretId}, see to it that AWSCURRENT holds a key of the new user or none, and start again.`,
      );

/** There is nothing to roll back; but a rotation that gave up may have left its old key behind. */
const refuseRollback = ({ input: { userName }, keys }: PlanFacts, current: CurrentValue): Plan => {
  const currentId = currentKeyId(current);
  const others = keys.filter((key) => key.accessKeyId !== currentId);
  const inactive = others.find((key) => key.status !== 'Active');
  const past =
    inactive !== undefined
      ? `If the last one gave up and ${mask(inactive.accessKeyId)} was its old key, and has not leaked, bring it back by hand: ` +
        `${commands.setKeyStatus(userName, inactive.accessKeyId, 'Active')}.`
      : others.length > 0
        ? `If the last one gave up, it left ${maskAll(others.map((key) => key.accessKeyId))} Active.`
        : 'Its last one is complete: the old key was deleted, and a deletion is final.';
  const read =
    current.kind === 'unreadable'
      ? `AWSCURRENT cannot be understood: ${current.problem}. Correct it.`
      : currentId === null
        ? 'AWSCURRENT holds no key: put the one that is in use there, or start a rotation to get another one.'
        : `AWSCURRENT holds ${mask(currentId)}: let the consumers read it again. If that key is the trouble, start a ` +
          'rotation to get another one.';
  return refuse(
    'NothingToRollBack',
    `No rotation of ${userName} is under way. ${past} Nothing was changed. ${describeKeys(keys)} ${read}`,
  );
};

/** The unfinished rotation that a lock stands for goes on, goes back, or goes on without delay. */
const planContinuation = (facts: PlanFacts, holder: IntentHolder): Plan => {
  const { input, keys } = facts;
  const { kind: _kind, owner, userId: _userId, ...inherited } = holder.intent;
  const stopHolder = holder.execution.kind === 'running';
  const unchanged = nothingChanged(facts);
  const carryOn = (rotation: Rotation, reason: string): Plan => ({
    kind: stopHolder ? 'stop-first' : 'due',
    rotation,
    predecessorVersionId: holder.versionId,
    reason: `${reason}${stopHolder ? ` The execution ${executionArnOf(owner)} is stopped for it.` : ''}`,
  });
  switch (input.action) {
    case 'rollback': {
      const problem = whyNotRollBack(input.userName, inherited, keys);
      return problem === undefined
        ? carryOn(inherited, `Rolling back: ${mask(inherited.oldAccessKeyId ?? '')} is brought back.`)
        : refuse('NothingToRollBack', `${problem} ${unchanged}`);
    }
    case 'emergency': {
      const leaked = input.accessKeyId ?? '';
      const key = findKey(keys, leaked);
      if (key === undefined) return refuseUnknownLeak(facts, leaked);
      if (!isTheRotations(facts, inherited, leaked)) return refuseForeignLeak(facts, leaked);
      // Consumers have another key to read already, so it was Inactive, and somebody has set it Active again.
      const isBack = key.status === 'Active' && readsAnotherKey(facts, inherited, leaked);
      if (stopHolder && isEmergency(inherited) && inherited.oldAccessKeyId === leaked && !isBack) {
        return refuse(
          'RotationInProgress',
          `${executionArnOf(owner)} is retiring ${mask(leaked)} already. ${unchanged} Watch that execution.`,
          'told',
        );
      }
      return carryOn(
        {
          ...inherited,
          oldAccessKeyId: leaked,
          leakedAccessKeyIds: [...new Set([...inherited.leakedAccessKeyIds, leaked])],
          supersededAccessKeyId: isEmergency(inherited)
            ? inherited.supersededAccessKeyId
            : inherited.oldAccessKeyId,
        },
        `Emergency: ${mask(leaked)} is retired at once.`,
      );
    }
    default:
      return carryOn(inherited, 'Continuing the rotation that an earlier execution left unfinished.');
  }
};

/** Whether a key is one of those that the rotation deals with, or the user's only one. */
const isTheRotations = (facts: PlanFacts, rotation: Rotation, accessKeyId: string): boolean =>
  isOnlyKey(facts) ||
  isLeaked(rotation, accessKeyId) ||
  [
    rotation.oldAccessKeyId,
    rotation.currentAccessKeyIdBefore,
    rotation.supersededAccessKeyId,
    facts.current === undefined ? null : currentKeyId(facts.current),
  ].includes(accessKeyId) ||
  [keyLabel(accessKeyId), publishedLabel(accessKeyId)].some((label) =>
    facts.secret.versionByLabel.has(label),
  );

/** Whether AWSCURRENT names another Active key, which has not leaked. */
const readsAnotherKey = ({ keys, current }: PlanFacts, rotation: Rotation, accessKeyId: string): boolean => {
  const currentId = current === undefined ? null : currentKeyId(current);
  return (
    currentId !== accessKeyId &&
    !isLeaked(rotation, currentId) &&
    findKey(keys, currentId)?.status === 'Active'
  );
};

const refuseForeignLeak = ({ input, enrolled, keys, ownership }: PlanFacts, leaked: string): Plan =>
  refuse(
    'AccessKeyConflict',
    `${mask(leaked)} is not in ${enrolled.secretId}, and no rotation of ours deals with it, so it is not this service's to ` +
      `touch. Nothing was changed. ${describeKeys(keys)} ${
        ownership.kind === 'other'
          ? `The user belongs to ${describeOwner(ownership.owner)}: start the emergency there, and consumers get another key ` +
            'first. If that takes too long, or the key is not in that secret either, deactivate'
          : 'Deactivate'
      } it by hand, now: ` +
      `${commands.setKeyStatus(input.userName, leaked, 'Inactive')}. Then see docs/runbook.md, "A key has leaked".`,
    'told',
  );

const refuseUnknownLeak = ({ input, keys }: PlanFacts, leaked: string): Plan =>
  refuse(
    'AccessKeyConflict',
    `The user ${input.userName} has no access key ${mask(leaked)}. Nothing was changed. ${describeKeys(keys)} Compare the ` +
      `whole ID with ${commands.listAccessKeys(input.userName)}. A key that is gone cannot be used any more, but sessions that were ` +
      'obtained with it can: see docs/runbook.md, "End sessions already obtained with a key".',
    'told',
  );

/** A leaked key while no rotation is under way. */
const planEmergency = (facts: PlanFacts, current: Exclude<CurrentValue, { kind: 'unreadable' }>): Plan => {
  const { input, keys } = facts;
  const leaked = input.accessKeyId ?? '';
  if (findKey(keys, leaked) === undefined) return refuseUnknownLeak(facts, leaked);
  const currentId = currentKeyId(current);
  // Only a key that the secret holds, or the user's only one, is the rotation's to touch.
  if (currentId !== leaked && !isOnlyKey(facts)) return refuseForeignLeak(facts, leaked);
  return beginRotation(facts, current, {
    oldAccessKeyId: leaked,
    leakedAccessKeyIds: [leaked],
    reason: `Emergency: ${mask(leaked)} is replaced and retired at once.`,
  });
};

/** A rotation that nothing precedes. */
const beginRotation = (
  facts: PlanFacts,
  current: CurrentValue,
  about: Pick<Rotation, 'oldAccessKeyId' | 'leakedAccessKeyIds'> & { readonly reason: string },
): Plan => {
  const { obstacle } = facts;
  return obstacle === undefined
    ? newRotation(facts, current, about)
    : refuseSecret(facts, obstacle.what, obstacle.next);
};

const newRotation = (
  { keys, owner, startTime }: PlanFacts,
  current: CurrentValue,
  { reason, ...about }: Parameters<typeof beginRotation>[2],
): Plan => ({
  kind: 'due',
  rotation: {
    rootRotationId: owner,
    currentAccessKeyIdBefore: currentKeyId(current),
    accessKeyIdsBefore: keys.map((key) => key.accessKeyId),
    inactiveAccessKeyIdsBefore: keys.filter((key) => key.status !== 'Active').map((key) => key.accessKeyId),
    startedAt: startTime,
    supersededAccessKeyId: null,
    ...about,
  },
  predecessorVersionId: null,
  reason,
});

const planFreshRotation = (
  facts: PlanFacts,
  current: Exclude<CurrentValue, { kind: 'unreadable' }>,
  now: Date,
): Plan => {
  const { input, enrolled, keys } = facts;
  const unchanged = nothingChanged(facts);
  const rotate = (oldAccessKeyId: string | null, reason: string): Plan =>
    refuseReplicas(facts) ??
    refuseAlarms(facts, facts.missingAlarms) ??
    refuseValidator(facts, facts.missingValidator) ??
    beginRotation(facts, current, { oldAccessKeyId, leakedAccessKeyIds: [], reason });

  if (current.kind === 'no-key') {
    const [only, second] = keys;
    if (only === undefined) return rotate(null, 'The user has no access key yet: a first one is created.');
    if (second !== undefined) {
      return refuse(
        'AccessKeyConflict',
        `The user ${input.userName} has ${keys.length} access keys, and the secret holds none, so nobody can tell which one ` +
          `is in use. ${unchanged} Delete the one that is not used (${keys.map((key) => commands.lastUseOfKey(key.accessKeyId)).join(' and ')} tell), or put ` +
          `the one that is used into ${enrolled.secretId}, and start again.`,
      );
    }
    return dueOrNot(facts, now, () =>
      rotate(
        only.accessKeyId,
        `The user's key ${mask(only.accessKeyId)} is not in the secret yet; its successor will be.`,
      ),
    );
  }

  const inUse = findKey(keys, current.accessKeyId);
  const others = keys.filter((key) => key.accessKeyId !== current.accessKeyId);
  if (inUse === undefined) {
    if (others.length >= 2) {
      return refuse(
        'AccessKeyConflict',
        `The secret holds ${mask(current.accessKeyId)}, which the user ${input.userName} does not have; the user has ` +
          `${keys.length} other keys. ${unchanged} Delete one that is not used and start again.`,
      );
    }
    return rotate(
      null,
      `The secret holds ${mask(current.accessKeyId)}, which does not exist: a new key is created at once.`,
    );
  }
  if (others.length > 0) {
    return refuse(
      'AccessKeyConflict',
      `Beside ${mask(inUse.accessKeyId)}, which is in the secret, the user ${input.userName} has ` +
        `${others.map((key) => mask(key.accessKeyId)).join(' and ')}, which is not ours, and AWS allows two. ` +
        `${unchanged} Delete the key that is not in the secret, if nothing uses it, and start again.`,
    );
  }
  if (inUse.status !== 'Active') {
    return rotate(
      inUse.accessKeyId,
      `The key in the secret, ${mask(inUse.accessKeyId)}, is ${inUse.status}: a new key is created at once.`,
    );
  }
  return dueOrNot(facts, now, () => rotate(inUse.accessKeyId, `Rotating ${mask(inUse.accessKeyId)}.`));
};

/** A schedule rotates when the oldest Active key is old enough; a person rotates at any age. */
const dueOrNot = (facts: PlanFacts, now: Date, rotate: () => Plan): Plan => {
  if (facts.input.trigger === 'manual') return rotate();
  const active = facts.keys.filter((key) => key.status === 'Active');
  const oldest = active.reduce<Date | undefined>(
    (found, key) => (found === undefined || key.createDate < found ? key.createDate : found),
    undefined,
  );
  if (oldest === undefined) return rotate();
  const due = after(oldest, facts.enrolled.rotateAfter);
  if (due <= now) return rotate();
  if (facts.damage !== undefined) return refuseDamaged(facts, facts.damage);
  return {
    kind: 'nothing-to-do',
    reason: `Not due: the key of ${facts.input.userName} is due on ${due.toISOString()}.`,
  };
};
