import { RotationError } from '../shared/contract/errors';
import { LABELS } from '../shared/contract/names';
import { currentKeyId, findKey } from '../shared/findings/situation';
import { discardKey } from '../shared/recovery/discard';
import type { AccessKey } from '../shared/rotation/access-key';
import { intentVersionId, keyLabel, keyOfLabel, publishedLabel } from '../shared/secret/versions';
import type { Context } from './context';
import type { CreateDecision, CreateFacts } from './decision';
import { justDeleted, publishedMeanwhile } from './words';

/**
 * Makes a key that the rotation did not create ready for test and publication. First the mark, which says that it
 * may be in use: from then on nothing deletes it, whatever its test says. The label, with which it can be published,
 * comes last: where it is, the key has been Active.
 */
export const fallBack = async (
  { state: { userName, secretId }, owner, gateways: { iam, secrets } }: Context,
  { accessKeyId, versionId, activate }: Extract<CreateDecision, { kind: 'fall-back' }>,
  { versionByLabel }: CreateFacts,
): Promise<void> => {
  const attach = async (label: string, to: string): Promise<void> => {
    if (!versionByLabel.has(label)) await secrets.moveLabel(secretId, label, { to });
  };
  await attach(publishedLabel(accessKeyId), intentVersionId(owner));
  if (activate && (await iam.setStatus(userName, accessKeyId, 'Active')) === 'gone') {
    throw new RotationError('TransientServiceError', justDeleted(accessKeyId));
  }
  await attach(keyLabel(accessKeyId), versionId);
};

/** Whoever has put a key of ours into AWSCURRENT has published it: from now on nothing may delete it. */
export const markCurrent = async (
  { state, owner, gateways: { secrets } }: Context,
  { stored, current }: CreateFacts,
): Promise<void> => {
  const own = stored.find(({ accessKeyId }) => accessKeyId === currentKeyId(current));
  if (own !== undefined && !own.published) {
    await secrets.moveLabel(state.secretId, publishedLabel(own.accessKeyId), { to: intentVersionId(owner) });
  }
};

/** Deletes keys of ours that were never published. */
export const discardAll = async (
  { state: { userName, secretId, rotation }, owner, gateways: { iam, secrets } }: Context,
  accessKeyIds: readonly string[],
): Promise<void> => {
  const { rootRotationId } = rotation;
  for (const accessKeyId of accessKeyIds) {
    const key = { userName, secretId, accessKeyId, owner, rootRotationId };
    const discarded = await discardKey(iam, secrets, key);
    if (discarded === 'published') {
      throw new RotationError('TransientServiceError', publishedMeanwhile(accessKeyId));
    }
  }
};

/** Labels of keys that a person has deleted would pile up to Secrets Manager's limit. */
export const removeLabelsOfMissingKeys = async (
  { state, gateways: { secrets } }: Context,
  keys: readonly AccessKey[],
  versionByLabel: ReadonlyMap<string, string>,
): Promise<void> => {
  for (const [label, versionId] of versionByLabel) {
    const accessKeyId = keyOfLabel(label);
    if (accessKeyId !== undefined && findKey(keys, accessKeyId) === undefined) {
      await secrets.moveLabel(state.secretId, label, { from: versionId });
    }
  }
};

/** The stored key of a predecessor, or of an earlier attempt, gets its label back if it has lost it. */
export const adopt = async (
  { state, gateways: { secrets } }: Context,
  { key: { accessKeyId, versionId, publishable } }: Extract<CreateDecision, { kind: 'adopt' }>,
  versionByLabel: ReadonlyMap<string, string>,
): Promise<void> => {
  if (publishable) return;
  const label = keyLabel(accessKeyId);
  await secrets.moveLabel(state.secretId, label, { from: versionByLabel.get(label), to: versionId });
};

/** Discards what is ours and ends in an error. */
export const giveUp = async (
  context: Context,
  { discard, release }: Pick<Extract<CreateDecision, { kind: 'give-up' }>, 'discard' | 'release'>,
  error: RotationError,
): Promise<never> => {
  const { state, owner, gateways } = context;
  await discardAll(context, discard);
  // The next execution shall plan afresh. Last, because until here only the lock knows what was ours.
  if (release) {
    await gateways.secrets.moveLabel(state.secretId, LABELS.pending, { from: intentVersionId(owner) });
  }
  throw error;
};
