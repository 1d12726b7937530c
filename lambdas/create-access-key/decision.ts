import type { LeakTold, RotationErrorName } from '../shared/contract/errors';
import type { Attribution } from '../shared/findings/attribution';
import type { CurrentValue } from '../shared/findings/situation';
import type { Stranger } from '../shared/findings/whose-key';
import type { StoredKey } from '../shared/recovery/discard';
import type { AccessKey } from '../shared/rotation/access-key';
import type { Rotation } from '../shared/rotation/rotation-state';
import type { Obstacle } from '../shared/secret/key-document';

/** What create-access-key has read after it won the lock. */
export interface CreateFacts {
  readonly userName: string;
  /** When this was read. */
  readonly now: Date;
  readonly secretId: string;
  readonly rotation: Rotation;
  readonly keys: readonly AccessKey[];
  readonly current: CurrentValue;
  /** The key in AWSCURRENT is somebody else's. */
  readonly stranger: Stranger | undefined;
  /** Keys in IAM that this rotation can prove to have stored. */
  readonly stored: readonly StoredKey[];
  /** A create may have been sent whose outcome nobody knows: this step ran before, or a predecessor did. */
  readonly outcomeUnknown: boolean;
  /** For keys that nothing explains, as far as it was asked. */
  readonly attributions: ReadonlyMap<string, Attribution>;
  /** Why AWSCURRENT could not take a new key. */
  readonly obstacle: Obstacle | undefined;
  /** A person wants the old key back. */
  readonly rollback: boolean;
  /** In an emergency: versions of the secret that hold one of the user's keys, by its ID, whoever stored them. */
  readonly versionOfKey: ReadonlyMap<string, string>;
  /** Version IDs by staging label. */
  readonly versionByLabel: ReadonlyMap<string, string>;
}

/** Where the rotation stands, and what this step does about it. */
export type CreateDecision =
  /** A new key is needed; first discard what is ours and of no use. */
  | {
      readonly kind: 'create';
      readonly discard: readonly string[];
      /** In an emergency only: a key that consumers have left already makes room before its time. */
      readonly deleteEarly: string | undefined;
      readonly reason: string;
    }
  /** The stored key of a predecessor, or of an earlier attempt, goes on to its test. */
  | { readonly kind: 'adopt'; readonly key: StoredKey; readonly reason: string }
  /** In an emergency: the other key, which the secret still holds, takes the leaked one's place after a test. */
  | {
      readonly kind: 'fall-back';
      readonly accessKeyId: string;
      readonly versionId: string;
      /** It is Inactive. */
      readonly activate: boolean;
      readonly reason: string;
    }
  /** The new key is published already; the walk continues behind publication. */
  | {
      readonly kind: 'continue';
      readonly status: 'published' | 'deactivated' | 'retired';
      readonly newAccessKeyId: string;
      readonly reason: string;
    }
  /** The old key is to be brought back: a person asks for it, or has made the published key unusable. */
  | {
      readonly kind: 'restore';
      readonly error: 'StateDrift' | null;
      /** Null: nothing has been published yet. */
      readonly newAccessKeyId: string | null;
      readonly reason: string;
    }
  /** Who created a key is not known yet: ask again later. */
  | { readonly kind: 'wait'; readonly reason: string }
  | {
      readonly kind: 'give-up';
      readonly error: RotationErrorName;
      readonly discard: readonly string[];
      /** Whether the lock may be released: nothing of ours is left then that only it remembers. */
      readonly release: boolean;
      readonly reason: string;
      readonly leak?: LeakTold | undefined;
    };
