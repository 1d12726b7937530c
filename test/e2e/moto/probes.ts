import assert from 'node:assert/strict';
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateLoginProfileCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  GetAccessKeyLastUsedCommand,
  GetUserCommand,
  IAMClient,
  ListAccessKeysCommand,
  ListAttachedUserPoliciesCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  TagUserCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutResourcePolicyCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { ListSubscriptionsByTopicCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { InProcessHandler } from '../../../embedded-aws/clients/in-process-handler';
import type { RoleCredentials } from '../../../embedded-aws/embedded-aws';
import { VirtualClock } from '../../../embedded-aws/ground/clock';
import { outcomeOf, sendOn } from '../../../local/world/endpoint-aws';
import { shortRole } from '../../support/grants';
import type { MotoRoles } from './moto-roles';

/**
 * The roles that may make calls which cannot be undone, written down independently of
 * lib/permissions/step-permissions.ts. No other role may.
 */
const DANGEROUS: Readonly<Record<string, readonly string[]>> = {
  'iam:CreateAccessKey': ['StepsCreateAccessKey'],
  'iam:DeleteAccessKey': ['StepsCreateAccessKey', 'StepsDeleteAccessKey', 'StepsTestAccessKey'],
  'iam:UpdateAccessKey': ['StepsCreateAccessKey', 'StepsDeactivateAccessKey', 'StepsReactivateAccessKey'],
  'iam:TagUser': ['StepsCreateAccessKey'],
  'iam:AttachUserPolicy': [],
  'iam:CreateLoginProfile': [],
  'iam:DeleteUser': [],
  'iam:PutRolePolicy': [],
  'iam:PutUserPolicy': [],
  'secretsmanager:DeleteSecret': [],
  'secretsmanager:PutResourcePolicy': [],
  'secretsmanager:UpdateSecret': [],
  'cloudwatch:DeleteAlarms': [],
  'cloudwatch:SetAlarmState': [],
  'states:StopExecution': ['StepsStopExecution'],
};

/** Nothing of these names exists: a caller with the permission gets an error other than a denial. */
const UserName = 'nobody';
const AccessKeyId = 'AKIANOSUCHKEYATALL00';
const SecretId = 'no-such-secret';
const executionArn = 'arn:aws:states:us-east-1:123456789012:execution:no-such-machine:none';
const TopicArn = 'arn:aws:sns:us-east-1:123456789012:none';
const stateMachineArn = 'arn:aws:states:us-east-1:123456789012:stateMachine:no-such-machine';

/** A call for each action, with the clients' credentials. */
const probesOf = (settings: {
  readonly region: string;
  readonly credentials: RoleCredentials;
  readonly requestHandler: InProcessHandler;
}): Readonly<Record<string, () => Promise<unknown>>> => {
  const iam = new IAMClient(settings);
  const secrets = new SecretsManagerClient(settings);
  const alarms = new CloudWatchClient(settings);
  const states = new SFNClient(settings);
  const topics = new SNSClient(settings);
  const queues = new SQSClient(settings);
  const buses = new EventBridgeClient(settings);
  const trail = new CloudTrailClient(settings);
  const schedules = new SchedulerClient(settings);
  const policy = { PolicyName: 'none', PolicyDocument: '{}' };
  return {
    'iam:AttachUserPolicy': () =>
      iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn: 'arn:aws:iam::aws:policy/none' })),
    'iam:CreateAccessKey': () => iam.send(new CreateAccessKeyCommand({ UserName })),
    'iam:CreateLoginProfile': () => iam.send(new CreateLoginProfileCommand({ UserName, Password: 'none' })),
    'iam:DeleteAccessKey': () => iam.send(new DeleteAccessKeyCommand({ UserName, AccessKeyId })),
    'iam:DeleteUser': () => iam.send(new DeleteUserCommand({ UserName })),
    'iam:GetAccessKeyLastUsed': () => iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId })),
    'iam:GetUser': () => iam.send(new GetUserCommand({ UserName })),
    'iam:ListAccessKeys': () => iam.send(new ListAccessKeysCommand({ UserName })),
    'iam:ListAttachedUserPolicies': () => iam.send(new ListAttachedUserPoliciesCommand({ UserName })),
    'iam:PutRolePolicy': () => iam.send(new PutRolePolicyCommand({ RoleName: UserName, ...policy })),
    'iam:PutUserPolicy': () => iam.send(new PutUserPolicyCommand({ UserName, ...policy })),
    'iam:TagUser': () => iam.send(new TagUserCommand({ UserName, Tags: [{ Key: 'none', Value: '' }] })),
    'iam:UpdateAccessKey': () =>
      iam.send(new UpdateAccessKeyCommand({ UserName, AccessKeyId, Status: 'Inactive' })),
    'secretsmanager:CreateSecret': () =>
      secrets.send(new CreateSecretCommand({ Name: SecretId, SecretString: '' })),
    'secretsmanager:DeleteSecret': () => secrets.send(new DeleteSecretCommand({ SecretId })),
    'secretsmanager:DescribeSecret': () => secrets.send(new DescribeSecretCommand({ SecretId })),
    'secretsmanager:GetSecretValue': () => secrets.send(new GetSecretValueCommand({ SecretId })),
    'secretsmanager:ListSecretVersionIds': () => secrets.send(new ListSecretVersionIdsCommand({ SecretId })),
    'secretsmanager:PutResourcePolicy': () =>
      secrets.send(new PutResourcePolicyCommand({ SecretId, ResourcePolicy: '{}' })),
    'secretsmanager:PutSecretValue': () =>
      secrets.send(new PutSecretValueCommand({ SecretId, SecretString: 'none' })),
    'secretsmanager:UpdateSecret': () =>
      secrets.send(new UpdateSecretCommand({ SecretId, SecretString: 'none' })),
    'secretsmanager:UpdateSecretVersionStage': () =>
      secrets.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage: 'AWSCURRENT' })),
    'cloudwatch:DeleteAlarms': () => alarms.send(new DeleteAlarmsCommand({ AlarmNames: ['none'] })),
    'cloudwatch:DescribeAlarms': () => alarms.send(new DescribeAlarmsCommand({ AlarmNames: ['none'] })),
    'cloudwatch:PutMetricData': () =>
      alarms.send(
        new PutMetricDataCommand({ Namespace: 'none', MetricData: [{ MetricName: 'none', Value: 0 }] }),
      ),
    'cloudwatch:SetAlarmState': () =>
      alarms.send(new SetAlarmStateCommand({ AlarmName: 'none', StateValue: 'OK', StateReason: 'none' })),
    'states:DescribeExecution': () => states.send(new DescribeExecutionCommand({ executionArn })),
    'states:GetExecutionHistory': () => states.send(new GetExecutionHistoryCommand({ executionArn })),
    'states:ListExecutions': () => states.send(new ListExecutionsCommand({ stateMachineArn })),
    'states:StartExecution': () => states.send(new StartExecutionCommand({ stateMachineArn })),
    'states:StopExecution': () => states.send(new StopExecutionCommand({ executionArn })),
    'sns:ListSubscriptionsByTopic': () => topics.send(new ListSubscriptionsByTopicCommand({ TopicArn })),
    'sns:Publish': () => topics.send(new PublishCommand({ TopicArn, Message: 'none' })),
    'sqs:SendMessage': () =>
      queues.send(
        new SendMessageCommand({
          QueueUrl: 'http://127.0.0.1/123456789012/none',
          MessageBody: 'none',
        }),
      ),
    'events:PutEvents': () =>
      buses.send(new PutEventsCommand({ Entries: [{ Source: 'none', DetailType: 'none', Detail: '{}' }] })),
    'scheduler:GetSchedule': () => schedules.send(new GetScheduleCommand({ Name: 'none' })),
    'cloudtrail:LookupEvents': () => trail.send(new LookupEventsCommand({})),
  };
};

