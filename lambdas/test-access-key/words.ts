import { RETRY_NOTE } from '../shared/contract/errors';
import type { AccessKey } from '../shared/rotation/access-key';
import type { CreatedState } from '../shared/rotation/rotation-state';
import { describeSecret, listAccessKeys, startRotation } from '../shared/text/commands';
import type { Said } from '../shared/text/said';
import { type CondemnWhy, TEST_BUDGET_SECONDS } from './decide';

/** Why a new key is given up, for the end of a sentence. */
export const say = (why: CondemnWhy): string => {
  switch (why.code) {
    case 'refused':
      return `AWS still refused it with ${why.answer} after ${TEST_BUDGET_SECONDS} seconds`;
    case 'condemned-before':
      return 'an earlier attempt of this step had given it up';
    case 'not-in-version':
      return 'the version that carries its label does not hold it';
  }
};

/* What became of the key. */

export const sayPublished = ({ newAccessKeyId }: CreatedState): string =>
  `${newAccessKeyId} is published already.`;

export const sayUsable = ({ userName, newAccessKeyId }: CreatedState): string =>
  `AWS accepts ${newAccessKeyId} as a key of ${userName}.`;

/** It is of no use, and may be in use all the same. */
export const keptPublished = (
  { userName, newAccessKeyId }: CreatedState,
  why: CondemnWhy,
  keys: readonly AccessKey[],
): Said => ({
  what: [
    `The new key ${newAccessKeyId} does not work: ${say(why)}.`,
    'It was published, or was about to be, so it is not deleted.',
  ],
  keys,
  next: [
    'Start a new execution, which tests the key again:',
    startRotation(userName),
    'If AWS goes on refusing the key and nothing uses it, delete it first.',
  ],
  urgency: { urgent: true, why: 'Programs may read a key that AWS refuses.' },
});

export const publishedMeanwhile = ({ userName, newAccessKeyId }: CreatedState, why: CondemnWhy): Said => ({
  what: [
    `The new key ${newAccessKeyId} was published while this step judged it: ${say(why)}.`,
    'It was not deleted.',
  ],
  next: ['Start a new execution, which goes on from what is there:', startRotation(userName)],
});

export const deleted = (
  { userName, newAccessKeyId }: CreatedState,
  why: CondemnWhy,
  keys: readonly AccessKey[],
): Said => ({
  what: [
    `The new key ${newAccessKeyId} did not work and was deleted: ${say(why)}.`,
    'It was never published: programs still use the key that they had.',
  ],
  keys,
  next: [
    'Nothing now: the next scheduled start creates another key. To have one at once:',
    startRotation(userName),
  ],
});

/** @param ownerId - who AWS says that the key belongs to. */
export const notTheUsers = (
  { newAccessKeyId, userName, userId, secretId }: CreatedState,
  ownerId: string,
): Said => ({
  what: [
    `The key ${newAccessKeyId} in the secret belongs to ${ownerId}, not to ${userName} (${userId}): somebody has changed the stored version.`,
    'Nothing was published or deleted.',
  ],
  next: [
    'Compare the secret with IAM:',
    describeSecret(secretId),
    listAccessKeys(userName),
    'Then start a new execution:',
    startRotation(userName),
  ],
});

export const notAnswered = ({ newAccessKeyId }: CreatedState): Said => ({
  what: [`STS gave no usable answer about ${newAccessKeyId}.`, 'Nothing was published or deleted.'],
  next: [RETRY_NOTE],
});
