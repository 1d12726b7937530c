/*
 * As much of the query language of Logs Insights as the saved queries use (CloudWatch Logs User Guide, "Logs Insights QL"), so that they
 * can be run over real records. What is not used is refused. AWS itself has not run them.
 */

/** An event as a query sees it: its fields by their paths. */
export type Row = Readonly<Record<string, string | number | boolean | null | undefined>>;

type Value = Row[string];

const leavesOf = (value: unknown, path: string): readonly (readonly [string, Value])[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, inner]) =>
        leavesOf(inner, path === '' ? name : `${path}.${name}`),
      )
    : [[path, value as Value]];

/** CloudWatch Logs User Guide, "Supported logs and discovered fields": of a JSON event, no more are found. */
const MOST_FIELDS = 200;

/** The fields of a JSON event, as it is written: Logs Insights flattens objects with dots, and lists with the numbers of their items. */
export const flattened = (event: unknown): Row =>
  Object.fromEntries(leavesOf(event, '').slice(0, MOST_FIELDS));

const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|([@A-Za-z_][\w.]*|@\w+)|(\d+)|(!=|>=|<=|[=<>()[\],*/+-]))/y;

/** The parts of a command. */
const tokensOf = (text: string): string[] => {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const [found] = TOKEN.exec(text) ?? [];
    if (found === undefined) throw new Error(`Not understood: ${text}`);
    tokens.push(found.trim());
  }
  return tokens;
};

type Expression = (row: Row) => Value;
type Aggregate = (rows: readonly Row[]) => Value;

/** Reads a command from left to right. */
class Reader {
  readonly #tokens: string[];
  /** Every field that is asked for. */
  readonly fields = new Set<string>();

  constructor(
    text: string,
    private readonly now: Date,
  ) {
    this.#tokens = tokensOf(text);
  }

  get isDone(): boolean {
    return this.#tokens.length === 0;
  }

  get next(): string {
    return this.#tokens[0] ?? '';
  }

  take(): string {
    const [token = ''] = this.#tokens.splice(0, 1);
    return token;
  }

  accept(token: string): boolean {
    if (this.next !== token) return false;
    this.take();
    return true;
  }

  expect(token: string): void {
    if (!this.accept(token)) throw new Error(`${token} was expected, and not ${this.next}`);
  }

  list<Item>(item: () => Item): readonly Item[] {
    const items = [item()];
    while (this.accept(',')) items.push(item());
    return items;
  }

  field(): string {
    const name = this.take();
    if (!/^[@A-Za-z_]/.test(name)) throw new Error(`A field was expected, and not ${name}`);
    this.fields.add(name);
    return name;
  }

  /** A field, a number, a text, a call, or a sum or quotient of these. */
  value(): Expression {
    let left = this.#operand();
    while (['-', '/'].includes(this.next)) {
      const isMinus = this.take() === '-';
      const [one, other] = [left, this.#operand()];
      left = (row) => {
        const [a, b] = [one(row), other(row)];
        if (typeof a !== 'number' || typeof b !== 'number') return undefined;
        return isMinus ? a - b : a / b;
      };
    }
    return left;
  }

  #operand(): Expression {
    if (this.accept('(')) {
      const inner = this.value();
      this.expect(')');
      return inner;
    }
    if (this.next.startsWith('"')) {
      const text = JSON.parse(this.take()) as string;
      return () => text;
    }
    if (/^\d/.test(this.next)) {
      const number = Number(this.take());
      return () => number;
    }
    if (['now', 'coalesce', 'ispresent'].includes(this.next)) return this.#call();
    const name = this.field();
    return (row) => row[name];
  }

