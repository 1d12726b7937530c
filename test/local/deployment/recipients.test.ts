import { appOf } from '../support/deployed';

const TOPIC = 'arn:aws:sns:us-east-1:111122223333:oncall';

describe('a stack with a topic of its own, and one for a channel', () => {
  const app = appOf([{ userName: 'alice' }], { notifications: { chat: true } });

  test('tells the channel of each stage of a rotation, and both of a failure', async () => {
    const world = await app.deploy();
    const [rotation, refused] = await world.run(async () => {
      const executions = ['alice', 'bob'].map((userName) => world.startExecution({ userName }));
      await Promise.all(executions.map(({ result }) => result));
      return executions.map(({ arn }) => arn);
    });
    const told = world.aws.sns.messages.filter(({ topicArn }) => topicArn === world.notificationTopicArn);
    const shown = world.aws.sns.messages.filter(({ topicArn }) => topicArn !== world.notificationTopicArn);
    expect(told).toHaveLength(1);
    expect(new Set(shown.map(({ topicArn }) => topicArn)).size).toBe(1);
    const notifications = shown.map(({ message }) => JSON.parse(message));
    expect(notifications.map(({ metadata }) => [metadata.eventType, metadata.threadId])).toEqual([
      ['Access Key Rotation Failed', refused],
      ['Access Key Published', rotation],
      ['Access Key Adoption Confirmed', rotation],
      ['Access Key Deactivated', rotation],
      ['Access Key Deleted', rotation],
    ]);
    expect(notifications.map(({ content }) => content.description)).toEqual(
      world.aws.eventBridge.events.map(({ detail }) => detail.outcome ?? detail.message),
    );
  });
});

describe('a stack with a topic that there is', () => {
  const app = appOf([{ userName: 'alice' }], { notifications: { topicArn: TOPIC } });

  test('tells people there', async () => {
    const world = await app.deploy();
    await world.run(world.startExecution({ userName: 'bob' }).result);
    expect(world.notificationTopicArn).toBe(TOPIC);
    expect(world.aws.sns.messages.map(({ topicArn }) => topicArn)).toEqual([TOPIC]);
  });
});
