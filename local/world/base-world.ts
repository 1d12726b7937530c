import { EmbeddedAws, type EmbeddedAwsOptions } from '../../embedded-aws/embedded-aws';
import type { Behaviour } from '../../embedded-aws/ground/behaviour';
import { type RunOptions, VirtualClock } from '../../embedded-aws/ground/clock';
import { Prng } from '../../embedded-aws/ground/prng';
import type { RotatedUser } from '../../lib/config';
import type { StateMachineEngine } from '../engine/engine';
import type { LogRecord } from '../engine/function-sandbox';
import { type InterceptInvocation, LambdaService } from '../engine/lambda-service';
import { type Account, embeddedAccount } from './account';
import type { StateMachines } from './emergencies';
import type { Endpoint } from './endpoint';
import { EndpointAws, type EndpointAwsOptions } from './endpoint-aws';

/** How a world is set up. */
export interface WorldOptions {
  /** Seed of every identifier and of every random number. Default: 1. */
  readonly seed?: number;
  /** Source of every identifier, instead of the seed. */
  readonly ids?: Prng | undefined;
  /** Where the virtual clock begins. */
  readonly start?: Date;
  readonly behaviour?: Partial<Behaviour>;
  readonly authorize?: EmbeddedAwsOptions['authorize'];
  /** An emulator that serves some of the services. Default: none, all are embedded. */
  readonly endpoint?: Endpoint & Pick<EndpointAwsOptions, 'sessionOf' | 'onTheWay'>;
  /** The faults of invocations of functions. */
  readonly interceptInvocation?: InterceptInvocation;
}

/** AWS, Lambda and Step Functions around one virtual clock. */
export interface World {
  readonly clock: VirtualClock;
  readonly aws: EmbeddedAws;
  readonly account: Account;
  readonly lambda: LambdaService;
  /** What the functions have logged. */
  readonly logs: LogRecord[];
  /** Drives time until the work settles. */
  run<T>(work: Promise<T> | (() => Promise<T>), options?: RunOptions): Promise<T>;
  /** Gives the real clock and the real random numbers back. Call it last. */
  close(): void;
}

/** A world in which rotations can be started. */
export interface RotationWorld extends World, StateMachines {
  /** The enrolled users. */
  readonly users: readonly RotatedUser[];
  /** ARN of the topic that the failure branch publishes to. */
  readonly notificationTopicArn: string;
  /**
   * Starts an execution of a rotation, as the schedule does, or a person who does not declare an emergency.
   * Several may run at once.
   */
  startExecution: StateMachineEngine['start'];
}

/**
 * Everything but the functions. From here until `close`, time and random numbers of this process are the
 * world's, so there is one world at a time.
 */
export const emptyWorld = (options: WorldOptions): World => {
  const { seed = 1, ids, start, behaviour = {}, authorize, endpoint, interceptInvocation } = options;
  const clock = new VirtualClock(start === undefined ? {} : { start });
  const uninstallClock = clock.install();
  const realRandom = Math.random;
  // The jitter of the engine and of the SDK comes from here. Its sequence differs from that of the
  // identifiers.
  const random = new Prng(seed + 0x5eed);
  Math.random = () => random.next();
  const awsOptions = {
    clock,
    seed,
    behaviour,
    ...(ids && { ids }),
    ...(authorize === undefined ? {} : { authorize }),
  };
  const aws =
    endpoint === undefined ? new EmbeddedAws(awsOptions) : new EndpointAws({ ...awsOptions, ...endpoint });
  return {
    clock,
    aws,
    account: endpoint?.account ?? embeddedAccount(aws),
    lambda: new LambdaService(clock, interceptInvocation, aws.lambda),
    logs: [],
    run: (work, runOptions) => clock.run(work, runOptions),
    close: () => {
      Math.random = realRandom;
      uninstallClock();
    },
  };
};
