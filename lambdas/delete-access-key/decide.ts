import type { RotationSettings } from '../shared/contract/enrolment';
import { RETRY_NOTE, type RotationErrorName, type SpokenRefusal } from '../shared/contract/errors';
import type { Attribution } from '../shared/findings/attribution';
import type { Health } from '../shared/findings/health';
import { type CurrentValue, currentKeyId, findKey } from '../shared/findings/situation';
import type { StoredKey } from '../shared/recovery/discard';
import type { AccessKey } from '../shared/rotation/access-key';
import { after, earlier, growingInterval } from '../shared/rotation/calendar';
import { courseOf } from '../shared/rotation/course';
import { isLeaked } from '../shared/rotation/rotation-state';
import { mask } from '../shared/text/mask';
import { describeKeys } from '../shared/words/keys';

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
  readonly health: Health;
  /** How many health checks there were. */
  readonly checks: number;
  readonly settings: Pick<RotationSettings, 'recoveryPeriod' | 'healthCheckInterval'>;
}

/** Whether the old key may be deleted at this very moment. */
export type DeletionDecision =
  | { readonly kind: 'delete'; readonly accessKeyId: string }
  | { readonly kind: 'nothing-to-delete'; readonly reason: string }
  /** Something has come up since the last check, which has to look again. */
  | LookAgain
  | SpokenRefusal;

export interface LookAgain {
  readonly kind: 'look-again';
  readonly until: Date;
  readonly reason: string;
  /** Without it there is no check to go back to. */
  readonly deactivatedAt: Date;
}

/** Soon: the check brings the old key back, where it may. */
const AT_ONCE = 'PT1M';

type Looks = Pick<DeletionFacts, 'checks' | 'settings'> & { readonly deactivatedAt: Date };

const lookAgainLater = (
  { settings, checks, deactivatedAt }: Looks,
  now: Date,
  reason: string,
): LookAgain => ({
  kind: 'look-again',
  until: new Date(now.getTime() + growingInterval(settings.healthCheckInterval, checks)),
  reason,
  deactivatedAt,
});

/**
 * Whoever pauses a user wants nothing final to happen, also when the last check was before that. A leaked key is Inactive
 * already, and can wait for its deletion.
 */
const waitInPause = (facts: DeletionFacts, now: Date): DeletionDecision | undefined => {
  const { paused, deactivatedAt } = facts;
  if (paused === undefined) return undefined;
  const what = `The user is ${paused}. Nothing was deleted.`;
  if (deactivatedAt !== undefined) return lookAgainLater({ ...facts, deactivatedAt }, now, what);
  return courseOf(facts).respectsPause
    ? {
        kind: 'refuse',
        error: 'TransientServiceError',
        reason: `${what} ${describeKeys(facts.keys)} ${RETRY_NOTE}`,
      }
    : undefined;
};

/**
 * A deployment since the last check may have made the period longer, and the clock of the function that found it over may have been
 * ahead of this one.
 */
const waitForRecovery = (looks: Looks, old: string, now: Date): LookAgain | undefined => {
  const { recoveryPeriod } = looks.settings;
  const recoveredAt = after(looks.deactivatedAt, recoveryPeriod);
  if (now >= recoveredAt) return undefined;
  const ends = recoveredAt.toISOString();
  const what = `The recovery period (${recoveryPeriod}) of the old key ${old} ends at ${ends} by the clock of this function.`;
  const later = lookAgainLater(looks, now, `${what} Nothing was deleted.`);
  // By that clock it may be over already, and so it may for the check: nothing else spaces the two out.
  const soon = Math.max(recoveredAt.getTime(), after(now, AT_ONCE).getTime());
  return { ...later, until: earlier(later.until, new Date(soon)) };
};

/** The last check may be long ago, when the deletion is tried again. */
const waitForHealth = (facts: Looks & Pick<DeletionFacts, 'health'>, now: Date): LookAgain | undefined => {
  const { health, deactivatedAt } = facts;
  switch (health.kind) {
    case 'healthy':
      return undefined;
    case 'unhealthy':
      return {
        kind: 'look-again',
        until: after(now, AT_ONCE),
        reason: `Consumers are not well: health alarms are ${health.reason}. Nothing was deleted.`,
        deactivatedAt,
      };
    case 'unknown':
      return lookAgainLater(
        facts,
        now,
        `Whether consumers are well is not known: ${health.reason}. Nothing was deleted.`,
      );
  }
};

/** The user is not enrolled any more: nothing of it may be read, and nothing is deleted. */
export const decideUnenrolled = (
  { userName, ...looks }: Looks & { readonly userName: string },
  now: Date,
): LookAgain => lookAgainLater(looks, now, `${userName} is not enrolled any more. Nothing was deleted.`);

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
  const inPause = waitInPause(facts, now);
  if (inPause !== undefined) return inPause;
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
  if (deactivatedAt === undefined) {
    return refuse(
      'StateDrift',
      `The old key ${mask(oldAccessKeyId)} has not been Inactive for the whole recovery period, as far as this rotation can prove.`,
      startAgain,
    );
  }
  const early = waitForRecovery({ ...facts, deactivatedAt }, mask(oldAccessKeyId), now);
  if (early !== undefined) return early;
  if (facts.laggingReplicas.length > 0) {
    return refuse(
      'TransientServiceError',
      `Replicas of the secret do not have the new key yet: ${facts.laggingReplicas.join(', ')}.`,
      RETRY_NOTE,
    );
  }
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
export interface SweepDecision {
  readonly discard: readonly string[];
  /** Not known yet, so neither deleted nor forgotten. */
  readonly wait: readonly AccessKey[];
  /** Nobody will ever know: a person has to decide. */
  readonly leave: readonly AccessKey[];
  /** Published by this rotation before the new key, so it may be in use: a person has to decide. */
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
