import { NodeHttpHandler } from '@smithy/node-http-handler';

type Handle = NodeHttpHandler['handle'];

/**
 * What sends requests until a signal, and none after it, not even the next attempt of one that has failed: what is created behind a
 * removal would be left. A request that is under way comes to its end.
 */
export class InterruptibleHandler extends NodeHttpHandler {
  constructor(private readonly stop: AbortSignal) {
    super();
  }

  override async handle(...args: Parameters<Handle>): ReturnType<Handle> {
    this.stop.throwIfAborted();
    return super.handle(...args);
  }

  /** Many clients share it, and the end of one must not end the requests of the others. */
  override destroy(): void {}
}
