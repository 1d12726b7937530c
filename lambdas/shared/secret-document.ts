import * as z from 'zod/mini';
import type { FieldNames } from './enrolment';
import { Rotation } from './rotation-state';
import { text } from './schema';

/** A secret access key in transit. Held in memory only as long as one step needs it. */
export interface AccessKeyMaterial {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly userName: string;
  /** When IAM says that it created the key. */
  readonly createDate: Date;
}

/**
 * Fields of the document that the rotation writes, beside copies of the key under names that the configuration
 * gives. Everything else in it belongs to the secret's owner.
 */
export const MANAGED_FIELDS: ReadonlySet<string> = new Set([
  'Version',
  'AccessKeyId',
  'SecretAccessKey',
  'UserName',
  'CreateDate',
  'RotationId',
]);

/** Fields of the placeholder, which are the owner's in any other document. */
export const PLACEHOLDER_FIELDS: ReadonlySet<string> = new Set(['Version', 'kind', 'message']);

/** What the secret's owner has added to the document. */
export type OwnerFields = Readonly<Record<string, unknown>>;

/** What a version of the secret holds. */
export type SecretDocument =
  | {
      /** An access key that consumers can use. */
      readonly kind: 'access-key';
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      /** The rotation that stored it; undefined for a key that a person put there. */
      readonly rootRotationId: string | undefined;
      /** Whose it is, as the document has it. */
      readonly userName: string | undefined;
      readonly ownerFields: OwnerFields;
    }
  | {
      /** The placeholder, or an owner's document without a key. */
      readonly kind: 'no-key';
      readonly ownerFields: OwnerFields;
    }
  | { readonly kind: 'intent'; readonly intent: Intent }
  | { readonly kind: 'tombstone'; readonly accessKeyId: string }
  | {
      /** Not a JSON object, or a key document without a usable AccessKeyId and SecretAccessKey. */
      readonly kind: 'unreadable';
      readonly problem: string;
    };

/** The lock's memory: what the rotation is about, and who holds it. A pure function of the step's input. */
const Intent = z.extend(Rotation, {
  kind: z.literal('intent'),
  /** Execution ARN and redrive count of the holder. */
  owner: text(1),
  userId: text(1),
});
export type Intent = z.infer<typeof Intent>;

/** Whether a number of the owner's would not survive reading and writing: it is too large for a double. */
const hasInexactNumber = (json: string): boolean =>
  (json.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""').match(/-?\d[\d.eE+-]*/g) ?? []).some((text) => {
    const value = Number(text);
    return !Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value));
  });

/** Where every document that the rotation writes has the key, whatever copies there are. */
const CANONICAL: FieldNames = { accessKeyId: 'AccessKeyId', secretAccessKey: 'SecretAccessKey' };

/** What IAM allows as an access key ID (IAM API, AccessKey). */
const ACCESS_KEY_ID = /^\w{16,128}$/;

/**
 * What a user's access key ID is. Where an owner's fields are taken for a key by the configuration alone, a login
 * name that happens to be long enough must not be: a rotation would replace it, and the password beside it.
 * (IAM User Guide, "IAM identifiers": the prefix AKIA.)
 */
const USER_ACCESS_KEY_ID = /^AKIA\w{12,124}$/;

type Fields = Readonly<Record<string, unknown>>;

/** The document's own field: `constructor` is a name like any other. */
const ownValue = (document: Fields, name: string): unknown =>
  Object.hasOwn(document, name) ? document[name] : undefined;

/** The key under these names: undefined when neither field is there, a text that says what is wrong with them. */
const keyUnder = (
  document: Fields,
  names: FieldNames,
  accessKeyIds: RegExp,
): { readonly accessKeyId: string; readonly secretAccessKey: string } | string | undefined => {
  const accessKeyId = ownValue(document, names.accessKeyId);
  const secretAccessKey = ownValue(document, names.secretAccessKey);
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined;
  if (typeof accessKeyId !== 'string' || !accessKeyIds.test(accessKeyId)) {
    return `its field ${names.accessKeyId} is not an access key ID`;
  }
  if (typeof secretAccessKey !== 'string' || secretAccessKey === '') {
    return `its field ${names.secretAccessKey} is missing or not text`;
  }
  return { accessKeyId, secretAccessKey };
};

