import { type ITopic, SubscriptionFilter, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { USER_ATTRIBUTE } from '../lambdas/shared/contract/names';
import type { Notifications, RotatedUser } from './config';
import { ownersOf } from './config/owners';
import { type EncryptionSettings, encrypt } from './functions/encrypt';

/**
 * The topic that messages and alarms are published to, with its subscribers.
 *
 * Alarms, and EventBridge's messages of ends untold, name no user: a filter takes a message only if each of its names is an attribute
 * of the message (SNS Developer Guide, "Amazon SNS subscription filter policies"), so owners do not get them.
 *
 * @param scope - The parent of what is created.
 * @param id - Of the topic.
 * @param deployment - How the stack is deployed. A topic of another stack is encrypted as that one says.
 */
export const notificationTopic = (
  scope: Construct,
  id: string,
  { emails, topicArn }: Notifications,
  users: readonly RotatedUser[],
  deployment: EncryptionSettings,
): ITopic => {
  const topic =
    topicArn === undefined
      ? new Topic(scope, id, { displayName: 'IAM access key rotation', enforceSSL: true })
      : Topic.fromTopicArn(scope, id, topicArn);
  if (topic instanceof Topic) encrypt(topic, deployment);
  for (const address of emails) topic.addSubscription(new EmailSubscription(address));
  for (const { address, userNames } of ownersOf(users, emails)) {
    const filterPolicy = {
      [USER_ATTRIBUTE]: SubscriptionFilter.stringFilter({ allowlist: [...userNames] }),
    };
    topic.addSubscription(new EmailSubscription(address, { filterPolicy }));
  }
  return topic;
};
