import { Forbidden, guard } from './guard';
import { NAME_PREFIX } from './subject';

const ACCOUNT = '111122223333';
const OWN = `${NAME_PREFIX}-abc123-`;
const own = (what: string) => `${OWN}${what}`;

const machine = (name: string) => `arn:aws:states:eu-west-1:${ACCOUNT}:stateMachine:${name}`;
const schedule = (input: unknown, Arn = 'arn:aws:scheduler:::aws-sdk:sfn:startExecution') => ({
  Name: own('s'),
  GroupName: own('g'),
  Target: { Arn, Input: typeof input === 'string' ? input : JSON.stringify(input) },
});

const judged = (call: string, input: Readonly<Record<string, unknown>>) => () => {
  const [service = '', operation = ''] = call.split(':');
  guard(OWN, ACCOUNT)({ service, operation, input });
};

describe('the guard lets through', () => {
  it.each<[string, Record<string, unknown>]>([
    ['iam:GetUser', { UserName: 'somebody-else' }],
    ['iam:CreateUser', { UserName: own('u1') }],
    ['secretsmanager:PutSecretValue', { SecretId: own('s1') }],
    [
      'secretsmanager:PutSecretValue',
      { SecretId: `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:${own('s1')}-AbCdEf` },
    ],
    ['sns:Publish', { TopicArn: `arn:aws:sns:eu-west-1:${ACCOUNT}:${own('t1')}` }],
    ['sqs:DeleteQueue', { QueueUrl: `https://sqs.eu-west-1.amazonaws.com/${ACCOUNT}/${own('q1')}` }],
    ['events:PutEvents', { Entries: [{ Source: own('source') }] }],
    ['cloudwatch:PutMetricAlarm', { AlarmName: own('a'), Namespace: own('m'), AlarmActions: [] }],
    ['scheduler:CreateSchedule', schedule({ StateMachineArn: machine(own('m')) })],
    ['logs:PutLogEvents', { logGroupName: own('group'), logStreamName: 'alice' }],
  ])('%s %j', (call, input) => {
    expect(judged(call, input)).not.toThrow();
  });
});

describe('the guard refuses', () => {
  it.each<[string, Record<string, unknown>]>([
    // Another owner's.
    ['iam:DeleteUser', { UserName: 'alice' }],
    ['iam:DeleteAccessKey', { UserName: 'alice', AccessKeyId: 'AKIAXXXXXXXXXXXXXXXX' }],
    ['secretsmanager:DeleteSecret', { SecretId: 'iam-access-key-rotation/alice' }],
    [
      'secretsmanager:DeleteSecret',
      { SecretId: `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:db-AbCdEf` },
    ],
    ['sns:DeleteTopic', { TopicArn: `arn:aws:sns:eu-west-1:${ACCOUNT}:alarms` }],
    ['logs:DeleteLogGroup', { logGroupName: '/rotation/audit' }],
    // Another run's, and names that only contain the prefix.
    ['iam:DeleteUser', { UserName: `${NAME_PREFIX}-ffffff-u1` }],
    ['iam:DeleteUser', { UserName: `x-${own('u1')}` }],
    // The right name, in another account.
    ['sns:Publish', { TopicArn: `arn:aws:sns:eu-west-1:999988887777:${own('t1')}` }],
    ['sqs:DeleteQueue', { QueueUrl: `https://sqs.eu-west-1.amazonaws.com/999988887777/${own('q1')}` }],
    // One of several.
    ['cloudwatch:DeleteAlarms', { AlarmNames: [own('a'), 'production'] }],
    ['events:PutEvents', { Entries: [{ Source: own('source') }, { Source: 'shop.orders' }] }],
    [
      'events:PutTargets',
      { Rule: own('rule'), Targets: [{ Arn: `arn:aws:sns:eu-west-1:${ACCOUNT}:alarms` }] },
    ],
    [
      'sns:Subscribe',
      { TopicArn: `arn:aws:sns:eu-west-1:${ACCOUNT}:${own('t')}`, Endpoint: 'a@example.com' },
    ],
    ['scheduler:CreateSchedule', schedule({ StateMachineArn: machine('production') })],
    ['scheduler:CreateSchedule', schedule({})],
    ['scheduler:CreateSchedule', schedule('no JSON')],
    [
      'scheduler:CreateSchedule',
      schedule({ StateMachineArn: machine(own('m')) }, 'arn:aws:scheduler:::aws-sdk:ec2:terminateInstances'),
    ],
    ['scheduler:CreateSchedule', schedule({ StateMachineArn: machine(own('m')) }, machine('production'))],
    [
      'cloudwatch:PutMetricAlarm',
      {
        AlarmName: own('a'),
        Namespace: own('m'),
        AlarmActions: ['arn:aws:sns:eu-west-1:111122223333:alarms'],
      },
    ],
    // No user is named: IAM would take the user who signs.
    ['iam:CreateAccessKey', {}],
    ['iam:DeleteAccessKey', { AccessKeyId: 'AKIAXXXXXXXXXXXXXXXX' }],
    ['cloudwatch:DeleteAlarms', { AlarmNames: [] }],
    ['events:PutEvents', {}],
    // An unknown call, though it names something of the suite's own.
    ['iam:AttachUserPolicy', { UserName: own('u1') }],
    ['iam:DeleteRolePolicy', { RoleName: own('r1') }],
    ['ec2:TerminateInstances', {}],
  ])('%s %j', (call, input) => {
    expect(judged(call, input)).toThrow(Forbidden);
  });
});
