import { type Template, TemplateRefused, type TemplateResolver } from './template';

interface Condition {
  readonly key: string;
  readonly holds: (values: readonly string[]) => boolean;
}

interface Statement {
  readonly actions: readonly RegExp[];
  readonly resources: readonly RegExp[];
  /** Each says of the values that a call has for a condition key whether it holds. */
  readonly conditions: readonly Condition[];
}

/** Says whether a role may do something. */
export type Permissions = (request: {
  readonly caller: string;
  readonly action: string;
  readonly resource: string;
  /** The call's values by condition key. Default: none. */
  readonly conditions?: Readonly<Record<string, readonly string[]>>;
}) => boolean;

const listOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value : [value]).map(String);

const literal = (text: string): RegExp => new RegExp(`^${text.replace(/[.*?+^${}()|[\]\\]/g, '\\$&')}$`);

/** IAM User Guide, policy elements: `*` and `?` are wildcards. */
const matcher = (pattern: string, flags = ''): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    flags,
  );

/**
 * IAM User Guide, condition operators and "Set operators for multivalued context keys": StringEquals is literal, StringLike
 * knows wildcards; without the key both fail. With ForAllValues each value has to match, and a call without the key passes:
 * so Null goes with it, which says whether the key may be missing.
 */
const OPERATORS: Readonly<Record<string, (values: readonly string[]) => Condition['holds']>> = {
  StringEquals: (wanted) => present(everyMatches(wanted.map((value) => literal(value)))),
  StringLike: (wanted) => present(everyMatches(wanted.map((value) => matcher(value)))),
  'ForAllValues:StringEquals': (wanted) => everyMatches(wanted.map((value) => literal(value))),
  Null:
    (wanted) =>
    ({ length }) =>
      wanted.includes(String(length === 0)),
};

const everyMatches =
  (patterns: readonly RegExp[]): Condition['holds'] =>
  (values) =>
    values.every((value) => patterns.some((pattern) => pattern.test(value)));

const present =
  (holds: Condition['holds']): Condition['holds'] =>
  (values) =>
    values.length > 0 && holds(values);

const parseConditions = (logicalId: string, condition: unknown): Statement['conditions'] =>
  Object.entries((condition ?? {}) as Readonly<Record<string, Readonly<Record<string, unknown>>>>).flatMap(
    ([operator, keys]) => {
      const holds = OPERATORS[operator];
      if (holds === undefined) {
        throw new TemplateRefused(`${logicalId}: policy statements with ${operator} are not modelled`);
      }
      return Object.entries(keys).map(([key, values]) => ({ key, holds: holds(listOf(values)) }));
    },
  );

const parseStatement = (logicalId: string, statement: Readonly<Record<string, unknown>>): Statement => {
  const { Action, Resource, Effect, Condition, Sid: _sid, ...others } = statement;
  if (Effect !== 'Allow' || Object.keys(others).length > 0) {
    const what = Effect === 'Allow' ? Object.keys(others).join(', ') : String(Effect);
    throw new TemplateRefused(`${logicalId}: policy statements with ${what} are not modelled`);
  }
  return {
    actions: listOf(Action).map((action) => matcher(action, 'i')),
    resources: listOf(Resource).map((resource) => matcher(resource)),
    conditions: parseConditions(logicalId, Condition),
  };
};

/** What the template's roles may do, by the policies that it attaches to them. */
export const rolePermissions = (template: Template, resolver: TemplateResolver): Permissions => {
  const byRole = new Map<string, Statement[]>();
  for (const [logicalId, { Type, Properties = {} }] of Object.entries(template.Resources)) {
    if (Type !== 'AWS::IAM::Policy' && Type !== 'AWS::IAM::ManagedPolicy') continue;
    const { PolicyDocument, Roles = [] } = resolver.resolve(Properties) as {
      readonly PolicyDocument: { readonly Statement: readonly Readonly<Record<string, unknown>>[] };
      readonly Roles?: readonly string[];
    };
    const statements = PolicyDocument.Statement.map((statement) => parseStatement(logicalId, statement));
    for (const role of Roles) byRole.set(role, [...(byRole.get(role) ?? []), ...statements]);
  }
  return ({ caller, action, resource, conditions = {} }) =>
    (byRole.get(caller.split('/').at(-1) ?? '') ?? []).some(
      (statement) =>
        statement.actions.some((pattern) => pattern.test(action)) &&
        statement.resources.some((pattern) => pattern.test(resource)) &&
        statement.conditions.every(({ key, holds }) => holds(conditions[key] ?? [])),
    );
};
