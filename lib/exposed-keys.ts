import { Duration } from 'aws-cdk-lib';
import { type EventPattern, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { enrolmentFileOf } from '../lambdas/shared/contract/enrolment';
import { ENROLMENT_FILE } from '../lambdas/shared/contract/enrolment-file';
import type { DeploymentSettings, RotatedUser } from './config';
import {
  addFunction,
  addFunctionRole,
  deadLetterGrants,
  type ServiceFunction,
  triedAgain,
} from './functions/service-function';
import { senderKeyGrants } from './permissions/key-permissions';
import { anyUserArn } from './permissions/resource-arns';
import { acknowledgeWildcard } from './permissions/wildcard';

/** The folder in `lambdas/` of the function, which is no step of a rotation. */
export const ANSWER_EXPOSED_KEY_FOLDER = 'answer-exposed-key';

/** AWS Health's event that an access key was found in public (AWS Health User Guide, "Reference: AWS Health events Amazon EventBridge schema"). */
export const KEY_EXPOSED: EventPattern = {
  source: ['aws.health'],
  detailType: ['AWS Health Event'],
  detail: { service: ['RISK'], eventTypeCode: ['AWS_RISK_CREDENTIALS_EXPOSED'] },
};

/** How long EventBridge, and then Lambda, try to hand an event on. Later it lies in the dead-letter queue. */
const MAX_EVENT_AGE = Duration.hours(2);

/** The properties of {@link ExposedKeys}. */
export interface ExposedKeysProps {
  /** The enrolled users. */
  readonly users: readonly RotatedUser[];

  /** The state machine of the rotations. */
  readonly stateMachine: StateMachine;

  /** The state machine in which emergencies are declared. */
  readonly emergency: StateMachine;

  /** Keeps events that could not be answered. */
  readonly deadLetterQueue: IQueue;

  /** Where messages are published. */
  readonly notificationTopic: ITopic;

  /** Address of the runbook to which messages link, without a section. */
  readonly runbookUrl: string;

  /** How the stack is deployed. */
  readonly deployment: DeploymentSettings;
}

/**
 * An answer to AWS's own event that an access key is exposed: a rule hands it to a function, which tells people, or starts the
 * emergency. The event comes in the Region of the stack, or from others by way of {@link ExposedKeyForwardingStack}.
 */
export class ExposedKeys extends Construct {
  /** Where the function logs. */
  readonly logGroup: ILogGroup;

  constructor(scope: Construct, id: string, props: ExposedKeysProps) {
    super(scope, id);
    const { deadLetterQueue } = props;
    const { function: answerer, logGroup } = this.answerer(props);
    this.logGroup = logGroup;
    new Rule(this, 'KeyExposed', {
      description: 'Answers events of AWS Health that an access key is exposed',
      eventPattern: KEY_EXPOSED,
      targets: [
        new LambdaFunction(answerer, { deadLetterQueue, retryAttempts: 10, maxEventAge: MAX_EVENT_AGE }),
      ],
    });
  }

  /** The function that answers. */
  private answerer(props: ExposedKeysProps): ServiceFunction {
    const { users, stateMachine, emergency, deadLetterQueue, notificationTopic, runbookUrl, deployment } =
      props;
    const description = 'Answers events of AWS that access keys are exposed';
    const role = addFunctionRole(this, 'Role', { description, deployment });
    acknowledgeWildcard(
      role,
      anyUserArn(),
      'Whose a key is, is not known before it is asked, nor whether that user is enrolled. The action only reads.',
    );
    return addFunction(this, {
      folder: ANSWER_EXPOSED_KEY_FOLDER,
      description,
      role,
      deployment,
      timeoutSeconds: 60,
      grants: [
        { actions: ['iam:GetAccessKeyLastUsed'], resources: [anyUserArn()] },
        { actions: ['states:StartExecution'], resources: [emergency.stateMachineArn] },
        { actions: ['sns:Publish'], resources: [notificationTopic.topicArn] },
        ...senderKeyGrants(deployment, 'sns'),
        ...deadLetterGrants(deadLetterQueue, deployment),
      ],
      files: { [ENROLMENT_FILE]: JSON.stringify(enrolmentFileOf(users), undefined, 2) },
      environment: {
        RUNBOOK_URL: runbookUrl,
        STATE_MACHINE_ARN: stateMachine.stateMachineArn,
        NOTIFICATION_TOPIC_ARN: notificationTopic.topicArn,
      },
      asynchronous: triedAgain(deadLetterQueue, MAX_EVENT_AGE),
    });
  }
}
