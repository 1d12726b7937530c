import { type Template, TemplateRefused, type TemplateResolver } from './template';

type Values = readonly string[];

interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly RegExp[];
  readonly resources: readonly RegExp[];
  /** All of them have to hold. */
  readonly conditions: readonly Condition[];
}

interface Condition {
  readonly key: string;
  /** Whether it holds for a call's values of its key: none, one, or several. */
  readonly holds: (values: Values) => boolean;
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
const wildcards = (pattern: string, anyCharacter = '.'): string =>
  pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/[*?]/g, (wildcard) => (wildcard === '*' ? `${anyCharacter}*` : anyCharacter));

const matcher = (pattern: string, flags = ''): RegExp => new RegExp(`^${wildcards(pattern)}$`, flags);

/** IAM User Guide, Arn condition operators: each of the six parts of an ARN is compared separately. */
const arnMatcher = (pattern: string): RegExp => {
  const parts = pattern.split(':');
  const resource = wildcards(parts.slice(5).join(':'));
  return new RegExp(`^${[...parts.slice(0, 5).map((part) => wildcards(part, '[^:]')), resource].join(':')}$`);
};

/**
 * The condition keys of which one call may have several values (Service Authorization Reference: `ArrayOf…`).
 * For them, only operators with a quantifier have a defined meaning; for the other keys, only operators
 * without one (IAM User Guide, "Set operators for multivalued context keys").
 */
const MULTIVALUED_KEYS: ReadonlySet<string> = new Set([
  'aws:TagKeys',
  'events:detail-type',
  'events:source',
  'secretsmanager:AddReplicaRegions',
]);

/**
 * IAM User Guide, condition operators: how a value is compared. ArnEquals and ArnLike accept the same
 * wildcards.
 */
const COMPARISONS: Readonly<Record<string, (pattern: string) => RegExp>> = {
  Bool: literal,
  StringEquals: literal,
  StringLike: (pattern) => matcher(pattern),
  ArnEquals: arnMatcher,
  ArnLike: arnMatcher,
};

/**
 * The negations of these (IAM User Guide, condition operators): with several patterns none may match, and
 * without the key they hold.
 */
const NEGATIONS: Readonly<Record<string, string>> = {
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
  StringNotEquals: 'StringEquals',
};

const OPERATOR = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/;

/**
 * How an operator judges the values of a key; undefined if that is not modelled. Without the key, an operator
 * fails, with two exceptions: `IfExists`, and `ForAllValues`, which holds for no values.
 */
const holdsOf = (operator: string, key: string, patterns: Values): Condition['holds'] | undefined => {
  if (operator === 'Null') {
    const [wanted] = patterns;
    return patterns.length === 1 && (wanted === 'true' || wanted === 'false')
      ? (values) => (values.length === 0) === (wanted === 'true')
      : undefined;
  }
  const [, quantifier, comparison = '', ifExists] = OPERATOR.exec(operator) ?? [];
  const negated = NEGATIONS[comparison];
  const compare = COMPARISONS[negated ?? comparison];
  const saysWhatItMeans = (quantifier !== undefined) === MULTIVALUED_KEYS.has(key);
  if (compare === undefined || !saysWhatItMeans || (quantifier !== undefined && ifExists !== undefined)) {
    return undefined;
  }
  const expressions = patterns.map(compare);
  const matches = (value: string): boolean => expressions.some((expression) => expression.test(value));
  if (negated !== undefined) {
    // With ForAnyValue, one value that does not match is enough, which nobody here means.
    return quantifier === 'ForAnyValue' ? undefined : (values) => !values.some(matches);
  }
  switch (quantifier) {
    case 'ForAllValues':
      return (values) => values.every(matches);
    case 'ForAnyValue':
      return (values) => values.some(matches);
    default:
      return (values) => (values.length === 0 ? ifExists !== undefined : values.every(matches));
  }
};

