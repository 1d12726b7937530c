import { ServiceError } from '../ground/errors';
import { History, momentOfRead } from './aged-reads';
import {
  type Environment,
  operation,
  page,
  type Service,
  type TrailElements,
  validationException,
} from './service';

/** Status of an execution. */
export type ExecutionStatus =
  | 'RUNNING'
  | 'SUCCEEDED'
  | 'FAILED'
  | 'TIMED_OUT'
  | 'ABORTED'
  | 'PENDING_REDRIVE';

/** An execution, as DescribeExecution reports it. */
export interface Execution {
  readonly arn: string;
  readonly status: ExecutionStatus;
  readonly startDate: Date;
  readonly stopDate?: Date | undefined;
  readonly redriveCount?: number | undefined;
  /** Its input. */
  readonly input?: unknown;
  /** Why it has failed or was stopped. */
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
  /** What it has succeeded with. */
  readonly output?: unknown;
}

/** The metric of AWS/States that counts the executions of a status, for those that have one. */
export const METRIC_OF_STATUS: Partial<Record<ExecutionStatus, string>> = {
  SUCCEEDED: 'ExecutionsSucceeded',
  FAILED: 'ExecutionsFailed',
  TIMED_OUT: 'ExecutionsTimedOut',
  ABORTED: 'ExecutionsAborted',
};

/** The ARN of the state machine of an execution. */
export const stateMachineOf = (executionArn: string): string => {
  const parts = executionArn.split(':');
  return [...parts.slice(0, 5), 'stateMachine', parts[6]].join(':');
};

/**
 * The event of a change of status (Step Functions Developer Guide, "Events in EventBridge": what DescribeExecution answers,
 * with times as numbers). The output is not modelled.
 */
export const statusChange = ({ arn, status, startDate, stopDate, input = {}, error, cause }: Execution) => ({
  source: 'aws.states',
  'detail-type': 'Step Functions Execution Status Change',
  resources: [arn],
  detail: {
    executionArn: arn,
    stateMachineArn: stateMachineOf(arn),
    name: arn.split(':')[7],
    status,
    startDate: startDate.getTime(),
    stopDate: stopDate?.getTime() ?? null,
    input: JSON.stringify(input),
    inputDetails: { included: true },
    output: null,
    outputDetails: null,
    error: error ?? null,
    cause: cause ?? null,
  },
});

/** What CloudTrail shows instead of data that executions get or give. */
const HIDDEN = 'HIDDEN_DUE_TO_SECURITY_REASONS';

const TRAIL_DATE = new Intl.DateTimeFormat('en-US', {
  timeZone: 'UTC',
  dateStyle: 'medium',
  timeStyle: 'medium',
});

/** A date as CloudTrail shows Step Functions' own: `Oct 28, 2016 1:17:25 AM`. */
const trailDate = (date: unknown): string =>
  TRAIL_DATE.format(date as Date)
    .replace(/, (?=\d+:)/, ' ')
    .replace('\u202f', ' ');

/**
 * What CloudTrail records of StartExecution (Step Functions Developer Guide, "Recording API calls with AWS CloudTrail"). Its example of
 * a call that was refused has no parameters. That the input is hidden, as a definition is there, AWS does not say: nothing may rest on
 * seeing it.
 */
export const startTrail = (
  {
    stateMachineArn,
    name,
    input,
  }: { readonly stateMachineArn: string; readonly name?: string | undefined; readonly input?: unknown },
  output: Readonly<Record<string, unknown>> | undefined,
): TrailElements => {
  if (output === undefined) return { requestParameters: null, responseElements: null };
  const { executionArn, startDate } = output;
  return {
    requestParameters: { stateMachineArn, name, ...(input !== undefined && { input: HIDDEN }) },
    responseElements: { executionArn, startDate: trailDate(startDate) },
  };
};

/** An event of an execution's history: what GetExecutionHistory tells of it, but its number. */
export interface ExecutionEvent {
  /** Such as `TaskStateEntered`. */
  readonly type: string;
  readonly timestamp: Date;
  /** Under the name that the type asks for, such as `stateEnteredEventDetails`. Most are never read. */
  readonly details?: () => { readonly [name: `${string}EventDetails`]: Readonly<Record<string, unknown>> };
}

/** A state machine that executions can be started of. */
export interface StateMachineSpec {
  readonly name: string;
  readonly roleArn: string;
  readonly definition: string;
  /** Starts an execution under a name that is free. Default: it is noted, and nothing runs it until it is stopped. */
  readonly start?: (name: string, input: unknown) => void;
}

