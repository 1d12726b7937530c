import { cut, RotationError, type RotationErrorName } from '../contract/errors';
import type { Said } from '../text/said';
import { denied, type FailedCall, kmsKeyNotUsable, notAnswered, type Policy, unknownError } from './words';

/**
 * Error codes that say "not now" in the services that we call. `LimitExceeded` is among them, as it is in the SDK's own
 * list: a quota that counts what happened within some time passes by itself, and one that does not is told in the end.
 */
const TRANSIENT_CODES = new Set([
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'LimitExceeded',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ServiceFailure',
  'ServiceFailureException',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'InternalFailure',
  'InternalServiceError',
  'InternalServiceErrorException',
  'InternalServerError',
  'TimeoutError',
  'AbortError',
  'RequestTimeout',
  'RequestTimeoutException',
  'RequestExpired',
  'ExpiredToken',
  'ExpiredTokenException',
  'EntityTemporarilyUnmodifiable',
  'EntityTemporarilyUnmodifiableException',
  'ConcurrentModification',
  'ConcurrentModificationException',
]);

/**
 * Error codes that say "you may not", and those of credentials of a role that a service does not know yet: where a user's
 * own key is tried, whoever tries it has taken these for its answer already.
 */
const DENIED_CODES = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'UnauthorizedOperation',
  'UnauthorizedException',
  'NotAuthorized',
  'OptInRequired',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
]);

/** Error codes of Secrets Manager, and of KMS behind it, that say that the secret's KMS key cannot be used. */
const KMS_CODES = new Set([
  'DecryptionFailure',
  'DecryptionFailureException',
  'EncryptionFailure',
  'EncryptionFailureException',
  'KMSAccessDeniedException',
  'KMSDisabledException',
  'KMSInvalidStateException',
  'KMSNotFoundException',
  'KMSOptInRequired',
  'DisabledException',
  'KMSInvalidKeyUsageException',
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

/** The name of an error of a service, as AWS documents it, and what the service says. */
export const answerOf = (error: unknown): { readonly code: string; readonly answer: string } => {
  const { name, Code, message } = shapeOf(error);
  return {
    code: name ?? Code ?? 'error',
    answer: message ?? (typeof error === 'string' ? error : 'no message'),
  };
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

/** Whether an error says "you may not". */
export const isDenial = (error: unknown): boolean => isServiceError(error, ...DENIED_CODES);

/** Whether an error says that a secret's KMS key cannot be used. */
export const isKmsProblem = (error: unknown): boolean => isServiceError(error, ...KMS_CODES);

/** What Secrets Manager answers to a change of a secret that is scheduled for deletion. */
const MARKED_FOR_DELETION = /\b(marked|scheduled) for deletion\b/;

/** What may be missing besides the secret. */
const KMS_KEY = /\bKMS\b/i;

/**
 * Whether Secrets Manager says that a secret is gone, or scheduled for deletion. Both errors have other causes, too (Secrets Manager API,
 * PutResourcePolicy), and only the answer tells them apart.
 */
export const isGoneOrGoing = (error: unknown): boolean => {
  const { answer } = answerOf(error);
  return (
    (isServiceError(error, 'ResourceNotFoundException') && !KMS_KEY.test(answer)) ||
    (isServiceError(error, 'InvalidRequestException') && MARKED_FOR_DELETION.test(answer))
  );
};

/** By which words AWS names the kind of policy that stands in the way (IAM User Guide, "Access denied error messages"). */
const POLICIES: readonly (readonly [RegExp, Policy])[] = [
  [/(service|resource) control polic/i, 'control'],
  [/permissions boundary/i, 'boundary'],
  [/VPC endpoint polic/i, 'endpoint'],
  [/resource-based polic/i, 'resource'],
  [/\bKMS\b|\bkms:/, 'kms'],
  [/identity-based polic/i, 'identity'],
];

/** For the advice to a person. Nothing is decided by it. */
export const policyNamedIn = (answer: string): Policy =>
  POLICIES.find(([pattern]) => pattern.test(answer))?.[1] ?? 'unnamed';

const LONGEST_ANSWER = 1000;

/**
 * The one place where errors of AWS services become ours, so that every error of a step is explained, and has a section in
 * the runbook.
 *
 * @param attempted - what was being done, for the message: "listing the access keys of alice".
 */
export const toRotationError = (error: unknown, attempted: string): RotationError => {
  if (error instanceof RotationError) return error;
  const { code, answer: whole } = answerOf(error);
  const answer = cut(whole, LONGEST_ANSWER);
  const call: FailedCall = { attempted, code, answer };
  const become = (ours: RotationErrorName, said: Said): RotationError =>
    new RotationError(ours, said, { cause: error, keys: 'untold' });
  if (isTransient(error)) return become('TransientServiceError', notAnswered(call));
  if (isDenial(error)) return become('PermissionDenied', denied(call, policyNamedIn(answer)));
  if (isKmsProblem(error)) return become('KmsKeyNotUsable', kmsKeyNotUsable(call));
  return become('UnexpectedError', unknownError(call));
};

/** Runs a call to AWS and translates its errors. */
export const calling = async <T>(attempted: string, call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    throw toRotationError(error, attempted);
  }
};

/** What a call answers, or undefined when it fails: for what a message tells and no rule needs. */
export const unlessItFails = async <T>(call: Promise<T>): Promise<T | undefined> => {
  try {
    return await call;
  } catch {
    return undefined;
  }
};
