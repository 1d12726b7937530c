import { findKey } from '../shared/findings/situation';
import type { Rollback } from '../shared/rotation/rotation-state';
import { executionInput, setKeyStatus, showVersion } from '../shared/text/commands';
import { mask } from '../shared/text/mask';
import { describeProblem, explainObstacle } from '../shared/words/document';
import { describeKeys } from '../shared/words/keys';
import { describeStranger } from '../shared/words/stranger';
import type { CurrentAfterRollback, LeftVersion, OldKeyFacts } from './decide';

/** What the person on call reads. */
export const explainRollback = (
  facts: Pick<OldKeyFacts, 'oldAccessKeyId' | 'inactiveAccessKeyIdsBefore' | 'keys'> & {
    readonly userName: string;
    /** The old key was set Active by this rollback. */
    readonly reactivated: boolean;
  },
  rollback: Rollback,
  current: CurrentAfterRollback,
): string => {
  const { userName, keys } = facts;
  // Then nothing was deactivated that would have to be brought back.
  const stopped = rollback.error === 'NotAcknowledged';
  const done = whatBecameOfOld(facts);
  const label = whereCurrentIs(current, userName) + ('left' in current ? describeLeft(current.left) : '');
  return (
    `The rotation of ${userName} ${stopped ? 'has stopped before the deactivation' : 'was rolled back'}: ${rollback.reason}. ` +
    `${done} ${label} ${describeKeys(keys)} The rotation is on hold; scheduled starts only report. ${
      stopped
        ? 'Ask the owner of the consumers what is missing. When they agree'
        : 'Find out which consumer still needs the old key. When the consumers are well'
    }, start ${executionInput({ userName, action: 'resume' })}${stopped ? ': it asks again' : ''}.`
  );
};

const whyLeft = ({ secretId, why }: LeftVersion): string => {
  switch (why.kind) {
    case 'unreadable':
      return `it cannot be understood: ${describeProblem(why.problem)}.`;
    case 'no-key':
      return 'it holds no key.';
    case 'obstacle':
      return `with another key it would not be right. ${explainObstacle(why.obstacle, secretId).what}`;
    case 'not-stored':
      return 'Secrets Manager did not store it with the key.';
  }
};

/** What was left behind, where it is, until when, and what to do. */
const describeLeft = (left: LeftVersion | undefined): string =>
  left === undefined
    ? ''
    : ` WHAT WAS WRITTEN INTO THE SECRET LAST IS NOT IN AWSCURRENT. Version ${left.versionId} of ${left.secretId}, which was AWSCURRENT, ` +
      `could not take the key: ${whyLeft(left)} So AWSCURRENT has the other fields as they were before. That version is AWSPREVIOUS ` +
      'now, and stays so until AWSCURRENT moves again, which the next publication and every edit make it do: so first look at it ' +
      `(${showVersion(left.secretId, left.versionId)}), and write what is missing into AWSCURRENT.`;

const whereCurrentIs = (current: CurrentAfterRollback, userName: string): string => {
  switch (current.kind) {
    case 'kept':
      return 'AWSCURRENT was left where it is.';
    case 'restored':
      return `AWSCURRENT names ${mask(current.accessKeyId)} now, because what it named is not usable.`;
    case 'no-version':
      return 'AWSCURRENT names no key that is usable, and no version of the secret holds one: put a working key into it by hand, now.';
    case 'strange':
      return `${describeStranger(current.stranger, userName)} It was left there: if consumers of ${userName} should read another one, put that there by hand, now.`;
  }
};

const whatBecameOfOld = ({
  oldAccessKeyId,
  inactiveAccessKeyIdsBefore,
  keys,
  reactivated,
}: Parameters<typeof explainRollback>[0]): string => {
  const old = findKey(keys, oldAccessKeyId);
  if (old === undefined) return 'There is no old key to bring back: it was deleted by somebody else.';
  const name = mask(old.accessKeyId);
  if (old.status === 'Active') return `The old key ${name} is Active${reactivated ? ' again' : ''}.`;
  return inactiveAccessKeyIdsBefore.includes(old.accessKeyId)
    ? `The old key ${name} stays ${old.status}: it was so before the rotation began, and somebody had a reason for that.`
    : `The old key ${name} stays ${old.status}: somebody else has set it so.`;
};

const byHand = (userName: string, oldAccessKeyId: string | null): string =>
  oldAccessKeyId === null
    ? ''
    : `, and the old key may still be Inactive. Bring it back now: ${setKeyStatus(userName, oldAccessKeyId, 'Active')}`;

/** What the person on call reads when the rollback itself did not get through: this may be an outage. */
export const explainFailedRollback = (
  state: {
    readonly userName: string;
    readonly rotation: { readonly oldAccessKeyId: string | null };
    readonly rollback: Rollback;
  },
  problem: string,
): string =>
  `The rotation of ${state.userName} had to be rolled back: ${state.rollback.reason}. THE ROLLBACK DID NOT GET THROUGH` +
  `${byHand(state.userName, state.rotation.oldAccessKeyId)}. What stood in the way: ${problem}`;
