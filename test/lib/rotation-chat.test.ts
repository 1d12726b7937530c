import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import {
  type InputTransformer,
  matchesPattern,
  transformed,
} from '../../embedded-aws/services/event-pattern';
import { SURVEY_EVENT } from '../../lambdas/shared/contract/names';
import { CHAT_EVENTS } from '../../lib/rotation-chat';
import { readDefinition, readEmergencyDefinition } from '../../lib/rotation-state-machine';
import { TemplateResolver } from '../../local/deployment/template';
import { resourcesOf, resourceText, statementsOf, templateOf } from './synthesize';

const template = templateOf({ notifications: { chat: true }, users: [{ userName: 'alice' }] });
const resolver = new TemplateResolver(
  template.toJSON() as ConstructorParameters<typeof TemplateResolver>[0],
  {
    stackName: 'IamAccessKeyRotation',
    accountId: '111122223333',
    region: 'us-east-1',
  },
);
const [chatTopicId = ''] = Object.keys(resourcesOf(template, 'AWS::SNS::Topic')).filter((id) =>
  id.includes('Chat'),
);

interface ChatRule {
  readonly EventPattern: Readonly<Record<string, unknown>>;
  readonly Targets: readonly [
    {
      readonly Arn: string;
      readonly InputTransformer: InputTransformer;
      readonly DeadLetterConfig?: unknown;
    },
  ];
}

const RULES = Object.entries(resourcesOf(template, 'AWS::Events::Rule'))
  .filter(([id]) => id.includes('Chat'))
  .map(([, { Properties }]) => resolver.resolve(Properties) as ChatRule);

/**
 * Amazon Q Developer in chat applications, "Custom notifications", event schema: what is not in this form is not shown.
 */
const Notification = z.strictObject({
  version: z.literal('1.0'),
  source: z.literal('custom'),
  content: z.strictObject({
    textType: z.literal('client-markdown'),
    title: z.string().min(1),
    description: z.string().min(1),
    nextSteps: z.array(z.string().min(1)).min(1),
  }),
  metadata: z.strictObject({
    threadId: z.string().min(1),
    summary: z.string().min(1),
    eventType: z.string().min(1),
    additionalContext: z.record(z.string(), z.string()),
  }),
});

type BusEvent = Readonly<Record<string, unknown>> & {
  readonly 'detail-type': string;
  readonly detail: Readonly<Record<string, unknown>>;
};

/** What the channel gets of an event: from each rule that matches it. */
const shown = (event: BusEvent) =>
  RULES.filter(({ EventPattern }) => matchesPattern(EventPattern, event)).map(({ Targets: [target] }) =>
    Notification.parse(JSON.parse(transformed(target.InputTransformer, event))),
  );

const EXECUTION =
  'arn:aws:states:us-east-1:111122223333:execution:IamAccessKeyRotation:alice-20260302T090000Z';
/** The documented example of each event, as the bus hands it on. */
const EVENTS: readonly BusEvent[] = [
  ...readFileSync(join(__dirname, '..', '..', 'docs', 'events.md'), 'utf8').matchAll(
    /^```json\n(.*?)^```/gms,
  ),
].map(([, text = '']) => {
  const event = JSON.parse(text) as BusEvent;
  const ofSurvey = event['detail-type'] === SURVEY_EVENT;
  return {
    id: '7bf73129-1428-4cd3-a780-95db273d1602',
    account: '111122223333',
    region: 'us-east-1',
    ...event,
    detail: { ...event.detail, ...(!ofSurvey && { execution: EXECUTION }) },
  };
});

test('every event of the definitions is shown, and each has an example here', () => {
  const types = [readDefinition(), readEmergencyDefinition()].flatMap((definition) =>
    [...definition.matchAll(/"DetailType": "([^"]+)"/g)].map(([, type]) => type),
  );
  expect([...new Set([...types, SURVEY_EVENT])].sort()).toEqual([...CHAT_EVENTS].sort());
  expect(EVENTS.map((event) => event['detail-type']).sort()).toEqual([...CHAT_EVENTS].sort());
});

const rows = EVENTS.map((event) => [event['detail-type'], event] as const);
const ofExecutions = rows.filter(([type]) => type !== SURVEY_EVENT);
const [survey] = EVENTS.filter((event) => event['detail-type'] === SURVEY_EVENT);
if (survey === undefined) throw new Error('docs/events.md has an example of the survey.');

