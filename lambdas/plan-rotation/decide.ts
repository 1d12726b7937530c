import type { EnrolledUser } from '../shared/contract/enrolment';
import type { LeakTold, Refusal, RotationErrorName } from '../shared/contract/errors';
import type { IntentHolder, LockHolder } from '../shared/findings/lock-holder';
import {
  type Ownership,
  type OwnershipProblem,
  ownershipValue,
  refuseUser,
} from '../shared/findings/ownership';
import {
  type CurrentProblem,
  type CurrentValue,
  currentKeyId,
  findKey,
  namedKeyIds,
} from '../shared/findings/situation';
import type { Stranger } from '../shared/findings/whose-key';
import type { SecretDescription } from '../shared/gateways/secret-gateway';
import { type RollbackObstacle, whyNotRollBack } from '../shared/recovery/rollback';
import type { AccessKey } from '../shared/rotation/access-key';
import { after, later, milliseconds } from '../shared/rotation/calendar';
import { type Course, courseOf, ORDINARY } from '../shared/rotation/course';
import { leakToldBy } from '../shared/rotation/leak';
import { isEmergency, isLeaked, type Rotation, type RotationInput } from '../shared/rotation/rotation-state';
import type { Obstacle } from '../shared/secret/key-document';
import { type Pause, pauseOf } from '../shared/secret/pause';
import type { Intent } from '../shared/secret/secret-document';
import {
  executionArnOf,
  keyLabel,
  labelsTooMany,
  ownersLabels,
  publishedLabel,
} from '../shared/secret/versions';
import type { Damage } from './damage';
import {
  type InventoryWhy,
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
  /** The execution's definition has a way for a notice ahead of the rotation. */
  readonly knowsNotice: boolean;
  /** An earlier execution that is waiting after its notice of this rotation; undefined as well when nobody has looked. */
  readonly noticeGivenBy: string | undefined;
  /** Why AWSCURRENT could not take a new key. */
  readonly obstacle: Obstacle | undefined;
  /** Owner and start time of this execution, for a rotation that begins with it. */
  readonly owner: string;
  readonly startTime: string;
}

/** Why a rotation starts, or goes on. */
export type StartWhy =
  /** The user has no key yet. */
  | { readonly code: 'first-key' }
  /** The user's only key is not in the secret. */
  | { readonly code: 'key-not-in-secret'; readonly accessKeyId: string }
  /** The user's only key is in the secret, but only as the user name of a login. */
  | { readonly code: 'key-only-as-login'; readonly accessKeyId: string }
  /** The key in the secret does not exist. */
  | { readonly code: 'key-gone'; readonly accessKeyId: string }
  /** The key in the secret is not Active. */
  | { readonly code: 'key-not-active'; readonly accessKeyId: string; readonly status: string }
  /** The key in the secret is old enough, or a person wants another one. */
  | { readonly code: 'key-due'; readonly accessKeyId: string }
  /** A key has leaked while no rotation was under way. */
  | { readonly code: 'key-leaked'; readonly accessKeyId: string }
  /** An unfinished rotation goes on as what it was. */
  | { readonly code: 'unfinished' }
  /** An unfinished rotation goes back. */
  | { readonly code: 'rollback'; readonly accessKeyId: string | null }
  /** An unfinished rotation goes on without delay: a key has leaked. */
  | { readonly code: 'key-leaked-meanwhile'; readonly accessKeyId: string };

/** Why nothing is to be done. */
export type NothingToDoWhy =
  | { readonly code: 'paused'; readonly pause: Pause; readonly isUnfinished: boolean }
  | { readonly code: 'running'; readonly executionArn: string }
  | { readonly code: 'nothing-to-resume' }
  /** Another execution has given notice, and waits. */
  | { readonly code: 'notice-given'; readonly executionArn: string }
  | { readonly code: 'not-due'; readonly due: Date };

/** A rotation is about to start by schedule. */
export interface NoticeWhy {
  readonly code: 'notice';
  /** The key that is replaced. */
  readonly accessKeyId: string | null;
  /** When it begins. */
  readonly until: Date;
}

