import { CREDENTIAL_PROCESS_FIELDS, isSessionToken, passwordFieldOf } from '../contract/document-fields';
import type { DocumentForm, FieldNames, SesSmtp } from '../contract/enrolment';
import type { AccessKey, AccessKeyMaterial } from '../rotation/access-key';
import {
  type FieldInText,
  fieldOf,
  type JsonProblem,
  type JsonText,
  type ObjectInText,
  type Path,
  readJsonObject,
  repeatedFields,
  replaced,
  type StringInText,
  withMembers,
} from './json-text';
import { isEmpty, type Place, placeOf, temporaryFields, traces } from './key-traces';
import { PLACEHOLDER_SECRET_STRING } from './placeholder';
import {
  isSmtpPassword,
  isSmtpPasswordOf,
  SMTP_PASSWORD_LENGTH,
  smtpPassword,
  smtpPasswordsOf,
} from './ses-smtp';

/*
 * The document in which consumers find a key is its owner's. The rotation owns the fields that it was told to write, and copies
 * of the key, and nothing else. So one key takes the place of another in the text itself, and everything else is carried byte for
 * byte. What cannot be carried so that it is right with another key is refused before there is one. And what comes out is read as
 * consumers will read it.
 */

/** The two parts of a key. */
type KeyPair = Pick<AccessKeyMaterial, 'accessKeyId' | 'secretAccessKey'>;

/** Which fields of a document are the rotation's. */
export interface DocumentSettings {
  readonly document: DocumentForm;
  readonly fieldNames?: FieldNames | undefined;
  readonly sesSmtp?: SesSmtp | undefined;
}

/** A field that the rotation writes, whatever stood there. */
interface WrittenField {
  readonly name: string;
  /** What it holds for a key. */
  readonly of: (key: AccessKeyMaterial) => string | number;
}

const CANONICAL: FieldNames = { accessKeyId: 'AccessKeyId', secretAccessKey: 'SecretAccessKey' };

const pairOf = (names: FieldNames): readonly WrittenField[] => [
  { name: names.accessKeyId, of: (key) => key.accessKeyId },
  { name: names.secretAccessKey, of: (key) => key.secretAccessKey },
];

/** What `credential_process` of every AWS SDK and the CLI expects, whose key it is, and since when. */
const CREDENTIAL_PROCESS: Readonly<Record<(typeof CREDENTIAL_PROCESS_FIELDS)[number], WrittenField['of']>> = {
  Version: () => 1,
  AccessKeyId: (key) => key.accessKeyId,
  SecretAccessKey: (key) => key.secretAccessKey,
  UserName: (key) => key.userName,
  CreateDate: (key) => key.createDate.toISOString(),
};

/** What SES's SMTP interface takes of a key. */
const smtpFields = (sesSmtp: SesSmtp): readonly WrittenField[] => [
  { name: sesSmtp.userField, of: (key) => key.accessKeyId },
  ...sesSmtp.regions.map((region) => ({
    name: passwordFieldOf(sesSmtp, region),
    of: (key: AccessKeyMaterial) => smtpPassword(key.secretAccessKey, region),
  })),
];

/** All fields that the rotation writes, in the order in which it adds them. What is derived from a key has its place here. */
const writtenFields = ({ document, fieldNames, sesSmtp }: DocumentSettings): readonly WrittenField[] => [
  ...(document === 'credential-process'
    ? [
        ...CREDENTIAL_PROCESS_FIELDS.map((name) => ({ name, of: CREDENTIAL_PROCESS[name] })),
        ...(fieldNames === undefined ? [] : pairOf(fieldNames)),
      ]
    : pairOf(fieldNames ?? CANONICAL)),
  ...(sesSmtp === undefined ? [] : smtpFields(sesSmtp)),
];

/** The pairs of fields that hold the key, the one that is written before one that was. */
const pairsOf = ({ document, fieldNames }: DocumentSettings): readonly FieldNames[] => {
  if (fieldNames === undefined) return [CANONICAL];
  return document === 'credential-process' ? [CANONICAL, fieldNames] : [fieldNames, CANONICAL];
};

/** What IAM allows as an access key ID (IAM API, AccessKey). */
const ACCESS_KEY_ID = /^\w{16,128}$/;

