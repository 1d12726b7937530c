import type { EmbeddedAws } from '../../embedded-aws/embedded-aws';
import type { Contained } from '../../lambdas/shared/rotation/rotation-state';
import type { RotatedUser } from '../../lib/config';
import type { StartOptions } from '../engine/engine';
import type { Execution, ExecutionResult } from '../engine/execution';
import type { TimelineEntry } from '../engine/timeline';
import type { ListedKey, SeenSecret } from '../world/account';
import type { RotationWorld } from '../world/base-world';
import { type Application, Consumer, type ConsumerOptions } from '../world/consumer';
import { MailRelay } from '../world/mail-relay';
import { SCENARIOS, type Scenario, type Stage } from './scenarios';

const MINUTE = 60 * 1000;

/** How long the consumers work before the first execution begins. */
export const CONSUMER_LEAD_MS = 28 * MINUTE;

/**
 * How long they work on after the last execution has ended, so that each cache is refreshed at least once.
 */
const CONSUMER_TAIL_MS = 120 * MINUTE;

/** Operations that change nothing. */
const READS = /^(Get|List|Describe|BatchGet)/;

/** The subject of a mail of SNS whose message has none (SNS API, Publish, Subject). */
const NO_SUBJECT = 'AWS Notification Message';

/** An execution of a story. */
export interface ExecutionDocument {
  readonly name: string;
  readonly input: unknown;
  readonly status: ExecutionResult['status'];
  /** Only if the execution did not succeed. */
  readonly error?: string;
  readonly cause?: string;
  /** The outcome of its last step; only if it succeeded. */
  readonly outcome?: string;
  /** Of an emergency that has set its leaked key Inactive: what that took since it was declared. */
  readonly containment?: {
    readonly seconds: number;
    readonly functions: number;
    readonly calls: number;
  };
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** What `npm start -- --json` prints. `status`, `error` and `cause` are those of the last execution. */
export interface RotationDocument {
  readonly status: ExecutionResult['status'];
  readonly error?: string;
  readonly cause?: string;
  readonly userName: string;
  readonly previousAccessKeyId: string | null;
  readonly newAccessKeyId: string | null;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly executions: readonly ExecutionDocument[];
  readonly keysBefore: readonly ListedKey[];
  readonly keysAfter: readonly ListedKey[];
  readonly secret: {
    readonly name: string;
    readonly stages: { readonly AWSCURRENT: string | null; readonly AWSPREVIOUS: string | null };
  };
  /** All consumers together, and each one separately. */
  readonly consumer: {
    readonly calls: number;
    readonly failures: number;
    readonly applications: readonly {
      readonly name: string;
      readonly calls: number;
      readonly failures: number;
      readonly outages: readonly { readonly from: string; readonly to: string | null }[];
    }[];
  };
  /** The messages to a person. */
  readonly messages: readonly {
    readonly at: string;
    readonly subject: string;
    readonly message: string;
    /** Its attributes. The messages of alarms have none. */
    readonly user?: string;
    readonly event?: string;
    readonly urgent?: string;
  }[];
  /** The detail types of the events that were put on the bus. */
  readonly events: readonly string[];
  readonly stateTransitions: number;
  readonly apiCalls: Readonly<Record<string, number>>;
  readonly timeline: readonly { readonly at: string; readonly state: string; readonly outcome: string }[];
}

/** The user's keys, and what the secret's labels name, from a moment on. */
export interface Sighting {
  readonly at: Date;
  readonly keys: readonly Pick<ListedKey, 'accessKeyId' | 'status'>[];
  /** What the version with each of AWS's labels holds, without key material. Undefined if there is no such secret here. */
  readonly labels:
    | readonly { readonly label: string; readonly keyId: string | null; readonly words: string }[]
    | undefined;
}

/** A story from before it began until after it ended. */
export interface RotationRun {
  readonly document: RotationDocument;
  readonly executions: readonly Execution[];
  readonly consumers: readonly Application[];
  /** What every line of the story is about, and what nobody's execution shows. */
  readonly timeline: readonly TimelineEntry[];
  /** From before the first execution to the end: one for every change that an execution has made in the embedded AWS. */
  readonly sightings: readonly Sighting[];
  /**
   * Where the secret's staging labels are: what the labelled version holds, in words without key material.
   */
  readonly labels: readonly { readonly label: string; readonly holds: string }[];
}

/** The inputs of {@link play}. */
export interface RotationRequest {
  readonly user: RotatedUser;
  /** Default: an undisturbed rotation. */
  readonly scenario?: Scenario;
  /** How the consumers' calls reach AWS. */
  readonly connection: ConsumerOptions['connection'];
  /** Called with the user's keys before the first execution starts. */
  readonly onSettled?: (keys: readonly ListedKey[]) => void;
  /** Called for every start, before anything happens. */
  readonly onStart?: (execution: Execution) => void;
  readonly onTimeline?: (entry: TimelineEntry) => void;
}

/** What a version of the secret holds, without its secret parts. */
const contentOf = (
  secretString: string | undefined,
): { readonly keyId: string | null; readonly words: string } => {
  if (secretString === undefined) return { keyId: null, words: 'no version' };
  const { AccessKeyId, kind } = JSON.parse(secretString) as {
    readonly AccessKeyId?: string;
    readonly kind?: string;
  };
  if (AccessKeyId !== undefined) return { keyId: AccessKeyId, words: `access key ${AccessKeyId}` };
  return { keyId: null, words: kind === undefined ? 'no access key ID' : `${kind}` };
};

/** The value of the version that has a label. */
const valueAt = (secret: SeenSecret | undefined, label = 'AWSCURRENT'): string | undefined =>
  secret?.versions.find(({ labels }) => labels.includes(label))?.secretString;

/** AWS calls of the rotation by operation, without those of the consumers. */
const countCalls = (
  calls: EmbeddedAws['calls'],
  consumers: { readonly roleArn: string; readonly stsCalls: number },
): Readonly<Record<string, number>> => {
  const counts = new Map<string, number>();
  for (const { service, operation, caller } of calls) {
    if (caller === consumers.roleArn) continue;
    const action = `${service}:${operation}`;
    counts.set(action, (counts.get(action) ?? 0) + 1);
  }
  // Consumers sign with the user's keys, as the rotation's own test does: only the numbers tell them apart.
  const identity = 'sts:GetCallerIdentity';
  const own = (counts.get(identity) ?? 0) - consumers.stsCalls;
  counts.delete(identity);
  if (own > 0) counts.set(identity, own);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
};

/** What the state says of how a leaked key was set Inactive. */
const containmentIn = ({ history }: Execution): ExecutionDocument['containment'] => {
  for (const { type, state } of history) {
    const { output } = (state ?? {}) as { readonly output?: { readonly contained?: Contained } | null };
    const { seconds, functions, calls } = (type === 'StateExited' && output?.contained) || {};
    if (seconds !== undefined && functions !== undefined && calls !== undefined) {
      return { seconds, functions, calls };
    }
  }
  return undefined;
};

const executionDocument = async (execution: Execution): Promise<ExecutionDocument> => {
  const { status, error, cause, output, stopDate } = await execution.result;
  const { outcome } = (output ?? {}) as { readonly outcome?: string };
  const containment = containmentIn(execution);
  return {
    name: execution.name,
    input: execution.input,
    status,
    ...(error !== undefined && { error }),
    ...(cause !== undefined && { cause }),
    ...(outcome !== undefined && { outcome }),
    ...(containment !== undefined && { containment }),
    startedAt: execution.startDate.toISOString(),
    finishedAt: stopDate.toISOString(),
  };
};

type StagedWorld = Pick<
  RotationWorld,
  'aws' | 'account' | 'lambda' | 'start' | 'nextDeclared' | 'notificationTopicArn'
>;

/** Runs a story step by step, and records it. */
class Storyteller implements Stage {
  readonly user: RotatedUser;
  readonly consumers: Application[] = [];
  readonly executions: Execution[] = [];
  readonly timeline: TimelineEntry[] = [];
  /** The state when the first execution is about to start. */
  before = { calls: 0, stsCalls: 0, keys: [] as readonly ListedKey[], current: null as string | null };
  readonly sightings: Sighting[] = [];
  readonly #working: Promise<void>[] = [];
  readonly #arrivals: {
    readonly state: string;
    readonly execution: Execution;
    readonly arrive: () => void;
  }[] = [];

