import { findVersionOf } from '../shared/discard';
import { RETRY_NOTE, RotationError } from '../shared/errors';
import { IamGateway } from '../shared/iam-gateway';
import type { RollbackState } from '../shared/rotation-state';
import { lambdaRuntime, type Runtime } from '../shared/runtime';
import { type SecretDescription, SecretGateway } from '../shared/secret-gateway';
import { currentKeyId, readSituation, withoutMaterial } from '../shared/situation';
import { type StepContext, stepHandler } from '../shared/step-handler';
import { STEPS } from '../shared/step-table';
import { intentVersionId, LABEL_QUOTA, LABELS, publishedLabel } from '../shared/versions';
import { type CurrentAfterRollback, decideRollback, explainFailedRollback, explainRollback } from './decide';

/** Whoever edits the secret faster than this is waited for by a retry of the step. */
const ROUNDS = 5;

/** Step 7: brings the old key back and puts the rotation on hold. The execution then fails with the reason. */
export const createHandler = (runtime: Runtime) => {
  const iam = new IamGateway(runtime.clientConfig);
  const secrets = new SecretGateway(runtime.clientConfig);

  /** Until AWSCURRENT names the key, however often somebody edits the secret meanwhile. */
  const moveCurrent = async (state: RollbackState, versionId: string, accessKeyId: string): Promise<void> => {
    const { secretId } = state;
    for (let round = 0; round < ROUNDS; round += 1) {
      const current = await secrets.current(state);
      if (current === undefined || currentKeyId(withoutMaterial(current.document)) === accessKeyId) return;
      await secrets.moveLabel(secretId, LABELS.current, { from: current.versionId, to: versionId });
    }
    throw new RotationError(
      'TransientServiceError',
      `AWSCURRENT of ${secretId} changes again and again. ${RETRY_NOTE}`,
    );
  };

  /** AWSCURRENT goes to the first of these keys that the secret holds. */
  const restoreCurrent = async (
    state: RollbackState,
    accessKeyIds: readonly string[],
    secret: SecretDescription,
  ): Promise<CurrentAfterRollback> => {
    for (const accessKeyId of accessKeyIds) {
      const versionId = await findVersionOf(secrets, state, accessKeyId, secret);
      if (versionId === undefined) continue;
      await moveCurrent(state, versionId, accessKeyId);
      return { kind: 'restored', accessKeyId };
    }
    return { kind: 'no-version' };
  };

  /** Until the hold is seen on this rotation: without it the next schedule would deactivate the key again. */
  const hold = async (secretId: string, owner: string): Promise<void> => {
    const to = intentVersionId(owner);
    for (let round = 0; round < ROUNDS; round += 1) {
      const labels = (await secrets.describe(secretId))?.versionByLabel ?? new Map<string, string>();
      const from = labels.get(LABELS.held);
      if (from === to) return;
      // The hold matters more than keeping a version that AWSPENDING keeps anyway.
      if (from === undefined && labels.size >= LABEL_QUOTA) {
        await secrets.moveLabel(secretId, LABELS.scratch, { from: labels.get(LABELS.scratch) });
      }
      await secrets.moveLabel(secretId, LABELS.held, { from, to });
    }
    throw new RotationError(
      'TransientServiceError',
      `The hold could not be set on ${secretId}. ${RETRY_NOTE}`,
    );
  };

  const rollBack = async ({
    state,
    owner,
  }: StepContext<RollbackState>): Promise<{ explanation: string; current: CurrentAfterRollback }> => {
    const { userName, secretId } = state;
    const {
      oldAccessKeyId,
      inactiveAccessKeyIdsBefore,
      currentAccessKeyIdBefore: keyBefore,
    } = state.rotation;
    const { secret, keys: listed, current } = await readSituation(iam, secrets, state, owner);
    const { error } = state.rollback;
    const published = listed
      .map((key) => key.accessKeyId)
      .filter((accessKeyId) => secret.versionByLabel.has(publishedLabel(accessKeyId)));
    const deactivatedHere = state.deactivatedHere === true;
    const before = { oldAccessKeyId, inactiveAccessKeyIdsBefore, deactivatedHere, keyBefore };
    const facts = { userName, ...before, error, published, current };
    const first = decideRollback({ ...facts, keys: listed });

    // First what ends the outage, then what keeps the next schedule from causing it again.
    const reactivated =
      first.reactivate && oldAccessKeyId !== null
        ? await iam.setStatus(userName, oldAccessKeyId, 'Active')
        : undefined;
    // The list may lag: IAM's answer to the change is what counts.
    const keys =
      reactivated === undefined
        ? listed
        : listed
            .filter((key) => reactivated === 'done' || key.accessKeyId !== oldAccessKeyId)
            .map((key) => (key.accessKeyId === oldAccessKeyId ? { ...key, status: 'Active' } : key));
    const { restoreCurrentTo } = decideRollback({ ...facts, keys });
    const currentIs: CurrentAfterRollback =
      restoreCurrentTo === undefined
        ? { kind: 'kept' }
        : await restoreCurrent(state, restoreCurrentTo, secret);
    await hold(secretId, owner);
    const explained = { ...facts, keys, reactivated: reactivated === 'done' };
    return { explanation: explainRollback(explained, state.rollback, currentIs), current: currentIs };
  };

  return stepHandler(STEPS['reactivate-access-key'], { iam, secrets }, async (context) => {
    const { state } = context;
    try {
      const { explanation, current } = await rollBack(context);
      // A person who has asked for the rollback has to learn that consumers still find no key.
      const error = state.rollback.error ?? (current.kind === 'no-version' ? 'StateDrift' : null);
      const outcome = explanation;
      if (error === null) return { ...state, status: 'rolled-back-by-hand', outcome };
      const failure = { Error: error, details: { errorMessage: explanation } };
      return { ...state, status: 'rolled-back', outcome, failure };
    } catch (error) {
      // Under its own name, whatever it is, because Retry matches that; but never without the outage it means.
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      throw Object.assign(new Error(explainFailedRollback(state, message), { cause: error }), { name });
    }
  });
};

export const handler = createHandler(lambdaRuntime());