interface KnownStateMachine extends StateMachineSpec {
  readonly arn: string;
  readonly creationDate: Date;
}

/** The outcome of a task that waits for its token. */
export type TaskAnswer =
  | { readonly kind: 'success'; readonly output: unknown }
  | { readonly kind: 'failure'; readonly error: string; readonly cause: string };

interface WaitingTask {
  readonly executionArn: string;
  readonly timesOutAt: Date;
  readonly answer: (answer: TaskAnswer) => void;
  answered: boolean;
}

/** The input of an execution. It is not quoted: nobody knows what is in it. */
const parsedInput = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    const message = "Invalid State Machine Execution Input: 'The input is not JSON'";
    throw new ServiceError('InvalidExecutionInput', message, 400);
  }
};

const TASK_TOKEN = { type: 'string', required: true, min: 1, max: 2048 } as const;

/** Step Functions: what is known of executions. The engine that runs them is elsewhere. */
export class States implements Service {
  /** Stops an execution for StopExecution: set by whatever runs them. */
  onStop: (arn: string, error: string | undefined, cause: string | undefined) => void = (arn, error, cause) =>
    this.setStatus(arn, 'ABORTED', { stopDate: this.environment.clock.now(), error, cause });

  /** Told of every change of an execution's status, its beginning included. */
  onStatus: (execution: Execution) => void = () => {};

  /** By ARN. When a name is used again, so is its ARN. */
  readonly #executions = new Map<string, History<Execution | undefined>>();
  /** By ARN: the events of the execution that has it now. */
  readonly #events = new Map<string, ExecutionEvent[]>();
  /** By token. */
  readonly #tasks = new Map<string, WaitingTask>();
  #tokens = 0;
  /** By ARN. */
  readonly #stateMachines = new Map<string, KnownStateMachine>();
  #unnamedStarts = 0;

  readonly invalidParameter = validationException;

  constructor(
    private readonly environment: Pick<Environment, 'clock' | 'ids' | 'behaviour' | 'region' | 'accountId'>,
  ) {}

  /** Adds a state machine, or replaces the one of its name, and returns its ARN. */
  addStateMachine(spec: StateMachineSpec): string {
    const arn = this.#stateMachineArn(spec.name);
    this.#stateMachines.set(arn, { ...spec, arn, creationDate: this.environment.clock.now() });
    return arn;
  }

  addExecution(execution: Execution): void {
    this.#note(execution.arn, execution);
    // A redriven execution continues its history; a new one under the same name gets a new history.
    if ((execution.redriveCount ?? 0) === 0) this.#events.set(execution.arn, []);
    this.onStatus(execution);
  }

  /** Adds to the history of an execution. */
  addEvents(arn: string, ...events: readonly ExecutionEvent[]): void {
    this.#events.get(arn)?.push(...events);
  }

  /** Changes an execution's status; a redrive passes the new count and no stop date. */
  setStatus(
    arn: string,
    status: ExecutionStatus,
    changes: Partial<Pick<Execution, 'stopDate' | 'redriveCount' | 'error' | 'cause' | 'output'>> = {},
  ): void {
    const execution = this.execution(arn);
    if (execution === undefined) {
      throw new Error(`There is no execution ${arn}`);
    }
    const changed = { ...execution, status, ...changes };
    this.#note(arn, changed);
    this.onStatus(changed);
  }

  /** Step Functions keeps a closed execution's history for 90 days; then it is gone. */
  removeExecution(arn: string): void {
    this.#note(arn, undefined);
  }

  execution(arn: string): Execution | undefined {
    return this.#executions.get(arn)?.present;
  }

  /** The executions of a state machine, by status, as they are. */
  listed(stateMachineArn: string, status: ExecutionStatus): readonly Execution[] {
    return [...this.#executions.values()]
      .flatMap(({ present }) => present ?? [])
      .filter((one) => stateMachineOf(one.arn) === stateMachineArn && one.status === status);
  }

  #note(arn: string, execution: Execution | undefined): void {
    const history = this.#executions.get(arn) ?? new History<Execution | undefined>(undefined);
    history.change(execution, this.environment.clock.now().getTime());
    this.#executions.set(arn, history);
  }

  /** A token for a task that is about to begin. */
  newToken(executionArn: string): string {
    this.#tokens += 1;
    return Buffer.from(`${executionArn} ${this.#tokens}`).toString('base64');
  }

