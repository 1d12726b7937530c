import { RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { DeploymentSettings } from '../config';

/** What a log group needs to know of the deployment. */
export type LogSettings = Pick<DeploymentSettings, 'logRetentionDays'>;

/**
 * A log group that outlives its stack.
 *
 * @param logGroupName - Default: a generated name, so that a log that outlives its stack does not block the next deployment.
 */
export const addLogGroup = (
  scope: Construct,
  id: string,
  { logRetentionDays }: LogSettings,
  logGroupName?: string,
): LogGroup =>
  new LogGroup(scope, id, {
    ...(logGroupName !== undefined && { logGroupName }),
    // The numbers of the enumeration are days.
    retention: logRetentionDays,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
