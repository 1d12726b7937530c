import { LABELS } from '../shared/contract/names';
import type { SecretDescription } from '../shared/gateways/secret-gateway';
import { unlessItFails } from '../shared/gateways/service-errors';
import type { AccessKey } from '../shared/rotation/access-key';
import { isEmergency } from '../shared/rotation/rotation-state';
import type { SecretDocument } from '../shared/secret/secret-document';
import type { Context } from './context';
import { decideContainment } from './emergency';

/** Whether AWS accepts what consumers read as a key of the user. */
const isAccepted = async (
  { state, gateways: { identities } }: Context,
  document: SecretDocument,
): Promise<boolean> => {
  if (document.kind !== 'access-key') return false;
  const identity = await unlessItFails(identities.whoIs(document));
  return identity?.kind === 'user' && identity.userId === state.userId;
};

/** What consumers read, if two reads agree on it: one that is late proves nothing. */
const readCurrent = async (
  { state, gateways: { secrets } }: Context,
  { versionByLabel }: SecretDescription,
): Promise<SecretDocument | undefined> => {
  const current = await unlessItFails(secrets.current(state));
  return current?.versionId === versionByLabel.get(LABELS.current) ? current?.document : undefined;
};

/** Which leaked keys may be set Inactive now. Undefined: none, or that has to be found out by the ordinary way. */
const mayContain = async (context: Context, secret: SecretDescription): Promise<readonly AccessKey[]> => {
  const { state, gateways } = context;
  const { rotation } = state;
  if (!isEmergency(rotation) || state.action === 'rollback') return [];
  const keys = (await unlessItFails(gateways.iam.accessKeys(state.userName))) ?? [];
  if (rotation.outage === 'accepted') return decideContainment(rotation, keys, undefined);
  const document = await readCurrent(context, secret);
  if (document?.kind !== 'access-key') return [];
  const leaked = decideContainment(rotation, keys, document.accessKeyId);
  return leaked.length > 0 && (await isAccepted(context, document)) ? leaked : [];
};

/**
 * Sets a leaked key Inactive as the first thing under the lock: where consumers read another key that AWS accepts, or where an outage
 * is accepted. What it needs to know beyond that would cost time in which others use the key. Whatever cannot be read is left to the
 * ordinary way, which is tried again.
 *
 * @param secret - as it was described when the lock was found.
 * @returns The keys that it has set Inactive.
 */
export const containLeak = async (
  context: Context,
  secret: SecretDescription,
): Promise<readonly AccessKey[]> => {
  const { state, gateways } = context;
  const contained: AccessKey[] = [];
  for (const key of await mayContain(context, secret)) {
    const done = await gateways.iam.setStatus(state.userName, key.accessKeyId, 'Inactive');
    if (done === 'done') contained.push(key);
  }
  return contained;
};
