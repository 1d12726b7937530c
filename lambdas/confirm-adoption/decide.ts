import type { Acknowledgement } from '../shared/acknowledgement';
import { after, growingInterval, milliseconds, nextOpening } from '../shared/calendar';
import { setKeyStatus } from '../shared/commands';
import type { Course } from '../shared/course';
import type { Refusal } from '../shared/errors';
import type { Health } from '../shared/health';
import type { AccessKey, LastUse } from '../shared/iam-gateway';
import { describeUse } from '../shared/last-use';
import { leakToldBy } from '../shared/leak';
import { mask } from '../shared/mask';
import type { Rollback, RotationSettings } from '../shared/rotation-state';
import { type CurrentValue, currentKeyId, describeKeys, findKey } from '../shared/situation';
import type { Verdict } from '../shared/verdict';

/**
 * Last-used data is coarse: of several uses within 15 minutes only the first is recorded. A use of the new key
 * counts as somebody else's when it is more than this after our own last test call.
 */
const OWN_TEST_SHADOW = 'PT15M';

/** What confirm-adoption has read. */
export interface AdoptionFacts {
  readonly userName: string;
  readonly oldAccessKeyId: string | null;
  readonly course: Course;
  readonly newAccessKeyId: string;
  readonly keys: readonly AccessKey[];
  readonly current: CurrentValue;
  /** Undefined when the key does not exist. */
  readonly oldKeyUse: LastUse | undefined;
  readonly newKeyUse: LastUse | undefined;
  readonly health: Health;
  /** What the validator has just said; undefined when it was not asked. */
  readonly verdict: Verdict | undefined;
  /** What came of asking the owner; undefined when the owner was not asked. */
  readonly acknowledgement: Acknowledgement | undefined;
  readonly startedAt: Date;
  readonly publishedAt: Date;
  /** End of our own last test of the new key; undefined when a predecessor tested it. */
  readonly testedAt: Date | undefined;
  /** Who has paused the user, and why; undefined when nobody has. */
  readonly paused: string | undefined;
  /** When an earlier check found the user paused last. */
  readonly pausedAt: Date | undefined;
  /** How many checks came before this one. */
  readonly checks: number;
  readonly settings: Pick<
    RotationSettings,
    | 'quietPeriod'
    | 'adoptionDeadline'
    | 'onAdoptionDeadline'
    | 'idleAfter'
    | 'adoptionCheckInterval'
    | 'deactivationWindow'
    | 'timeZone'
    | 'validator'
    | 'acknowledgement'
  >;
}

/** Whether consumers have moved to the new key. */
export type AdoptionDecision =
  | { readonly kind: 'adopted'; readonly reason: string }
  /** The old key has leaked: nobody is waited for, and a person is told whom that hits. */
  | { readonly kind: 'leaked'; readonly lastUse: string; readonly reason: string }
  /** The deadline has passed without proof, and the owner wants the old key deactivated all the same. */
  | { readonly kind: 'go-on'; readonly reason: string }
  | { readonly kind: 'no-old-key'; readonly reason: string }
  /** Nothing else speaks against it. */
  | { readonly kind: 'ask-validator'; readonly reason: string }
  /** Adoption is confirmed; the owner has until then. */
  | {
      readonly kind: 'ask-acknowledgement';
      readonly until: Date;
      readonly seconds: number;
      readonly reason: string;
    }
  | { readonly kind: 'roll-back'; readonly rollback: Rollback }
  | { readonly kind: 'wait-for-consumers'; readonly until: Date; readonly reason: string }
  | { readonly kind: 'wait-for-window'; readonly until: Date; readonly reason: string }
  | Refusal;

