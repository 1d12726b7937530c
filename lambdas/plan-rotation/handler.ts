import { type EnrolledUser, type Enrolment, RotationSettings } from '../shared/contract/enrolment';
import { RotationError } from '../shared/contract/errors';
import { LABELS } from '../shared/contract/names';
import { parse } from '../shared/contract/schema';
import { judgeHealth } from '../shared/findings/health';
import { findLockHolder } from '../shared/findings/lock-holder';
import { judgeOwnership, ownershipValue } from '../shared/findings/ownership';
import { withoutMaterial } from '../shared/findings/situation';
import { AlarmGateway, type AlarmReading } from '../shared/gateways/alarm-gateway';
import { ASKING_WHO_RUNS, ExecutionGateway } from '../shared/gateways/execution-gateway';
import { FunctionGateway, type FunctionReading } from '../shared/gateways/function-gateway';
import { IamGateway, type LastUse } from '../shared/gateways/iam-gateway';
import { IdentityGateway } from '../shared/gateways/identity-gateway';
import { Late, tryAgainLater } from '../shared/gateways/late-reads';
import { lambdaRuntime, type Runtime } from '../shared/gateways/runtime';
import { type SecretDescription, SecretGateway } from '../shared/gateways/secret-gateway';
import { unlessItFails } from '../shared/gateways/service-errors';
import type { AccessKey } from '../shared/rotation/access-key';
import { type Course, courseOf, ORDINARY } from '../shared/rotation/course';
import type { PlannedState, RotationInput } from '../shared/rotation/rotation-state';
import { STEPS } from '../shared/rotation/step-table';
import { obstacleIn } from '../shared/secret/key-document';
import { requireDeclaration } from '../shared/shell/declaration';
import { findStranger } from '../shared/shell/situation';
import { type StepContext, stepHandler } from '../shared/shell/step-handler';
import { findDamage } from './damage';
import { type Plan, type PlanFacts, planRotation, type Start } from './decide';
import { elsewhere, type Missing, primaryElsewhere } from './inventory';
import { earlierThan, isScheduledStart, stateMachineOf } from './notice';
import { preview, type Uses } from './preview';
import * as words from './words';
import * as found from './words/found';
import { sayPreview } from './words/preview';

interface Gateways {
  readonly iam: IamGateway;
  readonly secrets: SecretGateway;
  readonly executions: ExecutionGateway;
  readonly alarms: AlarmGateway;
  readonly functions: FunctionGateway;
  readonly identities: IdentityGateway;
  readonly enrolment: Enrolment;
}

/** @throws RotationError `UserNotEnrolled`. */
const requireEnrolled = async ({ enrolment }: Gateways, input: RotationInput): Promise<EnrolledUser> => {
  const enrolled = await enrolment.find(input.userName);
  if (enrolled !== undefined) return enrolled;
  throw new RotationError('UserNotEnrolled', found.notEnrolled(input));
};

/** @throws RotationError `UserNotFound`. */
const requireUser = async (
  iam: IamGateway,
  { userName, secretId, ownershipMark }: EnrolledUser,
  executionArn: string,
): Promise<Pick<PlanFacts, 'userId' | 'ownership' | 'keys'>> => {
  const user = await iam.user(userName);
  const keys = await iam.accessKeys(userName);
  if (user !== undefined && keys !== undefined) {
    const ownership = judgeOwnership(ownershipMark, user.tags, ownershipValue(secretId, executionArn));
    return { userId: user.userId, ownership, keys };
  }
  throw new RotationError('UserNotFound', found.noSuchUser(userName));
};

/** @throws RotationError `SecretConflict`, or `EnrolmentConflict` when it cannot be there. */
const requireSecret = async (
  secrets: SecretGateway,
  enrolled: EnrolledUser,
  { state: input, execution: { id: executionArn } }: Pick<StepContext<RotationInput>, 'state' | 'execution'>,
): Promise<SecretDescription> => {
  const away = elsewhere(enrolled.secretId, executionArn);
  if (away !== undefined) {
    throw new RotationError('EnrolmentConflict', found.secretElsewhere(enrolled, away));
  }
  const secret = await secrets.describe(enrolled.secretId);
  const primary = secret && primaryElsewhere(secret, executionArn);
  if (primary !== undefined) {
    throw new RotationError('EnrolmentConflict', found.onlyReplicaHere(enrolled, primary));
  }
  if (secret !== undefined) return secret;
  throw new RotationError('SecretConflict', found.noSuchSecret(enrolled, input));
};

