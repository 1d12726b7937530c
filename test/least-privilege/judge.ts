import type { RecordedCall } from './recorder';
import { nameInReference, type Reference, type ReferenceAction } from './reference';
import type { WrittenStatement } from './written-policies';

/*
 * Judges policies, and what the embedded AWS says of calls, by the Service Authorization Reference.
 */

/** What differs from name to name. */
const PLACEHOLDER = /\$\{[^}]+\}/;

/** A character of a pattern: itself, or what it stands for. */
type Token =
  | { readonly kind: 'one' | 'any' | 'some' }
  | { readonly kind: 'same'; readonly character: string };

const tokensOf = (pattern: string): readonly Token[] =>
  pattern.split(new RegExp(`(${PLACEHOLDER.source}|[*?])`)).flatMap((part): readonly Token[] => {
    if (PLACEHOLDER.test(part)) return [{ kind: 'some' }];
    if (part === '*') return [{ kind: 'any' }];
    if (part === '?') return [{ kind: 'one' }];
    return [...part].map((character) => ({ kind: 'same', character }));
  });

/** Whether there is a text that both patterns match: `*` and `?` as in policies, and `${...}` for at least one character. */
export const overlap = (one: string, other: string): boolean => {
  const [a, b] = [tokensOf(one), tokensOf(other)];
  const known = new Map<string, boolean>();
  const from = (i: number, j: number, inA: boolean, inB: boolean): boolean => {
    const key = `${i} ${j} ${inA} ${inB}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    // What is still to be found out does not hold.
    known.set(key, false);
    const found = search(i, j, inA, inB);
    known.set(key, found);
    return found;
  };
  /** `inA`: the token at `i` has matched a character already. */
  const search = (i: number, j: number, inA: boolean, inB: boolean): boolean => {
    const [x, y] = [a[i], b[j]];
    if (x === undefined && y === undefined) return true;
    const mayLeave = (token: Token | undefined, entered: boolean): boolean =>
      token?.kind === 'any' || (token?.kind === 'some' && entered);
    if (mayLeave(x, inA) && from(i + 1, j, false, inB)) return true;
    if (mayLeave(y, inB) && from(i, j + 1, inA, false)) return true;
    if (x === undefined || y === undefined) return false;
    if (x.kind === 'same' && y.kind === 'same' && x.character !== y.character) return false;
    const stays = (token: Token): boolean => token.kind === 'any' || token.kind === 'some';
    const afterX = stays(x) ? ([i, true] as const) : ([i + 1, false] as const);
    const afterY = stays(y) ? ([j, true] as const) : ([j + 1, false] as const);
    // Both may go on for ever, which changes nothing: one of them is left by one of the rules above.
    if (afterX[0] === i && afterY[0] === j && inA && inB) return false;
    return from(afterX[0], afterY[0], afterX[1], afterY[1]);
  };
  return from(0, 0, false, false);
};

/** The parts of an ARN before the resource, and the resource. */
const partsOf = (arn: string): readonly string[] => {
  const parts = arn.split(':');
  return [...parts.slice(0, 5), parts.slice(5).join(':')];
};

/** Whether an ARN, or a pattern of one, can be of a type. A wildcard does not reach beyond its part of the ARN. */
const isOfType = (resource: string, form: string): boolean => {
  const parts = partsOf(resource);
  return partsOf(form).every((part, index) => overlap(parts[index] ?? '', part));
};

/** Whether a key is one of these, some of which have a placeholder. */
const isAmong = (key: string, known: readonly string[]): boolean =>
  known.some((one) => {
    const [start = '', ...more] = one.split(PLACEHOLDER);
    return more.length === 0
      ? nameInReference(one) === nameInReference(key)
      : nameInReference(key).startsWith(nameInReference(start)) && key.length > start.length;
  });

const supports = ({ keys }: Reference, action: ReferenceAction, key: string): boolean =>
  keys.get(nameInReference(key))?.isGlobal === true || isAmong(key, action.conditionKeys);

const OPERATOR = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/;

/** The operators for each type of values (IAM User Guide, "Condition operators"). */
const FAMILIES: Readonly<Record<string, RegExp>> = {
  String: /^String(Not)?(Equals(IgnoreCase)?|Like)$/,
  ARN: /^Arn(Not)?(Equals|Like)$/,
  Bool: /^Bool$/,
  Numeric: /^Numeric/,
  Date: /^Date/,
  IPAddress: /^(Not)?IpAddress$/,
};

/** Whether an operator can judge the values of a key; if not, why. */
const operatorProblem = (operator: string, key: string, type: string): string | undefined => {
  if (operator === 'Null') return undefined;
  const [, quantifier, comparison = ''] = OPERATOR.exec(operator) ?? [];
  const [, array, of = ''] = /^(ArrayOf)?(.*)$/.exec(type) ?? [];
  if (FAMILIES[of]?.test(comparison) !== true) return `${operator} does not judge ${key}, which is ${type}`;
  if ((array !== undefined) !== (quantifier !== undefined)) {
    return `${key} is ${type}, so that ${operator} ${array === undefined ? 'must not' : 'has to'} begin with ForAllValues or ForAnyValue`;
  }
  return undefined;
};

/** Whether a condition holds for a call without its key, so that an action that never has the key is not affected. */
const holdsWithout = (operator: string, values: readonly string[]): boolean =>
  operator === 'Null'
    ? values.includes('true')
    : operator.startsWith('ForAllValues:') || operator.endsWith('IfExists') || /Not/.test(operator);

/** Names the action and the wildcard of a statement that is not as narrow as the reference allows. */
export type MayBeWild = (action: string) => boolean;

/**
 * What is wrong with a statement.
 *
 * @param mayBeWild - whether a reason is known why a statement names no resource, although the action knows some.
 */
export const statementProblems = (
  reference: Reference,
  { where, effect, actions, resources, conditions }: WrittenStatement,
  mayBeWild: MayBeWild,
): readonly string[] => {
  const problems: string[] = [];
  const complain = (what: string): void => void problems.push(`${where}: ${what}`);
  const plain = actions.filter((action) => !action.includes('*'));
  // Whoever denies more than there is takes nothing.
  if (effect !== 'Deny') {
    for (const action of actions.filter((one) => !plain.includes(one))) complain(`${action} is no action`);
  }
  const known = plain.flatMap((action) => {
    const entry = reference.actions.get(nameInReference(action));
    if (entry === undefined) complain(`there is no action ${action}`);
    return entry === undefined ? [] : [{ action, entry }];
  });
  for (const { action, entry } of known) {
    for (const resource of resources ?? []) {
      if (resource === '*') {
        const isNarrow = entry.resourceTypes.length === 0 || effect === 'Deny' || mayBeWild(action);
        if (!isNarrow) complain(`${action} on *, although it knows resources`);
      } else if (!entry.resourceTypes.some(({ arn }) => isOfType(resource, arn))) {
        const types = entry.resourceTypes.map(({ name }) => name).join(', ') || 'none';
        complain(`${action} is not about ${resource}, but about resources of these types: ${types}`);
      }
    }
  }
  for (const { operator, key, values } of conditions) {
    const type = reference.keys.get(nameInReference(key))?.type;
    if (type === undefined) {
      complain(`there is no condition key ${key}`);
      continue;
    }
    const problem = operatorProblem(operator, key, type);
    if (problem !== undefined) complain(problem);
    const without = known.filter(({ entry }) => !supports(reference, entry, key));
    const isVoid = holdsWithout(operator, values) ? without.length === known.length : without.length > 0;
    if (known.length > 0 && isVoid) {
      complain(`${without.map(({ action }) => action).join(', ')} never has the condition key ${key}`);
    }
  }
  return problems;
};

/** What the embedded AWS says of a call although the action has no such resource, or no such condition key. */
export const callProblems = (
  reference: Reference,
  { action, resource, conditions }: RecordedCall,
): readonly string[] => {
  const entry = reference.actions.get(nameInReference(action));
  if (entry === undefined) return [`there is no action ${action}`];
  const isNone = resource === '*' && entry.mayNameNone;
  const isTyped = entry.resourceTypes.some(({ arn }) => resource !== '*' && isOfType(resource, arn));
  return [
    ...(isNone || isTyped ? [] : [`${action} is not about ${resource}`]),
    ...Object.entries(conditions).flatMap(([key, values]) => {
      const type = reference.keys.get(nameInReference(key))?.type;
      if (type === undefined || !supports(reference, entry, key))
        return [`${action} has no condition key ${key}`];
      return values.length > 1 && !type.startsWith('ArrayOf')
        ? [`${action} has ${values.length} values of ${key}, which is ${type}`]
        : [];
    }),
  ];
};
