import { CfnLogGroup, type LogGroup } from 'aws-cdk-lib/aws-logs';
import type { CfnTopic, Topic } from 'aws-cdk-lib/aws-sns';
import type { CfnQueue, Queue } from 'aws-cdk-lib/aws-sqs';
import type { DeploymentSettings } from '../config';

/** What has to be known of the deployment. */
export type EncryptionSettings = Pick<DeploymentSettings, 'encryptionKeyArn'>;

/**
 * Encrypts with the key of the deployment, if it has one.
 *
 * By the properties themselves: with the key in the properties of the construct, the CDK would let whoever may publish use the key
 * for everything, not only through the service. Who may use it is in `senderKeyGrants`.
 */
export const encrypt = (
  { node: { defaultChild } }: LogGroup | Topic | Queue,
  { encryptionKeyArn }: EncryptionSettings,
): void => {
  if (encryptionKeyArn === undefined) return;
  if (defaultChild instanceof CfnLogGroup) defaultChild.kmsKeyId = encryptionKeyArn;
  else (defaultChild as CfnTopic | CfnQueue).kmsMasterKeyId = encryptionKeyArn;
};
