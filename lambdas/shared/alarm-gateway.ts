import {
  CloudWatchClient,
  type CloudWatchClientConfig,
  paginateDescribeAlarms,
} from '@aws-sdk/client-cloudwatch';
import { calling } from './service-errors';

/** What a health alarm says. `missing`: there is no alarm of that name, so nothing is known. */
export interface AlarmReading {
  readonly name: string;
  readonly state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' | 'missing';
}

/** The only place that calls CloudWatch. */
export class AlarmGateway {
  private readonly client: CloudWatchClient;

  constructor(config: CloudWatchClientConfig) {
    this.client = new CloudWatchClient(config);
  }

  /** The state of each of these alarms, in the order asked. */
  async read(names: readonly string[]): Promise<readonly AlarmReading[]> {
    if (names.length === 0) return [];
    return calling('reading the health alarms', async () => {
      const states = new Map<string, string | undefined>();
      const pages = paginateDescribeAlarms(
        { client: this.client },
        // Metric alarms only: composite ones can be read by permission on every alarm of the account, and no
        // other (CloudWatch API, DescribeAlarms).
        { AlarmNames: [...names], AlarmTypes: ['MetricAlarm'] },
      );
      for await (const page of pages) {
        for (const alarm of page.MetricAlarms ?? []) {
          if (alarm.AlarmName) states.set(alarm.AlarmName, alarm.StateValue);
        }
      }
      return names.map((name) => {
        const state = states.get(name);
        return {
          name,
          state: state === 'OK' || state === 'ALARM' || state === 'INSUFFICIENT_DATA' ? state : 'missing',
        };
      });
    });
  }
}
