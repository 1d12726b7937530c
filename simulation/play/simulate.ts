import { createHash } from 'node:crypto';
import type { CallRecord } from '../../embedded-aws/calls/call-log';
import type { Wire } from '../../embedded-aws/clients/fast-wire';
import type { AwsState } from '../../embedded-aws/embedded-aws';
import { type Behaviour, DEFAULT_BEHAVIOUR } from '../../embedded-aws/ground/behaviour';
import { ServiceError } from '../../embedded-aws/ground/errors';
import type { Prng } from '../../embedded-aws/ground/prng';
import { ERROR_NAMES } from '../../lambdas/shared/contract/errors';
import { LABELS, PAUSE_TAG } from '../../lambdas/shared/contract/names';
import { milliseconds } from '../../lambdas/shared/rotation/calendar';
import type { RotatedUser } from '../../lib/config';
import type { Execution, ExecutionResult } from '../../local/engine/execution';
import type { TimelineEntry } from '../../local/engine/timeline';
import { createWorld, type InProcessWorld, type InProcessWorldOptions } from '../../local/world/world';
import type { End } from '../checkers/facts';
import { whatIsLeft } from '../checkers/faults-end-safely';
import type { Violation } from '../schedule/invariants';
import { callsMade, type MadeCall } from '../schedule/position';
import { forgotten, type Schedule, type WorldSettings } from '../schedule/schedule';
import {
  ALARM,
  HOUR,
  isMarkedForOther,
  KEY_AT_START,
  MINUTE,
  MORE_SETTINGS,
  markForOther,
  removeMark,
  SECOND,
  SECRET,
  SETTINGS,
  USER,
  VALIDATOR,
  withCopy,
} from '../schedule/setting';
import { createLatency } from './latency';
import { type Learnt, Monitor } from './monitor';
import { Saboteur } from './saboteur';

/** As deployed: a request that takes longer is given up. */
const REQUEST_TIMEOUT = 10 * SECOND;

/** Consumers read the secret this often, and use what they have read in between. */
const CACHE = HOUR;
const USE_INTERVAL = 25 * MINUTE;

/** How often a user that reads its own secret does so. */
const OWN_READ_INTERVAL = 10 * MINUTE;

/** How long a pause lasts. */
const PAUSE = 48 * HOUR;

/** By then, abandoned functions have ended, and so have requests on their way. */
const SETTLING = 10 * MINUTE;

/** After the faults have stopped, this many executions must be enough. */
const MAX_FURTHER_EXECUTIONS = 2;

/** The application and the owner: what they know, and how they behave. Times are in milliseconds. */
export interface Conduct {
  /** The key that the application has read last, and when. */
  held?: string | undefined;
  readAt?: number | undefined;
  usedAt?: number | undefined;
  /** Consumers read the secret again when their cache has expired. */
  consumersMove: boolean;
  /** Consumers fail, and their alarm goes off, once the old key is deactivated. */
  failsOnDeactivation: boolean;
  /** How often the owner still refuses to acknowledge a deactivation. */
  refusals: number;
  /** A person has done something that the rotation may have to answer with an error. */
  acted: boolean;
  /** When a pause that has begun will end. */
  pauseEnds?: number | undefined;
}

/** A user's configuration, as cdk.json has it. */
interface UserConfig extends Readonly<Record<string, unknown>> {
  readonly userName: string;
}

/** A moment from which a simulation can continue. */
export interface Moment {
  readonly at: Date;
  readonly config: UserConfig;
  readonly aws: AwsState;
  readonly learnt: Learnt;
  readonly conduct: Conduct;
}

/** A simulation while it runs. */
export interface Stage {
  readonly world: InProcessWorld;
  readonly monitor: Monitor;
  readonly conduct: Conduct;
  readonly config: UserConfig;
  /** Starts what a person would start in the present state. */
  startFurther(): Promise<Execution>;
  /** Adopts an execution that was started elsewhere. */
  adopt(execution: Execution): Execution;
}

