import type { RotationSettings } from '../shared/contract/enrolment';
import type { Refusal, RotationErrorName } from '../shared/contract/errors';
import type { Attribution } from '../shared/findings/attribution';
import type { Health } from '../shared/findings/health';
import { type CurrentValue, currentKeyId, findKey } from '../shared/findings/situation';
import type { StoredKey } from '../shared/recovery/discard';
import type { AccessKey } from '../shared/rotation/access-key';
import { after, earlier, growingInterval } from '../shared/rotation/calendar';
import { courseOf } from '../shared/rotation/course';
import { isLeaked } from '../shared/rotation/rotation-state';
import type { Pause } from '../shared/secret/pause';

/** What delete-access-key has read, right before it acts. */
export interface DeletionFacts {
  readonly oldAccessKeyId: string | null;
  /** Keys that a person has called leaked. */
  readonly leakedAccessKeyIds: readonly string[];
  readonly newAccessKeyId: string;
  readonly keys: readonly AccessKey[];
  readonly current: CurrentValue;
  /** By whom the user is paused since the last check, and why; undefined when nobody has. */
  readonly paused: Pause | undefined;
  readonly laggingReplicas: readonly string[];
  /** Undefined when this rotation never saw the old key Inactive. */
  readonly deactivatedAt: Date | undefined;
  readonly health: Health;
  /** How many health checks there were. */
  readonly checks: number;
  readonly settings: Pick<RotationSettings, 'recoveryPeriod' | 'healthCheckInterval'>;
}

/** Whether the old key may be deleted at this very moment. */
export type DeletionDecision =
  | { readonly kind: 'delete'; readonly accessKeyId: string }
  | { readonly kind: 'nothing-to-delete'; readonly why: DeletionWhy }
  | LookAgain
  | Refusal<DeletionWhy>;

/** Something has come up since the last check, which has to look again. */
export interface LookAgain {
  readonly kind: 'look-again';
  readonly until: Date;
  readonly why: DeletionWhy;
  /** Without it there is no check to go back to. */
  readonly deactivatedAt: Date;
}

/** Why the old key is not deleted. All else that there is to say is in the facts. */
export type DeletionWhy =
  | {
      readonly code:
        | 'new-key-changed'
        | 'paused'
        /** There is no check that could wait for the end of the pause. */
        | 'paused-without-check'
        | 'no-old-key'
        | 'old-key-gone'
        | 'inactive-since-unknown'
        | 'replicas-lag'
        | 'alarms-unhealthy'
        | 'alarms-silent';
    }
  | { readonly code: 'another-key-leaked'; readonly key: AccessKey }
  | { readonly code: 'old-key-not-inactive'; readonly status: AccessKey['status'] }
  | { readonly code: 'in-recovery-period'; readonly ends: Date };

/** Soon: the check brings the old key back, where it may. */
const AT_ONCE = 'PT1M';

type Looks = Pick<DeletionFacts, 'checks' | 'settings'> & { readonly deactivatedAt: Date };

const nextCheck = ({ settings, checks }: Looks, now: Date): Date =>
  new Date(now.getTime() + growingInterval(settings.healthCheckInterval, checks));

const lookAgain = ({ deactivatedAt }: Looks, until: Date, why: DeletionWhy): LookAgain => ({
  kind: 'look-again',
  until,
  why,
  deactivatedAt,
});

/**
 * Whoever pauses a user wants nothing final to happen, also when the last check was before that. A leaked key is Inactive
 * already, and can wait for its deletion.
 */
const waitInPause = (facts: DeletionFacts, now: Date): DeletionDecision | undefined => {
  const { paused, deactivatedAt } = facts;
  if (paused === undefined) return undefined;
  if (deactivatedAt !== undefined) {
    const looks = { ...facts, deactivatedAt };
    return lookAgain(looks, nextCheck(looks, now), { code: 'paused' });
  }
  return courseOf(facts).respectsPause
    ? { kind: 'refuse', error: 'TransientServiceError', why: { code: 'paused-without-check' } }
    : undefined;
};

/**
 * A deployment since the last check may have made the period longer, and the clock of the function that found it over may have been
 * ahead of this one.
 */
const waitForRecovery = (looks: Looks, now: Date): LookAgain | undefined => {
  const recoveredAt = after(looks.deactivatedAt, looks.settings.recoveryPeriod);
  if (now >= recoveredAt) return undefined;
  // By that clock it may be over already, and so it may for the check: nothing else spaces the two out.
  const soon = Math.max(recoveredAt.getTime(), after(now, AT_ONCE).getTime());
  const until = earlier(nextCheck(looks, now), new Date(soon));
  return lookAgain(looks, until, { code: 'in-recovery-period', ends: recoveredAt });
};

