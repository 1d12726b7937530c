import { EmbeddedAws } from '../../../embedded-aws/embedded-aws';
import { connectMessenger } from '../../../local/deployment/messengers';
import { TemplateResolver, type TemplateResource } from '../../../local/deployment/template';
import { LambdaService } from '../../../local/engine/lambda-service';

const TOPIC = 'arn:aws:sns:us-east-1:111122223333:Topic';
const QUEUE = 'arn:aws:sqs:us-east-1:111122223333:Queue';
const FUNCTION = 'arn:aws:lambda:us-east-1:111122223333:function:Teller';
const TELLER_ROLE = 'arn:aws:iam::111122223333:role/TellerRole';

const ALARM = {
  Namespace: 'AWS/SQS',
  MetricName: 'ApproximateNumberOfMessagesVisible',
  Dimensions: [{ Name: 'QueueName', Value: 'Queue' }],
  Period: 300,
  Threshold: 0,
  ComparisonOperator: 'GreaterThanThreshold',
  EvaluationPeriods: 1,
  TreatMissingData: 'notBreaching',
  AlarmDescription: 'a letter',
};
const RULE = {
  EventPattern: { source: ['aws.states'] },
  Targets: [
    {
      Arn: TOPIC,
      RoleArn: 'role',
      InputTransformer: { InputPathsMap: { name: '$.detail.name' }, InputTemplate: '"<name>"' },
      DeadLetterConfig: { Arn: QUEUE },
    },
  ],
};

/** What the function of a rule does with an event. */
let tell: (event: unknown) => unknown = () => undefined;

const connected = (
  resources: Readonly<Record<string, TemplateResource>>,
  may: (action: string, resource: string) => boolean = () => true,
): EmbeddedAws => {
  const aws = new EmbeddedAws();
  const lambda = new LambdaService(aws.clock);
  lambda.add({
    name: 'Teller',
    arn: FUNCTION,
    timeoutSeconds: 60,
    start: () => ({ invoke: async (e) => tell(e) }),
  });
  aws.sns.addTopic('Topic');
  const template = { Resources: resources };
  const resolver = new TemplateResolver(template, {
    stackName: 'S',
    accountId: aws.accountId,
    region: aws.region,
  });
  const permissions = ({ caller, action, resource }: { caller: string; action: string; resource: string }) =>
    (caller === 'role' || caller === TELLER_ROLE) && may(action, resource);
  for (const [id, resource] of Object.entries(resources)) {
    connectMessenger({ aws, lambda, template, resolver, permissions }, id, resource);
  }
  return aws;
};
const rule = (changes = {}): TemplateResource => ({
  Type: 'AWS::Events::Rule',
  Properties: { ...RULE, ...changes },
});
const alarm = (changes = {}): TemplateResource => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: { ...ALARM, ...changes },
});
const happen = (aws: EmbeddedAws): void => {
  const arn = `arn:aws:states:us-east-1:111122223333:execution:machine:one`;
  aws.states.addExecution({ arn, status: 'RUNNING', startDate: aws.clock.now() });
};
const told = (aws: EmbeddedAws) => aws.sns.messages.map(({ subject, message }) => [subject, message]);

test('a rule publishes what its role may', () => {
  const asked: unknown[] = [];
  const aws = connected({ Rule: rule() }, (...request) => asked.push(request) > 0);
  happen(aws);
  expect(told(aws)).toEqual([[undefined, '"one"']]);
  expect(asked).toEqual([['sns:Publish', TOPIC]]);
});

test('what its role may not publish is a letter in the queue, and the alarm of that queue tells', () => {
  const aws = connected({ Rule: rule(), Alarm: alarm({ AlarmActions: [TOPIC] }) }, () => false);
  happen(aws);
  expect(told(aws)).toEqual([['ALARM: "Alarm" in us-east-1', expect.stringContaining('"a letter"')]]);
});