/** What may differ from a shape's story. */
export interface Variation {
  /** How calls reach the embedded AWS. Default: as objects. */
  readonly wire?: Wire;
  /** The user's settings. Default: short periods, and an alarm. */
  readonly settings?: UserConfig;
  /** When the world begins. */
  readonly start?: Date;
  /** Source of all identifiers, instead of the seed. */
  readonly ids?: Prng;
  /** Where it begins, instead of with the shape's scene. */
  readonly from?: Moment;
  /** What happens, instead of the shape's story. */
  readonly play?: (stage: Stage) => Promise<void>;
  /** Says whether a call is allowed. Default: every call is. */
  readonly authorize?: InProcessWorldOptions['authorize'];
  /** Called with the stage before anything happens on it. */
  readonly onStage?: (stage: Stage) => void;
  /** Looks at the world when everything is over. */
  readonly inspect?: (world: InProcessWorld, executions: readonly Execution[]) => void;
}

/** The result of a schedule. */
export interface Outcome {
  readonly schedule: Schedule;
  /** Names of the faults that happened. */
  readonly struck: readonly string[];
  readonly violations: readonly Violation[];
  /** `converged`, or the error that the last execution ended in. */
  readonly end: string;
  readonly executions: number;
  /** AWS calls while faults could strike. */
  readonly calls: number;
  /** Those among them that may change something. */
  readonly effects: readonly number[];
  /** The calls that were made while more than one execution was running. */
  readonly contested: readonly number[];
  /** Every call, in the order of arrival. */
  readonly made: readonly MadeCall[];
  /**
   * Everything that happened, one line each, without IDs that differ from seed to seed. Written on request.
   */
  readonly history: readonly string[];
  /**
   * A digest of the history, every ID in it, and everything that states, functions and messages said, except
   * for where errors were thrown. Made on request.
   */
  readonly digest: string;
}

/** What a history keeps until it is read. */
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

/** The stack of an error, at the end of Lambda's report of it. */
const STACK = /,"trace":\[.*\]\}$/s;

const withoutStacks = (name: string, value: unknown): unknown => {
  if (name === 'trace') return undefined;
  return typeof value === 'string' ? value.replace(STACK, '}') : value;
};

/** Computes a value once, on first use. */
const lazily = <T>(compute: () => T): (() => T) => {
  let computed: { readonly value: T } | undefined;
  return () => {
    computed ??= { value: compute() };
    return computed.value;
  };
};

/** The result after faults have ceased. */
type Settled = Pick<End, 'left' | 'error' | 'answered' | 'strays'>;

/** How the embedded AWS behaves in a schedule. */
const behaviourOf = (settings: WorldSettings): Partial<Behaviour> => ({
  iamReadLag: (settings.iamLagSeconds ?? 0) * SECOND,
  secretsReadLag: (settings.secretsLagSeconds ?? 0) * SECOND,
  executionReadLag: (settings.executionLagSeconds ?? 0) * SECOND,
  alarmReadLag: (settings.alarmLagSeconds ?? 0) * SECOND,
  executionNamesUsedAgain: settings.namesUsedAgain ?? false,
  functionClockSkew: (settings.functionClockSkewSeconds ?? 0) * SECOND,
  ownLabelsVanish: settings.ownLabelsVanish ?? false,
  clockSkew: (settings.iamClockSkewSeconds ?? 0) * SECOND,
  ...(settings.keyPropagationSeconds !== undefined && {
    keyPropagationDelay: settings.keyPropagationSeconds * SECOND,
  }),
  ...(settings.cloudTrailSeconds !== undefined && {
    cloudTrailDelay: (settings.cloudTrailSeconds ?? Number.POSITIVE_INFINITY) * SECOND,
  }),
  ...(settings.cloudTrailMemorySeconds !== undefined && {
    cloudTrailMemory: settings.cloudTrailMemorySeconds * SECOND,
  }),
});