/** The last check may be long ago, when the deletion is tried again. */
const waitForHealth = (facts: Looks & Pick<DeletionFacts, 'health'>, now: Date): LookAgain | undefined => {
  switch (facts.health.kind) {
    case 'healthy':
      return undefined;
    case 'unhealthy':
      return lookAgain(facts, after(now, AT_ONCE), { code: 'alarms-unhealthy' });
    case 'unknown':
      return lookAgain(facts, nextCheck(facts, now), { code: 'alarms-silent' });
  }
};

/** The user is not enrolled any more: nothing of it may be read, and nothing is deleted. */
export const decideUnenrolled = (looks: Looks, now: Date): Omit<LookAgain, 'why'> => ({
  kind: 'look-again',
  until: nextCheck(looks, now),
  deactivatedAt: looks.deactivatedAt,
});

/** Decides on what was read last. A deletion is final, so every condition is proved again. */
export const decideDeletion = (facts: DeletionFacts, now: Date): DeletionDecision => {
  const { oldAccessKeyId, newAccessKeyId, keys, current, deactivatedAt } = facts;
  const refuse = (error: RotationErrorName, why: DeletionWhy): DeletionDecision => ({
    kind: 'refuse',
    error,
    why,
  });
  if (currentKeyId(current) !== newAccessKeyId || findKey(keys, newAccessKeyId)?.status !== 'Active') {
    return refuse('StateDrift', { code: 'new-key-changed' });
  }
  const left = keys.find((key) => key.accessKeyId !== oldAccessKeyId && isLeaked(facts, key.accessKeyId));
  if (left !== undefined) return refuse('StateDrift', { code: 'another-key-leaked', key: left });
  const inPause = waitInPause(facts, now);
  if (inPause !== undefined) return inPause;
  const old = findKey(keys, oldAccessKeyId);
  if (oldAccessKeyId === null) return { kind: 'nothing-to-delete', why: { code: 'no-old-key' } };
  if (old === undefined) return { kind: 'nothing-to-delete', why: { code: 'old-key-gone' } };
  if (oldAccessKeyId === newAccessKeyId || old.status !== 'Inactive') {
    return refuse('StateDrift', { code: 'old-key-not-inactive', status: old.status });
  }
  if (deactivatedAt === undefined) return refuse('StateDrift', { code: 'inactive-since-unknown' });
  const early = waitForRecovery({ ...facts, deactivatedAt }, now);
  if (early !== undefined) return early;
  if (facts.laggingReplicas.length > 0) return refuse('TransientServiceError', { code: 'replicas-lag' });
  return waitForHealth({ ...facts, deactivatedAt }, now) ?? { kind: 'delete', accessKeyId: oldAccessKeyId };
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
export interface SweepDecision extends Left {
  readonly discard: readonly string[];
  /** Not known yet, so neither deleted nor forgotten. */
  readonly wait: readonly AccessKey[];
}

/** Keys that are left to a person. */
export interface Left {
  /** Nobody will ever know who created them. */
  readonly leave: readonly AccessKey[];
  /** Published by this rotation before the new key, so they may be in use. */
  readonly published: readonly AccessKey[];
}

/** Which keys the rotation leaves behind by mistake. */
export const decideSweep = (facts: SweepFacts): SweepDecision => {
  const unexplained = unexplainedAtSweep(facts);
  const withAttribution = (wanted: Attribution): readonly AccessKey[] =>
    unexplained.filter((key) => (facts.attributions.get(key.accessKeyId) ?? 'unknown-yet') === wanted);
  return {
    discard: [
      // What was published may be in use.
      ...facts.stored
        .filter((own) => !own.published)
        .map((own) => own.accessKeyId)
        .filter((id) => id !== facts.newAccessKeyId && id !== facts.oldAccessKeyId),
      ...withAttribution('ours').map((key) => key.accessKeyId),
    ],
    wait: withAttribution('unknown-yet'),
    leave: withAttribution('forgotten'),
    published: facts.keys.filter(
      ({ accessKeyId }) =>
        accessKeyId !== facts.newAccessKeyId &&
        accessKeyId !== facts.oldAccessKeyId &&
        facts.stored.some((own) => own.published && own.accessKeyId === accessKeyId),
    ),
  };
};
