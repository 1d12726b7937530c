import type { Wire } from '../../embedded-aws/clients/fast-wire';
import type { AwsState } from '../../embedded-aws/embedded-aws';
import { enrolmentFileOf } from '../../lambdas/shared/contract/enrolment';
import { enrolmentIn } from '../../lambdas/shared/contract/enrolment-file';
import { emergencyMachineName } from '../../lambdas/shared/contract/names';
import { STEP_NAMES, type StepName, stepPlaceholder } from '../../lambdas/shared/contract/steps';
import { SURVEY_FOLDER } from '../../lambdas/shared/contract/survey';
import { FUNCTION_TIMEOUT_SECONDS } from '../../lambdas/shared/contract/timing';
import { PLACEHOLDER_SECRET_STRING } from '../../lambdas/shared/secret/placeholder';
import { RUNBOOK } from '../../lambdas/shared/text/anchor';
import type { Surveyed } from '../../lambdas/survey/handler';
import { scheduleName } from '../../lib/config/names';
import { type BegunExecution, StateMachineEngine } from '../engine/engine';
import type { Execution } from '../engine/execution';
import { logMessage } from '../engine/function-sandbox';
import type { FunctionSpec } from '../engine/lambda-service';
import { emptyWorld, type RotationWorld, type World, type WorldOptions } from './base-world';
import { withEmergencies } from './emergencies';
import { type Environment, type RequestOptions, sessionOf, takeEnvironment } from './environment';
import { DEFINITION, EMERGENCY_DEFINITION, enrolledUsers, type KeyAtStart, setScene } from './scene';
import { takeStateMachineClients } from './state-machine-clients';
import { type SurveyOptions, surveyOf } from './survey';

/** An enrolled user of a world in one process: as in cdk.json, and what the user has at the start. */
interface WorldUser {
  readonly config: { readonly userName: string } & Readonly<Record<string, unknown>>;
  readonly key?: KeyAtStart;
}

/** Periods here may be shorter than a deployment accepts without force: no real key is at risk. */
const forced = (configs: readonly object[]): readonly object[] =>
  configs.map((config) => ({ force: true, ...config }));

/** The options of {@link createWorld}. */
export interface InProcessWorldOptions extends WorldOptions, RequestOptions {
  /** Default: alice, with a key that is in her secret. */
  readonly users?: readonly WorldUser[];
  /** How the functions' calls reach the embedded AWS. Default: the full wire. */
  readonly wire?: Wire;
  /** The state of AWS at the start. It replaces the new secrets, and what the users have. */
  readonly state?: AwsState | undefined;
}

/** A world in one process, in which executions can also be continued. */
export interface InProcessWorld extends RotationWorld {
  /** Another deployment: from now on these users are enrolled, with these settings, as cdk.json has them. */
  enrol(configs: readonly Readonly<Record<string, unknown>>[]): void;
  /** Runs the survey over everybody who is enrolled. */
  survey(options?: SurveyOptions): Promise<Surveyed>;
  /**
   * Continues an execution that has begun under another definition.
   *
   * @param definition - That definition, with its placeholders.
   */
  resumeExecution(
    begun: BegunExecution,
    definition: string,
    options?: Parameters<StateMachineEngine['resume']>[2],
  ): Execution;
}

const STATE_MACHINE_NAME = 'IamAccessKeyRotation';

/** In the place of a function's name: gateways log what has not answered, and do not know whose they are. */
const UNNAMED = '';

/**
 * Functions write their log to the console. Their lines are objects, and go to the world's log; all others are
 * passed through.
 */
const captureLogs = (world: World): (() => void) => {
  const levels = ['info', 'error'] as const;
  const originals = levels.map((level) => [level, console[level]] as const);
  for (const [level, original] of originals) {
    console[level] = (...args: unknown[]) => {
      const message = logMessage(args);
      if (typeof message !== 'object') {
        original(...args);
        return;
      }
      const { step = UNNAMED, survey } = message as { readonly step?: string; readonly survey?: unknown };
      const functionName = survey === undefined ? step : SURVEY_FOLDER;
      world.logs.push({ at: world.clock.now(), functionName, level, message });
    };
  }
  return () => {
    for (const [level, original] of originals) console[level] = original;
  };
};

/**
 * A world in this process: the handlers' source, without synthesis, bundles and sockets, for tests that run
 * rotations by the hundred.
 *
 * @example
 * ```ts
 * const world = createWorld({ seed: 7 });
 * const execution = world.startExecution({ userName: 'alice' });
 * const { status } = await world.run(execution.result);
 * world.close();
 * ```
 */
