import { IamGateway } from '../shared/iam-gateway';
import { RollbackState } from '../shared/rotation-state';
import { lambdaRuntime, type Runtime } from '../shared/runtime';
import { type SecretDescription, SecretGateway } from '../shared/secret-gateway';
import { readSituation } from '../shared/situation';
import { INCOMPATIBLE_STATE, stepHandler } from '../shared/step-handler';
import { intentVersionId, keyVersionId, LABELS } from '../shared/versions';
import { decideRollback, explainRollback } from './decide';

/** Step 7: brings the old key back and puts the rotation on hold. The execution then fails with the reason. */
export const createHandler = (runtime: Runtime) => {
  const iam = new IamGateway(runtime.clientConfig);
  const secrets = new SecretGateway(runtime.clientConfig);

  /** A version that holds the old key: where the rotation stored it, else whichever one does. */
  const versionOf = async (
    secretId: string,
    accessKeyId: string,
    secret: SecretDescription,
  ): Promise<string | undefined> => {
    const candidates = new Set([
      keyVersionId(accessKeyId),
      ...secret.versionByLabel.values(),
      ...(await secrets.versions(secretId)).map((version) => version.versionId),
    ]);
    for (const versionId of candidates) {
      const document = await secrets.version(secretId, versionId);
      if (document?.kind === 'access-key' && document.accessKeyId === accessKeyId) return versionId;
    }
    return undefined;
  };

  const hold = async (secretId: string, owner: string, secret: SecretDescription): Promise<void> => {
    const to = intentVersionId(owner);
    const from = secret.versionByLabel.get(LABELS.held);
    if (from !== to) await secrets.moveLabel(secretId, LABELS.held, { from, to });
  };

  return stepHandler('reactivate-access-key', RollbackState, INCOMPATIBLE_STATE, async ({ state, owner }) => {
    const { userName, secretId } = state;
    const { oldAccessKeyId } = state.rotation;
    const { secret, keys, current, currentVersionId } = await readSituation(iam, secrets, state, owner);
    const facts = { userName, oldAccessKeyId, keys, current };
    const decision = decideRollback(facts);

    // First what ends the outage, then what keeps the next schedule from causing it again.
    if (decision.reactivate && oldAccessKeyId !== null)
      await iam.setStatus(userName, oldAccessKeyId, 'Active');
    let currentIs: 'kept' | 'restored' | 'no-version' = 'kept';
    if (decision.restoreCurrent && oldAccessKeyId !== null) {
      const versionId = await versionOf(secretId, oldAccessKeyId, secret);
      currentIs =
        versionId !== undefined &&
        (await secrets.moveLabel(secretId, LABELS.current, { from: currentVersionId, to: versionId })) ===
          'moved'
          ? 'restored'
          : 'no-version';
    }
    await hold(secretId, owner, secret);

    const keysNow = keys.map((key) =>
      key.accessKeyId === oldAccessKeyId ? { ...key, status: 'Active' } : key,
    );
    const explanation = explainRollback(
      { userName, oldAccessKeyId, keys: keysNow },
      state.rollback,
      currentIs,
    );
    return {
      ...state,
      status: 'rolled-back',
      outcome: explanation,
      // In the shape in which the failure branch finds every other error.
      failure: { Error: state.rollback.error, details: { errorMessage: explanation } },
    };
  });
};

export const handler = createHandler(lambdaRuntime());
