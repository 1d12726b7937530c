import { RETRY_NOTE } from '../contract/errors';
import type { SituationWhy, Witnessed } from '../findings/situation';
import { mask } from '../text/mask';
import { describeKeys } from './keys';

/** What a step says when it finds what it would rely on in another state than the rotation has left it in. */
export const explainSituation = (
  why: SituationWhy,
  { userName, secretId }: Pick<Witnessed, 'userName' | 'secretId'>,
): string => {
  switch (why.code) {
    case 'secret-missing':
      return unusableSecret(secretId, 'does not exist any more');
    case 'scheduled-for-deletion':
      return unusableSecret(secretId, 'is scheduled for deletion');
    case 'rotation-enabled':
      return unusableSecret(secretId, "has Secrets Manager's own rotation switched on");
    case 'lock-lost':
      return (
        `This execution does not hold the lock of the rotation any more: AWSPENDING of ${secretId} is ${
          why.pending === undefined ? 'on no version' : 'not on its intent'
        }. Another execution has taken over, or a person has moved the label. This step changed nothing. ` +
        'If no other execution is running for the user, start a new one: it continues.'
      );
    case 'user-missing':
      return (
        `The IAM user ${userName} does not exist any more. Nothing was changed by this step. Take the user ` +
        'out of the configuration, or create it again and remove AWSPENDING from the secret.'
      );
    case 'no-current':
      return (
        `No version of the secret ${secretId} is AWSCURRENT. Nothing was changed by this step. ${describeKeys(why.keys)} ` +
        'Put AWSCURRENT back on the version that consumers should read, then start a new execution.'
      );
    case 'key-may-be-new':
      return (
        `AWSCURRENT holds ${mask(why.accessKeyId)}, which somebody has just put there and AWS refuses, as it does at first with a key ` +
        `that is new. Nothing takes its place before it is known whose it is. ${RETRY_NOTE}`
      );
    case 'key-not-listed':
      return (
        `AWSCURRENT holds ${mask(why.accessKeyId)}, which AWS accepts as the user's and IAM's list of keys does not show: the list may ` +
        `be late. ${RETRY_NOTE}`
      );
    case 'key-not-asked-about':
      return (
        `AWSCURRENT holds ${mask(why.accessKeyId)}, which is not in the user's list, and AWS could not be asked whose it is: ` +
        `${nameOf(why.cause)}. Nothing takes its place before that is known. ${RETRY_NOTE}`
      );
  }
};

const unusableSecret = (secretId: string, what: string): string =>
  `The secret ${secretId} ${what}. The rotation stops here and changes nothing. Undo that, then start a new execution: it ` +
  'continues.';

/** What AWS, or the network, has called an error. */
const nameOf = (error: unknown): string => {
  const { name, cause } = error instanceof Error ? error : new Error('no answer');
  return cause instanceof Error ? cause.name : name;
};
