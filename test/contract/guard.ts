import type { Judge, OutgoingRequest } from './judge';
import { NAME_PREFIX } from './subject';

/** A call that the suite must not send. */
export class Forbidden extends Error {
  override readonly name = 'Forbidden';
}

/** Calls that change nothing. */
const READS: ReadonlySet<string> = new Set([
  'iam:GetAccessKeyLastUsed',
  'iam:GetUser',
  'iam:ListAccessKeys',
  'iam:ListPolicies',
  'iam:ListRoles',
  'iam:ListUsers',
  'sts:GetCallerIdentity',
  'secretsmanager:DescribeSecret',
  'secretsmanager:GetSecretValue',
  'secretsmanager:ListSecretVersionIds',
  'secretsmanager:ListSecrets',
  'cloudwatch:DescribeAlarmHistory',
  'cloudwatch:DescribeAlarms',
  'cloudtrail:LookupEvents',
  'lambda:GetFunctionConcurrency',
  'lambda:ListFunctions',
  'logs:DescribeLogGroups',
  'logs:FilterLogEvents',
  'states:DescribeExecution',
  'states:ListExecutions',
  'states:ListStateMachines',
  'sns:ListSubscriptionsByTopic',
  'sns:ListTopics',
  'sqs:ListQueues',
  'events:ListRules',
  'events:TestEventPattern',
  'scheduler:GetSchedule',
  'scheduler:ListScheduleGroups',
]);

/** Calls that change something, with the inputs that name what they change or connect. */
const WRITES: Readonly<Record<string, readonly string[]>> = {
  'iam:CreateAccessKey': ['UserName'],
  'iam:CreateRole': ['RoleName'],
  'iam:CreateUser': ['UserName'],
  'iam:DeleteAccessKey': ['UserName'],
  'iam:DeleteRole': ['RoleName'],
  'iam:DeleteUser': ['UserName'],
  'iam:DeleteUserPolicy': ['UserName'],
  'iam:PutUserPolicy': ['UserName'],
  'iam:TagUser': ['UserName'],
  'iam:UpdateAccessKey': ['UserName'],
  'secretsmanager:CreateSecret': ['Name'],
  'secretsmanager:DeleteSecret': ['SecretId'],
  'secretsmanager:PutSecretValue': ['SecretId'],
  'secretsmanager:RestoreSecret': ['SecretId'],
  'secretsmanager:UpdateSecretVersionStage': ['SecretId'],
  'cloudwatch:DeleteAlarms': ['AlarmNames[]'],
  'cloudwatch:PutCompositeAlarm': ['AlarmName'],
  'cloudwatch:PutMetricAlarm': ['AlarmName', 'Namespace', 'AlarmActions[]?'],
  'cloudwatch:PutMetricData': ['Namespace'],
  'cloudwatch:SetAlarmState': ['AlarmName'],
  'states:CreateStateMachine': ['name'],
  'states:DeleteStateMachine': ['stateMachineArn'],
  'states:StartExecution': ['stateMachineArn', 'name'],
  'states:StopExecution': ['executionArn'],
  'sns:CreateTopic': ['Name'],
  'sns:DeleteTopic': ['TopicArn'],
  'sns:Publish': ['TopicArn'],
  'sns:SetTopicAttributes': ['TopicArn'],
  'sns:Subscribe': ['TopicArn', 'Endpoint'],
  'sqs:CreateQueue': ['QueueName'],
  'sqs:DeleteQueue': ['QueueUrl'],
  // Receiving hides a message from other receivers for a while.
  'sqs:ReceiveMessage': ['QueueUrl'],
  'sqs:SetQueueAttributes': ['QueueUrl'],
  'events:DeleteRule': ['Name'],
  'events:PutEvents': ['Entries[].Source'],
  'events:PutRule': ['Name'],
  'events:PutTargets': ['Rule', 'Targets[].Arn'],
  'events:RemoveTargets': ['Rule'],
  'scheduler:CreateSchedule': ['Name', 'GroupName', 'Target.Input{}.StateMachineArn'],
  'logs:CreateLogGroup': ['logGroupName'],
  'logs:CreateLogStream': ['logGroupName'],
  'logs:DeleteLogGroup': ['logGroupName'],
  'logs:PutLogEvents': ['logGroupName'],
  'scheduler:CreateScheduleGroup': ['Name'],
  'scheduler:DeleteScheduleGroup': ['Name'],
};

/** Inputs that may have one value only: a universal target calls whatever its ARN says. */
const FIXED: Readonly<Record<string, readonly [path: string, value: string]>> = {
  'scheduler:CreateSchedule': ['Target.Arn', 'arn:aws:scheduler:::aws-sdk:sfn:startExecution'],
};

const parsed = (text: unknown): unknown => {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
};

/** The values at a path such as `Entries[].Source`. `{}` is JSON in a text. */
const valuesAt = (value: unknown, path: string): readonly unknown[] => {
  const [step = '', ...rest] = path.split('.');
  const name = step.replace(/\[\]|\{\}/, '');
  const found = (value as Readonly<Record<string, unknown>> | undefined)?.[name];
  const inner = step.endsWith('{}') ? parsed(found) : found;
  const values = step.endsWith('[]') ? (Array.isArray(inner) ? inner : []) : [inner];
  return rest.length === 0 ? values : values.flatMap((one) => valuesAt(one, rest.join('.')));
};

/** The name in an ARN, a queue's URL, or a name; undefined when it belongs to another account. */
const nameOf = (value: string, accountId: string): string | undefined => {
  if (value.startsWith('arn:')) {
    const [, , , , account, ...resource] = value.split(':');
    return account === accountId ? resource.at(-1) : undefined;
  }
  if (/^https?:/.test(value)) {
    const [account, name] = new URL(value).pathname.split('/').slice(1);
    return account === accountId ? name : undefined;
  }
  return value;
};

/**
 * Refuses every call that would change something whose name does not have the prefix. Unknown calls are
 * refused too, and so are calls that do not name what they change.
 *
 * @throws Forbidden before the request leaves.
 */
export const guard =
  (prefix: string, accountId: string) =>
  ({ service, operation, input }: OutgoingRequest): void => {
    const call = `${service}:${operation}`;
    if (READS.has(call)) return;
    const fields = WRITES[call];
    if (fields === undefined) throw new Forbidden(`The suite does not send ${call}.`);
    const [path, only] = FIXED[call] ?? [];
    if (path !== undefined && valuesAt(input, path).some((value) => value !== only)) {
      throw new Forbidden(`${call} has another ${path} than ${only}.`);
    }
    for (const field of fields) {
      const optional = field.endsWith('?');
      const values = valuesAt(input, field.replace('?', ''));
      if (values.length === 0 && !optional) throw new Forbidden(`${call} names nothing in ${field}.`);
      for (const value of values) {
        if (typeof value !== 'string' || !nameOf(value, accountId)?.startsWith(prefix)) {
          throw new Forbidden(
            `${call} would change what is not the suite’s own: ${field} is ${JSON.stringify(value)}.`,
          );
        }
      }
    }
  };

/** A judge that carries out only what a run may do. */
export const guarded = (judge: Judge, runId: string): Judge => ({
  ...judge,
  inspect: guard(`${NAME_PREFIX}-${runId}-`, judge.accountId),
});
