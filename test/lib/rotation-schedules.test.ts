import { madeBefore, resourceOf, resourcesOf, resourceText, statementsOf, templateOf } from './synthesize';

const template = templateOf({
  users: [
    { userName: 'alice' },
    { userName: 'bob,b', schedule: 'rate(1 day)', timeZone: 'Europe/Berlin', existingSecret: 'bob/key' },
  ],
});
/** The schedules of the users. The survey has one of its own. */
const schedulesOfUsers = (of: typeof template) =>
  Object.entries(resourcesOf(of, 'AWS::Scheduler::Schedule'))
    .filter(([id]) => !id.includes('SurveySchedule'))
    .map(([, schedule]) => schedule);
const [stateMachineId] = Object.keys(resourcesOf(template, 'AWS::StepFunctions::StateMachine'));

/** The request that a schedule sends, with the machine's logical ID in the place of its ARN. */
const requestOf = ({
  Properties,
}: {
  readonly Properties: { readonly Target: { readonly Input: unknown } };
}) => {
  const { 'Fn::Sub': text = '' } = Properties.Target.Input as { readonly 'Fn::Sub'?: string };
  const { Input, ...request } = JSON.parse(text.replace(/\$\{(\w+)\}/, '$1')) as Record<string, string>;
  return { ...request, Input: JSON.parse(Input ?? '') as Record<string, string> };
};
const [queueId] = Object.keys(resourcesOf(template, 'AWS::SQS::Queue'));

test('a schedule starts its user’s rotation, at its time and under its name, and keeps starts that cannot be delivered', () => {
  const schedule = resourceOf(template, 'AWS::Scheduler::Schedule', 'alice');
  expect(requestOf(schedule)).toEqual({
    StateMachineArn: stateMachineId,
    Name: 'alice-<aws.scheduler.execution-id>',
    Input: { userName: 'alice', trigger: 'schedule' },
  });
  expect(schedule.Properties).toMatchObject({
    Name: 'alice-2bd806c97f0e00af',
    GroupName: 'IamAccessKeyRotation',
    ScheduleExpression: 'cron(1 9 ? * MON-FRI *)',
    ScheduleExpressionTimezone: 'UTC',
    State: 'ENABLED',
    FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
    Target: {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own placeholder.
      Arn: { 'Fn::Sub': 'arn:${AWS::Partition}:scheduler:::aws-sdk:sfn:startExecution' },
      RetryPolicy: { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 7200 },
      DeadLetterConfig: { Arn: { 'Fn::GetAtt': [queueId, 'Arn'] } },
    },
  });
});

test('a user may have a schedule and a time zone of its own', () => {
  const schedule = resourceOf(template, 'AWS::Scheduler::Schedule', 'bob');
  expect(schedule.Properties).toMatchObject({
    ScheduleExpression: 'rate(1 day)',
    ScheduleExpressionTimezone: 'Europe/Berlin',
  });
  expect(requestOf(schedule)).toMatchObject({
    Name: expect.stringMatching(/^bob-b-[0-9a-f]{16}-<aws\.scheduler\.execution-id>$/),
    Input: { userName: 'bob,b', trigger: 'schedule' },
  });
});

test('all schedules form one group, which exists before them, as their permissions and their secrets do', () => {
  expect(resourceOf(template, 'AWS::Scheduler::ScheduleGroup').Properties.Name).toBe('IamAccessKeyRotation');
  const schedules = Object.keys(resourcesOf(template, 'AWS::Scheduler::Schedule')).filter(
    (id) => !id.includes('SurveySchedule'),
  );
  const needed = [
    ...Object.keys(resourcesOf(template, 'AWS::Scheduler::ScheduleGroup')),
    ...Object.keys(resourcesOf(template, 'Custom::RotatedSecrets')),
    ...Object.keys(resourcesOf(template, 'AWS::IAM::Policy')).filter((id) => id.includes('SchedulesRole')),
  ];
  expect(needed).toHaveLength(3);
  for (const id of schedules) expect([...madeBefore(template, id)]).toEqual(expect.arrayContaining(needed));
});

test('the scheduler may start this state machine and fill this queue, for this group only', () => {
  const statements = statementsOf(template, 'SchedulesRole').map(({ actions, resources }) => [
    actions,
    resources.map(resourceText),
  ]);
  expect(statements).toEqual([
    [['states:StartExecution'], [stateMachineId]],
    [['sqs:SendMessage'], [`${queueId}.Arn`]],
  ]);
  const { AssumeRolePolicyDocument } = resourceOf(template, 'AWS::IAM::Role', 'SchedulesRole').Properties;
  expect(AssumeRolePolicyDocument.Statement).toEqual([
    {
      Action: 'sts:AssumeRole',
      Effect: 'Allow',
      Principal: { Service: 'scheduler.amazonaws.com' },
      Condition: {
        StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
        ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [expect.stringContaining('SchedulesGroup'), 'Arn'] } },
      },
    },
  ]);
});

test.each(['Role', 'Group', 'Logs', 'Resource', 'Default', 'constructor', 'toString', '__proto__'])(
  'a user may be called %s',
  (userName) => {
    const schedules = schedulesOfUsers(templateOf({ users: [{ userName }, { userName: 'alice' }] }));
    expect(schedules.map((schedule) => requestOf(schedule).Input.userName)).toEqual([userName, 'alice']);
  },
);
