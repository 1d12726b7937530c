import { sendingPermissions } from '../../../local/deployment/encryption';
import { type Template, TemplateResolver } from '../../../local/deployment/template';
import { appOf } from '../support/deployed';

/*
 * A stack with a key and an event bus of the customer, as it is deployed. Its events go to that bus, and whoever sends messages may use
 * the key: without that permission, they do not get through.
 */

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const BUS = 'security';

const app = appOf([{ userName: 'alice', acknowledgement: { deadline: 'P2D' } }], {
  notifications: { chat: true },
  deployment: { encryptionKeyArn: KEY, eventBusName: BUS },
});

/** The template, in which a role may not use the key. */
const without = (role: string): Template => ({
  ...app.template(),
  Resources: Object.fromEntries(
    Object.entries(app.template().Resources).map(([id, resource]) => {
      const { Roles = [], PolicyDocument } = (resource.Properties ?? {}) as {
        readonly Roles?: readonly { readonly Ref: string }[];
        readonly PolicyDocument?: { readonly Statement: readonly { readonly Resource: unknown }[] };
      };
      if (PolicyDocument === undefined || !Roles.some(({ Ref }) => Ref.includes(role))) return [id, resource];
      const Statement = PolicyDocument.Statement.filter(({ Resource }) => Resource !== KEY);
      return [id, { ...resource, Properties: { ...resource.Properties, PolicyDocument: { Statement } } }];
    }),
  ),
});

/** Alice's rotation, whose owner agrees, that of bob, who is not enrolled, one that is stopped, and a survey of a topic without subscribers. */
const story = async (template: Template = app.template()) => {
  const world = await app.deploy(template);
  const { aws } = world;
  aws.eventBridge.addRule({
    eventBusName: BUS,
    pattern: { 'detail-type': ['Access Key Acknowledgement Requested'] },
    target: ({ detail }) => aws.states.answerTask(String(detail.taskToken), { kind: 'success', output: {} }),
  });
  const ended = await world.run(async () => {
    const ends = ['alice', 'bob'].map((userName) => world.startExecution({ userName }).result);
    const results = await Promise.all(ends);
    const stopped = await world.start({ userName: 'carol' });
    stopped.stop('ByHand');
    await world.clock.sleep(3_600_000);
    await world.survey();
    return results.map(({ status, error }) => error ?? status);
  });
  const isTold = ({ topicArn }: { readonly topicArn: string }) => topicArn === world.notificationTopicArn;
  const eventsOf = (bus: string) => aws.eventBridge.eventsOn(bus).map((event) => event['detail-type']);
  return {
    ended,
    told: aws.sns.messages.filter(isTold).map(({ attributes, subject }) => attributes.event ?? subject),
    shown: aws.sns.messages
      .filter((message) => !isTold(message))
      .map(({ message }) => JSON.parse(message).metadata.eventType),
    events: { own: eventsOf(BUS), byDefault: eventsOf('default') },
    refused: aws.calls.flatMap(({ outcome, caller }) =>
      outcome === 'KMSAccessDenied' ? [caller.replace(/^.*AccessKeyRotation(.*?)[0-9A-F]{8}$/, '$1')] : [],
    ),
  };
};

