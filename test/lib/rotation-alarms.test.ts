import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_NAMES } from '../../lambdas/shared/contract/errors';
import { RUNBOOK_SECTIONS } from '../../lib/rotation-alarms';
import { ALARMS_PER_STACK } from '../../tools/bench/cost';
import { resourceOf, resourcesOf, resourceText, statementsOf, templateOf } from './synthesize';

const template = templateOf({ notificationEmail: 'ops@example.com', users: [{ userName: 'alice' }] });
const [stateMachineId, emergencyId] = Object.keys(resourcesOf(template, 'AWS::StepFunctions::StateMachine'));
const [queueId] = Object.keys(resourcesOf(template, 'AWS::SQS::Queue'));
const [topicId] = Object.keys(resourcesOf(template, 'AWS::SNS::Topic'));
const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm');

const ofStateMachine = [{ Name: 'StateMachineArn', Value: { Ref: stateMachineId } }];

test.each<[string, string, string, unknown, keyof typeof RUNBOOK_SECTIONS]>([
  ['AlarmsFailed', 'AWS/States', 'ExecutionsFailed', ofStateMachine, 'failed'],
  ['AlarmsTimedOut', 'AWS/States', 'ExecutionsTimedOut', ofStateMachine, 'timedOut'],
  ['AlarmsAborted', 'AWS/States', 'ExecutionsAborted', ofStateMachine, 'aborted'],
  [
    'AlarmsNotDeclared',
    'AWS/States',
    'ExecutionsFailed',
    [{ Name: 'StateMachineArn', Value: { Ref: emergencyId } }],
    'notDeclared',
  ],
  ['AlarmsThrottled', 'AWS/States', 'ExecutionThrottled', ofStateMachine, 'throttled'],
  [
    'AlarmsUndelivered',
    'AWS/SQS',
    'ApproximateNumberOfMessagesVisible',
    [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [queueId, 'QueueName'] } }],
    'undelivered',
  ],
])('%s goes off on the first of %s %s, and says what to do', (id, namespace, metric, dimensions, section) => {
  const alarm = resourceOf(template, 'AWS::CloudWatch::Alarm', id).Properties;
  expect(alarm).toMatchObject({
    Namespace: namespace,
    MetricName: metric,
    Dimensions: dimensions,
    ComparisonOperator: 'GreaterThanThreshold',
    Threshold: 0,
    EvaluationPeriods: 1,
    Period: 300,
    TreatMissingData: 'notBreaching',
    AlarmActions: [{ Ref: topicId }],
  });
  expect(alarm.AlarmDescription).toMatch(/\bkeys?\b/i);
  expect(alarm.AlarmDescription).toMatch(new RegExp(`See docs/runbook\\.md#${RUNBOOK_SECTIONS[section]}$`));
  // CloudWatch does not truncate a longer description: it refuses it.
  expect(alarm.AlarmDescription.length).toBeLessThanOrEqual(1024);
});

test('every section that alarms and messages name is a heading of the runbook', () => {
  const runbook = readFileSync(join(__dirname, '../../docs/runbook.md'), 'utf8');
  const anchors = [...runbook.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^a-z0-9 _-]/g, '')
      .replaceAll(' ', '-'),
  );
  expect(anchors).toEqual(expect.arrayContaining(Object.values(RUNBOOK_SECTIONS)));
});

test('this table and the bill have every alarm', () => {
  expect(Object.keys(alarms)).toHaveLength(6);
  expect(ALARMS_PER_STACK).toBe(6);
});

test('the configured address is subscribed, and without one there is no subscription', () => {
  expect(resourceOf(template, 'AWS::SNS::Subscription').Properties).toEqual({
    Protocol: 'email',
    Endpoint: 'ops@example.com',
    TopicArn: { Ref: topicId },
  });
  templateOf({ users: [{ userName: 'alice' }] }).resourceCountIs('AWS::SNS::Subscription', 0);
});

test('the topic accepts messages over TLS only, and from services only those of this stack’s alarms', () => {
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
        ArnEquals: { 'aws:SourceArn': Object.keys(alarms).map((id) => ({ 'Fn::GetAtt': [id, 'Arn'] })) },
      },
    }),
  ]);
});

