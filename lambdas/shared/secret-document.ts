import * as z from 'zod';
import type { Rotation } from './rotation-state';

/** A secret access key in transit. Held in memory only as long as one step needs it. */
export interface AccessKeyMaterial {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly userName: string;
  /** When IAM says that it created the key. */
  readonly createDate: Date;
}

/** Fields of the document that the rotation writes. Everything else in it belongs to the secret's owner. */
const MANAGED_FIELDS = new Set([
  'Version',
  'AccessKeyId',
  'SecretAccessKey',
  'UserName',
  'CreateDate',
  'RotationId',
]);

/** Fields of the placeholder, which are the owner's in any other document. */
const PLACEHOLDER_FIELDS = new Set(['Version', 'kind', 'message']);

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
export interface Intent extends Rotation {
  readonly kind: 'intent';
  /** Execution ARN and redrive count of the holder. */
  readonly owner: string;
  readonly userId: string;
}

const IntentSchema = z.object({
  kind: z.literal('intent'),
  owner: z.string().min(1),
  userId: z.string().min(1),
  rootRotationId: z.string().min(1),
  oldAccessKeyId: z.string().nullable(),
  currentAccessKeyIdBefore: z.string().nullable(),
  accessKeyIdsBefore: z.array(z.string()),
  startedAt: z.iso.datetime(),
  leakedAccessKeyIds: z.array(z.string()).default([]),
});

/** A number of the owner's that would not survive reading and writing: too large for a double. */
const inexactNumber = (json: string): string | undefined =>
  json
    .replaceAll(/"(?:[^"\\]|\\.)*"/g, '""')
    .match(/-?\d[\d.eE+-]*/g)
    ?.find((text) => {
      const value = Number(text);
      return !Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value));
    });

/** Reads a version's value. Never throws, and never repeats the value in what it says of a problem. */
export const parseSecretDocument = (secretString: string | undefined): SecretDocument => {
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
    const intent = IntentSchema.safeParse(document);
    return intent.success
      ? { kind: 'intent', intent: intent.data }
      : { kind: 'unreadable', problem: 'it is an intent with missing or wrong fields' };
  }
  if (document.kind === 'tombstone' && typeof document.accessKeyId === 'string') {
    return { kind: 'tombstone', accessKeyId: document.accessKeyId };
  }
  const inexact = inexactNumber(secretString);
  if (inexact !== undefined) {
    return {
      kind: 'unreadable',
      problem: `it holds the number ${inexact}, which could not be carried over exactly: write it as text`,
    };
  }
  const notOwners = document.kind === 'placeholder' ? PLACEHOLDER_FIELDS : MANAGED_FIELDS;
  const ownerFields = Object.fromEntries(Object.entries(document).filter(([field]) => !notOwners.has(field)));
  if (document.AccessKeyId === undefined && document.SecretAccessKey === undefined) {
    return { kind: 'no-key', ownerFields };
  }
  if (typeof document.AccessKeyId !== 'string' || !/^\w{16,128}$/.test(document.AccessKeyId)) {
    return { kind: 'unreadable', problem: 'its field AccessKeyId is not an access key ID' };
  }
  if (typeof document.SecretAccessKey !== 'string' || document.SecretAccessKey === '') {
    return { kind: 'unreadable', problem: 'its field SecretAccessKey is missing or not text' };
  }
  return {
    kind: 'access-key',
    accessKeyId: document.AccessKeyId,
    secretAccessKey: document.SecretAccessKey,
    rootRotationId: typeof document.RotationId === 'string' ? document.RotationId : undefined,
    ownerFields,
  };
};

/**
 * The document that consumers read: what `credential_process` of every AWS SDK and the CLI expects (`Version`,
 * `AccessKeyId`, `SecretAccessKey`), who it belongs to, and the owner's fields as they were.
 */
export const accessKeyDocument = (
  key: AccessKeyMaterial,
  rootRotationId: string,
  ownerFields: OwnerFields,
): string =>
  JSON.stringify({
    ...ownerFields,
    Version: 1,
    AccessKeyId: key.accessKeyId,
    SecretAccessKey: key.secretAccessKey,
    UserName: key.userName,
    CreateDate: key.createDate.toISOString(),
    RotationId: rootRotationId,
  });

/** The same key with the owner's fields of a newer AWSCURRENT. */
export const withOwnerFields = (accessKeyDocumentText: string, ownerFields: OwnerFields): string => {
  const managed = Object.entries(JSON.parse(accessKeyDocumentText) as Record<string, unknown>).filter(
    ([field]) => MANAGED_FIELDS.has(field),
  );
  return JSON.stringify({ ...ownerFields, ...Object.fromEntries(managed) });
};

/** The owner's fields of a document; none of what is neither a key nor a placeholder. */
export const ownerFieldsOf = (document: SecretDocument): OwnerFields =>
  document.kind === 'access-key' || document.kind === 'no-key' ? document.ownerFields : {};

/** The lock's content. Field by field, so that the same input always gives the same bytes. */
export const intentDocument = (intent: Omit<Intent, 'kind'>): string =>
  JSON.stringify({
    kind: 'intent',
    owner: intent.owner,
    rootRotationId: intent.rootRotationId,
    userId: intent.userId,
    oldAccessKeyId: intent.oldAccessKeyId,
    currentAccessKeyIdBefore: intent.currentAccessKeyIdBefore,
    accessKeyIdsBefore: intent.accessKeyIdsBefore,
    startedAt: intent.startedAt,
    leakedAccessKeyIds: intent.leakedAccessKeyIds,
  });

/** Takes the place of a key that must never be stored any more: a late store under the same version ID fails. */
export const tombstoneDocument = (accessKeyId: string): string =>
  JSON.stringify({ kind: 'tombstone', accessKeyId });
