import { RETRY_NOTE, RotationError } from './errors';

/** Error codes that say "not now" in the services that we call. */
const TRANSIENT_CODES = new Set([
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'ServiceFailure',
  'ServiceFailureException',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'InternalFailure',
  'InternalServiceError',
  'InternalServerError',
  'TimeoutError',
  'AbortError',
  'RequestTimeout',
  'RequestTimeoutException',
  'EntityTemporarilyUnmodifiable',
  'ConcurrentModification',
]);

/** Codes of Node's network errors. */
const NETWORK_CODES = /^(ECONN|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|UND_ERR)/;

/** The parts of an AWS SDK error that decide what it means. */
interface ServiceErrorShape {
  readonly name?: string;
  readonly code?: string;
  readonly Code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const shapeOf = (error: unknown): ServiceErrorShape =>
  typeof error === 'object' && error !== null ? (error as ServiceErrorShape) : {};

/** Whether an error is the service error of one of these names. */
export const isServiceError = (error: unknown, ...names: readonly string[]): boolean => {
  const { name, Code } = shapeOf(error);
  return names.some((candidate) => candidate === name || candidate === Code);
};

/** Whether a call may succeed when it is made again: throttled, 5xx, or lost on the network. */
export const isTransient = (error: unknown): boolean => {
  const { name, code, Code, $metadata } = shapeOf(error);
  return (
    TRANSIENT_CODES.has(name ?? '') ||
    TRANSIENT_CODES.has(Code ?? '') ||
    NETWORK_CODES.test(code ?? '') ||
    NETWORK_CODES.test(name ?? '') ||
    ($metadata?.httpStatusCode ?? 0) >= 500
  );
};

/**
 * The one place where errors of AWS services become ours. What may pass is a TransientServiceError, which the
 * state machine retries; what we do not know stays what it is and ends the execution with its own name.
 *
 * @param attempted - what was being done, for the message: "listing the access keys of alice".
 */
export const toRotationError = (error: unknown, attempted: string): unknown => {
  if (error instanceof RotationError || !isTransient(error)) return error;
  const { name, message } = shapeOf(error);
  return new RotationError(
    'TransientServiceError',
    `AWS did not answer properly while ${attempted}: ${name ?? 'error'}: ${message ?? 'no message'}. ` +
      `Whatever was done can be done again safely. ${RETRY_NOTE}`,
    { cause: error },
  );
};

/** Runs a call to AWS and translates its errors. */
export const calling = async <T>(attempted: string, call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    throw toRotationError(error, attempted);
  }
};

/** What a call answers, or undefined when it fails: for what is only told, and nothing is decided by. */
export const unlessItFails = async <T>(call: Promise<T>): Promise<T | undefined> => {
  try {
    return await call;
  } catch {
    return undefined;
  }
};
