import type { Refusal, RotationErrorName } from '../shared/contract/errors';
import { type Attribution, overdueAt } from '../shared/findings/attribution';
import type { IntentHolder, LockHolder } from '../shared/findings/lock-holder';
import { currentKeyId, findKey } from '../shared/findings/situation';
import { mayBeLate } from '../shared/gateways/late-reads';
import { whyNotRollBack } from '../shared/recovery/rollback';
import type { AccessKey } from '../shared/rotation/access-key';
import { courseOf } from '../shared/rotation/course';
import { isEmergency, isLeaked, type Rotation, type RotationInput } from '../shared/rotation/rotation-state';
import { executionArnOf, publishedLabel } from '../shared/secret/versions';
import type { CreateDecision, CreateFacts, CreateWhy } from './decision';
import { leakedKey, makesRoom, noRoomForLeak, retireLeakedKey, withLeakedKeyLeft } from './emergency';

/** Who holds the lock, seen from the execution that wants it. */
export type LockFacts =
  /** `planned`: who held it when the rotation was planned. */
  | { readonly kind: 'free'; readonly planned?: IntentHolder | undefined }
  | { readonly kind: 'ours' }
  /** An earlier step of this execution has seen to it that nothing of its execution can be alive any more. */
  | { readonly kind: 'at-rest'; readonly versionId: string }
  | Exclude<LockHolder, IntentHolder>
  /** `restsAt`: when nothing of its execution can be alive any more; undefined: it runs, or that is not known. */
  | (IntentHolder & { readonly restsAt: Date | undefined });

/** Why the lock is not to be had. */
export type LockWhy =
  /** The rotation was put on hold since it was planned. */
  | { readonly code: 'put-on-hold' }
  /** The unfinished rotation that was to be continued has ended. */
  | { readonly code: 'predecessor-over' }
  /** AWSPENDING is on what is no intent. */
  | { readonly code: 'foreign-lock'; readonly versionId: string }
  /** Another execution is at it, has ended a moment ago, or has been at it since the plan. */
  | {
      readonly code: 'running' | 'just-ended' | 'another-rotation';
      readonly executionArn: string;
    };

/** How to get the lock. */
export type LockDecision =
  | { readonly kind: 'keep' }
  /** `from` undefined: the label is on no version. */
  | { readonly kind: 'take'; readonly from: string | undefined }
  | { readonly kind: 'nothing-to-do'; readonly why: LockWhy }
  | Refusal<LockWhy>;

/**
 * Decides how to get the lock. A predecessor's lock is taken over only when its execution is over and whatever
 * it still had in flight has had time to end.
 */
export const decideLock = (
  lock: LockFacts,
  plan: {
    readonly predecessorVersionId: string | null;
    readonly trigger: 'manual' | 'schedule';
    readonly action: RotationInput['action'];
    /** The hold is set, and the rotation is one that it stops. */
    readonly onHold: boolean;
  },
  now: Date,
): LockDecision => {
  if (lock.kind === 'ours') return { kind: 'keep' };
  // What a person asks for never ends well without being done; an earlier release let it come by schedule, too.
  const mayPass = plan.trigger === 'schedule' && plan.action === 'rotate';
  // A rollback may have ended while this execution planned, and its hold was not there yet when the plan looked.
  if (plan.onHold && plan.action === 'rotate') {
    const why: LockWhy = { code: 'put-on-hold' };
    return mayPass ? { kind: 'nothing-to-do', why } : refuse('RotationOnHold', why);
  }
  if (lock.kind === 'at-rest') return { kind: 'take', from: lock.versionId };
  if (lock.kind === 'free') {
    const { planned } = lock;
    // The read may be of before the predecessor took the lock.
    if (planned !== undefined && hasJustEnded(planned, now)) return refuseUnrested(planned.intent.owner);
    return plan.predecessorVersionId === null
      ? { kind: 'take', from: undefined }
      : refuse('StateDrift', { code: 'predecessor-over' });
  }
  if (lock.kind === 'foreign') {
    return refuse('SecretConflict', { code: 'foreign-lock', versionId: lock.versionId });
  }
  const {
    intent: { owner },
    execution,
    restsAt,
  } = lock;
  if (execution.kind === 'running') {
    const why: LockWhy = { code: 'running', executionArn: executionArnOf(owner) };
    return mayPass ? { kind: 'nothing-to-do', why } : refuse('RotationInProgress', why);
  }
  if (restsAt === undefined || now < restsAt) return refuseUnrested(owner);
  return plan.predecessorVersionId === lock.versionId
    ? { kind: 'take', from: lock.versionId }
    : refuse('StateDrift', { code: 'another-rotation', executionArn: executionArnOf(owner) });
};

const hasJustEnded = ({ execution }: IntentHolder, now: Date): boolean =>
  execution.kind === 'stopped' && mayBeLate(execution.stoppedAt, now);

