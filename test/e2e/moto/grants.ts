import type { Template, TemplateResolver } from '../../../local/deployment/template';

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

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
}

const ROLE_POLICIES = new Set(['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']);

const RESOURCE_POLICIES = new Set(['AWS::SNS::TopicPolicy', 'AWS::SQS::QueuePolicy']);

/** A grant as one word, for a key. */
export const grantKey = ({ role, action }: Grant): string => `${role} ${action}`;

/** A role's name for people: its logical ID without the stack's part and the hash. */
export const shortRole = (role: string): string =>
  role.replace(/^AccessKeyRotation/, '').replace(/Role[0-9A-F]{8}$/, '');

const actionsOf = ({ Action }: Statement): readonly string[] => [Action].flat();

/**
 * Everything that the template grants: to roles, action by action, and by the policies of resources.
 *
 * @throws Error for a policy that grants anything in another way than by plain actions.
 */
export const grantsOf = (
  template: Template,
  resolver: TemplateResolver,
): { readonly grants: readonly Grant[]; readonly resourceStatements: readonly ResourceStatement[] } => {
  const grants = new Map<string, Grant>();
  const resourceStatements: ResourceStatement[] = [];
  for (const [logicalId, { Type, Properties = {} }] of Object.entries(template.Resources)) {
    const inline =
      Type === 'AWS::IAM::Role' && ('Policies' in Properties || 'ManagedPolicyArns' in Properties);
    if (inline) throw new Error(`${logicalId}: policies within a role are not accounted for`);
    if (!ROLE_POLICIES.has(Type) && !RESOURCE_POLICIES.has(Type)) continue;
    const { Statement: statements } = Properties.PolicyDocument as {
      readonly Statement: readonly Statement[];
    };
    const roles = resolver.resolve(Properties.Roles ?? []) as readonly string[];
    for (const [index, statement] of statements.entries()) {
      if (RESOURCE_POLICIES.has(Type)) {
        resourceStatements.push({
          resource: logicalId,
          statement: statement.Sid ?? `statement ${index + 1}`,
        });
        continue;
      }
      // It grants nothing, and moto does not evaluate conditions.
      if (statement.Effect === 'Deny') continue;
      for (const action of actionsOf(statement)) {
        if (statement.Effect !== 'Allow' || action.includes('*')) {
          throw new Error(`${logicalId}: ${statement.Effect} ${action} is not accounted for`);
        }
        for (const role of roles) grants.set(grantKey({ role, action }), { role, action });
      }
    }
  }
  return { grants: [...grants.values()], resourceStatements };
};

/** The actions of each role. */
export const actionsByRole = (grants: readonly Grant[]): ReadonlyMap<string, readonly string[]> => {
  const byRole = new Map<string, string[]>();
  for (const { role, action } of grants) byRole.set(role, [...(byRole.get(role) ?? []), action]);
  return byRole;
};
