import { RotationError } from '../shared/contract/errors';
import { leakToldBy } from '../shared/rotation/leak';
import { formerIdsOf } from '../shared/rotation/rotation-state';
import { accessKeyDocument, documentWith } from '../shared/secret/key-document';
import { keyLabel, keyVersionId } from '../shared/secret/versions';
import { explainOwnership } from '../shared/words/ownership';
import { claimUser } from './claim';
import type { Context } from './context';
import type { CreateDecision, CreateFacts } from './decision';
import { discardAll, giveUp, removeLabelsOfMissingKeys } from './recovery';
import * as words from './words';

/** Makes room, then creates and stores the new key. Returns its ID. */
export const create = async (
  context: Context,
  { discard, deleteEarly }: Extract<CreateDecision, { kind: 'create' }>,
  facts: CreateFacts,
): Promise<string> => {
  await discardAll(context, discard);
  const kept = facts.keys.filter((key) => !discard.includes(key.accessKeyId));
  const claim = await claimUser(context);
  if (claim.kind === 'refuse') {
    const reason = {
      ...explainOwnership(claim.why, context.state.userName, words.NOT_CLAIMED),
      keys: kept,
    };
    const error = RotationError.of({ ...claim, reason, leak: leakToldBy(kept) });
    // Nothing of this rotation's is left, and the next one plans afresh.
    return giveUp(context, { discard: [], release: true }, error);
  }
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
    throw new RotationError('UserNotFound', words.noSuchUser(userName));
  }
  if (created === 'quota-exceeded') {
    // What took the place may be a person's key, an orphan of ours that the list did not show, or the work of
    // an earlier attempt of this very step. The next attempt sees it, and asks CloudTrail.
    const keys = (await iam.accessKeys(userName)) ?? [];
    throw new RotationError('TransientServiceError', words.refusedByIam(userName, keys));
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
    throw new RotationError('StateDrift', words.condemned(userName, created.accessKeyId, facts.keys));
  }
  return created.accessKeyId;
};