const gatherFacts = async (
  gateways: Gateways,
  enrolled: EnrolledUser,
  { state: input, execution, owner, understands }: StepContext<RotationInput>,
): Promise<PlanFacts> => {
  const { iam, secrets, identities } = gateways;
  const { secretId } = enrolled;
  const user = await requireUser(iam, enrolled, execution.id);
  const secret = await requireSecret(secrets, enrolled, { state: input, execution });
  const readable = { secretId, settings: enrolled };
  const current = secret.scheduledForDeletion ? undefined : await secrets.current(readable);
  const holder = secret.scheduledForDeletion
    ? undefined
    : await findLockHolder(gateways, { execution, owner }, readable, secret);
  // A rollback brings the old key back whatever AWSCURRENT holds, and asks before it moves the label.
  const asks = input.action !== 'rollback' && current !== undefined;
  return {
    input,
    enrolled,
    ...user,
    secret,
    current: current === undefined ? undefined : withoutMaterial(current.document),
    stranger: asks
      ? await findStranger({ identities, iam }, current, user.keys, { ...user, ...enrolled })
      : undefined,
    // A person who starts a rotation by hand gets another key anyway.
    damage:
      asks && holder === undefined && (input.trigger === 'schedule' || input.action === 'plan')
        ? await findDamage(secrets, readable, { secret, current, keys: user.keys })
        : undefined,
    missingAlarms: undefined,
    missingValidator: undefined,
    holder,
    onHold: secret.versionByLabel.has(LABELS.held),
    knowsNotice: understands('notice'),
    noticeGivenBy: undefined,
    obstacle: current && obstacleIn({ settings: enrolled, text: current.text, keys: user.keys }),
    owner,
    startTime: execution.startTime,
  };
};

/** Who would be affected. Nothing is decided by it. */
const readUses = async (iam: IamGateway, keys: readonly AccessKey[]): Promise<Uses> => {
  const uses = new Map<string, LastUse>();
  for (const { accessKeyId } of keys) {
    const use = await unlessItFails(iam.lastUse(accessKeyId));
    if (use !== undefined) uses.set(accessKeyId, use);
  }
  return uses;
};

/** Those whose word a rotation waits for, as they were found. */
interface Witnesses {
  readonly alarmReadings: readonly AlarmReading[];
  /** Undefined when nobody is asked. */
  readonly validator: FunctionReading | undefined;
}

const lookForWitnesses = async (
  { alarms, functions }: Gateways,
  { healthAlarms, validator }: EnrolledUser,
  { waitsForConsumers, asksOwner }: Course,
): Promise<Witnesses> => ({
  alarmReadings: waitsForConsumers ? await alarms.read(healthAlarms) : [],
  validator: asksOwner && validator !== undefined ? await functions.exists(validator) : undefined,
});

/** That something is not there, or will not be read by itself; undefined of everything else. */
const missing = (name: string, reading: AlarmReading | FunctionReading): Missing | undefined => {
  if (reading.state === 'missing') return { name };
  const isLost = reading.state === 'unreadable' && reading.lasting;
  return isLost ? { name, problem: reading.problem } : undefined;
};

const withWitnesses = (facts: PlanFacts, { alarmReadings, validator }: Witnesses): PlanFacts => ({
  ...facts,
  missingAlarms: alarmReadings.flatMap((reading) => missing(reading.name, reading) ?? []),
  missingValidator: validator && missing(validator.functionArn, validator),
});

/** @throws RotationError `TransientServiceError`: what may be there, or not, is not taken for either. */
const requireReadings = ({ alarmReadings, validator }: Witnesses, userName: string): void => {
  for (const reading of validator === undefined ? alarmReadings : [...alarmReadings, validator]) {
    if (reading.state !== 'unreadable' || reading.lasting) continue;
    throw new RotationError('TransientServiceError', found.untold(reading, userName));
  }
};

/**
 * The execution that was started by schedule before this one, for the same user, and is not over: it has given notice of the
 * rotation, or is about to.
 *
 * @throws RotationError `TransientServiceError` when Step Functions does not say: somebody who is not seen may be waiting.
 */
const findNoticeGiver = async (
  { executions }: Gateways,
  { state, execution }: Pick<StepContext<RotationInput>, 'state' | 'execution'>,
): Promise<string | undefined> => {
  const running = await executions.running(stateMachineOf(execution.id));
  for (const { executionArn } of earlierThan(execution, running)) {
    const shown = await executions.started(executionArn, ASKING_WHO_RUNS);
    if (shown === undefined)
      return tryAgainLater(new Late({ code: 'execution', executionArn }, 'Step Functions'));
    if (isScheduledStart(shown, state.userName)) return executionArn;
  }
  return undefined;
};

/** What to do; and where a rotation would begin, whether what is configured for it is there, and who is about to begin it. */
const decide = async (
  context: Pick<StepContext<RotationInput, Gateways>, 'gateways' | 'state' | 'execution'>,
  found: PlanFacts,
): Promise<Plan> => {
  const { gateways } = context;
  const first = planRotation(found, new Date());
  const noticeGivenBy = first.kind === 'notice' ? await findNoticeGiver(gateways, context) : undefined;
  const facts = { ...found, noticeGivenBy };
  const plan = planRotation(facts, new Date());
  const course = courseOfBeginning(plan);
  if (course === undefined) return plan;
  const { enrolled } = facts;
  const witnesses = await lookForWitnesses(gateways, enrolled, course);
  requireReadings(witnesses, enrolled.userName);
  return planRotation(withWitnesses(facts, witnesses), new Date());
};