/**
 * What a user's access key ID is. Where an owner's fields are taken for a key by the configuration alone, a login
 * name that happens to be long enough must not be: a rotation would replace it, and the password beside it.
 * (IAM User Guide, "IAM identifiers": the prefix AKIA.)
 */
const USER_ACCESS_KEY_ID = /^AKIA\w{12,124}$/;

/**
 * What a secret access key can be. IAM makes 40 characters of Base64 and promises no form (IAM API, AccessKey: a string), so what
 * is refused is what could stand in no header and no credentials file, and what is far too short or too long to be one.
 */
const SECRET_ACCESS_KEY = /^[\x21-\x7e]{16,256}$/;

/** Why it cannot be told which key is in a document. It repeats no value, and no name that may have a key in it. */
export type KeyProblem =
  | JsonProblem
  /** The root has a field twice. */
  | { readonly code: 'repeated-field'; readonly place: Place }
  /** A field does not hold what its name says: no access key ID, nothing, no secret access key, or SES's password in its place. */
  | { readonly code: 'no-id' | 'no-secret' | 'not-a-secret' | 'smtp-password'; readonly field: string }
  /** Two fields that should hold the same do not. */
  | { readonly code: 'fields-differ'; readonly field: string; readonly other: string };

const problemOfId = (field: string, value: string | undefined): KeyProblem | undefined => {
  const form = field === CANONICAL.accessKeyId ? ACCESS_KEY_ID : USER_ACCESS_KEY_ID;
  return value !== undefined && form.test(value) ? undefined : { code: 'no-id', field };
};

const problemOfSecret = (field: string, value: string | undefined): KeyProblem | undefined => {
  if (value === undefined) return { code: 'no-secret', field };
  if (!SECRET_ACCESS_KEY.test(value)) return { code: 'not-a-secret', field };
  // Were IAM's ever of this form, two in 256 of them would begin so; a new one is then given up, and the next one made.
  return isSmtpPassword(value) ? { code: 'smtp-password', field } : undefined;
};

/** The key under these names: undefined when neither field is there. */
const keyUnder = (root: ObjectInText, names: FieldNames): KeyPair | KeyProblem | undefined => {
  const [id, secret] = [fieldOf(root, names.accessKeyId), fieldOf(root, names.secretAccessKey)];
  if (id === undefined && secret === undefined) return undefined;
  const problem =
    problemOfId(names.accessKeyId, id?.says) ?? problemOfSecret(names.secretAccessKey, secret?.says);
  return problem ?? { accessKeyId: id?.says ?? '', secretAccessKey: secret?.says ?? '' };
};

/** The document's key: the first pair that is whole. What else stands under the names of a pair has to hold the same. */
const keyIn = (root: ObjectInText, settings: DocumentSettings): KeyPair | KeyProblem | undefined => {
  const pairs = pairsOf(settings);
  const found = pairs.map((names) => ({ names, key: keyUnder(root, names) }));
  const whole = found.find(({ key }) => key !== undefined && !('code' in key));
  if (whole?.key === undefined || 'code' in whole.key) return found.find(({ key }) => key !== undefined)?.key;
  const { key, names } = whole;
  for (const other of pairs) {
    for (const part of ['accessKeyId', 'secretAccessKey'] as const) {
      const copy = fieldOf(root, other[part]);
      if (copy !== undefined && copy.says !== key[part]) {
        return { code: 'fields-differ', field: names[part], other: other[part] };
      }
    }
  }
  return key;
};

/** A document that is a JSON object, and the key in it. */
export interface KeyDocument {
  readonly json: JsonText;
  /** Undefined: it holds none. */
  readonly key: KeyPair | undefined;
  /** The access key ID by which a mail program logs in at SES. Undefined: there is no such login. */
  readonly login: string | undefined;
}

/**
 * Where `sesSmtp` names the field of the user name, it says what is in there: an access key ID, if it is of that form. There may be
 * no key beside it.
 */
const loginIn = (root: ObjectInText, { sesSmtp }: DocumentSettings): string | undefined => {
  const says = sesSmtp && fieldOf(root, sesSmtp.userField)?.says;
  return says !== undefined && USER_ACCESS_KEY_ID.test(says) ? says : undefined;
};

