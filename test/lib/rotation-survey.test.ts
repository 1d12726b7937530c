import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRIC_DIMENSION, METRIC_NAMESPACE, METRICS } from '../../lambdas/shared/contract/names';
import { surveyFileOf } from '../../lambdas/shared/contract/survey';
import { parseConfig } from '../../lib/config';
import { RUNBOOK_SECTIONS, SURVEY_RUNBOOK_SECTIONS } from '../../lib/config/runbook-sections';
import { surveyedUsers } from '../../lib/config/surveyed';
import { anchorsOf } from '../support/headings';
import {
  deniedToOthersThan,
  resourceOf,
  resourcesOf,
  resourceText,
  statementsOf,
  templateOf,
} from './synthesize';

const BROUGHT_ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:carol/key-AbCd12';
const CONFIG = {
  users: [
    { userName: 'alice', healthAlarms: ['orders failing'] },
    { userName: 'bob,b', path: '/service/ci/', healthAlarms: ['orders failing', 'invoices failing'] },
    {
      userName: 'carol',
      existingSecret: BROUGHT_ARN,
      kmsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    },
  ],
};
const template = templateOf(CONFIG);

const arn = (rest: string): string => `arn:$\{AWS::Partition}:${rest}`;
const here = (service: string, rest: string): string =>
  arn(`${service}:$\{AWS::Region}:$\{AWS::AccountId}:${rest}`);
const only = (type: string, part: string): string => {
  const found = Object.keys(resourcesOf(template, type)).filter((id) => id.includes(part));
  expect(found).toHaveLength(1);
  return found[0] ?? '';
};

const TOPIC = only('AWS::SNS::Topic', 'Notifications');
const QUEUE = only('AWS::SQS::Queue', 'Undelivered');
const FUNCTION = only('AWS::Lambda::Function', 'SurveyFunction');
const LOGS = only('AWS::Logs::LogGroup', 'SurveyLogs');

// Written out, and not taken from the product: a change that widens the role has to be repeated here.
const ALLOWED: readonly (readonly [readonly string[], ...string[]])[] = [
  [[`${LOGS}.Arn`], 'logs:CreateLogStream', 'logs:PutLogEvents'],
  [
    ['alice', '*/bob,b', 'carol'].map((user) => arn(`iam::$\{AWS::AccountId}:user/${user}`)),
    'iam:ListAccessKeys',
  ],
  [
    [
      // The template has no room for those of a hundred users, and what is granted tells nothing of their values.
      here('secretsmanager', 'secret:iam-access-key-rotation/*'),
      BROUGHT_ARN,
    ],
    'secretsmanager:DescribeSecret',
  ],
  [[here('states', 'stateMachine:IamAccessKeyRotation')], 'states:ListExecutions'],
  [
    [here('states', 'execution:IamAccessKeyRotation:*')],
    'states:DescribeExecution',
    'states:GetExecutionHistory',
  ],
  [
    [here('cloudwatch', 'alarm:orders failing'), here('cloudwatch', 'alarm:invoices failing')],
    'cloudwatch:DescribeAlarms',
  ],
  [[here('scheduler', 'schedule/IamAccessKeyRotation/*')], 'scheduler:GetSchedule'],
  [[TOPIC], 'sns:ListSubscriptionsByTopic', 'sns:Publish'],
  [['*'], 'cloudwatch:PutMetricData'],
  [[here('events', 'event-bus/default')], 'events:PutEvents'],
];

