import { createHash } from 'node:crypto';
import { milliseconds } from '../../lambdas/shared/calendar';
import { ERROR_NAMES } from '../../lambdas/shared/errors';
import { PAUSE_TAG } from '../../lambdas/shared/pause';
import { LABELS } from '../../lambdas/shared/versions';
import type { RotatedUser } from '../../lib/config';
import type { CallRecord } from '../aws/call-log';
import { ServiceError } from '../aws/errors';
import type { Wire } from '../aws/fast-wire';
import type { RotationWorld } from '../base-world';
import type { Execution } from '../execution';
import type { TimelineEntry } from '../timeline';
import { createWorld } from '../world';
import { createLatency } from './latency';
import { Monitor, type Violation } from './monitor';
import { Saboteur } from './saboteur';
import type { Schedule } from './schedule';
import {
  ALARM,
  HOUR,
  KEY_AT_START,
  MINUTE,
  MORE_SETTINGS,
  SECOND,
  SECRET,
  SETTINGS,
  USER,
  VALIDATOR,
} from './setting';

/** As deployed: a request that takes longer is given up. */
const REQUEST_TIMEOUT = 10 * SECOND;

/** Consumers read the secret this often, and use what they have read in between. */
const CACHE = HOUR;
const USE_INTERVAL = 25 * MINUTE;

/** How long a pause lasts. */
const PAUSE = 48 * HOUR;

/** By then functions that nobody waits for any more have ended, and so have requests on their way. */
const SETTLING = 10 * MINUTE;

/** After the faults have stopped, this many executions must do. */
const MAX_FURTHER_EXECUTIONS = 2;

/** What is otherwise than when a fault is looked for: where somebody wants to know what a rotation costs, say. */
export interface Staging {
  /** How calls reach the embedded AWS. Default: as objects. */
  readonly wire?: Wire;
  /** The user's settings. Default: short periods, and an alarm. */
  readonly settings?: { readonly userName: string } & Readonly<Record<string, unknown>>;
  /** When the first execution starts. */
  readonly start?: Date;
  /** Looks at the world when all is over. */
  readonly inspect?: (world: RotationWorld, executions: readonly Execution[]) => void;
}

/** What came of a schedule. */
export interface Outcome {
  readonly schedule: Schedule;
  /** Names of the faults that struck. */
  readonly struck: readonly string[];
  readonly violations: readonly Violation[];
  /** `converged`, or the error that the last execution ended in. */
  readonly end: string;
  readonly executions: number;
  /** AWS calls while faults could strike. */
  readonly calls: number;
  /** Those among them that may change something. */
  readonly effects: readonly number[];
  /** Those that were made while more than one execution was running. */
  readonly contested: readonly number[];
  /** Everything that happened, a line each, without IDs that differ from seed to seed. Written when it is asked for. */
  readonly history: readonly string[];
  /**
   * Of the history, every ID in it, and all that states, functions and messages said, except for where errors were thrown.
   * Made when it is asked for.
   */
  readonly digest: string;
}

/** What a history keeps until somebody wants to read it. */
type Happening =
  | { readonly kind: 'call'; readonly by: number; readonly record: CallRecord }
  | { readonly kind: 'state'; readonly entry: TimelineEntry };

const lineOf = (happening: Happening): string => {
  if (happening.kind === 'state') {
    const { at, state, outcome } = happening.entry;
    return `${at.toISOString()} – ${state}: ${outcome.replace(/[A-Z]{4}\w{12,}/g, 'ID')}`;
  }
  const { by, record } = happening;
  const { at, service, operation, outcome, answered } = record;
  return `${at.toISOString()} ${by} ${service}:${operation} ${outcome}${answered ? '' : ' (unanswered)'}`;
};

/** The stack of an error, at the end of what Lambda says of it. */
const STACK = /,"trace":\[.*\]\}$/s;

const withoutStacks = (name: string, value: unknown): unknown => {
  if (name === 'trace') return undefined;
  return typeof value === 'string' ? value.replace(STACK, '}') : value;
};

