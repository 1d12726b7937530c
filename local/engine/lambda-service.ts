import type { VirtualClock } from '../../embedded-aws/ground/clock';
import { TaskError } from './task-error';

/** An invocation while it runs, and what can happen to it at any moment. */
export interface RunningInvocation {
  readonly executionArn: string;
  /** If executions have had the same name: which of them. Default: the ARN identifies it. */
  readonly run?: string;
  readonly stateName: string;
  /** The function dies, as in a crash of its host. */
  die(): void;
  /** The function stops working, until Lambda cuts it off. */
  hang(): void;
  /** Step Functions loses the connection; the function goes on, unobserved. */
  lose(): void;
}

/** A gate for a running function: while it is open, the function's requests to AWS are sent. */
export class Gate {
  /** Undefined before the first invocation. */
  running: RunningInvocation | undefined;
  #closed = false;
  #requestsLeft = Number.POSITIVE_INFINITY;
  #onExhausted: () => void = () => {};

  get closed(): boolean {
    return this.#closed;
  }

  /** Lets this many more requests pass; the next one closes the gate. */
  allow(requests: number, onExhausted: () => void): void {
    this.#requestsLeft = requests;
    this.#onExhausted = onExhausted;
  }

  /** Asked before each request, including retries by the SDK. */
  admit(): boolean {
    if (!this.#closed && this.#requestsLeft <= 0) {
      this.#closed = true;
      this.#onExhausted();
    }
    this.#requestsLeft -= 1;
    return !this.#closed;
  }

  close(): void {
    this.#closed = true;
  }
}

/** An execution environment of a function: its module, loaded once, and its warm clients. */
export interface FunctionEnvironment {
  /** Runs the handler. The event is the environment's own copy. */
  invoke(event: unknown): Promise<unknown>;
}

/** A function that can be invoked. */
export interface FunctionSpec {
  readonly name: string;
  readonly arn: string;
  /** After this time, in seconds, the function is cut off. */
  readonly timeoutSeconds: number;
  /** Starts an environment: what Lambda calls a cold start. */
  start(gate: Gate): FunctionEnvironment;
}

/** What an interceptor sees of an invocation. */
interface Invocation {
  readonly functionName: string;
  readonly executionArn: string;
  /** The state that invokes the function. */
  readonly stateName: string;
  /** Number of this invocation among those of the function, from 1. */
  readonly occurrence: number;
  /** A copy of the event. */
  readonly event: unknown;
}

/** What goes wrong with an invocation. */
export type InvocationFault =
  /** Lambda does not run the function, or cannot start it. Default: it throttles. */
  | { readonly kind: 'refuse'; readonly error?: string; readonly cause?: string }
  /**
   * The function dies, as in a crash of its host: after this many requests to AWS or, without a number, when
   * it has done everything except answer.
   */
  | { readonly kind: 'kill'; readonly afterRequests?: number }
  /** The function hangs at the same point until Lambda cuts it off. */
  | { readonly kind: 'time-out'; readonly afterRequests?: number }
  /** Step Functions loses the connection at once; the function lives on, unobserved, to its end. */
  | { readonly kind: 'lose-answer'; readonly error?: string };

/** Decides, for each invocation, whether something goes wrong with it. */
export type InterceptInvocation = (invocation: Invocation) => InvocationFault | undefined;

/** The result of the `lambda:invoke` integration. */
export interface InvocationResult {
  readonly StatusCode: 200;
  readonly ExecutedVersion: '$LATEST';
  readonly Payload: unknown;
}

interface Instance {
  readonly gate: Gate;
  readonly environment: FunctionEnvironment;
}

interface Registered {
  readonly spec: FunctionSpec;
  readonly idle: Instance[];
  invocations: number;
}

type Ending =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'died' }
  | { readonly kind: 'unobserved'; readonly error: string };

/** AWS Lambda quotas: request and response of a synchronous invocation. */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

const explanation = (errorType: string, errorMessage: string, trace: readonly string[] = []): string =>
  JSON.stringify({ errorType, errorMessage, trace });

/** What Lambda's Node.js runtime reports of a value that a handler has thrown. */
const reported = (thrown: unknown): TaskError => {
  // Not `instanceof`: a bundle may run in another realm, whose Error is not ours.
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) {
    const { name, message, stack } = thrown as Error;
    return new TaskError(name, explanation(name, message, (stack ?? '').split('\n')));
  }
  return new TaskError(typeof thrown, explanation(typeof thrown, String(thrown)));
};

/** Learns which functions exist, by ARN. */
interface FunctionDirectory {
  addFunction(functionArn: string): void;
  removeFunction(functionArn: string): void;
}

/** Lambda: runs functions as it does, with warm environments, time limits and its own ways to fail. */
export class LambdaService {
  readonly #functions = new Map<string, Registered>();
  readonly #running = new Set<RunningInvocation>();

  constructor(
    private readonly clock: VirtualClock,
    private readonly intercept: InterceptInvocation = () => undefined,
    /** Answers calls about functions. Default: none. */
    private readonly api?: FunctionDirectory,
  ) {}

