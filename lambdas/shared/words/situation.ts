import type { SecretProblem } from '../findings/situation';
import type { AccessKey } from '../rotation/access-key';
import { describeKeys } from './keys';

/** What a step says when it finds what it would rely on in another state than the rotation has left it in. */

const PROBLEMS: Readonly<Record<SecretProblem, string>> = {
  missing: 'does not exist any more',
  'scheduled-for-deletion': 'is scheduled for deletion',
  'rotation-enabled': "has Secrets Manager's own rotation switched on",
};

export const unusableSecret = (secretId: string, problem: SecretProblem): string =>
  `The secret ${secretId} ${PROBLEMS[problem]}. The rotation stops here and changes nothing. Undo that, then start a new execution: it ` +
  'continues.';

/** @param pending - the version that AWSPENDING is on; undefined: on none. */
export const lostLock = (secretId: string, pending: string | undefined): string =>
  `This execution does not hold the lock of the rotation any more: AWSPENDING of ${secretId} is ${
    pending === undefined ? 'on no version' : 'not on its intent'
  }. Another execution has taken over, or a person has moved the label. This step changed nothing. ` +
  'If no other execution is running for the user, start a new one: it continues.';

export const userGone = (userName: string): string =>
  `The IAM user ${userName} does not exist any more. Nothing was changed by this step. Take the user ` +
  'out of the configuration, or create it again and remove AWSPENDING from the secret.';

export const noCurrent = (secretId: string, keys: readonly AccessKey[]): string =>
  `No version of the secret ${secretId} is AWSCURRENT. Nothing was changed by this step. ${describeKeys(keys)} ` +
  'Put AWSCURRENT back on the version that consumers should read, then start a new execution.';
