import { currentKeyId, findKey } from '../shared/findings/situation';
import type { AccessKey } from '../shared/rotation/access-key';
import { isEmergency, isLeaked, type Rotation } from '../shared/rotation/rotation-state';
import { keyLabel } from '../shared/secret/versions';
import type { CreateDecision, CreateFacts, CreateWhy } from './decision';

/** Of several leaked keys, the one to retire is one that is still there: a person may have deleted the latest. */
export const withLeakedKeyLeft = (rotation: Rotation, keys: readonly AccessKey[]): Rotation => {
  if (!isEmergency(rotation) || findKey(keys, rotation.oldAccessKeyId) !== undefined) return rotation;
  const left = keys.find((key) => isLeaked(rotation, key.accessKeyId));
  return left === undefined ? rotation : { ...rotation, oldAccessKeyId: left.accessKeyId };
};

/** The leaked key that is to be retired; undefined when there is none (any more). */
export const leakedKey = ({ rotation, keys }: CreateFacts): AccessKey | undefined =>
  isEmergency(rotation) ? findKey(keys, rotation.oldAccessKeyId) : undefined;

/** Whether consumers have another key to read already, which has not leaked. */
const readsAnotherKey = (
  rotation: Rotation,
  keys: readonly AccessKey[],
  currentAccessKeyId: string | null,
): boolean =>
  findKey(keys, currentAccessKeyId)?.status === 'Active' && !isLeaked(rotation, currentAccessKeyId);

/**
 * The leaked keys that may be set Inactive before anything else is known, if AWS accepts what consumers read.
 *
 * @param currentAccessKeyId - what consumers read; undefined: whatever it is, because an outage is accepted.
 */
export const decideContainment = (
  rotation: Rotation,
  keys: readonly AccessKey[],
  currentAccessKeyId: string | undefined,
): readonly AccessKey[] =>
  currentAccessKeyId === undefined || readsAnotherKey(rotation, keys, currentAccessKeyId)
    ? keys.filter(({ accessKeyId, status }) => status === 'Active' && isLeaked(rotation, accessKeyId))
    : [];

/** Consumers have another key to read already. */
const carryOn = ({ rotation, keys }: CreateFacts, newAccessKeyId: string): CreateDecision => {
  const leaked = findKey(keys, rotation.oldAccessKeyId);
  const known = { newAccessKeyId, leakedAccessKeyId: rotation.oldAccessKeyId ?? '' };
  const goOn = (status: 'published' | 'deactivated' | 'retired', why: CreateWhy): CreateDecision => ({
    kind: 'continue',
    status,
    newAccessKeyId,
    why,
  });
  if (leaked === undefined) return goOn('retired', { code: 'leaked-key-gone', ...known });
  return leaked.status === 'Active'
    ? goOn('published', { code: 'leaked-key-active', ...known })
    : goOn('deactivated', { code: 'leaked-key-inactive', ...known });
};

/** Another key of the user takes the leaked one's place, if the secret still holds it. */
const fallBack = ({
  rotation,
  keys,
  stored,
  versionOfKey,
  versionByLabel,
}: CreateFacts): CreateDecision | undefined => {
  const other = keys.find((key) => !isLeaked(rotation, key.accessKeyId));
  const versionId = other && versionOfKey.get(other.accessKeyId);
  // What this rotation has made is taken up by the ordinary rules.
  if (other === undefined || versionId === undefined) return undefined;
  // Activate a key only if the interrupted rotation deactivated it. If its label is there, this emergency has activated it once
  // already, so a person has deactivated it since: leave it.
  const byHand = versionByLabel.has(keyLabel(other.accessKeyId));
  const isRetired =
    !byHand &&
    other.accessKeyId === rotation.supersededAccessKeyId &&
    !rotation.inactiveAccessKeyIdsBefore.includes(other.accessKeyId);
  if (other.status !== 'Active' && !isRetired) return undefined;
  if (stored.some((own) => own.accessKeyId === other.accessKeyId)) return undefined;
  return {
    kind: 'fall-back',
    accessKeyId: other.accessKeyId,
    versionId,
    activate: other.status !== 'Active',
    why: { code: 'other-key-held', accessKeyId: other.accessKeyId },
  };
};

/**
 * The leaked key is retired as soon as consumers have another one to read. Undefined: there is none yet that could
 * be theirs, so one has to be created, or taken up where its creation stopped.
 */
export const retireLeakedKey = (facts: CreateFacts): CreateDecision | undefined => {
  const { rotation, keys } = facts;
  if (!isEmergency(rotation)) return undefined;
  const currentId = currentKeyId(facts.current);
  return currentId !== null && readsAnotherKey(rotation, keys, currentId)
    ? carryOn(facts, currentId)
    : fallBack(facts);
};

/**
 * AWS allows two keys: to replace a leaked one, another may have to go before its time. First one that is Inactive, so that
 * nobody works with it: the old key that the interrupted rotation was about to delete, or a leaked one. Then a leaked one
 * that is Active and not what consumers read, as long as what they read works.
 */
export const makesRoom = ({ rotation, keys, current }: CreateFacts): AccessKey | undefined => {
  const currentId = currentKeyId(current);
  if (keys.length < 2) return undefined;
  const isCurrent = (key: AccessKey) => key.accessKeyId === currentId;
  const leaked = keys.filter((key) => isLeaked(rotation, key.accessKeyId));
  const superseded = keys.filter((key) => key.accessKeyId === rotation.supersededAccessKeyId);
  const unusable = [...superseded, ...leaked].filter((key) => key.status === 'Inactive');
  return (
    unusable.find((key) => !isCurrent(key)) ??
    unusable[0] ??
    (findKey(keys, currentId)?.status === 'Active' ? leaked.find((key) => !isCurrent(key)) : undefined)
  );
};

/** Another key has the place that the leaked one's successor would need. */
export const noRoomForLeak = ({ keys }: CreateFacts, leaked: AccessKey): CreateDecision => ({
  kind: 'give-up',
  error: 'AccessKeyConflict',
  discard: [],
  // The next execution goes on with the emergency.
  release: false,
  why: {
    code: 'no-room-for-leak',
    leaked,
    others: keys.map(({ accessKeyId }) => accessKeyId).filter((id) => id !== leaked.accessKeyId),
  },
  leak: 'told',
});
