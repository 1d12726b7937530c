import type { EmbeddedAws } from '../../embedded-aws/embedded-aws';
import type { Metric } from '../../embedded-aws/services/cloudwatch';
import type { BusEvent } from '../../embedded-aws/services/event-bridge';
import { type InputTransformer, transformed } from '../../embedded-aws/services/event-pattern';
import type { LambdaService } from '../engine/lambda-service';
import type { Permissions } from './permissions';
import { type Template, TemplateRefused, type TemplateResolver, type TemplateResource } from './template';

/*
 * Who tells people, besides the state machines: the rules of a template, and the actions of its alarms.
 */

/** What both need. */
export interface MessengerOptions {
  readonly aws: EmbeddedAws;
  /** Runs the functions that rules invoke. */
  readonly lambda: LambdaService;
  readonly template: Template;
  readonly resolver: TemplateResolver;
  readonly permissions: Permissions;
  /** Where the stack is. Default: in the Region of the embedded AWS. */
  readonly region?: string | undefined;
}

interface Target {
  readonly Arn: string;
  readonly RoleArn?: string;
  readonly InputTransformer?: InputTransformer;
  readonly DeadLetterConfig?: { readonly Arn: string };
}

interface RuleProperties {
  readonly EventBusName?: string;
  readonly EventPattern: Readonly<Record<string, unknown>>;
  readonly State?: string;
  readonly Targets?: readonly Target[];
}

interface PermissionProperties {
  readonly Action: string;
  readonly FunctionName: string;
  readonly Principal: string;
  readonly SourceArn?: string;
}

interface EventInvokeProperties {
  readonly FunctionName: string;
  readonly MaximumEventAgeInSeconds?: number;
  readonly MaximumRetryAttempts?: number;
  readonly DestinationConfig?: { readonly OnFailure?: { readonly Destination: string } };
}

interface AlarmProperties {
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  readonly Period?: number;
  readonly Threshold?: number;
  readonly ComparisonOperator: string;
  readonly EvaluationPeriods: number;
  readonly DatapointsToAlarm?: number;
  readonly TreatMissingData?: string;
  readonly AlarmDescription?: string;
  readonly AlarmActions?: readonly string[];
}

/** How many messages lie in a dead-letter queue. */
const deadLetters = (queueArn: string): Metric => ({
  namespace: 'AWS/SQS',
  name: 'ApproximateNumberOfMessagesVisible',
  dimensions: { QueueName: queueArn.split(':').at(-1) ?? '' },
});

/** Leaves in a dead-letter queue what could not be handed on, if the role may that does so. */
export const leaveDeadLetter = (
  { aws, permissions }: Pick<MessengerOptions, 'aws' | 'permissions'>,
  roleArn: string,
  queueArn: string,
): void => {
  const maySend = permissions({ caller: roleArn, action: 'sqs:SendMessage', resource: queueArn });
  if (maySend) aws.cloudWatch.count(deadLetters(queueArn));
};

/** The resources of a type. */
const resourcesOf = <Properties>(
  { template, resolver }: MessengerOptions,
  type: string,
): readonly Properties[] =>
  Object.values(template.Resources).flatMap(({ Type, Properties }) =>
    Type === type ? [resolver.resolve(Properties) as Properties] : [],
  );

/** Names of functions may be ARNs, or what a function's ARN ends in. */
const isNamed = (functionArn: string, { FunctionName }: { readonly FunctionName: string }): boolean =>
  functionArn === FunctionName || functionArn.endsWith(`:function:${FunctionName}`);

/** The role of a function. */
const roleOf = ({ template, resolver }: MessengerOptions, functionArn: string): string => {
  const found = Object.entries(template.Resources).find(
    ([logicalId, { Type }]) =>
      Type === 'AWS::Lambda::Function' && resolver.physical(logicalId).attributes.Arn === functionArn,
  );
  return resolver.text(found?.[1].Properties?.Role, `the role of ${functionArn}`);
};

/** Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation". */
const RETRY_DELAYS_MS = [60_000, 120_000];

/**
 * Invokes a function as Lambda does for who does not wait for it: tries twice more what has failed, and sends to the destination what
 * has failed for good, with the function's role. The age of an event plays no part: that is for throttled functions.
 */
const invokeAsynchronously = async (
  options: MessengerOptions,
  functionArn: string,
  event: BusEvent,
): Promise<void> => {
  const { aws, lambda } = options;
  const config = resourcesOf<EventInvokeProperties>(options, 'AWS::Lambda::EventInvokeConfig').find((one) =>
    isNamed(functionArn, one),
  );
  const { MaximumRetryAttempts = RETRY_DELAYS_MS.length, DestinationConfig } = config ?? {};
  for (let attempt = 0; ; attempt += 1) {
    try {
      // No execution invokes it: faults that are meant for the steps of one do not find it.
      await lambda.invoke(functionArn, event, { executionArn: event.id, stateName: '' });
      return;
    } catch {
      if (attempt >= MaximumRetryAttempts) break;
      await aws.clock.sleep(RETRY_DELAYS_MS[attempt] ?? 0);
    }
  }
  const queue = DestinationConfig?.OnFailure?.Destination;
  if (queue !== undefined) leaveDeadLetter(options, roleOf(options, functionArn), queue);
};

/** What a target does with an event. It says whether it may. */
type Receiver = (event: BusEvent) => boolean;

