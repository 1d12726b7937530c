import {
  DescribeExecutionCommand,
  type HistoryEvent,
  paginateGetExecutionHistory,
  SFNClient,
  type SFNClientConfig,
} from '@aws-sdk/client-sfn';
import { LAST_EVENTS } from '../contract/stop';
import { parsedJson } from '../rotation/execution-end';
import { calling, isServiceError } from './service-errors';

/** An execution, as Step Functions describes it. */
export interface DescribedExecution {
  readonly status: string;
  readonly startedAt: Date | undefined;
  readonly endedAt: Date | undefined;
  readonly redriveCount: number;
  /** Undefined: it is no JSON. */
  readonly input: unknown;
  readonly output: unknown;
  readonly error: string | undefined;
  readonly cause: string | undefined;
}

/** What an event of a history tells. All others are counted only. */
export type ToldEvent = { readonly at: Date } & (
  | { readonly kind: 'entered' | 'exited'; readonly state: string; readonly data: unknown }
  | { readonly kind: 'attempt-failed' | 'ended' | 'other' }
);

/** Step Functions API, HistoryEvent: an attempt at a task that came to nothing. */
const FAILED_ATTEMPT =
  /^(Task|LambdaFunction|Activity)(Failed|TimedOut|StartFailed|SubmitFailed|ScheduleFailed)$/;

/** The most that Step Functions gives at once. */
const PAGE = 1000;

const told = (event: HistoryEvent): ToldEvent => {
  const { timestamp: at = new Date(0), type = '' } = event;
  const { stateEnteredEventDetails: entered, stateExitedEventDetails: exited } = event;
  if (entered !== undefined) {
    return { at, kind: 'entered', state: entered.name ?? '', data: parsedJson(entered.input ?? '') };
  }
  if (exited !== undefined) {
    return { at, kind: 'exited', state: exited.name ?? '', data: parsedJson(exited.output ?? '') };
  }
  if (LAST_EVENTS.has(type)) return { at, kind: 'ended' };
  return { at, kind: FAILED_ATTEMPT.test(type) ? 'attempt-failed' : 'other' };
};

/**
 * What the record of an execution asks Step Functions about it: everything, once it is over. A step has a gateway of its own, so that no
 * step carries this code. Every answer may be late (Step Functions API, DescribeExecution: "eventually consistent").
 */
export class HistoryGateway {
  private readonly client: SFNClient;

  constructor(config: SFNClientConfig) {
    this.client = new SFNClient(config);
  }

  /** The execution; undefined: Step Functions knows none of this ARN, or none any more. */
  async describe(executionArn: string): Promise<DescribedExecution | undefined> {
    return calling('asking how an execution has ended', async () => {
      try {
        const execution = await this.client.send(
          new DescribeExecutionCommand({ executionArn, includedData: 'ALL_DATA' }),
        );
        const { status = '', startDate, stopDate, redriveCount = 0, error, cause } = execution;
        const { input = '', output = '' } = execution;
        return {
          status,
          startedAt: startDate,
          endedAt: stopDate,
          redriveCount,
          input: parsedJson(input),
          output: parsedJson(output),
          error,
          cause,
        };
      } catch (error) {
        // What is no ARN is of an execution that nobody knows.
        if (isServiceError(error, 'ExecutionDoesNotExist', 'InvalidArn')) return undefined;
        throw error;
      }
    });
  }

  /**
   * The events of its history, the oldest first, a page at a time: together they may be larger than the function's memory.
   *
   * @param take - Gets each of them.
   * @param most - No page is asked for any more when there were so many.
   * @returns whether these were all.
   */
  async read(executionArn: string, most: number, take: (event: ToldEvent) => void): Promise<boolean> {
    return calling('reading the history of an execution', async () => {
      const pages = paginateGetExecutionHistory(
        { client: this.client, pageSize: PAGE },
        { executionArn, includeExecutionData: true },
      );
      let read = 0;
      for await (const { events = [], nextToken } of pages) {
        for (const event of events) take(told(event));
        read += events.length;
        if (read >= most && nextToken !== undefined) return false;
      }
      return true;
    });
  }
}
