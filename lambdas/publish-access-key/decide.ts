import type { Refusal, RotationErrorName } from '../shared/contract/errors';
import { type CurrentProblem, type CurrentValue, currentKeyId, findKey } from '../shared/findings/situation';
import type { Stranger } from '../shared/findings/whose-key';
import type { AccessKey } from '../shared/rotation/access-key';
import { leakToldBy } from '../shared/rotation/leak';
import type { Rotation } from '../shared/rotation/rotation-state';
import type { Obstacle } from '../shared/secret/key-document';

/** What publish-access-key has read. */
export interface PublishFacts {
  readonly userName: string;
  readonly rotation: Rotation;
  readonly newAccessKeyId: string;
  readonly keys: readonly AccessKey[];
  readonly current: CurrentValue;
  /** The key in AWSCURRENT is somebody else's. */
  readonly stranger: Stranger | undefined;
  /** Whether the key's label is on a version that holds the key. */
  readonly publishable: boolean;
  /** Whether the mark of publication is set. */
  readonly marked: boolean;
  /** Whether that version is AWSCURRENT with the key in it, and nothing else. */
  readonly upToDate: boolean;
  /** Why AWSCURRENT cannot take the key. */
  readonly obstacle: Obstacle | undefined;
}

/** Why AWSCURRENT does not move to the new key. */
export type PublishWhy =
  | { readonly code: 'unreadable-current'; readonly problem: CurrentProblem }
  | { readonly code: 'strangers-key'; readonly stranger: Stranger }
  /** Somebody has put another key into AWSCURRENT, and it works. */
  | { readonly code: 'current-replaced'; readonly accessKeyId: string }
  /** The new key's label is on no version that holds it. */
  | { readonly code: 'condemned' }
  /** IAM does not list the new key. */
  | { readonly code: 'not-listed' }
  | { readonly code: 'not-active'; readonly status: string }
  /** AWSCURRENT cannot take the key. */
  | { readonly code: 'obstacle'; readonly obstacle: Obstacle }
  /** Something else is stored under the version ID that AWSCURRENT with the new key in it would have. */
  | { readonly code: 'taken-version'; readonly versionId: string };

/** What to do next towards publication. */
export type PublishDecision =
  | { readonly kind: 'published' }
  /** The owner has edited AWSCURRENT: take the edit over into a new version of the key first. */
  | { readonly kind: 'merge' }
  /**
   * Set the mark before AWSCURRENT moves, or when somebody else has moved it there: from then on nothing deletes the
   * key. Then look at everything again.
   */
  | { readonly kind: 'mark' }
  | { readonly kind: 'publish' }
  | Refusal<PublishWhy>;

/** Decides whether AWSCURRENT may move to the new key. */
export const decidePublish = (facts: PublishFacts): PublishDecision => {
  const { rotation, newAccessKeyId, keys, current } = facts;
  if (current.kind === 'unreadable') {
    return refusePublication(
      'SecretConflict',
      { code: 'unreadable-current', problem: current.problem },
      keys,
    );
  }
  if (facts.stranger !== undefined) {
    return refusePublication('SecretConflict', { code: 'strangers-key', stranger: facts.stranger }, keys);
  }
  const currentId = currentKeyId(current);
  if (currentId === newAccessKeyId) return { kind: facts.marked ? 'published' : 'mark' };
  const expected =
    currentId === rotation.currentAccessKeyIdBefore ||
    rotation.leakedAccessKeyIds.some((id) => id === currentId);
  if (!expected && findKey(keys, currentId)?.status === 'Active') {
    return refusePublication('StateDrift', { code: 'current-replaced', accessKeyId: currentId ?? '' }, keys);
  }
  if (!facts.publishable) {
    return refusePublication('StateDrift', { code: 'condemned' }, keys);
  }
  const status = findKey(keys, newAccessKeyId)?.status;
  if (status === undefined) {
    // IAM's lists may lag behind a key that STS knows already.
    return refusePublication('TransientServiceError', { code: 'not-listed' }, keys);
  }
  if (status !== 'Active') {
    return refusePublication('StateDrift', { code: 'not-active', status }, keys);
  }
  if (facts.obstacle !== undefined) {
    return refusePublication('SecretConflict', { code: 'obstacle', obstacle: facts.obstacle }, keys);
  }
  if (!facts.upToDate) return { kind: 'merge' };
  return { kind: facts.marked ? 'publish' : 'mark' };
};

/** AWSCURRENT does not move to the new key. */
export const refusePublication = (
  error: RotationErrorName,
  why: PublishWhy,
  keys: readonly AccessKey[],
): Refusal<PublishWhy> => ({ kind: 'refuse', error, why, leak: leakToldBy(keys) });
