import { Aws, Duration } from 'aws-cdk-lib';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { EVENT_SOURCE } from '../state-machine/blocks';

/** The properties of {@link RotationChat}. */
export interface RotationChatProps {
  /** The state machines whose events are shown. */
  readonly stateMachines: readonly StateMachine[];

  /** Gets what could not be published. */
  readonly deadLetterQueue: IQueue;
}

/** What a channel shows of an event. */
interface ChatMessage {
  /** After the user's name. */
  readonly title: string;
  /** What to do. */
  readonly next: string;
}

/** The events of which every field is there, by detail type. */
const STAGES: Readonly<Record<string, ChatMessage>> = {
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
  'Access Key Rolled Back': {
    title: 'the old access key is Active again, and the rotation is on hold',
    next: 'Find out who needs the old key. Then resume: runbook, "Remove a hold".',
  },
  'Access Key Deleted': { title: 'the rotation is complete', next: 'Nothing.' },
};

/** How the ARNs of a state machine's executions begin, in the place of its own ARN. */
const executionsOf = ({ stateMachineName }: StateMachine): string =>
  `arn:${Aws.PARTITION}:states:${Aws.REGION}:${Aws.ACCOUNT_ID}:execution:${stateMachineName}:`;

const FAILURE = 'Access Key Rotation Failed';

/** Every event that a channel is told of, by detail type. */
export const CHAT_EVENTS: readonly string[] = [...Object.keys(STAGES), FAILURE];

const EXECUTION = EventField.fromPath('$.detail.execution');
const WHERE = `account ${EventField.account}, ${EventField.region}`;

/**
 * Amazon Q Developer in chat applications, "Custom notifications": what it does not find in this form, it does not show.
 *
 * Texts of any content stand alone as the value of a field, because there EventBridge puts the value as JSON, with its quotes and its
 * escapes; a variable within quotes is put there as it is (EventBridge API Reference, InputTransformer: "variables in quotes or out").
 * Within quotes are values that have no character which JSON would escape: names of users and
 * of errors, ARNs, times.
 *
 * A thread is an execution, and not a rotation: a failure does not know its rotation, and belongs below what came before it.
 */
const notification = ({
  title,
  next,
  description,
  context,
}: ChatMessage & {
  readonly description: string;
  readonly context: Readonly<Record<string, string>>;
}): RuleTargetInput =>
  RuleTargetInput.fromObject({
    version: '1.0',
    source: 'custom',
    content: { textType: 'client-markdown', title: `${title} (${WHERE})`, description, nextSteps: [next] },
    metadata: {
      threadId: EXECUTION,
      summary: title,
      eventType: EventField.detailType,
      additionalContext: { ...context, execution: EXECUTION },
    },
  });

/**
 * A topic for a chat channel: each event of a rotation, in the form that Amazon Q Developer shows in Slack or Microsoft Teams. The
 * channel itself is yours.
 */
export class RotationChat extends Construct {
  /** Where the channel is to be subscribed. */
  readonly topic: ITopic;

  constructor(scope: Construct, id: string, props: RotationChatProps) {
    super(scope, id);
    const topic = new Topic(this, 'Topic', {
      displayName: 'IAM access key rotation, chat',
      enforceSSL: true,
    });
    this.topic = topic;
    const role = new Role(this, 'Role', {
      description: 'Publishes events of rotations for a chat channel',
      assumedBy: new ServicePrincipal('events.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    });
    const show = (detailType: string, message: RuleTargetInput): void => {
      new Rule(this, detailType.replaceAll(' ', ''), {
        description: `Tells the chat channel: ${detailType}`,
        eventPattern: {
          source: [EVENT_SOURCE],
          detailType: [detailType],
          // Another stack has rules of its own.
          detail: { execution: props.stateMachines.map((machine) => ({ prefix: executionsOf(machine) })) },
        },
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
    const userName = EventField.fromPath('$.detail.userName');
    for (const [detailType, { title, next }] of Object.entries(STAGES)) {
      const description = EventField.fromPath('$.detail.outcome');
      const message = { title: `${userName}: ${title}`, next, description, context: { user: userName } };
      show(detailType, notification(message));
    }
    const error = EventField.fromPath('$.detail.error');
    show(
      FAILURE,
      notification({
        title: `${userName}: a rotation has failed: ${error}`,
        next: `Do what the text says. Runbook: the section "${error}".`,
        description: EventField.fromPath('$.detail.message'),
        context: { user: userName, error, urgent: EventField.fromPath('$.detail.urgent') },
      }),
    );
  }
}
