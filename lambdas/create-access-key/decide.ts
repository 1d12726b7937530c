import { type Attribution, explainUnattributed } from '../shared/attribution';
import { setKeyStatus } from '../shared/commands';
import { courseOf } from '../shared/course';
import type { StoredKey } from '../shared/discard';
import type { LeakTold, Refusal, RotationErrorName } from '../shared/errors';
import type { AccessKey } from '../shared/iam-gateway';
import type { IntentHolder, LockHolder } from '../shared/lock-holder';
import { mask, maskAll } from '../shared/mask';
import { whyNotRollBack } from '../shared/rollback';
import { isEmergency, isLeaked, type Rotation, type RotationInput } from '../shared/rotation-state';
import { type CurrentValue, currentKeyId, describeKeys, findKey } from '../shared/situation';
import { DRAIN_SECONDS } from '../shared/timing';
import { keyLabel } from '../shared/versions';

/** Who holds the lock, seen from the execution that wants it. */
export type LockFacts =
  | { readonly kind: 'free' }
  | { readonly kind: 'ours' }
  | Exclude<LockHolder, IntentHolder>
  | (IntentHolder & { readonly intentCreatedAt: Date | undefined });

/** How to get the lock. */
export type LockDecision =
  | { readonly kind: 'keep' }
  /** `from` undefined: the label is on no version. */
  | { readonly kind: 'take'; readonly from: string | undefined }
  | { readonly kind: 'nothing-to-do'; readonly reason: string }
  | Refusal;

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
  // A rollback may have ended while this execution planned, and its hold was not there yet when the plan looked.
  if (plan.onHold && plan.action === 'rotate') {
    const reason = 'The rotation was put on hold since it was planned: it has just been rolled back.';
    return plan.trigger === 'schedule' ? { kind: 'nothing-to-do', reason } : refuse('RotationOnHold', reason);
  }
  if (lock.kind === 'free') {
    return plan.predecessorVersionId === null
      ? { kind: 'take', from: undefined }
      : refuse('StateDrift', 'The unfinished rotation that was to be continued has ended meanwhile.');
  }
  if (lock.kind === 'foreign') {
    return refuse(
      'SecretConflict',
      `AWSPENDING is on version ${lock.versionId}, which is not an intent of ours.`,
    );
  }
  const {
    intent: { owner },
    execution,
    intentCreatedAt,
  } = lock;
  if (execution.kind === 'running') {
    const reason = `Another execution is rotating this user: ${owner}.`;
    return plan.trigger === 'schedule'
      ? { kind: 'nothing-to-do', reason }
      : refuse('RotationInProgress', reason);
  }
  // An execution that Step Functions does not know is over, but since when is unknown: then its intent must be
  // old enough, and an intent of unknown age is not.
  const overSince = execution.kind === 'stopped' ? execution.stoppedAt : intentCreatedAt;
  if (overSince === undefined || now.getTime() - overSince.getTime() < DRAIN_SECONDS * 1000) {
    return refuse(
      'RotationInProgress',
      `The execution ${owner} has ended less than ${DRAIN_SECONDS} seconds ago; its last function may still be at work.`,
    );
  }
  return plan.predecessorVersionId === lock.versionId
    ? { kind: 'take', from: lock.versionId }
    : refuse(
        'StateDrift',
        `Another rotation (${owner}) was begun since this one was planned, and has ended.`,
      );
};

const refuse = (error: RotationErrorName, reason: string): Refusal => ({
  kind: 'refuse',
  error,
  reason: `${reason} Nothing was changed. Start a new execution later: it finds out where the rotation stands.`,
});

/** What create-access-key has read after it won the lock. */
export interface CreateFacts {
  readonly userName: string;
  readonly rotation: Rotation;
  readonly keys: readonly AccessKey[];
  readonly current: CurrentValue;
  /** Keys in IAM that this rotation can prove to have stored. */
  readonly stored: readonly StoredKey[];
  /** A create may have been sent whose outcome nobody knows: this step ran before, or a predecessor did. */
  readonly outcomeUnknown: boolean;
  /** For keys that nothing explains, as far as it was asked. */
  readonly attributions: ReadonlyMap<string, Attribution>;
  /** A person wants the old key back. */
  readonly rollback: boolean;
  /** In an emergency: versions of the secret that hold one of the user's keys, by its ID, whoever stored them. */
  readonly versionOfKey: ReadonlyMap<string, string>;
  /** Version IDs by staging label. */
  readonly versionByLabel: ReadonlyMap<string, string>;
}

