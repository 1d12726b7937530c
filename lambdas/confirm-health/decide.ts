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
  const old = findKey(facts.keys, facts.oldAccessKeyId);
  if (old === undefined) return endWithoutOldKey(facts, now);
  return (
    stopIfChanged(facts, old) ??
    rollBackIfHarmed(facts) ??
    waitInPause(facts, old, now) ??
    decideOnTime(facts, old, now)
  );
};

const nextCheck = ({ settings, checks }: HealthFacts, now: Date): Date =>
  new Date(now.getTime() + growingInterval(settings.healthCheckInterval, checks + 1));

const endWithoutOldKey = (facts: HealthFacts, now: Date): HealthDecision =>
  facts.paused === undefined
    ? { kind: 'recovered', reason: 'There is no old key any more that could be brought back.' }
    : {
        kind: 'check-again',
        until: nextCheck(facts, now),
        reason: `There is no old key any more; the user is ${facts.paused}, so nothing is finished.`,
      };

/** Somebody has changed what consumers read, or the old key: with that, nobody can say any more how they are. */
const stopIfChanged = (facts: HealthFacts, old: AccessKey): HealthDecision | undefined => {
  const { newAccessKeyId, keys } = facts;
  const isReadable =
    currentKeyId(facts.current) === newAccessKeyId && findKey(keys, newAccessKeyId)?.status === 'Active';
  const isBack = old.status === 'Active';
  if (isReadable && !isBack) return undefined;
  if (!facts.course.mayRollBack) {
    return {
      kind: 'refuse',
      error: 'StateDrift',
      reason:
        `While the leaked key ${mask(old.accessKeyId)} was watched, somebody has set it Active again, or changed the new key ` +
        `${mask(newAccessKeyId)} or AWSCURRENT. Nothing was changed by this check. ${describeKeys(keys)} Start a new execution: ` +
        'it goes on with the emergency.',
    };
  }
  return rollBack(
    'StateDrift',
    isReadable
      ? `somebody has set the old key ${mask(old.accessKeyId)} Active again`
      : `AWSCURRENT must hold the new key ${mask(newAccessKeyId)}, and the key must be Active; somebody has changed that ` +
          'while the old key was Inactive',
  );
};

/** Alarms and validator: a key that may not come back does not come back for them. */
const rollBackIfHarmed = ({ health, verdict, settings, course }: HealthFacts): HealthDecision | undefined => {
  if (health.kind === 'unhealthy' && course.mayRollBack) {
    return rollBack('ConsumersUnhealthy', `health alarms are ${health.reason}`);
  }
  if (settings.validator !== undefined && verdict === undefined && course.asksOwner) {
    return { kind: 'ask-validator', reason: 'The alarms say nothing against it: the validator is asked.' };
  }
  if (verdict?.kind === 'unhealthy' && course.mayRollBack) {
    return rollBack(
      'ConsumersUnhealthy',
      `the validator says that consumers are not well: ${verdict.reason}`,
    );
  }
  return undefined;
};

const waitInPause = (facts: HealthFacts, old: AccessKey, now: Date): HealthDecision | undefined =>
  facts.paused === undefined
    ? undefined
    : {
        kind: 'check-again',
        until: nextCheck(facts, now),
        reason:
          `The user is ${facts.paused}: the old key ${mask(old.accessKeyId)} is kept, and consumers are looked after. ` +
          wordsOf(facts.health, facts.verdict),
      };

/** Nothing is known to be wrong: the old key goes when the recovery period is over. */
const decideOnTime = (facts: HealthFacts, old: AccessKey, now: Date): HealthDecision => {
  const { health, verdict, settings } = facts;
  const recoveredAt = after(facts.deactivatedAt, settings.recoveryPeriod);
  const words = wordsOf(health, verdict);
  const checkUntil = (end: Date, reason: string): HealthDecision => {
    const next = nextCheck(facts, now);
    return { kind: 'check-again', until: next < end ? next : end, reason };
  };
  if (now >= recoveredAt) {
    if (health.kind === 'healthy' && verdict?.kind !== 'unknown') {
      return {
        kind: 'recovered',
        reason: `${mask(old.accessKeyId)} has been Inactive for ${settings.recoveryPeriod}. ${words}`,
      };
    }
    // One answer that got lost is no reason to bother a person.
    const graceEnds = after(recoveredAt, VERDICT_GRACE);
    if (health.kind === 'healthy' && now < graceEnds) {
      return checkUntil(
        graceEnds,
        `The recovery period is over. ${words} The old key is kept until the validator answers.`,
      );
    }
    return {
      kind: 'refuse',
      error: 'ConsumersUnhealthy',
      reason:
        `The recovery period is over, but it is not certain that consumers are well. ${words} The old key ` +
        `${mask(old.accessKeyId)} was not deleted; it stays Inactive. ${describeKeys(facts.keys)} Mend the alarms, or the validator, ` +
        'then start a new execution: it observes the recovery period again and deletes the key.',
    };
  }
  return checkUntil(recoveredAt, words);
};
