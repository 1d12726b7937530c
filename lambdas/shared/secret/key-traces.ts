import { isPlainName, isTemporaryField } from '../contract/document-fields';
import type { JsonText, ObjectInText, Path, StringInText } from './json-text';

/** How often a text in a text is looked into: a connection URL in a JSON text in Base64, say. */
const DEPTH = 3;

const fromCodes = (text: string, form: RegExp): string =>
  text.replaceAll(form, (_all, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));

/** JSON in a string, as its reader sees it. */
const unescaped = (text: string): string =>
  fromCodes(text, /\\u([0-9a-f]{4})/gi).replaceAll(/\\(["\\/])/g, '$1');

/** What Base64 in a text says, of either alphabet, wherever in a run of its characters it begins. */
const decoded = (text: string): readonly string[] =>
  (text.replaceAll(/\s/g, '').match(/[A-Za-z0-9+/_-]{20,}/g) ?? []).flatMap((run) =>
    [0, 1, 2, 3].map((from) => Buffer.from(run.slice(from), 'base64').toString('latin1')),
  );

const readings = (text: string): readonly string[] => [
  fromCodes(text, /%([0-9a-f]{2})/gi),
  unescaped(text),
  ...decoded(text),
];

/**
 * Whether a text has one of these in it: as it is, or written for a URL, in Base64, or in a JSON text. What is written in yet
 * another way is not found.
 */
const mentions = (text: string, wanted: readonly string[]): boolean => {
  let texts: readonly string[] = [text];
  const seen = new Set<string>();
  for (let depth = 0; depth <= DEPTH; depth += 1) {
    if (texts.some((one) => wanted.some((part) => one.includes(part)))) return true;
    for (const one of texts) seen.add(one);
    texts = texts.flatMap(readings).filter((one) => !seen.has(one));
  }
  return false;
};

/** Where something stands, for people: names of fields, and indexes; null for a name that is not repeated, because a key is in it. */
export type Place = readonly (string | number | null)[];

/** Where something stands. A name that has one of these in it is not repeated. */
export const placeOf = (path: Path | undefined, secret: readonly string[]): Place => {
  const steps: (string | number | null)[] = [];
  for (let at = path; at !== undefined; at = at.parent) {
    const { step } = at;
    steps.push(typeof step === 'string' && mentions(step, secret) ? null : step);
  }
  return steps.reverse();
};

const isTemporary = (name: string, beside: readonly string[]): boolean => {
  if (!isTemporaryField(name)) return false;
  const names = beside.map((one) => one.toLowerCase());
  return !isPlainName(name) || ['accesskeyid', 'secretaccesskey'].every((one) => names.includes(one));
};

/**
 * Whether a value says nothing. A template may have the fields of temporary credentials and leave them empty: SDKs pass over an
 * empty one, and whoever does not could not have used the key that is there now.
 */
export const isEmpty = (text: string): boolean => /^(null|"(\s|\\[nrt])*")$/.test(text);

/**
 * The fields of an object that would make programs take a key beside them for a temporary one, or for one that has ended.
 *
 * @param more - names of fields that it gets.
 */
export const temporaryFields = (
  { text }: JsonText,
  { fields }: ObjectInText,
  more: readonly string[],
): readonly Path[] => {
  const names = [...fields.map((field) => field.text), ...more];
  return fields
    .filter((field) => isTemporary(field.text, names))
    .filter(({ value }) => !isEmpty(text.slice(value.start, value.end)))
    .map(({ path }) => path);
};

/**
 * Strings that have one of these in them, and objects with a name that does.
 *
 * @param follows - whether a string follows the key, whatever is in it.
 */
export const traces = (
  { strings, objects }: JsonText,
  wanted: readonly string[],
  follows: (value: StringInText) => boolean,
): readonly Path[] =>
  wanted.length === 0
    ? []
    : [...strings.filter((value) => !follows(value)), ...objects.flatMap(({ fields }) => fields)]
        .filter(({ text }) => mentions(text, wanted))
        .map(({ path }) => path);
