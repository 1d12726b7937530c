import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CloudWatchClient, DescribeAlarmsCommand, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  GetAccessKeyLastUsedCommand,
  IAMClient,
  ListAccessKeysCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { CreateScheduleCommand, GetScheduleCommand } from '@aws-sdk/client-scheduler';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { CreateTopicCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { KnownDeviation } from '../known';
import type { LaneContext } from '../lane';
import { MINISTACK_ACCOUNT, MINISTACK_CREDENTIALS } from '../support/emulators';
import { eventually } from '../support/eventually';
import { run } from '../support/processes';
import { plainEnvironment } from '../support/python';
import { refusalOf } from './check';
import type { Cloud, Connection } from './cloud';
import { logMessages } from './observe';
import { credentialsOfStep } from './roles';

/** The means to provoke the deviations. */
export interface Probe {
  readonly cloud: Cloud;
  readonly context: LaneContext;
  /** The name of the error in which an execution for a user that is not enrolled has ended. */
  readonly errorOfFailedExecution: string | undefined;
  /** An access key that has been used. */
  readonly usedAccessKeyId: string;
  /** An alarm that the step confirm-adoption may read. */
  readonly healthAlarm: string;
}

const root = ({ cloud }: Probe): Connection => cloud.as(MINISTACK_CREDENTIALS);

/** A client whose requests the shims leave alone. */
const withoutShims = <T extends IAMClient | CloudWatchClient>(client: T): T => {
  client.middlewareStack.add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers['x-without-shims'] = 'true';
      return next(args);
    },
    { step: 'build' },
  );
  return client;
};

/** Runs a state machine of one state, whose role may do nothing, and returns its output. */
const runState = async (probe: Probe, name: string, state: object): Promise<Record<string, unknown>> => {
  const { iam, sfn } = probe.cloud;
  const { Role } = await iam.send(
    new CreateRoleCommand({
      RoleName: name,
      AssumeRolePolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { Service: 'states.amazonaws.com' }, Action: 'sts:AssumeRole' },
        ],
      }),
    }),
  );
  const { stateMachineArn } = await sfn.send(
    new CreateStateMachineCommand({
      name,
      roleArn: Role?.Arn,
      definition: JSON.stringify({ StartAt: 'Only', States: { Only: { ...state, End: true } } }),
    }),
  );
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn }));
  return eventually(`the execution of ${name}`, async () => {
    const { status, output = '{}' } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    return status === 'RUNNING' ? undefined : { status, output: JSON.parse(output) };
  });
};

/** The names that a module of the runtime exports to a function without the help of NODE_PATH. */
const exportsInRuntime = async (probe: Probe, module: string): Promise<readonly string[]> => {
  const { cloud, context } = probe;
  const { scratch, python, cleanup } = context;
  const name = 'without-node-path';
  const source = join(scratch, 'index.js');
  const zip = join(scratch, 'function.zip');
  await writeFile(
    source,
    `exports.handler = async () => {
       delete process.env.NODE_PATH;
       require('node:module').Module._initPaths();
       return Object.keys(require('${module}'));
     };`,
  );
  await run(
    {
      command: python.program('python'),
      args: ['-m', 'zipfile', '-c', zip, source],
      env: plainEnvironment(scratch),
      logFile: join(scratch, 'zip.log'),
    },
    cleanup,
  );
  await cloud.call('lambda', {
    path: '/2015-03-31/functions',
    body: {
      FunctionName: name,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: `arn:aws:iam::${MINISTACK_ACCOUNT}:role/redrive-count`,
      Code: { ZipFile: (await readFile(zip)).toString('base64') },
    },
  });
  return (await cloud.call('lambda', {
    path: `/2015-03-31/functions/${name}/invocations`,
    body: {},
  })) as readonly string[];
};

