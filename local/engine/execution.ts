import type { StateMachine } from 'aws-local-stepfunctions';
import type { VirtualClock } from '../../embedded-aws/ground/clock';
import type { ExecutionEvent, States } from '../../embedded-aws/services/states';
import { TaskError } from './task-error';
import { type TimelineEntry, waiting } from './timeline';

/** How an execution ended, in the words of DescribeExecution. */
export interface ExecutionResult {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  readonly output?: unknown;
  readonly error?: string;
  readonly cause?: string;
  readonly stopDate: Date;
}

type EngineRun = ReturnType<StateMachine['run']>;
type EngineEvent = EngineRun['eventLogs'] extends AsyncGenerator<infer Event> ? Event : never;
type StateEvent = Extract<EngineEvent, { readonly state: unknown }>;

/** A state that an execution has entered. */
export interface EnteredState {
  readonly name: string;
  /** The execution's data. */
  readonly input: unknown;
}

/** An event of the execution's history. */
export type HistoryEvent = Readonly<Record<string, unknown>> & {
  readonly id: number;
  readonly at: string;
  readonly type: string;
};

/** The options of an {@link Execution}. */
export interface ExecutionOptions {
  readonly arn: string;
  /** The ARN, and the start if others had the name before. */
  readonly run: string;
  readonly name: string;
  readonly input: unknown;
  readonly startDate: Date;
  /** How often it has been redriven. */
  readonly redriveCount: number;
  readonly clock: VirtualClock;
  /** Gets every change of status: handlers ask it. */
  readonly states: States;
  /** Called for every line of the timeline as it happens. */
  readonly onTimeline?: ((entry: TimelineEntry) => void) | undefined;
  /** Called for every state that is entered, before anything in it takes virtual time. */
  readonly onStateEntered?: ((state: EnteredState) => void) | undefined;
  /** The text for states that send a message or event: their result is not kept. */
  readonly noticeOf: (stateName: string) => string | undefined;
  /** When a Wait state that is entered with this input will end. */
  readonly waitsUntil: (stateName: string, input: unknown) => Date | undefined;
}

/** Step Functions quotas: input or output of a state, in UTF-8. */
const MAX_PAYLOAD_BYTES = 256 * 1024;

/** Step Functions quotas: events in the history of an execution. */
const MAX_HISTORY_EVENTS = 25_000;

/** Events that Step Functions writes for each attempt at a task: scheduled, started, and ended. */
const EVENTS_PER_ATTEMPT = 3;

/**
 * Refuses what Step Functions would refuse.
 *
 * @throws TaskError that nothing can catch, as in Step Functions.
 */
export const checkPayload = (payload: unknown, what: string): void => {
  const bytes = Buffer.byteLength(JSON.stringify(payload ?? null));
  if (bytes > MAX_PAYLOAD_BYTES) {
    throw new TaskError(
      'States.DataLimitExceeded',
      `The ${what} has ${bytes} bytes; Step Functions allows ${MAX_PAYLOAD_BYTES}.`,
      { final: true },
    );
  }
};

/** What has happened, in sentences, without the rest of a mail. */
const whatHappened = (text: string): string => {
  const [, what] = /\n\nWHAT HAPPENED\n(.*?)\n\n/s.exec(text) ?? [];
  return what === undefined ? text : what.replaceAll('\n', ' ');
};

/** The text in an error of a step: a message to people, or a sentence. */
const textOf = (errorMessage: string): string => {
  try {
    const { text } = JSON.parse(errorMessage) as { readonly text?: unknown };
    return typeof text === 'string' ? text : errorMessage;
  } catch {
    return errorMessage;
  }
};

/** The sentence in an error's cause: Lambda's causes are JSON with an `errorMessage`. */
const sentenceOf = (cause: unknown): string => {
  const text = String(cause);
  try {
    const { errorMessage } = JSON.parse(text) as { readonly errorMessage?: unknown };
    return whatHappened(typeof errorMessage === 'string' ? textOf(errorMessage) : text);
  } catch {
    return whatHappened(text);
  }
};

const outcomeOf = (output: unknown): string => {
  const { outcome, status } = (output ?? {}) as { readonly outcome?: unknown; readonly status?: unknown };
  return String(outcome ?? status ?? 'done');
};

/** The last event of a history, by how the execution has ended. */
const ENDED_AS: Readonly<Record<ExecutionResult['status'], string>> = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
};

const ATTEMPT = ['TaskScheduled', 'TaskStarted'] as const;

