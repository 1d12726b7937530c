import { RotatedCredentialsError } from './problems';

/** An access key, held in memory. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** IAM API Reference, AccessKey: 16 to 128 word characters. ASCII only: an ID ends up in a header and in a file. */
const ACCESS_KEY_ID = /^[A-Za-z0-9_]{16,128}$/;

/** Printable, without blanks: what is more could add lines to a file. */
const SECRET_ACCESS_KEY = /^[\x21-\x7e]{16,256}$/;

/** Whether both parts look like parts of an access key. */
export const isAccessKey = (accessKeyId: unknown, secretAccessKey: unknown): boolean =>
  typeof accessKeyId === 'string' &&
  ACCESS_KEY_ID.test(accessKeyId) &&
  typeof secretAccessKey === 'string' &&
  SECRET_ACCESS_KEY.test(secretAccessKey);

const parseObject = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null && !Array.isArray(json)
      ? (json as Record<string, unknown>)
      : undefined;
  } catch {
    // The parser's message repeats part of the text.
    return undefined;
  }
};

/**
 * Reads the key from the value of AWSCURRENT.
 *
 * @param secretString - undefined when the value is binary
 * @param secretId - for messages
 * @throws {@link RotatedCredentialsError} `no-key` or `malformed`; never with anything of the value
 */
export const parseKeyDocument = (secretString: string | undefined, secretId: string): AccessKey => {
  const malformed = (problem: string) =>
    new RotatedCredentialsError(
      'malformed',
      `The secret ${secretId} holds no usable access key: ${problem}. Put the document back that the rotation ` +
        'wrote, for example by moving AWSCURRENT to the version that AWSPREVIOUS names.',
    );
  if (secretString === undefined) throw malformed('its value is binary, not text');
  const document = parseObject(secretString);
  if (document === undefined) throw malformed('its value is not a JSON object');
  const { AccessKeyId, SecretAccessKey, kind } = document;
  if (kind === 'placeholder' || (AccessKeyId === undefined && SecretAccessKey === undefined)) {
    throw new RotatedCredentialsError(
      'no-key',
      `The secret ${secretId} holds no access key yet. Start a rotation for its user, and wait until the key is ` +
        'published.',
    );
  }
  if (typeof AccessKeyId !== 'string' || !ACCESS_KEY_ID.test(AccessKeyId)) {
    throw malformed('its field AccessKeyId is not an access key ID');
  }
  if (typeof SecretAccessKey !== 'string' || !SECRET_ACCESS_KEY.test(SecretAccessKey)) {
    throw malformed(
      'its field SecretAccessKey is missing, or holds characters that no secret access key has',
    );
  }
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey };
};
