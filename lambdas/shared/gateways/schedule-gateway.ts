import { GetScheduleCommand, SchedulerClient, type SchedulerClientConfig } from '@aws-sdk/client-scheduler';
import { calling, isServiceError } from './service-errors';

/** What there is to read of a schedule. */
export type ScheduleState = 'enabled' | 'disabled' | 'missing';

/** The only place that calls EventBridge Scheduler. */
export class ScheduleGateway {
  private readonly client: SchedulerClient;

  constructor(config: SchedulerClientConfig) {
    this.client = new SchedulerClient(config);
  }

  /** Whether a schedule starts anything. */
  async state(groupName: string, name: string): Promise<ScheduleState> {
    return calling(`reading the schedule ${name}`, async () => {
      try {
        const { State } = await this.client.send(
          new GetScheduleCommand({ GroupName: groupName, Name: name }),
        );
        // What is neither of the two that there are is not taken for enabled.
        return State === 'ENABLED' ? 'enabled' : 'disabled';
      } catch (error) {
        if (isServiceError(error, 'ResourceNotFoundException')) return 'missing';
        throw error;
      }
    });
  }
}
