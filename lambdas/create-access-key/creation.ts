import { RETRY_NOTE, RotationError } from '../shared/contract/errors';
import { formerIdsOf } from '../shared/rotation/rotation-state';
import { accessKeyDocument, documentWith } from '../shared/secret/key-document';
import { keyLabel, keyVersionId } from '../shared/secret/versions';
import { mask } from '../shared/text/mask';
import { describeKeys } from '../shared/words/keys';
import { claimUser } from './claim';
import type { Context } from './context';
import type { CreateDecision, CreateFacts } from './decision';
import { discardAll, giveUp, removeLabelsOfMissingKeys } from './recovery';

/** Makes room, then creates and stores the new key. Returns its ID. */
export const create = async (
  context: Context,
  { discard, deleteEarly }: Extract<CreateDecision, { kind: 'create' }>,
  facts: CreateFacts,
): Promise<string> => {
  await discardAll(context, discard);
  const kept = facts.keys.filter((key) => !discard.includes(key.accessKeyId));
  const claim = await claimUser(context, kept);
  // Nothing of this rotation's is left, and the next one plans afresh.
  if (claim.kind === 'refuse')
    return giveUp(context, { ...claim, kind: 'give-up', discard: [], release: true }, kept);
  if (deleteEarly !== undefined) {
    await context.gateways.iam.deleteAccessKey(context.state.userName, deleteEarly);
    // Its successor needs labels, too.
    const left = facts.keys.filter((key) => key.accessKeyId !== deleteEarly);
    await removeLabelsOfMissingKeys(context, left, facts.versionByLabel);
  }
  return createAndStore(context, facts);
};

const createAndStore = async (
  { state, gateways: { iam, secrets } }: Context,
  facts: CreateFacts,
): Promise<string> => {
  const { userName, secretId } = state;
  const created = await iam.createAccessKey(userName);
  if (created === 'no-such-user') {
    throw new RotationError(
      'UserNotFound',
      `The IAM user ${userName} does not exist any more. No key was created.`,
    );
  }
  if (created === 'quota-exceeded') {
    // What took the place may be a person's key, an orphan of ours that the list did not show, or the work of
    // an earlier attempt of this very step. The next attempt sees it, and asks CloudTrail.
    throw new RotationError(
      'TransientServiceError',
      `IAM refuses another key for ${userName}, though its list left room for one. No key was created by this attempt. ` +
        `${describeKeys((await iam.accessKeys(userName)) ?? [])} ${RETRY_NOTE}`,
    );
  }
  const base = await secrets.current(state);
  const next =
    base &&
    documentWith(
      { ...state, text: base.text, keys: facts.keys, formerIds: formerIdsOf(state.rotation) },
      created,
    );
  const stored = await secrets.put(secretId, {
    versionId: keyVersionId(state.rotation.rootRotationId, created.accessKeyId),
    // The key is kept whatever somebody has made of AWSCURRENT since: its publication looks again, and says what is wrong.
    text: typeof next === 'string' ? next : accessKeyDocument(created, state.settings),
    labels: [keyLabel(created.accessKeyId)],
  });
  if (stored === 'other-content') {
    throw new RotationError(
      'StateDrift',
      `The new key ${mask(created.accessKeyId)} was condemned by another execution before it was stored; it will be ` +
        `deleted by it. ${describeKeys(facts.keys)} Start a new execution.`,
    );
  }
  return created.accessKeyId;
};