const refuseUnrested = (owner: string): Refusal<LockWhy> =>
  refuse('RotationInProgress', { code: 'just-ended', executionArn: executionArnOf(owner) });

const refuse = (error: RotationErrorName, why: LockWhy): Refusal<LockWhy> => ({ kind: 'refuse', error, why });

/** Keys that nothing explains: new since the rotation began, and in no version of the secret. */
export const unexplainedKeys = (
  facts: Pick<CreateFacts, 'keys' | 'rotation' | 'stored' | 'current'>,
): readonly AccessKey[] =>
  facts.keys.filter(
    (key) =>
      !facts.rotation.accessKeyIdsBefore.includes(key.accessKeyId) &&
      !facts.stored.some((own) => own.accessKeyId === key.accessKeyId) &&
      key.accessKeyId !== currentKeyId(facts.current),
  );

/**
 * Decides, on a fresh read under the lock, how the rotation goes on, and hands on what it is about then: of several leaked
 * keys, one that is left.
 */
export const decideCreate = (found: CreateFacts): CreateDecision & { readonly rotation: Rotation } => {
  const rotation = withLeakedKeyLeft(found.rotation, found.keys);
  const decision = decide({ ...found, rotation });
  if (decision.kind !== 'create') return { ...decision, rotation };
  // The key that makes room may be the very one that was to be retired.
  const left = found.keys.filter(({ accessKeyId }) => accessKeyId !== decision.deleteEarly);
  return { ...decision, rotation: withLeakedKeyLeft(found.rotation, left) };
};

const decide = (facts: CreateFacts): CreateDecision =>
  facts.rollback
    ? rollBackByHand(facts)
    : (giveUpUnusableCurrent(facts) ??
      retireLeakedKey(facts) ??
      goOnAfterPublication(facts) ??
      waitForAttribution(facts) ??
      giveUpReplaced(facts) ??
      adoptStoredKey(facts) ??
      createIfThereIsRoom(facts));

/** AWSCURRENT holds what no key may take the place of. */
const giveUpUnusableCurrent = (facts: CreateFacts): CreateDecision | undefined => {
  const { stored, outcomeUnknown, rotation } = facts;
  const why = whyUnusable(facts);
  if (why === undefined) return undefined;
  return {
    kind: 'give-up',
    error: 'SecretConflict',
    discard: [],
    // Only the lock knows that a key has leaked.
    release: stored.length === 0 && !outcomeUnknown && !isEmergency(rotation),
    why,
  };
};

const whyUnusable = ({ current, stranger }: CreateFacts): CreateWhy | undefined => {
  if (current.kind === 'unreadable') return { code: 'unreadable-current', problem: current.problem };
  return stranger && { code: 'strangers-key', stranger };
};

const isOurs = ({ stored }: CreateFacts, accessKeyId: string | null): boolean =>
  stored.some((own) => own.accessKeyId === accessKeyId);

/** Consumers read a key of this rotation's already. */
const goOnAfterPublication = (facts: CreateFacts): CreateDecision | undefined => {
  const { rotation, keys, current } = facts;
  const currentId = currentKeyId(current);
  if (currentId === null || !isOurs(facts, currentId) || isEmergency(rotation)) return undefined;
  const published = findKey(keys, currentId);
  const old = findKey(keys, rotation.oldAccessKeyId);
  if (published?.status === 'Active') return continueAfterPublication(facts, currentId, old);
  // The published key is unusable. Without an old one to go back to, a new key is the way forward.
  if (published === undefined || old === undefined) return undefined;
  return {
    kind: 'restore',
    error: 'StateDrift',
    newAccessKeyId: currentId,
    why: { code: 'published-key-changed', published },
  };
};

const unexplainedAs = (facts: CreateFacts, wanted: Attribution): readonly AccessKey[] =>
  unexplainedKeys(facts).filter(({ accessKeyId }) => {
    const found = facts.attributions.get(accessKeyId) ?? 'unknown-yet';
    return (facts.outcomeUnknown ? found : 'not-ours') === wanted;
  });

const waitForAttribution = (facts: CreateFacts): CreateDecision | undefined => {
  const pending = unexplainedAs(facts, 'unknown-yet');
  if (pending.length > 0) {
    return {
      kind: 'wait',
      why: { code: 'unattributed', keys: pending, overdue: overdueAt(pending, facts.now) },
    };
  }
  return undefined;
};

/** Keys of ours that are of no use. What was published may be in use, and is left to a person. */
const disposableKeys = (facts: CreateFacts): readonly string[] => [
  ...facts.stored
    .filter((own) => !own.published && own.accessKeyId !== currentKeyId(facts.current))
    .map((own) => own.accessKeyId),
  ...unexplainedAs(facts, 'ours')
    .map((key) => key.accessKeyId)
    .filter((accessKeyId) => !facts.versionByLabel.has(publishedLabel(accessKeyId))),
];