/** The rotation is on hold after a rollback, or without an acknowledgement. */
interface OnHoldWhy {
  readonly code: 'on-hold';
}

/** What becomes of the keys of a rotation that has ended, for a person who wants the old one back. */
export type LeftBehind =
  /** A key beside the one in AWSCURRENT is Inactive. */
  | { readonly code: 'inactive'; readonly accessKeyId: string }
  /** Keys beside the one in AWSCURRENT are Active. */
  | { readonly code: 'active'; readonly accessKeyIds: readonly string[] }
  | { readonly code: 'none' };

/** Why a rotation is refused. */
export type RefusalWhy =
  | OnHoldWhy
  | OwnershipProblem
  | InventoryWhy
  | { readonly code: 'scheduled-for-deletion' }
  /** Secrets Manager's own rotation is on. */
  | { readonly code: 'rotation-enabled' }
  /** The owner has so many labels too many, this one among them. */
  | {
      readonly code: 'too-many-labels';
      readonly tooMany: number;
      readonly label: string;
      readonly versionId: string;
    }
  | { readonly code: 'no-current' }
  | { readonly code: 'unreadable-current'; readonly problem: CurrentProblem }
  /** AWSCURRENT could not take a new key. */
  | { readonly code: 'obstacle'; readonly obstacle: Obstacle }
  /** AWSPENDING is on what is no intent. */
  | { readonly code: 'foreign-lock'; readonly versionId: string }
  /** A rotation is running, and a person wants another one. */
  | { readonly code: 'in-progress'; readonly executionArn: string }
  /** The lock is of a former user of the same name. */
  | { readonly code: 'another-user'; readonly formerUserId: string }
  | {
      readonly code: 'nothing-to-roll-back';
      readonly left: LeftBehind;
      readonly current: CurrentValue;
    }
  /** A rotation is unfinished, and its old key cannot be brought back. */
  | { readonly code: 'no-way-back'; readonly obstacle: RollbackObstacle }
  /** Another execution is retiring the leaked key already. */
  | { readonly code: 'retired-already'; readonly accessKeyId: string; readonly executionArn: string }
  /** A key is said to have leaked that the user does not have. */
  | { readonly code: 'unknown-leak'; readonly accessKeyId: string }
  /** A key has leaked that is not the rotation's to touch. */
  | { readonly code: 'foreign-leak'; readonly accessKeyId: string }
  /** The secret holds no key, and the user has several. */
  | { readonly code: 'ambiguous-keys' }
  /** The secret holds a key that does not exist, and the user has as many others as AWS allows. */
  | { readonly code: 'key-gone-and-no-room'; readonly accessKeyId: string }
  /** Beside the key in the secret the user has others. */
  | { readonly code: 'other-keys'; readonly accessKeyId: string; readonly others: readonly string[] };

/** Why a plan is as it is. */
export type PlanWhy = StartWhy | NothingToDoWhy | NoticeWhy | RefusalWhy;

/** What a person can do by hand while a plan is refused. */
export interface ByHand {
  /** A leaked key is still Active; or an old one that a rollback would have brought back is not. */
  readonly code: 'retire-leaked-key' | 'bring-old-key-back';
  readonly accessKeyId: string;
}

/** A rotation that does not start. */
interface PlanRefusal extends Refusal<RefusalWhy> {
  readonly byHand?: ByHand | undefined;
}

/** A rotation that starts, or goes on. */
export type Start = {
  readonly rotation: Rotation;
  readonly predecessorVersionId: string | null;
  readonly why: StartWhy;
} & (
  | { readonly kind: 'due' }
  /** The execution of the predecessor has to be stopped before. */
  | { readonly kind: 'stop-first'; readonly executionArn: string }
);

/** What to do, and why. */
export type Plan =
  | Start
  | { readonly kind: 'nothing-to-do'; readonly why: NothingToDoWhy }
  | { readonly kind: 'on-hold'; readonly why: OnHoldWhy }
  /** People are told of the rotation. It begins when the notice has passed. */
  | { readonly kind: 'notice'; readonly until: Date; readonly why: NoticeWhy }
  | PlanRefusal;

