import { type Template, TemplateRefused, type TemplateResolver } from './template';

interface Statement {
  readonly actions: readonly RegExp[];
  readonly resources: readonly RegExp[];
}

/** Says whether a role may do something. */
export type Permissions = (request: {
  readonly caller: string;
  readonly action: string;
  readonly resource: string;
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

const parseStatement = (logicalId: string, statement: Readonly<Record<string, unknown>>): Statement => {
  const { Action, Resource, Effect, Sid: _sid, ...others } = statement;
  if (Effect !== 'Allow' || Object.keys(others).length > 0) {
    const what = Effect === 'Allow' ? Object.keys(others).join(', ') : String(Effect);
    throw new TemplateRefused(`${logicalId}: policy statements with ${what} are not modelled`);
  }
  return {
    actions: listOf(Action).map((action) => matcher(action, 'i')),
    resources: listOf(Resource).map((resource) => matcher(resource)),
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
  return ({ caller, action, resource }) =>
    (byRole.get(caller.split('/').at(-1) ?? '') ?? []).some(
      (statement) =>
        statement.actions.some((pattern) => pattern.test(action)) &&
        statement.resources.some((pattern) => pattern.test(resource)),
    );
};
