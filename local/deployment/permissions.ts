import { type Template, TemplateRefused, type TemplateResolver } from './template';

type Values = readonly string[];

/** A pattern of a policy for actions or resources. */
interface Pattern {
  /** As the template has it, once its references are resolved. */
  readonly text: string;
  readonly matches: (value: string) => boolean;
}

/** A condition of a policy's statement: one operator with one key. */
interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: Values;
  /** Whether it holds for a call's values of its key: none, one, or several. */
  readonly holds: (values: Values) => boolean;
}

/** A statement of a policy. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly Pattern[];
  readonly resources: readonly Pattern[];
  /** All of them have to hold. */
  readonly conditions: readonly Condition[];
}

/** A statement of a policy that the template attaches to a role. */
export interface RoleStatement extends Statement {
  /** The role's name. */
  readonly role: string;
  /** Logical ID of the policy. */
  readonly policy: string;
  /** Its place in the policy, from 1. */
  readonly place: number;
}

/** A call, as policies see it. */
export interface Request {
  readonly action: string;
  readonly resource: string;
  /** The call's values by condition key. Default: none. */
  readonly conditions?: Readonly<Record<string, readonly string[]>>;
}

/** A call of a role, as policies see it. */
export interface RoleRequest extends Request {
  /** ARN of the role. */
  readonly caller: string;
}

/** Says whether a role may do something. */
export type Permissions = (request: RoleRequest) => boolean;

const listOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value : [value]).map(String);

const literal = (text: string): RegExp => new RegExp(`^${text.replace(/[.*?+^${}()|[\]\\]/g, '\\$&')}$`);

/** IAM User Guide, policy elements: `*` and `?` are wildcards. */
const wildcards = (pattern: string, anyCharacter = '.'): string =>
  pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/[*?]/g, (wildcard) => (wildcard === '*' ? `${anyCharacter}*` : anyCharacter));

const matcher = (pattern: string, flags = ''): RegExp => new RegExp(`^${wildcards(pattern)}$`, flags);

const patternOf = (text: string, flags?: string): Pattern => {
  const expression = matcher(text, flags);
  return { text, matches: (value) => expression.test(value) };
};

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
export const MULTIVALUED_KEYS: ReadonlySet<string> = new Set([
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
        return { operator, key, values: patterns, holds };
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
    actions: listOf(Action).map((action) => patternOf(action, 'i')),
    resources: listOf(Resource).map((resource) => patternOf(resource)),
    conditions: parseConditions(logicalId, Condition),
  };
};

const appliesTo = (statement: Statement, { action, resource, conditions = {} }: Request): boolean =>
  statement.actions.some(({ matches }) => matches(action)) &&
  statement.resources.some(({ matches }) => matches(resource)) &&
  statement.conditions.every(({ key, holds }) => holds(conditions[key] ?? []));

/** IAM User Guide, policy evaluation: if one statement denies a call, no other can allow it. */
const isAllowed = (statements: readonly Statement[], request: Request): boolean => {
  const applying = statements.filter((statement) => appliesTo(statement, request));
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
  { caller, conditions, ...request }: RoleRequest,
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
    .filter((statement) => appliesTo(statement, { ...request, conditions: known }))
    .map(({ effect }) => effect);
  if (effects.includes('Deny')) return 'deny';
  return effects.length > 0 ? 'allow' : undefined;
};

/** The name of a role, by its ARN. */
export const roleName = (roleArn: string): string => roleArn.split('/').at(-1) ?? '';

/**
 * The statements of all policies that the template attaches to its roles: one that is attached to two roles is here twice.
 *
 * @throws TemplateRefused for what is not modelled.
 */
export const roleStatements = (template: Template, resolver: TemplateResolver): readonly RoleStatement[] =>
  Object.entries(template.Resources).flatMap(([policy, { Type, Properties = {} }]) => {
    if (Type === 'AWS::IAM::Role' && ('Policies' in Properties || 'ManagedPolicyArns' in Properties)) {
      throw new TemplateRefused(`${policy}: policies within a role are not modelled`);
    }
    if (Type !== 'AWS::IAM::Policy' && Type !== 'AWS::IAM::ManagedPolicy') return [];
    const { PolicyDocument, Roles = [] } = resolver.resolve(Properties) as {
      readonly PolicyDocument: { readonly Statement: readonly Readonly<Record<string, unknown>>[] };
      readonly Roles?: readonly string[];
    };
    const statements = PolicyDocument.Statement.map((statement) => parseStatement(policy, statement));
    return Roles.flatMap((role) =>
      statements.map((statement, index) => ({ ...statement, role, policy, place: index + 1 })),
    );
  });

/** What these statements let the roles do. */
export const permissionsOf = (statements: readonly RoleStatement[]): Permissions => {
  const byRole = new Map<string, RoleStatement[]>();
  for (const statement of statements) {
    byRole.set(statement.role, [...(byRole.get(statement.role) ?? []), statement]);
  }
  return ({ caller, ...request }) => isAllowed(byRole.get(roleName(caller)) ?? [], request);
};

/** What the template's roles may do, by the policies that it attaches to them. */
export const rolePermissions = (template: Template, resolver: TemplateResolver): Permissions =>
  permissionsOf(roleStatements(template, resolver));