  /** Waits until the task is answered. The engine ends the task when its time is over. */
  waitForTask(token: string, executionArn: string, timesOutAt: Date): Promise<TaskAnswer> {
    return new Promise((answer) => {
      this.#tasks.set(token, { executionArn, timesOutAt, answer, answered: false });
    });
  }

  /** The task ended before it was answered. */
  forgetTask(token: string): void {
    this.#tasks.delete(token);
  }

  /**
   * Answers on behalf of the holder of a task token.
   *
   * @throws ServiceError if no task waits for it.
   */
  answerTask(token: string, answer: TaskAnswer): Record<string, unknown> {
    if (!/^[A-Za-z0-9+/]+=*$/.test(token)) {
      throw new ServiceError('InvalidToken', `Invalid Token: 'Invalid token'`, 400);
    }
    const task = this.#tasks.get(token);
    if (task === undefined) {
      throw new ServiceError('TaskDoesNotExist', `Task Does Not Exist: '${token}'`, 400);
    }
    const isRunning = this.execution(task.executionArn)?.status === 'RUNNING';
    if (task.answered || !isRunning || this.environment.clock.now() >= task.timesOutAt) {
      throw new ServiceError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'", 400);
    }
    task.answered = true;
    task.answer(answer);
    return {};
  }

  readonly operations = {
    // Step Functions API, SendTaskSuccess and SendTaskFailure: InvalidOutput, InvalidToken, TaskDoesNotExist,
    // TaskTimedOut. Tokens name their task: policies cannot narrow these actions.
    SendTaskSuccess: operation({
      parameters: { taskToken: TASK_TOKEN, output: { type: 'string', required: true, max: 262_144 } },
      resource: () => '*',
      handle: ({ taskToken, output }) => {
        let parsed: unknown;
        try {
          parsed = JSON.parse(output);
        } catch {
          throw new ServiceError('InvalidOutput', "Invalid Output: 'Output is not valid JSON'", 400);
        }
        return this.answerTask(taskToken, { kind: 'success', output: parsed });
      },
    }),
    SendTaskFailure: operation({
      parameters: {
        taskToken: TASK_TOKEN,
        error: { type: 'string', max: 256 },
        cause: { type: 'string', max: 32_768 },
      },
      resource: () => '*',
      handle: ({ taskToken, error = '', cause = '' }) =>
        this.answerTask(taskToken, { kind: 'failure', error, cause }),
    }),

    // Step Functions API, DescribeExecution: InvalidArn, ExecutionDoesNotExist. The output is there if it succeeded. Whether METADATA_ONLY leaves
    // out why an execution failed, AWS does not say: here it does.
    DescribeExecution: operation({
      parameters: {
        executionArn: { type: 'string', required: true, min: 1, max: 256 },
        includedData: { type: 'string', oneOf: ['ALL_DATA', 'METADATA_ONLY'] },
      },
      resource: ({ executionArn }) => executionArn,
      handle: ({ executionArn, includedData = 'ALL_DATA' }) => {
        const {
          status,
          startDate,
          stopDate,
          redriveCount = 0,
          input = {},
          output,
          error,
          cause,
        } = this.#readable(executionArn);
        return {
          executionArn,
          stateMachineArn: stateMachineOf(executionArn),
          name: executionArn.split(':')[7],
          status,
          startDate,
          stopDate,
          redriveCount,
          ...(includedData === 'ALL_DATA' && {
            input: JSON.stringify(input),
            ...(output !== undefined && { output: JSON.stringify(output) }),
            error,
            cause,
          }),
        };
      },
    }),
    // Step Functions API, ListExecutions: InvalidArn, InvalidToken, StateMachineDoesNotExist. "Results are sorted by time, with the
    // most recent execution first"; "The default is 100 … A value of 0 uses the default"; eventually consistent. Which state machines
    // there are is not modelled: one without executions has an empty list. Neither map runs nor redrive filters are.
    ListExecutions: operation({
      parameters: {
        stateMachineArn: { type: 'string', required: true, min: 1, max: 256 },
        statusFilter: {
          type: 'string',
          oneOf: ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED', 'PENDING_REDRIVE'],
        },
        maxResults: { type: 'integer', min: 0, max: 1000 },
        nextToken: { type: 'string', min: 1, max: 3096 },
      },
      resource: ({ stateMachineArn }) => stateMachineArn,
      handle: ({ stateMachineArn, statusFilter, maxResults = 0, nextToken }) => {
        const [prefix, , service, , , kind, ...name] = stateMachineArn.split(':');
        if (prefix !== 'arn' || service !== 'states' || kind !== 'stateMachine' || name.length !== 1) {
          throw new ServiceError('InvalidArn', 'Invalid Arn: Invalid ARN prefix', 400);
        }
        const { items, next } = page(
          this.#listable(stateMachineArn, statusFilter),
          nextToken,
          maxResults === 0 ? 100 : maxResults,
          () => new ServiceError('InvalidToken', "Invalid Token: 'Invalid token'", 400),
        );
        return { executions: items, nextToken: next };
      },
    }),
    // Step Functions API, GetExecutionHistory: InvalidArn, InvalidToken, ExecutionDoesNotExist.
    GetExecutionHistory: operation({
      parameters: {
        executionArn: { type: 'string', required: true, min: 1, max: 256 },
        includeExecutionData: { type: 'boolean' },
        maxResults: { type: 'integer', min: 0, max: 1000 },
        nextToken: { type: 'string', min: 1, max: 1024 },
        reverseOrder: { type: 'boolean' },
      },
      resource: ({ executionArn }) => executionArn,
      handle: ({ executionArn, maxResults = 0, nextToken, reverseOrder = false }) => {
        this.#readable(executionArn);
        const moment = momentOfRead(this.environment, this.environment.behaviour.executionReadLag);
        const all = this.#events.get(executionArn) ?? [];
        // Events are in the order of their times.
        const shown = all.slice(0, 1 + all.findLastIndex(({ timestamp }) => timestamp.getTime() <= moment));
        const { items, next } = page(
          reverseOrder ? shown.reverse() : shown,
          nextToken,
          // "The default is 100 … A value of 0 uses the default."
          maxResults === 0 ? 100 : maxResults,
          () => new ServiceError('InvalidToken', "Invalid Token: 'Invalid token'", 400),
        );
        return {
          events: items.map((event) => {
            const id = 1 + all.indexOf(event);
            const { type, timestamp, details } = event;
            return { id, previousEventId: id - 1, type, timestamp, ...details?.() };
          }),
          nextToken: next,
        };
      },
    }),
    // Step Functions API, StopExecution: InvalidArn, ExecutionDoesNotExist. For an execution that is over,
    // the answer has the date of its end.
    StopExecution: operation({
      parameters: {
        executionArn: { type: 'string', required: true, min: 1, max: 256 },
        error: { type: 'string', max: 256 },
        cause: { type: 'string', max: 32_768 },
      },
      resource: ({ executionArn }) => executionArn,
      handle: ({ executionArn, error, cause }) => {
        if (this.#named(executionArn).status === 'RUNNING') this.onStop(executionArn, error, cause);
        return { stopDate: this.#named(executionArn).stopDate ?? this.environment.clock.now() };
      },
      trail: ({ executionArn, error, cause }, output) =>
        output === undefined
          ? { requestParameters: null, responseElements: null }
          : {
              requestParameters: {
                executionArn,
                ...(error !== undefined && { error: HIDDEN }),
                ...(cause !== undefined && { cause: HIDDEN }),
              },
              responseElements: { stopDate: trailDate(output.stopDate) },
            },
    }),

    // Step Functions API, CreateStateMachine and DeleteStateMachine. The definition is kept, and not judged.
    CreateStateMachine: operation({
      parameters: {
        name: { type: 'string', required: true, min: 1, max: 80 },
        definition: { type: 'string', required: true, min: 1, max: 1_048_576 },
        roleArn: { type: 'string', required: true, min: 1, max: 256 },
      },
      resource: ({ name }) => this.#stateMachineArn(name),
      handle: (spec) => {
        const stateMachineArn = this.addStateMachine(spec);
        return { stateMachineArn, creationDate: this.environment.clock.now() };
      },
    }),
    DeleteStateMachine: operation({
      parameters: { stateMachineArn: { type: 'string', required: true, min: 1, max: 256 } },
      resource: ({ stateMachineArn }) => stateMachineArn,
      handle: ({ stateMachineArn }) => {
        this.#stateMachines.delete(stateMachineArn);
        return {};
      },
    }),
    // Step Functions API, DescribeStateMachine and ListStateMachines. Every state machine here is a standard one.
    DescribeStateMachine: operation({
      parameters: { stateMachineArn: { type: 'string', required: true, min: 1, max: 256 } },
      resource: ({ stateMachineArn }) => stateMachineArn,
      handle: ({ stateMachineArn }) => {
        const { name, definition, roleArn, creationDate } = this.#stateMachine(stateMachineArn);
        return {
          stateMachineArn,
          name,
          status: 'ACTIVE',
          definition,
          roleArn,
          type: 'STANDARD',
          creationDate,
        };
      },
    }),
    ListStateMachines: operation({
      parameters: {
        maxResults: { type: 'integer', min: 0, max: 1000 },
        nextToken: { type: 'string', min: 1, max: 1024 },
      },
      resource: () => '*',
      handle: ({ maxResults = 0, nextToken }) => {
        const { items, next } = page(
          [...this.#stateMachines.values()],
          nextToken,
          maxResults === 0 ? 100 : maxResults,
          () => new ServiceError('InvalidToken', "Invalid Token: 'Invalid token'", 400),
        );
        return {
          stateMachines: items.map(({ arn, name, creationDate }) => ({
            stateMachineArn: arn,
            name,
            type: 'STANDARD',
            creationDate,
          })),
          nextToken: next,
        };
      },
    }),
    // Step Functions API, StartExecution: ExecutionAlreadyExists, InvalidExecutionInput, StateMachineDoesNotExist. "If
    // StartExecution is called with the same name and input as a running execution, the call succeeds and
    // returns the same response". Without a name, "Step Functions automatically generates a universally unique identifier".
    StartExecution: operation({
      parameters: {
        stateMachineArn: { type: 'string', required: true, min: 1, max: 256 },
        name: { type: 'string', min: 1, max: 80 },
        input: { type: 'string', max: 262_144 },
      },
      resource: ({ stateMachineArn }) => stateMachineArn,
      handle: ({ stateMachineArn, name = this.#newName(), input: text = '{}' }) => {
        const machine = this.#stateMachine(stateMachineArn);
        const input = parsedInput(text);
        const arn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
        const before = this.execution(arn);
        if (before?.status === 'RUNNING' && JSON.stringify(before.input) === JSON.stringify(input)) {
          return { executionArn: arn, startDate: before.startDate };
        }
        if (before !== undefined) {
          throw new ServiceError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`, 400);
        }
        const startDate = this.environment.clock.now();
        if (machine.start === undefined) this.addExecution({ arn, status: 'RUNNING', startDate, input });
        else machine.start(name, input);
        return { executionArn: arn, startDate };
      },
      trail: startTrail,
    }),
  };

  /** Not from the common source of identifiers: what a start is called must not decide which keys are created. */
  #newName(): string {
    this.#unnamedStarts += 1;
    return `00000000-0000-4000-9000-${this.#unnamedStarts.toString(16).padStart(12, '0')}`;
  }

  #stateMachine(arn: string): KnownStateMachine {
    const machine = this.#stateMachines.get(arn);
    if (machine === undefined) {
      throw new ServiceError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`, 400);
    }
    return machine;
  }

  #stateMachineArn(name: string): string {
    const { region, accountId } = this.environment;
    return `arn:aws:states:${region}:${accountId}:stateMachine:${name}`;
  }

  /** What a list shows of the executions of a state machine, the youngest first. */
  #listable(stateMachineArn: string, statusFilter: string | undefined) {
    const moment = momentOfRead(this.environment, this.environment.behaviour.executionReadLag);
    return [...this.#executions.values()]
      .flatMap((history) => history.at(moment) ?? [])
      .filter(
        ({ arn, status }) =>
          stateMachineOf(arn) === stateMachineArn && (statusFilter === undefined || status === statusFilter),
      )
      .toSorted((one, other) => other.startDate.getTime() - one.startDate.getTime())
      .map(({ arn, status, startDate, stopDate, redriveCount = 0 }) => ({
        executionArn: arn,
        stateMachineArn,
        name: arn.split(':')[7],
        status,
        startDate,
        stopDate,
        redriveCount,
      }));
  }

  /** The state of an execution that a read shows. */
  #readable(executionArn: string): Execution {
    const { behaviour } = this.environment;
    const moment = momentOfRead(this.environment, behaviour.executionReadLag);
    return this.#checked(executionArn, this.#executions.get(executionArn)?.at(moment));
  }

  #named(executionArn: string): Execution {
    return this.#checked(executionArn, this.execution(executionArn));
  }

  #checked(executionArn: string, execution: Execution | undefined): Execution {
    const parts = executionArn.split(':');
    if (parts[0] !== 'arn' || parts[2] !== 'states' || parts[5] !== 'execution' || parts.length !== 8) {
      throw new ServiceError('InvalidArn', 'Invalid Arn: Invalid ARN prefix', 400);
    }
    if (execution === undefined) {
      throw new ServiceError('ExecutionDoesNotExist', `Execution Does Not Exist: '${executionArn}'`, 400);
    }
    return execution;
  }
}
