import * as z from 'zod/mini';
import { text } from '../contract/schema';
import { Rotation } from '../rotation/rotation-state';
import { fieldOf, type JsonText, readJsonObject } from './json-text';
import {
  type DocumentSettings,
  formerRotationId,
  type KeyProblem,
  readKeyDocument,
  sessionTokenIn,
} from './key-document';

/** Why a version of the secret is no document that could hold a key. Repeats no value of it. */
export type DocumentProblem = KeyProblem | { readonly code: 'binary' };

/** What a version of the secret holds. */
export type SecretDocument =
  | {
      /** An access key that consumers can use. */
      readonly kind: 'access-key';
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      /** The rotation that stored it, as earlier releases have written it into the document. */
      readonly formerRotationId: string | undefined;
      /** Whose it is, where the document says so in the rotation's words. */
      readonly userName: string | undefined;
      /** What a temporary key needs beside it. */
      readonly sessionToken: string | undefined;
      /** The access key ID by which a mail program logs in at SES. */
      readonly login: string | undefined;
      readonly text: string;
    }
  | {
      /** The placeholder, or an owner's document without a key. */
      readonly kind: 'no-key';
      /** The access key ID by which a mail program logs in at SES: it may be all that a document names. */
      readonly login: string | undefined;
      readonly text: string;
    }
  | { readonly kind: 'intent'; readonly intent: Intent }
  | { readonly kind: 'tombstone'; readonly accessKeyId: string }
  | {
      /** No document that could hold a key, or none whose key could be told. */
      readonly kind: 'unreadable';
      readonly problem: DocumentProblem;
    };

/** The lock's memory: what the rotation is about, and who holds it. A pure function of the step's input. */
const Intent = z.extend(Rotation, {
  kind: z.literal('intent'),
  /** Execution ARN and redrive count of the holder. */
  owner: text(1),
  userId: text(1),
});
export type Intent = z.infer<typeof Intent>;

/** The rotation's own documents; undefined of any other. An owner's may have a field `kind`, too. */
const readOwn = ({ root, text: whole }: JsonText): SecretDocument | undefined => {
  const kind = fieldOf(root, 'kind')?.says;
  if (kind === 'intent') {
    const intent = Intent.safeParse(JSON.parse(whole.slice(root.start, root.end)));
    return intent.success ? { kind, intent: intent.data } : undefined;
  }
  const accessKeyId = fieldOf(root, 'accessKeyId')?.says;
  const isTombstone = kind === 'tombstone' && accessKeyId !== undefined && root.fields.length === 2;
  return isTombstone ? { kind, accessKeyId } : undefined;
};

/**
 * Reads a version's value. Never throws, and never repeats the value in what it says of a problem.
 *
 * @param secretString - the value; undefined when it is binary.
 * @param settings - which fields hold the key.
 */
export const parseSecretDocument = (
  secretString: string | undefined,
  settings: DocumentSettings = { document: 'credential-process' },
): SecretDocument => {
  if (secretString === undefined) return { kind: 'unreadable', problem: { code: 'binary' } };
  const json = readJsonObject(secretString);
  if ('code' in json) return { kind: 'unreadable', problem: json };
  const own = readOwn(json);
  if (own !== undefined) return own;
  const document = readKeyDocument(json, settings);
  if ('code' in document) return { kind: 'unreadable', problem: document };
  const { login } = document;
  if (document.key === undefined) return { kind: 'no-key', login, text: secretString };
  return {
    kind: 'access-key',
    ...document.key,
    formerRotationId: formerRotationId(document),
    // In the other form, the field is the owner's.
    userName: settings.document === 'credential-process' ? fieldOf(json.root, 'UserName')?.says : undefined,
    sessionToken: sessionTokenIn(document),
    login,
    text: secretString,
  };
};

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