  #call(): Expression {
    const name = this.take();
    this.expect('(');
    if (name === 'now') {
      this.expect(')');
      return () => Math.floor(this.now.getTime() / 1000);
    }
    if (name === 'ispresent') {
      const field = this.value();
      this.expect(')');
      return (row) => (field(row) == null ? 0 : 1);
    }
    const choices = this.list(() => this.value());
    this.expect(')');
    return (row) => choices.map((choice) => choice(row)).find((value) => value != null);
  }

  /** Comparisons, with `and` before `or`. */
  condition(): (row: Row) => boolean {
    const choices = [this.#all()];
    while (this.accept('or')) choices.push(this.#all());
    return (row) => choices.some((choice) => choice(row));
  }

  #all(): (row: Row) => boolean {
    const parts = [this.#comparison()];
    while (this.accept('and')) parts.push(this.#comparison());
    return (row) => parts.every((part) => part(row));
  }

  #comparison(): (row: Row) => boolean {
    if (this.accept('not')) {
      const inner = this.#comparison();
      return (row) => !inner(row);
    }
    if (this.next === 'ispresent') {
      const isPresent = this.#call();
      return (row) => isPresent(row) === 1;
    }
    const left = this.value();
    const isNot = this.accept('not');
    if (this.accept('in')) {
      this.expect('[');
      const choices = this.list(() => this.value());
      this.expect(']');
      // An event without the field is neither among them nor not.
      return (row) => left(row) != null && choices.some((choice) => choice(row) === left(row)) !== isNot;
    }
    const operator = this.take();
    const right = this.value();
    if (operator === '=') return (row) => left(row) === right(row);
    if (operator === '>') return (row) => Number(left(row) ?? Number.NaN) > Number(right(row));
    throw new Error(`The operator ${operator} is not modelled`);
  }

  aggregate(): Aggregate {
    const name = this.take();
    this.expect('(');
    if (name === 'count') {
      this.expect('*');
      this.expect(')');
      return (rows) => rows.length;
    }
    const field = this.field();
    this.expect(')');
    if (name !== 'latest' && name !== 'earliest') throw new Error(`The function ${name} is not modelled`);
    return (rows) => {
      const inOrder = rows.toSorted((one, other) => Number(one['@timestamp']) - Number(other['@timestamp']));
      // AWS does not say whether an event without the field counts. It does not here: then the value is of another event.
      const having = inOrder.filter((row) => row[field] != null);
      return (name === 'latest' ? having.at(-1) : having[0])?.[field];
    };
  }

  /** The name of what was read last. */
  alias(otherwise: string): string {
    return this.accept('as') ? this.take() : otherwise;
  }
}

type Command = (rows: readonly Row[]) => readonly Row[];

const COMMANDS: Readonly<Record<string, (reader: Reader) => Command>> = {
  fields: (reader) => {
    const shown = reader.list(() => {
      const first = reader.next;
      const value = reader.value();
      return [reader.alias(first), value] as const;
    });
    // Later commands find the fields of the event, too.
    return (rows) =>
      rows.map((row) => ({
        ...row,
        ...Object.fromEntries(shown.map(([name, value]) => [name, value(row)])),
      }));
  },
  filter: (reader) => {
    const condition = reader.condition();
    return (rows) => rows.filter(condition);
  },
  sort: (reader) => {
    const name = reader.field();
    const sign = reader.accept('desc') ? -1 : 1;
    reader.accept('asc');
    return (rows) => rows.toSorted((one, other) => sign * ((one[name] ?? '') < (other[name] ?? '') ? -1 : 1));
  },
  dedup: (reader) => {
    const names = reader.list(() => reader.field());
    return (rows) => {
      const keys = rows.map((row) => JSON.stringify(names.map((name) => row[name])));
      return rows.filter((_row, index) => keys.indexOf(keys[index] ?? '') === index);
    };
  },
  limit: (reader) => {
    const most = Number(reader.take());
    return (rows) => rows.slice(0, most);
  },
  stats: (reader) => {
    const computed = reader.list(() => {
      const aggregate = reader.aggregate();
      return [reader.alias('value'), aggregate] as const;
    });
    reader.expect('by');
    const names = reader.list(() => reader.field());
    return (rows) => {
      const groups = new Map<string, Row[]>();
      for (const row of rows) {
        const key = JSON.stringify(names.map((name) => row[name]));
        groups.set(key, [...(groups.get(key) ?? []), row]);
      }
      return [...groups.values()].map((group) => ({
        ...Object.fromEntries(names.map((name) => [name, group[0]?.[name]])),
        ...Object.fromEntries(computed.map(([name, aggregate]) => [name, aggregate(group)])),
      }));
    };
  },
};

/** A query that has been understood. */
export interface Understood {
  readonly run: (rows: readonly Row[]) => readonly Row[];
  /** The fields of events that it asks for, and not those that it has made itself. */
  readonly asksFor: readonly string[];
}

/**
 * Understands a query.
 *
 * @param now - When it is run.
 * @throws Error for what it does not know, and where `dedup` is followed by anything but `limit`.
 */
export const understood = (query: string, now: Date): Understood => {
  const made = new Set<string>();
  const asked = new Set<string>();
  const names: string[] = [];
  const commands = query.split('\n| ').map((text) => {
    const reader = new Reader(text, now);
    const name = reader.take();
    names.push(name);
    const command = COMMANDS[name]?.(reader);
    if (command === undefined || !reader.isDone) throw new Error(`Not understood: ${text}`);
    for (const field of reader.fields) if (!made.has(field)) asked.add(field);
    for (const [, alias = ''] of text.matchAll(/ as (\w+)/g)) made.add(alias);
    return command;
  });
  const afterDedup = names.includes('dedup') ? names.slice(names.indexOf('dedup') + 1) : [];
  if (afterDedup.some((name) => name !== 'limit')) throw new Error('Only limit may follow dedup');
  return {
    run: (rows) => commands.reduce((left, command) => command(left), rows),
    asksFor: [...asked].filter((field) => !field.startsWith('@')),
  };
};