/** Where the rotation stands, and what this step does about it. */
export type CreateDecision =
  /** A new key is needed; first discard what is ours and of no use. */
  | {
      readonly kind: 'create';
      readonly discard: readonly string[];
      /** In an emergency only: a key that consumers have left already makes room before its time. */
      readonly deleteEarly: string | undefined;
      readonly reason: string;
    }
  /** The stored key of a predecessor, or of an earlier attempt, goes on to its test. */
  | { readonly kind: 'adopt'; readonly key: StoredKey; readonly reason: string }
  /** In an emergency: the other key, which the secret still holds, takes the leaked one's place after a test. */
  | {
      readonly kind: 'fall-back';
      readonly accessKeyId: string;
      readonly versionId: string;
      /** It is Inactive. */
      readonly activate: boolean;
      readonly reason: string;
    }
  /** The new key is published already; the walk continues behind publication. */
  | {
      readonly kind: 'continue';
      readonly status: 'published' | 'deactivated' | 'retired';
      readonly newAccessKeyId: string;
      readonly reason: string;
    }
  /** The old key is to be brought back: a person asks for it, or has made the published key unusable. */
  | {
      readonly kind: 'restore';
      readonly error: 'StateDrift' | null;
      /** Null: nothing has been published yet. */
      readonly newAccessKeyId: string | null;
      readonly reason: string;
    }
  /** Who created a key is not known yet: ask again later. */
  | { readonly kind: 'wait'; readonly reason: string }
  | {
      readonly kind: 'give-up';
      readonly error: RotationErrorName;
      readonly discard: readonly string[];
      /** Whether the lock may be released: nothing of ours is left then that only it remembers. */
      readonly release: boolean;
      readonly reason: string;
      readonly leak?: LeakTold | undefined;
    };

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

/** Of several leaked keys, the one to retire is one that is still there: a person may have deleted the latest. */
export const withLeakedKeyLeft = (rotation: Rotation, keys: readonly AccessKey[]): Rotation => {
  if (!isEmergency(rotation) || findKey(keys, rotation.oldAccessKeyId) !== undefined) return rotation;
  const left = keys.find((key) => isLeaked(rotation, key.accessKeyId));
  return left === undefined ? rotation : { ...rotation, oldAccessKeyId: left.accessKeyId };
};