const refuse = (error: RotationErrorName, why: RefusalWhy, leak?: LeakTold): PlanRefusal => ({
  kind: 'refuse',
  error,
  why,
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
const withWayByHand = (facts: PlanFacts, refusal: PlanRefusal): PlanRefusal => {
  // Somebody is at it, or the message has said it.
  if (refusal.error === 'RotationInProgress' || refusal.leak === 'told') return refusal;
  const exposed = leftExposed(facts);
  if (exposed !== undefined) {
    const { accessKeyId } = exposed;
    return { ...refusal, byHand: { code: 'retire-leaked-key', accessKeyId }, leak: 'told' };
  }
  const old = refusal.error === 'SecretConflict' ? leftInactive(facts) : undefined;
  if (old === undefined) return refusal;
  return { ...refusal, byHand: { code: 'bring-old-key-back', accessKeyId: old.accessKeyId } };
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
  return old?.status === 'Active' || whyNotRollBack(intent, keys) !== undefined ? undefined : old;
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

const waitInPause = (facts: PlanFacts): Plan | undefined => {
  const { input, enrolled, secret, holder } = facts;
  const pause = pauseOf(secret.pauseTag, enrolled.paused);
  if (pause === undefined || !PAUSED_ACTIONS.includes(input.action) || !courseOfHolder(facts).respectsPause) {
    return undefined;
  }
  return { kind: 'nothing-to-do', why: { code: 'paused', pause, isUnfinished: holder !== undefined } };
};

/** The actions that need the user to be this secret's. */
const CLAIMING_ACTIONS: readonly string[] = ['rotate', 'resume'];

/**
 * A user that belongs to another secret is not rotated. What brings an old key back, or takes a leaked one out of service,
 * is not refused for the mark.
 */
const refuseOwnership = (facts: PlanFacts): PlanRefusal | undefined => {
  const { input, enrolled, ownership, owner, holder } = facts;
  if (!CLAIMING_ACTIONS.includes(input.action) || !courseOfHolder(facts).claimsUser) return undefined;
  if (ownership.kind === 'other') {
    const own = ownershipValue(enrolled.secretId, owner);
    return refuseUser({ code: 'another-secrets', owner: ownership.owner, own });
  }
  // An unfinished rotation may need no further key.
  return ownership.kind === 'unmarked' && !ownership.hasRoom && holder === undefined
    ? refuseUser({ code: 'no-room-for-mark' })
    : undefined;
};

/** Whether a key that the user alone has must be this secret's to touch. */
const isOnlyKey = ({ keys, ownership }: PlanFacts): boolean =>
  keys.length === 1 && ownership.kind !== 'other';

/**
 * Whether an emergency may retire a key that the secret does not name. The keys of a user that belongs to another secret are that
 * one's to touch.
 */
const containsForeign = ({ enrolled, ownership }: PlanFacts): boolean =>
  enrolled.containForeignKeys && ownership.kind !== 'other';

/** A secret that a rotation, or at least a rollback, can work with. */
interface UsableSecret {
  readonly kind: 'usable';
  readonly current: CurrentValue;
  readonly holder: IntentHolder | undefined;
}

const usableSecret = (facts: PlanFacts): UsableSecret | PlanRefusal => {
  const { input, secret, current, holder, stranger } = facts;
  const unusable = refuseBlockedSecret(facts);
  if (unusable !== undefined) return unusable;
  // To bring the old key back, neither what AWSCURRENT holds is needed nor another label.
  const goesBack = input.action === 'rollback' && current !== undefined;
  const tooMany = labelsTooMany(secret.versionByLabel.keys());
  if (tooMany > 0 && !goesBack) return refuseLabels(secret, tooMany);
  if (current === undefined) return refuse('SecretConflict', { code: 'no-current' });
  if (current.kind === 'unreadable' && !goesBack) {
    return refuse('SecretConflict', { code: 'unreadable-current', problem: current.problem });
  }
  if (stranger !== undefined && !goesBack) return refuseStranger(stranger);
  return holder?.kind === 'foreign'
    ? refuse('SecretConflict', { code: 'foreign-lock', versionId: holder.versionId })
    : { kind: 'usable', current, holder };
};

const refuseBlockedSecret = ({ secret }: PlanFacts): PlanRefusal | undefined => {
  if (secret.scheduledForDeletion) return refuse('SecretConflict', { code: 'scheduled-for-deletion' });
  return secret.rotationEnabled ? refuse('SecretConflict', { code: 'rotation-enabled' }) : undefined;
};

const refuseLabels = ({ versionByLabel }: SecretDescription, tooMany: number): PlanRefusal => {
  const [label = ''] = ownersLabels(versionByLabel.keys());
  const versionId = versionByLabel.get(label) ?? '';
  return refuse('SecretConflict', { code: 'too-many-labels', tooMany, label, versionId });
};

/** A rotation that is running is let alone, unless a person wants it to end. */
const waitForHolder = (facts: PlanFacts, { holder }: UsableSecret): Plan | undefined => {
  const { input } = facts;
  const interrupts = input.action === 'rollback' || input.action === 'emergency';
  if (holder?.execution.kind === 'running' && !interrupts) {
    const executionArn = executionArnOf(holder.intent.owner);
    return input.trigger === 'schedule'
      ? { kind: 'nothing-to-do', why: { code: 'running', executionArn } }
      : refuse('RotationInProgress', { code: 'in-progress', executionArn });
  }
  return undefined;
};

const waitOnHold = (facts: PlanFacts): Plan | undefined => {
  const { input, onHold } = facts;
  if (!onHold || input.action !== 'rotate' || !courseOfHolder(facts).respectsHold) return undefined;
  const why = { code: 'on-hold' } as const;
  return input.trigger === 'schedule' ? { kind: 'on-hold', why } : refuse('RotationOnHold', why);
};

/** No rotation is unfinished. */
const planFromScratch = (facts: PlanFacts, current: CurrentValue, now: Date): Plan => {
  const { input } = facts;
  if (input.action === 'rollback' || current.kind === 'unreadable') return refuseRollback(facts, current);
  if (input.action === 'emergency') return planEmergency(facts, current);
  if (input.action === 'resume' && !facts.onHold) {
    return { kind: 'nothing-to-do', why: { code: 'nothing-to-resume' } };
  }
  return planFreshRotation(facts, current, now);
};

/** The lock remembers an unfinished rotation, of this user or of a former one of the same name. */
const planFromIntent = (facts: PlanFacts, holder: IntentHolder): Plan =>
  holder.intent.userId === facts.userId
    ? planContinuation(facts, holder)
    : refuse('StateDrift', { code: 'another-user', formerUserId: holder.intent.userId });

/** There is nothing to roll back; but a rotation that gave up may have left its old key behind. */
const refuseRollback = ({ keys }: PlanFacts, current: CurrentValue): PlanRefusal => {
  const currentId = currentKeyId(current);
  const others = keys.filter((key) => key.accessKeyId !== currentId);
  return refuse('NothingToRollBack', { code: 'nothing-to-roll-back', left: leftBehind(others), current });
};

const leftBehind = (others: readonly AccessKey[]): LeftBehind => {
  const inactive = others.find((key) => key.status !== 'Active');
  if (inactive !== undefined) return { code: 'inactive', accessKeyId: inactive.accessKeyId };
  return others.length > 0
    ? { code: 'active', accessKeyIds: others.map((key) => key.accessKeyId) }
    : { code: 'none' };
};

/** The unfinished rotation that a lock stands for goes on, goes back, or goes on without delay. */
const planContinuation = (facts: PlanFacts, holder: IntentHolder): Plan => {
  const { input, keys } = facts;
  const { kind: _kind, owner, userId: _userId, ...inherited } = holder.intent;
  const stopHolder = holder.execution.kind === 'running';
  const executionArn = executionArnOf(owner);
  const carryOn = (rotation: Rotation, why: StartWhy): Start => ({
    ...(stopHolder ? { kind: 'stop-first', executionArn } : { kind: 'due' }),
    rotation,
    predecessorVersionId: holder.versionId,
    why,
  });
  switch (input.action) {
    case 'rollback': {
      const obstacle = whyNotRollBack(inherited, keys);
      return obstacle === undefined
        ? carryOn(inherited, { code: 'rollback', accessKeyId: inherited.oldAccessKeyId })
        : refuse('NothingToRollBack', { code: 'no-way-back', obstacle });
    }
    case 'emergency': {
      const leaked = input.accessKeyId ?? '';
      const key = findKey(keys, leaked);
      if (key === undefined) return refuseUnknownLeak(leaked);
      if (!isTheRotations(facts, inherited, leaked) && !containsForeign(facts)) {
        return refuseForeignLeak(leaked);
      }
      // Consumers have another key to read already, so it was Inactive, and somebody has set it Active again.
      const isBack = key.status === 'Active' && readsAnotherKey(facts, inherited, leaked);
      // Whoever accepts an outage now does not wait for one who did not.
      const isSooner =
        key.status === 'Active' && acceptedOutage(input) !== undefined && inherited.outage === undefined;
      const isSame = isEmergency(inherited) && inherited.oldAccessKeyId === leaked;
      if (stopHolder && isSame && !isBack && !isSooner) {
        const why = { code: 'retired-already', accessKeyId: leaked, executionArn } as const;
        return refuse('RotationInProgress', why, 'told');
      }
      return carryOn(
        {
          ...inherited,
          oldAccessKeyId: leaked,
          leakedAccessKeyIds: [...new Set([...inherited.leakedAccessKeyIds, leaked])],
          outage: acceptedOutage(input),
          supersededAccessKeyId: isEmergency(inherited)
            ? inherited.supersededAccessKeyId
            : inherited.oldAccessKeyId,
        },
        { code: 'key-leaked-meanwhile', accessKeyId: leaked },
      );
    }
    default:
      return carryOn(inherited, { code: 'unfinished' });
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
    ...(facts.current === undefined ? [] : namedKeyIds(facts.current)),
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

const refuseForeignLeak = (accessKeyId: string): PlanRefusal =>
  refuse('AccessKeyConflict', { code: 'foreign-leak', accessKeyId }, 'told');

const refuseUnknownLeak = (accessKeyId: string): PlanRefusal =>
  refuse('AccessKeyConflict', { code: 'unknown-leak', accessKeyId }, 'told');

/** A leaked key while no rotation is under way. */
const planEmergency = (facts: PlanFacts, current: Exclude<CurrentValue, { kind: 'unreadable' }>): Plan => {
  const { input, keys } = facts;
  const leaked = input.accessKeyId ?? '';
  if (findKey(keys, leaked) === undefined) return refuseUnknownLeak(leaked);
  // Only a key that the secret names, or the user's only one, is the rotation's to touch, unless the settings say more.
  const isOurs = namedKeyIds(current).includes(leaked) || isOnlyKey(facts) || containsForeign(facts);
  if (!isOurs) return refuseForeignLeak(leaked);
  return beginRotation(facts, current, {
    oldAccessKeyId: leaked,
    leakedAccessKeyIds: [leaked],
    why: { code: 'key-leaked', accessKeyId: leaked },
  });
};

/** Whether an emergency may make programs fail. What is not said takes no bytes in the intent. */
const acceptedOutage = ({ outage }: RotationInput): Rotation['outage'] =>
  outage === 'accepted' ? outage : undefined;

/** A rotation that nothing precedes. */
const beginRotation = (
  facts: PlanFacts,
  current: CurrentValue,
  about: Pick<Rotation, 'oldAccessKeyId' | 'leakedAccessKeyIds'> & Pick<Start, 'why'>,
): Plan => {
  const { obstacle } = facts;
  return obstacle === undefined
    ? newRotation(facts, current, about)
    : refuse('SecretConflict', { code: 'obstacle', obstacle });
};

const newRotation = (
  { input, keys, owner, startTime }: PlanFacts,
  current: CurrentValue,
  { why, ...about }: Parameters<typeof beginRotation>[2],
): Start => ({
  kind: 'due',
  rotation: {
    rootRotationId: owner,
    currentAccessKeyIdBefore: currentKeyId(current),
    accessKeyIdsBefore: keys.map((key) => key.accessKeyId),
    inactiveAccessKeyIdsBefore: keys.filter((key) => key.status !== 'Active').map((key) => key.accessKeyId),
    startedAt: startTime,
    supersededAccessKeyId: null,
    outage: acceptedOutage(input),
    ...about,
  },
  predecessorVersionId: null,
  why,
});

/** @param named - the key that the secret names. */
const refuseOtherKeys = ({ keys }: PlanFacts, named: AccessKey): PlanRefusal => {
  const others = keys.filter((key) => key !== named).map((key) => key.accessKeyId);
  return refuse('AccessKeyConflict', { code: 'other-keys', accessKeyId: named.accessKeyId, others });
};

const planFreshRotation = (
  facts: PlanFacts,
  current: Exclude<CurrentValue, { kind: 'unreadable' }>,
  now: Date,
): Plan => {
  const { keys } = facts;
  const rotate = (oldAccessKeyId: string | null, why: StartWhy): Plan =>
    refuseReplicas(facts) ??
    refuseAlarms(facts.missingAlarms) ??
    refuseValidator(facts.missingValidator) ??
    beginRotation(facts, current, { oldAccessKeyId, leakedAccessKeyIds: [], why });

  if (current.kind === 'no-key') {
    const [only, second] = keys;
    if (only === undefined) return rotate(null, { code: 'first-key' });
    const named = keys.find(({ accessKeyId }) => namedKeyIds(current).includes(accessKeyId));
    if (second !== undefined) {
      return named === undefined
        ? refuse('AccessKeyConflict', { code: 'ambiguous-keys' })
        : refuseOtherKeys(facts, named);
    }
    const { accessKeyId } = only;
    const code = named === undefined ? 'key-not-in-secret' : 'key-only-as-login';
    return dueOrNot(facts, now, () => rotate(accessKeyId, { code, accessKeyId }));
  }

  const { accessKeyId } = current;
  const inUse = findKey(keys, accessKeyId);
  const others = keys.filter((key) => key.accessKeyId !== accessKeyId).map((key) => key.accessKeyId);
  if (inUse === undefined) {
    return others.length >= 2
      ? refuse('AccessKeyConflict', { code: 'key-gone-and-no-room', accessKeyId })
      : rotate(null, { code: 'key-gone', accessKeyId });
  }
  if (others.length > 0) return refuseOtherKeys(facts, inUse);
  const { status } = inUse;
  return status === 'Active'
    ? dueOrNot(facts, now, () => rotate(accessKeyId, { code: 'key-due', accessKeyId }))
    : rotate(accessKeyId, { code: 'key-not-active', accessKeyId, status });
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
  const { noticeUntil } = facts.input;
  const due = after(oldest, facts.enrolled.rotateAfter);
  // Clocks differ: what this execution has waited for is over.
  const isDue = due <= (noticeUntil === undefined ? now : later(now, new Date(noticeUntil)));
  // Consumers that read no key that works are not left waiting for two days.
  if (isDue && (noticeUntil !== undefined || facts.damage !== undefined)) return rotate();
  if (facts.damage !== undefined) return refuseDamaged(facts.damage);
  const notice = noticeUntil === undefined ? noticeOf(facts) : 0;
  if (notice > 0 && due.getTime() - notice <= now.getTime()) return giveNotice(facts, now, rotate());
  return isDue ? rotate() : { kind: 'nothing-to-do', why: { code: 'not-due', due } };
};

/** How long before its start people are told of a rotation by schedule, in milliseconds; 0: they are not. */
const noticeOf = ({ knowsNotice, enrolled }: PlanFacts): number =>
  knowsNotice ? milliseconds(enrolled.noticeBefore) : 0;

/** People are told of a rotation that nothing stands in the way of, and once. */
const giveNotice = ({ enrolled, noticeGivenBy }: PlanFacts, now: Date, plan: Plan): Plan => {
  if (plan.kind !== 'due') return plan;
  if (noticeGivenBy !== undefined) {
    return { kind: 'nothing-to-do', why: { code: 'notice-given', executionArn: noticeGivenBy } };
  }
  const until = after(now, enrolled.noticeBefore);
  const { oldAccessKeyId } = plan.rotation;
  return { kind: 'notice', until, why: { code: 'notice', accessKeyId: oldAccessKeyId, until } };
};