  constructor(
    readonly world: StagedWorld,
    private readonly request: RotationRequest,
  ) {
    this.user = request.user;
  }

  /** Requests of all consumers that reached STS. */
  get stsCalls(): number {
    return this.consumers.reduce((sum, consumer) => sum + consumer.stsCalls, 0);
  }

  secret(): Promise<SeenSecret | undefined> {
    return this.world.account.secret(this.user.secretId);
  }

  async current(): Promise<string | undefined> {
    return contentOf(valueAt(await this.secret())).keyId ?? undefined;
  }

  consumer(options: Parameters<Stage['consumer']>[0] = {}): Consumer {
    const consumer = new Consumer({ ...this.#surroundings, ...options });
    this.consumers.push(consumer);
    return consumer;
  }

  worker(options: Parameters<Stage['worker']>[0] = {}): Consumer {
    const consumer = this.consumer(options);
    this.#working.push(consumer.work());
    return consumer;
  }

  mailRelay(): void {
    const { sesSmtp } = this.user;
    if (sesSmtp === undefined) throw new Error('The user has no sesSmtp');
    const relay = new MailRelay({ ...this.#surroundings, sesSmtp });
    this.consumers.push(relay);
    this.#working.push(relay.work());
  }

  async settleIn(): Promise<void> {
    const { aws, account } = this.world;
    this.#look();
    await this.sleep(CONSUMER_LEAD_MS);
    this.before = {
      calls: aws.calls.length,
      stsCalls: this.stsCalls,
      keys: await account.keysOf(this.user.userName),
      current: (await this.current()) ?? null,
    };
    aws.onCall(({ service, operation }) => {
      if ((service === 'iam' || service === 'secretsmanager') && !READS.test(operation)) this.#look();
    });
    this.request.onSettled?.(this.before.keys);
  }

  start(input: Readonly<Record<string, unknown>> = {}): Promise<Execution> {
    const { userName } = this.user;
    return this.#follow((options) => this.world.start({ userName, ...input }, options));
  }

  exposed(accessKeyId: string): Promise<Execution> {
    return this.#follow((options) => {
      const begun = this.world.nextDeclared(options);
      this.world.aws.health.expose([accessKeyId]);
      return begun;
    });
  }

  async reached(execution: Execution, state: string): Promise<void> {
    const arrival = new Promise<void>((arrive) => {
      this.#arrivals.push({ execution, state, arrive });
    });
    await Promise.race([arrival, execution.result]);
  }

  sleep(ms: number): Promise<void> {
    return this.world.aws.clock.sleep(ms);
  }

  say(text: string): void {
    this.#tell({ at: this.world.aws.clock.now(), state: 'Meanwhile', outcome: text, kind: 'story' });
  }

  /** The consumers work on for a while, and stop. */
  async end(): Promise<void> {
    await this.sleep(CONSUMER_TAIL_MS);
    this.#look();
    for (const consumer of this.consumers) consumer.stop();
    await Promise.all(this.#working);
  }

  /** Reports an execution from its start on. */
  async #follow(start: (options: StartOptions) => Promise<Execution>): Promise<Execution> {
    const execution: Execution = await start({
      onTimeline: (entry) => {
        this.#tell(entry);
        for (const arrival of this.#arrivals) {
          if (arrival.execution === execution && arrival.state === entry.state) arrival.arrive();
        }
      },
    });
    this.executions.push(execution);
    this.request.onStart?.(execution);
    return execution;
  }

  get #surroundings() {
    const { connection } = this.request;
    return { aws: this.world.aws, secretId: this.user.secretId, connection };
  }

  /** Looks at the embedded AWS, and at nothing else: where an endpoint has the user, there is none here. */
  #look(): void {
    const { iam, secretsManager, clock } = this.world.aws;
    const { userName, secretId } = this.user;
    const keys = iam.user(userName) === undefined ? [] : iam.keysOf(userName);
    this.sightings.push({
      at: clock.now(),
      keys: keys.map(({ accessKeyId, status }) => ({ accessKeyId, status })),
      labels: secretsManager
        .secret(secretId)
        ?.versions.flatMap(({ labels, secretString }) =>
          labels
            .filter((label) => label.startsWith('AWS'))
            .map((label) => ({ label, ...contentOf(secretString) })),
        ),
    });
  }

