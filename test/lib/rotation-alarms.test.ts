import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { matchesPattern, transformed } from '../../embedded-aws/services/event-pattern';
import { ERROR_NAMES } from '../../lambdas/shared/contract/errors';
import { STOPPED_FOR_ANOTHER, TAKEN_OVER_BY } from '../../lambdas/shared/contract/stop';
import { causeOfStop } from '../../lambdas/stop-execution/words';
import { RUNBOOK_SECTIONS } from '../../lib/rotation-alarms';
import { type Template, TemplateResolver } from '../../local/deployment/template';
import { ALARMS_PER_STACK } from '../../tools/bench/cost';
import { resourceOf, resourcesOf, resourceText, statementsOf, templateOf } from './synthesize';

const template = templateOf({
  notifications: { emails: ['ops@example.com'] },
  users: [{ userName: 'alice' }],
});
const [stateMachineId, emergencyId] = Object.keys(resourcesOf(template, 'AWS::StepFunctions::StateMachine'));
const [queueId] = Object.keys(resourcesOf(template, 'AWS::SQS::Queue'));
const [topicId] = Object.keys(resourcesOf(template, 'AWS::SNS::Topic'));
const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm');

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

test('there is no alarm that this table forgot, nor the bill', () => {
  expect(Object.keys(alarms)).toHaveLength(7);
  expect(ALARMS_PER_STACK).toBe(7);
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
  ]);
});

const ENVIRONMENT = { stackName: 'IamAccessKeyRotation', accountId: '111122223333', region: 'eu-west-1' };
const resolver = new TemplateResolver(template.toJSON() as Template, ENVIRONMENT);

/** A rule as it is deployed. */
const ruleOf = (id: string) => {
  const { Properties } = resourceOf(template, 'AWS::Events::Rule', id);
  return resolver.resolve(Properties) as {
    readonly EventPattern: Record<string, unknown>;
    readonly Targets: readonly [{ readonly InputTransformer: Parameters<typeof transformed>[0] }];
  };
};
const rotationArn = resolver.physical(stateMachineId ?? '').ref;
const emergencyArn = resolver.physical(emergencyId ?? '').ref;
const executionOf = (machineArn: string, name = 'alice-1'): string =>
  `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`;

/** The event of an execution's end. */
const eventOf = (machineArn: string, detail: Readonly<Record<string, unknown>>) => ({
  source: 'aws.states',
  'detail-type': 'Step Functions Execution Status Change',
  account: ENVIRONMENT.accountId,
  region: ENVIRONMENT.region,
  detail: { stateMachineArn: machineArn, executionArn: executionOf(machineArn), name: 'alice-1', ...detail },
});
const isTold = (rule: string, machineArn: string, detail: Readonly<Record<string, unknown>>): boolean =>
  matchesPattern(ruleOf(rule).EventPattern, eventOf(machineArn, detail));

type Row = [string, Record<string, unknown>];
/** Ends that no failure branch can tell of. */
const SILENT: readonly Row[] = [
  ['a time-out', { status: 'TIMED_OUT', error: 'States.Timeout' }],
  ['a stop', { status: 'ABORTED' }],
  ['a stop whose error is null', { status: 'ABORTED', error: null, cause: null }],
  ['a stop by a person', { status: 'ABORTED', error: 'ByHand', cause: 'enough' }],
  ['a stop under the name of a failure', { status: 'ABORTED', error: 'StateDrift' }],
  ['a failure without an error', { status: 'FAILED' }],
  ['a failure whose error is null', { status: 'FAILED', error: null }],
  ['a failure of the engine', { status: 'FAILED', error: 'States.Runtime' }],
  ['a message that could not be sent', { status: 'FAILED', error: 'PersonNotTold' }],
  ['a failure under the name of a stop', { status: 'FAILED', error: STOPPED_FOR_ANOTHER }],
  ['a time-out under the name of a stop', { status: 'TIMED_OUT', error: STOPPED_FOR_ANOTHER }],
];
const TOLD: readonly Row[] = [
  ['a start', { status: 'RUNNING' }],
  ['success', { status: 'SUCCEEDED' }],
  ['a function that was cut off after all retries', { status: 'FAILED', error: 'Lambda.Unknown' }],
  ['an emergency that could not begin', { status: 'FAILED', error: 'EmergencyNotStarted' }],
  ...ERROR_NAMES.map((error): Row => [error, { status: 'FAILED', error }]),
];

