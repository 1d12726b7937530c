import { OWNERSHIP_TAG } from '../contract/names';
import { type OwnershipProblem, TAG_QUOTA } from '../findings/ownership';
import { startRotation, untagUser } from '../text/commands';
import { type Advice, listOf, type Said } from '../text/said';

/** A mark in words: which secret, and where. */
export const describeOwner = (value: string): string => {
  const [, , , region, accountId, , ...name] = value.split(':');
  return name.length === 0
    ? `"${value}"`
    : `the secret ${name.join(':')} in ${region} of the account ${accountId}`;
};

/** What to do where the mark cannot be set. */
const WITHOUT_MARK =
  'If that cannot be, set "ownershipMark": "off" for the user, or in defaults, in the configuration, and deploy. Then nothing keeps ' +
  'another stack or Region from rotating the same user.';

/** An error that comes from setting the mark, which a configuration can do without. */
export const withWayOut = (said: Said): Said => ({ ...said, next: [...(said.next ?? []), WITHOUT_MARK] });

/**
 * Why a user is not this secret's to rotate, and what to do.
 *
 * @param unchanged - sentences: what was not done.
 * @param action - what to start again. Default: a rotation.
 */
export const explainOwnership = (
  why: OwnershipProblem,
  userName: string,
  unchanged: string | readonly string[],
  action?: 'resume',
): { readonly what: readonly string[]; readonly next: Advice } => {
  const start = startRotation(userName, action);
  switch (why.code) {
    case 'another-secrets':
      return {
        what: [
          `The IAM user ${userName} belongs to another secret: its tag ${OWNERSHIP_TAG} names ${describeOwner(why.owner)}.`,
          `This rotation is for ${describeOwner(why.own)}.`,
          'Either another stack or Region has enrolled the user, or the user had another secret before.',
          ...listOf(unchanged),
        ],
        next: [
          'Decide where the user is rotated. If that is not here, take the user out of the configuration here, deploy, and leave out the rest.',
          'If it is here, take the user out of the configuration there, deploy, and see that no rotation of the user is unfinished there.',
          'Then remove the mark:',
          untagUser(userName, OWNERSHIP_TAG),
          'Wait a minute, and start again:',
          start,
        ],
      };
    case 'no-room-for-mark':
      return {
        what: [
          `The IAM user ${userName} has ${TAG_QUOTA} tags, as many as IAM allows.`,
          `The tag ${OWNERSHIP_TAG}, which names the secret that the user belongs to, is not among them.`,
          ...listOf(unchanged),
        ],
        next: ['Remove a tag that nothing needs from the user.', WITHOUT_MARK, 'Then start again:', start],
      };
  }
};
