import { cut, RETRY_NOTE, RotationError, type RotationErrorName } from '../contract/errors';

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

/** Which kind of policy AWS says to stand in the way (IAM User Guide, "Access denied error messages"), and what to do. */
const POLICIES: readonly (readonly [RegExp, string])[] = [
  [
    /(service|resource) control polic/i,
    'A policy of the organization stands in the way: whoever manages it has to except the role.',
  ],
  [
    /permissions boundary/i,
    "The role's permissions boundary stands in the way: it has to allow the action, or another one has to be set.",
  ],
  [/VPC endpoint polic/i, 'The policy of a VPC endpoint stands in the way: it has to let the role through.'],
  [
    /resource-based polic/i,
    'A policy on the resource itself stands in the way, for a secret its resource policy, for a KMS key its key policy: it ' +
      'has to let the role through.',
  ],
  [
    /\bKMS\b|\bkms:/,
    'It is the KMS key of the secret that may not be used: its key policy has to let the role through, and kmsKeyArn of the ' +
      'user in the configuration has to name the key that the secret has.',
  ],
  [
    /identity-based polic/i,
    "The role's own policies do not allow it, or deny it. See whether path, existingSecret and kmsKeyArn of the user in the configuration " +
      'are those of the user and the secret that are there, correct what differs, and deploy.',
  ],
];

const NO_POLICY_NAMED =
  'AWS does not say which policy stands in the way. Look at the policies of the role and its permissions boundary, the ' +
  'service control policies of the organization, the resource policy of the secret, and path, existingSecret and kmsKeyArn of ' +
  'the user in the configuration.';

/** What AWS's own words add for a person. Nothing is decided by it. */
const adviceOn = (answer: string): string =>
  POLICIES.find(([pattern]) => pattern.test(answer))?.[1] ?? NO_POLICY_NAMED;

const LONGEST_ANSWER = 1000;

/** AWS ends some of its sentences, and others not. */
const ended = (sentence: string): string => (sentence.at(-1) === '.' ? sentence : `${sentence}.`);

const DENIAL_NOTE =
  'This is tried again for some minutes, because a change of policies takes as long to arrive everywhere; if it ended the ' +
  'execution, it is no such change. When it is mended, start a new execution: it goes on from what is there.';

/**
 * The one place where errors of AWS services become ours, so that every error of a step is explained, and has a section in
 * the runbook.
 *
 * @param attempted - what was being done, for the message: "listing the access keys of alice".
 */
export const toRotationError = (error: unknown, attempted: string): RotationError => {
  if (error instanceof RotationError) return error;
  const { name, Code, message } = shapeOf(error);
  const code = name ?? Code ?? 'error';
  const answer = cut(message ?? (typeof error === 'string' ? error : 'no message'), LONGEST_ANSWER);
  const isOneOf = (codes: ReadonlySet<string>): boolean => codes.has(name ?? '') || codes.has(Code ?? '');
  const become = (ours: RotationErrorName, text: string): RotationError =>
    new RotationError(ours, text, { cause: error, keys: 'untold' });
  if (isTransient(error)) {
    return become(
      'TransientServiceError',
      `AWS did not answer properly while ${attempted}: ${code}: ${ended(answer)} ` +
        `Whatever was done can be done again safely. ${RETRY_NOTE}`,
    );
  }
  if (isOneOf(DENIED_CODES)) {
    return become(
      'PermissionDenied',
      `AWS did not allow ${attempted}: ${code}: ${ended(answer)} ${adviceOn(answer)} ${DENIAL_NOTE}`,
    );
  }
  if (isOneOf(KMS_CODES)) {
    return become(
      'KmsKeyNotUsable',
      `The KMS key of the secret could not be used while ${attempted}: ${code}: ${ended(answer)} It may be disabled, scheduled ` +
        'for deletion, of another account or Region, or too new to be known everywhere. As long as it is so, consumers cannot ' +
        `read the secret either. ${DENIAL_NOTE}`,
    );
  }
  return become(
    'UnexpectedError',
    `Something went wrong while ${attempted} that this service does not know: ${code}: ${ended(answer)} Every step can be ` +
      'repeated safely: start a new execution. If it ends the same way, look at the log of the step.',
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
