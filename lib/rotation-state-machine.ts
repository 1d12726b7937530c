import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Aws, Fn, Validations } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { z } from 'zod';
import { ERROR_NAMES } from '../lambdas/shared/contract/errors';
import { emergencyMachineName } from '../lambdas/shared/contract/names';
import { STEP_NAMES, type StepName, stepPlaceholder } from '../lambdas/shared/contract/steps';
import { EVENT_SOURCE } from '../state-machine/blocks';
import type { DeploymentSettings } from './config';
import { addLogGroup } from './functions/log-group';
import { senderKeyGrants } from './permissions/key-permissions';
import { eventBusArn, executionsPrefix, integrationArn, stateMachineArn } from './permissions/resource-arns';
import { grantBeside, statementOf } from './permissions/role-policies';
import { ServiceRole } from './permissions/service-role';

const readStateMachine = (file: string): string =>
  readFileSync(join(__dirname, '..', 'state-machine', file), 'utf8');

/** The definition of the rotation with its placeholders, as Workflow Studio opens it. */
export const readDefinition = (): string => readStateMachine('access-key-rotation.asl.json');

/** The definition of the declaration of an emergency, in the same form. */
export const readEmergencyDefinition = (): string => readStateMachine('emergency.asl.json');

/**
 * `TimeoutSeconds` of a state machine definition.
 *
 * @throws Error if the definition has none: a rotation that can wait for ever would hold its lock for ever.
 */
export const executionTimeoutSeconds = (definition: string): number =>
  z.object({ TimeoutSeconds: z.int().positive() }).parse(JSON.parse(definition)).TimeoutSeconds;

const DEFINITION = z.object({
  States: z.record(
    z.string(),
    z.object({
      Retry: z.array(z.object({ ErrorEquals: z.array(z.string()) })).default([]),
      /** The parameters of a state that explains a failure: the error's name, if it is fixed. */
      Parameters: z
        .object({
          Error: z.string().optional(),
          failure: z.object({ Error: z.string() }).optional().catch(undefined),
        })
        .optional(),
    }),
  ),
});

/**
 * The errors that the failure branches of definitions have reported when an execution fails under their
 * names: those that steps throw, those that the branches explain themselves, and those that are retried
 * before they are caught.
 */
export const toldErrorNames = (...definitions: readonly string[]): readonly string[] => {
  const states = definitions.flatMap((definition) =>
    Object.values(DEFINITION.parse(JSON.parse(definition)).States),
  );
  const retried = states
    .flatMap(({ Retry }) => Retry.flatMap(({ ErrorEquals }) => ErrorEquals))
    .filter((name) => name !== 'States.ALL');
  const explained = states.flatMap(({ Parameters }) => Parameters?.Error ?? Parameters?.failure?.Error ?? []);
  return [...new Set([...ERROR_NAMES, ...explained, ...retried])];
};

/** A resource of Step Functions' own integrations, as the definitions have it: of the partition `aws`. */
const INTEGRATION = /^arn:aws:states:::(.+)$/;

/**
 * A definition for every partition: what it says of `aws` is a placeholder, and the deployment knows the value.
 * Step Functions refuses an integration of another partition when it enters the state, not before ("The resource
 * belongs to a different partition from the running execution").
 */
const inEveryPartition = (
  definition: string,
): { readonly text: string; readonly integrations: Readonly<Record<string, string>> } => {
  const integrations: Record<string, string> = {};
  // CloudFormation counts white space: see the stack. The console shows the definition indented anyway.
  const text = JSON.stringify(JSON.parse(definition), (field, value: unknown) => {
    const [, name] = (field === 'Resource' && INTEGRATION.exec(String(value))) || [];
    if (name === undefined) return value;
    // The whole of the field: a linter cannot tell what a field is that has a placeholder within.
    const placeholder = name.replace(/(^|\W)(\w)/g, (_match, _before, letter: string) =>
      letter.toUpperCase(),
    );
    integrations[placeholder] = Fn.sub(integrationArn(name));
    return `\${${placeholder}}`;
  });
  return { text, integrations };
};

/** What a state machine is made from. */
interface DefinedStateMachineProps {
  /** Physical name of the state machine. */
  readonly stateMachineName: string;

  /** What its role is for. */
  readonly description: string;

  /** The definition with its placeholders. */
  readonly definition: string;

  /** The values of the placeholders, besides those that every definition has. */
  readonly substitutions: Readonly<Record<string, string>>;

  /** What it may do besides sending messages and events. */
  readonly own: PolicyStatement;

  /** Where its failure branch publishes what went wrong. */
  readonly notificationTopic: ITopic;

  /** Address of the runbook to which messages link, without a section. */
  readonly runbookUrl: string;

  /** How the stack is deployed. */
  readonly deployment: DeploymentSettings;
}

/** A state machine from a file, its role and its log. */
class DefinedStateMachine extends Construct {
  /** The state machine. */
  readonly stateMachine: StateMachine;

  /** Where it logs each transition. */
  readonly logGroup: ILogGroup;

  protected readonly role: ServiceRole;

