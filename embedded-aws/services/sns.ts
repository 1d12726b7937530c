import { notModelled, ServiceError } from '../ground/errors';
import type { InvalidParameter } from '../wire/parameters';
import { type Environment, keyUses, operation, page, type Service } from './service';

/** A message that a topic received. */
export interface PublishedMessage {
  readonly topicArn: string;
  readonly messageId: string;
  readonly subject: string | undefined;
  readonly message: string;
  /** The texts of its attributes, by which subscriptions filter. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly at: Date;
}

/** A subscription to a topic. */
interface Subscription {
  readonly topicArn: string;
  readonly protocol: string;
  readonly endpoint: string;
  confirmed: boolean;
}

/** SNS API, ListSubscriptionsByTopic: up to 100 in an answer. */
const SUBSCRIPTIONS_PAGE = 100;

const MAX_MESSAGE_BYTES = 256 * 1024;

/** SNS: topics that keep what is published to them. */
export class Sns implements Service {
  /** The KMS key of each topic, by its ARN; undefined if it has none. */
  readonly #topics = new Map<string, string | undefined>();
  readonly #messages: PublishedMessage[] = [];
  readonly #subscriptions: Subscription[] = [];
  #delivered = 0;

  /** SNS API, Publish: InvalidParameter 400. */
  readonly invalidParameter: InvalidParameter = (message) =>
    new ServiceError('InvalidParameter', `Invalid parameter: ${message}`, 400);

  constructor(private readonly environment: Environment) {}

  /**
   * Adds a topic and returns its ARN.
   *
   * @param kmsKeyArn - The KMS key that encrypts it. Default: none.
   */
  addTopic(name: string, kmsKeyArn?: string): string {
    const arn = this.#arn(name);
    this.#topics.set(arn, kmsKeyArn);
    return arn;
  }

  /**
   * Subscribes to a topic. Nothing is delivered to anybody: what was published is in `messages`.
   *
   * @param confirmed - whether the subscriber has confirmed. Default: yes.
   */
  subscribe(topicArn: string, protocol: string, endpoint: string, confirmed = true): void {
    this.#subscriptions.push({ topicArn, protocol, endpoint, confirmed });
  }

  /** Takes all subscriptions of a topic away. */
  unsubscribe(topicArn: string): void {
    const kept = this.#subscriptions.filter((one) => one.topicArn !== topicArn);
    this.#subscriptions.splice(0, Number.POSITIVE_INFINITY, ...kept);
  }

