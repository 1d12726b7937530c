import { type Refusal, RotationError } from '../contract/errors';
import { findSituation, type Situation, type SituationWhy, type Witnessed } from '../findings/situation';
import { findStranger as ask, type Stranger, type Witnesses } from '../findings/whose-key';
import type { StoredDocument } from '../gateways/secret-gateway';
import type { AccessKey } from '../rotation/access-key';
import { explainSituation } from '../words/situation';

const errorOf = (
  refusal: Refusal<SituationWhy>,
  state: Pick<Witnessed, 'userName' | 'secretId'>,
): RotationError => {
  const { error, why, leak } = refusal;
  const cause = 'cause' in why ? why.cause : undefined;
  return new RotationError(error, explainSituation(why, state), { cause, leak });
};

/**
 * What a step is about to rely on, with the lock proved. See {@link findSituation}.
 *
 * @throws RotationError `SecretConflict`; `StateDrift` when another execution, or a person, has taken the lock; `UserNotFound`;
 * `TransientServiceError` when it is not known whose the key in AWSCURRENT is.
 */
export const readSituation = async (...asked: Parameters<typeof findSituation>): Promise<Situation> => {
  const found = await findSituation(...asked);
  if (!('why' in found)) return found;
  const [, , state] = asked;
  throw errorOf(found, state);
};

/**
 * Whose the key in AWSCURRENT is. See {@link ask}.
 *
 * @throws RotationError `TransientServiceError` when that is not known.
 */
export const findStranger = async (
  witnesses: Witnesses,
  current: StoredDocument,
  keys: readonly AccessKey[],
  state: Pick<Witnessed, 'userName' | 'userId' | 'secretId'>,
): Promise<Stranger | undefined> => {
  const found = await ask(witnesses, current, keys, state);
  if (found === undefined || !('why' in found)) return found;
  throw errorOf(found, state);
};
