import { after } from '../shared/calendar';
import { RotationError } from '../shared/errors';
import { IamGateway } from '../shared/iam-gateway';
import { mask } from '../shared/mask';
import { isEmergency, PublishedState } from '../shared/rotation-state';
import { lambdaRuntime, type Runtime } from '../shared/runtime';
import { SecretGateway } from '../shared/secret-gateway';
import { readSituation } from '../shared/situation';
import { INCOMPATIBLE_STATE, stepHandler } from '../shared/step-handler';
import { decideDeactivation } from './decide';

/** Step 5: sets the old key Inactive. One call can still bring it back. */
export const createHandler = (runtime: Runtime) => {
  const iam = new IamGateway(runtime.clientConfig);
  const secrets = new SecretGateway(runtime.clientConfig);

  return stepHandler(
    'deactivate-access-key',
    PublishedState,
    INCOMPATIBLE_STATE,
    async ({ state, owner }) => {
      const { newAccessKeyId, settings } = state;
      const { oldAccessKeyId } = state.rotation;
      if (oldAccessKeyId === null) throw new Error('There is no old key to deactivate.');
      const emergency = isEmergency(state.rotation);
      const { keys, current, secret } = await readSituation(iam, secrets, state, owner);
      const decision = decideDeactivation({
        oldAccessKeyId,
        emergency,
        newAccessKeyId,
        keys,
        current,
        laggingReplicas: secret.laggingReplicas,
      });
      if (decision.kind === 'refuse') throw new RotationError(decision.error, decision.reason);
      const outcome =
        decision.kind === 'already-done'
          ? decision.reason
          : (await iam.setStatus(state.userName, oldAccessKeyId, 'Inactive')) === 'done'
            ? `${mask(oldAccessKeyId)} is Inactive; ${
                emergency
                  ? 'it has leaked. Sessions already obtained with it live on: see docs/runbook.md, "End sessions already obtained with a key".'
                  : 'one call can still bring it back.'
              }`
            : `The old key ${mask(oldAccessKeyId)} was deleted by somebody else.`;
      // The recovery period counts from the end of this step. When the key was Inactive before, nobody can say
      // since when, so the period is observed in full from here.
      const now = new Date();
      return {
        ...state,
        status: 'deactivated',
        outcome,
        deactivatedAt: now.toISOString(),
        healthChecks: 0,
        waitUntil: after(now, settings.healthCheckInterval).toISOString(),
      };
    },
  );
};

export const handler = createHandler(lambdaRuntime());
