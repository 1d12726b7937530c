import { AlarmGateway } from '../shared/alarm-gateway';
import { createSecret, executionInput } from '../shared/commands';
import { type EnrolledUser, type Enrolment, RotationSettings } from '../shared/enrolment';
import { RotationError } from '../shared/errors';
import { ExecutionGateway } from '../shared/execution-gateway';
import { type Health, judgeHealth } from '../shared/health';
import { type AccessKey, IamGateway, type LastUse } from '../shared/iam-gateway';
import { findLockHolder } from '../shared/lock-holder';
import type { PlannedState, Rotation, RotationInput } from '../shared/rotation-state';
import { lambdaRuntime, type Runtime } from '../shared/runtime';
import { parse } from '../shared/schema';
import { type SecretDescription, SecretGateway } from '../shared/secret-gateway';
import { unlessItFails } from '../shared/service-errors';
import { withoutMaterial } from '../shared/situation';
import { type StepContext, stepHandler } from '../shared/step-handler';
import { STEPS } from '../shared/step-table';
import { LABELS } from '../shared/versions';
import { type Plan, type PlanFacts, planRotation } from './decide';
import { preview, warnOfOutage } from './preview';

interface Gateways {
  readonly iam: IamGateway;
  readonly secrets: SecretGateway;
  readonly executions: ExecutionGateway;
  readonly alarms: AlarmGateway;
  readonly enrolment: Enrolment;
}

/** @throws RotationError `UserNotEnrolled`. */
const requireEnrolled = async ({ enrolment }: Gateways, userName: string): Promise<EnrolledUser> => {
  const enrolled = await enrolment.find(userName);
  if (enrolled !== undefined) return enrolled;
  throw new RotationError(
    'UserNotEnrolled',
    `${userName} is not enrolled. Nothing was changed, and no key of the user was read. Add the user to ` +
      'iamAccessKeyRotation.users in cdk.json (mind upper and lower case) and deploy.',
  );
};

/** @throws RotationError `UserNotFound`. */
const requireUser = async (
  iam: IamGateway,
  userName: string,
): Promise<Pick<PlanFacts, 'userId' | 'keys'>> => {
  const user = await iam.user(userName);
  const keys = await iam.accessKeys(userName);
  if (user !== undefined && keys !== undefined) return { userId: user.userId, keys };
  throw new RotationError(
    'UserNotFound',
    `${userName} is enrolled, but IAM has no such user. Nothing was changed. Take the user out of ` +
      'iamAccessKeyRotation.users in cdk.json, or correct the name, and deploy.',
  );
};

/** @throws RotationError `SecretConflict`. */
const requireSecret = async (
  secrets: SecretGateway,
  { secretId, userName }: EnrolledUser,
): Promise<SecretDescription> => {
  const secret = await secrets.describe(secretId);
  if (secret !== undefined) return secret;
  const byHand = createSecret(secretId);
  throw new RotationError(
    'SecretConflict',
    `The secret ${secretId} of ${userName} does not exist. Nothing was changed. ` +
      `${byHand === undefined ? 'Correct' : `Create it (${byHand}), or correct`} existingSecret in cdk.json and deploy; ` +
      'then start again.',
  );
};

const gatherFacts = async (
  gateways: Gateways,
  enrolled: EnrolledUser,
  { state: input, execution, owner }: StepContext<RotationInput>,
): Promise<PlanFacts> => {
  const { iam, secrets } = gateways;
  const user = await requireUser(iam, enrolled.userName);
  const secret = await requireSecret(secrets, enrolled);
  const readable = { secretId: enrolled.secretId, settings: enrolled };
  const current = secret.scheduledForDeletion ? undefined : await secrets.current(readable);
  return {
    input,
    enrolled,
    ...user,
    secret,
    current: current === undefined ? undefined : withoutMaterial(current.document),
    holder: secret.scheduledForDeletion
      ? undefined
      : await findLockHolder(gateways, { execution, owner }, readable, secret),
    onHold: secret.versionByLabel.has(LABELS.held),
    owner,
    startTime: execution.startTime,
  };
};

/** Who would be affected. Nothing is decided by it, and a leaked key does not wait for it. */
const readUses = async (
  iam: IamGateway,
  keys: readonly AccessKey[],
): Promise<ReadonlyMap<string, LastUse>> => {
  const uses = new Map<string, LastUse>();
  for (const { accessKeyId } of keys) {
    const use = await unlessItFails(iam.lastUse(accessKeyId));
    if (use !== undefined) uses.set(accessKeyId, use);
  }
  return uses;
};

const readHealth = async (alarms: AlarmGateway, { healthAlarms }: EnrolledUser): Promise<Health> => {
  const readings = await unlessItFails(alarms.read(healthAlarms));
  return readings === undefined
    ? { kind: 'unknown', reason: 'they could not be read' }
    : judgeHealth(readings);
};

/** The state that a rotation begins with. */
const plannedState = (
  { input, enrolled, userId }: PlanFacts,
  action: PlannedState['action'],
  plan: Extract<Plan, { rotation: Rotation }>,
  uses: ReadonlyMap<string, LastUse>,
) => {
  const { userName, secretId } = enrolled;
  return {
    userName,
    userId,
    secretId,
    action,
    trigger: input.trigger,
    ...(input.reason !== undefined && { reason: input.reason }),
    settings: parse(RotationSettings, enrolled),
    predecessorVersionId: plan.predecessorVersionId,
    rotation: plan.rotation,
    ownerNamesStart: true as const,
    status: plan.kind,
    outcome: plan.reason + warnOfOutage(plan.rotation, uses),
  };
};

/** Step 0: finds out what, if anything, is to be done for a user. Reads only. */
export const createHandler = (runtime: Runtime) => {
  const gateways: Gateways = {
    iam: new IamGateway(runtime.clientConfig),
    secrets: new SecretGateway(runtime.clientConfig),
    executions: new ExecutionGateway(runtime.clientConfig),
    alarms: new AlarmGateway(runtime.clientConfig),
    enrolment: runtime.enrolment,
  };

  return stepHandler(
    STEPS['plan-rotation'],
    gateways,
    async (context) => {
      const { iam, alarms } = context.gateways;
      const { action, userName } = context.state;
      const enrolled = await requireEnrolled(context.gateways, userName);
      const facts = await gatherFacts(context.gateways, enrolled, context);
      // A plan and an emergency say who would be affected; nothing else has to know.
      const uses = await readUses(iam, action === 'plan' || action === 'emergency' ? facts.keys : []);
      if (action === 'plan') {
        const health = await readHealth(alarms, enrolled);
        return { status: 'planned', outcome: preview(facts, { uses, health }, new Date()) };
      }
      const plan = planRotation(facts, new Date());
      switch (plan.kind) {
        case 'refuse':
          throw RotationError.of(plan);
        case 'due':
        case 'stop-first':
          return plannedState(facts, action, plan, uses);
        default:
          return { status: plan.kind, outcome: plan.reason };
      }
    },
    `Nothing was changed. Start the execution with ${executionInput({ userName: '<an enrolled user>' })}; the other actions ` +
      'and their fields are in README.md, "Operate".',
  );
};

export const handler = createHandler(lambdaRuntime());
