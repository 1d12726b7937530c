import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { PublishCommand, type PublishCommandInput, type SNSClient } from '@aws-sdk/client-sns';
import { type RunOptions, StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import type { EmbeddedAws, Starter } from '../../embedded-aws/embedded-aws';
import { executionName } from '../../lambdas/shared/contract/names';
import { parseDefinition } from './definition-guard';
import { checkPayload, type EnteredState, Execution } from './execution';
import type { LambdaService } from './lambda-service';
import { TaskError } from './task-error';
import type { TimelineEntry } from './timeline';

// The engine needs it in every Task, and Node.js 20 does not have it yet.
const promises = Promise as unknown as { withResolvers?: () => unknown };
promises.withResolvers ??= () => {
  let resolve: (value: unknown) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<unknown>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
};

/** The options of a {@link StateMachineEngine}. */
export interface StateMachineOptions {
  readonly name: string;
  readonly roleArn: string;
  /** The definition with every placeholder filled in. */
  readonly definition: string;
  readonly aws: EmbeddedAws;
  readonly lambda: LambdaService;
  /** Clients for the state machine's own calls, in a session of its role. */
  readonly clients: { readonly sns: SNSClient; readonly events: EventBridgeClient };
  /** Whether the state machine's role may invoke a function. Default: every function. */
  readonly mayInvoke?: (functionArn: string) => boolean;
  /** Starts an execution of another state machine. Default: there is none. */
  readonly startExecution?: (request: {
    readonly stateMachineArn: string;
    readonly name: string;
    readonly input: unknown;
  }) => Execution;
}

/** Options for the start of an execution. */
export interface StartOptions {
  /** Default: made from the user's name and the time. */
  readonly name?: string;
  /** Called for every line of the timeline as it happens. */
  readonly onTimeline?: (entry: TimelineEntry) => void;
  /** Who starts it, for CloudTrail. Default: a person. */
  readonly starter?: Starter;
}

/** An execution in the middle: begun elsewhere, and about to run a state that it has entered. */
export interface BegunExecution {
  readonly name: string;
  readonly startDate: Date;
  readonly redriveCount: number;
  /** The input that it was started with. */
  readonly input: unknown;
  readonly state: EnteredState;
}

type State = StateMachineDefinition['States'][string];
type TaskHandlers = NonNullable<NonNullable<RunOptions['overrides']>['taskResourceLocalHandlers']>;
type JsonInput = Parameters<StateMachine['run']>[0];

/** The service call of a Task state: the part of its resource that names the integration. */
const integrationOf = (state: State | undefined): string | undefined =>
  state?.Type === 'Task' ? state.Resource.split(':::')[1] : undefined;

/** The timeline's text for a state that sends a message or event, whose result is not kept. */
const noticeOf = (state: State | undefined): string | undefined =>
  ({
    'sns:publish': 'The message is published.',
    'events:putEvents': 'The event is sent.',
    'events:putEvents.waitForTaskToken': 'The answer is yes.',
    'states:startExecution': 'The execution is started.',
  })[integrationOf(state) ?? ''];

const WAIT_FOR_TOKEN = '.waitForTaskToken';

/** An entry of PutEvents as a definition has it: its detail may be an object. */
interface EventEntry {
  readonly Source?: string;
  readonly DetailType?: string;
  readonly Detail?: unknown;
  readonly Resources?: readonly string[];
}

/**
 * The parameter that carries the time limit of a task that waits for its token, for the engine and for the
 * task.
 */
const TIME_LIMIT = 'TimeLimitSeconds';

/**
 * The engine looks for TimeoutSecondsPath in a task's parameters, Step Functions in the state's input: so it
 * is put among the parameters.
 */
const forEngine = (definition: StateMachineDefinition): StateMachineDefinition => ({
  ...definition,
  States: Object.fromEntries(
    Object.entries(definition.States).map(([name, state]) => {
      if (state.Type !== 'Task' || !state.Resource.endsWith(WAIT_FOR_TOKEN)) return [name, state];
      const { TimeoutSeconds, TimeoutSecondsPath, Parameters, ...others } = state;
      const limit =
        TimeoutSecondsPath === undefined
          ? { [TIME_LIMIT]: TimeoutSeconds }
          : { [`${TIME_LIMIT}.$`]: TimeoutSecondsPath };
      return [
        name,
        {
          ...others,
          Parameters: { ...(Parameters as object), ...limit },
          TimeoutSecondsPath: `$.${TIME_LIMIT}`,
        },
      ];
    }),
  ),
});

/** The parts of the context object that the engine fills in by itself, as if the execution began now. */
const OF_THE_BEGINNING = /\$\$\.Execution\.(StartTime|Input)\b/g;

/**
 * A definition from a state on, for an execution whose beginning is in the context object under `$$.Begun`.
 */
const definitionFrom = (definition: StateMachineDefinition, StartAt: string): StateMachineDefinition => {
  const text = JSON.stringify(definition).replaceAll(
    OF_THE_BEGINNING,
    (_path, field: string) => `$$.Begun.${field}`,
  );
  return { ...(JSON.parse(text) as StateMachineDefinition), StartAt };
};

/**
 * The rest of a definition from a state on, with the rest of its time limit and, under `$$.Begun`, the
 * context object's data about the beginning of the execution.
 */
const restOf = (
  definition: StateMachineDefinition,
  { name, state, startDate }: BegunExecution,
  now: Date,
): StateMachineDefinition => {
  if (definition.States[state.name] === undefined) {
    throw new Error(`${name} is in the state "${state.name}", which its definition does not have`);
  }
  const rest = definitionFrom(definition, state.name);
  const elapsed = (now.getTime() - startDate.getTime()) / 1000;
  const left = rest.TimeoutSeconds === undefined ? {} : { TimeoutSeconds: rest.TimeoutSeconds - elapsed };
  return { ...rest, ...left };
};

/** The value at a path that the definition guard has accepted: names after dots. */
const valueAt = (path: string, input: unknown): unknown =>
  path
    .split('.')
    .slice(1)
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], input);

