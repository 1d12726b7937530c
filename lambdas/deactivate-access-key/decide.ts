import { RETRY_NOTE, type RotationErrorName } from '../shared/errors';
import type { AccessKey } from '../shared/iam-gateway';
import { mask } from '../shared/mask';
import { type CurrentValue, currentKeyId, describeKeys, findKey } from '../shared/situation';

/** What deactivate-access-key has read, right before it acts. */
export interface DeactivationFacts {
  readonly oldAccessKeyId: string;
  /** The old key has leaked. */
  readonly emergency: boolean;
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
  | { readonly kind: 'refuse'; readonly error: RotationErrorName; readonly reason: string };

/** Decides on what was read last: consumers must have another key to read, everywhere. */
export const decideDeactivation = (facts: DeactivationFacts): DeactivationDecision => {
  const { oldAccessKeyId, newAccessKeyId, keys, current } = facts;
  const untouched = `The old key ${mask(oldAccessKeyId)} was not deactivated. ${describeKeys(keys)}`;
  if (oldAccessKeyId === newAccessKeyId || currentKeyId(current) !== newAccessKeyId) {
    return {
      kind: 'refuse',
      error: 'StateDrift',
      reason:
        `AWSCURRENT does not hold the new key ${mask(newAccessKeyId)} any more: somebody has edited the secret. ` +
        `${untouched} Start a new execution: it goes on from what is there.`,
    };
  }
  const status = findKey(keys, newAccessKeyId)?.status;
  if (status !== 'Active') {
    return {
      kind: 'refuse',
      error: 'StateDrift',
      reason:
        `The key in the secret, ${mask(newAccessKeyId)}, is ${status ?? 'gone'}: somebody has changed it. ${untouched} ` +
        'Start a new execution: it goes on from what is there.',
    };
  }
  // A leaked key waits for nobody, and not for replicas either.
  if (facts.paused !== undefined && !facts.emergency) {
    return {
      kind: 'refuse',
      error: 'TransientServiceError',
      reason: `The user is ${facts.paused}. ${untouched} ${RETRY_NOTE}`,
    };
  }
  if (facts.laggingReplicas.length > 0 && !facts.emergency) {
    return {
      kind: 'refuse',
      error: 'TransientServiceError',
      reason: `Replicas of the secret do not have the new key yet: ${facts.laggingReplicas.join(', ')}. ${untouched} ${RETRY_NOTE}`,
    };
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
