import type { Wire } from '../../embedded-aws/clients/fast-wire';
import { isFirstAttempt, sdkConfig } from '../../embedded-aws/clients/sdk-config';
import { type EmbeddedAws, ORIGIN_HEADER, type RoleCredentials } from '../../embedded-aws/embedded-aws';
import { Prng } from '../../embedded-aws/ground/prng';
import * as confirmAdoption from '../../lambdas/confirm-adoption/handler';
import * as confirmHealth from '../../lambdas/confirm-health/handler';
import * as createAccessKey from '../../lambdas/create-access-key/handler';
import * as deactivateAccessKey from '../../lambdas/deactivate-access-key/handler';
import * as deleteAccessKey from '../../lambdas/delete-access-key/handler';
import * as planRotation from '../../lambdas/plan-rotation/handler';
import * as publishAccessKey from '../../lambdas/publish-access-key/handler';
import * as reactivateAccessKey from '../../lambdas/reactivate-access-key/handler';
import type { Enrolment } from '../../lambdas/shared/contract/enrolment';
import { STEP_NAMES, type StepName } from '../../lambdas/shared/contract/steps';
import { countCalls } from '../../lambdas/shared/gateways/counted-calls';
import type { Runtime } from '../../lambdas/shared/gateways/runtime';
import * as stopExecution from '../../lambdas/stop-execution/handler';
import * as testAccessKey from '../../lambdas/test-access-key/handler';
import * as traceLeakedKey from '../../lambdas/trace-leaked-key/handler';
import type { FunctionEnvironment, Gate, RunningInvocation } from '../engine/lambda-service';
import { Pool } from './pool';

type Handler = (event: unknown) => Promise<unknown>;

const HANDLERS: Readonly<Record<StepName, (runtime: Runtime) => Handler>> = {
  'plan-rotation': planRotation.createHandler,
  'stop-execution': stopExecution.createHandler,
  'create-access-key': createAccessKey.createHandler,
  'test-access-key': testAccessKey.createHandler,
  'publish-access-key': publishAccessKey.createHandler,
  'confirm-adoption': confirmAdoption.createHandler,
  'deactivate-access-key': deactivateAccessKey.createHandler,
  'trace-leaked-key': traceLeakedKey.createHandler,
  'confirm-health': confirmHealth.createHandler,
  'reactivate-access-key': reactivateAccessKey.createHandler,
  'delete-access-key': deleteAccessKey.createHandler,
};

/** What hits a function at a request to AWS: before the request is sent, or once it has taken effect. */
export interface Strike {
  readonly when: 'before' | 'after';
  readonly befall: (invocation: RunningInvocation) => void;
}

/** What happens to the requests of functions on their way. */
export interface RequestOptions {
  /** Asked at each request of a function; `sequence` is the number that its call will have. */
  readonly interceptRequest?: (sequence: number) => Strike | undefined;
  /**
   * How long a function's request is on its way, in milliseconds of virtual time. Default: it arrives at
   * once.
   */
  readonly requestLatency?: (invocation: RunningInvocation) => number;
  /** Time limit of a request, in milliseconds. Default: none. */
  readonly requestTimeout?: number;
}

type RequestHandler = ReturnType<EmbeddedAws['requestHandler']>;

/** The world that an execution environment is in at present. */
interface Surroundings {
  readonly inner: RequestHandler;
  readonly aws: EmbeddedAws;
  readonly gate: Gate;
  readonly options: RequestOptions;
  readonly enrolment: Enrolment;
  /** How much the host's clock is ahead, in milliseconds. */
  readonly clockAhead: number;
}

const sessions = new Map<Role, RoleCredentials>();

/** The owner of a role. */
type Role = StepName | 'state-machine';

const ROLES: readonly Role[] = [...STEP_NAMES, 'state-machine'];

/**
 * The session in which a step's function, or the state machine, works. It is the same in every world: with
 * different credentials, a client would derive new signing keys in each world.
 */
