import { createHash } from 'node:crypto';
import type { OwnershipMark } from '../contract/enrolment';
import type { SpokenRefusal } from '../contract/errors';
import { OWNERSHIP_TAG } from '../contract/names';
import type { Tag } from '../gateways/iam-gateway';
import { untagUser } from '../text/commands';

/** IAM and AWS STS quotas: tags of a user, and characters of a tag's value. */
const TAG_QUOTA = 50;
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

/** A mark in words: which secret, and where. */
export const describeOwner = (value: string): string => {
  const [, , , region, accountId, , ...name] = value.split(':');
  return name.length === 0
    ? `"${value}"`
    : `the secret ${name.join(':')} in ${region} of the account ${accountId}`;
};

/** Whom a refusal is about, and what it says of the keys. */
export interface Refused {
  readonly userName: string;
  /** The mark that the user should have. */
  readonly own: string;
  /** What was not done, and what state the keys are in. */
  readonly unchanged: string;
}

/** What to do where the mark cannot be set. */
export const WITHOUT_MARK =
  'If that cannot be, say "ownershipMark": "off" for the user, or in defaults, in the configuration and deploy: then nothing keeps ' +
  'another stack or Region from rotating the same user. Then start again.';

const refuse = (reason: string): SpokenRefusal => ({ kind: 'refuse', error: 'UserConflict', reason });

/** The user is another secret's. */
export const refuseOther = (owner: string, { userName, own, unchanged }: Refused): SpokenRefusal =>
  refuse(
    `The IAM user ${userName} belongs to another secret: its tag ${OWNERSHIP_TAG} names ${describeOwner(owner)}, and not ` +
      `${describeOwner(own)}. So another stack or Region has enrolled the user, or the user had another secret before. ` +
      `${unchanged} Leave the user enrolled in one place. If that is here: take it out of the configuration there and deploy, ` +
      `see to it that no rotation of it is unfinished there, remove the mark (${untagUser(userName, OWNERSHIP_TAG)}), wait a minute, and start again.`,
  );

/** The user cannot have the mark, because IAM allows no further tag. */
export const refuseForWantOfRoom = ({ userName, unchanged }: Refused): SpokenRefusal =>
  refuse(
    `The IAM user ${userName} has as many tags as IAM allows, ${TAG_QUOTA}, and ${OWNERSHIP_TAG}, which names the secret that the ` +
      `user belongs to, is not among them. ${unchanged} Remove a tag that nothing needs. ${WITHOUT_MARK}`,
  );
