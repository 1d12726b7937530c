import { resourceOf, resourcesOf, resourceText, statementsOf, templateOf } from './synthesize';

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
const [queueId] = Object.keys(resourcesOf(template, 'AWS::SQS::Queue'));

test('a schedule starts its user’s rotation, at its time, and keeps starts that cannot be delivered', () => {
  expect(resourceOf(template, 'AWS::Scheduler::Schedule', 'alice').Properties).toMatchObject({
    Name: 'alice-2bd806c97f0e00af',
    GroupName: 'IamAccessKeyRotation',
    ScheduleExpression: 'cron(1 9 ? * MON-FRI *)',
    ScheduleExpressionTimezone: 'UTC',
    State: 'ENABLED',
    FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
    Target: {
      Arn: { Ref: stateMachineId },
      Input: '{"userName":"alice","trigger":"schedule"}',
      RetryPolicy: { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 7200 },
      DeadLetterConfig: { Arn: { 'Fn::GetAtt': [queueId, 'Arn'] } },
    },
  });
});

test('a user may have a schedule and a time zone of its own', () => {
  expect(resourceOf(template, 'AWS::Scheduler::Schedule', 'bob').Properties).toMatchObject({
    ScheduleExpression: 'rate(1 day)',
    ScheduleExpressionTimezone: 'Europe/Berlin',
    Target: { Input: '{"userName":"bob,b","trigger":"schedule"}' },
  });
});

test('all schedules form one group, which exists before them', () => {
  expect(resourceOf(template, 'AWS::Scheduler::ScheduleGroup').Properties.Name).toBe('IamAccessKeyRotation');
  for (const schedule of schedulesOfUsers(template)) {
    expect(schedule.DependsOn).toContainEqual(expect.stringContaining('SchedulesGroup'));
    expect(schedule.DependsOn).toContainEqual(expect.stringContaining('SchedulesRoleDefaultPolicy'));
  }
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
        StringEquals: {
          'aws:SourceAccount': { Ref: 'AWS::AccountId' },
          'aws:SourceArn': { 'Fn::GetAtt': [expect.stringContaining('SchedulesGroup'), 'Arn'] },
        },
      },
    },
  ]);
});

test.each(['Role', 'Group', 'Logs', 'Resource', 'Default', 'constructor', 'toString', '__proto__'])(
  'a user may be called %s',
  (userName) => {
    const schedules = schedulesOfUsers(templateOf({ users: [{ userName }, { userName: 'alice' }] }));
    expect(schedules.map(({ Properties }) => JSON.parse(Properties.Target.Input).userName)).toEqual([
      userName,
      'alice',
    ]);
  },
);
