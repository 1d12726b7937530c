import type { EmbeddedAws } from '../../embedded-aws/embedded-aws';
import type { Metric } from '../../embedded-aws/services/cloudwatch';
import { type InputTransformer, transformed } from '../../embedded-aws/services/event-pattern';
import type { Permissions } from './permissions';
import { TemplateRefused, type TemplateResolver, type TemplateResource } from './template';

/*
 * Who tells people, besides the state machines: the rules of a template, and the actions of its alarms.
 */

/** What both need. */
export interface MessengerOptions {
  readonly aws: EmbeddedAws;
  readonly resolver: TemplateResolver;
  readonly permissions: Permissions;
}

interface RuleProperties {
  readonly EventPattern: Readonly<Record<string, unknown>>;
  readonly Targets: readonly {
    readonly Arn: string;
    readonly RoleArn?: string;
    readonly InputTransformer?: InputTransformer;
    readonly DeadLetterConfig?: { readonly Arn: string };
  }[];
}

interface AlarmProperties {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  readonly Period?: number;
  readonly Threshold?: number;
  readonly ComparisonOperator: string;
  readonly EvaluationPeriods: number;
  readonly TreatMissingData?: string;
  readonly AlarmDescription?: string;
  readonly AlarmActions?: readonly string[];
}

/** How many messages lie in a dead-letter queue. */
export const deadLetters = (queueArn: string): Metric => ({
  namespace: 'AWS/SQS',
  name: 'ApproximateNumberOfMessagesVisible',
  dimensions: { QueueName: queueArn.split(':').at(-1) ?? '' },
});

/** Connects a rule with the bus. What it may not publish lies in the dead-letter queue. */
const connectRule = (
  { aws, resolver, permissions }: MessengerOptions,
  logicalId: string,
  { Properties }: TemplateResource,
): void => {
  const { EventPattern, Targets } = resolver.resolve(Properties) as RuleProperties;
  for (const { Arn, RoleArn = '', InputTransformer, DeadLetterConfig } of Targets) {
    if (!Arn.includes(':sns:') || InputTransformer === undefined) {
      throw new TemplateRefused(`${logicalId}: of a rule, only messages of text to a topic are modelled`);
    }
    aws.eventBridge.addRule({
      pattern: EventPattern,
      target: (event) => {
        if (permissions({ caller: RoleArn, action: 'sns:Publish', resource: Arn })) {
          aws.sns.deliver(Arn, transformed(InputTransformer, { ...event }));
        } else if (DeadLetterConfig !== undefined) {
          aws.cloudWatch.count(deadLetters(DeadLetterConfig.Arn));
        }
      },
    });
  }
};

/** Lets an alarm go off, and publish to the topics that are among its actions. */
const connectAlarm = (
  { aws, resolver }: MessengerOptions,
  logicalId: string,
  { Properties }: TemplateResource,
): void => {
  const alarm = resolver.resolve(Properties) as AlarmProperties;
  const { Namespace, MetricName, Dimensions = [], Period, Threshold, AlarmActions = [] } = alarm;
  const isModelled =
    alarm.ComparisonOperator === 'GreaterThanThreshold' &&
    alarm.EvaluationPeriods === 1 &&
    alarm.TreatMissingData === 'notBreaching';
  if (
    !isModelled ||
    Namespace === undefined ||
    MetricName === undefined ||
    Period === undefined ||
    Threshold === undefined
  ) {
    throw new TemplateRefused(
      `${logicalId}: of alarms, only those are modelled that one metric sets off, above a threshold within a period`,
    );
  }
  const { ref: name, attributes } = resolver.physical(logicalId);
  aws.cloudWatch.watch({
    name,
    metric: {
      namespace: Namespace,
      name: MetricName,
      dimensions: Object.fromEntries(Dimensions.map((dimension) => [dimension.Name, dimension.Value])),
    },
    periodSeconds: Period,
    threshold: Threshold,
    onAlarm: () => {
      const message = {
        AlarmName: name,
        AlarmDescription: alarm.AlarmDescription,
        NewStateValue: 'ALARM',
        AlarmArn: attributes.Arn,
      };
      for (const action of AlarmActions) {
        aws.sns.deliver(action, JSON.stringify(message), `ALARM: "${name}" in ${aws.region}`);
      }
    },
  });
};

/** Connects a resource that tells people something with what it tells of. Returns whether it is one. */
export const connectMessenger = (
  options: MessengerOptions,
  logicalId: string,
  resource: TemplateResource,
): boolean => {
  switch (resource.Type) {
    case 'AWS::Events::Rule':
      connectRule(options, logicalId, resource);
      return true;
    case 'AWS::CloudWatch::Alarm':
      connectAlarm(options, logicalId, resource);
      return true;
    default:
      return false;
  }
};