/** The document's key, by its own names or else by those of the configuration. Where both are, they must agree. */
const keyIn = (document: Fields, fieldNames: FieldNames | undefined): ReturnType<typeof keyUnder> => {
  const key = keyUnder(document, CANONICAL, ACCESS_KEY_ID);
  if (fieldNames === undefined || typeof key === 'string') return key;
  if (key === undefined) return keyUnder(document, fieldNames, USER_ACCESS_KEY_ID);
  for (const part of ['accessKeyId', 'secretAccessKey'] as const) {
    const copy = ownValue(document, fieldNames[part]);
    if (copy !== undefined && copy !== key[part]) {
      return `its fields ${CANONICAL[part]} and ${fieldNames[part]} should hold the same and do not`;
    }
  }
  return key;
};

/** The key once more, under the names that the configuration gives. */
const copiesOf = (
  key: { readonly accessKeyId: string; readonly secretAccessKey: string },
  fieldNames: FieldNames | undefined,
): OwnerFields =>
  fieldNames === undefined
    ? {}
    : { [fieldNames.accessKeyId]: key.accessKeyId, [fieldNames.secretAccessKey]: key.secretAccessKey };

/**
 * Reads a version's value. Never throws, and never repeats the value in what it says of a problem.
 *
 * @param secretString - the value; undefined when it is binary.
 * @param fieldNames - names under which the key may be there as well, or instead of its own.
 */
export const parseSecretDocument = (
  secretString: string | undefined,
  fieldNames?: FieldNames,
): SecretDocument => {
  if (secretString === undefined) return { kind: 'unreadable', problem: 'its value is binary, not text' };
  let json: unknown;
  try {
    json = JSON.parse(secretString);
  } catch {
    return { kind: 'unreadable', problem: 'its value is not JSON' };
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return { kind: 'unreadable', problem: 'its value is JSON, but not an object' };
  }
  const document = json as Record<string, unknown>;
  if (document.kind === 'intent') {
    const intent = Intent.safeParse(document);
    return intent.success
      ? { kind: 'intent', intent: intent.data }
      : { kind: 'unreadable', problem: 'it is an intent with missing or wrong fields' };
  }
  if (document.kind === 'tombstone' && typeof document.accessKeyId === 'string') {
    return { kind: 'tombstone', accessKeyId: document.accessKeyId };
  }
  if (hasInexactNumber(secretString)) {
    return {
      kind: 'unreadable',
      problem: 'it holds a number with too many digits to be carried over exactly: write it as text',
    };
  }
  const notOwners = new Set([
    ...(document.kind === 'placeholder' ? PLACEHOLDER_FIELDS : MANAGED_FIELDS),
    ...Object.values(fieldNames ?? {}),
  ]);
  const owners = Object.entries(document).filter(([field]) => !notOwners.has(field));
  const key = keyIn(document, fieldNames);
  if (key === undefined) return { kind: 'no-key', ownerFields: Object.fromEntries(owners) };
  if (typeof key === 'string') return { kind: 'unreadable', problem: key };
  const rootRotationId = typeof document.RotationId === 'string' ? document.RotationId : undefined;
  // A secret access key beside the key's own field is a copy under names that the configuration had before. In the
  // next document it would be the old key, so it is not carried over, and neither is the ID that belongs to it.
  const formerCopies =
    rootRotationId !== undefined && owners.some(([, value]) => value === key.secretAccessKey)
      ? new Set<unknown>([key.accessKeyId, key.secretAccessKey])
      : new Set<unknown>();
  const ownerFields = Object.fromEntries(owners.filter(([, value]) => !formerCopies.has(value)));
  const userName = typeof document.UserName === 'string' ? document.UserName : undefined;
  return { kind: 'access-key', ...key, rootRotationId, userName, ownerFields };
};

