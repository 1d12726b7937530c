import { notModelled } from '../ground/errors';
import type { InvalidParameter } from '../wire/parameters';

/*
 * CloudWatch Logs User Guide, "Filter pattern syntax for metric filters, subscription filters, filter log events, and Live Tail".
 * What the guide leaves open, and what it has that nothing here needs, is refused.
 */

/** Whether a pattern matches the message of an event. */
type Matches = (message: string) => boolean;

type Condition = (event: unknown) => boolean;
type Comparison = (value: string | number) => boolean;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A text in double quotes, of which a backslash keeps the next character as it is. */
const QUOTED = String.raw`"(?:[^"\\]|\\.)*"`;

const unquoted = (text: string): string => text.slice(1, -1).replace(/\\(.)/g, '$1');

/** What a pattern is made of, one part after the other. */
class Parts {
  #at = 0;

  constructor(private readonly text: string) {}

  /** The next part, if it looks like this, and what its group has caught; blanks before it do not count. */
  take(looks: RegExp): RegExpExecArray | undefined {
    const found = new RegExp(String.raw`\s*(?:${looks.source})`, 'y');
    found.lastIndex = this.#at;
    const match = found.exec(this.text);
    if (match === null) return undefined;
    this.#at = found.lastIndex;
    return match;
  }

  get isAtEnd(): boolean {
    return this.text.slice(this.#at).trim() === '';
  }
}

const TERM = new RegExp(String.raw`([-?]?)(${QUOTED}|\w+)(?=\s|$)`);

/**
 * "Using filter patterns to match terms in unstructured log events": all terms, none that has a minus sign. If each has a question
 * mark, one of them; otherwise those with a question mark have no effect.
 */
const termsPattern = (pattern: string, invalid: InvalidParameter): Matches => {
  const parts = new Parts(pattern);
  const terms: { readonly sign: string; readonly text: string }[] = [];
  while (!parts.isAtEnd) {
    if (parts.take(/[-?]?%/) !== undefined) throw notModelled('a filter pattern with a regular expression');
    const [, sign = '', word = ''] = parts.take(TERM) ?? [];
    if (word === '') throw invalid('Invalid character(s) in term: put it in double quotes');
    const text = word.startsWith('"') ? unquoted(word) : word;
    // "You can match everything in your log events with double quotation marks": a blank between them.
    terms.push({ sign, text: text.trim() === '' ? '' : text });
  }
  const withSign = (wanted: string) => terms.filter(({ sign }) => sign === wanted);
  const [needed, excluded, optional] = [withSign(''), withSign('-'), withSign('?')];
  const isOptional = optional.length > 0 && optional.length === terms.length;
  return (message) => {
    const has = ({ text }: { readonly text: string }) => message.includes(text);
    return isOptional ? optional.some(has) : needed.every(has) && !excluded.some(has);
  };
};

/** A step of a selector: a name, a name in brackets, or the number of an element. */
const STEP = /\.([\w-]+)|\.?\['([^']+)'\]|\[(\d+)\]/;

/** What a selector points to; undefined if there is nothing. */
const selected = (steps: readonly (string | number)[], event: unknown): unknown =>
  steps.reduce<unknown>((value, step) => {
    if (typeof step === 'number') return Array.isArray(value) ? value[step] : undefined;
    return isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }, event);

const OPERATOR = /!=|<=|>=|=|<|>/;
const VALUE = new RegExp(String.raw`(${QUOTED})|([\w.*+-]+)`);
const NUMBER = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

const ORDERS: Readonly<Record<string, (one: number, other: number) => boolean>> = {
  '<': (one, other) => one < other,
  '<=': (one, other) => one <= other,
  '>': (one, other) => one > other,
  '>=': (one, other) => one >= other,
  '=': (one, other) => one === other,
  '!=': (one, other) => one !== other,
};

/** "Use the asterisk as a wild card to match text", and numbers. Of one within a text, the guide has said that it is none. */
const textComparison = (text: string): Comparison => {
  const hasBegin = !text.startsWith('*');
  const hasEnd = !text.endsWith('*');
  const core = text.slice(hasBegin ? 0 : 1, hasEnd ? undefined : -1);
  if (core.includes('*')) throw notModelled('a wildcard within a text of a filter pattern');
  if (hasBegin && hasEnd) {
    return (value) => {
      if (typeof value === 'number') throw notModelled('a filter pattern that compares a number with a text');
      return value === core;
    };
  }
  return (value) => {
    const is = String(value);
    if (hasBegin) return is.startsWith(core);
    return hasEnd ? is.endsWith(core) : is.includes(core);
  };
};

const numberComparison = (operator: string, number: number): Comparison => {
  const compare = ORDERS[operator];
  return (value) => {
    if (typeof value === 'string') throw notModelled('a filter pattern that compares a text with a number');
    return compare?.(value, number) === true;
  };
};

