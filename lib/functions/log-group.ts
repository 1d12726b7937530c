import { RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { DeploymentSettings } from '../config';
import { encrypt } from './encrypt';

/** What a log group needs to know of the deployment. */
export type LogSettings = Pick<DeploymentSettings, 'logRetentionDays' | 'encryptionKeyArn' | 'removalPolicy'>;

/** What is special about a log group. */
export interface LogGroupOptions {
  /**
   * Its name.
   *
   * @default - a generated name, so that a log that outlives its stack does not block the next deployment
   */
  readonly logGroupName?: string;

  /**
   * For how many days it keeps what is written to it.
   *
   * @default - `logRetentionDays` of the deployment
   */
  readonly retentionDays?: DeploymentSettings['logRetentionDays'];
}

/** A log group. It outlives its stack, unless the deployment says otherwise. */
export const addLogGroup = (
  scope: Construct,
  id: string,
  deployment: LogSettings,
  { logGroupName, retentionDays = deployment.logRetentionDays }: LogGroupOptions = {},
): LogGroup => {
  const logGroup = new LogGroup(scope, id, {
    ...(logGroupName !== undefined && { logGroupName }),
    // The numbers of the enumeration are days.
    retention: retentionDays,
    removalPolicy:
      deployment.removalPolicy === 'destroy'
        ? RemovalPolicy.DESTROY
        : RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  encrypt(logGroup, deployment);
  return logGroup;
};