export const createWorld = (options: InProcessWorldOptions = {}): InProcessWorld => {
  const wanted = options.users ?? [{ config: { userName: 'alice' } }];
  const users = enrolledUsers(forced(wanted.map(({ config }) => config)));
  const world = emptyWorld(options);
  const { aws, lambda } = world;
  const restoreConsole = captureLogs(world);

  if (options.state === undefined) {
    for (const [index, user] of users.entries()) {
      // As a deployment leaves it.
      aws.secretsManager.createSecret(user.secretId, {
        secretString: PLACEHOLDER_SECRET_STRING,
        replicas: user.replicaRegions.map(({ region }) => ({ region, status: 'InSync' })),
        ...(user.kmsKeyArn && { kmsKeyArn: user.kmsKeyArn }),
      });
      setScene(aws, user, wanted[index]?.key);
    }
    aws.secretsManager.settle();
  } else {
    aws.restore(options.state);
  }

  const roleArn = (name: string) => `arn:aws:iam::${aws.accountId}:role/${STATE_MACHINE_NAME}-${name}`;
  const functionArn = (step: StepName) =>
    `arn:aws:lambda:${aws.region}:${aws.accountId}:function:${STATE_MACHINE_NAME}-${step}`;
  let present = users;
  let file = enrolmentFileOf(present);
  const enrolment = enrolmentIn(() => file);
  const settings = {
    CREATE_ACCESS_KEY_ROLE_ARN: roleArn('create-access-key'),
    CLOUDTRAIL_REGION: 'us-east-1',
  };
  const { requestTimeout, wire = 'full' } = options;
  const inner = aws.requestHandler(requestTimeout === undefined ? {} : { requestTimeout });
  const { functionClockSkew: skew } = aws.behaviour;
  const inUse: Environment[] = [];
  const functionOf = (step: StepName): FunctionSpec => ({
    name: step,
    arn: functionArn(step),
    timeoutSeconds: FUNCTION_TIMEOUT_SECONDS,
    start: (gate) => {
      const environment = takeEnvironment(step, wire, aws.region, settings);
      inUse.push(environment);
      return environment.enter({
        inner,
        aws,
        gate,
        options,
        enrolment,
        clockAhead: skew === 0 ? 0 : Math.round((2 * Math.random() - 1) * skew),
      });
    },
  });
  for (const step of STEP_NAMES) {
    aws.acceptSession(roleArn(step), step, sessionOf(step));
    lambda.add(functionOf(step));
  }

  const notificationTopicArn = aws.sns.addTopic('notifications');
  // What the survey looks at besides: people have confirmed, and each user has a schedule, though none starts anything here.
  aws.sns.subscribe(notificationTopicArn, 'email', 'oncall@example.com');
  for (const { userName } of users) aws.scheduler.setSchedule(STATE_MACHINE_NAME, scheduleName(userName));
  const substitutions: Record<string, string> = {
    // In definitions of earlier releases only.
    Partition: 'aws',
    Region: aws.region,
    AccountId: aws.accountId,
    RunbookUrl: RUNBOOK,
    NotificationTopicArn: notificationTopicArn,
    EventBusName: 'default',
    ...Object.fromEntries(STEP_NAMES.map((step) => [stepPlaceholder(step), functionArn(step)])),
  };
  const filledIn = (definition: string): string =>
    definition.replace(/\$\{(\w+)\}/g, (placeholder, name: string) => substitutions[name] ?? placeholder);
  const stateMachineRoleArn = roleArn('state-machine');
  const stateMachineSession = sessionOf('state-machine');
  aws.acceptSession(stateMachineRoleArn, 'state-machine', stateMachineSession);
  const clients = takeStateMachineClients(wire, aws.region, stateMachineSession).enter(aws.requestHandler());
  const machine = { roleArn: stateMachineRoleArn, aws, lambda, clients };
  const stateMachine = new StateMachineEngine({
    ...machine,
    name: STATE_MACHINE_NAME,
    definition: filledIn(DEFINITION),
  });
  const emergencies = emergencyMachineName(stateMachine.arn);
  Object.assign(substitutions, {
    RotationStateMachineArn: stateMachine.arn,
    RotationExecutions: stateMachine.arn.replace(':stateMachine:', ':execution:'),
    EmergencyStateMachineArn: emergencies,
  });
  return {
    ...world,
    ...withEmergencies(stateMachine, { ...machine, definition: filledIn(EMERGENCY_DEFINITION) }),
    users,
    notificationTopicArn,
    startExecution: (input, startOptions) => stateMachine.start(input, startOptions),
    resumeExecution: (begun, definition, startOptions) =>
      stateMachine.resume(begun, filledIn(definition), startOptions),
    enrol: (configs) => {
      present = configs.length === 0 ? [] : enrolledUsers(forced(configs));
      file = enrolmentFileOf(present);
    },
    survey: (surveyOptions) =>
      surveyOf(
        aws,
        {
          users: present,
          stateMachineArn: stateMachine.arn,
          scheduleGroup: STATE_MACHINE_NAME,
          notificationTopicArn,
        },
        surveyOptions,
      ),
    close: () => {
      for (const environment of inUse) environment.leave();
      clients.leave();
      restoreConsole();
      world.close();
    },
  };
};