/** Actions of a role that no probe calls: moto does not serve what they act on, or they only write logs. */
const NOT_SERVED = [
  'lambda:InvokeFunction',
  'lambda:GetFunctionConcurrency',
  'cloudwatch:DescribeAlarmHistory',
  'account:ListRegions',
];
const isProbed = (action: string): boolean => !NOT_SERVED.includes(action) && !action.startsWith('logs:');

/**
 * Tries every action with every role: moto has to let it pass if the template grants it, and only then.
 *
 * @returns How many calls moto has judged.
 */
export const probeRoles = async (
  url: string,
  roles: MotoRoles,
  actions: ReadonlyMap<string, readonly string[]>,
): Promise<number> => {
  let calls = 0;
  for (const [role, granted] of actions) {
    let outcome = '';
    const requestHandler = new InProcessHandler(
      {
        clock: new VirtualClock(),
        handle: async (request) => {
          const response = await sendOn(url, request);
          outcome = outcomeOf(response);
          return response;
        },
      },
      {},
    );
    const settings = {
      region: 'us-east-1',
      endpoint: url,
      credentials: roles.sessionOf(role),
      requestHandler,
      maxAttempts: 1,
    };
    const probes = probesOf(settings);
    const unprobed = granted.filter((action) => isProbed(action) && probes[action] === undefined);
    assert.deepEqual(unprobed, [], `${shortRole(role)} has actions without a probe`);
    for (const [action, probe] of Object.entries(probes)) {
      outcome = 'not sent';
      // Its result, if it passes, does not matter.
      await probe().catch(() => {});
      calls += 1;
      assert.notEqual(outcome, 'not sent', `${action} was not sent`);
      const dangerous = DANGEROUS[action];
      const may = dangerous === undefined ? granted.includes(action) : dangerous.includes(shortRole(role));
      assert.equal(
        outcome !== 'AccessDenied',
        may,
        `${shortRole(role)} may${may ? '' : ' not'} call ${action}, and moto answered ${outcome}`,
      );
    }
  }
  return calls;
};