describe('the survey', () => {
  test('may do exactly this, and nothing with the value of a secret or with a KMS key', () => {
    const allowed = statementsOf(template, 'SurveyRole').map(({ actions, resources }) => [
      resources.map(resourceText).sort(),
      ...[...actions].sort(),
    ]);
    const written = ALLOWED.map(([resources, ...actions]) => [[...resources].sort(), ...[...actions].sort()]);
    // Two of them are in policies that steps have, too, and come last.
    expect(allowed).toHaveLength(written.length);
    expect(allowed).toEqual(expect.arrayContaining(written));
    expect(JSON.stringify(allowed)).not.toMatch(/GetSecretValue|kms:/);
  });

  test('may import and read findings in Security Hub only if it is asked to', () => {
    const hubOf = (of: typeof template) => [
      statementsOf(of, 'SurveyRole')
        .filter(({ actions }) => actions.some((action) => action.startsWith('securityhub:')))
        .map(({ actions, resources }) => [actions, resources.map(resourceText)]),
      resourceOf(of, 'AWS::Lambda::Function', 'SurveyFunction').Properties.Environment.Variables.SECURITY_HUB,
    ];
    expect(hubOf(template)).toEqual([[], undefined]);
    expect(hubOf(templateOf({ ...CONFIG, securityHub: true }))).toEqual([
      [
        [['securityhub:BatchImportFindings'], [here('securityhub', `product/$\{AWS::AccountId}/default`)]],
        [['securityhub:GetFindings'], [here('securityhub', 'hub/default')]],
      ],
      'yes',
    ]);
  });

  test('may put metrics of one namespace, and events of one source', () => {
    const conditionsOf = (action: string) =>
      statementsOf(template, 'SurveyRole').find(({ actions }) => actions.includes(action))?.conditions;
    expect(conditionsOf('cloudwatch:PutMetricData')).toEqual({
      StringEquals: { 'cloudwatch:namespace': ['IamAccessKeyRotation'] },
    });
    expect(conditionsOf('events:PutEvents')).toEqual({
      'ForAllValues:StringEquals': { 'events:source': ['iam-access-key-rotation'] },
      Null: { 'events:source': ['false'] },
    });
  });

  test('has a role that gives another function no access', () => {
    expect(statementsOf(template, 'SurveyRole', 'Deny')).toEqual(deniedToOthersThan(FUNCTION));
  });

  test('runs once a day, under a role that can start it and nothing else', () => {
    const schedule = resourceOf(template, 'AWS::Scheduler::Schedule', 'SurveySchedule');
    expect(schedule.Properties).toMatchObject({
      Name: expect.stringMatching(/^survey-of-IamAccessKeyRotation-[0-9a-f]{16}$/),
      GroupName: 'IamAccessKeyRotation',
      ScheduleExpression: 'cron(30 5 * * ? *)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: {
        Arn: { 'Fn::GetAtt': [FUNCTION, 'Arn'] },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [QUEUE, 'Arn'] } },
      },
    });
    expect(schedule.DependsOn).toContainEqual(expect.stringContaining('SchedulesGroup'));
    expect(
      statementsOf(template, 'SurveyScheduleRole').map(({ actions, resources }) => [
        actions,
        resources.map(resourceText),
      ]),
    ).toEqual([
      [['lambda:InvokeFunction'], [`${FUNCTION}.Arn`]],
      [['sqs:SendMessage'], [`${QUEUE}.Arn`]],
    ]);
  });

  test('has a log for a year, and knows what it looks at', () => {
    expect(resourceOf(template, 'AWS::Logs::LogGroup', LOGS)).toMatchObject({
      Properties: { RetentionInDays: 365 },
      DeletionPolicy: 'RetainExceptOnCreate',
    });
    const { Timeout, Environment } = resourceOf(template, 'AWS::Lambda::Function', FUNCTION).Properties;
    expect(Timeout).toBe(900);
    expect(Environment.Variables).toEqual({
      STATE_MACHINE_ARN: { Ref: expect.stringContaining('StateMachine') },
      RUNBOOK_URL: 'docs/runbook.md',
      SCHEDULE_GROUP: 'IamAccessKeyRotation',
      NOTIFICATION_TOPIC_ARN: { Ref: TOPIC },
    });
  });

  test('is told of each user what the configuration promises, and nothing about the infrastructure', () => {
    const { users } = parseConfig(CONFIG, { executionTimeoutSeconds: 90 * 86_400 });
    const [alice, bob] = surveyFileOf(surveyedUsers(users)).users;
    expect(alice).toMatchObject({
      userName: 'alice',
      scheduleName: 'alice-2bd806c97f0e00af',
      startsWithinSeconds: 3 * 86_400 + 900,
      closedForSeconds: 65 * 3600 + 3600,
    });
    expect(bob).not.toHaveProperty('path');
  });
});

