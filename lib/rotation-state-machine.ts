import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Aws, Fn, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { z } from 'zod';
import { ERROR_NAMES } from '../lambdas/shared/errors';
import { STEP_NAMES, type StepName, stepPlaceholder } from '../lambdas/shared/steps';
import { defaultEventBusArn, stateMachineArn } from './resource-arns';
import { grantBeside } from './role-policies';

const DEFINITION_FILE = join(__dirname, '..', 'state-machine', 'access-key-rotation.asl.json');

/** The state machine definition with its placeholders, as Workflow Studio opens it. */
export const readDefinition = (): string => readFileSync(DEFINITION_FILE, 'utf8');

/**
 * `TimeoutSeconds` of a state machine definition.
 *
 * @throws Error when the definition has none: a rotation that can wait for ever would hold its lock for ever.
 */
export const executionTimeoutSeconds = (definition: string): number =>
  z.object({ TimeoutSeconds: z.int().positive() }).parse(JSON.parse(definition)).TimeoutSeconds;

const DEFINITION = z.object({
  States: z.record(
    z.string(),
    z.object({ Retry: z.array(z.object({ ErrorEquals: z.array(z.string()) })).default([]) }),
  ),
});

/**
 * The errors that the definition's failure branch has told a person of, when an execution fails under their names:
 * those that steps throw, and those that the definition tries again before it gives up and catches them.
 */
export const toldErrorNames = (definition: string): readonly string[] => {
  const retried = Object.values(DEFINITION.parse(JSON.parse(definition)).States)
    .flatMap((state) => state.Retry.flatMap((retry) => retry.ErrorEquals))
    .filter((name) => name !== 'States.ALL');
  return [...new Set([...ERROR_NAMES, ...retried])];
};

/** The `source` of every event that the definition announces. */
export const EVENT_SOURCE = 'iam-access-key-rotation';

/** The properties of {@link RotationStateMachine}. */
export interface RotationStateMachineProps {
  /**
   * Physical name of the state machine. The steps' permission to look executions up is computed from it, and
   * holds for the executions of a former deployment of the same name.
   */
  readonly stateMachineName: string;

  /** The function of each step. */
  readonly functions: Readonly<Record<StepName, IFunction>>;

  /** ARNs of the functions of owners that the state machine may ask about their consumers. No other is invoked. */
  readonly validators: readonly string[];

  /** Where the state machine's failure branch publishes what went wrong. */
  readonly notificationTopic: ITopic;
}

/** The state machine, its role and its log. */
export class RotationStateMachine extends Construct {
  /** The state machine. */
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: RotationStateMachineProps) {
    super(scope, id);
    const { stateMachineName, functions, validators, notificationTopic } = props;

    const role = new Role(this, 'Role', {
      description: 'The state machine of IAM access key rotations',
      assumedBy: new ServicePrincipal('states.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          ArnEquals: { 'aws:SourceArn': Fn.sub(stateMachineArn(stateMachineName)) },
        },
      }),
    });
    // Not IFunction.grantInvoke, which also allows every version and alias: none exists or should be run.
    role.addToPolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: STEP_NAMES.map((step) => functions[step].functionArn),
      }),
    );
    // A hundred of them do not fit into the inline policy.
    grantBeside(role, 'Validators', [
      { actions: ['lambda:InvokeFunction'], resources: [...new Set(validators)].sort() },
    ]);
    role.addToPolicy(
      new PolicyStatement({ actions: ['sns:Publish'], resources: [notificationTopic.topicArn] }),
    );
    role.addToPolicy(
      new PolicyStatement({
        actions: ['events:PutEvents'],
        resources: [Fn.sub(defaultEventBusArn())],
        // Rules and their targets trust an event's source; this role can pose as no other. A call has a source for each of
        // its entries (Service Authorization Reference: ArrayOfString), so the operator says that all of them count, and
        // Null that there is one.
        conditions: {
          'ForAllValues:StringEquals': { 'events:source': EVENT_SOURCE },
          Null: { 'events:source': 'false' },
        },
      }),
    );
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason:
        'The log delivery actions, which Step Functions needs to write its log, know no resources: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html',
    });

    // Below /aws/vendedlogs/, because Step Functions else lists every log group in one resource policy of the
    // account, which is soon full. The name ends with the stack's own ID, so that a log that outlives its stack
    // is not in the way of the next deployment.
    const stackGuid = Fn.select(2, Fn.split('/', Aws.STACK_ID));
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/vendedlogs/states/${stateMachineName}/${stackGuid}`,
      retention: RetentionDays.ONE_YEAR,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });

    this.stateMachine = new StateMachine(this, 'Resource', {
      stateMachineName,
      stateMachineType: StateMachineType.STANDARD,
      // CloudFormation counts white space: see the stack. The console shows the definition indented all the same.
      definitionBody: DefinitionBody.fromString(JSON.stringify(JSON.parse(readDefinition()))),
      definitionSubstitutions: {
        ...Object.fromEntries(STEP_NAMES.map((step) => [stepPlaceholder(step), functions[step].functionArn])),
        Partition: Aws.PARTITION,
        NotificationTopicArn: notificationTopic.topicArn,
      },
      role,
      // Every transition is logged, and no state's input or output: the history in the console has those.
      logs: { destination: logGroup, level: LogLevel.ALL, includeExecutionData: false },
    });
    Validations.of(this.stateMachine).acknowledge({
      id: 'AwsSolutions-SF2',
      reason:
        'A rotation lasts for weeks, and X-Ray accepts segments of a trace for seven days. The log has every transition with its time.',
    });
  }
}