/** Computes a value once, when it is first asked for. */
const lazily = <T>(compute: () => T): (() => T) => {
  let computed: { readonly value: T } | undefined;
  return () => {
    computed ??= { value: compute() };
    return computed.value;
  };
};

/** Where the labels of a rotation are gone, and nothing but what belongs there is left. */
const unsettled = (world: RotationWorld, monitor: Monitor): string | undefined => {
  const { iam, secretsManager } = world.aws;
  const keys = iam.keysOf(USER);
  const { current } = monitor;
  const labels = (secretsManager.secret(SECRET)?.versions ?? []).flatMap((version) => version.labels);
  const left = labels.filter((label) => label === LABELS.pending || label.startsWith('rotation-'));
  if (left.length > 0)
    return `labels are left: ${left.map((label) => label.replace(/AKIA\w+/, 'KEY')).join(', ')}`;
  if (keys.length !== 1) return `the user has ${keys.length} keys`;
  if (current === undefined || keys[0]?.accessKeyId !== current)
    return 'AWSCURRENT does not name the user’s key';
  if (monitor.leaked.has(current)) return 'the user’s key has leaked';
  if (keys[0]?.status !== 'Active') return 'the user’s key is not Active';
  return undefined;
};

/** Runs a schedule. Within one process, schedules run one after the other. */
export const simulate = async (
  schedule: Schedule,
  { wire = 'fast', settings: ofUser = SETTINGS, start, inspect = () => {} }: Staging = {},
): Promise<Outcome> => {
  const { shape, seed, faults, world: settings = {}, intervals = {} } = schedule;
  const saboteur = new Saboteur(faults);
  const world = createWorld({
    seed,
    wire,
    ...(start !== undefined && { start }),
    behaviour: {
      listLag: (settings.listLagSeconds ?? 0) * SECOND,
      clockSkew: (settings.iamClockSkewSeconds ?? 0) * SECOND,
      secretsReadLag: (settings.secretsLagSeconds ?? 0) * SECOND,
      ...(settings.keyPropagationSeconds !== undefined && {
        keyPropagationDelay: settings.keyPropagationSeconds * SECOND,
      }),
      ...(settings.cloudTrailSeconds !== undefined && {
        cloudTrailDelay: settings.cloudTrailSeconds * SECOND,
      }),
    },
    users: [{ config: { ...ofUser, ...MORE_SETTINGS[shape], ...intervals }, key: KEY_AT_START[shape] }],
    interceptRequest: saboteur.interceptRequest,
    interceptInvocation: saboteur.interceptInvocation,
    requestLatency: (invocation) => latency(invocation, saboteur.pauseBefore(world.aws.arrivals + 1)),
    requestTimeout: REQUEST_TIMEOUT,
  });
  const latency = createLatency(() => world.clock.now());
  world.lambda.add({
    name: 'validator',
    arn: VALIDATOR,
    timeoutSeconds: 900,
    start: () => ({ invoke: async () => ({ healthy: true, reason: 'all is well' }) }),
  });
  try {
    const { overlapPeriod, quietPeriod, recoveryPeriod } = world.users[0] as RotatedUser;
    const monitor = new Monitor(world.aws, USER, SECRET, {
      overlapPeriod: milliseconds(overlapPeriod),
      quietPeriod: milliseconds(quietPeriod),
      recoveryPeriod: milliseconds(recoveryPeriod),
      cache: CACHE,
    });
    const simulation = new Simulation(schedule, world, monitor, saboteur);
    const outcome = await simulation.run();
    inspect(world, simulation.executions);
    return outcome;
  } finally {
    world.close();
  }
};

/** A pause begins or ends. */
const setPause = ({ aws }: RotationWorld, monitor: Monitor, paused: boolean): void => {
  monitor.paused = paused;
  if (aws.secretsManager.secret(SECRET) !== undefined) {
    aws.secretsManager.setTag(SECRET, PAUSE_TAG, paused ? 'a drill' : undefined);
  }
  monitor.excuse(false);
};