/** Decides, on a fresh read under the lock, how the rotation goes on. */
export const decideCreate = (found: CreateFacts): CreateDecision => {
  const facts = { ...found, rotation: withLeakedKeyLeft(found.rotation, found.keys) };
  const { rotation, keys, current, stored, userName } = facts;
  if (facts.rollback) return rollBackByHand(facts);
  if (current.kind === 'unreadable') {
    return {
      kind: 'give-up',
      error: 'SecretConflict',
      discard: [],
      // Only the lock knows that a key has leaked.
      release: stored.length === 0 && !facts.outcomeUnknown && !isEmergency(rotation),
      reason: `AWSCURRENT cannot be understood any more: ${current.problem}. ${describeKeys(keys)} Correct it and start again.`,
    };
  }
  const currentId = currentKeyId(current);
  const currentIsOurs = stored.some((own) => own.accessKeyId === currentId);
  const emergency = isEmergency(rotation);
  if (emergency) {
    const decision = retireLeakedKey(facts, currentId);
    if (decision !== undefined) return decision;
  }

  if (currentIsOurs && currentId !== null && !emergency) {
    const published = findKey(keys, currentId);
    const old = findKey(keys, rotation.oldAccessKeyId);
    if (published?.status === 'Active') return continueAfterPublication(facts, currentId, old);
    if (published !== undefined && old !== undefined) {
      return {
        kind: 'restore',
        error: 'StateDrift',
        newAccessKeyId: currentId,
        reason: `the published key ${mask(currentId)} is ${published.status}: somebody changed it during the rotation`,
      };
    }
    // The published key is unusable, and there is no old one to go back to. A new key is the way forward.
  }

  const unexplained = unexplainedKeys(facts);
  const attributionOf = (key: AccessKey): Attribution =>
    facts.outcomeUnknown ? (facts.attributions.get(key.accessKeyId) ?? 'unknown-yet') : 'not-ours';
  const pending = unexplained.filter((key) => attributionOf(key) === 'unknown-yet');
  if (pending.length > 0) {
    return {
      kind: 'wait',
      reason: explainUnattributed(pending.map((key) => key.accessKeyId)),
    };
  }

  const isNew = currentId !== rotation.currentAccessKeyIdBefore && !isLeaked(rotation, currentId);
  // A key with the mark is never deleted, so it can be taken up again even if it was condemned at the same moment.
  const usable = stored.find(
    (own) =>
      (own.publishable || own.published) &&
      own.accessKeyId !== currentId &&
      !isLeaked(rotation, own.accessKeyId) &&
      findKey(keys, own.accessKeyId)?.status === 'Active',
  );
  // What was published may be in use, and is left to a person.
  const disposable = [
    ...stored.filter((own) => !own.published && own.accessKeyId !== currentId).map((own) => own.accessKeyId),
    ...unexplained.filter((key) => attributionOf(key) === 'ours').map((key) => key.accessKeyId),
  ];
  // A leaked key is replaced whatever somebody has put there: planned anew, the rotation would not know of the leak.
  const leaked = emergency ? findKey(keys, rotation.oldAccessKeyId) : undefined;
  if (isNew && !currentIsOurs && !isGone(facts, currentId) && leaked === undefined) {
    return giveUp(
      'StateDrift',
      disposable,
      `AWSCURRENT holds ${currentId === null ? 'no key' : mask(currentId)}, which is neither the key that was there when ` +
        `the rotation began nor one that it made: it was changed meanwhile. ${describeKeys(keys)} ` +
        'Start a new execution: it plans anew from what is there now.',
    );
  }
  if (usable !== undefined) {
    return {
      kind: 'adopt',
      key: usable,
      reason: `The key ${mask(usable.accessKeyId)} was already created and stored.`,
    };
  }
  const early =
    courseOf(rotation).mayDeleteEarly && disposable.length === 0 ? makesRoom(facts, currentId) : undefined;
  const remaining = keys.filter((key) => !disposable.includes(key.accessKeyId) && key !== early);
  if (remaining.length >= 2) {
    if (leaked !== undefined) return noRoomForLeak(facts, leaked);
    return giveUp(
      'AccessKeyConflict',
      disposable,
      `A new key cannot be created: the user ${userName} has ${remaining.length} access keys that are not this rotation's ` +
        `to delete, and AWS allows two. Nothing of them was changed. ${describeKeys(remaining)} Delete the one that is not ` +
        'in the secret, if nothing uses it, and start again.',
    );
  }
  return {
    kind: 'create',
    discard: disposable,
    deleteEarly: early?.accessKeyId,
    reason:
      disposable.length === 0
        ? 'A new key is needed.'
        : `A new key is needed; ${maskAll(disposable)} of ours is discarded first.`,
  };
};

/** A person wants the old key back, wherever the rotation stands. */
const rollBackByHand = ({ userName, rotation, keys, current, stored }: CreateFacts): CreateDecision => {
  const problem = whyNotRollBack(userName, rotation, keys);
  if (problem !== undefined) {
    return {
      kind: 'give-up',
      error: 'NothingToRollBack',
      discard: [],
      // The rotation stays where it is, for the next execution.
      release: false,
      reason: `${problem} ${describeKeys(keys)}`,
    };
  }
  const currentId = currentKeyId(current);
  const published = stored.find((own) => own.accessKeyId === currentId);
  return {
    kind: 'restore',
    error: null,
    newAccessKeyId: published?.accessKeyId ?? null,
    reason: 'a person asked for it',
  };
};

/**
 * The leaked key is retired as soon as consumers have another one to read. Undefined: there is none yet that could
 * be theirs, so one has to be created, or taken up where its creation stopped.
 */
const retireLeakedKey = (facts: CreateFacts, currentId: string | null): CreateDecision | undefined => {
  const { rotation, keys, stored, versionOfKey, versionByLabel } = facts;
  const current = findKey(keys, currentId);
  const leaked = findKey(keys, rotation.oldAccessKeyId);
  if (current?.status === 'Active' && !isLeaked(rotation, current.accessKeyId)) {
    const carriesOn = (status: 'published' | 'deactivated' | 'retired', reason: string): CreateDecision => ({
      kind: 'continue',
      status,
      newAccessKeyId: current.accessKeyId,
      reason: `AWSCURRENT holds ${mask(current.accessKeyId)}, and the leaked key ${mask(rotation.oldAccessKeyId ?? '')} ${reason}`,
    });
    if (leaked === undefined) return carriesOn('retired', 'is gone.');
    return leaked.status === 'Active'
      ? carriesOn('published', 'is deactivated now.')
      : carriesOn('deactivated', 'is Inactive already; the recovery period starts anew.');
  }
  const other = keys.find((key) => !isLeaked(rotation, key.accessKeyId));
  const versionId = other && versionOfKey.get(other.accessKeyId);
  // What this rotation has made is taken up by the ordinary rules.
  if (other === undefined || versionId === undefined) return undefined;
  // Set Active is only what the interrupted rotation has set Inactive. Whoever else did so had a reason: so a key that this
  // emergency has fallen back on, and that was Active then, has been set Inactive by a person.
  const byHand = versionByLabel.has(keyLabel(other.accessKeyId));
  const isRetired =
    !byHand &&
    other.accessKeyId === rotation.supersededAccessKeyId &&
    !rotation.inactiveAccessKeyIdsBefore.includes(other.accessKeyId);
  if (other.status !== 'Active' && !isRetired) return undefined;
  if (stored.some((own) => own.accessKeyId === other.accessKeyId)) return undefined;
  return {
    kind: 'fall-back',
    accessKeyId: other.accessKeyId,
    versionId,
    activate: other.status !== 'Active',
    reason: `The secret still holds ${mask(other.accessKeyId)}, which takes the leaked key's place.`,
  };
};

