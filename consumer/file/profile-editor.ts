import type { ProfileFile } from '../ground/paths';
import type { AccessKey } from '../library/key-document';
import {
  asJavaScriptReads,
  asPythonReads,
  type Properties,
  PYTHON_DEFAULTS,
  type Reading,
} from './file-readers';

/**
 * A line of the credentials file, as text in which each character is one byte (latin1), so that bytes which
 * are not text survive. Lines and sections are those that all readers see: a section begins with `[name]`, a
 * property is `name = value`. Blanks are spaces and tabs only: other bytes that a reader takes for blanks may
 * be parts of letters.
 */
interface Line {
  readonly text: string;
  /** CR LF, LF, or nothing at the end of the file. */
  readonly end: string;
}

/** A property of a section that is not part of a nested one. */
interface Property {
  readonly line: number;
  /**
   * Further lines of its value: indented deeper, as Python reads them, and not properties, as others would.
   */
  readonly continued: number[];
  /** In lower case. */
  readonly name: string;
  readonly value: string;
}

interface Section {
  readonly name: string;
  /** The line of its header. */
  readonly first: number;
  /** Its last line that is neither empty nor a comment. */
  readonly last: number;
  readonly properties: readonly Property[];
}

const UTF8_BOM = '\xef\xbb\xbf';
const UTF16_BOMS = ['\xff\xfe', '\xfe\xff'];

const ID = 'aws_access_key_id';
const SECRET = 'aws_secret_access_key';
/** Session tokens belong to temporary credentials: with such a token, a service would refuse the key. */
const SESSION_TOKENS = new Set(['aws_session_token', 'aws_security_token']);

/**
 * The characters that every SDK accepts in the name of a profile; none of them can end a section's header.
 */
const PROFILE_NAME = /^[\w@+.%:/-]{1,128}$/;

/**
 * Names with a meaning of their own: the SDK for JavaScript ignores a file with the first, Python gives the
 * values of the second to all profiles.
 */
const RESERVED_NAMES = new Set(['__proto__', PYTHON_DEFAULTS]);

/** Whether a profile of this name can be written: no blanks, brackets, quotes or line breaks. */
export const isProfileName = (name: string): boolean => PROFILE_NAME.test(name) && !RESERVED_NAMES.has(name);

/** A file that cannot be edited without harm. */
export class UneditableFile extends Error {
  override readonly name = 'UneditableFile';
}

const splitLines = (text: string): readonly Line[] =>
  (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).map((line) => {
    const end = line.endsWith('\r\n') ? '\r\n' : line.endsWith('\n') ? '\n' : '';
    return { text: line.slice(0, line.length - end.length), end };
  });

const trimStart = (text: string): string => text.replace(/^[ \t]+/, '');

const trimEnd = (text: string): string => {
  let end = text.length;
  while (text[end - 1] === ' ' || text[end - 1] === '\t') end -= 1;
  return text.slice(0, end);
};

const trim = (text: string): string => trimEnd(trimStart(text));

