import type { CallRecord } from '../../../embedded-aws/calls/call-log';
import { sdkConfig } from '../../../embedded-aws/clients/sdk-config';
import { EmbeddedAws } from '../../../embedded-aws/embedded-aws';
import { VirtualClock } from '../../../embedded-aws/ground/clock';
import type { EnrolledUser } from '../../../lambdas/shared/contract/enrolment';
import { enrolmentIn } from '../../../lambdas/shared/contract/enrolment-file';
import { parse } from '../../../lambdas/shared/contract/schema';
import { STEP_NAMES, type StepName } from '../../../lambdas/shared/contract/steps';
import { type Message, UNDERSTANDS_MESSAGES } from '../../../lambdas/shared/contract/told';
import { countCalls } from '../../../lambdas/shared/gateways/counted-calls';
import type { Runtime } from '../../../lambdas/shared/gateways/runtime';
import { DECLARED_BY } from '../../../lambdas/shared/rotation/rotation-state';
import { STEPS, type StepDefinition } from '../../../lambdas/shared/rotation/step-table';
import { PLACEHOLDER_SECRET_STRING } from '../../../lambdas/shared/secret/placeholder';
import { aliceIn, SECRET } from '../../support/alice';
import { DAY, HOUR, MINUTE } from '../../support/time';
import { ENROLLED } from './fixtures';

type State = Readonly<Record<string, unknown>>;
type Output = State & { readonly status: string; readonly outcome: string };
type Handler = (event: unknown) => Promise<Output>;

const REGION = 'us-east-1';

/** A definition that does not send messages gets none, whatever the table promises. */
const UNSENT: Message = { subject: '', text: '', user: '', event: '', urgent: 'no', section: '' };

/** The steps after the plan, until consumers read the new key. */
export const TO_PUBLICATION = [
  'create-access-key',
  'test-access-key',
  'publish-access-key',
] as const satisfies readonly StepName[];

/** What a step is refused with; undefined: it was not. */
export const failureOf = (work: Promise<unknown>): Promise<Error | undefined> =>
  work.then(
    () => undefined,
    (error: Error) => error,
  );

/** Step Functions API, HistoryEvent: the last event of an execution. */
const LAST_EVENTS = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
} as const;

/** How a story begins. */
export interface StageOptions {
  readonly seed?: number;
  /** `in-secret`: as if an earlier rotation had published it. Default. */
  readonly firstKey?: 'in-secret' | 'not-in-secret' | 'none';
  readonly enrolled?: Partial<EnrolledUser>;
  readonly secretString?: string;
}

/**
 * The real handlers, in this process, through the real SDK, against the embedded AWS: steps are called one by
 * one, as the state machine would call them, so that a test can let things happen in between.
 */
export class Stage {
  readonly clock = new VirtualClock({ start: new Date('2026-03-02T08:00:00Z') });
  readonly aws: EmbeddedAws;
  readonly alice: ReturnType<typeof aliceIn>;
  readonly enrolled: EnrolledUser;
  /** Who is enrolled now: alice, as in the beginning, unless a test changes that. */
  present: readonly EnrolledUser[];
  readonly userId: string;
  /** The key that alice has at the beginning. */
  readonly oldKey: string;
  /** Made when it is first called: most tests call few steps, and each step has clients of its own. */
  readonly #handlers = new Map<StepName, Handler>();
  readonly #runtimes: ReadonlyMap<StepName, Runtime>;
  /** The later statuses that the executions' definitions know: those of today, unless a test says otherwise. */
  understands: readonly string[] = [
    ...['denials', 'look-again', 'no-verdict', 'notice', 'declared-emergency', 'contained'],
  ];
  /** What the functions have logged. */
  readonly logs: string[] = [];
  readonly #uninstall: () => void;