const UNDELIVERED = expect.stringMatching(/^ALARM: ".*AlarmsUndelivered/);

test('everything gets through, and every event is on the bus of the customer', async () => {
  const { ended, told, shown, events, refused } = await story();
  expect(ended).toEqual(['SUCCEEDED', 'UserNotEnrolled']);
  expect(refused).toEqual([]);
  expect(told).toEqual(['UserNotEnrolled', 'RotationEndedUntold', 'SurveyFindings']);
  expect(events.byDefault).toEqual([]);
  expect(events.own).toEqual([
    'Access Key Rotation Failed',
    'Access Key Published',
    'Access Key Acknowledgement Requested',
    'Access Key Adoption Confirmed',
    'Access Key Deactivated',
    'Access Key Deleted',
    'Access Key Survey Completed',
  ]);
  expect(shown).toEqual(events.own);
});

describe('who may not use the key cannot send', () => {
  test('a state machine: the function that tells of untold ends tells', async () => {
    const { ended, told, refused } = await story(without('StateMachineRole'));
    expect(ended).toEqual(['SUCCEEDED', 'PersonNotTold']);
    expect(told).toEqual(['RotationEndedUntold', 'RotationEndedUntold', 'SurveyFindings']);
    expect(new Set(refused)).toEqual(new Set(['StateMachineRole']));
  });

  test('the survey: its heartbeat is missing', async () => {
    const { told, refused } = await story(without('SurveyRole'));
    expect(told).not.toContain('SurveyFindings');
    expect(new Set(refused)).toEqual(new Set(['SurveyRole']));
  });

  test('the rules of the channel: their events lie in the queue, and the alarm tells', async () => {
    const { told, shown, events } = await story(without('ChatRole'));
    expect(shown).toEqual([]);
    expect(events.own).toContain('Access Key Published');
    expect(told).toContainEqual(UNDELIVERED);
  });

  test('the function that tells of untold ends: neither a message nor a letter', async () => {
    const { told, refused } = await story(without('UntoldEndsRole'));
    expect(told).toEqual(['UserNotEnrolled', 'SurveyFindings']);
    expect(new Set(refused)).toEqual(new Set(['UntoldEndsRole']));
  });
});

describe('what a service sends in the name of a role', () => {
  const resources = {
    Topic: { Type: 'AWS::SNS::Topic', Properties: { KmsMasterKeyId: KEY } },
    Queue: { Type: 'AWS::SQS::Queue', Properties: { KmsMasterKeyId: KEY } },
    Open: { Type: 'AWS::SQS::Queue' },
  };
  const here = (service: string, name: string) => `arn:aws:${service}:us-east-1:111122223333:${name}`;
  const resolver = new TemplateResolver(
    { Resources: resources },
    { stackName: 'S', accountId: '111122223333', region: 'us-east-1' },
  );
  const asked: unknown[] = [];
  const may = (allowed: readonly string[]) =>
    sendingPermissions(
      { Resources: resources },
      resolver,
      'us-east-1',
      ({ action, resource, conditions }) => {
        asked.push([resource, conditions]);
        return allowed.includes(action);
      },
    );
  const KEY_ACTIONS = ['kms:GenerateDataKey', 'kms:Decrypt'];

  test.each([
    ['sns:Publish', here('sns', 'Topic'), ['sns:Publish', ...KEY_ACTIONS], true],
    ['sns:Publish', here('sns', 'Topic'), ['sns:Publish', 'kms:Decrypt'], false],
    ['sns:Publish', here('sns', 'Topic'), KEY_ACTIONS, false],
    ['sqs:SendMessage', here('sqs', 'Queue'), ['sqs:SendMessage', ...KEY_ACTIONS], true],
    ['sqs:SendMessage', here('sqs', 'Queue'), ['sqs:SendMessage', 'kms:GenerateDataKey'], false],
    ['sqs:SendMessage', here('sqs', 'Open'), ['sqs:SendMessage'], true],
    ['sqs:DeleteMessage', here('sqs', 'Queue'), ['sqs:DeleteMessage'], true],
  ])('%s to %s, with %j', (action, resource, allowed, expected) => {
    expect(may(allowed)({ caller: 'role', action, resource })).toBe(expected);
  });

  test('uses the key through that service', () => {
    asked.splice(0);
    may(['sqs:SendMessage', ...KEY_ACTIONS])({
      caller: 'role',
      action: 'sqs:SendMessage',
      resource: here('sqs', 'Queue'),
    });
    const used = [KEY, { 'kms:ViaService': ['sqs.us-east-1.amazonaws.com'] }];
    expect(asked.slice(1)).toEqual([used, used]);
  });
});
