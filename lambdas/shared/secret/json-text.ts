/** One step on the way to a value: the name of a field or an index, and what it is a step from. */
export interface Path {
  readonly parent: Path | undefined;
  readonly step: string | number;
}

/** A piece of a text: from `start` up to, and without, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A value that is a string. */
export interface StringInText extends Span {
  readonly path: Path;
  /** What it says, with its escapes resolved. */
  readonly text: string;
}

/** A field of an object. The span is that of the name. */
export interface FieldInText extends StringInText {
  readonly value: Span;
  /** What the value says if it is a string. */
  readonly says: string | undefined;
}

/** An object, at whatever depth. The span has the braces in it. */
export interface ObjectInText extends Span {
  readonly path: Path | undefined;
  readonly fields: readonly FieldInText[];
}

/** The text of a JSON object, and where in it everything is. */
export interface JsonText {
  readonly text: string;
  readonly root: ObjectInText;
  /** All objects, the root last. */
  readonly objects: readonly ObjectInText[];
  /** All values that are strings, at whatever depth, in their order. */
  readonly strings: readonly StringInText[];
}

/** Why a text is not that of a JSON object. */
export interface JsonProblem {
  readonly code: 'not-json' | 'not-an-object';
}

/** Tools of Windows put it before a text, and JSON.parse does not take it. */
const BYTE_ORDER_MARK = '\uFEFF';

/** A token of a text that is JSON already: a string, a mark, or a number, true, false or null. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

type OpenObject = Omit<ObjectInText, 'fields'> & { fields: FieldInText[]; name: StringInText | undefined };
type Open = OpenObject | { readonly path: Path | undefined; readonly start: number; index: number };

/** Takes the tokens of a text that is JSON, and notes where everything is. Without recursion: a text may be nested deeply. */
class Places {
  readonly objects: ObjectInText[] = [];
  readonly strings: StringInText[] = [];
  readonly #open: Open[] = [];

  take(token: string, start: number): void {
    const span = { start, end: start + token.length };
    switch (token) {
      case '{':
        this.#open.push({ path: this.#path(), ...span, fields: [], name: undefined });
        return;
      case '[':
        this.#open.push({ path: this.#path(), start, index: 0 });
        return;
      case '}':
      case ']':
        this.#close(span.end);
        return;
      case ',':
        this.#next();
        return;
      case ':':
        return;
      default:
        this.#takeScalar(token, span);
    }
  }

  get #top(): Open | undefined {
    return this.#open.at(-1);
  }

  /** Where a value stands that begins now. */
  #path(): Path | undefined {
    const top = this.#top;
    if (top === undefined) return undefined;
    return 'fields' in top ? top.name?.path : { parent: top.path, step: top.index };
  }

  #next(): void {
    const top = this.#top;
    if (top !== undefined && 'index' in top) top.index += 1;
  }

  #close(end: number): void {
    const closed = this.#open.pop();
    if (closed === undefined) return;
    const { path, start } = closed;
    if ('fields' in closed) this.objects.push({ path, start, end, fields: closed.fields });
    this.#complete({ start, end }, undefined);
  }

  #takeScalar(token: string, span: Span): void {
    const text = token.startsWith('"') ? (JSON.parse(token) as string) : undefined;
    const top = this.#top;
    if (text !== undefined && top !== undefined && 'fields' in top && top.name === undefined) {
      top.name = { ...span, path: { parent: top.path, step: text }, text };
      return;
    }
    const path = this.#path();
    if (text !== undefined && path !== undefined) this.strings.push({ ...span, path, text });
    this.#complete(span, text);
  }

  /** A value has ended: that of the field whose name came before it, if it is in an object. */
  #complete(value: Span, says: string | undefined): void {
    const top = this.#top;
    if (top === undefined || !('fields' in top) || top.name === undefined) return;
    top.fields.push({ ...top.name, value, says });
    top.name = undefined;
  }
}

/**
 * Finds out where everything is in the text of a JSON object. What is JSON, JSON.parse says; a byte order mark may stand before it.
 *
 * @returns what is wrong with it, which repeats nothing of it, when it is none.
 */
export const readJsonObject = (text: string): JsonText | JsonProblem => {
  const from = text.startsWith(BYTE_ORDER_MARK) ? 1 : 0;
  let json: unknown;
  try {
    json = JSON.parse(text.slice(from));
  } catch {
    // Its message repeats part of the text.
    return { code: 'not-json' };
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return { code: 'not-an-object' };
  }
  const places = new Places();
  for (const { 0: token, index } of text.slice(from).matchAll(TOKEN)) places.take(token, from + index);
  const { objects, strings } = places;
  const root = objects.at(-1);
  return root === undefined ? { code: 'not-an-object' } : { text, root, objects, strings };
};

/** Puts other texts into the places of these. The places do not overlap. */
export const replaced = (text: string, edits: readonly (Span & { readonly by: string })[]): string => {
  let at = 0;
  let edited = '';
  for (const { start, end, by } of [...edits].sort((a, b) => a.start - b.start)) {
    edited += text.slice(at, start) + by;
    at = end;
  }
  return edited + text.slice(at);
};

/** A field of the root as it is written, and the white space around it. */
interface Member {
  readonly lead: string;
  readonly body: string;
  readonly tail: string;
}

/**
 * Takes fields out of an object's text and puts others at its end, as the others in it are written. What stands, stays as it is,
 * byte for byte.
 *
 * @param without - says which fields go.
 * @param more - names and values of those that come, as JSON.
 */
export const withMembers = (
  { text, root }: Pick<JsonText, 'text' | 'root'>,
  without: (field: FieldInText) => boolean,
  more: readonly { readonly name: string; readonly json: string }[],
): string => {
  const { fields } = root;
  const last = fields.at(-1);
  const [first] = fields;
  const inner = { start: root.start + 1, end: root.end - 1 };
  const end = (index: number): number => text.indexOf(',', fields[index]?.value.end ?? inner.end);
  const member = (field: FieldInText, index: number): Member => ({
    lead: text.slice(index === 0 ? inner.start : end(index - 1) + 1, field.start),
    body: text.slice(field.start, field.value.end),
    tail: field === last ? '' : text.slice(field.value.end, end(index)),
  });
  const kept = fields.flatMap((field, index) => (without(field) ? [] : [member(field, index)]));
  const lead = last === undefined ? '' : member(last, fields.length - 1).lead;
  const colon = first === undefined ? ':' : text.slice(first.end, first.value.start);
  const added = more.map(({ name, json }) => ({
    lead,
    body: `${JSON.stringify(name)}${colon}${json}`,
    tail: '',
  }));
  const members = [...kept, ...added].map((one) => one.lead + one.body + one.tail).join(',');
  const close = text.slice(last?.value.end ?? inner.start, inner.end);
  return text.slice(0, inner.start) + members + close + text.slice(inner.end);
};

/** The root's own field of a name: `constructor` is a name like any other. */
export const fieldOf = ({ fields }: ObjectInText, name: string): FieldInText | undefined =>
  fields.find((field) => field.text === name);

/** The fields of an object that share their name with another one of it: some readers take the first of them, and some the last. */
export const repeatedFields = ({ fields }: ObjectInText): readonly FieldInText[] => {
  const times = new Map<string, number>();
  for (const { text } of fields) times.set(text, (times.get(text) ?? 0) + 1);
  return fields.filter(({ text }) => times.get(text) !== 1);
};
