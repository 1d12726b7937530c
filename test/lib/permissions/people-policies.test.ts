import { resourcePolicyAllows } from '../../../local/deployment/permissions';
import { type Template, TemplateResolver } from '../../../local/deployment/template';
import { resourcesOf, templateOf } from '../synthesize';

const BROUGHT = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:carol/key-AbCdEf';
const template = templateOf({
  users: [
    { userName: 'alice', healthAlarms: ['orders failing'] },
    { userName: 'carol', existingSecret: BROUGHT },
  ],
});
const resolver = new TemplateResolver(template.toJSON() as Template, {
  stackName: 'IamAccessKeyRotation',
  accountId: '111122223333',
  region: 'us-east-1',
});

const here = (service: string, rest: string): string => `arn:aws:${service}:us-east-1:111122223333:${rest}`;
const ROTATION = here('states', 'stateMachine:IamAccessKeyRotation');
const EMERGENCY = here('states', 'stateMachine:IamAccessKeyRotation-emergency');
const ROTATING = here('states', 'execution:IamAccessKeyRotation:a-run');
const DECLARED = here('states', 'execution:IamAccessKeyRotation-emergency:a-run');
const SECRET = here('secretsmanager', 'secret:iam-access-key-rotation/alice-AbCdEf');
const ALICE = 'arn:aws:iam::111122223333:user/alice';
const [queueId = ''] = Object.keys(resourcesOf(template, 'AWS::SQS::Queue'));
const [topicId = ''] = Object.keys(resourcesOf(template, 'AWS::SNS::Topic'));
const QUEUE = here('sqs', queueId);
const [logGroupId = ''] = Object.keys(resourcesOf(template, 'AWS::Logs::LogGroup')).filter((id) =>
  id.includes('PlanRotation'),
);
const PAUSE = { 'aws:TagKeys': ['rotation-paused'] };

type Purpose = 'Reader' | 'Operator' | 'Emergency';

const policies = Object.entries(resourcesOf(template, 'AWS::IAM::ManagedPolicy')).filter(([id]) =>
  id.includes('People'),
);

/** Whether the policies for a purpose allow a call. */
const allow = (purpose: Purpose, request: Parameters<typeof resourcePolicyAllows>[2]): boolean =>
  policies
    .filter(([id]) => id.includes(`People${purpose}`) || id.includes(`PeopleLog${purpose}`))
    .some(([id, { Properties }]) =>
      resourcePolicyAllows(id, resolver.resolve(Properties.PolicyDocument) as never, request),
    );

const NOBODY: readonly Purpose[] = [];

test.each<[string, string, readonly Purpose[], Readonly<Record<string, readonly string[]>>?]>([
  ['states:StartExecution', ROTATION, ['Operator']],
  ['states:StartExecution', EMERGENCY, ['Emergency']],
  ['states:StopExecution', ROTATING, ['Operator']],
  ['states:StopExecution', DECLARED, NOBODY],
  ['states:RedriveExecution', ROTATING, NOBODY],
  ['states:DescribeExecution', ROTATING, ['Reader', 'Emergency']],
  ['states:DescribeExecution', DECLARED, ['Reader', 'Emergency']],
  ['states:GetExecutionHistory', ROTATING, ['Reader', 'Emergency']],
  ['states:ListExecutions', ROTATION, ['Reader']],
  ['scheduler:GetSchedule', here('scheduler', 'schedule/IamAccessKeyRotation/survey'), ['Reader']],
  ['scheduler:GetSchedule', here('scheduler', 'schedule/somebody-elses/survey'), NOBODY],
  ['states:ListExecutions', here('states', 'stateMachine:somebody-elses'), NOBODY],
  ['states:DescribeExecution', here('states', 'execution:somebody-elses:a-run'), NOBODY],
  ['states:UpdateStateMachine', ROTATION, NOBODY],
  ['states:SendTaskSuccess', ROTATION, NOBODY],
  ['iam:ListAccessKeys', ALICE, ['Reader']],
  ['iam:GetAccessKeyLastUsed', ALICE, ['Reader']],
  ['iam:ListAccessKeys', 'arn:aws:iam::111122223333:user/bob', NOBODY],
  ['iam:UpdateAccessKey', ALICE, NOBODY],
  ['iam:DeleteAccessKey', ALICE, NOBODY],
  ['iam:CreateAccessKey', ALICE, NOBODY],
  ['secretsmanager:DescribeSecret', SECRET, ['Reader']],
  ['secretsmanager:DescribeSecret', BROUGHT, ['Reader']],
  ['secretsmanager:GetSecretValue', SECRET, NOBODY],
  ['secretsmanager:GetSecretValue', BROUGHT, NOBODY],
  ['secretsmanager:TagResource', SECRET, ['Operator'], PAUSE],
  ['secretsmanager:UntagResource', BROUGHT, ['Operator'], PAUSE],
  ['secretsmanager:TagResource', SECRET, NOBODY, { 'aws:TagKeys': ['rotation-paused', 'another'] }],
  ['secretsmanager:TagResource', SECRET, NOBODY, { 'aws:TagKeys': ['another'] }],
  ['secretsmanager:TagResource', SECRET, NOBODY],
  ['secretsmanager:UpdateSecretVersionStage', SECRET, NOBODY],
  ['cloudwatch:DescribeAlarms', here('cloudwatch', 'alarm:orders failing'), ['Reader']],
  ['cloudwatch:DescribeAlarms', here('cloudwatch', 'alarm:other'), NOBODY],
  ['cloudwatch:SetAlarmState', here('cloudwatch', 'alarm:orders failing'), NOBODY],
  ['logs:FilterLogEvents', here('logs', `log-group:${logGroupId}:*`), ['Reader']],
  ['sns:ListSubscriptionsByTopic', here('sns', topicId), ['Reader']],
  ['sns:Publish', here('sns', topicId), NOBODY],
  ['sqs:GetQueueAttributes', QUEUE, ['Reader']],
  ['sqs:ReceiveMessage', QUEUE, ['Operator']],
  ['lambda:InvokeFunction', here('lambda', 'function:IamAccessKeyRotation-PlanRotation'), NOBODY],
])('%s on %s is for %j', (...[action, resource, purposes, conditions]) => {
  const allowed = (['Reader', 'Operator', 'Emergency'] as const).filter((purpose) =>
    allow(purpose, { action, resource, ...(conditions !== undefined && { conditions }) }),
  );
  expect(allowed).toEqual(purposes);
});

test('each alarm of the stack may be read by readers', () => {
  const alarms = Object.keys(resourcesOf(template, 'AWS::CloudWatch::Alarm'));
  expect(alarms.length).toBeGreaterThan(0);
  for (const alarm of alarms) {
    const resource = here('cloudwatch', `alarm:${alarm}`);
    expect([alarm, allow('Reader', { action: 'cloudwatch:DescribeAlarmHistory', resource })]).toEqual([
      alarm,
      true,
    ]);
  }
});

test('they are attached to no one', () => {
  expect(policies.length).toBeGreaterThan(0);
  for (const [, { Properties }] of policies) {
    expect([Properties.Roles, Properties.Users, Properties.Groups]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  }
});
