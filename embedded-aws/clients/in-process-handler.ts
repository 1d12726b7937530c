import { type HttpRequest, HttpResponse } from '@smithy/protocol-http';
import type { HttpHandlerOptions, RequestHandler, RequestHandlerOutput } from '@smithy/types';
import type { VirtualClock } from '../ground/clock';
import { ConnectionLost } from '../ground/errors';
import type { WireRequest, WireResponse } from '../wire/messages';
import { FastRequest, FastResponse } from './fast-wire';

/** Settings of an {@link InProcessHandler}. */
export interface InProcessHandlerOptions {
  /** Virtual time after which a request without an answer fails with TimeoutError. Default: none. */
  readonly requestTimeout?: number;
}

/** What an {@link InProcessHandler} talks to. */
export interface InProcessServer {
  readonly clock: VirtualClock;
  handle(request: WireRequest): Promise<WireResponse>;
}

/** A broken connection, as the SDK's own handler reports it: retried as a transient error. */
const networkError = (code: 'ECONNRESET' | 'ETIMEDOUT', message: string): Error =>
  Object.assign(new Error(message), { code, name: 'TimeoutError' });

const abortError = (): Error => Object.assign(new Error('Request aborted'), { name: 'AbortError' });

const wireRequest = ({ method, path, query, headers, body = '' }: HttpRequest): WireRequest => {
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) {
    throw new Error('The embedded AWS takes bodies in one piece');
  }
  const sent = Object.entries(query).map(([name, value]) => {
    if (typeof value !== 'string')
      throw new Error('The embedded AWS takes one value for each name of a query');
    return `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
  });
  const named = sent.length === 0 ? path : `${path}?${sent.join('&')}`;
  const lowered: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    lowered[name.toLowerCase()] = value;
  }
  return { method, path: named, headers: lowered, body };
};

/** Carries an SDK client's requests to the embedded AWS without a socket. */
export class InProcessHandler implements RequestHandler<HttpRequest, HttpResponse, HttpHandlerOptions> {
  readonly metadata = { handlerProtocol: 'http/1.1' };

  constructor(
    private readonly server: InProcessServer,
    private readonly options: InProcessHandlerOptions,
  ) {}

  async handle(
    request: HttpRequest,
    options: HttpHandlerOptions = {},
  ): Promise<RequestHandlerOutput<HttpResponse>> {
    if (options.abortSignal?.aborted === true) {
      throw abortError();
    }
    const answer = this.#send(request);
    const timeout = options.requestTimeout ?? this.options.requestTimeout;
    const signal = options.abortSignal;
    return timeout === undefined && signal === undefined
      ? answer
      : this.#unlessCutOff(answer, timeout, signal);
  }

  /** Part of the handlers' contract; a client's settings for its handler have no effect here. */
  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): Record<string, never> {
    return {};
  }

  destroy(): void {}

  async #send(request: HttpRequest): Promise<RequestHandlerOutput<HttpResponse>> {
    try {
      const response = await this.server.handle(
        request instanceof FastRequest ? request.handOver() : wireRequest(request),
      );
      const { output } = response;
      return {
        response: output === undefined ? new HttpResponse(response) : new FastResponse(response, output),
      };
    } catch (error) {
      throw error instanceof ConnectionLost ? networkError('ECONNRESET', error.message) : error;
    }
  }

  #unlessCutOff<T>(
    answer: Promise<T>,
    timeout: number | undefined,
    signal: HttpHandlerOptions['abortSignal'],
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const { clock } = this.server;
      const timer =
        timeout === undefined || timeout === 0
          ? undefined
          : clock.setTimeout(
              () => reject(networkError('ETIMEDOUT', `No answer within ${timeout} ms`)),
              timeout,
            );
      if (signal !== undefined) {
        signal.onabort = () => reject(abortError());
      }
      answer.then(resolve, reject).finally(() => clock.clearTimeout(timer));
    });
  }
}
