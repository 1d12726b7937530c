import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SNSClient } from '@aws-sdk/client-sns';
import type { Wire } from '../../embedded-aws/clients/fast-wire';
import { isFirstAttempt, sdkConfig } from '../../embedded-aws/clients/sdk-config';
import type { EmbeddedAws, RoleCredentials } from '../../embedded-aws/embedded-aws';
import { Pool } from './pool';

type RequestHandler = ReturnType<EmbeddedAws['requestHandler']>;

/** The clients of a state machine's role, which outlive their world. */
export class StateMachineClients {
  readonly sns: SNSClient;
  readonly events: EventBridgeClient;
  readonly #kind: string;
  #inner: RequestHandler | undefined;
  #open = 0;
  #pristine = true;

  constructor(kind: string, wire: Wire, region: string, credentials: RoleCredentials) {
    this.#kind = kind;
    const handle: RequestHandler['handle'] = (request, options) => this.#send(request, options);
    const config = {
      ...sdkConfig(wire),
      region,
      credentials,
      requestHandler: {
        handle,
        metadata: { handlerProtocol: 'http/1.1' },
        updateHttpClientConfig: () => {},
        httpHandlerConfigs: () => ({}),
        destroy: () => {},
      },
    };
    this.sns = new SNSClient(config);
    this.events = new EventBridgeClient(config);
  }

  enter(inner: RequestHandler): this {
    this.#inner = inner;
    return this;
  }

  /** The world ends. Another world gets the clients if they are as good as new. */
  leave(): void {
    const reusable = this.#pristine && this.#open === 0;
    this.#inner = undefined;
    if (reusable) warm.leave(this.#kind, this);
  }

  async #send(
    ...[request, options]: Parameters<RequestHandler['handle']>
  ): ReturnType<RequestHandler['handle']> {
    if (this.#inner === undefined) return new Promise<never>(() => {});
    this.#pristine &&= isFirstAttempt(request);
    this.#open += 1;
    try {
      return await this.#inner.handle(request, options);
    } finally {
      this.#open -= 1;
    }
  }
}

const warm = new Pool<StateMachineClients>();

/** Clients of a state machine's role: those that another world has left, or new ones. */
export const takeStateMachineClients = (
  wire: Wire,
  region: string,
  credentials: RoleCredentials,
): StateMachineClients => warm.take(wire) ?? new StateMachineClients(wire, wire, region, credentials);
