import type { EnrolledUser, Enrolment } from '../shared/contract/enrolment';
import { RotationError } from '../shared/contract/errors';
import { type Health, NOT_ASKED, readHealth, watchBeforeDeactivation } from '../shared/findings/health';
import { AlarmGateway } from '../shared/gateways/alarm-gateway';
import { ExecutionGateway } from '../shared/gateways/execution-gateway';
import { IamGateway } from '../shared/gateways/iam-gateway';
import { IdentityGateway } from '../shared/gateways/identity-gateway';
import { lambdaRuntime, type Runtime } from '../shared/gateways/runtime';
import { SecretGateway } from '../shared/gateways/secret-gateway';
import { after } from '../shared/rotation/calendar';
import { containedAt } from '../shared/rotation/containment';
import { courseOf } from '../shared/rotation/course';
import { withPresent } from '../shared/rotation/promised';
import type { PublishedState } from '../shared/rotation/rotation-state';
import { STEPS } from '../shared/rotation/step-table';
import { pauseOf } from '../shared/secret/pause';
import { readSituation } from '../shared/shell/situation';
import { lookAgain, type StepContext, stepHandler } from '../shared/shell/step-handler';
import type { Said } from '../shared/text/said';
import { type DeactivationWhy, decideDeactivation, decideUnenrolled } from './decide';
import { NO_OLD_KEY, say, sayDone, sayLeakedDone, sayNotAccepted, sayUnenrolled, type Told } from './words';

interface Gateways {
  readonly iam: IamGateway;
  readonly secrets: SecretGateway;
  readonly executions: ExecutionGateway;
  readonly identities: IdentityGateway;
  readonly alarms: AlarmGateway;
  readonly enrolment: Enrolment;
}

/** Asks STS whether AWS accepts what consumers read now. */
const requireAccepted = async (
  { secrets, identities }: Gateways,
  state: PublishedState,
  told: Told,
): Promise<void> => {
  const document = (await secrets.current(state))?.document;
  const identity =
    document?.kind === 'access-key' && document.accessKeyId === state.newAccessKeyId
      ? await identities.whoIs(document)
      : ({ kind: 'refused', code: 'no key' } as const);
  if (identity.kind === 'user' && identity.userId === state.userId) return;
  const answer = identity.kind === 'user' ? identity.userId : identity.code;
  throw new RotationError('TransientServiceError', sayNotAccepted(told, answer), { leak: 'told' });
};

/** Sets the old key Inactive. Returns why that was not to be done any more; undefined when it is done. */
const deactivate = async (
  { iam }: Gateways,
  { userName }: PublishedState,
  oldAccessKeyId: string,
): Promise<DeactivationWhy | undefined> =>
  (await iam.setStatus(userName, oldAccessKeyId, 'Inactive')) === 'done'
    ? undefined
    : { code: 'old-key-deleted' };

/** What the alarms say, as far as the rotation goes by them. */
const readAlarms = async ({ alarms }: Gateways, state: PublishedState): Promise<Health> =>
  courseOf(state.rotation).waitsForConsumers
    ? readHealth(alarms, state.settings.healthAlarms, watchBeforeDeactivation(state, new Date()))
    : NOT_ASKED;

/** The last look, right before the act: also when an earlier attempt has looked. */
const look = async (
  gateways: Gateways,
  { state, owner }: Pick<StepContext<PublishedState>, 'state' | 'owner'>,
  oldAccessKeyId: string,
  enrolled: EnrolledUser | undefined,
): Promise<Told> => {
  const { iam, secrets } = gateways;
  const { keys, current, secret } = await readSituation(iam, secrets, state, owner);
  return {
    userName: state.userName,
    oldAccessKeyId,
    course: courseOf(state.rotation),
    newAccessKeyId: state.newAccessKeyId,
    keys,
    current,
    paused: pauseOf(secret.pauseTag, enrolled?.paused),
    laggingReplicas: secret.laggingReplicas,
    health: await readAlarms(gateways, state),
    checks: state.adoptionChecks,
    settings: state.settings,
  };
};

/** What a person is told of: a leaked key does not work any more. */
const tellingOf = (
  { lastUseOfLeakedKey }: PublishedState,
  already: DeactivationWhy | undefined,
): { readonly tells?: 'LeakedKeyGone' | 'LeakedKeyInactive' } => {
  if (lastUseOfLeakedKey === undefined) return {};
  return { tells: already?.code === 'old-key-deleted' ? 'LeakedKeyGone' : 'LeakedKeyInactive' };
};

/** The old key is Inactive. */
const deactivated = (
  { effort }: Pick<StepContext<PublishedState>, 'effort'>,
  {
    state,
    facts,
    already,
  }: {
    readonly state: PublishedState;
    readonly facts: Told;
    /** Why there was nothing to set Inactive any more; undefined: it was this step that did it. */
    readonly already: DeactivationWhy | undefined;
  },
) => {
  // The recovery period counts from the end of this step. When the key was Inactive before, nobody can say
  // since when, so the period is observed in full from here.
  const now = new Date();
  const { mayRollBack } = facts.course;
  // The list may be late: what was contained before is so since then.
  const contained =
    state.contained ??
    (!mayRollBack && already === undefined ? containedAt(now, state, effort()) : undefined);
  const ordinary = already === undefined ? sayDone(facts) : say(already, facts);
  return {
    ...state,
    ...(contained !== undefined && { contained }),
    status: 'deactivated' as const,
    outcome: mayRollBack
      ? ordinary
      : sayLeakedDone({ ...state, contained }, facts, { already, now, again: state.contained !== undefined }),
    ...tellingOf(state, already),
    deactivatedAt: now.toISOString(),
    ...((already === undefined || contained !== undefined) && { deactivatedHere: true as const }),
    healthChecks: 0,
    waitUntil: after(now, state.settings.healthCheckInterval).toISOString(),
  };
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

  return stepHandler(STEPS['deactivate-access-key'], runtime, gateways, async (context) => {
    const { owner, gateways } = context;
    const enrolled = await gateways.enrolment.find(context.state.userName);
    const state = withPresent(context.state, enrolled);
    const { oldAccessKeyId } = state.rotation;
    if (oldAccessKeyId === null) throw new Error(NO_OLD_KEY);
    const course = courseOf(state.rotation);
    const checks = state.adoptionChecks;
    const checkAgain = (until: Date, reason: string | Said) => ({
      ...state,
      adoptionChecks: checks + 1,
      ...lookAgain(context, { until, reason }),
    });
    // A leaked key is retired whatever else there is to say.
    if (enrolled === undefined && course.waitsForConsumers) {
      const { until } = decideUnenrolled({ settings: state.settings, checks }, new Date());
      return checkAgain(until, sayUnenrolled(state.userName));
    }
    const facts = await look(gateways, { state, owner }, oldAccessKeyId, enrolled);
    const decision = decideDeactivation(facts, new Date());
    if (course.provesKeyAgain && decision.kind === 'deactivate') {
      await requireAccepted(gateways, state, facts);
    }
    if (decision.kind === 'refuse') {
      throw RotationError.of({ ...decision, reason: say(decision.why, facts) });
    }
    if (decision.kind === 'look-again') return checkAgain(decision.until, say(decision.why, facts));
    const already =
      decision.kind === 'already-done' ? decision.why : await deactivate(gateways, state, oldAccessKeyId);
    return deactivated(context, { state, facts, already });
  });
};

export const handler = createHandler(lambdaRuntime());
