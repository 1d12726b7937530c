import type { RotationSettings } from '../shared/contract/enrolment';
import type { Refusal } from '../shared/contract/errors';
import { VERDICT_GRACE } from '../shared/contract/timing';
import type { Health, Silence } from '../shared/findings/health';
import { type CurrentValue, currentKeyId, findKey } from '../shared/findings/situation';
import type { AccessKey } from '../shared/rotation/access-key';
import { after, earlier, growingInterval } from '../shared/rotation/calendar';
import type { Course } from '../shared/rotation/course';
import type { Rollback } from '../shared/rotation/rotation-state';
import type { Verdict } from '../shared/rotation/verdict';
import type { Pause } from '../shared/secret/pause';

/** What confirm-health has read. */
export interface HealthFacts {
  readonly oldAccessKeyId: string | null;
  readonly course: Course;
  readonly newAccessKeyId: string;
  readonly keys: readonly AccessKey[];
  readonly current: CurrentValue;
  readonly health: Health;
  /** What the validator has just said; undefined when it was not asked. */
  readonly verdict: Verdict | undefined;
  /** Who has paused the user, and why; undefined when nobody has. */
  readonly paused: Pause | undefined;
  readonly deactivatedAt: Date;
  /** How many checks came before this one. */
  readonly checks: number;
  readonly settings: Pick<RotationSettings, 'recoveryPeriod' | 'healthCheckInterval' | 'validator'>;
}

/** Something that keeps anybody from saying how consumers are until a person mends it. */
export type Broken =
  | { readonly code: 'alarm'; readonly silence: Silence }
  /** The validator is gone, or may not be invoked. */
  | { readonly code: 'validator'; readonly error: string }
  /** The user is not enrolled any more. */
  | { readonly code: 'enrolment' };

/** How the consumers are while the old key is Inactive. */
export type HealthDecision =
  | {
      readonly kind: 'check-again';
      readonly until: Date;
      readonly why: HealthWhy;
      /** What a person has to mend; nothing is when each check may find out by itself. */
      readonly mend: readonly Broken[];
    }
  /** Nothing else speaks for a rollback. */
  | { readonly kind: 'ask-validator'; readonly why: HealthWhy }
  | { readonly kind: 'recovered'; readonly why: HealthWhy }
  | { readonly kind: 'roll-back'; readonly error: Rollback['error']; readonly why: HealthWhy }
  | Refusal<HealthWhy>;

/** Why it is decided so. All else that there is to say is in the facts. */
export type HealthWhy =
  | {
      readonly code:
        | 'no-old-key'
        | 'paused-without-old-key'
        | 'paused'
        | 'old-key-active-again'
        | 'new-key-changed'
        | 'emergency-changed'
        | 'alarms-unhealthy'
        | 'validator-next'
        | 'in-recovery-period'
        | 'verdict-overdue'
        | 'recovered'
        | 'never-certain';
    }
  | { readonly code: 'validator-unhealthy'; readonly verdict: Verdict };

const rollBack = (error: Rollback['error'], why: HealthWhy): HealthDecision => ({
  kind: 'roll-back',
  error,
  why,
});

/** What no check will find out by itself. */
const needsMending = ({ health, verdict }: HealthFacts): readonly Broken[] => {
  const silent = health.kind === 'unknown' ? health.silent.filter(({ lasting }) => lasting) : [];
  const isLost = verdict?.kind === 'unknown' && verdict.lasting && verdict.why.code === 'not-answered';
  return [
    ...silent.map((silence) => ({ code: 'alarm', silence }) as const),
    // Not what AWS says of it: that may have the ID of a request in it, and be new each time.
    ...(isLost ? [{ code: 'validator', error: verdict.why.error } as const] : []),
  ];
};

/** Decides whether to wait on, to delete, or to bring the old key back. */
export const decideHealth = (facts: HealthFacts, now: Date): HealthDecision => {
  const old = findKey(facts.keys, facts.oldAccessKeyId);
  if (old === undefined) return endWithoutOldKey(facts, now);
  return (
    stopIfChanged(facts, old) ??
    rollBackIfHarmed(facts) ??
    waitInPause(facts, now) ??
    decideOnTime(facts, now)
  );
};

const nextCheck = ({ settings, checks }: Pick<HealthFacts, 'settings' | 'checks'>, now: Date): Date =>
  new Date(now.getTime() + growingInterval(settings.healthCheckInterval, checks + 1));