  constructor(scope: Construct, id: string, props: DefinedStateMachineProps) {
    super(scope, id);
    const { stateMachineName, description, definition, substitutions, own, notificationTopic } = props;
    const { runbookUrl, deployment } = props;
    const { eventBusName = 'default' } = deployment;

    const role = new ServiceRole(this, 'Role', {
      description,
      deployment,
      assumedBy: new ServicePrincipal('states.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          ArnEquals: { 'aws:SourceArn': Fn.sub(stateMachineArn(stateMachineName)) },
        },
      }),
    });
    this.role = role;
    role.addToPolicy(own);
    role.addToPolicy(
      new PolicyStatement({ actions: ['sns:Publish'], resources: [notificationTopic.topicArn] }),
    );
    role.addToPolicy(
      new PolicyStatement({
        actions: ['events:PutEvents'],
        resources: [Fn.sub(eventBusArn(eventBusName))],
        // Rules and their targets trust an event's source; this role can pretend to be no other. A call has a
        // source for each of its entries (Service Authorization Reference: ArrayOfString), so the operator
        // requires all of them to match, and Null that there is one.
        conditions: {
          'ForAllValues:StringEquals': { 'events:source': EVENT_SOURCE },
          Null: { 'events:source': 'false' },
        },
      }),
    );
    for (const grant of senderKeyGrants(deployment, 'sns')) role.addToPolicy(statementOf(grant));
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'The log delivery actions, which Step Functions needs to write its log, know no resources: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html',
    });

    // Below /aws/vendedlogs/: otherwise Step Functions lists every log group in one resource policy of the
    // account, which is soon full. The name ends with the stack's own ID, so that a log that outlives its
    // stack does not block the next deployment.
    const stackGuid = Fn.select(2, Fn.split('/', Aws.STACK_ID));
    this.logGroup = addLogGroup(this, 'Logs', deployment, {
      logGroupName: `/aws/vendedlogs/states/${stateMachineName}/${stackGuid}`,
    });

    const { text, integrations } = inEveryPartition(definition);
    this.stateMachine = new StateMachine(this, 'Resource', {
      stateMachineName,
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(text),
      definitionSubstitutions: {
        ...integrations,
        ...substitutions,
        Region: Aws.REGION,
        AccountId: Aws.ACCOUNT_ID,
        RunbookUrl: runbookUrl,
        NotificationTopicArn: notificationTopic.topicArn,
        EventBusName: eventBusName,
      },
      role,
      // Every transition is logged, but no state's input or output: the history in the console has those.
      logs: { destination: this.logGroup, level: LogLevel.ALL, includeExecutionData: false },
    });
    Validations.of(this.stateMachine).acknowledge({
      id: 'AwsSolutions-SF2',
      reason:
        'A rotation lasts for weeks, and X-Ray accepts segments of a trace for seven days. The log has every transition with its time.',
    });
  }
}

/** The properties of {@link RotationStateMachine}. */
export interface RotationStateMachineProps {
  /**
   * Physical name of the state machine. The steps' permission to look up executions is computed from it, and
   * also holds for executions of a former deployment of the same name.
   */
  readonly stateMachineName: string;

  /** The function of each step. */
  readonly functions: Readonly<Record<StepName, IFunction>>;

  /** ARNs of owners' functions that the state machine may ask about their consumers. No other is invoked. */
  readonly validators: readonly string[];

  /** Where the state machine's failure branch publishes what went wrong. */
  readonly notificationTopic: ITopic;

  /** Address of the runbook to which messages link, without a section. */
  readonly runbookUrl: string;

  /** How the stack is deployed. */
  readonly deployment: DeploymentSettings;
}

/** The state machine of the rotations. */
export class RotationStateMachine extends DefinedStateMachine {
  constructor(scope: Construct, id: string, props: RotationStateMachineProps) {
    const { stateMachineName, functions, validators, notificationTopic, runbookUrl, deployment } = props;
    super(scope, id, {
      stateMachineName,
      description: 'The state machine of IAM access key rotations',
      definition: readDefinition(),
      substitutions: Object.fromEntries(
        STEP_NAMES.map((step) => [stepPlaceholder(step), functions[step].functionArn]),
      ),
      // Not IFunction.grantInvoke, which also allows every version and alias: none exists or should be run.
      own: new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: STEP_NAMES.map((step) => functions[step].functionArn),
      }),
      notificationTopic,
      runbookUrl,
      deployment,
    });
    // A hundred of them do not fit into the inline policy.
    grantBeside(this.role, 'Validators', [
      { actions: ['lambda:InvokeFunction'], resources: [...new Set(validators)].sort() },
    ]);
  }
}

/** The properties of {@link EmergencyStateMachine}. */
export interface EmergencyStateMachineProps {
  /** The state machine whose rotations it starts. */
  readonly rotation: StateMachine;

  /** Physical name of that state machine, from which the name of this one is made. */
  readonly rotationName: string;

  /** Where the state machine's failure branch publishes what went wrong. */
  readonly notificationTopic: ITopic;

  /** Address of the runbook to which messages link, without a section. */
  readonly runbookUrl: string;

  /** How the stack is deployed. */
  readonly deployment: DeploymentSettings;
}

/** The state machine in which emergencies are declared. */
export class EmergencyStateMachine extends DefinedStateMachine {
  constructor(scope: Construct, id: string, props: EmergencyStateMachineProps) {
    const { rotation, rotationName, notificationTopic, runbookUrl, deployment } = props;
    const stateMachineName = emergencyMachineName(rotationName);
    super(scope, id, {
      stateMachineName,
      description: 'The state machine in which emergencies of IAM access key rotations are declared',
      definition: readEmergencyDefinition(),
      substitutions: {
        RotationStateMachineArn: rotation.stateMachineArn,
        RotationExecutions: Fn.sub(executionsPrefix(rotationName)),
        // Not by reference: a resource cannot refer to itself.
        EmergencyStateMachineArn: Fn.sub(stateMachineArn(stateMachineName)),
      },
      own: new PolicyStatement({ actions: ['states:StartExecution'], resources: [rotation.stateMachineArn] }),
      notificationTopic,
      runbookUrl,
      deployment,
    });
  }
}
