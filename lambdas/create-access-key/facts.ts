import { mayBeLate } from '../shared/gateways/late-reads';
import type { SecretDescription } from '../shared/gateways/secret-gateway';
import { findStoredKeys, findVersionOf } from '../shared/recovery/discard';
import type { AccessKey } from '../shared/rotation/access-key';
import { courseOf } from '../shared/rotation/course';
import { formerIdsOf, isLeaked } from '../shared/rotation/rotation-state';
import { obstacleIn } from '../shared/secret/key-document';
import { readSituation } from '../shared/shell/situation';
import type { Context } from './context';
import { unexplainedKeys } from './decide';
import type { CreateFacts } from './decision';

/** Reads, under the lock, what the decision is about. */
export const gatherFacts = async (context: Context, reentered: boolean): Promise<CreateFacts> => {
  const { state, owner, gateways } = context;
  const { iam, secrets, identities, attributionsOf } = gateways;
  // A rollback creates nothing, and does not wait for an answer before it brings the old key back.
  const asks = state.action === 'rollback' ? {} : { witnesses: { identities } };
  const situation = await readSituation(iam, secrets, state, owner, asks);
  const { secret, current, currentText, stranger } = situation;
  const keys = asContained(situation.keys, state, new Date());
  const stored = await findStoredKeys(
    secrets,
    state,
    state.rotation.rootRotationId,
    secret.versionByLabel,
    // A key from before the rotation is not the rotation's, whatever a document says.
    keys.map((key) => key.accessKeyId).filter((id) => !state.rotation.accessKeyIdsBefore.includes(id)),
  );
  const facts = {
    userName: state.userName,
    now: new Date(),
    secretId: state.secretId,
    rotation: state.rotation,
    keys,
    current,
    stranger,
    stored,
    outcomeUnknown: reentered || state.predecessorVersionId !== null,
  };
  const attributions = facts.outcomeUnknown
    ? await attributionsOf(unexplainedKeys(facts), new Date(state.rotation.startedAt))
    : new Map();
  return {
    ...facts,
    attributions,
    obstacle: obstacleIn({ ...state, text: currentText(), keys, formerIds: formerIdsOf(state.rotation) }),
    rollback: state.action === 'rollback',
    versionOfKey: courseOf(state.rotation).mayFallBack
      ? await versionsOfKeys(context, keys, secret)
      : new Map<string, string>(),
    versionByLabel: secret.versionByLabel,
  };
};

/** A list that still shows as Active what this execution has set Inactive is late. */
const asContained = (
  keys: readonly AccessKey[],
  { contained, rotation }: Context['state'],
  now: Date,
): readonly AccessKey[] =>
  contained !== undefined && mayBeLate(new Date(contained.at), now)
    ? keys.map((key) => (isLeaked(rotation, key.accessKeyId) ? { ...key, status: 'Inactive' } : key))
    : keys;

/** Which version of the secret holds which of the user's keys. */
const versionsOfKeys = async (
  { state, gateways: { secrets } }: Context,
  keys: readonly AccessKey[],
  secret: SecretDescription,
): Promise<ReadonlyMap<string, string>> => {
  const versions = new Map<string, string>();
  for (const { accessKeyId } of keys) {
    const versionId = await findVersionOf(secrets, state, accessKeyId, secret);
    if (versionId !== undefined) versions.set(accessKeyId, versionId);
  }
  return versions;
};