test('an alarm without actions tells nobody', () => {
  const aws = connected({ Rule: rule(), Alarm: alarm() }, () => false);
  happen(aws);
  expect(aws.cloudWatch.snapshot()).toMatchObject([{ name: 'Alarm', state: 'ALARM' }]);
  expect(told(aws)).toEqual([]);
});

test('without a queue nobody hears of it', () => {
  const [{ DeadLetterConfig: _none, ...target }] = RULE.Targets as [(typeof RULE.Targets)[0]];
  const aws = connected(
    { Rule: rule({ Targets: [target] }), Alarm: alarm({ AlarmActions: [TOPIC] }) },
    () => false,
  );
  happen(aws);
  expect(told(aws)).toEqual([]);
});

describe('a rule whose target is a function', () => {
  const MINUTE = 60_000;
  const ruleOfFunction = rule({ Targets: [{ Id: 'T', Arn: FUNCTION, DeadLetterConfig: { Arn: QUEUE } }] });
  const admits = (changes = {}): TemplateResource => ({
    Type: 'AWS::Lambda::Permission',
    Properties: {
      Action: 'lambda:InvokeFunction',
      FunctionName: FUNCTION,
      Principal: 'events.amazonaws.com',
      SourceArn: 'arn:aws:events:us-east-1:111122223333:rule/Rule',
      ...changes,
    },
  });
  const onFailure = (Destination = QUEUE): TemplateResource => ({
    Type: 'AWS::Lambda::EventInvokeConfig',
    Properties: { FunctionName: 'Teller', DestinationConfig: { OnFailure: { Destination } } },
  });
  const STACK = {
    Teller: { Type: 'AWS::Lambda::Function', Properties: { Role: TELLER_ROLE } },
    Rule: ruleOfFunction,
    Permission: admits(),
    Config: onFailure(),
    Alarm: alarm({ AlarmActions: [TOPIC] }),
  };
  /** What happens within an hour. */
  const hour = async (aws: EmbeddedAws): Promise<void> => {
    happen(aws);
    await aws.clock.advance(60 * MINUTE);
  };
  const attempts: number[] = [];
  const fail =
    (aws: () => EmbeddedAws, times: number) =>
    (event: unknown): void => {
      attempts.push(aws().clock.now().getTime());
      if (attempts.length <= times) throw new Error(`not now: ${JSON.stringify(event)}`);
    };
  beforeEach(() => {
    attempts.length = 0;
  });

  test('invokes it once, with the event as it is', async () => {
    const events: unknown[] = [];
    tell = (event) => events.push(event);
    await hour(connected(STACK));
    expect(events).toEqual([expect.objectContaining({ source: 'aws.states', detail: expect.anything() })]);
  });

  test('is invoked for every end of the executions of two state machines, and for nothing else', async () => {
    const machine = (name: string) => `arn:aws:states:us-east-1:111122223333:stateMachine:${name}`;
    const told: unknown[] = [];
    tell = (event) => {
      const { detail } = event as { readonly detail: { readonly name: string; readonly status: string } };
      told.push([detail.name, detail.status]);
    };
    const ends = {
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: {
        stateMachineArn: [machine('rotation'), machine('emergency')],
        status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'],
      },
    };
    const aws = connected({
      ...STACK,
      Rule: rule({ EventPattern: ends, Targets: [{ Id: 'T', Arn: FUNCTION }] }),
    });
    for (const name of ['rotation', 'emergency', 'other']) {
      for (const status of ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE'] as const) {
        const arn = `${machine(name).replace(':stateMachine:', ':execution:')}:${name}-one`;
        aws.states.addExecution({ arn, status: 'RUNNING', startDate: aws.clock.now() });
        aws.states.setStatus(arn, status, { stopDate: aws.clock.now() });
      }
    }
    await aws.clock.advance(60 * MINUTE);
    expect(told).toEqual(
      ['rotation', 'emergency'].flatMap((name) =>
        ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'].map((status) => [`${name}-one`, status]),
      ),
    );
  });

  test.each([1, 2])('what has failed %d times is tried again', async (times) => {
    let aws = new EmbeddedAws();
    tell = fail(() => aws, times);
    aws = connected(STACK);
    await hour(aws);
    expect(attempts.map((at) => at - (attempts[0] ?? 0))).toEqual(
      [0, MINUTE, 3 * MINUTE].slice(0, times + 1),
    );
    expect(told(aws)).toEqual([]);
  });

  test('what has failed three times is a letter in the queue', async () => {
    let aws = new EmbeddedAws();
    tell = fail(() => aws, 3);
    aws = connected(STACK);
    await hour(aws);
    expect(attempts).toHaveLength(3);
    expect(told(aws)).toEqual([['ALARM: "Alarm" in us-east-1', expect.stringContaining('"a letter"')]]);
  });

  test.each<[string, Readonly<Record<string, TemplateResource>>, (action: string) => boolean]>([
    ['its role may not send', STACK, (action) => action !== 'sqs:SendMessage'],
    [
      'there is no queue',
      { ...STACK, Config: { ...STACK.Config, Properties: { FunctionName: 'Teller' } } },
      () => true,
    ],
  ])('what has failed for good is gone if %s', async (_why, resources, may) => {
    let aws = new EmbeddedAws();
    tell = fail(() => aws, 3);
    aws = connected(resources, may);
    await hour(aws);
    expect(attempts).toHaveLength(3);
    expect(told(aws)).toEqual([]);
  });

  test.each<[string, TemplateResource]>([
    ['another rule', admits({ SourceArn: 'arn:aws:events:us-east-1:111122223333:rule/Other' })],
    ['any rule, or so it seems', admits({ SourceArn: undefined })],
    ['another service', admits({ Principal: 's3.amazonaws.com' })],
    ['another function', admits({ FunctionName: 'Other' })],
  ])('a function that admits only %s is not invoked: a letter in the queue', async (_what, Permission) => {
    const events: unknown[] = [];
    tell = (event) => events.push(event);
    const aws = connected({ ...STACK, Permission });
    await hour(aws);
    expect(events).toEqual([]);
    expect(told(aws)).toEqual([['ALARM: "Alarm" in us-east-1', expect.stringContaining('"a letter"')]]);
  });
});

