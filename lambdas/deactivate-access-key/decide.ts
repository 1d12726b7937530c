import type { Course } from '../shared/course';
import { RETRY_NOTE, type Refusal, type RotationErrorName } from '../shared/errors';
import type { AccessKey } from '../shared/iam-gateway';
import { leakToldBy } from '../shared/leak';
import { mask } from '../shared/mask';
import { type CurrentValue, currentKeyId, describeKeys, findKey } from '../shared/situation';

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
}

/** Whether the old key may be set Inactive at this very moment. */
export type DeactivationDecision =
  | { readonly kind: 'deactivate' }
  | { readonly kind: 'already-done'; readonly reason: string }
  | Refusal;

/** Decides on what was read last: consumers must have another key to read, everywhere. */
export const decideDeactivation = (facts: DeactivationFacts): DeactivationDecision => {
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
  if (facts.paused !== undefined && facts.course.respectsPause) {
    return refuse('TransientServiceError', `The user is ${facts.paused}.`, RETRY_NOTE);
  }
  if (facts.laggingReplicas.length > 0 && facts.course.waitsForReplicas) {
    return refuse(
      'TransientServiceError',
      `Replicas of the secret do not have the new key yet: ${facts.laggingReplicas.join(', ')}.`,
      RETRY_NOTE,
    );
  }
  const old = findKey(keys, oldAccessKeyId);
  if (old === undefined) {
    return {
      kind: 'already-done',
      reason: `The old key ${mask(oldAccessKeyId)} was deleted by somebody else.`,
    };
  }
  return old.status === 'Active'
    ? { kind: 'deactivate' }
    : { kind: 'already-done', reason: `The old key ${mask(oldAccessKeyId)} is ${old.status} already.` };
};
