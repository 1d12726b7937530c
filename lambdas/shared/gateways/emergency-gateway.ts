import { SFNClient, type SFNClientConfig, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { calling, isServiceError } from './service-errors';

/** The only place that starts an execution: a function that declares emergencies by itself needs it, and no other one. */
export class EmergencyGateway {
  private readonly client: SFNClient;

  constructor(config: SFNClientConfig) {
    this.client = new SFNClient(config);
  }

  /**
   * Declares an emergency under a name. `already`: one of that name was declared before, whatever has become of it. Step Functions knows a
   * name for 90 days after the end of its execution (Step Functions API, StartExecution).
   *
   * @param stateMachineArn - of the state machine in which emergencies are declared.
   */
  async declare(stateMachineArn: string, name: string, input: object): Promise<'started' | 'already'> {
    return calling('starting an emergency', async () => {
      try {
        await this.client.send(
          new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }),
        );
        return 'started';
      } catch (error) {
        if (isServiceError(error, 'ExecutionAlreadyExists')) return 'already';
        throw error;
      }
    });
  }
}