const RULES = [
  ['UnexplainedEnd', rotationArn, emergencyArn],
  ['UnexplainedDeclaration', emergencyArn, rotationArn],
] as const;

describe.each(RULES)('the rule %s', (rule, own, other) => {
  test.each(SILENT)('tells of %s', (_title, detail) => {
    expect(isTold(rule, own, detail)).toBe(true);
  });

  test.each(TOLD)(
    'does not tell of %s, of which the failure branch told or nobody needs to know',
    (...[, detail]) => {
      expect(isTold(rule, own, detail)).toBe(false);
    },
  );

  test('looks at no other state machine, and believes no other source', () => {
    expect(isTold(rule, other, { status: 'TIMED_OUT' })).toBe(false);
    expect(isTold(rule, `${own}-2`, { status: 'TIMED_OUT' })).toBe(false);
    const { EventPattern } = ruleOf(rule);
    expect(matchesPattern(EventPattern, { ...eventOf(own, { status: 'TIMED_OUT' }), source: 'ours' })).toBe(
      false,
    );
  });

  test('has a pattern that EventBridge takes, however long the names are', () => {
    const longest = new TemplateResolver(
      JSON.parse(
        JSON.stringify(template.toJSON()).replaceAll(
          /"IamAccessKeyRotation(-\w+)?"/g,
          `"${'n'.repeat(64)}$1"`,
        ),
      ),
      { ...ENVIRONMENT, region: 'ap-southeast-99' },
    );
    const { EventPattern } = longest.resolve(resourceOf(template, 'AWS::Events::Rule', rule).Properties) as {
      readonly EventPattern: unknown;
    };
    const text = JSON.stringify(EventPattern);
    expect(text).toContain('n'.repeat(64));
    // Amazon EventBridge quotas: event pattern size.
    expect(text.length).toBeLessThanOrEqual(2048);
  });

  test('publishes under a role that can do nothing else, and keeps what it cannot deliver', () => {
    expect(resourceOf(template, 'AWS::Events::Rule', rule).Properties.Targets).toEqual([
      expect.objectContaining({
        Arn: { Ref: topicId },
        RoleArn: { 'Fn::GetAtt': [expect.stringContaining('MessengerRole'), 'Arn'] },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [queueId, 'Arn'] } },
      }),
    ]);
    expect([
      ...new Set(
        statementsOf(template, 'MessengerRole').map(({ actions, resources }) =>
          [actions, resources.map(resourceText)].join(' '),
        ),
      ),
    ]).toEqual([`sns:Publish ${topicId}`]);
  });
});

describe('a stop for another execution', () => {
  const stop = (cause?: unknown) => ({
    status: 'ABORTED',
    error: STOPPED_FOR_ANOTHER,
    ...(cause !== undefined && { cause }),
  });

  test.each(['rollback', 'emergency'])('of the same state machine is not told: %s', (action) => {
    expect(
      isTold('UnexplainedEnd', rotationArn, stop(causeOfStop(action, executionOf(rotationArn, 'bob-2')))),
    ).toBe(false);
  });

  test.each<[string, unknown]>([
    ['says no cause', undefined],
    ['says nothing', null],
    ['says something else', 'I am about to start another one'],
    ['names no execution', TAKEN_OVER_BY],
    ['names one of another state machine', `${TAKEN_OVER_BY}${executionOf(`${rotationArn}-2`)}`],
    ['names a declaration, which takes nothing over', `${TAKEN_OVER_BY}${executionOf(emergencyArn)}`],
    ['names one of another account', `${TAKEN_OVER_BY}${executionOf(rotationArn.replace('1111', '9999'))}`],
  ])('is told when it %s', (_what, cause) => {
    expect(isTold('UnexplainedEnd', rotationArn, stop(cause))).toBe(true);
  });

  test('is always told of a declaration: nothing takes one over', () => {
    const cause = causeOfStop('emergency', executionOf(rotationArn));
    expect(isTold('UnexplainedDeclaration', emergencyArn, stop(cause))).toBe(true);
  });
});

