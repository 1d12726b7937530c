import {
  CloudWatchClient,
  type CloudWatchClientConfig,
  type MetricAlarm,
  paginateDescribeAlarms,
} from '@aws-sdk/client-cloudwatch';
import { calling } from '../../lambdas/shared/gateways/service-errors';

/** An alarm, as far as somebody may be told by it. */
export interface SeenAlarm {
  readonly name: string;
  readonly description: string;
  /** Namespace and name of what it watches. */
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly state: string;
  /** Since when it is in this state. */
  readonly since: Date | undefined;
  /** ARNs of its actions; none where they are switched off. */
  readonly actions: readonly string[];
}

const seen = (alarm: MetricAlarm): SeenAlarm => {
  const { AlarmName: name = '', Namespace, MetricName, Dimensions = [], StateValue: state = '' } = alarm;
  return {
    name,
    description: alarm.AlarmDescription ?? '',
    metric: `${Namespace} ${MetricName}`,
    dimensions: Object.fromEntries(Dimensions.map(({ Name = '', Value = '' }) => [Name, Value])),
    state,
    since: alarm.StateUpdatedTimestamp,
    actions: alarm.ActionsEnabled === false ? [] : (alarm.AlarmActions ?? []),
  };
};

/**
 * Lists alarms. CloudFormation makes their names, so the stack's are found by what they watch and say: for that all of the Region have to
 * be listed.
 */
export class AlarmsGateway {
  private readonly client: CloudWatchClient;

  constructor(config: CloudWatchClientConfig) {
    this.client = new CloudWatchClient(config);
  }

  /** All alarms of the Region on a metric. */
  async all(): Promise<readonly SeenAlarm[]> {
    return calling('listing the alarms', async () => {
      const alarms: SeenAlarm[] = [];
      const pages = paginateDescribeAlarms(
        { client: this.client, pageSize: 100 },
        { AlarmTypes: ['MetricAlarm'] },
      );
      for await (const { MetricAlarms = [] } of pages) alarms.push(...MetricAlarms.map(seen));
      return alarms;
    });
  }
}