/** Step Functions API, HistoryEvent: an event of the engine, as the history in AWS shows it. */
const eventsInAws = (
  event: EngineEvent,
  timestamp: Date,
  /** What the execution was started with. */
  input: unknown,
  /** The state's error was caught. */
  caught: boolean,
): readonly ExecutionEvent[] => {
  const plain = (types: readonly string[]): readonly ExecutionEvent[] =>
    types.map((type) => ({ type, timestamp }));
  const isTask = 'state' in event && event.state.type === 'Task';
  switch (event.type) {
    case 'ExecutionStarted': {
      const details = () => ({ executionStartedEventDetails: { input: JSON.stringify(input) } });
      return [{ type: event.type, timestamp, details }];
    }
    case 'StateEntered': {
      const { name, type, input } = event.state;
      const details = () => ({ stateEnteredEventDetails: { name, input: JSON.stringify(input) } });
      return [{ type: `${type}StateEntered`, timestamp, details }, ...plain(isTask ? ATTEMPT : [])];
    }
    case 'StateRetried':
      return plain(ATTEMPT);
    case 'StateFailed': {
      const details = () => ({ taskFailedEventDetails: { error: event.Error, cause: event.Cause } });
      return isTask ? [{ type: 'TaskFailed', timestamp, details }] : [];
    }
    case 'StateExited': {
      const { name, type, output } = event.state;
      const details = () => ({ stateExitedEventDetails: { name, output: JSON.stringify(output) } });
      return [
        ...plain(isTask && !caught ? ['TaskSucceeded'] : []),
        { type: `${type}StateExited`, timestamp, details },
      ];
    }
    default:
      return [];
  }
};

/** Step Functions API, HistoryEvent: the last event of an execution. */
const LAST_EVENTS: Readonly<Record<ExecutionResult['status'], string>> = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
};

/** The same for the engine's last event. Whatever is ended from outside, it calls aborted. */
const ENDS: Readonly<Record<string, ExecutionResult['status']>> = {
  ExecutionSucceeded: 'SUCCEEDED',
  ExecutionFailed: 'FAILED',
  ExecutionTimeout: 'TIMED_OUT',
  ExecutionAborted: 'ABORTED',
};

/** One run of the state machine: its status, its history, and a way to stop it. */
export class Execution {
  readonly arn: string;
  /** The ARN, and the start if others had the name before. */
  readonly run: string;
  readonly name: string;
  readonly input: unknown;
  readonly startDate: Date;
  /** Settles when the execution has ended, and never rejects: a failure is a result. */
  readonly result: Promise<ExecutionResult>;

  readonly #options: ExecutionOptions;
  readonly #run: EngineRun;
  readonly #history: HistoryEvent[] = [];
  readonly #timeline: TimelineEntry[] = [];
  #stateTransitions = 0;
  #eventsInAws = 0;
  /** The state whose error was caught last: the engine also reports it as exited. */
  #caught: string | undefined;
  #ended: ExecutionResult | undefined;

  /** @param start - Starts the engine; called once everything is ready to listen. */
  constructor(options: ExecutionOptions, start: (execution: Execution) => EngineRun) {
    this.#options = options;
    this.arn = options.arn;
    this.run = options.run;
    this.name = options.name;
    this.input = options.input;
    this.startDate = options.startDate;
    const { arn, startDate, redriveCount } = options;
    options.states.addExecution({ arn, status: 'RUNNING', startDate, redriveCount, input: options.input });
    this.#run = start(this);
    this.result = this.#follow();
  }

  get status(): ExecutionResult['status'] | 'RUNNING' {
    return this.#ended?.status ?? 'RUNNING';
  }

  /** Everything that happened, with the input and output of every state. */
  get history(): readonly HistoryEvent[] {
    return this.#history;
  }

  /** The story, for a person to read. */
  get timeline(): readonly TimelineEntry[] {
    return this.#timeline;
  }

  /** What AWS bills: every entered state counts one, and so does every retry of a task. */
  get stateTransitions(): number {
    return this.#stateTransitions;
  }

