import { RETRY_NOTE } from '../contract/errors';
import type { SituationWhy, Witnessed } from '../findings/situation';
import { cancelRotation, restoreSecret, startRotation } from '../text/commands';
import type { Advice, Said } from '../text/said';

const goesOn = (userName: string): Advice => [
  'Then start a new execution, which goes on from what is there:',
  startRotation(userName),
];

/** What a step says when it finds what it would rely on in another state than the rotation has left it in. */
export const explainSituation = (
  why: SituationWhy,
  { userName, secretId }: Pick<Witnessed, 'userName' | 'secretId'>,
): Said => {
  switch (why.code) {
    case 'secret-missing':
      return unusableSecret(secretId, 'does not exist any more', [
        'Create the secret again, as the section of the runbook says.',
        ...goesOn(userName),
      ]);
    case 'scheduled-for-deletion':
      return unusableSecret(secretId, 'is scheduled for deletion', [
        'Restore it:',
        restoreSecret(secretId),
        ...goesOn(userName),
      ]);
    case 'rotation-enabled':
      return {
        ...unusableSecret(secretId, "has Secrets Manager's own rotation switched on", [
          'Switch it off:',
          cancelRotation(secretId),
          ...goesOn(userName),
        ]),
        urgency: undefined,
      };
    case 'lock-lost':
      return {
        what: [
          `This execution does not hold the lock of ${userName}'s rotation any more: AWSPENDING of ${secretId} is ${
            why.pending === undefined ? 'on no version' : 'not on its intent'
          }.`,
          'Another execution has taken over, or a person has moved the label. This step changed nothing.',
        ],
        next: [
          'If no other execution is running for the user, start a new one, which goes on from what is there:',
          startRotation(userName),
        ],
      };
    case 'user-missing':
      return {
        what: [`The IAM user ${userName} does not exist any more.`, 'Nothing was changed by this step.'],
        next: [
          'Take the user out of the configuration and deploy, or create the user again and remove AWSPENDING from the secret.',
        ],
      };
    case 'no-current':
      return {
        what: [`No version of the secret ${secretId} is AWSCURRENT.`, 'Nothing was changed by this step.'],
        keys: why.keys,
        next: ['Put AWSCURRENT back on the version that programs should read.', ...goesOn(userName)],
        urgency: { urgent: true, why: 'Programs that read the secret get nothing.' },
      };
    case 'key-may-be-new':
      return {
        what: [
          `AWSCURRENT holds ${why.accessKeyId}, which somebody has just put there.`,
          'AWS refuses it, as it does at first with a key that is new. Nothing replaces it before it is known whose it is.',
        ],
        next: [RETRY_NOTE],
      };
    case 'key-not-listed':
      return {
        what: [
          `AWSCURRENT holds ${why.accessKeyId}, which AWS accepts as a key of ${userName}.`,
          "IAM's list of keys does not show it: the list may be late.",
        ],
        next: [RETRY_NOTE],
      };
    case 'key-not-asked-about':
      return {
        what: [
          `AWSCURRENT holds ${why.accessKeyId}, which is not in the list of ${userName}'s keys.`,
          `AWS could not be asked whose it is: ${nameOf(why.cause)}. Nothing replaces it before that is known.`,
        ],
        next: [RETRY_NOTE],
      };
  }
};

const unusableSecret = (secretId: string, what: string, next: Advice): Said => ({
  what: [`The secret ${secretId} ${what}.`, 'The rotation stops here and changes nothing.'],
  next,
  urgency: { urgent: true, why: 'Programs cannot read the secret.' },
  section: 'SecretConflict',
});

/** What AWS, or the network, has called an error. */
const nameOf = (error: unknown): string => {
  const { name, cause } = error instanceof Error ? error : new Error('no answer');
  return cause instanceof Error ? cause.name : name;
};
