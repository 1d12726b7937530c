import type { LeakTold, RotationErrorName } from '../shared/contract/errors';
import type { Attribution, Overdue } from '../shared/findings/attribution';
import type { CurrentProblem, CurrentValue } from '../shared/findings/situation';
import type { Stranger } from '../shared/findings/whose-key';
import type { StoredKey } from '../shared/recovery/discard';
import type { RollbackObstacle } from '../shared/recovery/rollback';
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

/** Why it is decided so. All else that there is to say is in the facts. */
export type CreateWhy =
  /** No key of ours is there that could be used; these are discarded. */
  | { readonly code: 'key-needed'; readonly discard: readonly string[] }
  /** A key of ours is stored already; or the secret still holds another one than the leaked one. */
  | { readonly code: 'key-stored' | 'other-key-held'; readonly accessKeyId: string }
  /** Consumers read the new key already, and there is no old one, or no more, or it is Active. */
  | {
      readonly code: 'published-first-key' | 'published-old-key-gone' | 'published-old-key-active';
      readonly newAccessKeyId: string;
    }
  /** Consumers read the new key already, and the old one is Inactive. */
  | {
      readonly code: 'published-old-key-inactive';
      readonly newAccessKeyId: string;
      readonly oldAccessKeyId: string;
    }
  /** Consumers read another key than the leaked one already, which is gone, Active or Inactive. */
  | {
      readonly code: 'leaked-key-gone' | 'leaked-key-active' | 'leaked-key-inactive';
      readonly newAccessKeyId: string;
      readonly leakedAccessKeyId: string;
    }
  /** A person wants the old key back. */
  | { readonly code: 'rollback-asked-for' }
  /** The published key is not Active. */
  | { readonly code: 'published-key-changed'; readonly published: AccessKey }
  /** CloudTrail does not say yet who created these keys; for some it should by now. */
  | {
      readonly code: 'unattributed';
      readonly keys: readonly AccessKey[];
      readonly overdue: readonly Overdue[];
    }
  | { readonly code: 'unreadable-current'; readonly problem: CurrentProblem }
  | { readonly code: 'strangers-key'; readonly stranger: Stranger }
  /** AWSCURRENT was put on another key, or emptied. */
  | { readonly code: 'current-replaced'; readonly accessKeyId: string | null }
  /** AWSCURRENT could not take a new key. */
  | { readonly code: 'obstacle'; readonly obstacle: Obstacle }
  /** The user has keys that are not the rotation's to delete, of some of which nothing tells any more who created them. */
  | {
      readonly code: 'no-room';
      readonly remaining: readonly AccessKey[];
      readonly forgotten: readonly AccessKey[];
    }
  /** Other keys have the place that the leaked one's successor would need. */
  | { readonly code: 'no-room-for-leak'; readonly leaked: AccessKey; readonly others: readonly string[] }
  /** A person wants the old key back, and it cannot be brought back. */
  | { readonly code: 'no-way-back'; readonly obstacle: RollbackObstacle };

/** Where the rotation stands, and what this step does about it. */
export type CreateDecision = CreateAct & { readonly why: CreateWhy };

type CreateAct =
  /** A new key is needed; first discard what is ours and of no use. */
  | {
      readonly kind: 'create';
      readonly discard: readonly string[];
      /** In an emergency only: a key that consumers have left already makes room before its time. */
      readonly deleteEarly: string | undefined;
    }
  /** The stored key of a predecessor, or of an earlier attempt, goes on to its test. */
  | { readonly kind: 'adopt'; readonly key: StoredKey }
  /** In an emergency: the other key, which the secret still holds, takes the leaked one's place after a test. */
  | {
      readonly kind: 'fall-back';
      readonly accessKeyId: string;
      readonly versionId: string;
      /** It is Inactive. */
      readonly activate: boolean;
    }
  /** The new key is published already; the walk continues behind publication. */
  | {
      readonly kind: 'continue';
      readonly status: 'published' | 'deactivated' | 'retired';
      readonly newAccessKeyId: string;
    }
  /** The old key is to be brought back: a person asks for it, or has made the published key unusable. */
  | {
      readonly kind: 'restore';
      readonly error: 'StateDrift' | null;
      /** Null: nothing has been published yet. */
      readonly newAccessKeyId: string | null;
    }
  /** Who created a key is not known yet: ask again later. */
  | { readonly kind: 'wait' }
  | {
      readonly kind: 'give-up';
      readonly error: RotationErrorName;
      readonly discard: readonly string[];
      /** Whether the lock may be released: nothing of ours is left then that only it remembers. */
      readonly release: boolean;
      readonly leak?: LeakTold | undefined;
    };
