import { EmbeddedAws } from '../../../embedded-aws/embedded-aws';
import { connectMessenger } from '../../../local/deployment/messengers';
import { TemplateResolver, type TemplateResource } from '../../../local/deployment/template';

const TOPIC = 'arn:aws:sns:us-east-1:111122223333:Topic';
const QUEUE = 'arn:aws:sqs:us-east-1:111122223333:Queue';

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

const connected = (
  resources: Readonly<Record<string, TemplateResource>>,
  may: (action: string, resource: string) => boolean = () => true,
): EmbeddedAws => {
  const aws = new EmbeddedAws();
  aws.sns.addTopic('Topic');
  const resolver = new TemplateResolver(
    { Resources: resources },
    { stackName: 'S', accountId: aws.accountId, region: aws.region },
  );
  const permissions = ({ caller, action, resource }: { caller: string; action: string; resource: string }) =>
    caller === 'role' && may(action, resource);
  for (const [id, resource] of Object.entries(resources)) {
    connectMessenger({ aws, resolver, permissions }, id, resource);
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

test('a resource that tells nobody anything is none', () => {
  const aws = new EmbeddedAws();
  const resolver = new TemplateResolver({ Resources: {} }, { stackName: 'S', accountId: '1', region: 'r' });
  const options = { aws, resolver, permissions: () => true };
  expect(connectMessenger(options, 'Queue', { Type: 'AWS::SQS::Queue' })).toBe(false);
});

test.each<[string, TemplateResource]>([
  ['a target that is no topic', rule({ Targets: [{ ...RULE.Targets[0], Arn: QUEUE }] })],
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