  constructor(options: StageOptions = {}) {
    const uninstallClock = this.clock.install();
    const { info, error } = console;
    console.info = console.error = (entry: unknown) => void this.logs.push(JSON.stringify(entry));
    this.#uninstall = () => {
      uninstallClock();
      Object.assign(console, { info, error });
    };
    this.aws = new EmbeddedAws({ clock: this.clock, seed: options.seed ?? 1 });
    this.aws.states.onStop = (arn) => this.endExecution(arn, 'ABORTED');
    this.alice = aliceIn(this.aws);
    this.enrolled = { ...ENROLLED, ...options.enrolled };
    this.present = [this.enrolled];
    this.userId = this.aws.iam.addUser({ userName: 'alice' }).userId;
    const firstKey = options.firstKey ?? 'in-secret';
    const key =
      firstKey === 'none'
        ? undefined
        : this.aws.iam.addAccessKey('alice', { createDate: new Date(this.clock.now().getTime() - 80 * DAY) });
    this.oldKey = key?.accessKeyId ?? 'none';
    this.aws.secretsManager.createSecret(SECRET, {
      secretString:
        options.secretString ??
        (key !== undefined && firstKey === 'in-secret'
          ? JSON.stringify({ Version: 1, AccessKeyId: key.accessKeyId, SecretAccessKey: key.secretAccessKey })
          : PLACEHOLDER_SECRET_STRING),
    });
    this.#runtimes = new Map(STEP_NAMES.map((step) => [step, this.#runtime(step)]));
  }

  #handler(step: StepName): Handler {
    const made = this.#handlers.get(step);
    if (made !== undefined) return made;
    const runtime = this.#runtimes.get(step);
    if (runtime === undefined) throw new Error(`There is no step ${step}.`);
    // The same module in all tests, with a runtime of this stage.
    const { createHandler } = require(`../../../lambdas/${step}/handler`) as {
      readonly createHandler: (runtime: Runtime) => Handler;
    };
    const handler = createHandler(runtime);
    this.#handlers.set(step, handler);
    return handler;
  }

  #runtime(step: StepName): Runtime {
    const inner = this.aws.requestHandler();
    const { requestHandler, calls } = countCalls((...sent) => inner.handle(...sent));
    return {
      clientConfig: {
        region: REGION,
        credentials: this.aws.roleCredentials(this.roleArn(step)),
        requestHandler,
        ...sdkConfig('fast'),
      },
      calls,
      environment: {
        CREATE_ACCESS_KEY_ROLE_ARN: this.roleArn('create-access-key'),
        CLOUDTRAIL_REGION: REGION,
      },
      enrolment: enrolmentIn(() => ({ users: this.present })),
    };
  }

  /** The globals of this process get their own time, and the console, back. */
  close(): void {
    this.#uninstall();
  }

  roleArn(step: StepName): string {
    return `arn:aws:iam::111122223333:role/${step}`;
  }

  /** Begins an execution. */
  execution(name: string): Execution {
    return new Execution(this, name);
  }

  /** Begins an execution when nothing can be on its way any more of those that have ended, and plans it. */
  async successor(name: string, input?: State): Promise<Execution> {
    await this.wait(10 * MINUTE);
    const execution = this.execution(name);
    await execution.plan(input);
    return execution;
  }

  /** Runs work in virtual time. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return this.clock.run(work);
  }

  /** Step Functions enters the state of a step with what is in the event, and invokes its function. */
  async invoke(step: StepName, event: unknown): Promise<Output> {
    const { execution, state } = event as {
      readonly execution?: { readonly id: string };
      readonly state?: State;
    };
    this.aws.states.addEvents(execution?.id ?? 'none', {
      type: 'TaskStateEntered',
      timestamp: this.clock.now(),
      details: () => ({
        stateEnteredEventDetails: { name: STEPS[step].stateName, input: JSON.stringify(state ?? null) },
      }),
    });
    const arn = execution?.id ?? 'none';
    const happens = (...types: readonly string[]): void =>
      this.aws.states.addEvents(arn, ...types.map((type) => ({ type, timestamp: this.clock.now() })));
    happens('TaskScheduled', 'TaskStarted');
    try {
      const output = await this.deliver(step, event);
      happens('TaskSucceeded');
      return output;
    } catch (error) {
      this.aws.states.addEvents(arn, {
        type: 'TaskFailed',
        timestamp: this.clock.now(),
        details: () => ({ taskFailedEventDetails: { error: (error as Error).name } }),
      });
      throw error;
    }
  }

  /** Somebody invokes a function by itself. */
  async deliver(step: StepName, event: unknown): Promise<Output> {
    const output = await this.run(() => this.#handler(step)(JSON.parse(JSON.stringify(event))));
    // What the table promises of a status is there, whatever the types say.
    const { outputs }: StepDefinition = STEPS[step];
    const schema = outputs[output.status];
    if (schema === undefined) throw new Error(`${step} has handed on an unknown status: ${output.status}`);
    const promised = this.understands.includes(UNDERSTANDS_MESSAGES)
      ? output
      : { message: UNSENT, ...output };
    parse(schema, JSON.parse(JSON.stringify(promised)));
    return output;
  }

  /** An execution is over, as its history shows, too. */
  endExecution(arn: string, status: keyof typeof LAST_EVENTS): void {
    const stopDate = this.clock.now();
    this.aws.states.setStatus(arn, status, { stopDate });
    this.aws.states.addEvents(arn, { type: LAST_EVENTS[status], timestamp: stopDate });
  }

  /** Lets time pass. */
  wait(milliseconds: number): Promise<void> {
    return this.clock.advance(milliseconds);
  }

  waitDays(days: number): Promise<void> {
    return this.wait(days * DAY);
  }

  /** Where each label sits, by what its version holds: a masked picture of the secret. */
  labels(): Readonly<Record<string, string>> {
    const secret = this.aws.secretsManager.secret(SECRET);
    const labels: Record<string, string> = {};
    for (const version of secret?.versions ?? []) {
      for (const label of version.labels) {
        labels[label] = this.#nameOf(this.aws.secretsManager.valueOf(SECRET, label));
      }
    }
    return labels;
  }

  #nameOf(value: string | undefined): string {
    const document = JSON.parse(value ?? '{}') as Record<string, string>;
    return document.AccessKeyId ?? document.kind ?? 'no key';
  }

  /** The access key ID that a consumer reads, after proof that it authenticates. */
  consumerKey(): string | undefined {
    const { AccessKeyId, SecretAccessKey } = this.alice.document();
    const id = String(AccessKeyId);
    return this.aws.iam.authenticates(id, String(SecretAccessKey)) ? id : undefined;
  }

  /** Status of each key that exists, by ID. */
  keys(): Readonly<Record<string, string>> {
    return this.alice.keys();
  }

  /** AWS throttles every call of an operation. Returns what ends that. */
  throttle(operation: string): () => void {
    return this.aws.faults.inject({
      kind: 'error',
      code: 'Throttling',
      status: 400,
      times: Number.POSITIVE_INFINITY,
      match: (call) => call.operation === operation,
    });
  }

  /** An operation takes effect the next time, and its answer is lost. */
  loseAnswer(operation: string): void {
    this.aws.faults.inject({ kind: 'after', match: (call) => call.operation === operation });
  }

  /** Calls that change something, as `service:operation`. */
  changes(since = 0): readonly string[] {
    return this.aws.calls
      .slice(since)
      .filter(
        (call: CallRecord) => /^(Create|Update|Delete|Put|Tag)/.test(call.operation) && call.outcome === 'ok',
      )
      .map((call) => `${call.service}:${call.operation}`);
  }
}

