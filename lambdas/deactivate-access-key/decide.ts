import type { RotationSettings } from '../shared/contract/enrolment';
import type { Refusal, RotationErrorName } from '../shared/contract/errors';
import type { Health } from '../shared/findings/health';
import { type CurrentValue, currentKeyId, findKey } from '../shared/findings/situation';
import type { AccessKey } from '../shared/rotation/access-key';
import { growingInterval, nextOpening } from '../shared/rotation/calendar';
import type { Course } from '../shared/rotation/course';
import { leakToldBy } from '../shared/rotation/leak';
import type { Pause } from '../shared/secret/pause';

/** What deactivate-access-key has read, right before it acts. */
export interface DeactivationFacts {
  readonly oldAccessKeyId: string;
  readonly course: Course;
  readonly newAccessKeyId: string;
  readonly keys: readonly AccessKey[];
  readonly current: CurrentValue;
  /** By whom the user is paused since the last check, and why; undefined when nobody has. */
  readonly paused: Pause | undefined;
  readonly laggingReplicas: readonly string[];
  readonly health: Health;
  /** How many adoption checks there were. */
  readonly checks: number;
  readonly settings: Pick<RotationSettings, 'adoptionCheckInterval' | 'deactivationWindow' | 'timeZone'>;
}

/** Whether the old key may be set Inactive at this very moment. */
export type DeactivationDecision =
  | { readonly kind: 'deactivate' }
  | { readonly kind: 'already-done'; readonly why: DeactivationWhy }
  /** Something has come up since the last check, which has to look again. */
  | LookAgain
  | Refusal<DeactivationWhy>;

interface LookAgain {
  readonly kind: 'look-again';
  readonly until: Date;
  readonly why: DeactivationWhy;
}

/** Why the old key is not set Inactive. All else that there is to say is in the facts. */
export interface DeactivationWhy {
  readonly code:
    | 'secret-edited'
    | 'new-key-not-active'
    | 'old-key-deleted'
    | 'old-key-not-active'
    | 'paused'
    | 'alarms-not-ok'
    | 'window-closed'
    | 'replicas-lag';
}

const nextCheck = ({ settings, checks }: Pick<DeactivationFacts, 'settings' | 'checks'>, now: Date): Date =>
  new Date(now.getTime() + growingInterval(settings.adoptionCheckInterval, checks));

/** What has come up since the last check: a check may be long ago when the deactivation is tried again. */
const whatCameUp = (facts: DeactivationFacts, now: Date): LookAgain | undefined => {
  const { course, paused, health, settings } = facts;
  const lookAgain = (code: DeactivationWhy['code'], until: Date): LookAgain => ({
    kind: 'look-again',
    until,
    why: { code },
  });
  if (paused !== undefined && course.respectsPause) return lookAgain('paused', nextCheck(facts, now));
  if (!course.waitsForConsumers) return undefined;
  if (health.kind !== 'healthy') {
    return lookAgain('alarms-not-ok', nextCheck(facts, now));
  }
  const opens = nextOpening(now, settings.deactivationWindow, settings.timeZone);
  return opens > now ? lookAgain('window-closed', opens) : undefined;
};

/** The user is not enrolled any more: nothing of it may be read, and no key is deactivated. */
export const decideUnenrolled = (
  facts: Pick<DeactivationFacts, 'settings' | 'checks'>,
  now: Date,
): Pick<LookAgain, 'kind' | 'until'> => ({ kind: 'look-again', until: nextCheck(facts, now) });

/** Decides on what was read last: consumers must have another key to read, everywhere. */
export const decideDeactivation = (facts: DeactivationFacts, now: Date): DeactivationDecision => {
  const { oldAccessKeyId, newAccessKeyId, keys, current } = facts;
  const refuse = (error: RotationErrorName, code: DeactivationWhy['code']): DeactivationDecision => ({
    kind: 'refuse',
    error,
    why: { code },
    leak: leakToldBy(keys),
  });
  if (oldAccessKeyId === newAccessKeyId || currentKeyId(current) !== newAccessKeyId) {
    return refuse('StateDrift', 'secret-edited');
  }
  if (findKey(keys, newAccessKeyId)?.status !== 'Active') return refuse('StateDrift', 'new-key-not-active');
  const old = findKey(keys, oldAccessKeyId);
  if (old === undefined) return { kind: 'already-done', why: { code: 'old-key-deleted' } };
  if (old.status !== 'Active') return { kind: 'already-done', why: { code: 'old-key-not-active' } };
  const cameUp = whatCameUp(facts, now);
  if (cameUp !== undefined) return cameUp;
  if (facts.laggingReplicas.length > 0 && facts.course.waitsForReplicas) {
    return refuse('TransientServiceError', 'replicas-lag');
  }
  return { kind: 'deactivate' };
};
