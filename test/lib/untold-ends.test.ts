import { matchesPattern } from '../../embedded-aws/services/event-pattern';
import { ERROR_NAMES } from '../../lambdas/shared/contract/errors';
import { STOPPED_FOR_ANOTHER, TAKEN_OVER_BY } from '../../lambdas/shared/contract/stop';
import { causeOfStop } from '../../lambdas/stop-execution/words';
import { type Template, TemplateResolver } from '../../local/deployment/template';
import {
  deniedToOthersThan,
  resourceOf,
  resourcesOf,
  resourceText,
  statementsOf,
  templateOf,
} from './synthesize';

const template = templateOf({ users: [{ userName: 'alice' }] });
const [stateMachineId, emergencyId] = Object.keys(resourcesOf(template, 'AWS::StepFunctions::StateMachine'));
const [queueId] = Object.keys(resourcesOf(template, 'AWS::SQS::Queue'));
const [topicId] = Object.keys(resourcesOf(template, 'AWS::SNS::Topic'));
const functionId = Object.keys(resourcesOf(template, 'AWS::Lambda::Function')).find((id) =>
  id.includes('UntoldEnds'),
);

const ENVIRONMENT = { stackName: 'IamAccessKeyRotation', accountId: '111122223333', region: 'eu-west-1' };
const resolver = new TemplateResolver(template.toJSON() as Template, ENVIRONMENT);

/** A rule as it is deployed. */
const ruleOf = (id: string) => {
  const { Properties } = resourceOf(template, 'AWS::Events::Rule', id);
  return resolver.resolve(Properties) as { readonly EventPattern: Record<string, unknown> };
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

  test('hands each end to the function, as it is, and keeps what it cannot hand on', () => {
    expect(resourceOf(template, 'AWS::Events::Rule', rule).Properties.Targets).toEqual([
      {
        Id: expect.any(String),
        Arn: { 'Fn::GetAtt': [functionId, 'Arn'] },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [queueId, 'Arn'] } },
        RetryPolicy: { MaximumEventAgeInSeconds: 7200, MaximumRetryAttempts: 10 },
      },
    ]);
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

describe('the function', () => {
  test('may publish to the topic, write its log, and leave what it could not do in the queue; nothing else', () => {
    expect(
      statementsOf(template, 'UntoldEndsRole').map(({ actions, resources }) => [
        resources.map(resourceText),
        ...actions,
      ]),
    ).toEqual([
      [
        [expect.stringMatching(/^AccessKeyRotationUntoldEndsLogs\w+\.Arn$/)],
        'logs:CreateLogStream',
        'logs:PutLogEvents',
      ],
      [[topicId], 'sns:Publish'],
      [[`${queueId}.Arn`], 'sqs:SendMessage'],
    ]);
    const { AssumeRolePolicyDocument, ManagedPolicyArns } = resourceOf(
      template,
      'AWS::IAM::Role',
      'UntoldEndsRole',
    ).Properties;
    expect(ManagedPolicyArns).toBeUndefined();
    expect(AssumeRolePolicyDocument.Statement).toEqual([
      { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } },
    ]);
  });

  test('is the only one that its role works for', () => {
    expect(statementsOf(template, 'UntoldEndsRole', 'Deny')).toEqual(deniedToOthersThan(String(functionId)));
  });

  test('is invoked by these two rules, and by nobody else', () => {
    const permissions = Object.values(resourcesOf(template, 'AWS::Lambda::Permission')).filter(
      ({ Properties }) => resourceText(Properties.FunctionName) === `${functionId}.Arn`,
    );
    const ruleIds = RULES.map(([rule]) =>
      Object.keys(resourcesOf(template, 'AWS::Events::Rule')).find((id) => id.includes(rule)),
    );
    expect(permissions.map(({ Properties }) => Properties)).toEqual(
      ruleIds.map((id) => ({
        Action: 'lambda:InvokeFunction',
        FunctionName: { 'Fn::GetAtt': [functionId, 'Arn'] },
        Principal: 'events.amazonaws.com',
        SourceArn: { 'Fn::GetAtt': [id, 'Arn'] },
      })),
    );
  });

  test('is tried again, for as long as an event of a rule is, and then the event lies in the queue', () => {
    expect(resourceOf(template, 'AWS::Lambda::EventInvokeConfig', 'UntoldEnds').Properties).toEqual({
      FunctionName: { Ref: functionId },
      Qualifier: '$LATEST',
      MaximumEventAgeInSeconds: 7200,
      MaximumRetryAttempts: 2,
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [queueId, 'Arn'] } } },
    });
  });

  test('knows where it publishes, of which executions, and where the runbook is', () => {
    expect(
      resourceOf(template, 'AWS::Lambda::Function', 'UntoldEnds').Properties.Environment.Variables,
    ).toEqual({
      RUNBOOK_URL: 'docs/runbook.md',
      STATE_MACHINE_ARN: { Ref: stateMachineId },
      NOTIFICATION_TOPIC_ARN: { Ref: topicId },
    });
  });
});

test('the queue takes messages over TLS only, and of services only from these rules', () => {
  const ruleIds = Object.keys(resourcesOf(template, 'AWS::Events::Rule'));
  // And from that of exposed keys, and that of the record.
  expect(ruleIds).toHaveLength(RULES.length + 2);
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
