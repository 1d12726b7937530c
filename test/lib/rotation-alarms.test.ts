import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RUNBOOK_SECTIONS } from '../../lib/config/runbook-sections';
import { ALARMS_PER_STACK } from '../../tools/bench/cost';
import { anchorsOf } from '../support/headings';
import { resourceOf, resourcesOf, templateOf } from './synthesize';

const template = templateOf({
  notifications: { emails: ['ops@example.com'] },
  users: [{ userName: 'alice' }],
});
const [stateMachineId, emergencyId] = Object.keys(resourcesOf(template, 'AWS::StepFunctions::StateMachine'));
const [queueId] = Object.keys(resourcesOf(template, 'AWS::SQS::Queue'));
const [topicId] = Object.keys(resourcesOf(template, 'AWS::SNS::Topic'));
// Those of the survey have a test of their own.
const alarms = Object.fromEntries(
  Object.entries(resourcesOf(template, 'AWS::CloudWatch::Alarm')).filter(([id]) => !id.includes('Survey')),
);

const of = (machineId: string | undefined) => [{ Name: 'StateMachineArn', Value: { Ref: machineId } }];
const TOLD_BY_A_MESSAGE = undefined;
const TELLS = [{ Ref: topicId }];

test.each<[string, string, string, string, unknown, keyof typeof RUNBOOK_SECTIONS, typeof TELLS | undefined]>(
  [
    [
      'AlarmsFailed',
      'AWS/States',
      'ExecutionsFailed',
      'Sum',
      of(stateMachineId),
      'failed',
      TOLD_BY_A_MESSAGE,
    ],
    [
      'AlarmsTimedOut',
      'AWS/States',
      'ExecutionsTimedOut',
      'Sum',
      of(stateMachineId),
      'timedOut',
      TOLD_BY_A_MESSAGE,
    ],
    [
      'AlarmsNotDeclared',
      'AWS/States',
      'ExecutionsFailed',
      'Sum',
      of(emergencyId),
      'notDeclared',
      TOLD_BY_A_MESSAGE,
    ],
    [
      'AlarmsDeclarationTimedOut',
      'AWS/States',
      'ExecutionsTimedOut',
      'Sum',
      of(emergencyId),
      'notDeclared',
      TOLD_BY_A_MESSAGE,
    ],
    [
      'AlarmsDeclarationStopped',
      'AWS/States',
      'ExecutionsAborted',
      'Sum',
      of(emergencyId),
      'notDeclared',
      TOLD_BY_A_MESSAGE,
    ],
    ['AlarmsThrottled', 'AWS/States', 'ExecutionThrottled', 'Sum', of(stateMachineId), 'throttled', TELLS],
    [
      'AlarmsUndelivered',
      'AWS/SQS',
      'ApproximateNumberOfMessagesVisible',
      'Maximum',
      [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [queueId, 'QueueName'] } }],
      'undelivered',
      TELLS,
    ],
  ],
)('%s rings on the first of %s %s, and tells what no message tells', (...row) => {
  const [id, namespace, metric, statistic, dimensions, section, actions] = row;
  const alarm = resourceOf(template, 'AWS::CloudWatch::Alarm', id).Properties;
  expect(alarm).toMatchObject({
    Namespace: namespace,
    MetricName: metric,
    Statistic: statistic,
    Dimensions: dimensions,
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: 0,
    EvaluationPeriods: 1,
    Period: 300,
    TreatMissingData: 'notBreaching',
  });
  expect(alarm.AlarmActions).toEqual(actions);
  expect(alarm.AlarmDescription).toMatch(/\bkeys?\b/i);
  expect(alarm.AlarmDescription).toMatch(new RegExp(`See docs/runbook\\.md#${RUNBOOK_SECTIONS[section]}$`));
  // CloudWatch does not truncate a longer description: it refuses it.
  expect(alarm.AlarmDescription.length).toBeLessThanOrEqual(1024);
});

test('every section that alarms name is a heading of the runbook', () => {
  const runbook = readFileSync(join(__dirname, '../../docs/runbook.md'), 'utf8');
  expect(anchorsOf(runbook)).toEqual(expect.arrayContaining(Object.values(RUNBOOK_SECTIONS)));
});

test('there is no alarm that this table forgot, nor the bill', () => {
  expect(Object.keys(alarms)).toHaveLength(7);
  expect(ALARMS_PER_STACK).toBe(Object.keys(resourcesOf(template, 'AWS::CloudWatch::Alarm')).length);
});

test('the configured address is subscribed, and without one there is no subscription', () => {
  expect(resourceOf(template, 'AWS::SNS::Subscription').Properties).toEqual({
    Protocol: 'email',
    Endpoint: 'ops@example.com',
    TopicArn: { Ref: topicId },
  });
  templateOf({ users: [{ userName: 'alice' }] }).resourceCountIs('AWS::SNS::Subscription', 0);
});

test('the topic takes messages over TLS only, and of services only from the alarms of this stack that publish', () => {
  const publishing = Object.entries(alarms)
    .filter(([, { Properties }]) => Properties.AlarmActions !== undefined)
    .map(([id]) => id);
  expect(publishing).toHaveLength(2);
  const { Statement } = resourceOf(template, 'AWS::SNS::TopicPolicy').Properties.PolicyDocument;
  expect(Statement).toEqual([
    expect.objectContaining({
      Effect: 'Deny',
      Principal: '*',
      Action: 'sns:Publish',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    }),
    expect.objectContaining({
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: 'sns:Publish',
      Resource: { Ref: topicId },
      Condition: {
        StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
        ArnEquals: { 'aws:SourceArn': publishing.map((id) => ({ 'Fn::GetAtt': [id, 'Arn'] })) },
      },
    }),
    expect.objectContaining({ Sid: 'SurveyAlarmOfThisStack' }),
  ]);
});
