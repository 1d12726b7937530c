/** What can be wrong with the key that a consumer wants. */
export type ProblemCode =
  /** The secret holds no key yet. */
  | 'no-key'
  /** The secret's value is not a key document, or its key cannot be valid. */
  | 'malformed'
  /** Secrets Manager did not answer, or refused. */
  | 'not-readable'
  /** Secrets Manager refused the key with which the reader itself signs. */
  | 'reader-key-refused';

/** Why there is no (new) key. The message never repeats anything of the secret's value. */
export class RotatedCredentialsError extends Error {
  override readonly name = 'RotatedCredentialsError';

  constructor(
    readonly code: ProblemCode,
    message: string,
  ) {
    super(message);
  }
}

/**
 * The names under which services refuse a key that does not exist or is Inactive: query services such as STS
 * and IAM, JSON services, Amazon S3 (Amazon S3 API Reference, _Error responses_) and Amazon EC2 (Amazon EC2
 * API Reference, _Error codes_).
 */
const REFUSALS = new Set([
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'InvalidAccessKeyId',
  'AuthFailure',
]);

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** Whether a service refused the key as unknown or Inactive. A missing permission is something else. */
export const isKeyRefused = (error: unknown): boolean => {
  const { name, Code } = record(error);
  return [name, Code].some((code) => typeof code === 'string' && REFUSALS.has(code));
};

/**
 * Names that only say that a call is refused: AWS IoT answers `ForbiddenException` both for a key that does
 * not exist and for a missing permission. The others are the SDK's names, today and earlier, for an error
 * whose answer names none.
 */
const AMBIGUOUS = new Set(['ForbiddenException', 'Forbidden', 'Unknown', 'UnknownError', '403']);

/**
 * Whether a service may have refused the key: it says so, or it does not say why it refuses. Answers without
 * a body do not say why: S3's HeadObject answers 403 both for a key that does not exist and for a missing
 * permission.
 */
export const mayBeKeyRefused = (error: unknown): boolean => {
  const { name, Code, $metadata } = record(error);
  const isAmbiguous =
    record($metadata).httpStatusCode === 403 &&
    [name, Code].every((code) => code === undefined || AMBIGUOUS.has(String(code)));
  return isKeyRefused(error) || isAmbiguous;
};

/**
 * Something on this host stands between a program and AWS. The message is for people, and contains no
 * password.
 */
export class HostProblem extends Error {
  override readonly name = 'HostProblem';

  constructor(
    message: string,
    /** The system's name of the error, by which the SDK knows what may pass by itself. */
    readonly code?: string,
  ) {
    super(message);
  }
}

/**
 * OpenSSL's codes for a certificate without a trusted authority (Node.js documentation, _X509 certificate
 * error codes_).
 */
const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Messages of the SDK itself that help, and contain nothing but settings. */
const HARMLESS_MESSAGE = /^Region (is missing|not accepted)\b/;

/**
 * Says what an error of the SDK was. A message is repeated only if it comes from the service or from the
 * search for credentials: the message of a parsing error quotes the answer, which may hold the secret.
 */
export const describeError = (error: unknown): string => {
  const { name, message, code, $fault } = record(error);
  if (error instanceof HostProblem) return error.message;
  if (typeof code === 'string' && UNTRUSTED.has(code)) {
    return (
      `the answer came with a certificate that no authority trusted by this host has signed (${code}). If a proxy puts ` +
      "its own certificate in the place of AWS's, name the file with its authority in AWS_CA_BUNDLE, or as ca_bundle in " +
      'the profile'
    );
  }
  const called = typeof name === 'string' && name !== '' ? name : 'an unknown error';
  const mayRepeat =
    $fault !== undefined || called === 'CredentialsProviderError' || HARMLESS_MESSAGE.test(String(message));
  if (mayRepeat && typeof message === 'string' && message !== '') {
    return `${called}: ${message.split('\n', 1).join('').replace(/\.$/, '')}`;
  }
  return typeof code === 'string' ? `${called} (${code})` : called;
};

/** The end of an access key ID. No more of it is ever shown. */
export const endOf = (accessKeyId: string): string => accessKeyId.slice(-4);