/** Where a field stands that its object has more than once. */
const placeOfRepeated = ({ path }: FieldInText, { strings, objects }: JsonText): Place => {
  // What key there is, may not be known yet: so a name that is long enough to have one in it is not repeated.
  const names = objects.flatMap(({ fields }) => fields.map(({ text }) => text));
  const secret = [...strings.map(({ text }) => text), ...names].filter((one) => one.length >= 16);
  return placeOf(path, secret);
};

/**
 * Reads a document. A name that stands twice below the root does not keep anybody from telling which key is in it.
 *
 * @returns what is wrong with it when it holds no key that could be read and is no document without one.
 */
export const readKeyDocument = (json: JsonText, settings: DocumentSettings): KeyDocument | KeyProblem => {
  const [repeated] = repeatedFields(json.root);
  if (repeated !== undefined) return { code: 'repeated-field', place: placeOfRepeated(repeated, json) };
  const key = keyIn(json.root, settings);
  return key !== undefined && 'code' in key ? key : { json, key, login: loginIn(json.root, settings) };
};

const readText = (text: string, settings: DocumentSettings): KeyDocument | KeyProblem => {
  const json = readJsonObject(text);
  return 'code' in json ? json : readKeyDocument(json, settings);
};

/** The token beside a temporary key, of the form in which it can be sent. */
export const sessionTokenIn = ({ json: { root } }: KeyDocument): string | undefined =>
  root.fields
    .filter(({ text }) => isSessionToken(text))
    .map(({ says }) => says)
    .find((says) => says !== undefined && /^[\x21-\x7e]+$/.test(says));

