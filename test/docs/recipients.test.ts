import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, SecretValue, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { PageOnFailure } from '../../docs/examples/page-on-failure';
import {
  type InputTransformer,
  matchesPattern,
  transformed,
} from '../../embedded-aws/services/event-pattern';
import { parseConfig } from '../../lib/config';
import { withRecipients } from '../../tools/docs/recipients';

const DOCS = join(__dirname, '..', '..', 'docs');
const page = readFileSync(join(DOCS, 'recipients.md'), 'utf8');

type BusEvent = Readonly<Record<string, unknown>> & { readonly detail: Readonly<Record<string, unknown>> };

const EXAMPLES = [...readFileSync(join(DOCS, 'events.md'), 'utf8').matchAll(/^```json\n(.*?)^```/gms)].map(
  ([, text = '']): BusEvent => ({ account: '111122223333', region: 'us-east-1', ...JSON.parse(text) }),
);
const exampleOf = (detailType: string): BusEvent =>
  EXAMPLES.find((event) => event['detail-type'] === detailType) ?? { detail: {} };

interface RuleProperties {
  readonly EventPattern: Readonly<Record<string, unknown>>;
  readonly Targets: readonly [{ readonly InputTransformer: InputTransformer }];
}

test('shows the message for a channel, and the example of a pager, as they are: npx tsx tools/docs/recipients.ts', () => {
  expect(withRecipients(page)).toBe(page);
});

test('shows a configuration that is accepted', () => {
  const [, text = ''] = /## Several addresses\n\n```json\n(.*?)```/s.exec(page) ?? [];
  const { users, notifications } = parseConfig(JSON.parse(text), { executionTimeoutSeconds: 90 * 86_400 });
  expect(notifications.emails).toHaveLength(2);
  expect(users.map(({ owners }) => owners.length)).toEqual([1, 2]);
});

test.each(
  [...page.matchAll(/"FilterPolicy":"(.*?)"\}'/g)].map(([, text = '']) => [
    JSON.parse(`"${text}"`) as string,
  ]),
)('the filter %s is one that SNS could take', (text) => {
  const filter = JSON.parse(text) as Readonly<Record<string, readonly unknown[]>>;
  const users = ['alice', 'bob', 'ci-deploy', 'dave'];
  const messages = users.flatMap((user) => ['yes', 'no'].map((urgent) => ({ user, event: 'x', urgent })));
  const through = messages.filter((attributes) => matchesPattern(filter, attributes));
  expect(through.length).toBeGreaterThan(0);
  expect(through.length).toBeLessThan(messages.length);
  expect(matchesPattern(filter, {})).toBe(false);
});

describe('the example of a pager', () => {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Pager');
  new PageOnFailure(stack, 'Page', {
    routingKey: SecretValue.secretsManager('pagerduty'),
    undelivered: new Queue(stack, 'Undelivered'),
  });
  const template = Template.fromStack(stack);
  const [rule] = Object.values(template.findResources('AWS::Events::Rule')).map(
    ({ Properties }) => Properties as RuleProperties,
  );

  test('pages for failures, and for nothing else', () => {
    const types = EXAMPLES.filter((event) => matchesPattern(rule?.EventPattern ?? {}, event)).map(
      (event) => event['detail-type'],
    );
    expect(types).toEqual(['Access Key Rotation Failed']);
  });

  test.each(['in one line', 'in "several" lines:\n\\n\n'])(
    'sends an incident that tells what has happened, %s',
    (message) => {
      const event = exampleOf('Access Key Rotation Failed');
      const { execution, error } = event.detail;
      const [target] = rule?.Targets ?? [];
      const sent = transformed(target?.InputTransformer as InputTransformer, {
        ...event,
        detail: { ...event.detail, message },
      });
      expect(JSON.parse(sent)).toEqual({
        event_action: 'trigger',
        dedup_key: execution,
        payload: {
          summary: `Access key rotation failed: ${error} (account 111122223333, us-east-1)`,
          source: execution,
          severity: 'error',
          custom_details: { message },
        },
      });
    },
  );

  test('keeps the routing key out of the template', () => {
    expect(JSON.stringify(template.toJSON())).toContain('{{resolve:secretsmanager:pagerduty');
    template.hasResourceProperties('AWS::Events::Connection', {
      AuthParameters: {
        InvocationHttpParameters: { BodyParameters: [{ Key: 'routing_key', IsValueSecret: true }] },
      },
    });
  });
});
