import {
  DescribeExecutionCommand,
  type HistoryEvent,
  paginateGetExecutionHistory,
  paginateListExecutions,
  SFNClient,
  type SFNClientConfig,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { STOPPED_FOR_ANOTHER } from '../contract/stop';
import { calling, isServiceError } from './service-errors';

/** What Step Functions shows of the execution that has an ARN now. */
export interface ShownExecution {
  readonly startedAt: Date | undefined;
  /** Undefined: it is not over. */
  readonly stoppedAt: Date | undefined;
}

/** How an execution was started. */
export interface StartedExecution {
  /** Whether it is not over yet. */
  readonly running: boolean;
  readonly startDate: Date;
  /** What it was started with. */
  readonly input: unknown;
}

/** What an execution is at. */
export interface ExecutionMoment extends StartedExecution {
  /** The state that it has entered last, and with what; undefined when none shows. */
  readonly entered: { readonly name: string; readonly input: unknown } | undefined;
}

/** An event of an execution's history. */
export interface ShownEvent {
  readonly id: number;
  readonly type: string;
  readonly at: Date;
  /** Of a task that has failed: the error's name. */
  readonly error: string | undefined;
}

/** An execution that is listed. */
export interface ListedExecution {
  readonly executionArn: string;
  readonly startDate: Date;
}

/** What is done when executions are listed, and each is asked what it was started for. */
export const ASKING_WHO_RUNS = 'asking Step Functions which rotations are running';

/** Each attempt at a task makes three events, so this is enough for a state that is tried for the third time; or pages follow. */
const HISTORY_PAGE = 10;

/** As many events as a few minutes can have, many times over: a state is tried again after seconds. */
const MAX_NEWEST_EVENTS = 500;

const shownEvent = ({ id = 0, type, timestamp, taskFailedEventDetails }: HistoryEvent): ShownEvent => ({
  id,
  type: type ?? '',
  // No time, which is before and after nothing.
  at: timestamp ?? new Date(Number.NaN),
  error: taskFailedEventDetails?.error,
});

const enteredIn = (events: readonly HistoryEvent[] = []): ExecutionMoment['entered'] => {
  const details = events
    .map(({ stateEnteredEventDetails }) => stateEnteredEventDetails)
    .find((entered) => entered !== undefined);
  return details && { name: details.name ?? '', input: JSON.parse(details.input ?? 'null') as unknown };
};

/** An ARN that is none, or none of ours, is of an execution that nobody knows. */
const unlessUnknown = async <Found>(ask: () => Promise<Found>): Promise<Found | undefined> => {
  try {
    return await ask();
  } catch (error) {
    if (isServiceError(error, 'ExecutionDoesNotExist', 'InvalidArn')) return undefined;
    throw error;
  }
};

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

  /**
   * Stops an execution, whatever it is at. Its last function may go on until its own time limit.
   *
   * @returns When it ended. Undefined: Step Functions knows no execution of this ARN.
   */
  async stop(executionArn: string, cause: string): Promise<Date | undefined> {
    return calling('stopping another execution', async () => {
      try {
        // The cause is shown in the console; Step Functions takes 32,768 characters.
        const { stopDate } = await this.client.send(
          new StopExecutionCommand({ executionArn, error: STOPPED_FOR_ANOTHER, cause }),
        );
        return stopDate;
      } catch (error) {
        // Unlike a read, this answer is true: it is over.
        if (isServiceError(error, 'ExecutionDoesNotExist')) return undefined;
        throw error;
      }
    });
  }

  /**
   * The newest events of an execution, from the last one back: at least to one of this time or before, or to the first, unless
   * there are too many. Whatever it shows may be late, and is whole only if its numbers say so.
   */
  async newestEvents(executionArn: string, since: Date): Promise<readonly ShownEvent[]> {
    return calling('asking Step Functions what another execution was at', async () => {
      const found: ShownEvent[] = [];
      const pages = paginateGetExecutionHistory(
        { client: this.client },
        { executionArn, reverseOrder: true, includeExecutionData: false },
      );
      try {
        for await (const { events = [] } of pages) {
          found.push(...events.map(shownEvent));
          const oldest = found.at(-1);
          if (found.length >= MAX_NEWEST_EVENTS || (oldest !== undefined && oldest.at <= since)) break;
        }
      } catch (error) {
        if (!isServiceError(error, 'ExecutionDoesNotExist')) throw error;
      }
      return found;
    });
  }

  /**
   * What an execution is at; undefined: Step Functions knows none of this ARN. Both answers may be late (Step Functions API,
   * DescribeExecution: "eventually consistent").
   */
  async moment(executionArn: string): Promise<ExecutionMoment | undefined> {
    return calling('asking Step Functions what this execution is at', () =>
      unlessUnknown(async () => ({
        ...(await this.start(executionArn)),
        entered: await this.lastEntered(executionArn),
      })),
    );
  }

  /**
   * How an execution was started; undefined: Step Functions knows none of this ARN. Both answers may be late.
   *
   * @param attempted - what the answer is wanted for, in the words of an error.
   */
  async started(
    executionArn: string,
    attempted = 'asking Step Functions who has declared this emergency',
  ): Promise<StartedExecution | undefined> {
    return calling(attempted, () => unlessUnknown(() => this.start(executionArn)));
  }

  /**
   * The executions of a state machine that are shown as running, the youngest first. "The results are best effort and may not
   * reflect very recent updates and changes" (Step Functions API, ListExecutions).
   */
  async running(stateMachineArn: string): Promise<readonly ListedExecution[]> {
    return calling(ASKING_WHO_RUNS, async () => {
      const listed: ListedExecution[] = [];
      const pages = paginateListExecutions(
        { client: this.client },
        { stateMachineArn, statusFilter: 'RUNNING' },
      );
      for await (const { executions = [] } of pages) {
        for (const { executionArn = '', startDate = new Date(0) } of executions) {
          listed.push({ executionArn, startDate });
        }
      }
      return listed;
    });
  }

  private async start(executionArn: string): Promise<StartedExecution> {
    const { status, startDate, input } = await this.client.send(
      new DescribeExecutionCommand({ executionArn, includedData: 'ALL_DATA' }),
    );
    return {
      running: status === 'RUNNING',
      startDate: startDate ?? new Date(0),
      input: JSON.parse(input ?? 'null') as unknown,
    };
  }

  private async lastEntered(executionArn: string): Promise<ExecutionMoment['entered']> {
    // The newest come first, so the first page has it, unless AWS makes pages that are shorter than asked for.
    const pages = paginateGetExecutionHistory(
      { client: this.client, pageSize: HISTORY_PAGE },
      { executionArn, reverseOrder: true },
    );
    for await (const { events } of pages) {
      const entered = enteredIn(events);
      if (entered !== undefined) return entered;
    }
    return undefined;
  }
}