test('a resource that tells nobody anything is none', () => {
  const aws = new EmbeddedAws();
  const resolver = new TemplateResolver({ Resources: {} }, { stackName: 'S', accountId: '1', region: 'r' });
  const lambda = new LambdaService(aws.clock);
  const options = { aws, lambda, template: { Resources: {} }, resolver, permissions: () => true };
  expect(connectMessenger(options, 'Queue', { Type: 'AWS::SQS::Queue' })).toBe(false);
});

test.each<[string, TemplateResource]>([
  [
    'a target that is neither a topic nor a function',
    rule({ Targets: [{ ...RULE.Targets[0], Arn: QUEUE }] }),
  ],
  [
    'an event for a function that is not as it is',
    rule({ Targets: [{ ...RULE.Targets[0], Arn: FUNCTION }] }),
  ],
  ['a message that is no text', rule({ Targets: [{ Arn: TOPIC }] })],
  ['metric math', alarm({ MetricName: undefined, Metrics: [] })],
  ['a period of several', alarm({ EvaluationPeriods: 2 })],
  ['another comparison', alarm({ ComparisonOperator: 'LessThanThreshold' })],
  ['missing data that is bad', alarm({ TreatMissingData: 'breaching' })],
  [
    'a heart that may miss a beat',
    alarm({
      TreatMissingData: 'breaching',
      ComparisonOperator: 'LessThanThreshold',
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
    }),
  ],
])('%s is refused', (_what, resource) => {
  expect(() => connected({ Resource: resource })).toThrow(/Resource: of /);
});