const EFFECT = /^(Create|Update|Delete|Put)/;

class Simulation {
  readonly #executions: Execution[] = [];
  readonly #history: Happening[] = [];
  readonly #effects: number[] = [];
  readonly #contested: number[] = [];
  #consumerStopped = false;
  /** Consumers read the secret again when their cache has expired. */
  #consumersMove = true;
  /** How often the owner still refuses to acknowledge a deactivation. */
  #refusals = 0;
  #eventsSeen = 0;

  constructor(
    private readonly schedule: Schedule,
    private readonly world: RotationWorld,
    private readonly monitor: Monitor,
    private readonly saboteur: Saboteur,
  ) {}

  get executions(): readonly Execution[] {
    return this.#executions;
  }

  async run(): Promise<Outcome> {
    const { world, monitor, saboteur, schedule } = this;
    const { aws, clock } = world;
    aws.onCall((record) => {
      const { service, operation } = record;
      const by = this.#executions.findIndex(({ arn }) => arn === record.origin) + 1;
      this.#history.push({ kind: 'call', by, record });
      if (EFFECT.test(operation) && service !== 'events') this.#effects.push(record.sequence);
      if (saboteur.running > 1) this.#contested.push(record.sequence);
      monitor.observe(record);
    });
    saboteur.attach(world, monitor);
    let calls = 0;
    const end = await world.run(async () => {
      const consumer = this.#consume();
      await this.#rotate();
      // Faults may still strike functions that nobody waits for any more, and start executions beside them.
      await clock.sleep(SETTLING);
      await this.#finishStarted();
      calls = aws.arrivals;
      saboteur.stop();
      this.#consumersMove = true;
      if (monitor.paused) setPause(world, monitor, false);
      await clock.sleep(SETTLING);
      const result = await this.#settle();
      this.#consumerStopped = true;
      await consumer;
      return result;
    });
    this.#inspectMaterial();
    const history = lazily(() => this.#history.map(lineOf));
    const digest = lazily(() => this.#digest(history()));
    return {
      schedule,
      struck: saboteur.struck,
      violations: monitor.violations,
      end,
      executions: this.#executions.length,
      calls,
      effects: this.#effects.filter((sequence) => sequence <= calls),
      contested: this.#contested.filter((sequence) => sequence <= calls),
      get history() {
        return history();
      },
      get digest() {
        return digest();
      },
    };
  }

  #digest(history: readonly string[]): string {
    const everything = [history, this.world.aws.calls, this.#kept()];
    return createHash('sha256').update(JSON.stringify(everything, withoutStacks)).digest('hex');
  }

  /** What states, functions, messages and events said. */
  #kept(): readonly unknown[] {
    const { aws, logs } = this.world;
    return [
      this.#executions.map(({ history, input }) => [history, input]),
      logs,
      aws.sns.messages,
      aws.eventBridge.events,
    ];
  }

  /** An application reads the secret, keeps what it has read for an hour, and works with it. */
  async #consume(): Promise<void> {
    const { aws, clock } = this.world;
    let held: string | undefined;
    let readAt = Number.NEGATIVE_INFINITY;
    while (!this.#consumerStopped) {
      const isFresh = clock.now().getTime() - readAt < CACHE;
      if (!isFresh && (this.#consumersMove || held === undefined)) {
        held = this.monitor.current ?? held;
        readAt = clock.now().getTime();
      }
      if (held !== undefined) {
        if (aws.iam.useAccessKey(held)) this.monitor.used(held);
        else if (clock.now().getTime() - readAt < CACHE) this.monitor.refused(held);
      }
      this.#acknowledge();
      await clock.sleep(USE_INTERVAL);
    }
  }

  /** The owner's system answers whatever it is asked. */
  #acknowledge(): void {
    const { eventBridge, states } = this.world.aws;
    for (const { detail } of eventBridge.events.slice(this.#eventsSeen)) {
      if (typeof detail.taskToken !== 'string') continue;
      try {
        states.answerTask(
          detail.taskToken,
          this.#refusals > 0
            ? { kind: 'failure', error: 'NotNow', cause: 'a drill' }
            : { kind: 'success', output: {} },
        );
        this.#refusals -= 1;
      } catch (error) {
        // An execution that was stopped waits for no answer.
        if (!(error instanceof ServiceError)) throw error;
      }
    }
    this.#eventsSeen = eventBridge.events.length;
  }

  #start(input: Readonly<Record<string, unknown>>, onState: (state: string) => void = () => {}): Execution {
    if (input.trigger !== 'schedule') this.monitor.takeCharge();
    const execution = this.saboteur.watch(
      this.world.startExecution(input, {
        onTimeline: (entry) => {
          this.#history.push({ kind: 'state', entry });
          onState(entry.state);
        },
      }),
    );
    this.#executions.push(execution);
    return execution;
  }

