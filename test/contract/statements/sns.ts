import { ListSubscriptionsByTopicCommand, PublishCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import { same } from '../deviation';
import { accepted, refused, type Statement, statementsAbout } from '../statement';
import type { Subject } from '../subject';

const publish = ({ sns }: Subject, TopicArn: string, Subject: string, Message = 'a message') =>
  sns.send(new PublishCommand({ TopicArn, Subject, Message }));

/** As the state machine writes them: state-machine/access-key-rotation.asl.json. */
const SUBJECTS = ['Access key rotation is on hold', 'Access key rotation failed: TransientServiceError'];

const statement = statementsAbout('SNS');

export const snsStatements: readonly Statement[] = [
  statement({
    id: 'missing-topic',
    says: 'Publish to a topic that does not exist is refused with NotFound.',
    source: 'SNS API, Publish, errors',
    matters: 'PersonNotTold: the execution fails if the message cannot be sent',
    check: async (subject) => {
      const TopicArn = `arn:aws:sns:${subject.region}:${subject.accountId}:${subject.name('missing')}`;
      await refused('it', publish(subject, TopicArn, 'a subject'), 'NotFoundException');
    },
  }),
  statement({
    id: 'subjects-of-the-state-machine',
    says: 'The subjects of the state machine’s messages are accepted.',
    source: 'SNS API, Publish, Subject',
    matters: 'a refused message reaches no one',
    check: async (subject) => {
      const topicArn = await subject.topic();
      for (const text of SUBJECTS) await accepted(`“${text}”`, publish(subject, topicArn, text));
    },
  }),
  statement({
    id: 'subject-too-long',
    says: 'A subject of 101 characters is refused with InvalidParameter.',
    source: 'SNS API, Publish, Subject and errors',
    matters: 'why subjects contain an error’s name and no explanation',
    check: async (subject) => {
      const topicArn = await subject.topic();
      await accepted('a subject of 99 characters', publish(subject, topicArn, 's'.repeat(99)));
      await refused(
        'a subject of 101 characters',
        publish(subject, topicArn, 's'.repeat(101)),
        'InvalidParameterException',
      );
    },
  }),
  statement({
    id: 'subject-in-one-line',
    says: 'A subject with a line break is refused with InvalidParameter.',
    source: 'SNS API, Publish, Subject and errors',
    matters: 'why subjects contain an error’s name and no explanation',
    check: async (subject) => {
      await refused(
        'it',
        publish(subject, await subject.topic(), 'one line\nand another'),
        'InvalidParameterException',
      );
    },
  }),
  statement({
    id: 'delivery',
    says: 'A subscriber gets a notification with the topic, and with subject and message as they were published.',
    source: 'SNS Developer Guide, message formats: SNS JSON notification format',
    matters: 'what a person, or a tool behind a queue, reads',
    check: async (subject) => {
      const inbox = await subject.inbox();
      const [text] = SUBJECTS;
      const message = 'Nothing was changed: “alice” is on hold.\n\nExecution: {"name":"e"} <&> äöü';
      await publish(subject, inbox.topicArn, text ?? '', message);
      const { Type, TopicArn, Subject, Message } = await inbox.next('the notification');
      same(
        'the notification',
        { Type, topic: TopicArn === inbox.topicArn, Subject, Message },
        { Type: 'Notification', topic: true, Subject: text, Message: message },
      );
    },
  }),
  statement({
    id: 'unconfirmed-subscription',
    says: 'ListSubscriptionsByTopic shows PendingConfirmation in the place of the ARN of a subscription by mail that nobody has confirmed.',
    source: 'SNS API, Subscribe, SubscriptionArn; ListSubscriptionsByTopic',
    matters: 'the survey tells that messages reach nobody',
    check: async (subject) => {
      const TopicArn = await subject.topic();
      const list = async () => {
        const { Subscriptions = [] } = await subject.sns.send(
          new ListSubscriptionsByTopicCommand({ TopicArn }),
        );
        const shown = (arn = ''): string => (arn.startsWith('arn:') ? 'an ARN' : arn);
        return Subscriptions.map(({ Protocol, SubscriptionArn }) => [Protocol, shown(SubscriptionArn)]);
      };
      await subject.sees('who is subscribed at first', list, []);
      // Reserved for documentation: no mail is delivered (RFC 2606).
      await subject.sns.send(
        new SubscribeCommand({
          TopicArn,
          Protocol: 'email',
          Endpoint: `${subject.name('nobody')}@example.com`,
        }),
      );
      await subject.sees('who is subscribed', list, [['email', 'PendingConfirmation']]);
    },
  }),
];