/** One execution of the state machine, driven step by step. */
export class Execution {
  readonly arn: string;
  #state: State = {};
  readonly #context: Readonly<Record<string, unknown>>;

  constructor(
    private readonly stage: Stage,
    name: string,
  ) {
    this.arn = `arn:aws:states:${REGION}:111122223333:execution:rotation:${name}`;
    const startDate = stage.clock.now();
    stage.aws.states.addExecution({
      arn: this.arn,
      status: 'RUNNING',
      startDate,
      input: { userName: 'alice' },
    });
    this.#context = { id: this.arn, redriveCount: 0, startTime: startDate.toISOString() };
  }

  get state(): State {
    return this.#state;
  }

  /** The key that this rotation has made. */
  get newKey(): string {
    return String(this.#state.newAccessKeyId);
  }

  /** Plans. An emergency of which nothing is said about its declaration is one that was declared. */
  async plan(asked: State = { userName: 'alice' }): Promise<Output> {
    const { states } = this.stage.aws;
    const input = asked?.action === 'emergency' && !(DECLARED_BY in asked) ? this.declared(asked) : asked;
    const begun = states.execution(this.arn);
    if (begun !== undefined) states.addExecution({ ...begun, input });
    const { understands } = this.stage;
    const event = { execution: this.#context, state: input, understands };
    return this.#keep(await this.stage.invoke('plan-rotation', event));
  }

  /** What the state machine of emergencies makes of a declaration, whose execution is left running. */
  declared(declaration: State): State {
    const arn = this.arn.replace(':rotation:', ':rotation-emergency:');
    const startDate = this.stage.clock.now();
    this.stage.aws.states.addExecution({ arn, status: 'RUNNING', startDate, input: declaration });
    const { userName, accessKeyId, reason, outage = 'avoided', leakedSince = 'unknown' } = declaration;
    return { userName, accessKeyId, reason, outage, leakedSince, action: 'emergency', [DECLARED_BY]: arn };
  }

  /** Takes a field out of the state, as if a former release had handed it on. */
  forget(field: string): void {
    const { [field]: _forgotten, ...others } = this.#state;
    this.#state = others;
  }

  /** Runs a step with what the step before returned. A step that throws leaves the state as it was. */
  async step(step: StepName, redriveCount = 0): Promise<Output> {
    const execution = { ...this.#context, redriveCount };
    const { understands } = this.stage;
    return this.#keep(await this.stage.invoke(step, { execution, state: this.#state, understands }));
  }

  /** Plans and takes these steps, one after the other. */
  async walk(...steps: readonly StepName[]): Promise<Output> {
    let output = await this.plan();
    for (const step of steps) output = await this.step(step);
    return output;
  }

  /** Takes these steps, one after the other. */
  async steps(first: StepName, ...others: readonly StepName[]): Promise<Output> {
    let output = await this.step(first);
    for (const step of others) output = await this.step(step);
    return output;
  }

  /** The overlap period passes, and a consumer uses the new key: long enough ago that it shows. */
  async adopt(): Promise<Output> {
    await this.stage.waitDays(3.1);
    this.stage.aws.iam.useAccessKey(this.newKey);
    await this.stage.wait(HOUR);
    return this.step('confirm-adoption');
  }

  /**
   * Somebody sets the published key Inactive, so that the rotation fails.
   *
   * @returns its successor, which has found that consumers have no key, and that the rotation has to be rolled back
   */
  async disable(): Promise<Execution> {
    this.stage.aws.iam.setStatus(this.newKey, 'Inactive');
    const failure = await failureOf(this.step('confirm-adoption'));
    if (failure?.name !== 'StateDrift') throw failure ?? new Error('The rotation has gone on.');
    this.end('FAILED');
    const next = await this.stage.successor('next');
    const { status } = await next.step('create-access-key');
    if (status !== 'restore') throw new Error(`The successor has answered ${status}.`);
    return next;
  }

  /** The old key is set Inactive, the recovery period passes, and it is deleted. */
  async retire(): Promise<Output> {
    await this.step('deactivate-access-key');
    await this.stage.waitDays(14.1);
    return this.steps('confirm-health', 'delete-access-key');
  }

  /** The execution ends, however it does. */
  end(status: 'FAILED' | 'ABORTED' | 'SUCCEEDED' | 'TIMED_OUT' = 'ABORTED'): void {
    this.stage.endExecution(this.arn, status);
  }

  #keep(output: Output): Output {
    this.#state = output;
    return output;
  }
}