  /** Runs an execution to its end, and whatever was started meanwhile. */
  async #finish(execution: Execution): Promise<void> {
    await execution.result;
    await this.#finishStarted();
  }

  async #finishStarted(): Promise<void> {
    for (let next = this.saboteur.started.pop(); next !== undefined; next = this.saboteur.started.pop()) {
      this.#executions.push(next);
      await next.result;
    }
  }

  /** The part during which faults strike. */
  async #rotate(): Promise<void> {
    const { schedule, world, monitor, saboteur } = this;
    const { clock, aws } = world;
    switch (schedule.shape) {
      case 'resumed': {
        const first: Execution = this.#start({ userName: USER }, (state) => {
          if (state === 'Wait for the overlap period') first.stop();
        });
        await this.#finish(first);
        await clock.sleep(SETTLING);
        break;
      }
      case 'rolled-back': {
        const setAlarm = (state: 'ALARM' | 'OK'): void => {
          monitor.onDeactivation = () => {};
          monitor.alarmed = state === 'ALARM';
          aws.cloudWatch.setAlarmState(ALARM, state);
        };
        monitor.onDeactivation = () => setAlarm('ALARM');
        await this.#finish(this.#start({ userName: USER }));
        setAlarm('OK');
        await clock.sleep(SETTLING);
        await this.#finish(this.#start({ userName: USER, trigger: 'schedule' }));
        await clock.sleep(SETTLING);
        break;
      }
      case 'rolled-back-by-hand': {
        await this.#interrupt('Wait in the recovery period', () => ({ userName: USER, action: 'rollback' }));
        await clock.sleep(SETTLING);
        break;
      }
      case 'only-key-leaked':
        await this.#finish(this.#start(this.#emergency(monitor.current)));
        return;
      case 'old-key-leaked': {
        const old = monitor.current;
        await this.#interrupt('Wait for the overlap period', () => this.#emergency(old));
        return;
      }
      case 'new-key-leaked':
        await this.#interrupt('Wait for the overlap period', () => this.#emergency(monitor.current));
        return;
      case 'new-key-leaked-late':
        await this.#interrupt('Wait in the recovery period', () => this.#emergency(monitor.current));
        return;
      case 'both-keys-leaked': {
        const old = monitor.current;
        const first = await this.#until('Wait for the overlap period');
        const emergency = this.#start(this.#emergency(old));
        await clock.sleep(MINUTE);
        await this.#finish(this.#start(this.#emergency(monitor.current)));
        await Promise.all([first.result, emergency.result]);
        return;
      }
      case 'leaked-beside-foreign': {
        const { accessKeyId } = aws.iam.addAccessKey(USER);
        aws.iam.setStatus(accessKeyId, 'Inactive');
        monitor.excuse(false);
        // As after any act of a person, a named error is an answer.
        saboteur.acted = true;
        await this.#finish(this.#start(this.#emergency(monitor.current)));
        return;
      }
      case 'paused': {
        const first: Execution = this.#start({ userName: USER }, (state) => {
          if (state !== 'Wait for the overlap period' || monitor.paused) return;
          setPause(world, monitor, true);
          clock.setTimeout(() => {
            if (monitor.paused) setPause(world, monitor, false);
          }, PAUSE);
        });
        await this.#finish(first);
        return;
      }
      case 'deadline-missed':
        this.#consumersMove = false;
        await this.#finish(this.#start({ userName: USER }));
        this.#consumersMove = true;
        await clock.sleep(CACHE + SETTLING);
        await this.#finish(this.#start({ userName: USER, trigger: 'schedule' }));
        return;
      case 'owner-refuses':
        this.#refusals = 1;
        await this.#finish(this.#start({ userName: USER }));
        await clock.sleep(SETTLING);
        await this.#finish(this.#start({ userName: USER, trigger: 'schedule' }));
        await clock.sleep(SETTLING);
        await this.#finish(this.#start({ userName: USER, action: 'resume' }));
        return;
      default:
        break;
    }
    const action = schedule.shape.startsWith('rolled-back') ? 'resume' : 'rotate';
    await this.#finish(this.#start({ userName: USER, action }));
  }

  /** Starts a rotation, and returns an hour after it has come to a state, or has ended without. */
  async #until(when: string): Promise<Execution> {
    let arrive = () => {};
    const arrival = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const execution = this.#start({ userName: USER }, (state) => {
      if (state === when) arrive();
    });
    await Promise.race([arrival, execution.result]);
    await this.world.clock.sleep(HOUR);
    return execution;
  }

  /** A person acts while a rotation is in a state. */
  async #interrupt(when: string, input: () => Readonly<Record<string, unknown>>): Promise<void> {
    const first = await this.#until(when);
    await this.#finish(this.#start(input()));
    await first.result;
  }

  #emergency(accessKeyId: string | undefined): Readonly<Record<string, unknown>> {
    if (accessKeyId !== undefined) this.monitor.leaked.add(accessKeyId);
    return { userName: USER, action: 'emergency', accessKeyId, reason: 'a drill' };
  }

  /** What a person starts who sees how things stand. */
  #further(): Readonly<Record<string, unknown>> {
    const { iam, secretsManager } = this.world.aws;
    const leaked = iam
      .keysOf(USER)
      .find((key) => key.status === 'Active' && this.monitor.leaked.has(key.accessKeyId));
    if (leaked !== undefined) return this.#emergency(leaked.accessKeyId);
    const held = secretsManager.secret(SECRET)?.versions.some(({ labels }) => labels.includes(LABELS.held));
    return { userName: USER, action: held === true ? 'resume' : 'rotate' };
  }

  /** Without faults, at most two further executions have to bring everything in order. */
  async #settle(): Promise<string> {
    const { world, monitor, saboteur } = this;
    let why = unsettled(world, monitor);
    let last: Execution | undefined;
    for (let count = 0; why !== undefined && count < MAX_FURTHER_EXECUTIONS; count += 1) {
      last = this.#start(this.#further());
      await this.#finish(last);
      await world.clock.sleep(SETTLING);
      why = unsettled(world, monitor);
    }
    if (why === undefined) return 'converged';
    const { status, error = status } = (await last?.result) ?? { status: 'SUCCEEDED' };
    const named = ERROR_NAMES.some((name) => name === error);
    // After a person's act a named error is an answer: it says what is wrong and what to do.
    if (saboteur.acted && status === 'FAILED' && named) return error;
    const strays = monitor.strays.length;
    if (strays > 0) {
      monitor.violations.push({ invariant: 4, what: `${strays} keys of the rotation are left: ${why}` });
    } else {
      monitor.violations.push({
        invariant: 8,
        what: `two further executions do not suffice: ${why} (${error})`,
      });
    }
    return error;
  }

  /** No secret access key in anything that is kept. */
  #inspectMaterial(): void {
    const { world, monitor } = this;
    const secrets = world.aws.iam.everySecretAccessKey();
    const kept = JSON.stringify(this.#kept());
    for (const secret of secrets) {
      if (kept.includes(secret)) monitor.violations.push({ invariant: 5, what: 'key material is kept' });
    }
  }
}
