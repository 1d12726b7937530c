import type { SeenAlarm } from '../../command/gateways/alarms';
import { type AlarmedStack, ofAlarms } from '../../command/own-alarms';
import { type SynthesizedApp, synthesize } from '../../local/deployment/synthesized-app';

const NOW = new Date('2026-03-02T09:00:00Z');
const TOPIC = 'arn:aws:sns:us-east-1:111122223333:on-call';
const PAGER = 'arn:aws:sns:us-east-1:111122223333:pager';
const MACHINE = 'arn:aws:states:us-east-1:111122223333:stateMachine:Keys';
const STACK: AlarmedStack = {
  name: 'Keys',
  stateMachineArn: MACHINE,
  emergencyMachineArn: `${MACHINE}-emergency`,
  topicArn: TOPIC,
  queueArn: 'arn:aws:sqs:us-east-1:111122223333:Keys-Undelivered',
};

/** The values that the template leaves to CloudFormation. */
const VALUES: Readonly<Record<string, string>> = {
  Emergency: `${MACHINE}-emergency`,
  Undelivered: 'Keys-Undelivered',
  // Which all begin with.
  AccessKeyRotation: MACHINE,
};

interface AlarmProperties {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string | object }[];
  readonly AlarmDescription: string;
  readonly AlarmActions?: readonly unknown[];
}

let app: SynthesizedApp;
let own: readonly SeenAlarm[];
beforeAll(async () => {
  app = await synthesize({ users: [{ userName: 'alice' }] });
  own = Object.entries(app.template.Resources)
    .filter(([, { Type }]) => Type === 'AWS::CloudWatch::Alarm')
    .map(([name, { Properties }]): SeenAlarm => {
      const alarm = Properties as unknown as AlarmProperties;
      const dimensionOf = (value: string | object): string => {
        if (typeof value === 'string') return 'Keys';
        const text = JSON.stringify(value);
        return Object.entries(VALUES).find(([part]) => text.includes(part))?.[1] ?? text;
      };
      return {
        name,
        description: alarm.AlarmDescription,
        metric: `${alarm.Namespace} ${alarm.MetricName}`,
        dimensions: Object.fromEntries(alarm.Dimensions.map(({ Name, Value }) => [Name, dimensionOf(Value)])),
        state: 'OK',
        since: NOW,
        actions: alarm.AlarmActions === undefined ? [] : [TOPIC],
      };
    });
}, 120_000);
afterAll(() => app.dispose());

const named = (part: string): SeenAlarm => {
  const found = own.find(({ name }) => name.includes(part));
  if (found === undefined) throw new Error(`no alarm ${part} of ${own.map(({ name }) => name)}`);
  return found;
};

/** The stack's, one of which is otherwise. */
const changed = (part: string, changes: Partial<SeenAlarm>): readonly SeenAlarm[] =>
  own.map((one) => (one === named(part) ? { ...one, ...changes } : one));

/** What is said, whatever the order in which the alarms are listed. */
const said = (alarms: readonly SeenAlarm[], stack = STACK): readonly string[] => {
  const one = ofAlarms(stack, alarms, NOW).map(({ verdict, says }) => `${verdict}: ${says}`);
  const other = ofAlarms(stack, alarms.toReversed(), NOW).map(({ verdict, says }) => `${verdict}: ${says}`);
  expect(other.toSorted()).toEqual(one.toSorted());
  return one;
};

/** An alarm of an owner on the same thing. */
const theirs = (part: string, changes: Partial<SeenAlarm> = {}): SeenAlarm => ({
  ...named(part),
  name: 'theirs',
  description: 'Ours. See the wiki.',
  actions: [PAGER],
  ...changes,
});

test('those of the template are all that are expected, and fine', () => {
  expect(said(own)).toEqual([`fine: its ${own.length} alarms`]);
});

test.each(['Failed', 'Throttled', 'NotDeclared', 'NoHeartbeat', 'Overdue', 'Undelivered'])(
  'an alarm of an owner does not stand for %s of the stack, nor against it',
  (part) => {
    const alarm = theirs(part);
    expect(said([alarm, ...own])).toEqual([`fine: its ${own.length} alarms`]);
    const gone = own.filter((one) => one !== named(part));
    expect(said([alarm, ...gone])).toEqual([expect.stringMatching(/^wrong: its alarm on .* is not there/)]);
    const [off, ...others] = said([alarm, ...changed(part, { state: 'ALARM' })]);
    expect([off, others]).toEqual([
      expect.stringContaining(`wrong: the alarm ${named(part).name} is in ALARM`),
      [],
    ]);
    const since = new Date(NOW.getTime() - 7_200_000);
    const silent = changed(part, { state: 'INSUFFICIENT_DATA', since });
    expect(said([alarm, ...silent])).toEqual([expect.stringContaining('has had no data')]);
    // What theirs is at, is theirs to know.
    expect(said([{ ...alarm, state: 'ALARM' }, ...own])).toEqual([expect.stringContaining('fine')]);
  },
);

test('of two stacks with one topic, each has its own dead-letter queue', () => {
  const others = { ...named('Undelivered'), name: 'others', dimensions: { QueueName: 'Others-Undelivered' } };
  expect(said([...own, others])).toEqual([expect.stringContaining('fine')]);
  expect(said([...own, { ...others, state: 'ALARM' }])).toEqual([expect.stringContaining('fine')]);
  expect(said([...changed('Undelivered', { state: 'ALARM' }), others])).toEqual([
    expect.stringContaining(`the alarm ${named('Undelivered').name} is in ALARM`),
  ]);
});

test.each(['Throttled', 'NoHeartbeat', 'Undelivered'])('%s has to tell the topic of the stack', (part) => {
  for (const actions of [[], [PAGER]])
    expect(said(changed(part, { actions }))).toEqual([
      expect.stringContaining(`wrong: the alarm ${named(part).name} tells nobody`),
    ]);
});

test('a topic, or a queue, that is not known is said to be, and nothing of it is called fine', () => {
  const noTopic = { ...STACK, topicArn: undefined };
  expect(said(own, noTopic)).toEqual([
    expect.stringMatching(/^unknown: .*whether its alarms tell its topic/),
  ]);
  expect(said(changed('Undelivered', { state: 'ALARM' }), noTopic)).toEqual([
    expect.stringContaining(`wrong: the alarm ${named('Undelivered').name} is in ALARM`),
    expect.stringContaining('unknown'),
  ]);
  expect(said(changed('NoHeartbeat', { actions: [] }), noTopic)[0]).toContain('tells nobody');
  const noQueue = { ...STACK, queueArn: undefined };
  expect(said(own, noQueue)).toEqual([
    expect.stringMatching(/^unknown: NOT KNOWN: its alarm on AWS\/SQS ApproximateNumberOfMessagesVisible/),
  ]);
});
