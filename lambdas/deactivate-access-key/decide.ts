import type { RotationSettings } from '../shared/contract/enrolment';
import { RETRY_NOTE, type RotationErrorName, type SpokenRefusal } from '../shared/contract/errors';
import type { Health } from '../shared/findings/health';
import { type CurrentValue, currentKeyId, findKey } from '../shared/findings/situation';
import type { AccessKey } from '../shared/rotation/access-key';
import { growingInterval, nextOpening } from '../shared/rotation/calendar';
import type { Course } from '../shared/rotation/course';
import { leakToldBy } from '../shared/rotation/leak';
import { mask } from '../shared/text/mask';
import { describeKeys } from '../shared/words/keys';

/** What deactivate-access-key has read, right before it acts. */
export interface DeactivationFacts {
  readonly oldAccessKeyId: string;
  readonly course: Course;
  readonly newAccessKeyId: string;
  readonly keys: readonly AccessKey[];
  readonly current: CurrentValue;
  /** By whom the user is paused since the last check, and why; undefined when nobody has. */
  readonly paused: string | undefined;
  readonly laggingReplicas: readonly string[];
  readonly health: Health;
  /** How many adoption checks there were. */
  readonly checks: number;
  readonly settings: Pick<RotationSettings, 'adoptionCheckInterval' | 'deactivationWindow' | 'timeZone'>;
}

/** Whether the old key may be set Inactive at this very moment. */
export type DeactivationDecision =
  | { readonly kind: 'deactivate' }
  | { readonly kind: 'already-done'; readonly reason: string }
  /** Something has come up since the last check, which has to look again. */
  | LookAgain
  | SpokenRefusal;

type LookAgain = { readonly kind: 'look-again'; readonly until: Date; readonly reason: string };

/** What has come up since the last check: a check may be long ago when the deactivation is tried again. */
const whatCameUp = (facts: DeactivationFacts, now: Date): LookAgain | undefined => {
  const { course, paused, health, settings, checks } = facts;
  const lookAgain = (what: string, until: Date): LookAgain => ({
    kind: 'look-again',
    until,
    reason: `${what} The old key ${mask(facts.oldAccessKeyId)} was not deactivated.`,
  });
  const next = new Date(now.getTime() + growingInterval(settings.adoptionCheckInterval, checks));
  if (paused !== undefined && course.respectsPause) return lookAgain(`The user is ${paused}.`, next);
  if (!course.waitsForConsumers) return undefined;
  if (health.kind !== 'healthy') {
    return lookAgain(`The health alarms are not all OK: ${health.reason}.`, next);
  }
  const opens = nextOpening(now, settings.deactivationWindow, settings.timeZone);
  return opens > now ? lookAgain('The deactivation window has closed.', opens) : undefined;
};

/** The user is not enrolled any more: nothing of it may be read, and no key is deactivated. */
export const decideUnenrolled = (
  {
    userName,
    settings,
    checks,
  }: Pick<DeactivationFacts, 'settings' | 'checks'> & { readonly userName: string },
  now: Date,
): LookAgain => ({
  kind: 'look-again',
  until: new Date(now.getTime() + growingInterval(settings.adoptionCheckInterval, checks)),
  reason: `${userName} is not enrolled any more. No key was deactivated.`,
});

/** Decides on what was read last: consumers must have another key to read, everywhere. */
export const decideDeactivation = (facts: DeactivationFacts, now: Date): DeactivationDecision => {
  const { oldAccessKeyId, newAccessKeyId, keys, current } = facts;
  const refuse = (error: RotationErrorName, what: string, next: string): DeactivationDecision => ({
    kind: 'refuse',
    error,
    reason: `${what} The old key ${mask(oldAccessKeyId)} was not deactivated. ${describeKeys(keys)} ${next}`,
    leak: leakToldBy(keys),
  });
  const startAgain = 'Start a new execution: it goes on from what is there.';
  if (oldAccessKeyId === newAccessKeyId || currentKeyId(current) !== newAccessKeyId) {
    return refuse(
      'StateDrift',
      `AWSCURRENT does not hold the new key ${mask(newAccessKeyId)} any more: somebody has edited the secret.`,
      startAgain,
    );
  }
  const status = findKey(keys, newAccessKeyId)?.status;
  if (status !== 'Active') {
    return refuse(
      'StateDrift',
      `The key in the secret, ${mask(newAccessKeyId)}, is ${status ?? 'gone'}: somebody has changed it.`,
      startAgain,
    );
  }
  const old = findKey(keys, oldAccessKeyId);
  if (old === undefined) {
    return {
      kind: 'already-done',
      reason: `The old key ${mask(oldAccessKeyId)} was deleted by somebody else.`,
    };
  }
  if (old.status !== 'Active') {
    return { kind: 'already-done', reason: `The old key ${mask(oldAccessKeyId)} is ${old.status} already.` };
  }
  const cameUp = whatCameUp(facts, now);
  if (cameUp !== undefined) return cameUp;
  if (facts.laggingReplicas.length > 0 && facts.course.waitsForReplicas) {
    return refuse(
      'TransientServiceError',
      `Replicas of the secret do not have the new key yet: ${facts.laggingReplicas.join(', ')}.`,
      RETRY_NOTE,
    );
  }
  return { kind: 'deactivate' };
};