/** A definition, and the engine's machine that runs it. */
interface Program {
  readonly definition: StateMachineDefinition;
  readonly machine: StateMachine;
}

const programOf = (definition: StateMachineDefinition): Program => ({
  definition,
  // The guard has validated it already.
  machine: new StateMachine(definition, { validationOptions: { noValidate: true } }),
});

/** Step Functions: runs a definition with aws-local-stepfunctions, and its tasks against the embedded AWS. */
export class StateMachineEngine {
  readonly name: string;
  readonly arn: string;

  /** Called for every state that an execution enters, before anything in it takes virtual time. */
  onStateEntered: (execution: Execution, state: EnteredState) => void = () => {};

  readonly #options: StateMachineOptions;
  readonly #program: Program;
  readonly #sns: SNSClient;
  readonly #events: EventBridgeClient;
  readonly #names = new Set<string>();
  readonly #executions = new Map<string, Execution>();

  constructor(options: StateMachineOptions) {
    const { name, definition, aws, clients } = options;
    this.#options = options;
    this.name = name;
    this.arn = `arn:aws:states:${aws.region}:${aws.accountId}:stateMachine:${name}`;
    this.#program = programOf(forEngine(parseDefinition(definition)));
    this.#sns = clients.sns;
    this.#events = clients.events;
    // CloudTrail records the call itself.
    const start = (executionName: string, input: unknown): void => {
      this.#begin(input, executionName);
    };
    aws.states.addStateMachine({ name, roleArn: options.roleArn, definition, start });
    const stopOthers = aws.states.onStop;
    aws.states.onStop = (arn, error, cause) => {
      const execution = this.#executions.get(arn);
      if (execution === undefined) stopOthers(arn, error, cause);
      else execution.stop(error, cause);
    };
  }

  /** The ARN of an execution. */
  arnOf(name: string): string {
    return `${this.arn.replace(':stateMachine:', ':execution:')}:${name}`;
  }

  /** StartExecution, by somebody who has no client of the embedded AWS. */
  start(input: unknown, options: StartOptions = {}): Execution {
    const execution = this.#begin(input, options.name ?? this.newName(input), options);
    this.#options.aws.tellOfStart(execution, options.starter);
    return execution;
  }

