import {
  DescribeStateMachineCommand,
  type ExecutionListItem,
  GetExecutionHistoryCommand,
  type GetExecutionHistoryCommandInput,
  type GetExecutionHistoryCommandOutput,
  type HistoryEvent,
  paginateListExecutions,
  SFNClient,
  type SFNClientConfig,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { LAST_EVENTS } from '../../lambdas/shared/contract/stop';
import { calling, isServiceError } from '../../lambdas/shared/gateways/service-errors';
import { parsedJson } from '../../lambdas/shared/rotation/execution-end';

/** An execution, as Step Functions lists it. */
export interface Listed {
  readonly executionArn: string;
  readonly name: string;
  readonly status: string;
  readonly startedAt: Date;
  readonly stoppedAt: Date | undefined;
}

/** What an event of an execution tells a person. */
export interface SeenEvent {
  readonly id: number;
  readonly at: Date;
  readonly kind: 'entered' | 'exited' | 'ended' | 'other';
  readonly state: string;
  /** What a state is entered, or left, with. Undefined: it is no JSON. */
  readonly data: unknown;
}

const LIST_PAGE = 200;
const WHOLE_PAGE = 100;
const SMALL_PAGE = 10;

const listed = ({
  executionArn = '',
  name = '',
  status,
  startDate,
  stopDate,
}: ExecutionListItem): Listed => ({
  executionArn,
  name,
  status: status ?? '',
  startedAt: startDate ?? new Date(0),
  stoppedAt: stopDate,
});

const seen = (event: HistoryEvent): SeenEvent => {
  const { id = 0, timestamp: at = new Date(0), stateEnteredEventDetails, stateExitedEventDetails } = event;
  const { name: state = '' } = stateEnteredEventDetails ?? stateExitedEventDetails ?? {};
  if (stateEnteredEventDetails !== undefined) {
    return { id, at, kind: 'entered', state, data: parsedJson(stateEnteredEventDetails.input ?? '') };
  }
  if (stateExitedEventDetails !== undefined) {
    return { id, at, kind: 'exited', state, data: parsedJson(stateExitedEventDetails.output ?? '') };
  }
  return { id, at, kind: LAST_EVENTS.has(event.type ?? '') ? 'ended' : 'other', state, data: undefined };
};

/** What the command asks of Step Functions beside what the survey and the record ask. Every read may be late. */
export class StateMachinesGateway {
  private readonly client: SFNClient;

  constructor(config: SFNClientConfig) {
    this.client = new SFNClient(config);
  }

  /**
   * Starts an execution. The same name and input again, while it runs, is the same execution. `taken`: the name has had another
   * input, or its execution has ended, which an earlier attempt may have started whose answer got lost.
   */
  async start(stateMachineArn: string, name: string, input: object): Promise<'started' | 'taken'> {
    return calling('starting an execution', async () => {
      try {
        await this.client.send(
          new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }),
        );
        return 'started';
      } catch (error) {
        if (isServiceError(error, 'ExecutionAlreadyExists')) return 'taken';
        throw error;
      }
    });
  }

  /** The executions of a state machine, the youngest first, a page at a time. */
  async *list(stateMachineArn: string): AsyncGenerator<readonly Listed[]> {
    const pages = paginateListExecutions({ client: this.client, pageSize: LIST_PAGE }, { stateMachineArn });
    const next = () => calling('listing executions', () => pages.next());
    for (let page = await next(); page.done !== true; page = await next()) {
      yield (page.value.executions ?? []).map(listed);
    }
  }

  /** The events of an execution after one of them, the oldest first. Undefined: Step Functions knows no such execution (yet, or any more). */
  async eventsAfter(executionArn: string, last: number): Promise<readonly SeenEvent[] | undefined> {
    return calling('reading the history of an execution', async () => {
      const found: SeenEvent[] = [];
      // Whoever asks again and again gets a few.
      const maxResults = last === 0 ? WHOLE_PAGE : SMALL_PAGE;
      let nextToken: string | undefined;
      do {
        const page = await this.page({ executionArn, reverseOrder: true, maxResults, nextToken });
        if (page === undefined) return undefined;
        const events = (page.events ?? []).map(seen);
        found.push(...events.filter(({ id }) => id > last));
        nextToken = events.some(({ id }) => id <= last) ? undefined : page.nextToken;
      } while (nextToken !== undefined);
      return found.reverse();
    });
  }

  private async page(
    input: GetExecutionHistoryCommandInput,
  ): Promise<GetExecutionHistoryCommandOutput | undefined> {
    try {
      return await this.client.send(new GetExecutionHistoryCommand(input));
    } catch (error) {
      if (isServiceError(error, 'ExecutionDoesNotExist')) return undefined;
      throw error;
    }
  }

  /** The definition of a state machine, with every placeholder filled in. */
  async definition(stateMachineArn: string): Promise<string> {
    return calling('describing the state machine', async () => {
      const { definition } = await this.client.send(new DescribeStateMachineCommand({ stateMachineArn }));
      return definition ?? '';
    });
  }
}