test.each(ofExecutions)(
  '%s: one notification, that says who, where, what and what next',
  (detailType, event) => {
    const { outcome, message, userName, error, urgent } = event.detail;
    expect(shown(event)).toEqual([
      {
        version: '1.0',
        source: 'custom',
        content: {
          textType: 'client-markdown',
          title: expect.stringMatching(/ \(account 111122223333, us-east-1\)$/),
          description: outcome ?? message,
          nextSteps: [expect.any(String)],
        },
        metadata: {
          threadId: EXECUTION,
          summary: expect.stringContaining(String(userName)),
          eventType: detailType,
          additionalContext: {
            user: userName,
            ...(error !== undefined && { error, urgent }),
            execution: EXECUTION,
          },
        },
      },
    ]);
  },
);

test.each(rows)('%s: whatever its text contains', (_type, event) => {
  const text = 'He said: "no".\nC:\\keys <userName> <execution> {"a": 1} \u2028 \u0007 é 🔑';
  const field = 'outcome' in event.detail ? 'outcome' : 'message';
  const [{ content } = { content: undefined }] = shown({
    ...event,
    detail: { ...event.detail, [field]: text },
  });
  expect(content?.description).toBe(text);
});

test('the survey: what it has found, when it has, in a thread of its own', () => {
  const { subject, message, urgent, surveyedAt, ...rest } = survey.detail;
  expect(shown(survey)).toEqual([
    {
      version: '1.0',
      source: 'custom',
      content: {
        textType: 'client-markdown',
        title: subject,
        description: message,
        nextSteps: [expect.any(String)],
      },
      metadata: {
        threadId: survey.id,
        summary: subject,
        eventType: SURVEY_EVENT,
        additionalContext: { urgent, survey: surveyedAt },
      },
    },
  ]);
  expect(shown({ ...survey, detail: { ...rest, surveyedAt } })).toEqual([]);
});

test.each(rows)('%s: of this stack only, and from no other source', (_type, event) => {
  const ofAnother = Object.fromEntries(
    ['execution', 'stateMachineArn']
      .filter((field) => field in event.detail)
      .map((field) => [
        field,
        `${event.detail[field]}`.replace('IamAccessKeyRotation', 'IamAccessKeyRotation-2'),
      ]),
  );
  expect(shown({ ...event, detail: { ...event.detail, ...ofAnother } })).toEqual([]);
  expect(shown({ ...event, source: 'somebody' })).toEqual([]);
});

test('the token of an acknowledgement stays where it is', () => {
  const [event] = EVENTS.filter(({ detail }) => detail.taskToken !== undefined);
  expect(event).toBeDefined();
  expect(JSON.stringify(shown(event as BusEvent))).not.toContain(event?.detail.taskToken);
});

test('a failure of an emergency that was not declared is shown, too', () => {
  const [event] = EVENTS.filter(({ detail }) => detail.error !== undefined);
  const execution = EXECUTION.replace('IamAccessKeyRotation', 'IamAccessKeyRotation-emergency');
  expect(shown({ ...(event as BusEvent), detail: { ...event?.detail, execution } })).toHaveLength(1);
});

test('the rules may publish to the topic of the channel alone, and keep what cannot be delivered', () => {
  expect(
    statementsOf(template, 'ChatRole').map(({ actions, resources }) => [
      actions,
      resources.map(resourceText),
    ]),
  ).toEqual([[['sns:Publish'], [chatTopicId]]]);
  for (const { Targets } of RULES) {
    expect(Targets).toEqual([
      expect.objectContaining({
        Arn: resolver.physical(chatTopicId).ref,
        DeadLetterConfig: { Arn: expect.stringContaining('Undelivered') },
      }),
    ]);
    const { InputTemplate } = Targets[0].InputTransformer;
    expect(InputTemplate.length).toBeLessThanOrEqual(8192);
    // EventBridge writes it as JSON, quotes included.
    expect(InputTemplate).toMatch(/"description":<[\w.-]+>,/);
  }
  template.hasOutput('ChatTopicArn', { Value: { Ref: chatTopicId } });
});

test('without a channel there is none of this', () => {
  const without = templateOf({ users: [{ userName: 'alice' }] });
  without.resourceCountIs('AWS::SNS::Topic', 1);
  expect(Object.keys(resourcesOf(without, 'AWS::Events::Rule')).filter((id) => id.includes('Chat'))).toEqual(
    [],
  );
  expect(without.findOutputs('ChatTopicArn')).toEqual({});
});