const endWithoutOldKey = (facts: HealthFacts, now: Date): HealthDecision =>
  facts.paused === undefined
    ? { kind: 'recovered', why: { code: 'no-old-key' } }
    : {
        kind: 'check-again',
        until: nextCheck(facts, now),
        why: { code: 'paused-without-old-key' },
        mend: [],
      };

/** Somebody has changed what consumers read, or the old key: with that, nobody can say any more how they are. */
const stopIfChanged = (facts: HealthFacts, old: AccessKey): HealthDecision | undefined => {
  const { newAccessKeyId, keys } = facts;
  const isReadable =
    currentKeyId(facts.current) === newAccessKeyId && findKey(keys, newAccessKeyId)?.status === 'Active';
  const isBack = old.status === 'Active';
  if (isReadable && !isBack) return undefined;
  if (!facts.course.mayRollBack) {
    return { kind: 'refuse', error: 'StateDrift', why: { code: 'emergency-changed' } };
  }
  return rollBack('StateDrift', { code: isReadable ? 'old-key-active-again' : 'new-key-changed' });
};

/** Alarms and validator: a key that may not come back does not come back for them. */
const rollBackIfHarmed = ({ health, verdict, settings, course }: HealthFacts): HealthDecision | undefined => {
  if (health.kind === 'unhealthy' && course.mayRollBack) {
    return rollBack('ConsumersUnhealthy', { code: 'alarms-unhealthy' });
  }
  if (settings.validator !== undefined && verdict === undefined && course.asksOwner) {
    return { kind: 'ask-validator', why: { code: 'validator-next' } };
  }
  if (verdict?.kind === 'unhealthy' && course.mayRollBack) {
    return rollBack('ConsumersUnhealthy', { code: 'validator-unhealthy', verdict });
  }
  return undefined;
};

const waitInPause = (facts: HealthFacts, now: Date): HealthDecision | undefined =>
  facts.paused === undefined
    ? undefined
    : {
        kind: 'check-again',
        until: nextCheck(facts, now),
        why: { code: 'paused' },
        mend: needsMending(facts),
      };

/** Nothing is known to be wrong: the old key goes when the recovery period is over. */
const decideOnTime = (facts: HealthFacts, now: Date): HealthDecision => {
  const { health, verdict, settings } = facts;
  const recoveredAt = after(facts.deactivatedAt, settings.recoveryPeriod);
  const checkUntil = (end: Date, why: HealthWhy): HealthDecision => ({
    kind: 'check-again',
    until: earlier(nextCheck(facts, now), end),
    why,
    mend: needsMending(facts),
  });
  if (now < recoveredAt) return checkUntil(recoveredAt, { code: 'in-recovery-period' });
  if (health.kind === 'healthy' && verdict?.kind !== 'unknown') {
    return { kind: 'recovered', why: { code: 'recovered' } };
  }
  // An answer that got lost is no reason to bother a person.
  const graceEnds = after(recoveredAt, VERDICT_GRACE);
  if (health.kind !== 'unhealthy' && now < graceEnds) {
    return checkUntil(graceEnds, { code: 'verdict-overdue' });
  }
  return { kind: 'refuse', error: 'ConsumersUnhealthy', why: { code: 'never-certain' } };
};

/** What is known of a rotation whose user is not enrolled any more. */
export type UnenrolledFacts = Pick<HealthFacts, 'deactivatedAt' | 'checks' | 'settings'> & {
  readonly userName: string;
};

/** What becomes of the watch over a user that is not enrolled any more. */
export type UnenrolledWhy =
  | { readonly code: 'watch-goes-on'; readonly watchEnds: Date }
  | { readonly code: 'watch-is-over' };

/**
 * The user is not enrolled any more: the steps may read neither its keys nor its secret, and nobody says which alarms to ask. So
 * nothing is known, and nothing is done; but whoever enrols the user again finds the watch still going on.
 */
export const decideUnenrolled = (
  facts: UnenrolledFacts,
  now: Date,
):
  | {
      readonly kind: 'check-again';
      readonly until: Date;
      readonly why: UnenrolledWhy;
      readonly mend: readonly Broken[];
    }
  | Refusal<UnenrolledWhy> => {
  const { deactivatedAt, settings } = facts;
  const watchEnds = after(after(deactivatedAt, settings.recoveryPeriod), VERDICT_GRACE);
  if (now >= watchEnds) return { kind: 'refuse', error: 'UserNotEnrolled', why: { code: 'watch-is-over' } };
  return {
    kind: 'check-again',
    until: earlier(nextCheck(facts, now), watchEnds),
    why: { code: 'watch-goes-on', watchEnds },
    mend: [{ code: 'enrolment' }],
  };
};
