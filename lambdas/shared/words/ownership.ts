import { OWNERSHIP_TAG } from '../contract/names';
import { type OwnershipProblem, TAG_QUOTA } from '../findings/ownership';
import { untagUser } from '../text/commands';

/** A mark in words: which secret, and where. */
export const describeOwner = (value: string): string => {
  const [, , , region, accountId, , ...name] = value.split(':');
  return name.length === 0
    ? `"${value}"`
    : `the secret ${name.join(':')} in ${region} of the account ${accountId}`;
};

/** What to do where the mark cannot be set. */
export const WITHOUT_MARK =
  'If that cannot be, say "ownershipMark": "off" for the user, or in defaults, in the configuration and deploy: then nothing keeps ' +
  'another stack or Region from rotating the same user. Then start again.';

/**
 * Why a user is not this secret's to rotate, and what to do.
 *
 * @param unchanged - what was not done, and what state the keys are in.
 */
export const explainOwnership = (why: OwnershipProblem, userName: string, unchanged: string): string => {
  switch (why.code) {
    case 'another-secrets':
      return (
        `The IAM user ${userName} belongs to another secret: its tag ${OWNERSHIP_TAG} names ${describeOwner(why.owner)}, and not ` +
        `${describeOwner(why.own)}. So another stack or Region has enrolled the user, or the user had another secret before. ` +
        `${unchanged} Leave the user enrolled in one place. If that is here: take it out of the configuration there and deploy, ` +
        `see to it that no rotation of it is unfinished there, remove the mark (${untagUser(userName, OWNERSHIP_TAG)}), wait a minute, and start again.`
      );
    case 'no-room-for-mark':
      return (
        `The IAM user ${userName} has as many tags as IAM allows, ${TAG_QUOTA}, and ${OWNERSHIP_TAG}, which names the secret that the ` +
        `user belongs to, is not among them. ${unchanged} Remove a tag that nothing needs. ${WITHOUT_MARK}`
      );
  }
};
