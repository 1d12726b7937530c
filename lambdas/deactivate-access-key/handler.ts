import { after } from '../shared/calendar';
import { setKeyStatus } from '../shared/commands';
import { courseOf } from '../shared/course';
import { RETRY_NOTE, RotationError } from '../shared/errors';
import { IamGateway } from '../shared/iam-gateway';
import { IdentityGateway } from '../shared/identity-gateway';
import { mask } from '../shared/mask';
import { pauseOf } from '../shared/pause';
import { PublishedState } from '../shared/rotation-state';
import { lambdaRuntime, type Runtime } from '../shared/runtime';
import { SecretGateway } from '../shared/secret-gateway';
import { readSituation } from '../shared/situation';
import { INCOMPATIBLE_STATE, stepHandler } from '../shared/step-handler';
import { decideDeactivation } from './decide';

/** What becomes of whoever held a leaked key. */
const outage = ({ lastUseOfLeakedKey }: PublishedState): string =>
  `it has leaked. It was last used: ${lastUseOfLeakedKey ?? 'nobody knows when'}. Whoever still holds it fails from now until it ` +
  'reads the secret again, which takes caching clients up to an hour. Sessions already obtained with it live on: see ' +
  'docs/runbook.md, "End sessions already obtained with a key".';

/** Step 5: sets the old key Inactive. One call can still bring it back. */
export const createHandler = (runtime: Runtime) => {
  const iam = new IamGateway(runtime.clientConfig);
  const secrets = new SecretGateway(runtime.clientConfig);
  const identities = new IdentityGateway(runtime.clientConfig);

  /** Asks STS whether AWS accepts what consumers read now. */
  const requireAccepted = async (state: PublishedState): Promise<void> => {
    const document = (await secrets.current(state))?.document;
    const identity =
      document?.kind === 'access-key'
        ? await identities.whoIs(document)
        : ({ kind: 'refused', code: 'no key' } as const);
    if (identity.kind === 'user' && identity.userId === state.userId) return;
    throw new RotationError(
      'TransientServiceError',
      `AWS does not accept the key that consumers read now, ${mask(state.newAccessKeyId)}, as one of ${state.userName} ` +
        `(${identity.kind === 'user' ? identity.userId : identity.code}). THE LEAKED KEY IS STILL ACTIVE. If an outage is ` +
        `better than that: ${setKeyStatus(state.userName, state.rotation.oldAccessKeyId ?? '', 'Inactive')}. ${RETRY_NOTE}`,
      { leak: 'told' },
    );
  };

  return stepHandler(
    'deactivate-access-key',
    PublishedState,
    INCOMPATIBLE_STATE,
    async ({ state, owner }) => {
      const { newAccessKeyId, settings } = state;
      const { oldAccessKeyId } = state.rotation;
      if (oldAccessKeyId === null) throw new Error('There is no old key to deactivate.');
      const course = courseOf(state.rotation);
      const { keys, current, secret } = await readSituation(iam, secrets, state, owner);
      const decision = decideDeactivation({
        oldAccessKeyId,
        course,
        newAccessKeyId,
        keys,
        current,
        paused: pauseOf(secret.pauseTag, undefined),
        laggingReplicas: secret.laggingReplicas,
      });
      if (decision.kind === 'refuse') throw RotationError.of(decision);
      if (course.provesKeyAgain && decision.kind === 'deactivate') await requireAccepted(state);
      const changed =
        decision.kind === 'already-done'
          ? undefined
          : await iam.setStatus(state.userName, oldAccessKeyId, 'Inactive');
      const outcome =
        decision.kind === 'already-done'
          ? decision.reason
          : changed === 'done'
            ? `${mask(oldAccessKeyId)} is Inactive; ${course.mayRollBack ? 'one call can still bring it back.' : outage(state)}`
            : `The old key ${mask(oldAccessKeyId)} was deleted by somebody else.`;
      // The recovery period counts from the end of this step. When the key was Inactive before, nobody can say
      // since when, so the period is observed in full from here.
      const now = new Date();
      return {
        ...state,
        status: 'deactivated',
        outcome,
        deactivatedAt: now.toISOString(),
        ...(changed === 'done' ? { deactivatedHere: true as const } : {}),
        healthChecks: 0,
        waitUntil: after(now, settings.healthCheckInterval).toISOString(),
      };
    },
  );
};

export const handler = createHandler(lambdaRuntime());
