import { type Refusal, RotationError } from '../shared/contract/errors';
import { OWNERSHIP_TAG } from '../shared/contract/names';
import {
  judgeOwnership,
  type OwnershipProblem,
  ownershipValue,
  refuseUser,
} from '../shared/findings/ownership';
import { Late, tryAgainLater, untilShown } from '../shared/gateways/late-reads';
import { courseOf } from '../shared/rotation/course';
import { withWayOut } from '../shared/words/ownership';
import type { Context } from './context';

/** Whether a key may be created for the user. */
type Claim = { readonly kind: 'claimed' } | Refusal<OwnershipProblem>;

/** A denial may pass, so it is one like any other; but this one a configuration can do without. */
const throwWithWayOut = (error: unknown): never => {
  if (!(error instanceof RotationError) || error.name !== 'PermissionDenied') throw error;
  throw new RotationError(error.name, withWayOut(error.said), { cause: error, keys: error.keys });
};

/**
 * Sees to it, right before a key is created, that the user is marked as this secret's. IAM has no conditional writes: a mark
 * that is set is read back, so of two that set it at once the last one goes on, and the other one does when it has read
 * its own before.
 */
export const claimUser = async ({ state, execution, gateways: { iam } }: Context): Promise<Claim> => {
  const { userName, secretId, settings, rotation } = state;
  if (!courseOf(rotation).claimsUser || settings.ownershipMark === 'off') return { kind: 'claimed' };
  const own = ownershipValue(secretId, execution.id);
  const late = new Late({ code: 'ownership-mark', userName, tag: OWNERSHIP_TAG }, 'IAM');
  let isSet = false;
  let refusal: Refusal<OwnershipProblem> | undefined;

  const mark = async (): Promise<Claim | Late> => {
    const tagged = await iam
      .tagUser(userName, { key: OWNERSHIP_TAG, value: own })
      .catch((error: unknown) => throwWithWayOut(error));
    if (tagged === 'too-many-tags') return refuseUser({ code: 'no-room-for-mark' });
    isSet = true;
    return late;
  };

  return untilShown(
    async () => {
      refusal = undefined;
      const user = await iam.user(userName);
      if (user === undefined) return late;
      const found = judgeOwnership(settings.ownershipMark, user.tags, own);
      if (found.kind === 'unmarked') return isSet ? late : mark();
      if (found.kind !== 'other') return { kind: 'claimed' };
      // It may have been removed since.
      refusal = refuseUser({ code: 'another-secrets', owner: found.owner, own });
      return late;
    },
    (unseen) => refusal ?? tryAgainLater(unseen),
  );
};
