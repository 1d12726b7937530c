/**
 * How the programs that matter read a credentials file. They differ in what begins a profile, what belongs to
 * a value and what counts as blank, so a file may mean one thing to one program and something else to
 * another. Both readers follow the code that they stand for, and leave out what cannot concern an editor of
 * the file.
 */
export interface Reading {
  /** The names in the headers of profiles, by line number, counted from 0. */
  readonly headers: ReadonlyMap<number, string>;
  /** What each profile holds; undefined if the program ignores this file. */
  readonly profiles: ReadonlyMap<string, Properties> | undefined;
}

/** Values by name. */
export type Properties = ReadonlyMap<string, string>;

const PYTHON_BLANK =
  '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const PYTHON_BLANKS_BEFORE = new RegExp(`^${PYTHON_BLANK}+`);
const PYTHON_BLANK_ONLY = new RegExp(PYTHON_BLANK);
const BOM = '\ufeff';

/** Python's `str.strip`, which knows other blanks than JavaScript's `trim`. */
const strip = (text: string): string => {
  let end = text.length;
  while (end > 0 && PYTHON_BLANK_ONLY.test(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end).replace(PYTHON_BLANKS_BEFORE, '');
};

const mapOf = (maps: Map<string, Map<string, string>>, name: string): Map<string, string> => {
  const found = maps.get(name) ?? new Map<string, string>();
  maps.set(name, found);
  return found;
};

/** Reads as `parseIni` of the SDK for JavaScript (`@smithy/core/config`) does. */
export const asJavaScriptReads = (text: string): Reading => {
  const headers = new Map<number, string>();
  const profiles = new Map<string, Map<string, string>>();
  let profile: string | undefined;
  let parent: string | undefined;
  let isReadable = true;
  for (const [number, line] of text.split(/\r?\n/).entries()) {
    const content = line
      .split(/(?:^|\s)[;#]/, 1)
      .join('')
      .trim();
    if (content.startsWith('[') && content.endsWith(']')) {
      profile = content.slice(1, -1);
      parent = undefined;
      headers.set(number, profile);
      isReadable &&= profile !== '__proto__' && profile !== 'profile __proto__';
      continue;
    }
    const sign = content.indexOf('=');
    if (profile === undefined || profile === '' || sign < 1) continue;
    const name = content.slice(0, sign).trim();
    const value = content.slice(sign + 1).trim();
    if (value === '') {
      parent = name;
    } else {
      if (line.trimStart() === line) parent = undefined;
      mapOf(profiles, profile).set(parent === undefined ? name : `${parent}.${name}`, value);
    }
  }
  return { headers, profiles: isReadable ? profiles : undefined };
};

/** Python's section whose values every other section inherits. */
export const PYTHON_DEFAULTS = 'DEFAULT';

/** Whether botocore takes a value that begins on the line after its name for nested properties. */
const isNestable = (value: string): boolean =>
  !value.startsWith('\n') || value.split('\n').every((line) => strip(line) === '' || line.includes('='));

/** Reads as botocore, and with it the AWS CLI, does: with Python's `configparser.RawConfigParser`. */
export const asPythonReads = (text: string): Reading => {
  const headers = new Map<number, string>();
  const sections = new Map<string, Map<string, string[]>>();
  let section: Map<string, string[]> | undefined;
  let value: string[] | undefined;
  let indentation = 0;
  // Python does not know a byte order mark: its first line is not a header.
  let isReadable = !text.startsWith(BOM);
  for (const [number, whole] of text.split(/\r\n|\n|\r/).entries()) {
    const line = number === 0 && whole.startsWith(BOM) ? whole.slice(BOM.length) : whole;
    const content = strip(line);
    if (content.startsWith('#') || content.startsWith(';')) continue;
    if (content === '') {
      value?.push('');
      continue;
    }
    const here = PYTHON_BLANKS_BEFORE.exec(line)?.[0].length ?? 0;
    if (value !== undefined && here > indentation) {
      value.push(content);
      continue;
    }
    indentation = here;
    const end = content.startsWith('[') ? content.lastIndexOf(']') : -1;
    if (end > 1) {
      const name = content.slice(1, end);
      headers.set(number, name);
      isReadable &&= name === PYTHON_DEFAULTS || !sections.has(name);
      section = sections.get(name) ?? new Map<string, string[]>();
      sections.set(name, section);
      value = undefined;
      continue;
    }
    const sign = content.search(/[=:]/);
    const name = strip(content.slice(0, Math.max(sign, 0))).toLowerCase();
    if (section === undefined || name === '' || section.has(name)) isReadable = false;
    if (section === undefined || name === '') continue;
    value = [strip(content.slice(sign + 1))];
    section.set(name, value);
  }
  const profiles = new Map<string, Properties>();
  for (const [name, properties] of sections) {
    const values = [...properties].map(([key, lines]) => [key, lines.join('\n').trimEnd()] as const);
    isReadable &&= values.every(([, joined]) => isNestable(joined));
    profiles.set(name, new Map(values));
  }
  return { headers, profiles: isReadable ? profiles : undefined };
};