describe('every alarm of the survey', () => {
  /** The heartbeat alone publishes: of the others, the message of the survey has told. */
  const ALARMS: readonly [string, string, string, number, string, keyof typeof SURVEY_RUNBOOK_SECTIONS][] = [
    ['NoHeartbeat', METRICS.heartbeat, 'LessThanThreshold', 1, 'breaching', 'noHeartbeat'],
    ['Overdue', METRICS.overdue, 'GreaterThanThreshold', 0, 'notBreaching', 'overdue'],
    ['Stuck', METRICS.stuck, 'GreaterThanThreshold', 0, 'notBreaching', 'stuck'],
    ['Drifted', METRICS.drifted, 'GreaterThanThreshold', 0, 'notBreaching', 'drifted'],
  ];

  test.each(ALARMS)('%s on %s', (...[id, metric, comparison, threshold, missing, section]) => {
    const { Properties } = resourceOf(template, 'AWS::CloudWatch::Alarm', `Survey${id}`);
    expect(Properties).toMatchObject({
      Namespace: METRIC_NAMESPACE,
      MetricName: metric,
      Dimensions: [{ Name: METRIC_DIMENSION, Value: 'IamAccessKeyRotation' }],
      Statistic: 'Maximum',
      Period: 3600,
      EvaluationPeriods: 26,
      DatapointsToAlarm: id === 'NoHeartbeat' ? 26 : 1,
      ComparisonOperator: comparison,
      Threshold: threshold,
      TreatMissingData: missing,
    });
    expect(Properties.AlarmActions).toEqual(id === 'NoHeartbeat' ? [{ Ref: TOPIC }] : undefined);
    expect(Properties.AlarmDescription).toMatch(
      new RegExp(`See docs/runbook\\.md#${SURVEY_RUNBOOK_SECTIONS[section]}$`),
    );
    expect(Properties.AlarmDescription.length).toBeLessThanOrEqual(1024);
    // CloudWatch API, PutMetricAlarm: a week with periods of an hour.
    expect(Properties.Period * Properties.EvaluationPeriods).toBeLessThanOrEqual(604_800);
  });

  test('is in this table, or in that of the other alarms', () => {
    const survey = Object.keys(resourcesOf(template, 'AWS::CloudWatch::Alarm')).filter((id) =>
      id.includes('Survey'),
    );
    expect(survey).toHaveLength(ALARMS.length);
  });

  test('that publishes may do so', () => {
    const { Statement } = resourceOf(template, 'AWS::SNS::TopicPolicy').Properties.PolicyDocument;
    expect(Statement).toContainEqual({
      Sid: 'SurveyAlarmOfThisStack',
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: 'sns:Publish',
      Resource: { Ref: TOPIC },
      Condition: {
        StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
        ArnEquals: {
          'aws:SourceArn': { 'Fn::GetAtt': [only('AWS::CloudWatch::Alarm', 'SurveyNoHeartbeat'), 'Arn'] },
        },
      },
    });
  });

  test('has a section in the runbook', () => {
    const runbook = readFileSync(join(__dirname, '../../docs/runbook.md'), 'utf8');
    expect(anchorsOf(runbook)).toEqual(
      expect.arrayContaining([...Object.values(SURVEY_RUNBOOK_SECTIONS), ...Object.values(RUNBOOK_SECTIONS)]),
    );
  });
});
