import type { RotationSettings } from '../shared/contract/enrolment';
import type { SpokenRefusal } from '../shared/contract/errors';
import { VERDICT_GRACE } from '../shared/contract/timing';
import type { Health } from '../shared/findings/health';
import { type CurrentValue, currentKeyId, findKey } from '../shared/findings/situation';
import type { AccessKey } from '../shared/rotation/access-key';
import { after, earlier, growingInterval } from '../shared/rotation/calendar';
import type { Course } from '../shared/rotation/course';
import type { Rollback } from '../shared/rotation/rotation-state';
import type { Verdict } from '../shared/rotation/verdict';
import { mask } from '../shared/text/mask';
import { describeKeys } from '../shared/words/keys';

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
  | {
      readonly kind: 'check-again';
      readonly until: Date;
      readonly reason: string;
      /** What a person has to mend before anybody can say how consumers are; undefined when there is nothing of the kind. */
      readonly mend?: string | undefined;
    }
  /** Nothing else speaks for a rollback. */
  | { readonly kind: 'ask-validator'; readonly reason: string }
  | { readonly kind: 'recovered'; readonly reason: string }
  | { readonly kind: 'roll-back'; readonly rollback: Rollback }
  | SpokenRefusal;

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

/** What no check will find out by itself, in words; undefined when there is nothing of the kind. */
const mendOf = (
  { health, verdict, settings }: HealthFacts,
  old: AccessKey,
  words: string,
): string | undefined => {
  const lasting = [health, verdict].some((sign) => sign?.kind === 'unknown' && sign.lasting);
  return lasting
    ? `${words} It stays so until a person mends it. The old key ${mask(old.accessKeyId)} is Inactive, can be brought back, and is not ` +
        'deleted meanwhile; the checks go on. The alarms and the validator are those of the present configuration: make sure that ' +
        `they are there, then deploy. What is not mended ${VERDICT_GRACE} after the recovery period (${settings.recoveryPeriod}) ends ` +
        'the rotation without a deletion.'
    : undefined;
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

const nextCheck = ({ settings, checks }: Pick<HealthFacts, 'settings' | 'checks'>, now: Date): Date =>
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

const waitInPause = (facts: HealthFacts, old: AccessKey, now: Date): HealthDecision | undefined => {
  if (facts.paused === undefined) return undefined;
  const words = wordsOf(facts.health, facts.verdict);
  return {
    kind: 'check-again',
    until: nextCheck(facts, now),
    reason: `The user is ${facts.paused}: the old key ${mask(old.accessKeyId)} is kept, and consumers are looked after. ${words}`,
    mend: mendOf(facts, old, words),
  };
};

/** Nothing is known to be wrong: the old key goes when the recovery period is over. */
const decideOnTime = (facts: HealthFacts, old: AccessKey, now: Date): HealthDecision => {
  const { health, verdict, settings } = facts;
  const recoveredAt = after(facts.deactivatedAt, settings.recoveryPeriod);
  const words = wordsOf(health, verdict);
  const mend = mendOf(facts, old, words);
  const checkUntil = (end: Date, reason: string): HealthDecision => ({
    kind: 'check-again',
    until: earlier(nextCheck(facts, now), end),
    reason,
    mend,
  });
  if (now < recoveredAt) return checkUntil(recoveredAt, words);
  if (health.kind === 'healthy' && verdict?.kind !== 'unknown') {
    return {
      kind: 'recovered',
      reason: `${mask(old.accessKeyId)} has been Inactive for ${settings.recoveryPeriod}. ${words}`,
    };
  }
  // An answer that got lost is no reason to bother a person.
  const graceEnds = after(recoveredAt, VERDICT_GRACE);
  if (health.kind !== 'unhealthy' && now < graceEnds) {
    return checkUntil(
      graceEnds,
      `The recovery period is over. ${words} The old key is kept until the alarms and the validator answer.`,
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
};

/** What is known of a rotation whose user is not enrolled any more. */
export type UnenrolledFacts = Pick<HealthFacts, 'deactivatedAt' | 'checks' | 'settings'> & {
  readonly userName: string;
};

/**
 * The user is not enrolled any more: the steps may read neither its keys nor its secret, and nobody says which alarms to ask. So
 * nothing is known, and nothing is done; but whoever enrols the user again finds the watch still going on.
 */
export const decideUnenrolled = (facts: UnenrolledFacts, now: Date): HealthDecision => {
  const { userName, deactivatedAt, settings } = facts;
  const graceEnds = after(after(deactivatedAt, settings.recoveryPeriod), VERDICT_GRACE);
  const what =
    `${userName} is not enrolled any more, so whether its consumers are well is not known. The old key is ` +
    'Inactive, unless somebody has changed that, and was not deleted.';
  if (now >= graceEnds) {
    return {
      kind: 'refuse',
      error: 'UserNotEnrolled',
      reason:
        `${what} The recovery period is over, and the watch ends here. Enrol the user again, deploy, and start a new execution: it ` +
        'goes on from what is there. Or see to the keys yourself: docs/runbook.md, "Un-enrol a user".',
    };
  }
  const words = `${what} The checks go on until ${graceEnds.toISOString()}: enrol the user again, and deploy, for them to find anything.`;
  return {
    kind: 'check-again',
    until: earlier(nextCheck(facts, now), graceEnds),
    reason: words,
    mend: words,
  };
};