  /** The running invocations, so that a fault can be applied to one. */
  get running(): readonly RunningInvocation[] {
    return [...this.#running];
  }

  add(spec: FunctionSpec): void {
    this.#functions.set(spec.arn, { spec, idle: [], invocations: 0 });
    this.api?.addFunction(spec.arn);
  }

  /** The function is deleted. */
  remove(functionArn: string): void {
    this.#functions.delete(functionArn);
    this.api?.removeFunction(functionArn);
  }

  /**
   * Invokes a function for a Task state.
   *
   * @throws TaskError under the name and with the cause that Step Functions reports.
   */
  async invoke(
    functionArn: string,
    payload: unknown,
    caller: Pick<RunningInvocation, 'executionArn' | 'run' | 'stateName'>,
  ): Promise<InvocationResult> {
    const registered = this.#functions.get(functionArn);
    if (registered === undefined) {
      throw new TaskError('Lambda.ResourceNotFoundException', `Function not found: ${functionArn}`);
    }
    const request = JSON.stringify(payload);
    if (Buffer.byteLength(request) > MAX_PAYLOAD_BYTES) {
      throw new TaskError('Lambda.RequestTooLargeException', 'The request is larger than 6 MB.');
    }
    registered.invocations += 1;
    const fault = this.intercept({
      ...caller,
      functionName: registered.spec.name,
      occurrence: registered.invocations,
      get event() {
        return JSON.parse(request) as unknown;
      },
    });
    if (fault?.kind === 'refuse') {
      const name = fault.error ?? 'Lambda.TooManyRequestsException';
      throw new TaskError(name, fault.cause ?? `Lambda did not run the function (${name}).`);
    }
    return this.#judge(await this.#run(registered, request, fault, caller), registered.spec);
  }

  #run(
    registered: Registered,
    request: string,
    fault: InvocationFault | undefined,
    caller: Pick<RunningInvocation, 'executionArn' | 'run' | 'stateName'>,
  ): Promise<Ending> {
    const { spec, idle } = registered;
    const instance = idle.pop() ?? this.#start(spec);
    const { gate, environment } = instance;
    const doomed = fault?.kind === 'kill' || fault?.kind === 'time-out';
    return new Promise((resolve) => {
      // If the invocation ends in any way other than an answer, its environment ends too.
      const endWith = (ending: Ending) => {
        this.clock.clearTimeout(timer);
        gate.close();
        end(ending);
      };
      const timer = this.clock.setTimeout(() => endWith({ kind: 'timed-out' }), spec.timeoutSeconds * 1000);
      const strike = () => {
        gate.close();
        if (fault?.kind === 'kill') endWith({ kind: 'died' });
      };
      if (doomed && fault.afterRequests !== undefined) gate.allow(fault.afterRequests, strike);
      const lose = (error = 'Lambda.SdkClientException') => resolve({ kind: 'unobserved', error });
      if (fault?.kind === 'lose-answer') lose(fault.error);
      const running: RunningInvocation = {
        ...caller,
        die: () => endWith({ kind: 'died' }),
        hang: () => gate.close(),
        lose: () => lose(),
      };
      gate.running = running;
      this.#running.add(running);
      const end = (ending: Ending) => {
        this.#running.delete(running);
        resolve(ending);
      };
      const answer = (ending: Ending) => {
        if (gate.closed) return;
        if (doomed) {
          strike();
          return;
        }
        this.clock.clearTimeout(timer);
        idle.push(instance);
        end(ending);
      };
      environment.invoke(JSON.parse(request)).then(
        (value) => answer({ kind: 'returned', value }),
        (error: unknown) => answer({ kind: 'threw', error }),
      );
    });
  }

  #start(spec: FunctionSpec): Instance {
    const gate = new Gate();
    return { gate, environment: spec.start(gate) };
  }

  #judge(ending: Ending, { timeoutSeconds }: FunctionSpec): InvocationResult {
    switch (ending.kind) {
      case 'returned': {
        const answer = JSON.stringify(ending.value ?? null);
        if (Buffer.byteLength(answer) > MAX_PAYLOAD_BYTES) {
          const type = 'Function.ResponseSizeTooLarge';
          throw new TaskError(
            type,
            explanation(type, 'Response payload size exceeded maximum allowed payload size (6291556 bytes).'),
          );
        }
        return { StatusCode: 200, ExecutedVersion: '$LATEST', Payload: JSON.parse(answer) as unknown };
      }
      case 'threw':
        throw reported(ending.error);
      case 'timed-out':
        throw new TaskError(
          'Sandbox.Timedout',
          explanation('Sandbox.Timedout', `Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`),
        );
      case 'died':
        throw new TaskError(
          'Runtime.ExitError',
          explanation('Runtime.ExitError', 'Error: Runtime exited without providing a reason'),
        );
      case 'unobserved':
        throw new TaskError(ending.error, 'The connection to Lambda was lost before the function answered.');
    }
  }
}
