import type { AccessKey } from '../shared/iam-gateway';
import { mask } from '../shared/mask';
import type { Rollback } from '../shared/rotation-state';
import { type CurrentValue, currentKeyId, describeKeys, findKey } from '../shared/situation';

/** What reactivate-access-key has read. */
export interface RollbackFacts {
  readonly userName: string;
  readonly oldAccessKeyId: string | null;
  readonly keys: readonly AccessKey[];
  readonly current: CurrentValue;
}

/** What brings the consumers back. */
export interface RollbackDecision {
  readonly reactivate: boolean;
  /** AWSCURRENT names no Active key: it goes back to the old key's version, if there is one. */
  readonly restoreCurrent: boolean;
}

/** Decides what a rollback does. Both keys Active is the state in which no consumer can fail. */
export const decideRollback = (facts: RollbackFacts): RollbackDecision => {
  const old = findKey(facts.keys, facts.oldAccessKeyId);
  const currentKey = findKey(facts.keys, currentKeyId(facts.current));
  return {
    reactivate: old !== undefined && old.status !== 'Active',
    // A new key that works stays current: consumers that moved keep what they have, the others have the old key.
    restoreCurrent:
      old !== undefined && currentKey?.accessKeyId !== old.accessKeyId && currentKey?.status !== 'Active',
  };
};

/** What the person on call reads. */
export const explainRollback = (
  facts: Pick<RollbackFacts, 'userName' | 'oldAccessKeyId' | 'keys'>,
  rollback: Rollback,
  current: 'kept' | 'restored' | 'no-version',
): string => {
  const { userName, oldAccessKeyId, keys } = facts;
  const old = findKey(keys, oldAccessKeyId);
  // Then nothing was deactivated that would have to be brought back.
  const stopped = rollback.error === 'NotAcknowledged';
  const done =
    old === undefined
      ? 'There is no old key to bring back: it was deleted by somebody else.'
      : `The old key ${mask(old.accessKeyId)} is Active${stopped ? '' : ' again'}.`;
  const label = {
    kept: 'AWSCURRENT was left where it is.',
    restored: 'AWSCURRENT names the old key again, because the new one is not usable.',
    'no-version':
      'AWSCURRENT names a key that is not usable, and no version of the secret holds the old key: put a working key into it by hand.',
  }[current];
  return (
    `The rotation of ${userName} ${stopped ? 'has stopped before the deactivation' : 'was rolled back'}: ${rollback.reason}. ` +
    `${done} ${label} ${describeKeys(keys)} The rotation is on hold; scheduled starts only report. ${
      stopped
        ? 'Ask the owner of the consumers what is missing. When they agree'
        : 'Find out which consumer still needs the old key. When the consumers are well'
    }, start {"userName":"${userName}","action":"resume"}${stopped ? ': it asks again' : ''}.`
  );
};

/** What the person on call reads when the rollback itself did not get through: this may be an outage. */
export const explainFailedRollback = (
  state: {
    readonly userName: string;
    readonly rotation: { readonly oldAccessKeyId: string | null };
    readonly rollback: Rollback;
  },
  problem: string,
): string =>
  `The rotation of ${state.userName} had to be rolled back: ${state.rollback.reason}. THE ROLLBACK DID NOT GET THROUGH, and ` +
  `the old key may still be Inactive. Bring it back now: aws iam update-access-key --user-name ${state.userName} ` +
  `--access-key-id ${state.rotation.oldAccessKeyId ?? '(there is none)'} --status Active. What stood in the way: ${problem}`;
