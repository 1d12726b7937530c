import { type CurrentValue, currentKeyId, findKey } from '../shared/findings/situation';
import type { Stranger } from '../shared/findings/whose-key';
import type { AccessKey } from '../shared/rotation/access-key';
import type { Rollback } from '../shared/rotation/rotation-state';
import type { Obstacle } from '../shared/secret/key-document';

/** What is known of the old key. */
export interface OldKeyFacts {
  readonly oldAccessKeyId: string | null;
  /** Keys that were Inactive when the rotation began. */
  readonly inactiveAccessKeyIdsBefore: readonly string[];
  /** This execution knows that it has set the old key Inactive. */
  readonly deactivatedHere: boolean;
  /** Why it is rolled back. */
  readonly error: Rollback['error'];
  readonly keys: readonly AccessKey[];
}

/** The old key, if it has to be set Active to end the outage: both keys Active is the state in which no consumer can fail. */
export const keyToReactivate = (facts: OldKeyFacts): AccessKey | undefined => {
  const old = findKey(facts.keys, facts.oldAccessKeyId);
  if (old === undefined || old.status === 'Active' || facts.error === 'NotAcknowledged') return undefined;
  // Reactivate only a key that this rotation deactivated. A key that was Inactive before is somebody else's decision.
  return facts.deactivatedHere || !facts.inactiveAccessKeyIdsBefore.includes(old.accessKeyId)
    ? old
    : undefined;
};

/** What is known of AWSCURRENT, once the old key is what it will be. */
export interface CurrentFacts {
  readonly oldAccessKeyId: string | null;
  /** The key that AWSCURRENT named when the rotation began; null when it named none. */
  readonly keyBefore: string | null;
  /** Keys that were published since. */
  readonly published: readonly string[];
  readonly keys: readonly AccessKey[];
  readonly current: CurrentValue;
}

/**
 * Where AWSCURRENT goes when it names no Active key: to the first of these keys that a version of the secret holds.
 * Undefined when it stays where it is.
 */
export const whereCurrentGoes = (facts: CurrentFacts): readonly string[] | undefined => {
  const currentKey = findKey(facts.keys, currentKeyId(facts.current));
  // Consumers had no key to read before the rotation, and none was published since.
  const nothingToRead =
    facts.current.kind === 'no-key' && facts.keyBefore === null && facts.published.length === 0;
  // A new key that works stays current: consumers that moved keep what they have, the others have the old key.
  if (currentKey?.status === 'Active' || nothingToRead) return undefined;
  // A key that was never published was perhaps never tested.
  return [facts.oldAccessKeyId, ...facts.published].filter(
    (accessKeyId): accessKeyId is string => findKey(facts.keys, accessKeyId)?.status === 'Active',
  );
};

/** A version that was AWSCURRENT, and that the rollback could not put the key into: what its owner wrote last is in it alone. */
export interface LeftVersion {
  readonly secretId: string;
  readonly versionId: string;
  readonly why:
    | Extract<CurrentValue, { readonly kind: 'no-key' | 'unreadable' }>
    | { readonly kind: 'obstacle'; readonly obstacle: Obstacle }
    | { readonly kind: 'not-stored' };
}

/** Where AWSCURRENT is after a rollback. */
export type CurrentAfterRollback =
  | { readonly kind: 'kept'; readonly left?: LeftVersion | undefined }
  | { readonly kind: 'restored'; readonly accessKeyId: string; readonly left?: LeftVersion | undefined }
  /** It names no key that works, and no version of the secret holds one. */
  | { readonly kind: 'no-version' }
  /** It names a key of somebody else's, which nothing takes the place of. */
  | { readonly kind: 'strange'; readonly stranger: Stranger };