export const sessionOf = (role: Role): RoleCredentials => {
  const known = sessions.get(role);
  if (known !== undefined) return known;
  const ids = new Prng(ROLES.indexOf(role));
  const session = {
    accessKeyId: ids.uniqueId('ASIA'),
    secretAccessKey: ids.secretAccessKey(),
    sessionToken: ids.sessionToken(),
  };
  sessions.set(role, session);
  return session;
};

/**
 * An execution environment that outlives its world. New SDK clients would be half of the cost of a short
 * rotation; a warm environment has them already.
 */
export class Environment {
  readonly #handler: Handler;
  readonly #kind: string;
  #surroundings: Surroundings | undefined;
  #invocations = 0;
  #pristine = true;

  constructor(kind: string, step: StepName, wire: Wire, region: string, environment: Runtime['environment']) {
    this.#kind = kind;
    const handle: RequestHandler['handle'] = (request, options) => this.#send(request, options);
    const { requestHandler, calls } = countCalls(handle);
    this.#handler = HANDLERS[step]({
      clientConfig: { ...sdkConfig(wire), region, credentials: sessionOf(step), requestHandler },
      calls,
      environment,
      enrolment: { find: async (userName) => this.#here.enrolment.find(userName) },
    });
  }

  enter(surroundings: Surroundings): FunctionEnvironment {
    this.#surroundings = surroundings;
    return {
      invoke: async (event) => {
        this.#invocations += 1;
        try {
          return await surroundings.aws.clock.onHost(surroundings.clockAhead, () => this.#handler(event));
        } finally {
          this.#invocations -= 1;
        }
      },
    };
  }

  /**
   * The world ends. Another world gets the environment if it is as good as new: no work of this world is
   * under way in it, and its clients have not repeated a request, which their retry quota would remember.
   */
  leave(): void {
    const reusable = this.#pristine && this.#invocations === 0 && this.#surroundings?.gate.closed === false;
    this.#surroundings = undefined;
    if (reusable) warm.leave(this.#kind, this);
  }

  get #here(): Surroundings {
    // A remainder of a function whose world is gone.
    if (this.#surroundings === undefined) throw new Error('This execution environment has been shut down.');
    return this.#surroundings;
  }

  /** A function loses its requests when it is cut off: later requests are never sent. */
  async #send(
    ...[request, options]: Parameters<RequestHandler['handle']>
  ): ReturnType<RequestHandler['handle']> {
    const never = new Promise<never>(() => {});
    if (this.#surroundings === undefined) return never;
    const { inner, gate, aws, options: world } = this.#surroundings;
    if (!gate.admit()) return never;
    const { running } = gate;
    const { interceptRequest, requestLatency } = world;
    if (requestLatency !== undefined && running !== undefined) {
      await aws.clock.sleep(requestLatency(running));
      if (gate.closed) return never;
    }
    const strike = running && interceptRequest?.(aws.arrivals + 1);
    if (strike?.when === 'before') {
      strike.befall(running as RunningInvocation);
      if (gate.closed) return never;
    }
    if (running !== undefined) request.headers[ORIGIN_HEADER] = running.run ?? running.executionArn;
    this.#pristine &&= isFirstAttempt(request);
    const answer = inner.handle(request, options);
    if (strike?.when === 'after') {
      await answer.catch(() => {});
      strike.befall(running as RunningInvocation);
    }
    // A function that is cut off during a request never learns its result.
    const response = await answer;
    return gate.closed ? never : response;
  }
}

/** Environments that earlier worlds have left, by kind. */
const warm = new Pool<Environment>();

/** An environment of a step's function: one that another world has left, or a new one. */
export const takeEnvironment = (
  step: StepName,
  wire: Wire,
  region: string,
  environment: Runtime['environment'],
): Environment => {
  const kind = `${step} ${wire}`;
  return warm.take(kind) ?? new Environment(kind, step, wire, region, environment);
};
