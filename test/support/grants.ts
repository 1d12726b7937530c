import { roleStatements } from '../../local/deployment/permissions';
import type { Template, TemplateResolver } from '../../local/deployment/template';

/*
 * What a template grants, for those who ask whether it is needed.
 */

/** An action that the template grants to a role. */
export interface Grant {
  /** The role's name in AWS, which is its logical ID. */
  readonly role: string;
  readonly action: string;
}

/** A statement of a resource's policy, not of a role's. */
export interface ResourceStatement {
  readonly resource: string;
  readonly statement: string;
}

const RESOURCE_POLICIES = new Set(['AWS::SNS::TopicPolicy', 'AWS::SQS::QueuePolicy']);

/** A grant as one word, for a key. */
export const grantKey = ({ role, action }: Grant): string => `${role} ${action}`;

/** A role's name for people: its logical ID without the stack's part and the hash. */
export const shortRole = (role: string): string =>
  role.replace(/^AccessKeyRotation/, '').replace(/Role[0-9A-F]{8}$/, '');

/**
 * Everything that the template grants: to roles, action by action, and by the policies of resources. What denies grants nothing.
 *
 * @throws Error for a policy that grants anything in another way than by plain actions.
 */
export const grantsOf = (
  template: Template,
  resolver: TemplateResolver,
): { readonly grants: readonly Grant[]; readonly resourceStatements: readonly ResourceStatement[] } => {
  const grants = new Map<string, Grant>();
  for (const { role, policy, effect, actions } of roleStatements(template, resolver)) {
    if (effect === 'Deny') continue;
    for (const { text: action } of actions) {
      if (action.includes('*')) throw new Error(`${policy}: ${effect} ${action} is not accounted for`);
      grants.set(grantKey({ role, action }), { role, action });
    }
  }
  const resourceStatements = Object.entries(template.Resources).flatMap(
    ([resource, { Type, Properties = {} }]) => {
      if (!RESOURCE_POLICIES.has(Type)) return [];
      const { Statement } = Properties.PolicyDocument as {
        readonly Statement: readonly { readonly Sid?: string }[];
      };
      return Statement.map(({ Sid }, index) => ({ resource, statement: Sid ?? `statement ${index + 1}` }));
    },
  );
  return { grants: [...grants.values()], resourceStatements };
};

/** The actions of each role. */
export const actionsByRole = (grants: readonly Grant[]): ReadonlyMap<string, readonly string[]> => {
  const byRole = new Map<string, string[]>();
  for (const { role, action } of grants) byRole.set(role, [...(byRole.get(role) ?? []), action]);
  return byRole;
};

/** The logical ID that a reference names. */
export const referred = (value: unknown): string | undefined => {
  const { Ref, 'Fn::GetAtt': attribute } = (value ?? {}) as {
    readonly Ref?: string;
    readonly 'Fn::GetAtt'?: readonly string[];
  };
  return Ref ?? attribute?.[0];
};

/** The template without one action of a role. */
export const withoutGrant = (template: Template, { role, action }: Grant): Template => ({
  ...template,
  Resources: Object.fromEntries(
    Object.entries(template.Resources).map(([logicalId, resource]) => {
      const { Roles = [], PolicyDocument } = (resource.Properties ?? {}) as {
        readonly Roles?: readonly unknown[];
        readonly PolicyDocument?: { readonly Statement: readonly { readonly Action: string | string[] }[] };
      };
      const isTheirs = Roles.some((value) => referred(value) === role);
      if (!isTheirs || PolicyDocument === undefined) return [logicalId, resource];
      const Statement = PolicyDocument.Statement.flatMap((statement) => {
        const Action = [statement.Action].flat().filter((granted) => granted !== action);
        return Action.length === 0 ? [] : [{ ...statement, Action }];
      });
      const Properties = { ...resource.Properties, PolicyDocument: { ...PolicyDocument, Statement } };
      return [logicalId, { ...resource, Properties }];
    }),
  ),
});
