import { Aws, Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { STOPPED_FOR_ANOTHER, TAKEN_OVER_BY } from '../lambdas/shared/contract/stop';
import type { DeploymentSettings } from './config';
import {
  addFunction,
  deadLetterGrants,
  type ServiceFunction,
  triedAgain,
} from './functions/service-function';
import { senderKeyGrants } from './permissions/key-permissions';

/** The folder in `lambdas/` of the function, which is no step of a rotation. */
export const TELL_END_FOLDER = 'tell-end';

/** How long EventBridge, and then Lambda, try to hand an event on. Later it lies in the dead-letter queue. */
const MAX_EVENT_AGE = Duration.hours(2);

/** The properties of {@link UntoldEnds}. */
export interface UntoldEndsProps {
  /** The state machine of the rotations. */
  readonly stateMachine: StateMachine;

  /** The state machine in which emergencies are declared. */
  readonly emergency: StateMachine;

  /** The names of the errors that the state machines' own failure branches report. */
  readonly toldErrorNames: readonly string[];

  /** Keeps what could not be told. */
  readonly deadLetterQueue: IQueue;

  /** Where messages are published. */
  readonly notificationTopic: ITopic;

  /** Address of the runbook to which messages link, without a section. */
  readonly runbookUrl: string;

  /** How the stack is deployed. */
  readonly deployment: DeploymentSettings;
}

/** One way in which an execution can end: what the detail of its event looks like. */
type End = Readonly<Record<string, readonly unknown[]>>;

/** Ends in which a field says nothing, or something that is not understood. */
const unlessItSays = (field: string, end: End, understood: unknown): readonly End[] =>
  [{ exists: false }, null, { 'anything-but': understood }].map((other) => ({ ...end, [field]: [other] }));

/** Failed under a name of which the failure branch has told: it publishes what it caught, and then fails with that error's name. */
const failedUntold = (toldErrorNames: readonly string[]): readonly End[] =>
  unlessItSays('error', { status: ['FAILED'] }, toldErrorNames);

/** Prefix of the ARNs of a state machine's executions, in the place of its own ARN. */
const executionsOf = ({ stateMachineName }: StateMachine): string =>
  `arn:${Aws.PARTITION}:states:${Aws.REGION}:${Aws.ACCOUNT_ID}:execution:${stateMachineName}:`;

/**
 * Stopped, unless an execution of the same state machine has taken the rotation over. That one tells of its own end, whatever
 * that is, so nobody needs a message of this one.
 */
const stoppedForNobody = (stateMachine: StateMachine): readonly End[] => [
  ...unlessItSays('error', { status: ['ABORTED'] }, [STOPPED_FOR_ANOTHER]),
  ...unlessItSays(
    'cause',
    { status: ['ABORTED'], error: [STOPPED_FOR_ANOTHER] },
    { prefix: `${TAKEN_OVER_BY}${executionsOf(stateMachine)}` },
  ),
];

/**
 * A message for each execution that has ended without one of its own: rules select the ends, and a function makes the message, with
 * a subject and with the attributes by which subscriptions filter.
 */
export class UntoldEnds extends Construct {
  /** Where the function logs. */
  readonly logGroup: ILogGroup;

  constructor(scope: Construct, id: string, props: UntoldEndsProps) {
    super(scope, id);
    const { stateMachine, emergency, toldErrorNames, deadLetterQueue } = props;
    const { function: teller, logGroup } = this.teller(props);
    this.logGroup = logGroup;
    const tell = (ruleId: string, of: StateMachine, ends: readonly End[]): void => {
      new Rule(this, ruleId, {
        description: 'Reports executions that ended without a message of their own',
        eventPattern: {
          source: ['aws.states'],
          detailType: ['Step Functions Execution Status Change'],
          detail: { stateMachineArn: [of.stateMachineArn], $or: ends },
        },
        targets: [
          new LambdaFunction(teller, { deadLetterQueue, retryAttempts: 10, maxEventAge: MAX_EVENT_AGE }),
        ],
      });
    };
    tell('UnexplainedEnd', stateMachine, [
      { status: ['TIMED_OUT'] },
      ...stoppedForNobody(stateMachine),
      ...failedUntold(toldErrorNames),
    ]);
    // Nothing takes a declaration over, so no stop of one explains itself.
    tell('UnexplainedDeclaration', emergency, [
      { status: ['TIMED_OUT', 'ABORTED'] },
      ...failedUntold(toldErrorNames),
    ]);
  }

  /** The function that tells of an end. */
  private teller(props: UntoldEndsProps): ServiceFunction {
    const { stateMachine, deadLetterQueue, notificationTopic, runbookUrl, deployment } = props;
    return addFunction(this, {
      folder: TELL_END_FOLDER,
      description: 'Tells people of executions that ended without a message of their own',
      deployment,
      timeoutSeconds: 60,
      grants: [
        { actions: ['sns:Publish'], resources: [notificationTopic.topicArn] },
        ...senderKeyGrants(deployment, 'sns'),
        ...deadLetterGrants(deadLetterQueue, deployment),
      ],
      environment: {
        RUNBOOK_URL: runbookUrl,
        STATE_MACHINE_ARN: stateMachine.stateMachineArn,
        NOTIFICATION_TOPIC_ARN: notificationTopic.topicArn,
      },
      asynchronous: triedAgain(deadLetterQueue, MAX_EVENT_AGE),
    });
  }
}
