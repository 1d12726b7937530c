import { METRIC_NAMESPACE, METRICS } from '../../lambdas/shared/contract/names';
import { TemplateResolver } from '../../local/deployment/template';
import { resourceOf, templateOf } from './synthesize';

const bodyOf = (...userNames: readonly string[]): string => {
  const template = templateOf({ users: userNames.map((userName) => ({ userName })) });
  const resolver = new TemplateResolver(template.toJSON() as never, {
    stackName: 'S',
    accountId: '111122223333',
    region: 'eu-west-1',
  });
  const { DashboardBody } = resourceOf(template, 'AWS::CloudWatch::Dashboard').Properties;
  return resolver.text(DashboardBody, 'the body');
};
const body = bodyOf('alice');
const { widgets } = JSON.parse(body) as {
  readonly widgets: readonly {
    readonly properties: { readonly title: string; readonly metrics: unknown[][] };
  }[];
};

test('the dashboard shows everything that the survey counts, how executions end, and what is undelivered', () => {
  const shown = widgets.flatMap(({ properties }) =>
    properties.metrics.map(([namespace, name]) => [namespace, name]),
  );
  const expected = [
    ...Object.values(METRICS).map((name) => [METRIC_NAMESPACE, name]),
    ...['Succeeded', 'Failed', 'Aborted', 'TimedOut'].map((end) => ['AWS/States', `Executions${end}`]),
    ['AWS/SQS', 'ApproximateNumberOfMessagesVisible'],
  ];
  expect(shown).toHaveLength(expected.length);
  expect(shown).toEqual(expect.arrayContaining(expected));
});

test('it names no user, and is as large for many as for one', () => {
  expect(body).not.toContain('alice');
  expect(bodyOf('alice', 'bob', 'carol')).toBe(body);
});

test('it is called like the state machine', () => {
  const { Properties } = resourceOf(
    templateOf({ users: [{ userName: 'alice' }] }),
    'AWS::CloudWatch::Dashboard',
  );
  expect(Properties.DashboardName).toBe('IamAccessKeyRotation');
});