/** Decides whether the old key may be deactivated now. */
export const decideAdoption = (facts: AdoptionFacts, now: Date): AdoptionDecision => {
  const { oldAccessKeyId, newAccessKeyId, keys, settings } = facts;
  if (currentKeyId(facts.current) !== newAccessKeyId || findKey(keys, newAccessKeyId)?.status !== 'Active') {
    return {
      kind: 'refuse',
      error: 'StateDrift',
      reason:
        `AWSCURRENT must hold the new key ${mask(newAccessKeyId)}, and the key must be Active; somebody has changed that ` +
        `during the rotation. The old key was not touched. ${describeKeys(keys)} Start a new execution: it goes on ` +
        'from what is there.',
      leak: leakToldBy(keys),
    };
  }
  const old = findKey(keys, oldAccessKeyId);
  if (oldAccessKeyId === null) return { kind: 'no-old-key', reason: 'There is no old key to retire.' };
  if (old === undefined) {
    return {
      kind: 'no-old-key',
      reason: `The old key ${mask(oldAccessKeyId)} was deleted by somebody else.`,
    };
  }
  const { acknowledgement } = facts;
  // Nobody can be expected to answer during a pause, so the question is put again after it.
  const unanswered =
    facts.paused !== undefined && acknowledgement?.kind === 'missing' && !acknowledgement.refused;
  if (acknowledgement?.kind === 'missing' && !unanswered) {
    return {
      kind: 'roll-back',
      rollback: { error: 'NotAcknowledged', reason: acknowledgement.reason },
    };
  }
  const nextCheck = now.getTime() + growingInterval(settings.adoptionCheckInterval, facts.checks);
  if (facts.paused !== undefined && facts.course.respectsPause) {
    return {
      kind: 'wait-for-consumers',
      until: new Date(nextCheck),
      reason:
        `${facts.userName} is ${facts.paused}: both keys are kept, and the adoption deadline does not run. ` +
        `${describeKeys(keys)} When the pause ends, the next check goes on.`,
    };
  }
  if (!facts.course.waitsForConsumers) {
    const lastUse = describeUse(facts.oldKeyUse);
    return {
      kind: 'leaked',
      lastUse,
      reason:
        `Emergency: the leaked key ${mask(oldAccessKeyId)} of ${facts.userName} ${
          old.status === 'Active'
            ? 'is set Inactive now, without waiting for anybody'
            : `is ${old.status} already`
        }. ` +
        `It was last used: ${lastUse}. Whoever that is, and whoever else holds the key, fails from now until it reads the secret ` +
        `again, which takes caching clients up to an hour: restart them, or let them read it. Consumers read ` +
        `${mask(newAccessKeyId)} now. Sessions already obtained with the leaked key live on: see docs/runbook.md, "End sessions ` +
        `already obtained with a key". ${describeKeys(keys)}`,
    };
  }
  if (old.status !== 'Active') {
    return {
      kind: 'adopted',
      reason: `The old key ${mask(oldAccessKeyId)} was set ${old.status} by somebody else.`,
    };
  }

  // What speaks against adoption, which the owner may want to overrule after the deadline, and what speaks against
  // deactivating anything at all, which nobody can.
  const unmoved: string[] = [];
  const unsafe: string[] = [];
  // Quiet cannot come true before this time, so there is no point in looking again earlier.
  let earliest = now;
  const oldUse = facts.oldKeyUse;
  if (oldUse === undefined) {
    unsafe.push('it is not known when the old key was last used');
  } else if (oldUse.date !== undefined) {
    const quietAt = after(oldUse.date, settings.quietPeriod);
    if (quietAt > now) {
      unmoved.push(
        `the old key ${mask(oldAccessKeyId)} was last used ${describeUse(oldUse)} (IAM names the latest use only: others may use ` +
          'the key, too)',
      );
      earliest = quietAt;
    }
  }
  // A key that was never used counts from its creation: a young one may just not have been seen in use yet.
  const unusedSince = oldUse?.date ?? old.createDate;
  const idleBefore =
    oldUse !== undefined &&
    unusedSince.getTime() < facts.startedAt.getTime() - milliseconds(settings.idleAfter);
  if (!idleBefore) {
    const testsEnded = after(facts.testedAt ?? facts.publishedAt, OWN_TEST_SHADOW);
    const newUse = facts.newKeyUse;
    if (newUse === undefined) {
      unsafe.push('it is not known when the new key was last used');
    } else if (newUse.date === undefined || newUse.date <= testsEnded) {
      unmoved.push(
        `the new key ${mask(newAccessKeyId)} has not been used by anybody but our own test (last: ${describeUse(newUse)})`,
      );
    }
  }
  // Deactivating while the alarms are on, or silent, would mean being unable to see whether it did harm.
  if (facts.health.kind !== 'healthy')
    unsafe.push(`the health alarms are not all OK: ${facts.health.reason}`);

  // Nobody may have looked after the consumers during a pause: they get the whole time again.
  const deadline = after(facts.pausedAt ?? facts.publishedAt, settings.adoptionDeadline);
  const overruling = now >= deadline && settings.onAdoptionDeadline === 'go-on';
  const clear = () => unsafe.length === 0 && (unmoved.length === 0 || overruling);
  // Asked last, so that it is not bothered with a rotation that waits anyway.
  if (clear() && settings.validator !== undefined) {
    const { verdict } = facts;
    if (verdict === undefined) {
      return { kind: 'ask-validator', reason: 'Nothing else is in the way: the validator is asked.' };
    }
    if (verdict.kind === 'unhealthy')
      unsafe.push(`the validator says that consumers are not well: ${verdict.reason}`);
    if (verdict.kind === 'unknown') unsafe.push(`the validator gave no verdict: ${verdict.reason}`);
  }
  if (!clear()) {
    const what = [...unmoved, ...unsafe].join('; ');
    if (now >= deadline) {
      return {
        kind: 'refuse',
        error: 'AdoptionTimedOut',
        reason:
          `Within ${settings.adoptionDeadline} it could not be confirmed that consumers have moved to the new key: ${what}. ` +
          `Both keys stay Active, so nothing is broken. ${describeKeys(keys)} Make the consumers read the secret again, or ` +
          'mend what else stands in the way, and start a new execution: it continues with this check.',
      };
    }
    const next = new Date(Math.max(nextCheck, earliest.getTime()));
    return {
      kind: 'wait-for-consumers',
      until: next < deadline ? next : deadline,
      reason: `Not yet: ${what}.`,
    };
  }

  if (settings.acknowledgement !== undefined && facts.acknowledgement === undefined) {
    const { deadline: within } = settings.acknowledgement;
    return {
      kind: 'ask-acknowledgement',
      until: after(now, within),
      seconds: Math.ceil(milliseconds(within) / 1000),
      reason:
        (unmoved.length === 0
          ? `The old key ${mask(oldAccessKeyId)} can be deactivated`
          : `The adoption deadline (${settings.adoptionDeadline}) has passed, and ${unmoved.join('; ')}. onAdoptionDeadline is ` +
            `"go-on", so the old key ${mask(oldAccessKeyId)} is to be deactivated all the same, and whoever still uses it will fail`) +
        `; the owner is asked to acknowledge it within ${within}. Until then both keys stay Active.`,
    };
  }
  const opens = nextOpening(now, settings.deactivationWindow, settings.timeZone);
  const found =
    unmoved.length > 0
      ? `The adoption deadline (${settings.adoptionDeadline}) has passed, and ${unmoved.join('; ')}`
      : `The old key ${mask(oldAccessKeyId)} was last used ${describeUse(oldUse)}`;
  if (opens > now) {
    return {
      kind: 'wait-for-window',
      until: opens,
      reason: `${found}. The old key may be deactivated when the window opens.`,
    };
  }
  return unmoved.length > 0
    ? {
        kind: 'go-on',
        reason:
          `${found}. onAdoptionDeadline is "go-on", so the old key ${mask(oldAccessKeyId)} is set Inactive next: whoever still ` +
          `uses it will fail. One call brings it back: ` +
          `${setKeyStatus(facts.userName, oldAccessKeyId, 'Active')}. ${describeKeys(keys)}`,
      }
    : { kind: 'adopted', reason: `${found}; consumers have moved.` };
};
