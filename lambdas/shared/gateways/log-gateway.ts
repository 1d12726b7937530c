import {
  CloudWatchLogsClient,
  type CloudWatchLogsClientConfig,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { calling, isServiceError } from './service-errors';

/** What is written to a stream. */
export interface Entry {
  readonly at: Date;
  readonly text: string;
}

/** What CloudWatch Logs has made of an entry. */
export type Written = 'written' | 'too-old' | 'too-new';

/** The only place that calls CloudWatch Logs. */
export class LogGateway {
  private readonly client: CloudWatchLogsClient;

  constructor(config: CloudWatchLogsClientConfig) {
    this.client = new CloudWatchLogsClient(config);
  }

  /**
   * Writes one entry, and makes the stream where there is none yet. An answer without an error is no proof: events that are too old or
   * too new are left out, and the answer says so (CloudWatch Logs API, PutLogEvents, rejectedLogEventsInfo).
   */
  async write(logGroupName: string, logStreamName: string, entry: Entry): Promise<Written> {
    return calling('writing the record of an execution', async () => {
      const stream = { logGroupName, logStreamName };
      try {
        return await this.put(stream, entry);
      } catch (error) {
        if (!isServiceError(error, 'ResourceNotFoundException')) throw error;
      }
      // Also when it is the group that is missing: then this fails, and says so.
      await this.createStream(stream);
      return this.put(stream, entry);
    });
  }

  private async put(
    stream: { readonly logGroupName: string; readonly logStreamName: string },
    { at, text }: Entry,
  ): Promise<Written> {
    const { rejectedLogEventsInfo: rejected } = await this.client.send(
      new PutLogEventsCommand({ ...stream, logEvents: [{ timestamp: at.getTime(), message: text }] }),
    );
    if (rejected === undefined) return 'written';
    return rejected.tooNewLogEventStartIndex === undefined ? 'too-old' : 'too-new';
  }

  /** Somebody else, for another execution of the user, may have made it meanwhile. */
  private async createStream(stream: { readonly logGroupName: string; readonly logStreamName: string }) {
    try {
      await this.client.send(new CreateLogStreamCommand(stream));
    } catch (error) {
      if (!isServiceError(error, 'ResourceAlreadyExistsException')) throw error;
    }
  }
}
