import type { ServiceName } from '../../embedded-aws/calls/call-log';
import type { EmbeddedAws } from '../../embedded-aws/embedded-aws';
import type { StartOptions } from '../../local/engine/engine';
import type { Execution } from '../../local/engine/execution';
import type { TimelineEntry } from '../../local/engine/timeline';
import type { RotationWorld } from '../../local/world/base-world';
import type { KeyAtStart } from '../../local/world/scene';
import { createWorld, type InProcessWorld, type InProcessWorldOptions } from '../../local/world/world';
import { HOUR, MINUTE } from './time';

/*
 * alice, whom most tests are about: her key and her secret in the embedded AWS, and the rotations that run for her.
 */

/** Her secret, unless she is enrolled with another one. */
export const SECRET = 'iam-access-key-rotation/alice';

/** What her executions are started with. */
export const ROTATION = { userName: 'alice' };
export const SCHEDULED = { userName: 'alice', trigger: 'schedule' };
export const RESUME = { userName: 'alice', action: 'resume' };
export const ROLLBACK = { userName: 'alice', action: 'rollback' };
export const PLAN = { userName: 'alice', action: 'plan' };
/** What a person declares of a key that has leaked, and what its rotation is started with. */
export const leakOf = (accessKeyId: string) => ({ userName: 'alice', accessKeyId, reason: 'in a log' });
export const emergencyOf = (accessKeyId: string) => ({ ...leakOf(accessKeyId), action: 'emergency' });

/** Periods that are no longer than a test needs. */
export const SHORT_PERIODS = {
  overlapPeriod: 'PT2H',
  noticeBefore: 'PT0S',
  quietPeriod: 'PT1H',
  adoptionDeadline: 'P2D',
  recoveryPeriod: 'PT6H',
  deactivationWindow: 'always',
} as const;

type Document = Readonly<Record<string, unknown>>;

/** The fields of a secret's AWSCURRENT. */
const documentIn = ({ secretsManager }: EmbeddedAws, secretId: string): Document =>
  JSON.parse(secretsManager.valueOf(secretId) ?? '{}') as Document;

/** The access key ID that consumers read in a secret. Empty: it names none. */
export const keyInSecret = (aws: EmbeddedAws, secretId: string): string =>
  String(documentIn(aws, secretId).AccessKeyId ?? '');

/** What alice has in an AWS, as it really is, and what her secret's owner does to it. */
export const aliceIn = (aws: EmbeddedAws) => {
  const { iam, secretsManager } = aws;
  const versions = () => secretsManager.secret(SECRET)?.versions ?? [];
  return {
    /** Status of each of her keys, by ID. */
    keys: (): Readonly<Record<string, string>> =>
      Object.fromEntries(iam.keysOf('alice').map(({ accessKeyId, status }) => [accessKeyId, status])),
    /** The statuses of her keys, the oldest key first. */
    statuses: (): readonly string[] => iam.keysOf('alice').map(({ status }) => status),
    /** The fields of AWSCURRENT. */
    document: () => documentIn(aws, SECRET),
    /** The access key ID that consumers read. Empty: AWSCURRENT names none. */
    current: () => keyInSecret(aws, SECRET),
    /** All staging labels of the secret, sorted. */
    labels: (): readonly string[] =>
      versions()
        .flatMap(({ labels }) => labels)
        .sort(),
    /** The owner writes other fields into AWSCURRENT. */
    edit: (change: (fields: Document) => object): void =>
      void secretsManager.edit(SECRET, (text) => JSON.stringify(change(JSON.parse(text)))),
    /** The owner puts a document with this key there, and with nothing else of the owner's. */
    put: ({ accessKeyId, secretAccessKey }: { accessKeyId: string; secretAccessKey: string }): void =>
      void secretsManager.putValue(
        SECRET,
        JSON.stringify({ Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey }),
      ),
    /** The owner attaches so many staging labels of their own to AWSCURRENT; AWS allows 20 in all. */
    addLabels: (count: number): void => {
      const current = secretsManager.holderOf(SECRET, 'AWSCURRENT');
      for (let number = 1; number <= count; number += 1) {
        secretsManager.moveLabel(SECRET, `owner-${number}`, current);
      }
    },
    /** The owner pauses her; without a reason, ends the pause. */
    pause: (reason: string | undefined): void => secretsManager.setTag(SECRET, 'rotation-paused', reason),
  };
};

/** The names of the states that an execution has entered, in order. */
export const statesOf = (execution: Execution): readonly string[] =>
  execution.history.flatMap(({ type, state }) =>
    type === 'StateEntered' ? [(state as { readonly name: string }).name] : [],
  );

