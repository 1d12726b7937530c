import { type Template, TemplateRefused, type TemplateResolver } from './template';

interface Statement {
  readonly actions: readonly RegExp[];
  readonly resources: readonly RegExp[];
  /** By condition key: the values of which the call must have one. */
  readonly equals: ReadonlyMap<string, readonly string[]>;
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

/** IAM User Guide, policy elements: `*` and `?` are wildcards. */
const matcher = (pattern: string, flags = ''): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
    flags,
  );

/** Of the operators of conditions, StringEquals is known. */
const parseCondition = (logicalId: string, condition: unknown): Statement['equals'] => {
  const { StringEquals = {}, ...others } = (condition ?? {}) as Readonly<
    Record<string, Readonly<Record<string, unknown>>>
  >;
  const unknown = Object.keys(others);
  if (unknown.length > 0) {
    throw new TemplateRefused(`${logicalId}: conditions with ${unknown.join(', ')} are not modelled`);
  }
  return new Map(Object.entries(StringEquals).map(([key, values]) => [key, listOf(values)]));
};

const parseStatement = (logicalId: string, statement: Readonly<Record<string, unknown>>): Statement => {
  const { Action, Resource, Effect, Condition, Sid: _sid, ...others } = statement;
  if (Effect !== 'Allow' || Object.keys(others).length > 0) {
    const what = Effect === 'Allow' ? Object.keys(others).join(', ') : String(Effect);
    throw new TemplateRefused(`${logicalId}: policy statements with ${what} are not modelled`);
  }
  return {
    actions: listOf(Action).map((action) => matcher(action, 'i')),
    resources: listOf(Resource).map((resource) => matcher(resource)),
    equals: parseCondition(logicalId, Condition),
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
        // A list without a value of the call's, and a call without a value, match nothing.
        [...statement.equals].every(
          ([key, allowed]) =>
            (conditions[key]?.length ?? 0) > 0 && conditions[key]?.every((value) => allowed.includes(value)),
        ),
    );
};