/** All known differences between ministack and AWS that the lane meets. */
export const DEVIATIONS: readonly KnownDeviation<Probe>[] = [
  {
    id: 'error-name-of-a-function',
    aws: 'A function that throws fails its task with the name of what it threw.',
    source:
      'Lambda Developer Guide, "Lambda function errors in Node.js"; Step Functions Developer Guide, "Handling errors in Step Functions workflows", Handling errors in Lambda',
    found: 'The name is Runtime.HandlerError, always.',
    consequence:
      'No Retry or Catch by name matches, so that no step is retried here, a step’s own explanation is not sent, and the rule for unexplained ends reports failures that the failure branch has already reported. The embedded AWS has the names.',
    persists: async ({ errorOfFailedExecution }) => errorOfFailedExecution === 'Runtime.HandlerError',
  },
  {
    id: 'redrive-count',
    aws: '$$.Execution.RedriveCount is 0 in an execution that was not redriven.',
    source: 'Step Functions Developer Guide, "Accessing execution data from the Context object"',
    found: 'It is null.',
    consequence: 'The steps accept null as 0.',
    persists: async (probe) => {
      const { output } = await runState(probe, 'redrive-count', {
        Type: 'Pass',
        Parameters: { 'count.$': '$$.Execution.RedriveCount' },
      });
      return (output as { readonly count?: unknown }).count === null;
    },
  },
  {
    id: 'roles-of-services',
    aws: 'A state machine, a schedule and a rule act with the permissions of their roles.',
    source: 'Step Functions Developer Guide, "Creating an IAM role for your state machine"',
    found: 'They may do everything. Only signed requests are judged.',
    consequence:
      'The roles of the functions are judged as they are deployed. Those of the state machine, the schedules and the rule are judged by the tests of the template and by the embedded AWS.',
    persists: async (probe) => {
      const { TopicArn } = await probe.cloud.sns.send(new CreateTopicCommand({ Name: 'nobody' }));
      const { status } = await runState(probe, 'role-without-permissions', {
        Type: 'Task',
        Resource: 'arn:aws:states:::sns:publish',
        Parameters: { TopicArn, Message: 'nobody may send this' },
      });
      return status === 'SUCCEEDED';
    },
  },
  {
    id: 'roles-of-services-for-root',
    aws: 'Only the service that a trust policy names can assume the role, and not the root user.',
    source: 'AWS STS API Reference, AssumeRole',
    found: 'The root user can.',
    consequence: 'The lane uses this: with the credentials of a step, it tries what the step may not do.',
    persists: async ({ cloud }) =>
      (await refusalOf(credentialsOfStep(cloud, 'confirm-health'))) === undefined,
  },
  {
    id: 'key-quota',
    aws: 'A user has two access keys at most; the third is refused with LimitExceeded.',
    source: 'IAM User Guide, "IAM and AWS STS quotas"',
    found: 'There is no limit.',
    consequence: 'The embedded AWS and moto prove what the rotation does about a full user.',
    persists: async ({ cloud: { iam } }) => {
      const UserName = 'collector';
      await iam.send(new CreateUserCommand({ UserName }));
      await iam.send(new CreateAccessKeyCommand({ UserName }));
      await iam.send(new CreateAccessKeyCommand({ UserName }));
      return (await refusalOf(iam.send(new CreateAccessKeyCommand({ UserName })))) === undefined;
    },
  },
  {
    id: 'path-of-a-user',
    aws: "The path is part of a user's ARN, which policies are matched with.",
    source: 'IAM User Guide, "IAM identifiers", IAM ARNs',
    found: 'Policies are matched with an ARN without the path.',
    consequence: 'Users with a path cannot be rotated here. The embedded AWS includes the path.',
    persists: async ({ cloud }) => {
      const UserName = 'somebody-with-a-path';
      await cloud.iam.send(new CreateUserCommand({ UserName, Path: '/team/' }));
      await cloud.iam.send(
        new PutUserPolicyCommand({
          UserName,
          PolicyName: 'own-keys',
          PolicyDocument: JSON.stringify({
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Action: 'iam:ListAccessKeys',
                Resource: `arn:aws:iam::${MINISTACK_ACCOUNT}:user/team/${UserName}`,
              },
            ],
          }),
        }),
      );
      const { AccessKey } = await cloud.iam.send(new CreateAccessKeyCommand({ UserName }));
      const own = new IAMClient(
        cloud.as({
          accessKeyId: AccessKey?.AccessKeyId ?? '',
          secretAccessKey: AccessKey?.SecretAccessKey ?? '',
        }),
      );
      return (await refusalOf(own.send(new ListAccessKeysCommand({ UserName })))) === 'AccessDenied';
    },
  },
  {
    id: 'metrics-of-executions',
    aws: 'Step Functions counts executions by their ends in AWS/States.',
    source: 'Step Functions Developer Guide, "Monitoring Step Functions metrics using Amazon CloudWatch"',
    found: 'There are no such metrics.',
    consequence:
      'The lane puts the data point itself. That the alarm watches the right metric is read from the template.',
    persists: async ({ cloud }) => {
      const { Metrics = [] } = await cloud.cloudWatch.send(
        new ListMetricsCommand({ Namespace: 'AWS/States' }),
      );
      return Metrics.length === 0;
    },
  },
  {
    id: 'log-of-executions',
    aws: 'A state machine with logging writes its transitions to the log group.',
    source: 'Step Functions Developer Guide, "Using CloudWatch Logs to log execution history"',
    found: 'It writes nothing.',
    consequence: 'That the log has no key material is proven by its setting: no execution data.',
    persists: async ({ cloud }) => (await logMessages(cloud, '/aws/vendedlogs/states/')).length === 0,
  },
  {
    id: 'universal-targets',
    aws: 'A schedule can call most operations of AWS, by a universal target.',
    source: 'EventBridge Scheduler User Guide, "Using universal targets in EventBridge Scheduler"',
    found: 'It calls nothing.',
    consequence: 'A shim for the one that the app uses: universal target.',
    persists: async ({ cloud: { scheduler, sqs } }) => {
      const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'universal-target' }));
      const Name = 'universal-target';
      await scheduler.send(
        new CreateScheduleCommand({
          Name,
          ScheduleExpression: 'at(2020-01-01T00:00:00)',
          FlexibleTimeWindow: { Mode: 'OFF' },
          // ministack removes it when it has fired.
          ActionAfterCompletion: 'DELETE',
          Target: {
            Arn: 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage',
            RoleArn: `arn:aws:iam::${MINISTACK_ACCOUNT}:role/redrive-count`,
            Input: JSON.stringify({ QueueUrl, MessageBody: 'sent by a schedule' }),
          },
        }),
      );
      await eventually('the schedule to fire', async () =>
        (await refusalOf(scheduler.send(new GetScheduleCommand({ Name })))) === undefined ? undefined : true,
      );
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
      return Messages.length === 0;
    },
  },
  {
    id: 'aws-sdk-of-the-runtime',
    aws: "Lambda's Node.js runtimes bring the AWS SDK.",
    source: 'Lambda Developer Guide, "Building Lambda functions with Node.js", Runtime-included SDK versions',
    found:
      "They bring stand-ins for some clients, which do not list their exports. And functions run on this machine's Node.js, whatever their runtime.",
    consequence: 'A shim: AWS SDK in the functions.',
    persists: async (probe) => {
      const names = await exportsInRuntime(probe, '@aws-sdk/client-secrets-manager');
      return !names.includes('SecretsManagerClient');
    },
  },
  {
    id: 'last-used-data',
    aws: 'GetAccessKeyLastUsed says when, for which service and in which Region a key was last used.',
    source: 'IAM API Reference, GetAccessKeyLastUsed',
    found: 'It answers that a key was never used.',
    consequence: 'A shim: last-used data.',
    persists: async (probe) => {
      const { AccessKeyLastUsed } = await withoutShims(new IAMClient(root(probe))).send(
        new GetAccessKeyLastUsedCommand({ AccessKeyId: probe.usedAccessKeyId }),
      );
      return AccessKeyLastUsed?.LastUsedDate === undefined;
    },
  },
  {
    id: 'resource-of-last-used-data',
    aws: 'GetAccessKeyLastUsed is authorized by the user who owns the key.',
    source: 'Service Authorization Reference, IAM, GetAccessKeyLastUsed',
    found: 'It is authorized by "*".',
    consequence: 'A shim: resource of GetAccessKeyLastUsed.',
    persists: async ({ cloud, usedAccessKeyId }) => {
      const step = new IAMClient(cloud.as(await credentialsOfStep(cloud, 'confirm-adoption')));
      const question = new GetAccessKeyLastUsedCommand({ AccessKeyId: usedAccessKeyId });
      return (await refusalOf(withoutShims(step).send(question))) === 'AccessDenied';
    },
  },
  {
    id: 'resource-of-alarms',
    aws: 'DescribeAlarms is authorized by the requested alarms.',
    source: 'Service Authorization Reference, Amazon CloudWatch, DescribeAlarms',
    found: 'It is authorized by "*".',
    consequence: 'A shim: resource of DescribeAlarms.',
    persists: async ({ cloud, healthAlarm }) => {
      const step = new CloudWatchClient(cloud.as(await credentialsOfStep(cloud, 'confirm-adoption')));
      const question = new DescribeAlarmsCommand({ AlarmNames: [healthAlarm], AlarmTypes: ['MetricAlarm'] });
      return (await refusalOf(withoutShims(step).send(question))) === 'AccessDeniedException';
    },
  },
];
