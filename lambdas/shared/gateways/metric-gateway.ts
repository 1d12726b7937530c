import {
  CloudWatchClient,
  type CloudWatchClientConfig,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import { METRIC_DIMENSION, METRIC_NAMESPACE, type MetricName } from '../contract/names';
import { calling } from './service-errors';

/** The values of metrics at one moment. */
export interface Measured {
  /** The value of the one dimension. */
  readonly stateMachineName: string;
  readonly at: Date;
  readonly values: ReadonlyMap<MetricName, number>;
}

/** Where the survey's figures go. The alarms of the owner are read elsewhere. */
export class MetricGateway {
  private readonly client: CloudWatchClient;

  constructor(config: CloudWatchClientConfig) {
    this.client = new CloudWatchClient(config);
  }

  /**
   * Puts all values in one call, so that there is no moment with some of them. CloudWatch takes 1,000 metrics in a call
   * (CloudWatch API, PutMetricData).
   */
  async put({ stateMachineName, at, values }: Measured): Promise<void> {
    await calling('putting metrics', () =>
      this.client.send(
        new PutMetricDataCommand({
          Namespace: METRIC_NAMESPACE,
          MetricData: [...values].map(([MetricName, Value]) => ({
            MetricName,
            Value,
            Timestamp: at,
            Unit: 'None' as const,
            Dimensions: [{ Name: METRIC_DIMENSION, Value: stateMachineName }],
          })),
        }),
      ),
    );
  }
}