/** How a rotation would go about it that begins now, or after its notice; undefined: none does. */
const courseOfBeginning = (plan: Plan): Course | undefined => {
  if (plan.kind === 'notice') return ORDINARY;
  return plan.kind === 'due' && plan.predecessorVersionId === null ? courseOf(plan.rotation) : undefined;
};

/** The user's keys, for the record of the execution. */
const noted = (keys: readonly AccessKey[]): NonNullable<PlannedState['keysFound']> =>
  keys.map(({ accessKeyId, status, createDate }) => ({
    accessKeyId,
    status,
    createDate: createDate.toISOString(),
  }));

/** The state that a rotation begins with. */
const plannedState = (
  facts: PlanFacts,
  action: PlannedState['action'],
  plan: Start,
  declaredAt: Date | undefined,
) => {
  const { input, enrolled, userId } = facts;
  const { userName, secretId } = enrolled;
  return {
    userName,
    userId,
    secretId,
    action,
    trigger: input.trigger,
    ...(input.reason !== undefined && { reason: input.reason }),
    // In the form that every step takes.
    ...(input.leakedSince !== undefined &&
      input.leakedSince !== 'unknown' && { leakedSince: new Date(input.leakedSince).toISOString() }),
    ...(declaredAt !== undefined && { declaredAt: declaredAt.toISOString() }),
    settings: parse(RotationSettings, enrolled),
    predecessorVersionId: plan.predecessorVersionId,
    keysFound: noted(facts.keys),
    rotation: plan.rotation,
    ownerNamesStart: true as const,
    status: plan.kind,
    outcome: words.say(plan, facts),
  };
};

/** Step 0: finds out what, if anything, is to be done for a user. Reads only. */
export const createHandler = (runtime: Runtime) => {
  const gateways: Gateways = {
    iam: new IamGateway(runtime.clientConfig),
    secrets: new SecretGateway(runtime.clientConfig),
    executions: new ExecutionGateway(runtime.clientConfig),
    alarms: new AlarmGateway(runtime.clientConfig),
    functions: new FunctionGateway(runtime.clientConfig),
    identities: new IdentityGateway(runtime.clientConfig),
    enrolment: runtime.enrolment,
  };

  return stepHandler(
    STEPS['plan-rotation'],
    runtime,
    gateways,
    async (context) => {
      const { iam } = context.gateways;
      const { action } = context.state;
      let declaredAt: Date | undefined;
      // A definition of an earlier release has no other state machine that could declare it.
      if (action === 'emergency' && context.understands('declared-emergency')) {
        declaredAt = await requireDeclaration(context.gateways.executions, {
          execution: context.execution,
          input: context.state,
        });
      }
      const enrolled = await requireEnrolled(context.gateways, context.state);
      const facts = await gatherFacts(context.gateways, enrolled, context);
      if (action === 'plan') {
        // It says who would be affected; nothing else has to know, and a leaked key does not wait for it.
        const uses = await readUses(iam, facts.keys);
        const witnesses = await lookForWitnesses(context.gateways, enrolled, ORDINARY);
        const { alarmReadings, validator } = witnesses;
        const outlook = { uses, health: judgeHealth(alarmReadings), validator };
        const seen = withWitnesses(facts, witnesses);
        return {
          status: 'planned',
          outcome: sayPreview(preview(seen, new Date()), seen, outlook),
          keysFound: noted(facts.keys),
        };
      }
      const plan = await decide(context, facts);
      switch (plan.kind) {
        case 'refuse':
          throw RotationError.of({ ...plan, reason: words.say(plan, facts) });
        case 'due':
        case 'stop-first':
          return plannedState(facts, action, plan, declaredAt);
        case 'on-hold':
          return {
            status: plan.kind,
            tells: 'RotationOnHold' as const,
            outcome: words.say(plan, facts),
            why: plan.why.code,
            keysFound: noted(facts.keys),
          };
        case 'notice': {
          const waitUntil = plan.until.toISOString();
          const input = { ...context.state, noticeUntil: waitUntil };
          return {
            ...{ status: plan.kind, tells: 'RotationAhead' as const, outcome: words.say(plan, facts) },
            ...{ waitUntil, input },
          };
        }
        default:
          return {
            status: plan.kind,
            outcome: words.say(plan, facts),
            why: plan.why.code,
            keysFound: noted(facts.keys),
          };
      }
    },
    found.badInput,
  );
};

export const handler = createHandler(lambdaRuntime());
