import {
  CloudWatchLogsClient,
  type CloudWatchLogsClientConfig,
  paginateDescribeLogGroups,
  paginateFilterLogEvents,
} from '@aws-sdk/client-cloudwatch-logs';
import { calling } from '../../lambdas/shared/gateways/service-errors';
import { parsedJson } from '../../lambdas/shared/rotation/execution-end';

/** Reads what CloudWatch Logs keeps for auditors. */
export class RecordsGateway {
  private readonly client: CloudWatchLogsClient;

  constructor(config: CloudWatchLogsClientConfig) {
    this.client = new CloudWatchLogsClient(config);
  }

  /** The names of the log groups that have this in their names, in the same case. */
  async groupsWith(logGroupNamePattern: string): Promise<readonly string[]> {
    return calling('listing log groups', async () => {
      const names: string[] = [];
      for await (const { logGroups = [] } of paginateDescribeLogGroups(
        { client: this.client },
        { logGroupNamePattern },
      )) {
        names.push(...logGroups.flatMap(({ logGroupName }) => logGroupName ?? []));
      }
      return names;
    });
  }

  /** The records since then, of a user or of all, as JSON. */
  async read(logGroupName: string, since: Date, userName: string | undefined): Promise<readonly unknown[]> {
    return calling('reading the records', async () => {
      const records: unknown[] = [];
      const filterPattern = userName === undefined ? undefined : `{ $.userName = "${userName}" }`;
      const pages = paginateFilterLogEvents(
        { client: this.client },
        { logGroupName, startTime: since.getTime(), filterPattern },
      );
      for await (const { events = [] } of pages) {
        records.push(...events.map(({ message = '' }) => parsedJson(message)));
      }
      return records;
    });
  }
}