  /** StopExecution. A running function goes on to its end, as in AWS. */
  stop(error = 'States.Aborted', cause = 'Stopped by a person.'): void {
    if (this.#ended !== undefined) return;
    this.#end({ status: 'ABORTED', error, cause });
    this.#run.abort();
  }

  async #follow(): Promise<ExecutionResult> {
    const events = this.#record();
    const result = await this.#run.result.then(
      (output) => this.#end({ status: 'SUCCEEDED', output }),
      (error: unknown) => this.#end(this.#failureOf(error)),
    );
    await events;
    this.#options.states.addEvents(this.arn, { type: ENDED_AS[result.status], timestamp: result.stopDate });
    return result;
  }

  #failureOf(error: unknown): Omit<ExecutionResult, 'stopDate'> {
    const { name, cause } = error as Error;
    switch (name) {
      case 'ExecutionTimeoutError':
        return {
          status: 'TIMED_OUT',
          error: 'States.Timeout',
          cause: 'The execution ran into its time limit.',
        };
      case 'ExecutionError': {
        const failed = cause as Error;
        return { status: 'FAILED', error: failed.name, cause: failed.message };
      }
      default:
        throw error;
    }
  }

  /** The first end counts: later reports of the engine, after a stop, are ignored. */
  #end(result: Omit<ExecutionResult, 'stopDate'>): ExecutionResult {
    if (this.#ended === undefined) {
      const stopDate = this.#options.clock.now();
      this.#ended = { ...result, stopDate };
      const { status, error, cause, output } = result;
      this.#options.states.setStatus(this.arn, status, { stopDate, error, cause, output });
    }
    return this.#ended;
  }

  async #record(): Promise<void> {
    for await (const event of this.#run.eventLogs) {
      const { timestamp, ...rest } = event;
      const at = new Date(timestamp);
      this.#history.push({ ...rest, id: this.#history.length + 1, at: at.toISOString() });
      this.#options.states.addEvents(this.arn, ...this.#inAws(event, at));
      this.#count(event);
      if (event.type === 'StateEntered') {
        const { name, input } = event.state;
        this.#options.onStateEntered?.({ name, input });
      }
      this.#tell(event, at);
    }
  }

  #inAws(event: EngineEvent, timestamp: Date): readonly ExecutionEvent[] {
    const end = ENDS[event.type];
    if (end !== undefined) return [{ type: LAST_EVENTS[this.#ended?.status ?? end], timestamp }];
    return eventsInAws(event, timestamp, this.input, 'state' in event && event.state.name === this.#caught);
  }

  #count(event: EngineEvent): void {
    if (event.type === 'StateEntered' || event.type === 'StateRetried') this.#stateTransitions += 1;
    const isAttempt =
      (event.type === 'StateEntered' || event.type === 'StateRetried') && event.state.type === 'Task';
    this.#eventsInAws += (event.type === 'StateRetried' ? 0 : 1) + (isAttempt ? EVENTS_PER_ATTEMPT : 0);
    try {
      if (event.type === 'StateEntered') checkPayload(event.state.input, `input of "${event.state.name}"`);
      if (this.#eventsInAws > MAX_HISTORY_EVENTS) {
        throw new TaskError(
          'States.Runtime',
          `The execution reached the maximum number of history events (${MAX_HISTORY_EVENTS}).`,
        );
      }
    } catch (error) {
      const { name, message } = error as Error;
      this.#end({ status: 'FAILED', error: name, cause: message });
      this.#run.abort();
    }
  }

  #tell(event: EngineEvent, at: Date): void {
    const entry = this.#entryOf(event, at);
    if (entry !== undefined) {
      this.#timeline.push(entry);
      this.#options.onTimeline?.(entry);
    }
  }

  #entryOf(event: EngineEvent, at: Date): TimelineEntry | undefined {
    if (!('state' in event)) return this.#lastEntry(event, at);
    const { state } = event as StateEvent;
    const entry = (kind: TimelineEntry['kind'], outcome: string): TimelineEntry => ({
      at,
      state: state.name,
      kind,
      outcome,
    });
    switch (event.type) {
      case 'StateCaught':
        this.#caught = state.name;
        return undefined;
      case 'StateEntered': {
        this.#caught = undefined;
        if (state.type === 'Succeed') return entry('end', 'The execution succeeds.');
        if (state.type !== 'Wait') return undefined;
        const until = this.#options.waitsUntil(state.name, state.input);
        return until === undefined ? undefined : entry('waiting', waiting(at, until));
      }
      case 'StateExited':
        if (state.type !== 'Task' || this.#caught === state.name) return undefined;
        return entry('done', this.#options.noticeOf(state.name) ?? outcomeOf(state.output));
      case 'StateFailed':
        return entry(state.type === 'Fail' ? 'end' : 'trouble', `${event.Error}: ${sentenceOf(event.Cause)}`);
      case 'StateRetried':
        return entry('trouble', `Tries again (retry ${event.retry.attempt}).`);
      default:
        return undefined;
    }
  }

  /** Ends that no state reports. */
  #lastEntry(event: EngineEvent, at: Date): TimelineEntry | undefined {
    const state = 'Execution';
    if (event.type === 'ExecutionTimeout') {
      return { at, state, kind: 'end', outcome: 'States.Timeout: the execution ran into its time limit.' };
    }
    if (event.type === 'ExecutionAborted') {
      const { error, cause } = this.#ended ?? {};
      return { at, state, kind: 'end', outcome: `${error}: ${sentenceOf(cause)}` };
    }
    return undefined;
  }
}
