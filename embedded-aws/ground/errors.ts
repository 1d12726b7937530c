/** An error that a service answers with, as the service names it on the wire. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';

  /**
   * @param code - The error code on the wire, such as `NoSuchEntity`.
   * @param message - Never contains key material.
   */
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

/** Refuses what the embedded AWS does not model: no answer is better than one that AWS would not give. */
export const notModelled = (what: string): ServiceError =>
  new ServiceError('NotModelled', `The embedded AWS does not model ${what}`, 501);

/** The connection broke: the caller does not learn whether its call took effect. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';

  constructor() {
    super('socket hang up');
  }
}
