import {
  CreateTopicCommand,
  DeleteTopicCommand,
  ListSubscriptionsByTopicCommand,
  PublishCommand,
  type PublishCommandInput,
  paginateListSubscriptionsByTopic,
} from '@aws-sdk/client-sns';
import { sdkConfig } from '../../../embedded-aws/clients/sdk-config';
import { outcome, ROLE, setUp } from '../fixture';

test('a topic keeps what is published to it', async () => {
  const { aws, clock, sns } = setUp();
  const TopicArn = aws.sns.addTopic('alarms');
  expect(TopicArn).toBe('arn:aws:sns:us-east-1:111122223333:alarms');
  const { MessageId } = await sns.send(
    new PublishCommand({ TopicArn, Subject: 'S & <s>', Message: 'm + é\n"&"' }),
  );
  await sns.send(new PublishCommand({ TopicArn, Message: 'second' }));
  expect(aws.sns.messages).toEqual([
    {
      ...{ topicArn: TopicArn, messageId: MessageId, subject: 'S & <s>', message: 'm + é\n"&"' },
      ...{ attributes: {}, at: clock.now() },
    },
    expect.objectContaining({ subject: undefined, message: 'second' }),
  ]);
});

test.each<[string, Partial<PublishCommandInput>, string, number | undefined]>([
  ['100 characters of subject', { Subject: 's'.repeat(100) }, 'ok', undefined],
  ['101 characters of subject', { Subject: 's'.repeat(101) }, 'InvalidParameterException', 400],
  ['a line break in the subject', { Subject: 'a\nb' }, 'InvalidParameterException', 400],
  ['a subject beyond ASCII', { Subject: 'é' }, 'InvalidParameterException', 400],
  ['256 KiB', { Message: 'é'.repeat(128 * 1024) }, 'ok', undefined],
  ['more than 256 KiB', { Message: `${'é'.repeat(128 * 1024)}x` }, 'InvalidParameterException', 400],
  ['an empty message', { Message: '' }, 'InvalidParameterException', 400],
  ['an unknown topic', { TopicArn: 'arn:aws:sns:us-east-1:111122223333:gone' }, 'NotFoundException', 404],
  [
    'a text as attribute',
    { MessageAttributes: { a: { DataType: 'String', StringValue: 'x' } } },
    'ok',
    undefined,
  ],
  [
    'an empty attribute',
    { MessageAttributes: { a: { DataType: 'String', StringValue: '' } } },
    'InvalidParameterException',
    400,
  ],
  [
    'an attribute of another type',
    { MessageAttributes: { a: { DataType: 'Number', StringValue: '1' } } },
    'InvalidParameterException',
    400,
  ],
  [
    'an attribute whose name has a blank',
    { MessageAttributes: { 'a b': { DataType: 'String', StringValue: 'x' } } },
    'InvalidParameterException',
    400,
  ],
])('Publish with %s', async (_name, input, name, status) => {
  const { aws, sns } = setUp();
  const TopicArn = aws.sns.addTopic('alarms');
  const result = await outcome(sns.send(new PublishCommand({ TopicArn, Message: 'm', ...input })));
  expect(result).toMatchObject({ name, ...(status !== undefined && { status }) });
  expect(aws.sns.messages).toHaveLength(name === 'ok' ? 1 : 0);
});

test.each([[[]], [['user']], [['user', 'event', 'urgent']]])(
  'the attributes %j arrive with the message',
  async (names) => {
    const { aws, sns } = setUp();
    const TopicArn = aws.sns.addTopic('alarms');
    const values = Object.fromEntries(names.map((name, index) => [name, `value ${index} & "more"`]));
    const MessageAttributes = Object.fromEntries(
      Object.entries(values).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
    );
    await sns.send(new PublishCommand({ TopicArn, Message: 'm', MessageAttributes }));
    expect(aws.sns.messages.map(({ attributes }) => attributes)).toEqual([values]);
  },
);

