import { after, growingInterval } from '../shared/calendar';
import type { Course } from '../shared/course';
import type { RotationSettings } from '../shared/enrolment';
import type { Refusal } from '../shared/errors';
import type { Health } from '../shared/health';
import type { AccessKey } from '../shared/iam-gateway';
import { mask } from '../shared/mask';
import type { Rollback } from '../shared/rotation-state';
import { type CurrentValue, currentKeyId, describeKeys, findKey } from '../shared/situation';
import { VERDICT_GRACE, type Verdict } from '../shared/verdict';

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
  readonly paused: string | undefined;
  readonly deactivatedAt: Date;
  /** How many checks came before this one. */
  readonly checks: number;
  readonly settings: Pick<RotationSettings, 'recoveryPeriod' | 'healthCheckInterval' | 'validator'>;
}

/** How the consumers are while the old key is Inactive. */
export type HealthDecision =
  | { readonly kind: 'check-again'; readonly until: Date; readonly reason: string }
  /** Nothing else speaks for a rollback. */
  | { readonly kind: 'ask-validator'; readonly reason: string }
  | { readonly kind: 'recovered'; readonly reason: string }
  | { readonly kind: 'roll-back'; readonly rollback: Rollback }
  | Refusal;

const rollBack = (error: Rollback['error'], reason: string): HealthDecision => ({
  kind: 'roll-back',
  rollback: { error, reason },
});

/** What alarms and validator say together, in words. */
const wordsOf = (health: Health, verdict: Verdict | undefined): string => {
  if (health.kind === 'unhealthy') {
    return `Consumers are not well (${health.reason}), but the old key has leaked and is not brought back: let them read the secret again.`;
  }
  const unknown = [
    ...(health.kind === 'healthy' ? [] : [health.reason]),
    ...(verdict?.kind === 'unknown' ? [`the validator gave no verdict: ${verdict.reason}`] : []),
  ];
  if (unknown.length > 0) return `Whether consumers are well is not known: ${unknown.join('; ')}.`;
  const said = verdict === undefined ? '' : `; the validator says: ${verdict.reason}`;
  return `Nothing is known to be wrong (${health.reason}${said}).`;
};

/** Decides whether to wait on, to delete, or to bring the old key back. */
export const decideHealth = (facts: HealthFacts, now: Date): HealthDecision => {
  const { oldAccessKeyId, newAccessKeyId, keys, current, health, settings, course } = facts;
  const old = findKey(keys, oldAccessKeyId);
  const next = new Date(now.getTime() + growingInterval(settings.healthCheckInterval, facts.checks + 1));
  if (oldAccessKeyId === null || old === undefined) {
    if (facts.paused !== undefined) {
      return {
        kind: 'check-again',
        until: next,
        reason: `There is no old key any more; the user is ${facts.paused}, so nothing is finished.`,
      };
    }
    return { kind: 'recovered', reason: 'There is no old key any more that could be brought back.' };
  }
  const published = findKey(keys, newAccessKeyId);
  if (
    !course.mayRollBack &&
    (currentKeyId(current) !== newAccessKeyId || published?.status !== 'Active' || old.status === 'Active')
  ) {
    return {
      kind: 'refuse',
      error: 'StateDrift',
      reason:
        `While the leaked key ${mask(oldAccessKeyId)} was watched, somebody has set it Active again, or changed the new key ` +
        `${mask(newAccessKeyId)} or AWSCURRENT. Nothing was changed by this check. ${describeKeys(keys)} Start a new execution: ` +
        'it goes on with the emergency.',
    };
  }
  if (currentKeyId(current) !== newAccessKeyId || published?.status !== 'Active') {
    return rollBack(
      'StateDrift',
      `AWSCURRENT must hold the new key ${mask(newAccessKeyId)}, and the key must be Active; somebody has changed that ` +
        'while the old key was Inactive',
    );
  }
  if (old.status === 'Active') {
    return rollBack('StateDrift', `somebody has set the old key ${mask(oldAccessKeyId)} Active again`);
  }
  if (health.kind === 'unhealthy' && course.mayRollBack)
    return rollBack('ConsumersUnhealthy', `health alarms are ${health.reason}`);
  const { verdict } = facts;
  if (settings.validator !== undefined && verdict === undefined && course.asksOwner) {
    return { kind: 'ask-validator', reason: 'The alarms say nothing against it: the validator is asked.' };
  }
  if (verdict?.kind === 'unhealthy' && course.mayRollBack) {
    return rollBack(
      'ConsumersUnhealthy',
      `the validator says that consumers are not well: ${verdict.reason}`,
    );
  }

  if (facts.paused !== undefined) {
    return {
      kind: 'check-again',
      until: next,
      reason:
        `The user is ${facts.paused}: the old key ${mask(oldAccessKeyId)} is kept, and consumers are looked after. ` +
        wordsOf(health, verdict),
    };
  }
  const recoveredAt = after(facts.deactivatedAt, settings.recoveryPeriod);
  const words = wordsOf(health, verdict);
  if (now >= recoveredAt) {
    if (health.kind === 'healthy' && verdict?.kind !== 'unknown') {
      return {
        kind: 'recovered',
        reason: `${mask(oldAccessKeyId)} has been Inactive for ${settings.recoveryPeriod}. ${words}`,
      };
    }
    // One answer that got lost is no reason to bother a person.
    const graceEnds = after(recoveredAt, VERDICT_GRACE);
    if (health.kind === 'healthy' && now < graceEnds) {
      return {
        kind: 'check-again',
        until: next < graceEnds ? next : graceEnds,
        reason: `The recovery period is over. ${words} The old key is kept until the validator answers.`,
      };
    }
    return {
      kind: 'refuse',
      error: 'ConsumersUnhealthy',
      reason:
        `The recovery period is over, but it is not certain that consumers are well. ${words} The old key ` +
        `${mask(oldAccessKeyId)} was not deleted; it stays Inactive. ${describeKeys(keys)} Mend the alarms, or the validator, ` +
        'then start a new execution: it observes the recovery period again and deletes the key.',
    };
  }
  return {
    kind: 'check-again',
    until: next < recoveredAt ? next : recoveredAt,
    reason: words,
  };
};
