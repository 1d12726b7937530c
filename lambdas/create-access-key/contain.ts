import { LABELS } from '../shared/contract/names';
import { currentKeyId, withoutMaterial } from '../shared/findings/situation';
import type { ReadVersion } from '../shared/gateways/secret-gateway';
import { unlessItFails } from '../shared/gateways/service-errors';
import type { AccessKey } from '../shared/rotation/access-key';
import { isEmergency } from '../shared/rotation/rotation-state';
import { intentVersionId } from '../shared/secret/versions';
import type { Context } from './context';
import { decideContainment } from './emergency';

/** What a leaked key was set Inactive beside. */
export interface Containment {
  /** The keys that were set Inactive. */
  readonly accessKeyIds: readonly string[];
  /** The user's keys as they are since. */
  readonly keys: readonly AccessKey[];
  /** The key that consumers read, which AWS accepts. Undefined: an outage was accepted, and nobody has looked. */
  readonly current: string | undefined;
}

/** Whether AWS accepts what consumers read as a key of the user. */
const isAccepted = async (
  { state, gateways: { identities } }: Context,
  { document }: ReadVersion,
): Promise<boolean> => {
  if (document.kind !== 'access-key') return false;
  const identity = await unlessItFails(identities.whoIs(document));
  return identity?.kind === 'user' && identity.userId === state.userId;
};

/**
 * What consumers read, if a description agrees that shows the lock of this execution: then both are younger than the lock, and an edit of the
 * owner's from before it shows in both.
 */
const readCurrent = async ({
  state,
  owner,
  gateways: { secrets },
}: Context): Promise<ReadVersion | undefined> => {
  const secret = await unlessItFails(secrets.describe(state.secretId));
  if (secret?.versionByLabel.get(LABELS.pending) !== intentVersionId(owner)) return undefined;
  const current = await unlessItFails(secrets.current(state));
  return current?.versionId === secret.versionByLabel.get(LABELS.current) ? current : undefined;
};

/** Which leaked keys may be set Inactive now, beside which one that consumers read. None: that has to be found out by the ordinary way. */
const mayContain = async (
  context: Context,
  keys: readonly AccessKey[],
): Promise<{ readonly leaked: readonly AccessKey[]; readonly current: string | undefined }> => {
  const { rotation } = context.state;
  const none = { leaked: [], current: undefined };
  if (rotation.outage === 'accepted') {
    return { leaked: decideContainment(rotation, keys, undefined), current: undefined };
  }
  const read = await readCurrent(context);
  const current = read && currentKeyId(withoutMaterial(read.document));
  if (read === undefined || typeof current !== 'string') return none;
  const leaked = decideContainment(rotation, keys, current);
  return leaked.length > 0 && (await isAccepted(context, read)) ? { leaked, current } : none;
};

/**
 * Sets leaked keys Inactive as the first thing under the lock: where consumers read another key that AWS accepts, or where an outage
 * is accepted. What the rotation needs to know beyond that would cost time in which others use the key. Whatever cannot be read is left
 * to the ordinary way, which is tried again.
 *
 * @returns undefined if none was set Inactive.
 */
export const containLeak = async (context: Context): Promise<Containment | undefined> => {
  const {
    state: { userName, rotation, action },
    gateways: { iam },
  } = context;
  if (!isEmergency(rotation) || action === 'rollback') return undefined;
  const keys = (await unlessItFails(iam.accessKeys(userName))) ?? [];
  const { leaked, current } = await mayContain(context, keys);
  const accessKeyIds: string[] = [];
  for (const { accessKeyId } of leaked) {
    if ((await iam.setStatus(userName, accessKeyId, 'Inactive')) === 'done') accessKeyIds.push(accessKeyId);
  }
  if (accessKeyIds.length === 0) return undefined;
  return {
    accessKeyIds,
    keys: keys.map((key) => (accessKeyIds.includes(key.accessKeyId) ? { ...key, status: 'Inactive' } : key)),
    current,
  };
};