describe('the message of a rule', () => {
  const messageOf = (rule: string, machineArn: string): readonly string[] => {
    const [{ InputTransformer }] = ruleOf(rule).Targets;
    expect(Object.values(InputTransformer.InputPathsMap)).not.toContain('$.detail.input');
    // Amazon EventBridge API Reference, InputTransformer.
    expect(InputTransformer.InputTemplate.length).toBeLessThanOrEqual(8192);
    const lines = transformed(InputTransformer, eventOf(machineArn, { status: 'TIMED_OUT' })).split('\n');
    // What stands between the quotes is what a person copies: nothing in it is escaped.
    return lines.map((line) => {
      expect(line).toBe(`"${JSON.parse(line)}"`);
      return line.slice(1, -1);
    });
  };

  test('about a rotation', () => {
    expect(messageOf('UnexplainedEnd', rotationArn)).toEqual([
      'alice-1 (account 111122223333, eu-west-1): this rotation of an access key has ended, TIMED_OUT, and has not said why.',
      expect.stringMatching(/^WHAT HAPPENED: /),
      expect.stringMatching(/^URGENT: not as a rule.* THE LEAKED KEY MAY STILL BE ACTIVE.*rollback/),
      expect.stringMatching(/^KEYS: as the last completed step left them/),
      expect.stringMatching(/^DO THIS: /),
      `aws stepfunctions describe-execution --execution-arn '${executionOf(rotationArn)}'`,
      `MORE: docs/runbook.md#${RUNBOOK_SECTIONS.unexplained}`,
    ]);
  });

  test('about a declaration', () => {
    expect(messageOf('UnexplainedDeclaration', emergencyArn)).toEqual([
      'alice-1 (account 111122223333, eu-west-1): this declaration that an access key has leaked has ended, TIMED_OUT, and has not said why.',
      expect.stringMatching(/^WHAT HAPPENED: /),
      expect.stringMatching(/^URGENT: YES.* THE LEAKED KEY MAY STILL BE ACTIVE/),
      expect.stringMatching(/^KEYS: a declaration changes none/),
      expect.stringMatching(/^DO THIS: .*rotation/),
      `aws stepfunctions describe-execution --execution-arn '${executionOf(rotationArn)}'`,
      expect.stringMatching(/declare the emergency again now/),
      `aws stepfunctions describe-execution --execution-arn '${executionOf(emergencyArn)}'`,
      `MORE: docs/runbook.md#${RUNBOOK_SECTIONS.notDeclared}`,
    ]);
  });
});

test('the queue takes messages over TLS only, and of services only from these rules', () => {
  const ruleIds = Object.keys(resourcesOf(template, 'AWS::Events::Rule'));
  expect(ruleIds).toHaveLength(RULES.length);
  const { Statement } = resourceOf(template, 'AWS::SQS::QueuePolicy').Properties.PolicyDocument;
  expect(Statement).toEqual([
    expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    ...ruleIds.map((ruleId) =>
      expect.objectContaining({
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Condition: { ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [ruleId, 'Arn'] } } },
      }),
    ),
  ]);
  expect(resourceOf(template, 'AWS::SQS::Queue').Properties.MessageRetentionPeriod).toBe(14 * 86_400);
});
