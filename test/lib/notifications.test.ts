import { Match } from 'aws-cdk-lib/assertions';
import { matchesPattern } from '../../embedded-aws/services/event-pattern';
import { STEP_NAMES } from '../../lambdas/shared/contract/steps';
import { ownersOf } from '../../lib/config/owners';
import { resourcesOf, templateOf } from './synthesize';

const TOPIC = 'arn:aws:sns:eu-west-1:111122223333:oncall';

interface Subscription {
  readonly Endpoint: string;
  readonly FilterPolicy?: Readonly<Record<string, unknown>>;
  readonly Protocol: string;
  readonly TopicArn: unknown;
}

const subscriptionsOf = (template: ReturnType<typeof templateOf>): readonly Subscription[] =>
  Object.values(resourcesOf(template, 'AWS::SNS::Subscription')).map(({ Properties }) => Properties);

/** The addresses that get a message about a user, or one about nobody. */
const toldOf = (template: ReturnType<typeof templateOf>, user?: string): readonly string[] =>
  subscriptionsOf(template)
    .filter(({ FilterPolicy = {} }) => matchesPattern(FilterPolicy, user === undefined ? {} : { user }))
    .map(({ Endpoint }) => Endpoint)
    .sort();

describe('owners', () => {
  const user = (userName: string, ...owners: string[]) => ({ userName, owners });

  test.each<[string, Parameters<typeof ownersOf>, ReturnType<typeof ownersOf>]>([
    ['none', [[user('alice')], ['all@a.de']], []],
    ['one', [[user('alice', 'a@a.de')], []], [{ address: 'a@a.de', userNames: ['alice'] }]],
    [
      'two of one user',
      [[user('alice', 'a@a.de', 'b@b.de')], []],
      [
        { address: 'a@a.de', userNames: ['alice'] },
        { address: 'b@b.de', userNames: ['alice'] },
      ],
    ],
    [
      'one of several users, however it is spelt',
      [[user('alice', 'a@a.de'), user('bob'), user('carol', 'A@a.de')], []],
      [{ address: 'a@a.de', userNames: ['alice', 'carol'] }],
    ],
    ['those who get everything anyway', [[user('alice', 'a@a.de')], ['A@A.de']], []],
  ])('%s', (_who, given, owners) => {
    expect(ownersOf(...given)).toEqual(owners);
  });
});

describe('the topic of the stack', () => {
  const users = [
    { userName: 'alice', owners: ['a@a.de', 'ops@example.com'] },
    { userName: 'bob.b', owners: ['a@a.de', 'b@b.de'] },
    { userName: 'carol' },
  ];
  const template = templateOf({ notifications: { emails: ['ops@example.com', 'dev@example.com'] }, users });

  test('mails everything to those who get everything, and to owners what concerns their users', () => {
    const everything = ['dev@example.com', 'ops@example.com'];
    expect(toldOf(template, 'alice')).toEqual(['a@a.de', ...everything]);
    expect(toldOf(template, 'bob.b')).toEqual(['a@a.de', 'b@b.de', ...everything]);
    expect(toldOf(template, 'carol')).toEqual(everything);
    // Alarms and the survey name nobody.
    expect(toldOf(template)).toEqual(everything);
  });

  test('has each address once', () => {
    const [topicId] = Object.keys(resourcesOf(template, 'AWS::SNS::Topic'));
    const subscriptions = subscriptionsOf(template);
    expect(subscriptions.map(({ Endpoint }) => Endpoint).sort()).toEqual([
      'a@a.de',
      'b@b.de',
      'dev@example.com',
      'ops@example.com',
    ]);
    for (const { Protocol, TopicArn } of subscriptions) {
      expect([Protocol, TopicArn]).toEqual(['email', { Ref: topicId }]);
    }
  });

  test('need not have a subscriber', () => {
    const none = templateOf({ users: [{ userName: 'alice' }] });
    expect(subscriptionsOf(none)).toEqual([]);
    none.resourceCountIs('AWS::SNS::Topic', 1);
  });

  test('can have every user of a stack with an owner of its own, and one owner of all', () => {
    const hundred = Array.from({ length: 100 }, (_none, index) => ({
      userName: `user-${index}`,
      owners: [`owner-${index}@example.com`, 'team@example.com'],
    }));
    const full = templateOf({ users: hundred });
    expect(subscriptionsOf(full)).toHaveLength(101);
    expect(toldOf(full, 'user-7')).toEqual(['owner-7@example.com', 'team@example.com']);
  });
});

describe('a topic that there is', () => {
  const template = templateOf({
    notifications: { emails: ['ops@example.com'], topicArn: TOPIC },
    users: [{ userName: 'alice', owners: ['a@a.de'] }],
  });

  test('gets everything, instead of a topic of the stack', () => {
    template.resourceCountIs('AWS::SNS::Topic', 0);
    template.resourceCountIs('AWS::SNS::TopicPolicy', 0);
    const environments = Object.values(resourcesOf(template, 'AWS::Lambda::Function')).flatMap(
      ({ Properties }) => Properties.Environment?.Variables?.NOTIFICATION_TOPIC_ARN ?? [],
    );
    // The survey, and what tells of ends untold and of exposed keys.
    expect(environments).toEqual([TOPIC, TOPIC, TOPIC]);
    const actions = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).map(
      ({ Properties }) => Properties.AlarmActions,
    );
    expect(actions.filter((action) => action !== undefined)).toEqual([[TOPIC], [TOPIC], [TOPIC]]);
    template.allResourcesProperties('AWS::StepFunctions::StateMachine', {
      DefinitionSubstitutions: Match.objectLike({ NotificationTopicArn: TOPIC }),
    });
    template.hasOutput('NotificationTopicArn', { Value: TOPIC });
  });

  test('may be published to, and no other', () => {
    const published = Object.values(resourcesOf(template, 'AWS::IAM::Policy'))
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .filter(({ Action }) => [Action].flat().includes('sns:Publish'))
      .map(({ Resource }) => Resource);
    expect(published).toEqual([TOPIC, TOPIC, TOPIC, TOPIC, TOPIC]);
  });

  test('gets subscriptions of the stack’s recipients', () => {
    expect(subscriptionsOf(template).map(({ Endpoint, TopicArn }) => [Endpoint, TopicArn])).toEqual([
      ['ops@example.com', TOPIC],
      ['a@a.de', TOPIC],
    ]);
  });
});

test('the address of the runbook is known to everything that sends messages', () => {
  const runbookUrl = 'https://wiki.example.com/runbook';
  const template = templateOf({ runbookUrl, users: [{ userName: 'alice' }] });
  const told = Object.values(resourcesOf(template, 'AWS::Lambda::Function')).filter(
    ({ Properties }) => Properties.Environment?.Variables?.RUNBOOK_URL !== undefined,
  );
  expect(told.length).toBeGreaterThan(STEP_NAMES.length);
  for (const { Properties } of told) expect(Properties.Environment.Variables.RUNBOOK_URL).toBe(runbookUrl);
  const machines = Object.values(resourcesOf(template, 'AWS::StepFunctions::StateMachine'));
  expect(machines.map(({ Properties }) => Properties.DefinitionSubstitutions.RunbookUrl)).toEqual([
    runbookUrl,
    runbookUrl,
  ]);
  for (const { Properties } of Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm'))) {
    expect(Properties.AlarmDescription).toContain(`${runbookUrl}#`);
  }
});