/** The owner of a rotation, as releases before wrote it into the document: an execution's ARN and what tells its runs apart. */
const FORMER_ROTATION_ID = /^arn:[^#\s]+:execution:[^#\s]+#\d+(@\S+)?$/;

/** The rotation that a document of an earlier release names: such documents were the rotation's, this field included. */
export const formerRotationId = ({ json: { root } }: KeyDocument): string | undefined => {
  const says = fieldOf(root, 'RotationId')?.says;
  return says !== undefined && FORMER_ROTATION_ID.test(says) ? says : undefined;
};

const PLACEHOLDER = readJsonObject(PLACEHOLDER_SECRET_STRING);

/** Whether a field was put there by the stack or by an earlier release, and has no meaning beside a key of this one. */
const isLeftOver = (document: KeyDocument): ((field: FieldInText) => boolean) => {
  const { text, root } = document.json;
  const isPlaceholder = fieldOf(root, 'kind')?.says === 'placeholder';
  const former = formerRotationId(document) !== undefined;
  const asInPlaceholder = ({ text: name, value }: FieldInText): boolean => {
    const stacks = 'code' in PLACEHOLDER ? undefined : fieldOf(PLACEHOLDER.root, name);
    return (
      stacks !== undefined &&
      PLACEHOLDER_SECRET_STRING.slice(stacks.value.start, stacks.value.end) ===
        text.slice(value.start, value.end)
    );
  };
  return (field) => (former && field.text === 'RotationId') || (isPlaceholder && asInPlaceholder(field));
};

/** Whether a value is the key's ID or its secret, and nothing else: such a copy follows the key, wherever it stands. */
const isCopy = (key: KeyPair | undefined, { text }: Pick<StringInText, 'text'>): boolean =>
  key !== undefined && (text === key.accessKeyId || text === key.secretAccessKey);

/** The form in which the rotation writes a date. */
const isDate = (says: string): boolean =>
  !Number.isNaN(Date.parse(says)) && new Date(says).toISOString() === says;

/**
 * Whether a field CreateDate is of the key in the document: IAM says so, or, where IAM does not know the key any more, the fields
 * beside it, which are as the rotation writes them.
 */
const isDateOfKey = (
  { json: { root, text }, key }: KeyDocument,
  says: string,
  known: readonly Pick<AccessKey, 'accessKeyId' | 'createDate'>[],
  userName: string,
): boolean => {
  if (key === undefined) return false;
  const its = known.find(({ accessKeyId }) => accessKeyId === key.accessKeyId);
  if (its !== undefined) return its.createDate.toISOString() === says;
  const version = fieldOf(root, 'Version')?.value;
  return (
    isDate(says) &&
    version !== undefined &&
    text.slice(version.start, version.end) === '1' &&
    fieldOf(root, 'UserName')?.says === userName &&
    fieldOf(root, CANONICAL.accessKeyId)?.says === key.accessKeyId
  );
};

/**
 * The document with another key: in the fields that the rotation writes, and wherever the present one stands by itself.
 * Everything else is as it was, byte for byte.
 */
const withKey = (
  document: KeyDocument,
  key: AccessKeyMaterial,
  { settings, keys }: Pick<Base, 'settings' | 'keys'>,
): string => {
  const { json, key: before } = document;
  const written = writtenFields(settings).map((field) => ({ name: field.name, value: field.of(key) }));
  // Where the rotation is not told (any more) to write it, what it has written goes on being right.
  const dated = fieldOf(json.root, 'CreateDate');
  if (
    dated?.says !== undefined &&
    isDateOfKey(document, dated.says, [...keys, key], key.userName) &&
    !written.some(({ name }) => name === 'CreateDate')
  ) {
    written.push({ name: 'CreateDate', value: key.createDate.toISOString() });
  }
  const isSame = (span: { readonly start: number; readonly end: number }, value: unknown): boolean =>
    JSON.parse(json.text.slice(span.start, span.end)) === value;
  const set = written.flatMap(({ name, value }) => {
    const field = fieldOf(json.root, name);
    return field === undefined || isSame(field.value, value)
      ? []
      : [{ ...field.value, by: JSON.stringify(value) }];
  });
  const isSet = new Set(written.map(({ name }) => fieldOf(json.root, name)?.value.start));
  const copies = json.strings
    .filter((value) => isCopy(before, value) && !isSet.has(value.start))
    .map(({ start, end, text }) => ({
      start,
      end,
      by: JSON.stringify(text === before?.accessKeyId ? key.accessKeyId : key.secretAccessKey),
    }));
  const text = replaced(json.text, [...set, ...copies]);
  const edited = readJsonObject(text);
  // Then it is not read as it should be either, and refused for that.
  if ('code' in edited) return text;
  const isWritten = (name: string): boolean => written.some((field) => field.name === name);
  const goes = isLeftOver(document);
  return withMembers(
    edited,
    (field) => !isWritten(field.text) && goes(fieldOf(json.root, field.text) ?? field),
    written
      .filter(({ name }) => fieldOf(json.root, name) === undefined)
      .map(({ name, value }) => ({ name, json: JSON.stringify(value) })),
  );
};

/** Secrets Manager quotas: bytes of a value. */
const MOST_BYTES = 65_536;

/** The longest key that IAM may return, of the longest names; its secret as long as one that can be read. */
const LONGEST_KEY: AccessKeyMaterial = {
  accessKeyId: `AKIA${'x'.repeat(124)}`,
  secretAccessKey: 'x'.repeat(256),
  userName: 'x'.repeat(64),
  createDate: new Date(0),
};

/** Why a document cannot take another key. */
export type Obstacle =
  | { readonly code: 'unreadable'; readonly problem: KeyProblem }
  /** An object below the root has a field twice. */
  | { readonly code: 'repeated-field'; readonly place: Place }
  /** There is a login for SES's SMTP interface without a key beside it, and the user does not have the key of its user name. */
  | { readonly code: 'unknown-login'; readonly accessKeyId: string }
  /** Beside the key there is what temporary keys have. */
  | { readonly code: 'temporary'; readonly places: readonly Place[] }
  /** In the fields of `sesSmtp` there is what is not made of the key. */
  | { readonly code: 'strange-login'; readonly places: readonly Place[] }
  /** A password for SES's SMTP interface is made of the key, and would not follow it. */
  | { readonly code: 'smtp-password'; readonly places: readonly Place[] }
  /** A key of the user stands where it would not follow. */
  | { readonly code: 'hidden-key'; readonly places: readonly Place[] }
  /** With the longest key it would have so many bytes too many. */
  | { readonly code: 'too-large'; readonly tooMany: number }
  /** Readers would not find the key in it. */
  | { readonly code: 'key-not-found' };

/** A document, and what else is to be known of it. */
export interface Base {
  readonly text: string;
  readonly settings: DocumentSettings;
  /** The user's keys: whoever finds the ID of one in the document may be using that. */
  readonly keys: readonly AccessKey[];
  /** IDs of keys that the user had when the rotation began, or that were called leaked: they may be gone since. Default: none. */
  readonly formerIds?: readonly string[];
}

/** The access key ID of a login without a key beside it, where the user does not have that key, nor is known to have had it. */
const unknownLogin = (
  { key, login }: KeyDocument,
  { keys, formerIds = [] }: Pick<Base, 'keys' | 'formerIds'>,
): string | undefined =>
  key === undefined &&
  login !== undefined &&
  !formerIds.includes(login) &&
  !keys.some(({ accessKeyId }) => accessKeyId === login)
    ? login
    : undefined;

/**
 * What stands in the fields of `sesSmtp` and is not made of the document's key for their Regions. Where the document has no key,
 * nobody can compute that: then the user name has to be a key's ID, and the rest is the word of whoever named the field.
 */
const strangeInSmtpFields = (
  { json: { root, text }, key, login }: KeyDocument,
  { sesSmtp }: DocumentSettings,
): readonly Path[] => {
  if (sesSmtp === undefined) return [];
  const isUserName = (says: string): boolean => says === (key === undefined ? login : key.accessKeyId);
  const isPassword = (says: string, region: string): boolean =>
    key === undefined ? isSmtpPassword(says) : isSmtpPasswordOf(key.secretAccessKey, region, says);
  return [
    { name: sesSmtp.userField, isRight: isUserName },
    ...sesSmtp.regions.map((region) => ({
      name: passwordFieldOf(sesSmtp, region),
      isRight: (says: string) => isPassword(says, region),
    })),
  ].flatMap(({ name, isRight }) => {
    const field = fieldOf(root, name);
    if (field === undefined || isEmpty(text.slice(field.value.start, field.value.end))) return [];
    return field.says !== undefined && isRight(field.says) ? [] : [field.path];
  });
};

/** SES's SMTP passwords of the key that do not follow it: those beside its ID, and those that are known to be made of it. */
const smtpPasswordsLeft = (
  { json, key }: KeyDocument,
  follows: (value: Pick<StringInText, 'start'>) => boolean,
): readonly Path[] => {
  if (key === undefined) return [];
  const beside = json.objects
    .filter((object) => object.fields.some(({ says }) => says === key.accessKeyId))
    .flatMap(({ fields }) => fields)
    .filter(({ says, value }) => says !== undefined && isSmtpPassword(says) && !follows(value))
    .map(({ path }) => path);
  const hasRoom = [...json.strings, ...json.objects.flatMap(({ fields }) => fields)].some(
    ({ text }) => text.length >= SMTP_PASSWORD_LENGTH,
  );
  return hasRoom ? [...beside, ...traces(json, smtpPasswordsOf(key.secretAccessKey), follows)] : beside;
};

/**
 * A field below the root whose name its object has twice. It may stay as it is, as everything of the owner's may, unless the key is in
 * it. But before there is a new key, nobody has to live with what readers disagree about.
 */
const findRepeated = (
  { json: { objects, root, strings }, key }: KeyDocument,
  isThere: boolean,
): FieldInText | undefined =>
  objects
    .filter((object) => object !== root)
    .flatMap(repeatedFields)
    .find(
      ({ value }) =>
        !isThere ||
        strings.some((one) => isCopy(key, one) && one.start >= value.start && one.end <= value.end),
    );

const isSameKey = (one: KeyPair | undefined, other: KeyPair | undefined): boolean =>
  one?.accessKeyId === other?.accessKeyId && one?.secretAccessKey === other?.secretAccessKey;

/**
 * What in a document would be wrong with this key in it.
 *
 * @param next - undefined before there is one.
 */
const findObstacle = (
  document: KeyDocument,
  base: Base,
  next: AccessKeyMaterial | undefined,
): Obstacle | undefined => {
  const { settings } = base;
  const { json, key } = document;
  const { objects, root } = json;
  const repeated = findRepeated(document, next !== undefined);
  if (repeated !== undefined) {
    return { code: 'repeated-field', place: placeOfRepeated(repeated, json) };
  }
  const others = base.keys
    .map(({ accessKeyId }) => accessKeyId)
    .filter((accessKeyId) => accessKeyId !== next?.accessKeyId);
  const material = key === undefined ? [] : [key.accessKeyId, key.secretAccessKey];
  const wanted = [...material, ...others];
  const placesOf = (paths: readonly Path[], secret = wanted): readonly Place[] =>
    paths.map((path) => placeOf(path, secret));
  // What is of the key that is put in once more, is right.
  const stays = next !== undefined && isSameKey(key, next);
  const names = writtenFields(settings).map(({ name }) => name);
  const written = new Set(names.map((name) => fieldOf(root, name)?.value.start));
  const holdsKey = (object: ObjectInText): boolean =>
    object === root || object.fields.some(({ says }) => says !== undefined && isCopy(key, { text: says }));

  const temporary = objects
    .filter(holdsKey)
    .flatMap((object) => temporaryFields(json, object, object === root ? names : []));
  if (temporary.length > 0) return { code: 'temporary', places: placesOf(temporary) };
  const unknown = unknownLogin(document, base);
  if (unknown !== undefined) return { code: 'unknown-login', accessKeyId: unknown };
  const strange = strangeInSmtpFields(document, settings);
  if (strange.length > 0) return { code: 'strange-login', places: placesOf(strange) };
  const passwords = stays ? [] : smtpPasswordsLeft(document, ({ start }) => written.has(start));
  if (passwords.length > 0) {
    const secret = [...wanted, ...smtpPasswordsOf(key?.secretAccessKey ?? '')];
    return { code: 'smtp-password', places: placesOf(passwords, secret) };
  }
  const hidden = traces(
    json,
    stays ? others : wanted,
    (value) => isCopy(key, value) || written.has(value.start),
  );
  return hidden.length === 0 ? undefined : { code: 'hidden-key', places: placesOf(hidden) };
};

/** Whether consumers who read any of the fields that the rotation writes get this key, and no other one. */
const isReadAs = (text: string, key: AccessKeyMaterial, settings: DocumentSettings): boolean => {
  const document = readText(text, settings);
  if ('code' in document) return false;
  const { root } = document.json;
  return (
    document.key?.accessKeyId === key.accessKeyId &&
    document.key.secretAccessKey === key.secretAccessKey &&
    writtenFields(settings).every(({ name, of }) => {
      const field = fieldOf(root, name);
      return field !== undefined && JSON.parse(text.slice(field.value.start, field.value.end)) === of(key);
    })
  );
};

/**
 * The text of a document with a key in it, as consumers will read it; or why there is none.
 *
 * @param base - what consumers read now, or have read.
 * @param next - undefined before there is one: then the longest that there may be.
 */
export const documentWith = (base: Base, next?: AccessKeyMaterial): string | Obstacle => {
  const key = next ?? LONGEST_KEY;
  const { text, settings } = base;
  const document = readText(text, settings);
  if ('code' in document) return { code: 'unreadable', problem: document };
  const obstacle = findObstacle(document, base, next);
  if (obstacle !== undefined) return obstacle;
  const edited = withKey(document, key, base);
  const tooMany = Math.max(0, Buffer.byteLength(edited) - MOST_BYTES);
  if (tooMany > 0) return { code: 'too-large', tooMany };
  return isReadAs(edited, key, settings) ? edited : { code: 'key-not-found' };
};

/** Why a document could not take a new key, known before there is one. */
export const obstacleIn = (base: Base): Obstacle | undefined => {
  const next = documentWith(base);
  return typeof next === 'string' ? undefined : next;
};

/** A document that holds this key and nothing of anybody else's. */
export const accessKeyDocument = (
  key: AccessKeyMaterial,
  settings: DocumentSettings = { document: 'credential-process' },
): string =>
  JSON.stringify(Object.fromEntries(writtenFields(settings).map(({ name, of }) => [name, of(key)])));
