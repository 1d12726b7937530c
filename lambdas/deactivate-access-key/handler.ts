import type { EnrolledUser, Enrolment } from '../shared/contract/enrolment';
import { RETRY_NOTE, RotationError } from '../shared/contract/errors';
import { type Health, readHealth, watchBeforeDeactivation } from '../shared/findings/health';
import { readSituation } from '../shared/findings/situation';
import { AlarmGateway } from '../shared/gateways/alarm-gateway';
import { ExecutionGateway } from '../shared/gateways/execution-gateway';
import { IamGateway } from '../shared/gateways/iam-gateway';
import { IdentityGateway } from '../shared/gateways/identity-gateway';
import { lambdaRuntime, type Runtime } from '../shared/gateways/runtime';
import { SecretGateway } from '../shared/gateways/secret-gateway';
import { after } from '../shared/rotation/calendar';
import { courseOf } from '../shared/rotation/course';
import { withPresent } from '../shared/rotation/promised';
import type { PublishedState } from '../shared/rotation/rotation-state';
import { STEPS } from '../shared/rotation/step-table';
import { pauseOf } from '../shared/secret/pause';
import { lookAgain, type StepContext, stepHandler } from '../shared/shell/step-handler';
import { setKeyStatus } from '../shared/text/commands';
import { mask } from '../shared/text/mask';
import { describePause } from '../shared/words/pause';
import { type DeactivationDecision, decideDeactivation, decideUnenrolled } from './decide';

/** What becomes of whoever held a leaked key. */
const outage = ({ lastUseOfLeakedKey }: PublishedState): string =>
  `it has leaked. It was last used: ${lastUseOfLeakedKey ?? 'nobody knows when'}. Whoever still holds it fails from now until it ` +
  'reads the secret again, which takes caching clients up to an hour. Sessions already obtained with it live on: see ' +
  'docs/runbook.md, "End sessions already obtained with a key".';

interface Gateways {
  readonly iam: IamGateway;
  readonly secrets: SecretGateway;
  readonly executions: ExecutionGateway;
  readonly identities: IdentityGateway;
  readonly alarms: AlarmGateway;
  readonly enrolment: Enrolment;
}

/** Asks STS whether AWS accepts what consumers read now. */
const requireAccepted = async ({ secrets, identities }: Gateways, state: PublishedState): Promise<void> => {
  const document = (await secrets.current(state))?.document;
  const identity =
    document?.kind === 'access-key' && document.accessKeyId === state.newAccessKeyId
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

/** Sets the old key Inactive. */
const deactivate = async (
  { iam }: Gateways,
  state: PublishedState,
  oldAccessKeyId: string,
): Promise<{ readonly done: boolean; readonly outcome: string }> => {
  if ((await iam.setStatus(state.userName, oldAccessKeyId, 'Inactive')) !== 'done') {
    return { done: false, outcome: `The old key ${mask(oldAccessKeyId)} was deleted by somebody else.` };
  }
  const { mayRollBack } = courseOf(state.rotation);
  const next = mayRollBack ? 'one call can still bring it back.' : outage(state);
  return { done: true, outcome: `${mask(oldAccessKeyId)} is Inactive; ${next}` };
};

/** What the alarms say, as far as the rotation goes by them. */
const readAlarms = async ({ alarms }: Gateways, state: PublishedState): Promise<Health> =>
  courseOf(state.rotation).waitsForConsumers
    ? readHealth(alarms, state.settings.healthAlarms, watchBeforeDeactivation(state, new Date()))
    : { kind: 'unknown', reason: 'nobody is waited for' };

/** The last look, right before the act: also when an earlier attempt has looked. */
const look = async (
  gateways: Gateways,
  { state, owner }: Pick<StepContext<PublishedState>, 'state' | 'owner'>,
  oldAccessKeyId: string,
  enrolled: EnrolledUser | undefined,
): Promise<DeactivationDecision> => {
  const { iam, secrets } = gateways;
  const course = courseOf(state.rotation);
  const checks = state.adoptionChecks;
  // A leaked key is retired whatever else there is to say.
  if (enrolled === undefined && course.waitsForConsumers) {
    const { userName, settings } = state;
    return decideUnenrolled({ userName, settings, checks }, new Date());
  }
  const { keys, current, secret } = await readSituation(iam, secrets, state, owner);
  const pause = pauseOf(secret.pauseTag, enrolled?.paused);
  const decision = decideDeactivation(
    {
      oldAccessKeyId,
      course,
      newAccessKeyId: state.newAccessKeyId,
      keys,
      current,
      paused: pause && describePause(pause),
      laggingReplicas: secret.laggingReplicas,
      health: await readAlarms(gateways, state),
      checks,
      settings: state.settings,
    },
    new Date(),
  );
  if (course.provesKeyAgain && decision.kind === 'deactivate') {
    await requireAccepted(gateways, state);
  }
  return decision;
};

/** Step 5: sets the old key Inactive. One call can still bring it back. */
export const createHandler = (runtime: Runtime) => {
  const gateways: Gateways = {
    iam: new IamGateway(runtime.clientConfig),
    secrets: new SecretGateway(runtime.clientConfig),
    executions: new ExecutionGateway(runtime.clientConfig),
    identities: new IdentityGateway(runtime.clientConfig),
    alarms: new AlarmGateway(runtime.clientConfig),
    enrolment: runtime.enrolment,
  };

  return stepHandler(STEPS['deactivate-access-key'], gateways, async (context) => {
    const { owner, gateways } = context;
    const enrolled = await gateways.enrolment.find(context.state.userName);
    const state = withPresent(context.state, enrolled);
    const { oldAccessKeyId } = state.rotation;
    if (oldAccessKeyId === null) throw new Error('There is no old key to deactivate.');
    const decision = await look(gateways, { state, owner }, oldAccessKeyId, enrolled);
    if (decision.kind === 'refuse') throw RotationError.of(decision);
    if (decision.kind === 'look-again') {
      return { ...state, adoptionChecks: state.adoptionChecks + 1, ...lookAgain(context, decision) };
    }
    const { done, outcome } =
      decision.kind === 'already-done'
        ? { done: false, outcome: decision.reason }
        : await deactivate(gateways, state, oldAccessKeyId);
    // The recovery period counts from the end of this step. When the key was Inactive before, nobody can say
    // since when, so the period is observed in full from here.
    const now = new Date();
    return {
      ...state,
      status: 'deactivated',
      outcome,
      deactivatedAt: now.toISOString(),
      ...(done && { deactivatedHere: true as const }),
      healthChecks: 0,
      waitUntil: after(now, state.settings.healthCheckInterval).toISOString(),
    };
  });
};

export const handler = createHandler(lambdaRuntime());
