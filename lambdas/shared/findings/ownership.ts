import { createHash } from 'node:crypto';
import type { OwnershipMark } from '../contract/enrolment';
import type { Refusal } from '../contract/errors';
import { OWNERSHIP_TAG } from '../contract/names';
import type { Tag } from '../gateways/iam-gateway';

/** IAM and AWS STS quotas: tags of a user, and characters of a tag's value. */
export const TAG_QUOTA = 50;
const MAX_VALUE_LENGTH = 256;

/** What the mark says, seen from one secret. */
export type Ownership =
  /** The configuration says not to look. */
  | { readonly kind: 'off' }
  | { readonly kind: 'own' }
  /** `hasRoom`: the user may have another tag. */
  | { readonly kind: 'unmarked'; readonly hasRoom: boolean }
  | { readonly kind: 'other'; readonly owner: string };

/**
 * The value of the mark: partition, Region, account and name of a secret, as its ARN has them, without the six random
 * characters, which are others when a secret is deleted and created again. IAM allows all characters of a secret's name in
 * a tag, but not its length: a longer one ends in a hash, and is then as long as only those are.
 *
 * @param secretId - name or full ARN of the secret.
 * @param executionArn - an execution in the secret's partition, Region and account, where a name does not tell them.
 */
export const ownershipValue = (secretId: string, executionArn: string): string => {
  const [, partition, , region, accountId] = executionArn.split(':');
  const identity = secretId.startsWith('arn:')
    ? secretId.replace(/-[A-Za-z0-9]{6}$/, '')
    : `arn:${partition}:secretsmanager:${region}:${accountId}:secret:${secretId}`;
  if (identity.length < MAX_VALUE_LENGTH) return identity;
  const hash = `=${createHash('sha256').update(identity).digest('hex')}`;
  return `${identity.slice(0, MAX_VALUE_LENGTH - hash.length)}${hash}`;
};

/** What the mark of a user says. IAM does not distinguish the keys of a user's tags by case. */
export const judgeOwnership = (setting: OwnershipMark, tags: readonly Tag[], own: string): Ownership => {
  if (setting === 'off') return { kind: 'off' };
  const mark = tags.find(({ key }) => key.toLowerCase() === OWNERSHIP_TAG);
  if (mark === undefined) return { kind: 'unmarked', hasRoom: tags.length < TAG_QUOTA };
  return mark.value === own ? { kind: 'own' } : { kind: 'other', owner: mark.value };
};

/** Why a user is not this secret's to rotate. */
export type OwnershipProblem =
  /** The mark names another secret. */
  | {
      readonly code: 'another-secrets';
      /** The mark that the user has. */
      readonly owner: string;
      /** The mark that the user should have. */
      readonly own: string;
    }
  /** The user cannot have the mark, because IAM allows no further tag. */
  | { readonly code: 'no-room-for-mark' };

/** Nothing is begun for a user that is not this secret's. */
export const refuseUser = (why: OwnershipProblem): Refusal<OwnershipProblem> => ({
  kind: 'refuse',
  error: 'UserConflict',
  why,
});
