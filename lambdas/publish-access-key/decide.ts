import type { RotationErrorName, SpokenRefusal } from '../shared/contract/errors';
import { type CurrentValue, currentKeyId, describeKeys, findKey } from '../shared/findings/situation';
import { describeStranger, type Stranger } from '../shared/findings/whose-key';
import type { AccessKey } from '../shared/rotation/access-key';
import { leakToldBy } from '../shared/rotation/leak';
import type { Rotation } from '../shared/rotation/rotation-state';
import type { Obstacle } from '../shared/secret/key-document';
import { mask } from '../shared/text/mask';

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
  | SpokenRefusal;

/** Decides whether AWSCURRENT may move to the new key. */
export const decidePublish = (facts: PublishFacts): PublishDecision => {
  const { rotation, newAccessKeyId, keys, current } = facts;
  const name = mask(newAccessKeyId);
  if (current.kind === 'unreadable') {
    return refuse('SecretConflict', `AWSCURRENT cannot be understood: ${current.problem}.`, keys);
  }
  if (facts.stranger !== undefined) {
    const what = `${describeStranger(facts.stranger, facts.userName)} Put back what consumers of ${facts.userName} should read.`;
    return refuse('SecretConflict', what, keys);
  }
  const currentId = currentKeyId(current);
  if (currentId === newAccessKeyId) return { kind: facts.marked ? 'published' : 'mark' };
  const expected =
    currentId === rotation.currentAccessKeyIdBefore ||
    rotation.leakedAccessKeyIds.some((id) => id === currentId);
  if (!expected && findKey(keys, currentId)?.status === 'Active') {
    return refuse(
      'StateDrift',
      `AWSCURRENT holds ${mask(currentId ?? '')}, which somebody put there during the rotation and which works.`,
      keys,
    );
  }
  if (!facts.publishable) {
    return refuse(
      'StateDrift',
      `The new key ${name} was condemned: its label is gone from the secret.`,
      keys,
    );
  }
  const status = findKey(keys, newAccessKeyId)?.status;
  if (status === undefined) {
    // IAM's lists may lag behind a key that STS knows already.
    return refuse(
      'TransientServiceError',
      `IAM does not list the new key ${name}, which has just been tested.`,
      keys,
    );
  }
  if (status !== 'Active') {
    return refuse(
      'StateDrift',
      `The new key ${name} is ${status}: somebody changed it after its test.`,
      keys,
    );
  }
  if (facts.obstacle !== undefined) {
    const { what, next } = facts.obstacle;
    return refuse('SecretConflict', `${what} ${next}`, keys);
  }
  if (!facts.upToDate) return { kind: 'merge' };
  return { kind: facts.marked ? 'publish' : 'mark' };
};

/** Somebody has stored something else under the version ID that AWSCURRENT with the new key in it would have. */
export const refuseTakenId = (
  secretId: string,
  versionId: string,
  keys: readonly AccessKey[],
): SpokenRefusal =>
  refuse(
    'SecretConflict',
    `Version ${versionId} of ${secretId}, which was to be AWSCURRENT with the new key in it, is there already and holds something ` +
      'else: somebody else has stored it. A version cannot be changed; what AWSCURRENT holds decides its ID, so any change in ' +
      'it, a blank for one, makes another ID.',
    keys,
  );

const refuse = (error: RotationErrorName, what: string, keys: readonly AccessKey[]): SpokenRefusal => ({
  kind: 'refuse',
  error,
  reason: `${what} AWSCURRENT was not moved. ${describeKeys(keys)} Start a new execution: it goes on from what is there.`,
  leak: leakToldBy(keys),
});