  #tell(entry: TimelineEntry): void {
    this.timeline.push(entry);
    this.request.onTimeline?.(entry);
  }
}

/**
 * Plays a scenario: executions are started as a person starts them, while consumers use the key. Call it
 * within {@link RotationWorld.run}.
 */
export const play = async (world: StagedWorld, request: RotationRequest): Promise<RotationRun> => {
  const { aws, account } = world;
  const { user, scenario = SCENARIOS.healthy } = request;
  const story = new Storyteller(world, request);
  await scenario.play(story);
  await story.end();

  const secret = await story.secret();
  const current = contentOf(valueAt(secret)).keyId;
  const { consumers, executions, timeline, sightings, before } = story;
  const documents = await Promise.all(executions.map(executionDocument));
  const last = documents.at(-1);
  if (last === undefined) throw new Error('The scenario starts no execution');
  const [{ roleArn } = { roleArn: '' }] = consumers;
  return {
    executions,
    consumers,
    timeline,
    sightings,
    labels: (secret?.versions ?? []).flatMap(({ labels, secretString }) =>
      labels.map((label) => ({ label, holds: contentOf(secretString).words })),
    ),
    document: {
      status: last.status,
      ...(last.error !== undefined && { error: last.error }),
      ...(last.cause !== undefined && { cause: last.cause }),
      userName: user.userName,
      previousAccessKeyId: before.current,
      newAccessKeyId: current === before.current ? null : current,
      startedAt: documents[0]?.startedAt ?? last.startedAt,
      finishedAt: last.finishedAt,
      executions: documents,
      keysBefore: before.keys,
      keysAfter: await account.keysOf(user.userName),
      secret: {
        name: secret?.name ?? user.secretId,
        stages: {
          AWSCURRENT: current,
          AWSPREVIOUS: contentOf(valueAt(secret, 'AWSPREVIOUS')).keyId,
        },
      },
      consumer: {
        calls: consumers.reduce((sum, { calls }) => sum + calls, 0),
        failures: consumers.reduce((sum, { failures }) => sum + failures.length, 0),
        applications: consumers.map(({ name, calls, failures, outages }) => ({
          ...{ name, calls, failures: failures.length },
          outages: outages.map(({ from, to }) => ({
            from: from.toISOString(),
            to: to?.toISOString() ?? null,
          })),
        })),
      },
      messages: aws.sns.messages
        .filter(({ topicArn }) => topicArn === world.notificationTopicArn)
        .map(({ at, subject = NO_SUBJECT, message, attributes }) => ({
          ...{ at: at.toISOString(), subject, message, ...attributes },
        })),
      events: aws.eventBridge.events.map((event) => event['detail-type']),
      stateTransitions: executions.reduce((sum, execution) => sum + execution.stateTransitions, 0),
      apiCalls: countCalls(aws.calls.slice(before.calls), {
        roleArn,
        stsCalls: story.stsCalls - before.stsCalls,
      }),
      timeline: timeline.map(({ at, state, outcome }) => ({ at: at.toISOString(), state, outcome })),
    },
  };
};
