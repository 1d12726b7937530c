import { NodeHttpHandler, type NodeHttpHandlerOptions } from '@smithy/node-http-handler';

/** How a client of the SDK sends requests. */
type RequestHandler = Pick<NodeHttpHandler, 'handle' | 'metadata' | 'updateHttpClientConfig'> & {
  httpHandlerConfigs(): NodeHttpHandlerOptions;
  destroy(): void;
};

/** A way to send requests, and how many were sent that way. */
export interface CountedCalls {
  readonly requestHandler: RequestHandler;
  /** How many requests there were, repeated ones included. */
  readonly calls: () => number;
}

/** Counts the requests that go through a handler. All clients of a function share it, so it outlives each of them. */
export const countCalls = (handle: RequestHandler['handle']): CountedCalls => {
  let calls = 0;
  return {
    requestHandler: {
      handle: (...sent) => {
        calls += 1;
        return handle(...sent);
      },
      metadata: { handlerProtocol: 'http/1.1' },
      updateHttpClientConfig: () => {},
      httpHandlerConfigs: () => ({}),
      destroy: () => {},
    },
    calls: () => calls,
  };
};

/** The same for requests that are sent over the network. */
export const countCallsOverNetwork = (options: NodeHttpHandlerOptions): CountedCalls => {
  const handler = new NodeHttpHandler(options);
  return countCalls((...sent) => handler.handle(...sent));
};
