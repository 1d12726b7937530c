import { Aws, Duration } from 'aws-cdk-lib';
import { EventBus, EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { SURVEY_EVENT } from '../lambdas/shared/contract/names';
import { EVENT_SOURCE } from '../state-machine/blocks';
import type { DeploymentSettings } from './config';
import { encrypt } from './functions/encrypt';
import { senderKeyGrants } from './permissions/key-permissions';
import { statementOf } from './permissions/role-policies';
import { ServiceRole } from './permissions/service-role';

/** The properties of {@link RotationChat}. */
export interface RotationChatProps {
  /** The state machines whose events are shown. */
  readonly stateMachines: readonly StateMachine[];

  /** Gets what could not be published. */
  readonly deadLetterQueue: IQueue;

  /** How the stack is deployed. */
  readonly deployment: DeploymentSettings;
}

/** What a channel shows of a stage. */
interface StageMessage {
  /** After the user's name. */
  readonly title: string;
  /** What to do. */
  readonly next: string;
}

/** What a channel shows of an event. */
interface ChatMessage {
  readonly title: string;
  /** The title, for a list. */
  readonly summary: string;
  readonly description: string;
  /** What to do. */
  readonly next: string;
  /** What belongs together has the same. */
  readonly threadId: string;
  readonly context: Readonly<Record<string, string>>;
}

/** The events of which every field is there, by detail type. */
const STAGES: Readonly<Record<string, StageMessage>> = {
  'Access Key Published': {
    title: 'the new access key is published',
    next: 'Let the consumers read the secret again.',
  },
  'Access Key Acknowledgement Requested': {
    title: 'may the old access key be deactivated?',
    next: `Answer in the system that got the question, before ${EventField.fromPath('$.detail.answerBefore')}.`,
  },
  'Access Key Adoption Confirmed': {
    title: 'consumers have moved to the new access key',
    next: 'Nothing. The old key is set Inactive next.',
  },
  'Access Key Deactivated': {
    title: 'the old access key is Inactive',
    next: 'Watch the consumers. If one fails, bring the old key back: runbook, "Bring the old key back".',
  },
  'Leaked Access Key Traced': {
    title: 'what the leaked access key did',
    next: 'End its sessions, and undo what is not yours: runbook, "LeakedKeyTraced".',
  },
  'Access Key Rolled Back': {
    title: 'the old access key is Active again, and the rotation is on hold',
    next: 'Find out who needs the old key. Then resume: runbook, "Remove a hold".',
  },
  'Access Key Deleted': { title: 'the rotation is complete', next: 'Nothing.' },
};

const arnInPlace = (resource: string): string =>
  `arn:${Aws.PARTITION}:states:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`;

const arnOf = ({ stateMachineName }: StateMachine): string => arnInPlace(`stateMachine:${stateMachineName}`);

/** How the ARNs of a state machine's executions begin. */
const executionsOf = ({ stateMachineName }: StateMachine): string =>
  arnInPlace(`execution:${stateMachineName}:`);

const FAILURE = 'Access Key Rotation Failed';

/** Every event that a channel is told of, by detail type. */
export const CHAT_EVENTS: readonly string[] = [...Object.keys(STAGES), FAILURE, SURVEY_EVENT];

const EXECUTION = EventField.fromPath('$.detail.execution');
const WHERE = `account ${EventField.account}, ${EventField.region}`;

/**
 * Amazon Q Developer in chat applications, "Custom notifications": what it does not find in this form, it does not show.
 *
 * Texts of any content stand alone as the value of a field, because there EventBridge puts the value as JSON, with its quotes and its
 * escapes; a variable within quotes is put there as it is (EventBridge API Reference, InputTransformer: "variables in quotes or out").
 * Within quotes are values that have no character which JSON would escape: names of users and
 * of errors, ARNs, times.
 */
const notification = ({
  title,
  summary,
  description,
  next,
  threadId,
  context,
}: ChatMessage): RuleTargetInput =>
  RuleTargetInput.fromObject({
    version: '1.0',
    source: 'custom',
    content: { textType: 'client-markdown', title, description, nextSteps: [next] },
    metadata: { threadId, summary, eventType: EventField.detailType, additionalContext: context },
  });

/** A thread is an execution, and not a rotation: a failure does not know its rotation, and belongs below what came before it. */
const ofExecution = (
  { title, next }: StageMessage,
  description: string,
  context: Readonly<Record<string, string>> = {},
): RuleTargetInput => {
  const user = EventField.fromPath('$.detail.userName');
  const summary = `${user}: ${title}`;
  return notification({
    title: `${summary} (${WHERE})`,
    summary,
    description,
    next,
    threadId: EXECUTION,
    context: { user, ...context, execution: EXECUTION },
  });
};

/** Each survey has a thread of its own: below the one of yesterday nobody would see it. */
const ofSurvey = (): RuleTargetInput => {
  const subject = EventField.fromPath('$.detail.subject');
  return notification({
    title: subject,
    summary: subject,
    description: EventField.fromPath('$.detail.message'),
    next: 'Do what the text says.',
    threadId: EventField.eventId,
    context: {
      urgent: EventField.fromPath('$.detail.urgent'),
      survey: EventField.fromPath('$.detail.surveyedAt'),
    },
  });
};

/**
 * A topic for a chat channel: each event of a rotation, and what the survey has found, in the form that Amazon Q Developer shows in
 * Slack or Microsoft Teams. The channel itself is yours.
 */
export class RotationChat extends Construct {
  /** Where the channel is to be subscribed. */
  readonly topic: ITopic;

  constructor(scope: Construct, id: string, props: RotationChatProps) {
    super(scope, id);
    const { deployment } = props;
    const topic = new Topic(this, 'Topic', {
      displayName: 'IAM access key rotation, chat',
      enforceSSL: true,
    });
    encrypt(topic, deployment);
    this.topic = topic;
    const role = new ServiceRole(this, 'Role', {
      description: 'Publishes events of rotations for a chat channel',
      deployment: props.deployment,
      assumedBy: new ServicePrincipal('events.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    });
    for (const grant of senderKeyGrants(deployment, 'sns')) role.addToPolicy(statementOf(grant));
    // A rule sees the events of its own bus alone.
    const eventBus =
      deployment.eventBusName === undefined
        ? undefined
        : EventBus.fromEventBusName(this, 'EventBus', deployment.eventBusName);
    const show = (
      detailType: string,
      // Another stack has rules of its own.
      detail: Readonly<Record<string, readonly unknown[]>>,
      message: RuleTargetInput,
    ): void => {
      new Rule(this, detailType.replaceAll(' ', ''), {
        description: `Tells the chat channel: ${detailType}`,
        ...(eventBus !== undefined && { eventBus }),
        eventPattern: { source: [EVENT_SOURCE], detailType: [detailType], detail },
        targets: [
          new SnsTopic(topic, {
            role,
            deadLetterQueue: props.deadLetterQueue,
            retryAttempts: 10,
            maxEventAge: Duration.hours(2),
            message,
          }),
        ],
      });
    };
    const executions = {
      execution: props.stateMachines.map((machine) => ({ prefix: executionsOf(machine) })),
    };
    for (const [detailType, stage] of Object.entries(STAGES)) {
      show(detailType, executions, ofExecution(stage, EventField.fromPath('$.detail.outcome')));
    }
    const error = EventField.fromPath('$.detail.error');
    const failure = {
      title: `a rotation has failed: ${error}`,
      next: `Do what the text says. Runbook: the section "${error}".`,
    };
    const urgent = EventField.fromPath('$.detail.urgent');
    show(
      FAILURE,
      executions,
      ofExecution(failure, EventField.fromPath('$.detail.message'), { error, urgent }),
    );
    const stateMachineArn = props.stateMachines.map(arnOf);
    // A survey that has nothing to tell has no message.
    show(SURVEY_EVENT, { stateMachineArn, message: [{ exists: true }] }, ofSurvey());
  }
}