test.each(['full', 'fast'] as const)('attributes are kept with the message, on the %s wire', async (wire) => {
  const { aws, as } = setUp();
  const { sns } = as(aws.roleCredentials(ROLE), sdkConfig(wire));
  const TopicArn = aws.sns.addTopic('alarms');
  const attribute = (StringValue: string) => ({ DataType: 'String', StringValue });
  const MessageAttributes = { event: attribute('survey'), urgent: attribute('no') };
  await sns.send(new PublishCommand({ TopicArn, Message: 'm', MessageAttributes }));
  expect(aws.sns.messages).toMatchObject([{ attributes: { event: 'survey', urgent: 'no' } }]);
});

test('subscriptions have no ARN before they are confirmed, and come in pages', async () => {
  const { aws, sns } = setUp();
  const TopicArn = aws.sns.addTopic('alarms');
  const list = async () => {
    const found = [];
    for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic(
      { client: sns },
      { TopicArn },
    )) {
      found.push(...Subscriptions);
    }
    return found.map(({ SubscriptionArn, Protocol }) => [
      Protocol,
      SubscriptionArn?.startsWith(`${TopicArn}:`),
    ]);
  };
  expect(await list()).toEqual([]);
  aws.sns.subscribe(TopicArn, 'email', 'a@example.com');
  aws.sns.subscribe(TopicArn, 'sms', '+100', false);
  expect(await list()).toEqual([
    ['email', true],
    ['sms', false],
  ]);
  for (let more = 0; more < 99; more += 1) aws.sns.subscribe(TopicArn, 'email', `${more}@example.com`);
  expect(await list()).toHaveLength(101);
  aws.sns.unsubscribe(TopicArn);
  expect(await list()).toEqual([]);
  expect(
    await outcome(sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: `${TopicArn}-gone` }))),
  ).toMatchObject({ name: 'NotFoundException' });
});

test('a topic is created once, and can be deleted any number of times', async () => {
  const { sns } = setUp();
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'alarms' }));
  expect(await sns.send(new CreateTopicCommand({ Name: 'alarms' }))).toMatchObject({ TopicArn });
  await sns.send(new PublishCommand({ TopicArn, Message: 'm' }));
  await sns.send(new DeleteTopicCommand({ TopicArn }));
  await sns.send(new DeleteTopicCommand({ TopicArn }));
  expect(await outcome(sns.send(new PublishCommand({ TopicArn, Message: 'm' })))).toMatchObject({
    name: 'NotFoundException',
  });
  expect(await outcome(sns.send(new CreateTopicCommand({ Name: 'not a name' })))).toMatchObject({
    name: 'InvalidParameterException',
  });
});

describe('a topic that is encrypted with a KMS key', () => {
  const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

  test.each([
    ['both', ['kms:GenerateDataKey', 'kms:Decrypt'], 'ok'],
    ['no data key', ['kms:Decrypt'], 'KMSAccessDeniedException'],
    ['no decryption', ['kms:GenerateDataKey'], 'KMSAccessDeniedException'],
    ['neither', [], 'KMSAccessDeniedException'],
  ])('takes messages of who may use the key: %s', async (_which, allowed, name) => {
    const asked: unknown[] = [];
    const { aws, sns } = setUp({
      authorize: ({ caller, action, resource, conditions }) => {
        if (action.startsWith('kms:')) asked.push([caller, resource, conditions]);
        return !action.startsWith('kms:') || allowed.includes(action);
      },
    });
    const TopicArn = aws.sns.addTopic('alarms', KEY);
    expect(await outcome(sns.send(new PublishCommand({ TopicArn, Message: 'm' })))).toMatchObject({ name });
    expect(aws.sns.messages).toHaveLength(name === 'ok' ? 1 : 0);
    expect(asked[0]).toEqual([ROLE, KEY, { 'kms:ViaService': ['sns.us-east-1.amazonaws.com'] }]);
  });

  test('keeps its key when it is created again', async () => {
    const { aws, sns } = setUp({ authorize: ({ action }) => !action.startsWith('kms:') });
    const TopicArn = aws.sns.addTopic('alarms', KEY);
    await sns.send(new CreateTopicCommand({ Name: 'alarms' }));
    expect(await outcome(sns.send(new PublishCommand({ TopicArn, Message: 'm' })))).toMatchObject({
      name: 'KMSAccessDeniedException',
    });
  });
});