/** "Using filter patterns to match terms in JSON log events". */
class JsonPattern {
  readonly #parts: Parts;

  constructor(
    pattern: string,
    private readonly invalid: InvalidParameter,
  ) {
    this.#parts = new Parts(pattern);
  }

  parse(): Condition {
    this.#need(/\{/, 'a brace');
    const condition = this.#anyOf();
    this.#need(/\}/, 'a brace');
    if (!this.#parts.isAtEnd) throw this.invalid('Invalid filter pattern: something follows its end');
    return condition;
  }

  /** "The following standard order of operations: () > && > ||". */
  #anyOf(): Condition {
    const conditions = [this.#allOf()];
    while (this.#parts.take(/\|\|/) !== undefined) conditions.push(this.#allOf());
    return (event) => conditions.some((condition) => condition(event));
  }

  #allOf(): Condition {
    const conditions = [this.#one()];
    while (this.#parts.take(/&&/) !== undefined) conditions.push(this.#one());
    return (event) => conditions.every((condition) => condition(event));
  }

  #one(): Condition {
    if (this.#parts.take(/\(/) === undefined) return this.#condition();
    const condition = this.#anyOf();
    this.#need(/\)/, 'a parenthesis');
    return condition;
  }

  #condition(): Condition {
    const steps = this.#selector();
    // "The variables IS NOT and EXISTS currently aren't supported."
    if (this.#parts.take(/NOT\s+EXISTS\b/) !== undefined) {
      return (event) => selected(steps, event) === undefined;
    }
    const [, constant] = this.#parts.take(/IS\s+(NULL|TRUE|FALSE)\b/) ?? [];
    if (constant !== undefined) {
      const expected: unknown = JSON.parse(constant.toLowerCase());
      return (event) => selected(steps, event) === expected;
    }
    const compare = this.#comparison();
    return (event) => {
      const value = selected(steps, event);
      // "Property selectors point to value nodes …. Value nodes can be strings or numbers": of anything else, neither = nor !=
      // holds.
      return (typeof value === 'string' || typeof value === 'number') && compare(value);
    };
  }

  #selector(): readonly (string | number)[] {
    this.#need(/\$/, 'a selector');
    if (this.#parts.take(/\.\*|\[\*\]/) !== undefined) throw notModelled('a wildcard selector');
    const steps: (string | number)[] = [];
    for (let step = this.#parts.take(STEP); step !== undefined; step = this.#parts.take(STEP)) {
      const [, name, inBrackets, element] = step;
      steps.push(name ?? inBrackets ?? Number(element));
      if (this.#parts.take(/\.\*|\[\*\]/) !== undefined) throw notModelled('a wildcard selector');
    }
    if (steps.length === 0) throw this.invalid('Invalid filter pattern: a selector begins with $.');
    return steps;
  }

  #comparison(): Comparison {
    const operator = this.#need(OPERATOR, 'an operator').trim();
    if (this.#parts.take(/%/) !== undefined) throw notModelled('a filter pattern with a regular expression');
    const [, quoted, bare = ''] = this.#parts.take(VALUE) ?? [];
    if (quoted === undefined && NUMBER.test(bare)) return numberComparison(operator, Number(bare));
    if (quoted === undefined && bare === '') throw this.invalid('Invalid filter pattern: a value is missing');
    if (operator !== '=' && operator !== '!=') {
      throw this.invalid(`Invalid filter pattern: ${operator} needs a number`);
    }
    const isEqual = textComparison(quoted === undefined ? bare : unquoted(quoted));
    return operator === '=' ? isEqual : (value) => !isEqual(value);
  }

  #need(looks: RegExp, what: string): string {
    const found = this.#parts.take(looks);
    if (found === undefined) throw this.invalid(`Invalid filter pattern: ${what} is missing`);
    return found[0];
  }
}

const parsed = (message: string): unknown => {
  try {
    return JSON.parse(message) as unknown;
  } catch {
    return undefined;
  }
};

/**
 * Parses a filter pattern.
 *
 * @param invalid - How the service names a parameter that breaks its constraints.
 * @throws ServiceError if the pattern is none, or has something that is not modelled: regular expressions, space-delimited events,
 * wildcard selectors. The function that it returns throws if the guide does not say whether the pattern matches.
 */
export const parseFilterPattern = (pattern: string, invalid: InvalidParameter): Matches => {
  const text = pattern.trim();
  if (text.startsWith('[')) throw notModelled('a filter pattern for space-delimited events');
  if (!text.startsWith('{')) return termsPattern(text, invalid);
  const condition = new JsonPattern(text, invalid).parse();
  return (message) => {
    const event = parsed(message);
    return isObject(event) && condition(event);
  };
};