/**
 * The document that consumers read: what `credential_process` of every AWS SDK and the CLI expects (`Version`,
 * `AccessKeyId`, `SecretAccessKey`), who it belongs to, the owner's fields as they were, and the key once more under
 * the names that the configuration gives.
 */
export const accessKeyDocument = (
  key: AccessKeyMaterial,
  rootRotationId: string,
  ownerFields: OwnerFields,
  fieldNames?: FieldNames,
): string =>
  JSON.stringify({
    ...ownerFields,
    Version: 1,
    AccessKeyId: key.accessKeyId,
    SecretAccessKey: key.secretAccessKey,
    UserName: key.userName,
    CreateDate: key.createDate.toISOString(),
    RotationId: rootRotationId,
    ...copiesOf(key, fieldNames),
  });

/** Secrets Manager quotas: bytes of a value. */
const MOST_BYTES = 65_536;

/** By how many bytes a value is longer than Secrets Manager takes; 0 when it is not. */
export const bytesTooMany = (text: string): number => Math.max(0, Buffer.byteLength(text) - MOST_BYTES);

/** The longest key that IAM may return (IAM API, AccessKey: 128 characters), of the longest names. */
const LONGEST_KEY: AccessKeyMaterial = {
  accessKeyId: 'x'.repeat(128),
  secretAccessKey: 'x'.repeat(128),
  userName: 'x'.repeat(64),
  createDate: new Date(0),
};
const LONGEST_ROTATION_ID = 'x'.repeat(300);

/**
 * By how many bytes the next key's document may be too long, with the owner's fields as they are: known before there is a
 * key, which could not be stored then.
 */
export const bytesTooManyWith = (ownerFields: OwnerFields, fieldNames?: FieldNames): number =>
  bytesTooMany(accessKeyDocument(LONGEST_KEY, LONGEST_ROTATION_ID, ownerFields, fieldNames));

/** What is wrong with a value that leaves no room for a key, and what to do. */
export const explainBytes = (
  secretId: string,
  tooMany: number,
): { readonly what: string; readonly next: string } => ({
  what:
    `The value of the secret ${secretId} leaves no room for a new key: beside the longest that IAM may return, it has ` +
    `${tooMany} bytes too many for the 65,536 that Secrets Manager takes.`,
  next: "Take so much out of the fields that are not the rotation's, and start again.",
});

/**
 * The same key with the owner's fields of a newer AWSCURRENT. The copies are written anew, from the key: another
 * configuration may have named them when the document was stored. Undefined when the text holds no key.
 */
export const withOwnerFields = (
  text: string,
  ownerFields: OwnerFields,
  fieldNames?: FieldNames,
): string | undefined => {
  const document = parseSecretDocument(text, fieldNames);
  if (document.kind !== 'access-key') return undefined;
  const managed = Object.entries(JSON.parse(text) as Fields).filter(([field]) => MANAGED_FIELDS.has(field));
  return JSON.stringify({
    ...ownerFields,
    ...Object.fromEntries(managed),
    ...copiesOf(document, fieldNames),
  });
};

/** The owner's fields of a document; none of what is neither a key nor a placeholder. */
export const ownerFieldsOf = (document: SecretDocument): OwnerFields =>
  document.kind === 'access-key' || document.kind === 'no-key' ? document.ownerFields : {};

const ROTATION_FIELDS = Object.keys(Rotation.shape) as (keyof Rotation)[];

/** The lock's content. In the order of the schema, so that the same input always gives the same bytes. */
export const intentDocument = (intent: Omit<Intent, 'kind'>): string => {
  const { owner, rootRotationId, userId } = intent;
  const rotation = Object.fromEntries(ROTATION_FIELDS.map((field) => [field, intent[field]]));
  // The root has its place before the user: a retry across a deployment must find the bytes that it has stored.
  return JSON.stringify({ kind: 'intent', owner, rootRotationId, userId, ...rotation });
};

/** Takes the place of a key that must never be stored any more: a late store under the same version ID fails. */
export const tombstoneDocument = (accessKeyId: string): string =>
  JSON.stringify({ kind: 'tombstone', accessKeyId });
