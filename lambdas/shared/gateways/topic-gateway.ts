import {
  PublishCommand,
  paginateListSubscriptionsByTopic,
  SNSClient,
  type SNSClientConfig,
} from '@aws-sdk/client-sns';
import { calling } from './service-errors';

/** Who is told of what is published to a topic. */
export interface Subscriptions {
  readonly confirmed: number;
  /** Those that nobody has confirmed, by protocol: `email`, say. */
  readonly pending: readonly string[];
}

/** A message to people. */
export interface Message {
  /** Up to 99 printable ASCII characters. */
  readonly subject: string;
  readonly body: string;
  /** By which subscriptions can filter. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** The only place that calls SNS. */
export class TopicGateway {
  private readonly client: SNSClient;

  constructor(config: SNSClientConfig) {
    this.client = new SNSClient(config);
  }

  /**
   * Who is subscribed. SNS writes `PendingConfirmation` in the place of the ARN of a subscription that nobody has confirmed (SNS
   * API, Subscribe), and `Deleted` for one that is gone.
   */
  async subscriptions(topicArn: string): Promise<Subscriptions> {
    return calling('listing the subscriptions of the topic', async () => {
      let confirmed = 0;
      const pending: string[] = [];
      for await (const page of paginateListSubscriptionsByTopic(
        { client: this.client },
        { TopicArn: topicArn },
      )) {
        for (const { SubscriptionArn = '', Protocol = 'unknown' } of page.Subscriptions ?? []) {
          if (SubscriptionArn.startsWith('arn:')) confirmed += 1;
          else if (SubscriptionArn !== 'Deleted') pending.push(Protocol);
        }
      }
      return { confirmed, pending };
    });
  }

  /** Publishes a message. */
  async publish(topicArn: string, { subject, body, attributes }: Message): Promise<void> {
    await calling('publishing a message', () =>
      this.client.send(
        new PublishCommand({
          TopicArn: topicArn,
          Subject: subject,
          Message: body,
          MessageAttributes: Object.fromEntries(
            Object.entries(attributes).map(([name, StringValue]) => [
              name,
              { DataType: 'String', StringValue },
            ]),
          ),
        }),
      ),
    );
  }
}
