import { AlarmGateway } from '../shared/alarm-gateway';
import { createSecret, executionInput } from '../shared/commands';
import { RotationSettings } from '../shared/enrolment';
import { RotationError } from '../shared/errors';
import { ExecutionGateway } from '../shared/execution-gateway';
import { type Health, judgeHealth } from '../shared/health';
import { IamGateway, type LastUse } from '../shared/iam-gateway';
import { findLockHolder } from '../shared/lock-holder';
import { type PlannedState, RotationInput } from '../shared/rotation-state';
import { lambdaRuntime, type Runtime } from '../shared/runtime';
import { parse } from '../shared/schema';
import { SecretGateway } from '../shared/secret-gateway';
import { unlessItFails } from '../shared/service-errors';
import { withoutMaterial } from '../shared/situation';
import { stepHandler } from '../shared/step-handler';
import { LABELS } from '../shared/versions';
import { type PlanFacts, planRotation } from './decide';
import { preview, warnOfOutage } from './preview';

/** What plan-rotation returns: the plan, or why there is nothing to do. */
type PlanOutput =
  | PlannedState
  | { readonly status: 'nothing-to-do' | 'on-hold' | 'planned'; readonly outcome: string };

/** Step 0: finds out what, if anything, is to be done for a user. Reads only. */
export const createHandler = (runtime: Runtime) => {
  const iam = new IamGateway(runtime.clientConfig);
  const secrets = new SecretGateway(runtime.clientConfig);
  const executions = new ExecutionGateway(runtime.clientConfig);
  const alarms = new AlarmGateway(runtime.clientConfig);

  return stepHandler(
    'plan-rotation',
    RotationInput,
    `Nothing was changed. Start the execution with ${executionInput({ userName: '<an enrolled user>' })}; the other actions ` +
      'and their fields are in README.md, "Operate".',
    async ({ state: input, execution, owner }): Promise<PlanOutput> => {
      const enrolled = runtime.enrolment().users.find((user) => user.userName === input.userName);
      if (enrolled === undefined) {
        throw new RotationError(
          'UserNotEnrolled',
          `${input.userName} is not enrolled. Nothing was changed, and no key of the user was read. Add the user to ` +
            'iamAccessKeyRotation.users in cdk.json (mind upper and lower case) and deploy.',
        );
      }
      const { secretId, userName } = enrolled;
      const readable = { secretId, settings: enrolled };
      const user = await iam.user(userName);
      const keys = await iam.accessKeys(userName);
      if (user === undefined || keys === undefined) {
        throw new RotationError(
          'UserNotFound',
          `${userName} is enrolled, but IAM has no such user. Nothing was changed. Take the user out of ` +
            'iamAccessKeyRotation.users in cdk.json, or correct the name, and deploy.',
        );
      }
      const secret = await secrets.describe(secretId);
      if (secret === undefined) {
        const byHand = createSecret(secretId);
        throw new RotationError(
          'SecretConflict',
          `The secret ${secretId} of ${userName} does not exist. Nothing was changed. ` +
            `${byHand === undefined ? 'Correct' : `Create it (${byHand}), or correct`} existingSecret in cdk.json and deploy; ` +
            'then start again.',
        );
      }
      const current = secret.scheduledForDeletion ? undefined : await secrets.current(readable);
      const facts: PlanFacts = {
        input,
        enrolled,
        userId: user.userId,
        keys,
        secret,
        current: current === undefined ? undefined : withoutMaterial(current.document),
        holder: secret.scheduledForDeletion
          ? undefined
          : await findLockHolder({ secrets, executions }, readable, secret),
        onHold: secret.versionByLabel.has(LABELS.held),
        owner,
        startTime: execution.startTime,
      };
      // A plan and an emergency say who would be affected; nothing else has to know.
      const uses = new Map<string, LastUse>();
      if (input.action === 'plan' || input.action === 'emergency') {
        for (const { accessKeyId } of keys) {
          // Nothing is decided by it, and a leaked key does not wait for it.
          const use = await unlessItFails(iam.lastUse(accessKeyId));
          if (use !== undefined) uses.set(accessKeyId, use);
        }
      }
      if (input.action === 'plan') {
        const readings = await unlessItFails(alarms.read(enrolled.healthAlarms));
        const health: Health =
          readings === undefined
            ? { kind: 'unknown', reason: 'they could not be read' }
            : judgeHealth(readings);
        return { status: 'planned', outcome: preview(facts, { uses, health }, new Date()) };
      }
      const plan = planRotation(facts, new Date());
      switch (plan.kind) {
        case 'refuse':
          throw RotationError.of(plan);
        case 'rotate': {
          return {
            userName,
            userId: user.userId,
            secretId,
            action: input.action,
            trigger: input.trigger,
            ...(input.reason !== undefined && { reason: input.reason }),
            settings: parse(RotationSettings, enrolled),
            predecessorVersionId: plan.predecessorVersionId,
            rotation: plan.rotation,
            status: plan.stopHolder ? 'stop-first' : 'due',
            outcome: plan.reason + warnOfOutage(plan.rotation, uses),
          };
        }
        default:
          return { status: plan.kind, outcome: plan.reason };
      }
    },
  );
};

export const handler = createHandler(lambdaRuntime());
