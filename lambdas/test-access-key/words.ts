import { RETRY_NOTE } from '../shared/contract/errors';
import type { AccessKey } from '../shared/rotation/access-key';
import type { CreatedState } from '../shared/rotation/rotation-state';
import { mask } from '../shared/text/mask';
import { describeKeys } from '../shared/words/keys';
import { type CondemnWhy, TEST_BUDGET_SECONDS } from './decide';

/** Why a new key is given up, for the end of a sentence. */
export const say = (why: CondemnWhy): string => {
  switch (why.code) {
    case 'refused':
      return `AWS still refused it with ${why.answer} after ${TEST_BUDGET_SECONDS} seconds`;
    case 'condemned-before':
      return 'an earlier attempt of this step had condemned it';
    case 'not-in-version':
      return 'the version that carries its label does not hold it';
  }
};

/* What became of the key. */

export const sayPublished = ({ newAccessKeyId }: CreatedState): string =>
  `${mask(newAccessKeyId)} is published already.`;

export const sayUsable = ({ userName, newAccessKeyId }: CreatedState): string =>
  `AWS accepts ${mask(newAccessKeyId)} as a key of ${userName}.`;

/** It is of no use, and may be in use all the same. */
export const keptPublished = (
  { newAccessKeyId }: CreatedState,
  why: CondemnWhy,
  keys: readonly AccessKey[],
): string =>
  `The new key ${mask(newAccessKeyId)} is not usable: ${say(why)}. It was about to be published, or was published, so it is not ` +
  `deleted. ${describeKeys(keys)} Start a new execution: it tests the key again. If AWS goes on refusing it ` +
  'and nothing uses it, delete it by hand first.';

export const publishedMeanwhile = ({ newAccessKeyId }: CreatedState, why: CondemnWhy): string =>
  `The new key ${mask(newAccessKeyId)} was published while this step judged it (${say(why)}). It was not deleted. Start a new ` +
  'execution: it goes on from what is there.';

export const deleted = (
  { newAccessKeyId }: CreatedState,
  why: CondemnWhy,
  keys: readonly AccessKey[],
): string =>
  `The new key ${mask(newAccessKeyId)} was never published and is deleted: ${say(why)}. Consumers still use the old key. ` +
  `${describeKeys(keys)} The next start creates another key.`;

/** @param ownerId - who AWS says that the key belongs to. */
export const notTheUsers = ({ newAccessKeyId, userName, userId }: CreatedState, ownerId: string): string =>
  `The key ${mask(newAccessKeyId)} in the secret belongs to ${ownerId}, not to ${userName} (${userId}): somebody has ` +
  'changed the stored version. Nothing was published or deleted. Compare the secret with IAM, and start again.';

export const notAnswered = ({ newAccessKeyId }: CreatedState): string =>
  `STS gave no usable answer about ${mask(newAccessKeyId)}. Nothing was published or deleted. ${RETRY_NOTE}`;
