import {
  DescribeExecutionCommand,
  paginateGetExecutionHistory,
  paginateListExecutions,
  SFNClient,
  type SFNClientConfig,
} from '@aws-sdk/client-sfn';
import { calling, isServiceError } from './service-errors';

/** An execution that is not over, as Step Functions lists it. */
export interface ListedExecution {
  readonly executionArn: string;
  readonly startedAt: Date;
}

/** An execution that has ended otherwise than in success. */
export interface EndedExecution extends ListedExecution {
  readonly stoppedAt: Date;
}

/** The ends of executions that leave a rotation unfinished. */
const BAD_ENDS = ['FAILED', 'TIMED_OUT', 'ABORTED'] as const;

/** The latest begun come first, and an execution ends within 90 days of its start. */
const MOST_PAGES = 10;

/** The state that an execution has entered last. */
export interface EnteredState {
  readonly name: string;
  readonly at: Date;
  readonly input: unknown;
}

/** Each attempt at a task makes three events, so a page has the state of a task that is tried for the tenth time. */
const HISTORY_PAGE = 30;

/** A list of a hundred executions is one call. */
const LIST_PAGE = 200;

/**
 * What the survey asks Step Functions about all rotations at once. A step asks about its own execution, and has a gateway of its
 * own, so that no step carries this code. Every answer may be late (Step Functions API, ListExecutions, DescribeExecution and
 * GetExecutionHistory: "eventually consistent").
 */
export class FleetGateway {
  private readonly client: SFNClient;

  constructor(config: SFNClientConfig) {
    this.client = new SFNClient(config);
  }

  /** The executions of a state machine that run. */
  async running(stateMachineArn: string): Promise<readonly ListedExecution[]> {
    return calling('listing the rotations that run', async () => {
      const found: ListedExecution[] = [];
      const pages = paginateListExecutions(
        { client: this.client, pageSize: LIST_PAGE },
        { stateMachineArn, statusFilter: 'RUNNING' },
      );
      for await (const { executions = [] } of pages) {
        for (const { executionArn, startDate } of executions) {
          if (executionArn && startDate) found.push({ executionArn, startedAt: startDate });
        }
      }
      return found;
    });
  }

  /** The executions of a state machine that have ended since then, and not in success. */
  async ended(stateMachineArn: string, since: Date): Promise<readonly EndedExecution[]> {
    return calling('listing the rotations that have ended', async () => {
      const found: EndedExecution[] = [];
      for (const statusFilter of BAD_ENDS) {
        const pages = paginateListExecutions(
          { client: this.client, pageSize: LIST_PAGE },
          { stateMachineArn, statusFilter },
        );
        let read = 0;
        for await (const { executions = [] } of pages) {
          for (const { executionArn, startDate, stopDate } of executions) {
            if (!executionArn || !startDate || !stopDate || stopDate < since) continue;
            found.push({ executionArn, startedAt: startDate, stoppedAt: stopDate });
          }
          read += 1;
          if (read === MOST_PAGES) break;
        }
      }
      return found;
    });
  }

  /** What an execution was started with; undefined: it is over and gone meanwhile. */
  async input(executionArn: string): Promise<unknown> {
    return calling('asking whose rotation an execution is', async () => {
      try {
        const { input } = await this.client.send(
          new DescribeExecutionCommand({ executionArn, includedData: 'ALL_DATA' }),
        );
        return JSON.parse(input ?? 'null') as unknown;
      } catch (error) {
        if (isServiceError(error, 'ExecutionDoesNotExist')) return undefined;
        throw error;
      }
    });
  }

  /** The state that an execution has entered last; undefined when none shows. */
  async entered(executionArn: string): Promise<EnteredState | undefined> {
    return calling('asking what a rotation is at', async () => {
      const pages = paginateGetExecutionHistory(
        { client: this.client, pageSize: HISTORY_PAGE },
        { executionArn, reverseOrder: true },
      );
      for await (const { events = [] } of pages) {
        for (const { stateEnteredEventDetails: details, timestamp } of events) {
          if (details?.name === undefined || timestamp === undefined) continue;
          const input = JSON.parse(details.input ?? 'null') as unknown;
          return { name: details.name, at: timestamp, input };
        }
      }
      return undefined;
    });
  }
}