describe('the rule for unexplained ends', () => {
  const rule = resourceOf(template, 'AWS::Events::Rule').Properties;

  type Condition = Record<string, unknown[]>;
  const matchesValue = (allowed: unknown, value: unknown): boolean => {
    if (typeof allowed !== 'object' || allowed === null) return allowed === value;
    if ('exists' in allowed) return allowed.exists === (value !== undefined);
    const names = (allowed as { 'anything-but': unknown[] })['anything-but'];
    return typeof value === 'string' && !names.includes(value);
  };
  /** EventBridge's matching, as far as this pattern uses it. */
  const matches = (detail: Record<string, unknown>): boolean =>
    rule.EventPattern.detail.$or.some((condition: Condition) =>
      Object.entries(condition).every(([field, allowed]) =>
        allowed.some((one) => matchesValue(one, detail[field])),
      ),
    );

  test('looks at both state machines', () => {
    const { $or: _or, ...detail } = rule.EventPattern.detail;
    expect({ ...rule.EventPattern, detail }).toEqual({
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: { stateMachineArn: [{ Ref: stateMachineId }, { Ref: emergencyId }] },
    });
  });

  test.each<[string, Record<string, unknown>]>([
    ['a time-out', { status: 'TIMED_OUT' }],
    ['a stop', { status: 'ABORTED', error: 'StateDrift' }],
    ['a failure without an error', { status: 'FAILED' }],
    ['a failure whose error is null', { status: 'FAILED', error: null }],
    ['a failure of the engine', { status: 'FAILED', error: 'States.Runtime' }],
    ['a message that could not be sent', { status: 'FAILED', error: 'PersonNotTold' }],
  ])('tells of %s', (_title, detail) => {
    expect(matches(detail)).toBe(true);
  });

  test.each<[string, Record<string, unknown>]>([
    ['a start', { status: 'RUNNING' }],
    ['success', { status: 'SUCCEEDED' }],
    ['a function that was cut off after all retries', { status: 'FAILED', error: 'Lambda.Unknown' }],
    ['an emergency that could not begin', { status: 'FAILED', error: 'EmergencyNotStarted' }],
    ...ERROR_NAMES.map((error): [string, Record<string, unknown>] => [error, { status: 'FAILED', error }]),
  ])('does not report %s: the failure branch did, or there is nothing to report', (_title, detail) => {
    expect(matches(detail)).toBe(false);
  });

  test('sends valid JSON that names the execution, its end and how to see its input, whatever that is', () => {
    const { InputPathsMap, InputTemplate } = rule.Targets[0].InputTransformer;
    const values: Record<string, string> = {
      '$.detail.name': 'run-1',
      '$.detail.status': 'TIMED_OUT',
      '$.detail.executionArn': 'arn:aws:states:eu-west-1:111122223333:execution:Rotation:run-1',
    };
    // EventBridge User Guide, input transformation: a value that is not part of a string gets its own quotes.
    const sent = Object.entries<string>(InputPathsMap).reduce(
      (text, [name, path]) =>
        text
          .replace(`"<${name}>"`, `<${name}>`)
          .replace(new RegExp(`(?<=:)<${name}>`), JSON.stringify(values[path]))
          .replace(`<${name}>`, values[path] ?? 'nothing'),
      InputTemplate,
    );
    expect(Object.values(InputPathsMap)).not.toContain('$.detail.input');
    expect(JSON.parse(sent)).toEqual({
      whatHappened: expect.stringContaining('ended without explaining itself'),
      execution: 'run-1',
      status: 'TIMED_OUT',
      startedWith:
        "aws stepfunctions describe-execution --execution-arn 'arn:aws:states:eu-west-1:111122223333:execution:Rotation:run-1' " +
        '--query input --output text',
      stateOfTheKeys: expect.stringContaining('last completed step'),
      whatToDo: expect.stringContaining('Step Functions console'),
      runbook: `docs/runbook.md#${RUNBOOK_SECTIONS.unexplained}`,
    });
  });

  test('publishes with a role that can do nothing else, and keeps what it cannot deliver', () => {
    expect(rule.Targets).toEqual([
      expect.objectContaining({
        Arn: { Ref: topicId },
        RoleArn: { 'Fn::GetAtt': [expect.stringContaining('MessengerRole'), 'Arn'] },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [queueId, 'Arn'] } },
      }),
    ]);
    expect(
      statementsOf(template, 'MessengerRole').map(({ actions, resources }) => [
        actions,
        resources.map(resourceText),
      ]),
    ).toEqual([[['sns:Publish'], [topicId]]]);
  });
});

test('the queue accepts messages over TLS only, and from services only those of this rule', () => {
  const [ruleId] = Object.keys(resourcesOf(template, 'AWS::Events::Rule'));
  const { Statement } = resourceOf(template, 'AWS::SQS::QueuePolicy').Properties.PolicyDocument;
  expect(Statement).toEqual([
    expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    expect.objectContaining({
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Condition: { ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [ruleId, 'Arn'] } } },
    }),
  ]);
  expect(resourceOf(template, 'AWS::SQS::Queue').Properties.MessageRetentionPeriod).toBe(14 * 86_400);
});
