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
  /** Lines of text, each in double quotes. Objects are not modelled. */
  readonly InputTemplate: string;
}

const valueAt = (path: string, event: Json): unknown =>
  path
    .split('.')
    .slice(1)
    .reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), event);

/**
 * The text that a target gets (EventBridge User Guide, "Input transformation"). It is JSON: SNS sends the quotes of each line
 * to its subscribers, too.
 */
export const transformed = ({ InputPathsMap, InputTemplate }: InputTransformer, event: Json): string => {
  for (const line of InputTemplate.split('\n')) {
    if (!/^".*"$/.test(line)) throw notModelled(`an input template with the line ${line}`);
  }
  return InputTemplate.replace(/<([\w-]+)>/g, (_variable, name: string) => {
    const value = valueAt(InputPathsMap[name] ?? '', event);
    // A path that leads nowhere makes no variable.
    return value === undefined ? '' : JSON.stringify(String(value)).slice(1, -1);
  });
};
