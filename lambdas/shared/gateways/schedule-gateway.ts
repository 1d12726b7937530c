import {
  GetScheduleCommand,
  type GetScheduleCommandOutput,
  SchedulerClient,
  type SchedulerClientConfig,
} from '@aws-sdk/client-scheduler';
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
    const found = await this.get(groupName, name);
    if (found === undefined) return 'missing';
    // What is neither of the two that there are is not taken for enabled.
    return found.State === 'ENABLED' ? 'enabled' : 'disabled';
  }

  /** ARN of the queue that gets what a schedule could not start; undefined: there is no such schedule, or it has none. */
  async deadLetterQueue(groupName: string, name: string): Promise<string | undefined> {
    return (await this.get(groupName, name))?.Target?.DeadLetterConfig?.Arn;
  }

  private async get(groupName: string, name: string): Promise<GetScheduleCommandOutput | undefined> {
    return calling(`reading the schedule ${name}`, async () => {
      try {
        return await this.client.send(new GetScheduleCommand({ GroupName: groupName, Name: name }));
      } catch (error) {
        if (isServiceError(error, 'ResourceNotFoundException')) return undefined;
        throw error;
      }
    });
  }
}