/** Somebody has put another key into AWSCURRENT since the rotation began. */
const giveUpReplaced = (facts: CreateFacts): CreateDecision | undefined => {
  const { rotation, current } = facts;
  const currentId = currentKeyId(current);
  const isNew = currentId !== rotation.currentAccessKeyIdBefore && !isLeaked(rotation, currentId);
  if (!isNew || isOurs(facts, currentId) || isGone(facts, currentId)) return undefined;
  // A leaked key is replaced whatever somebody has put there: planned anew, the rotation would not know of the leak.
  if (leakedKey(facts) !== undefined) return undefined;
  return giveUp('StateDrift', disposableKeys(facts), { code: 'current-replaced', accessKeyId: currentId });
};

/** A key that was stored, and not condemned, goes on to its test. */
const adoptStoredKey = ({ rotation, keys, current, stored }: CreateFacts): CreateDecision | undefined => {
  // A key with the mark is never deleted, so it can be taken up again even if it was condemned at the same moment.
  const usable = stored.find(
    (own) =>
      (own.publishable || own.published) &&
      own.accessKeyId !== currentKeyId(current) &&
      !isLeaked(rotation, own.accessKeyId) &&
      findKey(keys, own.accessKeyId)?.status === 'Active',
  );
  return (
    usable && { kind: 'adopt', key: usable, why: { code: 'key-stored', accessKeyId: usable.accessKeyId } }
  );
};

const createIfThereIsRoom = (facts: CreateFacts): CreateDecision => {
  const { rotation, keys, obstacle } = facts;
  const disposable = disposableKeys(facts);
  const early = courseOf(rotation).mayDeleteEarly && disposable.length === 0 ? makesRoom(facts) : undefined;
  const remaining = keys.filter((key) => !disposable.includes(key.accessKeyId) && key !== early);
  if (remaining.length < 2 && obstacle !== undefined) {
    return {
      ...giveUp('SecretConflict', disposable, { code: 'obstacle', obstacle }),
      // Only the lock knows that a key has leaked.
      release: !isEmergency(rotation),
    };
  }
  if (remaining.length < 2) {
    return {
      kind: 'create',
      discard: disposable,
      deleteEarly: early?.accessKeyId,
      why: { code: 'key-needed', discard: disposable },
    };
  }
  const leaked = leakedKey(facts);
  if (leaked !== undefined) return noRoomForLeak(facts, leaked);
  const forgotten = unexplainedAs(facts, 'forgotten');
  return giveUp('AccessKeyConflict', disposable, { code: 'no-room', remaining, forgotten });
};

/** A person wants the old key back, wherever the rotation stands. */
const rollBackByHand = ({ rotation, keys, current, stored }: CreateFacts): CreateDecision => {
  const obstacle = whyNotRollBack(rotation, keys);
  if (obstacle !== undefined) {
    return {
      kind: 'give-up',
      error: 'NothingToRollBack',
      discard: [],
      // The rotation stays where it is, for the next execution.
      release: false,
      why: { code: 'no-way-back', obstacle },
    };
  }
  const currentId = currentKeyId(current);
  const published = stored.find((own) => own.accessKeyId === currentId);
  return {
    kind: 'restore',
    error: null,
    newAccessKeyId: published?.accessKeyId ?? null,
    why: { code: 'rollback-asked-for' },
  };
};

/** AWSCURRENT names a key that does not exist: whatever put it there, nobody can use it. */
const isGone = (facts: CreateFacts, currentId: string | null): boolean =>
  currentId !== null && findKey(facts.keys, currentId) === undefined;

const continueAfterPublication = (
  { rotation }: CreateFacts,
  newAccessKeyId: string,
  old: AccessKey | undefined,
): CreateDecision => {
  const goOn = (status: 'published' | 'deactivated' | 'retired', why: CreateWhy): CreateDecision => ({
    kind: 'continue',
    status,
    newAccessKeyId,
    why,
  });
  if (rotation.oldAccessKeyId === null)
    return goOn('retired', { code: 'published-first-key', newAccessKeyId });
  if (old === undefined) return goOn('retired', { code: 'published-old-key-gone', newAccessKeyId });
  // IAM does not tell since when a key is Inactive, nor the secret since when a key is published: the wait that
  // the predecessor was in is done again in full.
  return old.status === 'Active'
    ? goOn('published', { code: 'published-old-key-active', newAccessKeyId })
    : goOn('deactivated', {
        code: 'published-old-key-inactive',
        newAccessKeyId,
        oldAccessKeyId: old.accessKeyId,
      });
};

const giveUp = (
  error: RotationErrorName,
  discard: readonly string[],
  why: CreateWhy,
): Extract<CreateDecision, { kind: 'give-up' }> => ({
  kind: 'give-up',
  error,
  discard,
  release: true,
  why,
});