const parseConditions = (logicalId: string, condition: unknown): Statement['conditions'] =>
  Object.entries((condition ?? {}) as Readonly<Record<string, Readonly<Record<string, unknown>>>>).flatMap(
    ([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => {
        const patterns = listOf(values);
        const holds = patterns.some((pattern) => pattern.includes('${'))
          ? undefined
          : holdsOf(operator, key, patterns);
        if (holds === undefined) {
          throw new TemplateRefused(
            `${logicalId}: policy statements with ${operator} of ${key} are not modelled with ${patterns.join(', ')}`,
          );
        }
        return { key, holds };
      }),
  );

const parseStatement = (logicalId: string, statement: Readonly<Record<string, unknown>>): Statement => {
  const { Action, Resource, Effect, Condition, Sid: _sid, ...others } = statement;
  if ((Effect !== 'Allow' && Effect !== 'Deny') || Object.keys(others).length > 0) {
    const what = Object.keys(others).join(', ') || String(Effect);
    throw new TemplateRefused(`${logicalId}: policy statements with ${what} are not modelled`);
  }
  return {
    effect: Effect,
    actions: listOf(Action).map((action) => matcher(action, 'i')),
    resources: listOf(Resource).map((resource) => matcher(resource)),
    conditions: parseConditions(logicalId, Condition),
  };
};

/** A call, as policies see it. */
type Request = Omit<Parameters<Permissions>[0], 'caller'>;

const applies = (statement: Statement, { action, resource, conditions = {} }: Request): boolean =>
  statement.actions.some((pattern) => pattern.test(action)) &&
  statement.resources.some((pattern) => pattern.test(resource)) &&
  statement.conditions.every(({ key, holds }) => holds(conditions[key] ?? []));

/** IAM User Guide, policy evaluation: if one statement denies a call, no other can allow it. */
const isAllowed = (statements: readonly Statement[], request: Request): boolean => {
  const applying = statements.filter((statement) => applies(statement, request));
  return applying.length > 0 && applying.every(({ effect }) => effect === 'Allow');
};

/**
 * What the policy of a resource allows to the principals that it names.
 *
 * @param logicalId - of the resource, for messages.
 */
export const resourcePolicyAllows = (
  logicalId: string,
  policy: { readonly Statement: readonly Readonly<Record<string, unknown>>[] },
  request: Request,
): boolean =>
  isAllowed(
    policy.Statement.map(({ Principal: _principal, ...statement }) => parseStatement(logicalId, statement)),
    request,
  );

/** Whether a statement of a resource's policy is about a caller, who is a user or a role. */
const isAbout = (principal: unknown, caller: string): boolean => {
  if (principal === '*') return true;
  const { AWS } = principal as { readonly AWS: string | readonly string[] };
  return listOf(AWS).includes(caller);
};

/**
 * What the policy of a resource says of a caller: it denies the call, allows it, or says nothing.
 *
 * @param policy - as text.
 */
export const resourcePolicySays = (
  policy: string,
  { caller, conditions, ...request }: Parameters<Permissions>[0],
): 'deny' | 'allow' | undefined => {
  const { Statement } = JSON.parse(policy) as {
    readonly Statement: readonly Readonly<Record<string, unknown>>[];
  };
  // A condition sees the role of a session, not the session (IAM User Guide, "AWS global condition context keys").
  const known = {
    'aws:PrincipalArn': [caller],
    'aws:PrincipalIsAWSService': ['false'],
    ...conditions,
  };
  const effects = Statement.filter(({ Principal }) => isAbout(Principal, caller))
    .map(({ Principal: _principal, ...statement }) => parseStatement(request.resource, statement))
    .filter((statement) => applies(statement, { ...request, conditions: known }))
    .map(({ effect }) => effect);
  if (effects.includes('Deny')) return 'deny';
  return effects.length > 0 ? 'allow' : undefined;
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
  return ({ caller, ...request }) => isAllowed(byRole.get(caller.split('/').at(-1) ?? '') ?? [], request);
};