const topicReceiver =
  ({ aws, permissions }: MessengerOptions, { Arn, RoleArn = '' }: Target, text: InputTransformer): Receiver =>
  (event) => {
    const mayPublish = permissions({ caller: RoleArn, action: 'sns:Publish', resource: Arn });
    if (mayPublish) aws.sns.deliver(Arn, transformed(text, { ...event }));
    return mayPublish;
  };

/** The default bus of another Region, that of the embedded AWS: the only one that is modelled as a target. */
const busReceiver =
  ({ aws, permissions }: MessengerOptions, { Arn, RoleArn = '' }: Target): Receiver =>
  (event) => {
    const conditions = { 'events:source': [event.source], 'events:detail-type': [event['detail-type']] };
    const mayPut = permissions({ caller: RoleArn, action: 'events:PutEvents', resource: Arn, conditions });
    if (mayPut) aws.eventBridge.forward(event);
    return mayPut;
  };

/** EventBridge User Guide, "Using resource-based policies": a function admits a rule by a policy of its own. */
const functionReceiver = (
  options: MessengerOptions,
  ruleArn: string | undefined,
  { Arn }: Target,
): Receiver => {
  const mayInvoke = resourcesOf<PermissionProperties>(options, 'AWS::Lambda::Permission').some(
    (permission) =>
      isNamed(Arn, permission) &&
      permission.Action === 'lambda:InvokeFunction' &&
      permission.Principal === 'events.amazonaws.com' &&
      permission.SourceArn === ruleArn,
  );
  return (event) => {
    if (mayInvoke) void invokeAsynchronously(options, Arn, event);
    return mayInvoke;
  };
};

/** Connects a rule with the bus. What it may not hand on lies in the dead-letter queue. */
const connectRule = (
  options: MessengerOptions,
  logicalId: string,
  { Properties }: TemplateResource,
): void => {
  const { aws, resolver } = options;
  const { EventBusName, EventPattern, State, Targets = [] } = resolver.resolve(Properties) as RuleProperties;
  if (State === 'DISABLED' && Targets.length > 0) {
    throw new TemplateRefused(`${logicalId}: of disabled rules, only those without targets are modelled`);
  }
  // A bus that there was before.
  if (EventBusName !== undefined) aws.eventBridge.addBus(EventBusName);
  const receiverOf = (target: Target): Receiver => {
    const { Arn, InputTransformer } = target;
    if (Arn.includes(':sns:') && InputTransformer !== undefined) {
      return topicReceiver(options, target, InputTransformer);
    }
    if (Arn.includes(':function:') && InputTransformer === undefined) {
      return functionReceiver(options, resolver.physical(logicalId).attributes.Arn, target);
    }
    const isElsewhere = options.region !== undefined && options.region !== aws.region;
    const home = `arn:aws:events:${aws.region}:${aws.accountId}:event-bus/default`;
    if (isElsewhere && Arn === home && InputTransformer === undefined) return busReceiver(options, target);
    throw new TemplateRefused(
      `${logicalId}: of a rule, only texts for a topic are modelled, and events for a function, or from another Region for the default bus, as they are`,
    );
  };
  for (const target of Targets) {
    const receive = receiverOf(target);
    aws.eventBridge.addRule({
      region: options.region,
      eventBusName: EventBusName,
      pattern: EventPattern,
      target: (event) => {
        if (receive(event) || target.DeadLetterConfig === undefined) return;
        aws.cloudWatch.count(deadLetters(target.DeadLetterConfig.Arn));
      },
    });
  }
};

/** What sets an alarm off: one period above a threshold, or that nothing comes any more. Undefined: it is not modelled. */
const kindOf = ({
  ComparisonOperator,
  EvaluationPeriods,
  DatapointsToAlarm = EvaluationPeriods,
  TreatMissingData,
}: AlarmProperties): 'value' | 'heartbeat' | undefined => {
  const isAbove = ComparisonOperator === 'GreaterThanThreshold' && TreatMissingData === 'notBreaching';
  if (isAbove && DatapointsToAlarm === 1) return 'value';
  const isBelow = ComparisonOperator === 'LessThanThreshold' && TreatMissingData === 'breaching';
  return isBelow && DatapointsToAlarm === EvaluationPeriods ? 'heartbeat' : undefined;
};

/** Lets an alarm go off, and publish to the topics that are among its actions. */
const connectAlarm = (
  { aws, resolver }: MessengerOptions,
  logicalId: string,
  { Properties }: TemplateResource,
): void => {
  const alarm = resolver.resolve(Properties) as AlarmProperties;
  const { Namespace, MetricName, Dimensions = [], Period, Threshold, AlarmActions = [] } = alarm;
  const kind = kindOf(alarm);
  if (
    kind === undefined ||
    Namespace === undefined ||
    MetricName === undefined ||
    Period === undefined ||
    Threshold === undefined
  ) {
    throw new TemplateRefused(
      `${logicalId}: of alarms, only those are modelled that one period of a metric sets off, above a threshold, or that miss a metric`,
    );
  }
  const { ref: name, attributes } = resolver.physical(logicalId);
  const watched = {
    name,
    metric: {
      namespace: Namespace,
      name: MetricName,
      dimensions: Object.fromEntries(Dimensions.map((dimension) => [dimension.Name, dimension.Value])),
    },
    periodSeconds: Period,
    evaluationPeriods: alarm.EvaluationPeriods,
    threshold: Threshold,
    actions: AlarmActions,
    description: alarm.AlarmDescription,
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
  };
  if (kind === 'heartbeat') aws.cloudWatch.watchHeartbeat(watched);
  else aws.cloudWatch.watch(watched);
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