/** Runs a schedule. Within one process, schedules run one after the other. */
export const simulate = async (schedule: Schedule, variation: Variation = {}): Promise<Outcome> => {
  const { wire = 'fast', ids, from, start = from?.at, authorize } = variation;
  const { shape, seed, faults, world: settings = {}, intervals = {} } = schedule;
  const saboteur = new Saboteur(faults);
  const config: UserConfig = from?.config ?? {
    ...(variation.settings ?? SETTINGS),
    ...MORE_SETTINGS[shape],
    ...intervals,
  };
  const world = createWorld({
    seed,
    wire,
    ids,
    ...(start && { start }),
    ...(authorize && { authorize }),
    ...(from && { state: from.aws }),
    behaviour: behaviourOf(settings),
    users: [{ config, key: KEY_AT_START[shape] }],
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
    const { overlapPeriod, noticeBefore, quietPeriod, recoveryPeriod } = world.users[0] as RotatedUser;
    const promised = {
      overlapPeriod: milliseconds(overlapPeriod),
      noticeBefore: milliseconds(noticeBefore),
      quietPeriod: milliseconds(quietPeriod),
      recoveryPeriod: milliseconds(recoveryPeriod),
      cache: CACHE,
      clocksDiffer: 2 * world.aws.behaviour.functionClockSkew,
    };
    const monitor = new Monitor(world.aws, world.users[0] as RotatedUser, promised, from?.learnt);
    const simulation = new Simulation(schedule, world, monitor, saboteur, config, variation);
    const outcome = await simulation.run();
    variation.inspect?.(world, simulation.executions);
    return outcome;
  } finally {
    world.close();
  }
};

/** A pause begins or ends. */
const setPause = ({ world: { aws }, monitor }: Stage, paused: boolean): void => {
  monitor.paused = paused;
  if (aws.secretsManager.secret(SECRET) !== undefined) {
    aws.secretsManager.setTag(SECRET, PAUSE_TAG, paused ? 'a drill' : undefined);
  }
  monitor.excuse(false);
};

/** Ends a pause when its time has come. */
const endPauseAt = (stage: Stage, ends: number): void => {
  const { clock } = stage.world;
  stage.conduct.pauseEnds = ends;
  clock.setTimeout(() => {
    if (stage.monitor.paused) setPause(stage, false);
  }, ends - clock.now().getTime());
};

/** A person un-enrols the user from the other stack, and takes it over. */
const takeOver = ({ world: { aws }, monitor }: Stage): void => {
  removeMark(aws);
  monitor.elsewhere.clear();
  monitor.excuse(false);
};

/** The consumers begin to fail, or work again. */
const setAlarm = ({ world, monitor, conduct }: Stage, state: 'ALARM' | 'OK'): void => {
  conduct.failsOnDeactivation = false;
  monitor.alarmed = state === 'ALARM';
  world.aws.cloudWatch.setAlarmState(ALARM, state);
};

const EFFECT = /^(Create|Update|Delete|Put|Tag)/;

class Simulation implements Stage {
  readonly conduct: Conduct;
  readonly #executions: Execution[] = [];
  readonly #history: Happening[] = [];
  readonly #effects: number[] = [];
  readonly #contested: number[] = [];
  #consumerStopped = false;
  #readsItself: boolean;
  #eventsSeen = 0;

  constructor(
    private readonly schedule: Schedule,
    readonly world: InProcessWorld,
    readonly monitor: Monitor,
    private readonly saboteur: Saboteur,
    readonly config: UserConfig,
    private readonly variation: Variation,
  ) {
    this.#readsItself = schedule.world?.readsItself ?? false;
    this.conduct = {
      // As at the beginning of a story.
      consumersMove: true,
      failsOnDeactivation: false,
      refusals: 0,
      acted: false,
      ...variation.from?.conduct,
    };
  }

  get executions(): readonly Execution[] {
    return this.#executions;
  }

  async run(): Promise<Outcome> {
    const { world, monitor, saboteur, schedule } = this;
    const { aws, clock } = world;
    aws.onCall((record) => {
      const { service, operation } = record;
      const by = this.#executions.findIndex(({ run }) => run === record.origin) + 1;
      this.#history.push({ kind: 'call', by, record });
      if (EFFECT.test(operation) && service !== 'events') this.#effects.push(record.sequence);
      if (saboteur.running > 1) this.#contested.push(record.sequence);
      monitor.observe(record);
    });
    saboteur.attach(world, monitor);
    const { conduct, variation } = this;
    monitor.onDeactivation = () => {
      if (conduct.failsOnDeactivation) setAlarm(this, 'ALARM');
    };
    if (monitor.paused && conduct.pauseEnds !== undefined) endPauseAt(this, conduct.pauseEnds);
    variation.onStage?.(this);
    let calls = 0;
    const settled = await world.run(async () => {
      const consumer = this.#consume();
      const ownReads = this.#readItself();
      await (variation.play?.(this) ?? this.#rotate());
      // Faults may still hit abandoned functions, and start executions beside them.
      await clock.sleep(SETTLING);
      await this.#finishStarted();
      calls = aws.arrivals;
      saboteur.stop();
      conduct.consumersMove = true;
      // Whether a use shows despite these reads is a matter of luck, and a rotation that must converge cannot
      // depend on luck.
      this.#readsItself = false;
      if (monitor.paused) setPause(this, false);
      if (monitor.alarmed) setAlarm(this, 'OK');
      if (isMarkedForOther(aws)) takeOver(this);
      await clock.sleep(SETTLING);
      const result = await this.#settle();
      this.#consumerStopped = true;
      await Promise.all([consumer, ownReads]);
      return result;
    });
    const kept = this.#kept();
    const secretAccessKeys = aws.iam.everySecretAccessKey();
    monitor.end({ ...settled, kept: JSON.stringify(kept), secretAccessKeys });
    const history = lazily(() => this.#history.map(lineOf));
    const digest = lazily(() => this.#digest(history()));
    return {
      schedule,
      struck: saboteur.struck,
      violations: monitor.violations,
      end: settled.left === undefined ? 'converged' : settled.error,
      executions: this.#executions.length,
      calls,
      effects: this.#effects.filter((sequence) => sequence <= calls),
      contested: this.#contested.filter((sequence) => sequence <= calls),
      made: callsMade(aws.calls),
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

  /** Everything that states, functions, messages and events said. */
  #kept(): readonly unknown[] {
    const { aws, logs } = this.world;
    return [
      this.#executions.map(({ history, input }) => [history, input]),
      logs,
      aws.sns.messages,
      aws.eventBridge.events,
    ];
  }

  /** The user reads its own secret with the key that it has read last, and has the next one from then on. */
  async #readItself(): Promise<void> {
    const { iam } = this.world.aws;
    let own = this.monitor.current;
    while (this.#readsItself) {
      // A user without a key, or with a refused one, gets the next one by hand.
      if (own !== undefined) iam.useAccessKey(own, 'secretsmanager');
      own = this.monitor.current ?? own;
      await this.world.clock.sleep(OWN_READ_INTERVAL);
    }
  }

  /** An application reads the secret, keeps what it has read for an hour, and works with it. */
  async #consume(): Promise<void> {
    const {
      conduct,
      world: { aws, clock },
    } = this;
    const hours = this.schedule.world?.worksEveryHours;
    const interval = hours === undefined ? USE_INTERVAL : hours * HOUR;
    const isFresh = (): boolean =>
      clock.now().getTime() - (conduct.readAt ?? Number.NEGATIVE_INFINITY) < CACHE;
    if (conduct.usedAt !== undefined) {
      await clock.sleep(conduct.usedAt + interval - clock.now().getTime());
    }
    while (!this.#consumerStopped) {
      conduct.usedAt = clock.now().getTime();
      if (!isFresh() && (conduct.consumersMove || conduct.held === undefined)) {
        conduct.held = this.monitor.current ?? conduct.held;
        conduct.readAt = conduct.usedAt;
      }
      const { held } = conduct;
      this.monitor.held = held;
      if (held !== undefined) {
        if (aws.iam.useAccessKey(held)) this.monitor.used(held);
        else if (isFresh()) this.monitor.refused(held);
      }
      this.#acknowledge();
      await clock.sleep(interval);
    }
  }

  /** The owner's system answers every request. */
  #acknowledge(): void {
    const { eventBridge, states } = this.world.aws;
    for (const { detail } of eventBridge.events.slice(this.#eventsSeen)) {
      if (typeof detail.taskToken !== 'string') continue;
      try {
        states.answerTask(
          detail.taskToken,
          this.conduct.refusals > 0
            ? { kind: 'failure', error: 'NotNow', cause: 'a drill' }
            : { kind: 'success', output: {} },
        );
        this.conduct.refusals -= 1;
      } catch (error) {
        // A stopped execution waits for no answer.
        if (!(error instanceof ServiceError)) throw error;
      }
    }
    this.#eventsSeen = eventBridge.events.length;
  }

  async #start(
    input: Readonly<Record<string, unknown>>,
    onState: (state: string) => void = () => {},
  ): Promise<Execution> {
    if (input.trigger !== 'schedule') this.monitor.takeCharge();
    return this.adopt(
      await this.world.start(input, {
        onTimeline: (entry) => {
          this.#history.push({ kind: 'state', entry });
          onState(entry.state);
        },
      }),
    );
  }

  adopt(execution: Execution): Execution {
    this.#executions.push(this.saboteur.watch(execution));
    return execution;
  }

  async startFurther(): Promise<Execution> {
    return this.#start(this.#further());
  }

  /** Runs an execution to its end, and everything that was started meanwhile. */
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

  /** The part during which faults happen. */
  async #rotate(): Promise<void> {
    const { schedule, world, monitor, conduct } = this;
    const { clock, aws } = world;
    switch (schedule.shape) {
      case 'resumed': {
        const first: Execution = await this.#start({ userName: USER }, (state) => {
          if (state === 'Wait for the overlap period') first.stop();
        });
        await this.#finish(first);
        await clock.sleep(SETTLING);
        break;
      }
      case 'rolled-back': {
        conduct.failsOnDeactivation = true;
        await this.#finish(await this.#start({ userName: USER }));
        setAlarm(this, 'OK');
        await clock.sleep(SETTLING);
        await this.#finish(await this.#start({ userName: USER, trigger: 'schedule' }));
        await clock.sleep(SETTLING);
        break;
      }
      case 'rolled-back-by-hand': {
        await this.#interrupt('Wait in the recovery period', () => ({ userName: USER, action: 'rollback' }));
        await clock.sleep(SETTLING);
        break;
      }
      case 'only-key-leaked':
        await this.#finish(await this.#start(this.#emergency(monitor.current)));
        return;
      case 'outage-accepted':
        await this.#finish(await this.#start(this.#emergency(monitor.current, { outage: 'accepted' })));
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
        const emergency = await this.#start(this.#emergency(old));
        // The first one has acted less than a minute before, so the second one waits.
        await clock.sleep(MINUTE / 2);
        await this.#finish(await this.#start(this.#emergency(monitor.current)));
        await Promise.all([first.result, emergency.result]);
        return;
      }
      case 'leaked-beside-foreign': {
        const { accessKeyId } = aws.iam.addAccessKey(USER);
        aws.iam.setStatus(accessKeyId, 'Inactive');
        monitor.excuse(false);
        // As after any act of a person, a named error is an answer.
        conduct.acted = true;
        await this.#finish(await this.#start(this.#emergency(monitor.current)));
        return;
      }
      case 'paused': {
        const first: Execution = await this.#start({ userName: USER }, (state) => {
          if (state !== 'Wait for the overlap period' || monitor.paused) return;
          setPause(this, true);
          endPauseAt(this, clock.now().getTime() + PAUSE);
        });
        await this.#finish(first);
        return;
      }
      case 'deadline-missed':
        conduct.consumersMove = false;
        await this.#finish(await this.#start({ userName: USER }));
        conduct.consumersMove = true;
        await clock.sleep(CACHE + SETTLING);
        await this.#finish(await this.#start({ userName: USER, trigger: 'schedule' }));
        return;
      case 'owner-refuses':
        conduct.refusals = 1;
        await this.#finish(await this.#start({ userName: USER }));
        await clock.sleep(SETTLING);
        await this.#finish(await this.#start({ userName: USER, trigger: 'schedule' }));
        await clock.sleep(SETTLING);
        await this.#finish(await this.#start({ userName: USER, action: 'resume' }));
        return;
      case 'enrolled-elsewhere':
        markForOther(aws);
        for (const { accessKeyId } of aws.iam.keysOf(USER)) monitor.elsewhere.add(accessKeyId);
        await clock.sleep(SETTLING);
        await this.#finish(await this.#start({ userName: USER, trigger: 'schedule' }));
        takeOver(this);
        await clock.sleep(SETTLING);
        break;
      case 'owners-document':
        aws.secretsManager.edit(SECRET, withCopy);
        monitor.excuse(false);
        await clock.sleep(SETTLING);
        break;
      case 'noticed': {
        const scheduled = { userName: USER, trigger: 'schedule' };
        const first = await this.#start(scheduled);
        await clock.sleep(HOUR);
        await this.#finish(await this.#start(scheduled));
        await this.#finish(first);
        return;
      }
      case 'ordinary':
      case 'first-key':
      case 'key-not-in-secret':
      case 'owner-asked':
        break;
      default:
        forgotten(schedule.shape);
    }
    const action = schedule.shape.startsWith('rolled-back') ? 'resume' : 'rotate';
    await this.#finish(await this.#start({ userName: USER, action }));
  }

  /**
   * Starts a rotation, and returns an hour after it has reached a state, or has ended without reaching it.
   */
  async #until(when: string): Promise<Execution> {
    let arrive = () => {};
    const arrival = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const execution = await this.#start({ userName: USER }, (state) => {
      if (state === when) arrive();
    });
    await Promise.race([arrival, execution.result]);
    await this.world.clock.sleep(HOUR);
    return execution;
  }

  /** A person acts while a rotation is in a state. */
  async #interrupt(when: string, input: () => Readonly<Record<string, unknown>>): Promise<void> {
    const first = await this.#until(when);
    await this.#finish(await this.#start(input()));
    await first.result;
  }

  #emergency(accessKeyId: string | undefined, more: object = {}): Readonly<Record<string, unknown>> {
    if (accessKeyId !== undefined) this.monitor.leaked.add(accessKeyId);
    return { userName: USER, action: 'emergency', accessKeyId, reason: 'a drill', ...more };
  }

  /** What a person would start in the present state. */
  #further(): Readonly<Record<string, unknown>> {
    const { iam, secretsManager } = this.world.aws;
    const leaked = iam
      .keysOf(USER)
      .find((key) => key.status === 'Active' && this.monitor.leaked.has(key.accessKeyId));
    if (leaked !== undefined) return this.#emergency(leaked.accessKeyId);
    const held = secretsManager.secret(SECRET)?.versions.some(({ labels }) => labels.includes(LABELS.held));
    return { userName: USER, action: held === true ? 'resume' : 'rotate' };
  }

  /**
   * Without faults, at most two further executions have to bring everything in order. If CloudTrail does not
   * say who has created a key, it may take two more, once a person has done what the message says.
   */
  async #settle(): Promise<Settled> {
    const { monitor, saboteur, conduct } = this;
    let last = await this.#goOn();
    if (this.#deleteUnexplained(await last?.result)) last = await this.#goOn();
    const left = whatIsLeft(monitor.snapshot, monitor);
    const { status, error = status } = (await last?.result) ?? { status: 'SUCCEEDED' };
    const named = ERROR_NAMES.some((name) => name === error);
    // After a person's act a named error is an answer: it says what is wrong and what to do.
    const answered = (conduct.acted || saboteur.acted) && status === 'FAILED' && named;
    return { left, error, answered, strays: monitor.strays };
  }

  /** Starts what is necessary, and returns the last execution. */
  async #goOn(): Promise<Execution | undefined> {
    const { world, monitor } = this;
    let last: Execution | undefined;
    for (let count = 0; count < MAX_FURTHER_EXECUTIONS; count += 1) {
      if (whatIsLeft(monitor.snapshot, monitor) === undefined) break;
      last = await this.startFurther();
      await this.#finish(last);
      await world.clock.sleep(SETTLING);
    }
    return last;
  }

  /**
   * If CloudTrail never answers, or has forgotten, a person deletes the keys that the message is about, if
   * nothing else knows them. Returns whether there was one.
   */
  #deleteUnexplained(result: ExecutionResult | undefined): boolean {
    const { world, monitor } = this;
    const { cloudTrailDelay, cloudTrailMemory } = world.aws.behaviour;
    if (Number.isFinite(cloudTrailDelay) && cloudTrailMemory >= DEFAULT_BEHAVIOUR.cloudTrailMemory)
      return false;
    const message = result?.status === 'FAILED' ? String(result.cause) : '';
    const unexplained = monitor.strays.filter(
      (accessKeyId) =>
        !monitor.secretHolds(accessKeyId) && message.includes('CloudTrail') && message.includes(accessKeyId),
    );
    for (const accessKeyId of unexplained) world.aws.iam.removeAccessKey(accessKeyId);
    if (unexplained.length > 0) monitor.excuse(false);
    return unexplained.length > 0;
  }
}
