import { RotationError } from '../shared/contract/errors';
import { LABELS } from '../shared/contract/names';
import { findLockHolder, findPlannedHolder, type IntentHolder } from '../shared/findings/lock-holder';
import { atRest, restOf } from '../shared/findings/rest';
import { Late, untilShown } from '../shared/gateways/late-reads';
import type { SecretDescription } from '../shared/gateways/secret-gateway';
import { courseOf } from '../shared/rotation/course';
import { intentDocument } from '../shared/secret/secret-document';
import { intentVersionId, LABEL_QUOTA } from '../shared/secret/versions';
import type { Context } from './context';
import { decideLock, type LockDecision, type LockFacts } from './decide';
import * as words from './words';

/** The lock is this execution's. */
interface HeldLock {
  readonly kind: 'held';
  /** This execution had it before. */
  readonly reentered: boolean;
  /** As it was when the lock was found. */
  readonly secret: SecretDescription;
}

/** What became of the attempt to get the lock. */
type Lock = HeldLock | Extract<LockDecision, { readonly kind: 'nothing-to-do' }>;

const lockFacts = async (context: Context, secret: SecretDescription): Promise<LockFacts> => {
  const { state, owner, gateways } = context;
  const pending = secret.versionByLabel.get(LABELS.pending);
  if (pending === intentVersionId(owner)) return { kind: 'ours' };
  if (pending !== undefined && isAtRest(state, pending)) return { kind: 'at-rest', versionId: pending };
  const holder = await findLockHolder(gateways, context, state, secret);
  if (holder === undefined)
    return { kind: 'free', planned: await findPlannedHolder(gateways, context, state) };
  if (holder.kind === 'foreign') return holder;
  return { ...holder, restsAt: await restOfHolder(context, holder) };
};

/** Whether an earlier step of this execution has proved that nothing of the one that has this lock can be alive. */
const isAtRest = ({ predecessorVersionId, predecessorRestsAt }: Context['state'], pending: string): boolean =>
  pending === predecessorVersionId &&
  predecessorRestsAt !== undefined &&
  new Date(predecessorRestsAt) <= new Date();

/** When nothing of the holder's execution can be alive any more. Undefined: it runs, or that is not known. */
const restOfHolder = async (
  { state, gateways: { executions, secrets } }: Context,
  { versionId, execution, intent: { owner } }: IntentHolder,
): Promise<Date | undefined> => {
  switch (execution.kind) {
    case 'running':
      return undefined;
    case 'stopped':
      return restOf(executions, owner, execution, new Date());
    case 'unknown-to-step-functions': {
      // It is over, but since when is unknown: then its intent must be old enough, and an intent of unknown age is not.
      const versions = await secrets.versions(state.secretId);
      const created = versions.find((version) => version.versionId === versionId)?.createdDate;
      return created && atRest(created);
    }
  }
};

/**
 * Takes the lock, or keeps it.
 *
 * @throws RotationError when it is somebody else's, or the secret is not what it was when the rotation was planned.
 */
export const takeLock = async (context: Context): Promise<Lock> => {
  const { state, gateways } = context;
  const secret = await gateways.secrets.describe(state.secretId);
  if (secret === undefined || secret.scheduledForDeletion || secret.rotationEnabled) {
    throw new RotationError('SecretConflict', words.unusableSecret(state.userName, state.secretId));
  }
  const onHold = secret.versionByLabel.has(LABELS.held) && courseOf(state.rotation).respectsHold;
  const decision = decideLock(await lockFacts(context, secret), { ...state, onHold }, new Date());
  switch (decision.kind) {
    case 'keep':
      return { kind: 'held', reentered: true, secret };
    case 'nothing-to-do':
      return decision;
    case 'refuse':
      throw RotationError.of({ ...decision, reason: words.sayLock(decision, state.userName) });
    case 'take':
      return {
        kind: 'held',
        secret,
        reentered: (await moveLock(context, secret, decision)) === 'ours-before',
      };
  }
};

/** Whether a version can be stored under a label of its own. */
const hasRoomForIntent = (versionByLabel: SecretDescription['versionByLabel']): boolean =>
  versionByLabel.has(LABELS.scratch) || versionByLabel.size < LABEL_QUOTA;

/**
 * Stores the intent and moves the lock to it, from the very version on which it was seen. `ours-before`: an earlier
 * attempt had moved it.
 */
const moveLock = async (
  { state, owner, gateways: { secrets } }: Context,
  { versionByLabel }: SecretDescription,
  decision: { readonly from: string | undefined },
): Promise<'taken' | 'ours-before'> => {
  const { secretId } = state;
  const versionId = intentVersionId(owner);
  // The intent is stored before it wins: the label can only be moved to a version that exists. Its scratch
  // label keeps it from being deprecated until then. A rollback may have used the last label for the hold.
  // Then attach the hold instead: any label keeps a version.
  const stored = await secrets.put(secretId, {
    versionId,
    text: intentDocument({ ...state.rotation, owner, userId: state.userId }),
    labels: [hasRoomForIntent(versionByLabel) ? LABELS.scratch : LABELS.held],
  });
  const lostTo = new RotationError('RotationInProgress', words.LOST_LOCK);
  if (stored !== 'stored') throw lostTo;
  if (
    (await secrets.moveLabel(secretId, LABELS.pending, { from: decision.from, to: versionId })) === 'moved'
  ) {
    return 'taken';
  }
  return untilShown(async () => {
    const holder = (await secrets.describe(secretId))?.versionByLabel.get(LABELS.pending);
    // An earlier attempt of this very call may have won, and its answer got lost.
    if (holder === versionId) return 'ours-before';
    // It cannot be where the compare-and-set did not find it.
    if (holder === decision.from) return new Late({ code: 'label', label: LABELS.pending, secretId });
    throw lostTo;
  });
};

/** Whether the hold may be set: for want of another label, it may have come with the lock. */
const mayBeOnHold = ({ reentered, secret: { versionByLabel } }: HeldLock): boolean =>
  reentered || versionByLabel.has(LABELS.held) || !hasRoomForIntent(versionByLabel);

/** Scheduled starts may go on again. */
export const liftHold = async (
  { state: { secretId }, gateways: { secrets } }: Context,
  lock: HeldLock,
): Promise<void> => {
  if (!mayBeOnHold(lock)) return;
  const holder = (await secrets.describe(secretId))?.versionByLabel.get(LABELS.held);
  if (holder !== undefined) await secrets.moveLabel(secretId, LABELS.held, { from: holder });
};
