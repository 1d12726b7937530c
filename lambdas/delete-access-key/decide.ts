import type { Attribution } from '../shared/attribution';
import { after } from '../shared/calendar';
import { courseOf } from '../shared/course';
import type { StoredKey } from '../shared/discard';
import type { RotationSettings } from '../shared/enrolment';
import { RETRY_NOTE, type Refusal, type RotationErrorName } from '../shared/errors';
import type { AccessKey } from '../shared/iam-gateway';
import { mask } from '../shared/mask';
import { isLeaked } from '../shared/rotation-state';
import { type CurrentValue, currentKeyId, describeKeys, findKey } from '../shared/situation';
import { CLOCK_TOLERANCE_SECONDS } from '../shared/timing';

/** What delete-access-key has read, right before it acts. */
export interface DeletionFacts {
  readonly oldAccessKeyId: string | null;
  /** Keys that a person has called leaked. */
  readonly leakedAccessKeyIds: readonly string[];
  readonly newAccessKeyId: string;
  readonly keys: readonly AccessKey[];
  readonly current: CurrentValue;
  /** By whom the user is paused since the last check, and why; undefined when nobody has. */
  readonly paused: string | undefined;
  readonly laggingReplicas: readonly string[];
  /** Undefined when this rotation never saw the old key Inactive. */
  readonly deactivatedAt: Date | undefined;
  readonly settings: Pick<RotationSettings, 'recoveryPeriod'>;
}

/** Whether the old key may be deleted at this very moment. */
export type DeletionDecision =
  | { readonly kind: 'delete'; readonly accessKeyId: string }
  | { readonly kind: 'nothing-to-delete'; readonly reason: string }
  | Refusal;

/** Decides on what was read last. A deletion is final, so every condition is proved again. */
export const decideDeletion = (facts: DeletionFacts, now: Date): DeletionDecision => {
  const { oldAccessKeyId, newAccessKeyId, keys, current } = facts;
  const refuse = (error: RotationErrorName, what: string, next: string): DeletionDecision => ({
    kind: 'refuse',
    error,
    reason: `${what} Nothing was deleted. ${describeKeys(keys)} ${next}`,
  });
  const startAgain = 'Start a new execution: it goes on from what is there.';
  if (currentKeyId(current) !== newAccessKeyId || findKey(keys, newAccessKeyId)?.status !== 'Active') {
    return refuse(
      'StateDrift',
      `AWSCURRENT must hold the new key ${mask(newAccessKeyId)}, and the key must be Active; somebody has changed that.`,
      startAgain,
    );
  }
  const left = keys.find((key) => key.accessKeyId !== oldAccessKeyId && isLeaked(facts, key.accessKeyId));
  if (left !== undefined) {
    return refuse(
      'StateDrift',
      `${mask(left.accessKeyId)} has leaked as well, and is ${left.status}: the rotation is not over.`,
      'Start a new execution: it goes on with the emergency.',
    );
  }
  // Whoever pauses a user wants nothing final to happen, also when the last check was before that.
  if (facts.paused !== undefined && courseOf(facts).respectsPause) {
    return refuse('TransientServiceError', `The user is ${facts.paused}.`, RETRY_NOTE);
  }
  const old = findKey(keys, oldAccessKeyId);
  if (oldAccessKeyId === null) return { kind: 'nothing-to-delete', reason: 'There was no old key.' };
  if (old === undefined) {
    return { kind: 'nothing-to-delete', reason: `The old key ${mask(oldAccessKeyId)} is gone already.` };
  }
  if (oldAccessKeyId === newAccessKeyId || old.status !== 'Inactive') {
    return refuse(
      'StateDrift',
      `The old key ${mask(oldAccessKeyId)} is ${old.status}: somebody has set it Active again.`,
      startAgain,
    );
  }
  const { deactivatedAt } = facts;
  const recoveredAt = deactivatedAt && after(deactivatedAt, facts.settings.recoveryPeriod);
  const early = recoveredAt && recoveredAt.getTime() - now.getTime();
  // The clock of the function that found the recovery period over was ahead of this one: that is no drift.
  if (early !== undefined && early > 0 && early <= CLOCK_TOLERANCE_SECONDS * 1000) {
    return refuse(
      'TransientServiceError',
      `The recovery period of the old key ${mask(oldAccessKeyId)} ends at ${recoveredAt?.toISOString()}, which is still to come by the clock of this function.`,
      RETRY_NOTE,
    );
  }
  if (early === undefined || early > 0) {
    return refuse(
      'StateDrift',
      `The old key ${mask(oldAccessKeyId)} has not been Inactive for the whole recovery period, as far as this rotation can prove.`,
      startAgain,
    );
  }
  if (facts.laggingReplicas.length > 0) {
    return refuse(
      'TransientServiceError',
      `Replicas of the secret do not have the new key yet: ${facts.laggingReplicas.join(', ')}.`,
      RETRY_NOTE,
    );
  }
  return { kind: 'delete', accessKeyId: oldAccessKeyId };
};

/** What the sweep has found beside the old and the new key. */
export interface SweepFacts {
  readonly keys: readonly AccessKey[];
  readonly oldAccessKeyId: string | null;
  readonly newAccessKeyId: string;
  readonly accessKeyIdsBefore: readonly string[];
  /** Keys that this rotation stored, the new one among them. */
  readonly stored: readonly StoredKey[];
  readonly attributions: ReadonlyMap<string, Attribution>;
}

/** Keys that came up during the rotation and are not explained by the secret. */
export const unexplainedAtSweep = (facts: Omit<SweepFacts, 'attributions'>): readonly AccessKey[] =>
  facts.keys.filter(
    (key) =>
      key.accessKeyId !== facts.oldAccessKeyId &&
      key.accessKeyId !== facts.newAccessKeyId &&
      !facts.accessKeyIdsBefore.includes(key.accessKeyId) &&
      !facts.stored.some((own) => own.accessKeyId === key.accessKeyId),
  );

/** What becomes of keys that the rotation may have left behind by mistake. */
export interface SweepDecision {
  readonly discard: readonly string[];
  /** Not known yet, so neither deleted nor forgotten. */
  readonly wait: readonly AccessKey[];
  /** Nobody will ever know: a person has to decide. */
  readonly leave: readonly AccessKey[];
}

/** Which keys the rotation leaves behind by mistake. */
export const decideSweep = (facts: SweepFacts): SweepDecision => {
  const unexplained = unexplainedAtSweep(facts);
  const withAttribution = (wanted: Attribution): readonly AccessKey[] =>
    unexplained.filter((key) => (facts.attributions.get(key.accessKeyId) ?? 'unknown-yet') === wanted);
  return {
    discard: [
      // What was published may be in use, and is left to a person.
      ...facts.stored
        .filter((own) => !own.published)
        .map((own) => own.accessKeyId)
        .filter((id) => id !== facts.newAccessKeyId && id !== facts.oldAccessKeyId),
      ...withAttribution('ours').map((key) => key.accessKeyId),
    ],
    wait: withAttribution('unknown-yet'),
    leave: withAttribution('forgotten'),
  };
};