/**
 * AWS allows two keys: to replace a leaked one, another may have to go before its time. First one that is Inactive, so that
 * nobody works with it: the old key that the interrupted rotation was about to delete, or a leaked one. Then a leaked one
 * that is Active and not what consumers read, as long as what they read works.
 */
const makesRoom = ({ rotation, keys }: CreateFacts, currentId: string | null): AccessKey | undefined => {
  if (keys.length < 2) return undefined;
  const isCurrent = (key: AccessKey) => key.accessKeyId === currentId;
  const leaked = keys.filter((key) => isLeaked(rotation, key.accessKeyId));
  const superseded = keys.filter((key) => key.accessKeyId === rotation.supersededAccessKeyId);
  const unusable = [...superseded, ...leaked].filter((key) => key.status === 'Inactive');
  return (
    unusable.find((key) => !isCurrent(key)) ??
    unusable[0] ??
    (findKey(keys, currentId)?.status === 'Active' ? leaked.find((key) => !isCurrent(key)) : undefined)
  );
};

const noRoomForLeak = (
  { keys, userName }: CreateFacts,
  { accessKeyId: leaked, status }: AccessKey,
): CreateDecision => {
  const others = keys.filter((key) => key.accessKeyId !== leaked).map((key) => key.accessKeyId);
  return {
    kind: 'give-up',
    error: 'AccessKeyConflict',
    discard: [],
    // The next execution goes on with the emergency.
    release: false,
    reason:
      `The leaked key ${mask(leaked)} cannot be replaced: AWS allows two keys, and ${maskAll(others)} takes the other place, ` +
      `and is not this service's to delete now. THE LEAKED KEY IS ${status.toUpperCase()}. Nothing was ` +
      `changed. ${describeKeys(keys)} Decide which is worse: delete ${maskAll(others)} and start the emergency again, or deactivate the leaked key now, and with it whoever uses it: ` +
      `${setKeyStatus(userName, leaked, 'Inactive')}.`,
    leak: 'told',
  };
};

/** AWSCURRENT names a key that does not exist: whatever put it there, nobody can use it. */
const isGone = (facts: CreateFacts, currentId: string | null): boolean =>
  currentId !== null && findKey(facts.keys, currentId) === undefined;

const continueAfterPublication = (
  facts: CreateFacts,
  newAccessKeyId: string,
  old: AccessKey | undefined,
): CreateDecision => {
  const published = `The new key ${mask(newAccessKeyId)} is published already`;
  if (facts.rotation.oldAccessKeyId === null) {
    return {
      kind: 'continue',
      status: 'retired',
      newAccessKeyId,
      reason: `${published}, and there is no old key.`,
    };
  }
  if (old === undefined) {
    return {
      kind: 'continue',
      status: 'retired',
      newAccessKeyId,
      reason: `${published}, and the old key is gone.`,
    };
  }
  // IAM does not tell since when a key is Inactive, nor the secret since when a key is published: the wait that
  // the predecessor was in is done again in full.
  return old.status === 'Active'
    ? {
        kind: 'continue',
        status: 'published',
        newAccessKeyId,
        reason: `${published}; the overlap period starts anew.`,
      }
    : {
        kind: 'continue',
        status: 'deactivated',
        newAccessKeyId,
        reason: `${published} and the old key ${mask(old.accessKeyId)} is Inactive; the recovery period starts anew.`,
      };
};

const giveUp = (error: RotationErrorName, discard: readonly string[], reason: string): CreateDecision => ({
  kind: 'give-up',
  error,
  discard,
  release: true,
  reason,
});
