import { notModelled } from '../ground/errors';

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isNoneOf = (refused: unknown, value: unknown): boolean => {
  if (isObject(refused)) {
    const { prefix, ...others } = refused;
    if (typeof prefix !== 'string' || Object.keys(others).length > 0) {
      throw notModelled(`anything-but with ${Object.keys(refused).join(', ')}`);
    }
    return typeof value === 'string' && !value.startsWith(prefix);
  }
  return typeof value === 'string' && ![refused].flat().includes(value);
};

/** One of the alternatives that a pattern has for a field; undefined: the event has no such field. */
const isAllowed = (alternative: unknown, value: unknown): boolean => {
  if (!isObject(alternative)) return alternative === value;
  const [operator = '', ...others] = Object.keys(alternative);
  if (others.length > 0) throw notModelled(`${operator} beside ${others.join(', ')}`);
  switch (operator) {
    case 'exists':
      return alternative.exists === (value !== undefined);
    case 'prefix':
      return typeof value === 'string' && value.startsWith(String(alternative.prefix));
    case 'anything-but':
      return isNoneOf(alternative[operator], value);
    default:
      throw notModelled(`the comparison operator ${operator}`);
  }
};

const matchesField = (expected: unknown, value: unknown): boolean => {
  if (isObject(expected)) return matchesPattern(expected, isObject(value) ? value : {});
  if (!Array.isArray(expected)) throw notModelled(`an event pattern with ${JSON.stringify(expected)}`);
  const values = Array.isArray(value) ? value : [value];
  return values.some((one) => expected.some((alternative) => isAllowed(alternative, one)));
};

/**
 * Whether an event pattern matches an event (EventBridge User Guide, "Comparison operators for use in event patterns"): every
 * field of the pattern has to match, and one of each `$or`.
 */
export const matchesPattern = (pattern: Json, event: Json): boolean =>
  Object.entries(pattern).every(([field, expected]) =>
    field === '$or'
      ? (expected as readonly Json[]).some((alternative) => matchesPattern(alternative, event))
      : matchesField(expected, event[field]),
  );

/** What a rule makes of an event for a target. */
export interface InputTransformer {
  readonly InputPathsMap: Readonly<Record<string, string>>;
  /** A JSON object, or lines of text, each in double quotes. */
  readonly InputTemplate: string;
}

const valueAt = (path: string, event: Json): unknown =>
  path
    .split('.')
    .slice(1)
    .reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), event);

/** A variable of a template, or anything that ends or begins a text in it. */
const PART = /<([\w.-]+)>|\\.|"/g;

/**
 * What a target gets (EventBridge User Guide, "Input transformation"; API Reference, InputTransformer). It is JSON: of lines of text,
 * SNS sends the quotes to its subscribers, too. Within quotes a value is put as JSON writes it, without quotes of its own; outside,
 * with them.
 */
export const transformed = ({ InputPathsMap, InputTemplate }: InputTransformer, event: Json): string => {
  const isObjectTemplate = InputTemplate.startsWith('{');
  for (const line of isObjectTemplate ? [] : InputTemplate.split('\n')) {
    if (!/^".*"$/.test(line)) throw notModelled(`an input template with the line ${line}`);
  }
  let isQuoted = false;
  const text = InputTemplate.replace(PART, (part, name: string | undefined) => {
    if (name === undefined) {
      if (part === '"') isQuoted = !isQuoted;
      return part;
    }
    const value = valueAt(InputPathsMap[name] ?? '', event);
    // A path that leads nowhere makes no variable.
    if (value === undefined) return '';
    return isQuoted ? JSON.stringify(String(value)).slice(1, -1) : JSON.stringify(value);
  });
  if (isObjectTemplate) requireJson(text);
  return text;
};

/** Of what EventBridge does with anything else, its documents say nothing. */
const requireJson = (text: string): void => {
  try {
    JSON.parse(text);
  } catch {
    throw notModelled(`an input template that comes to ${text}`);
  }
};
