import {
  DescribeExecutionCommand,
  SFNClient,
  type SFNClientConfig,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { calling, isServiceError } from './service-errors';

/** Whether an execution is over, and since when. */
export type ExecutionState =
  | { readonly kind: 'running' }
  | { readonly kind: 'stopped'; readonly stoppedAt: Date }
  /** Step Functions keeps executions for 90 days, or until their state machine is deleted. */
  | { readonly kind: 'unknown-to-step-functions' };

/** The only place that calls Step Functions. */
export class ExecutionGateway {
  private readonly client: SFNClient;

  constructor(config: SFNClientConfig) {
    this.client = new SFNClient(config);
  }

  /** The state of an execution. A missing permission is an error, never "over". */
  async state(executionArn: string): Promise<ExecutionState> {
    return calling('asking whether another execution is still running', async () => {
      try {
        const execution = await this.client.send(
          new DescribeExecutionCommand({ executionArn, includedData: 'METADATA_ONLY' }),
        );
        // PENDING_REDRIVE is an execution that will run again; only what has stopped is over.
        return execution.status !== 'RUNNING' &&
          execution.status !== 'PENDING_REDRIVE' &&
          execution.stopDate !== undefined
          ? { kind: 'stopped', stoppedAt: execution.stopDate }
          : { kind: 'running' };
      } catch (error) {
        if (isServiceError(error, 'ExecutionDoesNotExist')) return { kind: 'unknown-to-step-functions' };
        throw error;
      }
    });
  }

  /** Stops an execution, whatever it is at. Its last function may go on until its own time limit. */
  async stop(executionArn: string, cause: string): Promise<void> {
    await calling('stopping another execution', () =>
      // The cause is shown in the console; Step Functions takes 32,768 characters.
      this.client.send(new StopExecutionCommand({ executionArn, error: 'StoppedForAnother', cause })),
    );
  }
}
