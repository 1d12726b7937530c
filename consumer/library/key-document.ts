import { RotatedCredentialsError } from '../ground/problems';

/** An access key, held in memory. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Names of the two fields that hold the key. */
export interface FieldNames {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The fields to which a rotation writes the key, unless its `fieldNames` and `document` say otherwise. */
const OWN_NAMES: FieldNames = { accessKeyId: 'AccessKeyId', secretAccessKey: 'SecretAccessKey' };

/**
 * IAM API Reference, AccessKey: 16 to 128 word characters. ASCII only: an ID ends up in a header and in a
 * file.
 */
const ACCESS_KEY_ID = /^[A-Za-z0-9_]{16,128}$/;

/** Printable, without blanks: other characters could add lines to a file. */
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
 * @param secretString - Undefined if the value is binary.
 * @param secretId - For messages.
 * @param names - The fields that hold the key; no others are looked at.
 * @throws {@link RotatedCredentialsError} `no-key` or `malformed`; never with any part of the value.
 */
export const parseKeyDocument = (
  secretString: string | undefined,
  secretId: string,
  names: FieldNames = OWN_NAMES,
): AccessKey => {
  const malformed = (problem: string) =>
    new RotatedCredentialsError(
      'malformed',
      `The secret ${secretId} holds no usable access key: ${problem}. Put back the document that the rotation ` +
        'wrote, for example by moving AWSCURRENT to the version that AWSPREVIOUS names.',
    );
  if (secretString === undefined) throw malformed('its value is binary, not text');
  const document = parseObject(secretString);
  if (document === undefined) throw malformed('its value is not a JSON object');
  const fieldIn = (name: string) => (Object.hasOwn(document, name) ? document[name] : undefined);
  const accessKeyId = fieldIn(names.accessKeyId);
  const secretAccessKey = fieldIn(names.secretAccessKey);
  if (document.kind === 'placeholder' || (accessKeyId === undefined && secretAccessKey === undefined)) {
    throw new RotatedCredentialsError(
      'no-key',
      `The secret ${secretId} holds no access key yet${names === OWN_NAMES ? '' : ` in the fields ${names.accessKeyId} and ${names.secretAccessKey}`}. Start a rotation for its user, and wait until the key is ` +
        'published.',
    );
  }
  if (typeof accessKeyId !== 'string' || !ACCESS_KEY_ID.test(accessKeyId)) {
    throw malformed(`its field ${names.accessKeyId} is not an access key ID`);
  }
  if (typeof secretAccessKey !== 'string' || !SECRET_ACCESS_KEY.test(secretAccessKey)) {
    throw malformed(
      `its field ${names.secretAccessKey} is missing, or holds characters that no secret access key has`,
    );
  }
  return { accessKeyId, secretAccessKey };
};
