import { RETRY_NOTE } from '../shared/contract/errors';
import { findKey } from '../shared/findings/situation';
import type { PublishedState } from '../shared/rotation/rotation-state';
import { setKeyStatus } from '../shared/text/commands';
import { mask } from '../shared/text/mask';
import { describeHealth } from '../shared/words/health';
import { describeKeys } from '../shared/words/keys';
import { describeUse } from '../shared/words/last-use';
import { describePause } from '../shared/words/pause';
import { replicasLag, START_AGAIN } from '../shared/words/retirement';
import type { DeactivationFacts, DeactivationWhy } from './decide';

/** For a rotation without an old key, which does not come to this step. */
export const NO_OLD_KEY = 'There is no old key to deactivate.';

/** Why the old key was not deactivated. */
export const say = ({ code }: DeactivationWhy, facts: DeactivationFacts): string => {
  const { oldAccessKeyId, newAccessKeyId, keys, health, laggingReplicas } = facts;
  const paused = facts.paused && describePause(facts.paused);
  const old = mask(oldAccessKeyId);
  const statusOf = (accessKeyId: string): string => findKey(keys, accessKeyId)?.status ?? 'gone';
  const notYet = (what: string): string => `${what} The old key ${old} was not deactivated.`;
  const refused = (what: string, next: string): string => `${notYet(what)} ${describeKeys(keys)} ${next}`;
  switch (code) {
    case 'secret-edited':
      return refused(
        `AWSCURRENT does not hold the new key ${mask(newAccessKeyId)} any more: somebody has edited the secret.`,
        START_AGAIN,
      );
    case 'new-key-not-active':
      return refused(
        `The key in the secret, ${mask(newAccessKeyId)}, is ${statusOf(newAccessKeyId)}: somebody has changed it.`,
        START_AGAIN,
      );
    case 'old-key-deleted':
      return `The old key ${old} was deleted by somebody else.`;
    case 'old-key-not-active':
      return `The old key ${old} is ${statusOf(oldAccessKeyId)} already.`;
    case 'paused':
      return notYet(`The user is ${paused}.`);
    case 'alarms-not-ok':
      return notYet(`The health alarms are not all OK: ${describeHealth(health)}.`);
    case 'window-closed':
      return notYet('The deactivation window has closed.');
    case 'replicas-lag':
      return refused(replicasLag(laggingReplicas), RETRY_NOTE);
  }
};

/** Why no key was deactivated of a user that is not enrolled any more. */
export const sayUnenrolled = (userName: string): string =>
  `${userName} is not enrolled any more. No key was deactivated.`;

/** The old key is Inactive now. */
export const sayDone = (oldAccessKeyId: string): string =>
  `${mask(oldAccessKeyId)} is Inactive; one call can still bring it back.`;

/**
 * A leaked key is not Active any more, and stays so: whom that hits, and what is left to do.
 *
 * @param already - why there was nothing to deactivate any more; undefined: it was this step that did it.
 */
export const sayLeakedDone = (
  {
    userName,
    reason,
    lastUseOfLeakedKey,
  }: Pick<PublishedState, 'userName' | 'reason' | 'lastUseOfLeakedKey'>,
  { oldAccessKeyId, newAccessKeyId, keys }: DeactivationFacts,
  already: DeactivationWhy | undefined,
): string => {
  const gone = already?.code === 'old-key-deleted';
  const became = gone
    ? 'was deleted by somebody else'
    : already === undefined
      ? 'is Inactive'
      : 'is Inactive already';
  // The list is of before.
  const left = keys
    .filter(({ accessKeyId }) => !gone || accessKeyId !== oldAccessKeyId)
    .map((key) => (key.accessKeyId === oldAccessKeyId ? { ...key, status: 'Inactive' } : key));
  return (
    `The leaked key ${mask(oldAccessKeyId)} of ${userName} ${became}${reason === undefined ? '' : ` (${reason})`}. It was last used: ` +
    `${lastUseOfLeakedKey ?? describeUse(undefined)}. Whoever still holds it fails from now until it reads the secret again, which ` +
    `takes caching clients up to an hour: restart them, or let them read it. Consumers read ${mask(newAccessKeyId)} now. Sessions ` +
    'already obtained with the leaked key live on: see docs/runbook.md, "End sessions already obtained with a key". ' +
    describeKeys(left)
  );
};

/**
 * Why a leaked key is not deactivated yet.
 *
 * @param answer - what AWS says to the key that consumers read: whose it is, or why it is refused.
 */
export const sayNotAccepted = (
  { userName, newAccessKeyId, rotation }: PublishedState,
  answer: string,
): string =>
  `AWS does not accept the key that consumers read now, ${mask(newAccessKeyId)}, as one of ${userName} ` +
  `(${answer}). THE LEAKED KEY IS STILL ACTIVE. If an outage is better than that: ` +
  `${setKeyStatus(userName, rotation.oldAccessKeyId ?? '', 'Inactive')}. ${RETRY_NOTE}`;