  /** A message of an AWS service, which no call publishes. What is said to a topic that is not here, nobody hears. */
  deliver(topicArn: string, message: string, subject?: string): void {
    if (!this.#topics.has(topicArn)) return;
    this.#delivered += 1;
    // Not from the common source of identifiers: who is told must not decide which keys are created.
    const messageId = `00000000-0000-4000-a000-${this.#delivered.toString(16).padStart(12, '0')}`;
    const at = this.environment.clock.now();
    this.#messages.push({ topicArn, messageId, subject, message, attributes: {}, at });
  }

  /** Everything that was published, in order. */
  get messages(): readonly PublishedMessage[] {
    return this.#messages;
  }

  readonly operations = {
    // SNS API, CreateTopic: for an existing name it returns the topic that has it.
    CreateTopic: operation({
      parameters: { Name: { type: 'string', required: true, pattern: /^[\w-]{1,256}$/ } },
      resource: ({ Name }) => this.#arn(Name),
      handle: ({ Name }) => {
        const arn = this.#arn(Name);
        return { TopicArn: this.#topics.has(arn) ? arn : this.addTopic(Name) };
      },
    }),

    // SNS API, DeleteTopic: deleting a topic that does not exist is not an error.
    DeleteTopic: operation({
      parameters: { TopicArn: { type: 'string', required: true } },
      resource: ({ TopicArn }) => TopicArn,
      handle: ({ TopicArn }) => {
        this.#topics.delete(TopicArn);
        return {};
      },
    }),

    // SNS API, Subscribe: a subscription by mail has to be confirmed. Other protocols are not modelled, and nothing is delivered.
    Subscribe: operation({
      parameters: {
        TopicArn: { type: 'string', required: true },
        Protocol: { type: 'string', required: true },
        Endpoint: { type: 'string', required: true },
      },
      resource: ({ TopicArn }) => TopicArn,
      handle: ({ TopicArn, Protocol, Endpoint }) => {
        if (!this.#topics.has(TopicArn)) throw new ServiceError('NotFound', 'Topic does not exist', 404);
        if (Protocol !== 'email') throw notModelled(`subscriptions by ${Protocol}`);
        this.subscribe(TopicArn, Protocol, Endpoint, false);
        return { SubscriptionArn: 'pending confirmation' };
      },
    }),

    // SNS API, ListSubscriptionsByTopic: NotFound. A subscription that is not confirmed has no ARN yet (SNS API, Subscribe).
    ListSubscriptionsByTopic: operation({
      parameters: { TopicArn: { type: 'string', required: true }, NextToken: { type: 'string' } },
      resource: ({ TopicArn }) => TopicArn,
      handle: ({ TopicArn, NextToken }) => {
        if (!this.#topics.has(TopicArn)) throw new ServiceError('NotFound', 'Topic does not exist', 404);
        const { items, next } = page(
          this.#subscriptions.filter(({ topicArn }) => topicArn === TopicArn),
          NextToken,
          SUBSCRIPTIONS_PAGE,
          () => this.invalidParameter('NextToken'),
        );
        return {
          Subscriptions: items.map(({ protocol, endpoint, confirmed }, index) => ({
            TopicArn,
            Protocol: protocol,
            Endpoint: endpoint,
            Owner: this.environment.accountId,
            SubscriptionArn: confirmed
              ? `${TopicArn}:00000000-0000-4000-b000-${index.toString(16).padStart(12, '0')}`
              : 'PendingConfirmation',
          })),
          NextToken: next,
        };
      },
    }),

    // SNS API, Publish. Of attributes, those of text are modelled.
    Publish: operation({
      parameters: {
        TopicArn: { type: 'string', required: true },
        Subject: { type: 'string' },
        Message: { type: 'string', required: true },
        MessageAttributes: {
          type: 'map',
          members: { DataType: { type: 'string', required: true }, StringValue: { type: 'string' } },
        },
      },
      resource: ({ TopicArn }) => TopicArn,
      // SNS Developer Guide, "Managing Amazon SNS encryption keys and costs": a publisher needs both. SNS API, Publish: KMSAccessDenied 400.
      alsoUses: ({ TopicArn }) =>
        keyUses({
          keyArn: this.#topics.get(TopicArn),
          actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
          service: 'sns',
          region: this.environment.region,
          refusal: new ServiceError(
            'KMSAccessDenied',
            'The ciphertext refers to a key that does not exist, or that you may not use.',
            400,
          ),
        }),
      handle: ({ TopicArn, Subject, Message, MessageAttributes }) => {
        if (!this.#topics.has(TopicArn)) {
          throw new ServiceError('NotFound', 'Topic does not exist', 404);
        }
        // Publish, Subject: no line breaks or control characters, 100 characters. The page changed from ASCII
        // to UTF-8; we keep to what both accept.
        if (Subject !== undefined && !/^[\x20-\x7e]{1,100}$/.test(Subject)) {
          throw this.invalidParameter('Subject');
        }
        if (Message === '') {
          throw this.invalidParameter('Empty message');
        }
        if (Buffer.byteLength(Message) > MAX_MESSAGE_BYTES) {
          throw this.invalidParameter('Message too long');
        }
        const { ids, clock } = this.environment;
        const messageId = ids.uuid();
        this.#messages.push({
          topicArn: TopicArn,
          messageId,
          subject: Subject,
          message: Message,
          attributes: this.#attributesIn(MessageAttributes ?? {}),
          at: clock.now(),
        });
        return { MessageId: messageId };
      },
    }),
  };

  /** SNS API, MessageAttributeValue: a type, and a value that is not empty. Of the types, texts alone are modelled. */
  #attributesIn(
    attributes: Readonly<
      Record<string, { readonly DataType: string; readonly StringValue?: string | undefined }>
    >,
  ): Readonly<Record<string, string>> {
    return Object.fromEntries(
      Object.entries(attributes).map(([name, { DataType, StringValue = '' }]) => {
        if (!/^[\w.-]{1,256}$/.test(name) || DataType !== 'String' || StringValue === '') {
          throw this.invalidParameter('MessageAttributes');
        }
        return [name, StringValue];
      }),
    );
  }

  #arn(name: string): string {
    const { region, accountId } = this.environment;
    return `arn:aws:sns:${region}:${accountId}:${name}`;
  }
}
