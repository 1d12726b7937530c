import {
  DescribeExecutionCommand,
  SFNClient,
  type SFNClientConfig,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { calling, isServiceError } from './service-errors';

/** What Step Functions shows of the execution that has an ARN now. */
export interface ShownExecution {
  readonly startedAt: Date | undefined;
  /** Undefined: it is not over. */
  readonly stoppedAt: Date | undefined;
}

/** The only place that calls Step Functions. */
export class ExecutionGateway {
  private readonly client: SFNClient;

  constructor(config: SFNClientConfig) {
    this.client = new SFNClient(config);
  }

  /**
   * What is shown of an execution; undefined: Step Functions knows none of this ARN. A missing permission is an error, never
   * "over".
   */
  async describe(executionArn: string): Promise<ShownExecution | undefined> {
    return calling('asking whether another execution is still running', async () => {
      try {
        const execution = await this.client.send(
          new DescribeExecutionCommand({ executionArn, includedData: 'METADATA_ONLY' }),
        );
        // PENDING_REDRIVE is an execution that will run again; only what has stopped is over.
        const isOver = execution.status !== 'RUNNING' && execution.status !== 'PENDING_REDRIVE';
        return { startedAt: execution.startDate, stoppedAt: isOver ? execution.stopDate : undefined };
      } catch (error) {
        if (isServiceError(error, 'ExecutionDoesNotExist')) return undefined;
        throw error;
      }
    });
  }

  /** Stops an execution, whatever it is at. Its last function may go on until its own time limit. */
  async stop(executionArn: string, cause: string): Promise<void> {
    await calling('stopping another execution', async () => {
      try {
        // The cause is shown in the console; Step Functions takes 32,768 characters.
        await this.client.send(new StopExecutionCommand({ executionArn, error: 'StoppedForAnother', cause }));
      } catch (error) {
        // Unlike a read, this answer is true: it is over.
        if (!isServiceError(error, 'ExecutionDoesNotExist')) throw error;
      }
    });
  }
}