  #begin(input: unknown, name: string, options: StartOptions = {}): Execution {
    const isUsedAgain = this.#takeName(name);
    return this.#run(name, { input, program: this.#program, redriveCount: 0, options, isUsedAgain });
  }

  /**
   * Continues an execution that was begun elsewhere. It keeps the definition under which it began, as every
   * execution does when the state machine is updated.
   *
   * @param definition - With every placeholder filled in.
   * @throws DefinitionRefused; Error if the definition does not have the state, or the name is taken.
   */
  resume(begun: BegunExecution, definition: string, options: Omit<StartOptions, 'name'> = {}): Execution {
    const { name, redriveCount } = begun;
    this.#takeName(name);
    const { clock } = this.#options.aws;
    const program = programOf(restOf(forEngine(parseDefinition(definition)), begun, clock.now()));
    return this.#run(name, { input: begun.state.input, program, redriveCount, options, begun });
  }

  /** RedriveExecution: the same execution continues with the state in which it ended. */
  redrive(ended: Execution, options: Omit<StartOptions, 'name'> = {}): Execution {
    if (ended.status === 'RUNNING' || ended.status === 'SUCCEEDED') {
      throw new Error(`ExecutionNotRedrivable: ${ended.arn} is ${ended.status}`);
    }
    if (!this.isLatest(ended)) {
      throw new Error(`ExecutionNotRedrivable: another execution has its name: ${ended.arn}`);
    }
    const last = ended.history.findLast(({ type }) => type === 'StateEntered') as
      | { readonly state: { readonly name: string; readonly input: unknown } }
      | undefined;
    if (last === undefined) throw new Error(`ExecutionNotRedrivable: ${ended.arn} has entered no state`);
    const { name: StartAt, input } = last.state;
    const program = programOf(definitionFrom(this.#program.definition, StartAt));
    const redriveCount = (this.#options.aws.states.execution(ended.arn)?.redriveCount ?? 0) + 1;
    return this.#run(ended.name, { input, program, redriveCount, options, begun: ended, run: ended.run });
  }

  /** Whether no other execution has taken its name since. */
  isLatest({ arn, run }: Execution): boolean {
    return this.#executions.get(arn)?.run === run;
  }

  /** Returns whether it has been used before. */
  #takeName(name: string): boolean {
    if (this.isTaken(name)) throw new Error(`ExecutionAlreadyExists: ${name}`);
    const isUsedAgain = this.#names.has(name);
    this.#names.add(name);
    return isUsedAgain;
  }

  /** Whether no execution can be started under a name. */
  isTaken(name: string): boolean {
    const { behaviour } = this.#options.aws;
    const isRunning = this.#executions.get(this.arnOf(name))?.status === 'RUNNING';
    return isRunning || (this.#names.has(name) && !behaviour.executionNamesUsedAgain);
  }

  #run(
    name: string,
    how: {
      /** Of its first state. */
      readonly input: unknown;
      readonly program: Program;
      readonly redriveCount: number;
      readonly options: StartOptions;
      /** The data of its beginning. Default: it begins now, with that input. */
      readonly begun?: Pick<BegunExecution, 'input' | 'startDate'>;
      /** Another execution had the name before. */
      readonly isUsedAgain?: boolean;
      /** Default: made from its ARN, and its start if need be. */
      readonly run?: string;
    },
  ): Execution {
    const { aws, roleArn } = this.#options;
    const { program, redriveCount, options, begun, isUsedAgain = false } = how;
    const { definition, machine } = program;
    const arn = this.arnOf(name);
    const copy = JSON.parse(JSON.stringify(how.input)) as JsonInput;
    const { input, startDate } = begun ?? { input: copy, startDate: aws.clock.now() };
    const { run = isUsedAgain ? `${arn}@${startDate.toISOString()}` : arn } = how;
    const execution: Execution = new Execution(
      {
        arn,
        run,
        name,
        input,
        startDate,
        redriveCount,
        clock: aws.clock,
        states: aws.states,
        onTimeline: options.onTimeline,
        onStateEntered: (state) => this.onStateEntered(execution, state),
        noticeOf: (stateName) => noticeOf(definition.States[stateName]),
        waitsUntil: (stateName, stateInput) => this.#waitsUntil(definition.States[stateName], stateInput),
      },
      (execution) => {
        let token: string | undefined;
        const tokens = {
          // One token for each attempt at a task, however often the engine asks.
          get Token() {
            token ??= aws.states.newToken(arn);
            return token;
          },
        };
        const takeToken = (): string => {
          const taken = tokens.Token;
          token = undefined;
          return taken;
        };
        return machine.run(copy, {
          // The execution itself records that it was stopped.
          noThrowOnAbort: true,
          // The engine adds Input and StartTime.
          context: {
            ...(begun && { Begun: { Input: input, StartTime: startDate.toISOString() } }),
            Execution: { Id: arn, Name: name, RoleArn: roleArn, RedriveCount: redriveCount },
            StateMachine: { Id: this.arn, Name: this.name },
            Task: tokens,
          },
          overrides: { taskResourceLocalHandlers: this.#tasksOf(definition, execution, takeToken) },
        });
      },
    );
    this.#executions.set(arn, execution);
    return execution;
  }

  /**
   * A name for an execution. A taken name gets a number. If names can be used again, they are made without
   * the time, so that they repeat.
   *
   * @param isTakenToo - Whether a name is taken for another reason. Default: none is.
   */
  newName(input: unknown, isTakenToo: (name: string) => boolean = () => false): string {
    const { clock, behaviour } = this.#options.aws;
    const { userName } = (input ?? {}) as { readonly userName?: unknown };
    const name = executionName(
      typeof userName === 'string' ? userName : 'nobody',
      behaviour.executionNamesUsedAgain ? new Date(0) : clock.now(),
    );
    const isTaken = (one: string): boolean => this.isTaken(one) || isTakenToo(one);
    if (!isTaken(name)) return name;
    let number = 2;
    while (isTaken(`${name}-${number}`)) number += 1;
    return `${name}-${number}`;
  }

  #waitsUntil(state: State | undefined, input: unknown): Date | undefined {
    if (state?.Type !== 'Wait') return undefined;
    const now = this.#options.aws.clock.now().getTime();
    const { TimestampPath, SecondsPath, Timestamp, Seconds } = state;
    if (TimestampPath !== undefined) return new Date(String(valueAt(TimestampPath, input)));
    if (Timestamp !== undefined) return new Date(Timestamp);
    const seconds = SecondsPath === undefined ? Seconds : Number(valueAt(SecondsPath, input));
    return new Date(now + (seconds ?? 0) * 1000);
  }

  #tasksOf(definition: StateMachineDefinition, execution: Execution, takeToken: () => string): TaskHandlers {
    const handlers: TaskHandlers = {};
    for (const [name, state] of Object.entries(definition.States)) {
      if (state.Type !== 'Task') continue;
      const run = this.#taskOf(state, name, execution, takeToken);
      handlers[name] = async (input) => {
        // After a stop the engine still works through the retries of its current state.
        if (execution.status !== 'RUNNING') {
          throw new TaskError('States.Aborted', 'The execution has ended.', { final: true });
        }
        checkPayload(input, `payload of "${name}"`);
        const output = await run(input);
        checkPayload(output, `result of "${name}"`);
        return output as JsonInput;
      };
    }
    return handlers;
  }

  #taskOf(
    state: State,
    stateName: string,
    { arn, run }: Execution,
    takeToken: () => string,
  ): (input: unknown) => Promise<unknown> {
    switch (integrationOf(state)) {
      case 'sns:publish':
        return (input) => this.#publish(input);
      case 'events:putEvents':
        return (input) => this.#putEvents(input, arn);
      case 'states:startExecution':
        return async (input) => this.#startOther(input);
      case `events:putEvents${WAIT_FOR_TOKEN}`:
        return (input) => this.#ask(input, arn, takeToken());
      default:
        return (input) => this.#invoke(input, { executionArn: arn, run, stateName });
    }
  }

  async #invoke(
    input: unknown,
    caller: { executionArn: string; run: string; stateName: string },
  ): Promise<unknown> {
    const { FunctionName, Payload } = input as { readonly FunctionName: string; readonly Payload: unknown };
    const { lambda, mayInvoke, roleArn } = this.#options;
    if (mayInvoke?.(FunctionName) === false) {
      throw new TaskError(
        'Lambda.AWSLambdaException',
        `${roleArn} is not authorized to perform: lambda:InvokeFunction on resource: ${FunctionName}`,
      );
    }
    return lambda.invoke(FunctionName, Payload, caller);
  }

  /** Step Functions Developer Guide, "Start a new AWS Step Functions state machine from a running execution". */
  #startOther(request: unknown): unknown {
    const { StateMachineArn, Name, Input } = request as {
      readonly StateMachineArn: string;
      readonly Name: string;
      readonly Input: unknown;
    };
    const { startExecution } = this.#options;
    if (startExecution === undefined) {
      throw new TaskError(
        'StepFunctions.StateMachineDoesNotExistException',
        `State Machine Does Not Exist: '${StateMachineArn}'`,
      );
    }
    try {
      const { arn, startDate } = startExecution({
        stateMachineArn: StateMachineArn,
        name: Name,
        input: Input,
      });
      return { ExecutionArn: arn, StartDate: startDate.toISOString() };
    } catch (error) {
      const { message } = error as Error;
      if (!message.startsWith('ExecutionAlreadyExists')) throw error;
      throw new TaskError('StepFunctions.ExecutionAlreadyExistsException', message);
    }
  }

  async #publish(input: unknown): Promise<unknown> {
    try {
      const { MessageId, SequenceNumber } = await this.#sns.send(
        new PublishCommand(input as PublishCommandInput),
      );
      return { MessageId, SequenceNumber, SdkHttpMetadata: { HttpStatusCode: 200 } };
    } catch (error) {
      const { name, message } = error as Error;
      throw new TaskError(`SNS.${name}`, `${message} (Service: Sns)`);
    }
  }

  /** Sends an event with the task's token, and waits for the answer. */
  async #ask(input: unknown, executionArn: string, token: string): Promise<unknown> {
    const { states, clock } = this.#options.aws;
    const { [TIME_LIMIT]: seconds, ...request } = input as Readonly<Record<string, unknown>>;
    const timesOutAt = new Date(clock.now().getTime() + Number(seconds) * 1000);
    // The receiver of the event may answer before PutEvents does.
    const answered = states.waitForTask(token, executionArn, timesOutAt);
    try {
      await this.#putEvents(request, executionArn);
    } catch (error) {
      states.forgetTask(token);
      throw error;
    }
    const answer = await answered;
    if (answer.kind === 'failure') throw new TaskError(answer.error, answer.cause);
    return answer.output;
  }

  /**
   * Step Functions Developer Guide, "Add EventBridge events with Step Functions": details may be objects, the
   * ARNs of execution and state machine are appended to the resources, and a refused entry fails the task.
   */
  async #putEvents(input: unknown, executionArn: string): Promise<unknown> {
    const { Entries } = input as { readonly Entries: readonly EventEntry[] };
    const command = new PutEventsCommand({
      Entries: Entries.map(({ Detail, Resources = [], ...entry }) => ({
        ...entry,
        Detail: typeof Detail === 'string' ? Detail : JSON.stringify(Detail),
        Resources: [...Resources, executionArn, this.arn],
      })),
    });
    const answer = await this.#events.send(command).catch((error: Error) => {
      // Without an answer there is no error of the service.
      const name = '$fault' in error ? error.name : 'SdkClientException';
      throw new TaskError(`EventBridge.${name}`, `${error.message} (Service: EventBridge)`);
    });
    if ((answer.FailedEntryCount ?? 0) > 0) {
      throw new TaskError('EventBridge.FailedEntry', JSON.stringify({ Entries: answer.Entries }));
    }
    return { Entries: answer.Entries, FailedEntryCount: 0, SdkHttpMetadata: { HttpStatusCode: 200 } };
  }
}