/** An application that uses a key. */
interface Application {
  /** Which key it uses: by default, the one that it finds in the secret each time. */
  readonly key?: () => string;
  /** Milliseconds from one use to the next. Default: an hour. */
  readonly every?: number;
  /** Told of each use that AWS refuses. */
  readonly onRefusal?: () => void;
}

/** The owner of users has a validator: a function that answers like this, or throws. */
export const addValidator = (
  { lambda }: Pick<RotationWorld, 'lambda'>,
  functionArn: string,
  answer: (question: unknown) => unknown,
): void =>
  lambda.add({
    name: functionArn.split(':').at(-1) ?? '',
    arn: functionArn,
    timeoutSeconds: 900,
    start: () => ({ invoke: async (question) => answer(question) }),
  });

/** What happens to alice in a world: who uses her keys, which executions run, and what was called and told. */
const aliceAtWork = (world: RotationWorld) => {
  const { aws, clock } = world;
  const alice = aliceIn(aws);
  return {
    ...alice,
    /** An application works until the world is closed. While there is no key, it has nothing to work with. */
    consume: ({ key = alice.current, every = HOUR, onRefusal = () => {} }: Application = {}): void => {
      const work = () => {
        const accessKeyId = key();
        if (accessKeyId !== '' && !aws.iam.useAccessKey(accessKeyId)) onRefusal();
      };
      clock.setInterval(work, every).unref();
    },
    /** Runs an execution, as a person starts it, to its end; with the states that it has entered, and the last of them. */
    execute: async (input: unknown = ROTATION, options?: StartOptions) => {
      const execution = await world.run(() => world.start(input, options));
      const result = await world.run(execution.result);
      const states = statesOf(execution);
      return { ...result, execution, states, last: states.at(-1) };
    },
    /**
     * Starts an execution, and waits until it has been in a state for a minute. To be run by the world.
     *
     * @throws Error when it ends before
     */
    until: async (state: string, input: unknown = ROTATION): Promise<Execution> => {
      let arrive = () => {};
      const arrival = new Promise<boolean>((resolve) => {
        arrive = () => resolve(true);
      });
      const onTimeline = (entry: TimelineEntry) => {
        if (entry.state === state) arrive();
      };
      const execution = await world.start(input, { onTimeline });
      if (!(await Promise.race([arrival, execution.result.then(() => false)]))) {
        throw new Error(`The execution never came to "${state}".`);
      }
      await clock.sleep(MINUTE);
      return execution;
    },
    /** The calls of an operation, in order. */
    callsOf: (operation: string) => aws.calls.filter((call) => call.operation === operation),
    /** The types of the events on the bus, in order. */
    announced: () => aws.eventBridge.events.map((event) => event['detail-type']),
    /** The subjects of what a person was told, in order. */
    told: () => aws.sns.messages.map(({ attributes, subject }) => attributes.event ?? subject),
    /** AWS does not serve an operation, or a service, any more. */
    silence: (what: string): (() => void) =>
      aws.faults.inject({
        kind: 'before',
        as: 'http-500',
        times: Number.POSITIVE_INFINITY,
        match: ({ operation, service }) => operation === what || service === what,
      }),
    /** AWS throttles every call of a service. */
    throttle: (service: ServiceName): (() => void) =>
      aws.faults.inject({
        kind: 'throttle',
        times: Number.POSITIVE_INFINITY,
        match: (call) => call.service === service,
      }),
  };
};

/** A world with alice, in one process. */
export type AliceWorld = InProcessWorld & ReturnType<typeof aliceAtWork>;

/** A world with alice as it begins, beside her settings. */
export interface AliceOptions extends Omit<InProcessWorldOptions, 'users'> {
  /** What she has. Default: a key that is in her secret. */
  readonly key?: KeyAtStart | undefined;
}

/**
 * Creates a world in which alice is enrolled, and nobody else. Nobody is told ahead of anything, unless her settings say so.
 *
 * @param config - her settings, beside her name
 */
export const worldOfAlice = (
  config: Readonly<Record<string, unknown>> = {},
  { key, ...options }: AliceOptions = {},
): AliceWorld => {
  const quiet = { userName: 'alice', noticeBefore: 'PT0S' };
  const users = [{ config: { ...quiet, ...config }, ...(key && { key }) }];
  const world = createWorld({ wire: 'fast', users, ...options });
  return { ...world, ...aliceAtWork(world) };
};
