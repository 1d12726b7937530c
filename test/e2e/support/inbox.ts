import { type SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { servicePolicy } from '../../support/service-policy';
import { eventually } from './eventually';

/** A message as SNS delivers it. */
export interface Notification {
  readonly Subject?: string;
  readonly Message: string;
  readonly MessageAttributes?: Readonly<Record<string, { readonly Type: string; readonly Value: string }>>;
}

/** The clients of the services in between. */
interface Post {
  readonly sns: SNSClient;
  readonly sqs: SQSClient;
}

/** Who subscribes, and to what. */
interface Subscriber {
  /** Name of the queue. */
  readonly name: string;
  readonly topicArn: string;
  /** Which messages it gets. Default: all. */
  readonly filterPolicy?: Readonly<Record<string, readonly string[]>>;
}

/** A queue that is subscribed to a topic of the stack, as the team on call would have it. */
export class Inbox {
  readonly #cloud: Post;
  readonly #queueUrl: string;
  readonly #received: Notification[] = [];

  private constructor(cloud: Post, queueUrl: string) {
    this.#cloud = cloud;
    this.#queueUrl = queueUrl;
  }

  static async subscribe(cloud: Post, { name, topicArn, filterPolicy }: Subscriber): Promise<Inbox> {
    const { QueueUrl = '' } = await cloud.sqs.send(new CreateQueueCommand({ QueueName: name }));
    const { Attributes = {} } = await cloud.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
    );
    const queueArn = Attributes.QueueArn ?? '';
    const Policy = servicePolicy({
      service: 'sns',
      action: 'sqs:SendMessage',
      resource: queueArn,
      source: topicArn,
    });
    await cloud.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
    await cloud.sns.send(
      new SubscribeCommand({
        TopicArn: topicArn,
        Protocol: 'sqs',
        Endpoint: queueArn,
        ...(filterPolicy && { Attributes: { FilterPolicy: JSON.stringify(filterPolicy) } }),
      }),
    );
    return new Inbox(cloud, QueueUrl);
  }

  /** Everything that has been received so far. */
  get received(): readonly Notification[] {
    return this.#received;
  }

  /** The first matching message, received already or from now on. */
  async message(
    what: string,
    fits: (message: Notification) => boolean,
    limitSeconds = 30,
  ): Promise<Notification> {
    try {
      return await eventually(
        what,
        async () => {
          await this.#receive();
          return this.#received.find(fits);
        },
        limitSeconds,
      );
    } catch (error) {
      const others = this.#received.map(({ Subject, Message }) => `\n  ${Subject}: ${Message}`);
      throw new Error(`${(error as Error).message} What has come: ${others.join('') || 'nothing'}`);
    }
  }

  async #receive(): Promise<void> {
    const QueueUrl = this.#queueUrl;
    const { Messages = [] } = await this.#cloud.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    if (Messages.length === 0) return;
    this.#received.push(...Messages.map(({ Body = '{}' }) => JSON.parse(Body) as Notification));
    for (const { ReceiptHandle } of Messages) {
      await this.#cloud.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}