const withoutComment = (text: string): string => trim(text.split(/(?:^|[ \t])[;#]/, 1).join(''));

const headerOf = (text: string): string | undefined => {
  const trimmed = withoutComment(text);
  return trimmed.length >= 2 && trimmed.startsWith('[') && trimmed.endsWith(']')
    ? trimmed.slice(1, -1)
    : undefined;
};

const indentationOf = (text: string): string => text.slice(0, text.length - trimStart(text).length);

/** `name = value`, or `name: value`, which Python accepts too. */
const splitProperty = (text: string): { readonly name: string; readonly value: string } | undefined => {
  const content = withoutComment(text);
  const at = content.search(/[=:]/);
  return at > 0
    ? { name: trim(content.slice(0, at)).toLowerCase(), value: trim(content.slice(at + 1)) }
    : undefined;
};

const sectionsOf = (lines: readonly Line[]): readonly Section[] => {
  const sections: { name: string; first: number; last: number; properties: Property[] }[] = [];
  let nested = false;
  for (const [line, { text }] of lines.entries()) {
    const content = line === 0 && text.startsWith(UTF8_BOM) ? text.slice(UTF8_BOM.length) : text;
    const indentation = indentationOf(content);
    const name = headerOf(content);
    const property = splitProperty(content);
    const section = sections.at(-1);
    if (section !== undefined && name === undefined && withoutComment(content) !== '') section.last = line;
    if (name !== undefined) {
      sections.push({ name, first: line, last: line, properties: [] });
      nested = false;
    } else if (property !== undefined) {
      // Indented lines below a property without a value are properties of that property.
      nested = nested && indentation !== '';
      if (!nested) section?.properties.push({ line, continued: [], ...property });
      nested ||= property.value === '' && !property.name.startsWith('aws_');
    } else if (withoutComment(content) !== '') {
      const last = section?.properties.at(-1);
      const isDeeper = indentation.length > indentationOf(lines[last?.line ?? line]?.text ?? '').length;
      if (!nested && isDeeper) last?.continued.push(line);
    }
  }
  return sections;
};

const latin1 = (name: string): string => Buffer.from(name, 'utf8').toString('latin1');

const decoded = (file: string): string => Buffer.from(file, 'latin1').toString('utf8');

/** The first line that begins a profile for some programs only, or with another name for some. */
const disagreement = (text: string, sections: readonly Section[]): number | undefined => {
  const ours = new Map(sections.map(({ first, name }) => [first, decoded(name)]));
  const differing = [asJavaScriptReads(text), asPythonReads(text)].flatMap(({ headers }) =>
    [...ours.keys(), ...headers.keys()].filter((line) => headers.get(line) !== ours.get(line)),
  );
  return differing.length === 0 ? undefined : differing.reduce((first, line) => Math.min(first, line));
};

/**
 * The file's sections.
 *
 * @throws {@link UneditableFile} if programs disagree on them: whichever program was followed, the others
 * would find another profile changed or lost.
 */
const understood = (file: string, lines: readonly Line[]): readonly Section[] => {
  if (UTF16_BOMS.some((bom) => file.startsWith(bom))) {
    throw new UneditableFile('it is encoded as UTF-16, which SDKs cannot read. Save it as UTF-8 first');
  }
  const broken = lines.findIndex(({ text }) => text.includes('\r'));
  if (broken >= 0) {
    throw new UneditableFile(
      `line ${broken + 1} holds a carriage return without a line feed, which ends a line for some programs and not ` +
        'for others. Save the file with ordinary line ends first',
    );
  }
  const sections = sectionsOf(lines);
  const differing = disagreement(decoded(file), sections);
  if (differing !== undefined) {
    throw new UneditableFile(
      `line ${differing + 1} begins a profile for some programs, and not for others. A header like [name] needs a ` +
        'line that is not indented, with nothing behind it but a comment without brackets',
    );
  }
  return sections;
};

/**
 * The name of the section in which SDKs look for a profile. The file with the configuration also has other
 * kinds of sections, so there it is `profile NAME`, with or without quotes; only `default` may be without the
 * word.
 */
export const sectionFor = (file: string, profile: string, kind: ProfileFile): string => {
  if (kind === 'credentials') return profile;
  const names = new Set(
    sectionsOf(splitLines(file))
      .map(({ name }) => decoded(name))
      .filter((name) => /^profile\s+(["']?)(.*)\1$/.exec(name)?.[2] === profile),
  );
  if (names.size > 1) {
    throw new UneditableFile(
      `it has the profile ${profile} under several names: ${[...names].map((name) => `[${name}]`).join(', ')}. ` +
        'Leave one of them',
    );
  }
  const [name = profile === 'default' ? profile : `profile ${profile}`] = names;
  return name;
};

/** What programs read differently in a file, as half a sentence; undefined if they agree. */
export const ambiguityIn = (file: string): string | undefined => {
  try {
    understood(file, splitLines(file));
    return undefined;
  } catch (error) {
    if (error instanceof UneditableFile) return error.message;
    throw error;
  }
};

const ofProfile = (sections: readonly Section[], profile: string): readonly Section[] =>
  sections.filter(({ name }) => name === latin1(profile));

/**
 * The key that the profile holds: the last one of several, as SDKs see it. Its parts are not checked.
 *
 * @throws {@link UneditableFile} if programs disagree on what the profiles are.
 */
export const keyOfProfile = (file: string, profile: string): AccessKey | undefined => {
  const sections = ofProfile(understood(file, splitLines(file)), profile);
  const properties = sections.flatMap((section) => section.properties);
  const last = (wanted: string) => properties.findLast(({ name }) => name === wanted)?.value;
  const [accessKeyId, secretAccessKey] = [last(ID), last(SECRET)];
  return accessKeyId === undefined || secretAccessKey === undefined
    ? undefined
    : { accessKeyId, secretAccessKey };
};

/**
 * The line with another value, and nothing after it: Python reads a comment there as part of the value. The
 * indentation and the blanks around the sign stay.
 */
const withValue = (text: string, name: string, value: string): string => {
  const at = text.search(/[=:]/);
  const before = text.slice(0, at);
  const rest = text.slice(at + 1);
  const gap = before.slice(trimEnd(before).length);
  const blank = trim(rest) === '' ? rest : indentationOf(rest);
  return `${indentationOf(text)}${name}${gap}=${blank}${value}`;
};

/** The line end that most lines have. */
const usualEnd = (lines: readonly Line[]): string => {
  const ended = lines.filter(({ end }) => end !== '');
  return ended.filter(({ end }) => end === '\r\n').length * 2 > ended.length ? '\r\n' : '\n';
};

const appended = (lines: readonly Line[], profile: string, key: AccessKey): string => {
  const end = usualEnd(lines);
  const last = lines.at(-1);
  const text = lines.map((line) => line.text + (line.end || end)).join('');
  const gap = last === undefined || trim(last.text) === '' || text === UTF8_BOM + end ? '' : end;
  return (
    (text === UTF8_BOM + end ? UTF8_BOM : text) +
    gap +
    [`[${latin1(profile)}]`, `${ID} = ${key.accessKeyId}`, `${SECRET} = ${key.secretAccessKey}`]
      .map((line) => line + end)
      .join('')
  );
};

const isOurs = (name: string): boolean => name === ID || name === SECRET || SESSION_TOKENS.has(name);

/**
 * Properties that Python would read as part of the property before, because they are indented deeper, while
 * other SDKs read them as properties of their own. Only those are listed that would spoil the key, with the
 * indentation that means the same to all programs.
 */
const misread = ({ properties }: Section, lines: readonly Line[]): ReadonlyMap<number, string> => {
  const found = new Map<number, string>();
  let level: string | undefined;
  let concernsKey = false;
  for (const { line, name } of properties) {
    const indentation = indentationOf(lines[line]?.text ?? '');
    if (level !== undefined && indentation.length > level.length) {
      concernsKey ||= isOurs(name);
      if (concernsKey) found.set(line, level);
    } else {
      level = indentation;
      concernsKey = isOurs(name);
    }
  }
  return found;
};

const edit = (
  lines: readonly Line[],
  sections: readonly Section[],
  profile: string,
  key: AccessKey,
): string => {
  const [first] = sections;
  if (first === undefined) return appended(lines, profile, key);

  const values: Readonly<Record<string, string>> = { [ID]: key.accessKeyId, [SECRET]: key.secretAccessKey };
  const properties = sections.flatMap((section) => section.properties);
  const replaced = new Map<number, string | undefined>();
  for (const { line, name, continued } of properties) {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined && !SESSION_TOKENS.has(name)) continue;
    replaced.set(line, value === undefined ? value : withValue(lines[line]?.text ?? '', name, value));
    for (const further of continued) replaced.set(further, undefined);
  }
  for (const section of sections) {
    for (const [line, indentation] of misread(section, lines)) {
      const text = replaced.has(line) ? replaced.get(line) : lines[line]?.text;
      if (text !== undefined) replaced.set(line, indentation + trimStart(text));
    }
  }
  const isThere = (wanted: string) => properties.some(({ name }) => name === wanted);
  const end = usualEnd(lines);
  const missing = [ID, SECRET]
    .filter((name) => !isThere(name))
    .map((name) => ({ text: `${name} = ${values[name]}`, end }));
  return lines
    .flatMap((line, index): readonly Line[] => {
      const text = replaced.has(index) ? replaced.get(index) : line.text;
      // After everything else, and not indented: so Python reads no other line as part of the new ones, nor
      // the new ones as part of another.
      const added = index === first.last ? missing : [];
      // The line before may be the file's last, without a line end.
      const kept = text === undefined ? [] : [{ text, end: added.length > 0 ? line.end || end : line.end }];
      return [...kept, ...added];
    })
    .map(({ text, end }) => text + end)
    .join('');
};

const isSame = (some: Properties | undefined, others: Properties | undefined): boolean =>
  some !== undefined &&
  others !== undefined &&
  some.size === others.size &&
  [...some].every(([name, value]) => others.get(name) === value);

/** Whether a program finds the key in the profile, and every other profile as before. */
const isAsMeant = (was: Reading, is: Reading, profile: string, key: AccessKey): boolean => {
  // A program that ignored the file before has lost nothing.
  if (is.profiles === undefined) return was.profiles === undefined;
  const found = is.profiles.get(profile);
  const others = (reading: Reading) => [...(reading.profiles ?? [])].filter(([name]) => name !== profile);
  return (
    found?.get(ID) === key.accessKeyId &&
    found.get(SECRET) === key.secretAccessKey &&
    ![...SESSION_TOKENS].some((name) => found.has(name)) &&
    (was.profiles === undefined ||
      (others(was).length === others(is).length &&
        others(was).every(([name, properties]) => isSame(properties, is.profiles?.get(name)))))
  );
};

/** Python gives the values of this section to all profiles. */
const givesAllAToken = (sections: readonly Section[]): boolean =>
  ofProfile(sections, PYTHON_DEFAULTS).some(({ properties }) =>
    properties.some(({ name }) => SESSION_TOKENS.has(name)),
  );

/**
 * The file with the key in the profile. Everything else stays: other profiles, other properties of this one,
 * comments, blanks, line ends and bytes that are not text. If the profile has a property twice, both get the
 * value. A session token is removed, and so is anything after the value in its line.
 *
 * @param file - One character per byte (latin1).
 * @param kind - Which of the two files of profiles it is.
 * @throws {@link UneditableFile} if programs read the file differently, so that no change could suit them
 * all.
 */
export const withKey = (
  file: string,
  profile: string,
  key: AccessKey,
  kind: ProfileFile = 'credentials',
): string => {
  const section = sectionFor(file, profile, kind);
  const lines = splitLines(file);
  const sections = understood(file, lines);
  if (givesAllAToken(sections)) {
    throw new UneditableFile(
      `its section ${PYTHON_DEFAULTS} gives a session token to all profiles, and with it services refuse other keys. ` +
        'Remove it first',
    );
  }
  const edited = edit(lines, ofProfile(sections, section), section, key);
  const [before, after] = [decoded(file), decoded(edited)];
  const isHarmless =
    disagreement(after, sectionsOf(splitLines(edited))) === undefined &&
    [asJavaScriptReads, asPythonReads].every((read) => isAsMeant(read(before), read(after), section, key));
  if (!isHarmless) {
    throw new UneditableFile(
      `the key cannot be put into the profile ${profile} without harm to another one, or not so that all ` +
        'programs find it. Put it there by hand, once, on lines that are not indented',
    );
  }
  return edited;
};
