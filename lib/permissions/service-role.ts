import {
  type AddToPrincipalPolicyResult,
  type CfnRole,
  ManagedPolicy,
  type PolicyStatement,
  Role,
  type RoleProps,
} from 'aws-cdk-lib/aws-iam';
import type { Construct, IConstruct } from 'constructs';
import type { DeploymentSettings } from '../config';

/** What roles and their policies need to know of the deployment. */
export type RoleSettings = Pick<DeploymentSettings, 'permissionsBoundaryArn' | 'policies' | 'rolePath'>;

/** The path of a role or a managed policy, if it has one. */
export const pathOf = ({ rolePath }: Pick<RoleSettings, 'rolePath'>): { readonly path?: string } =>
  rolePath === '/' ? {} : { path: rolePath };

/** The properties of {@link ServiceRole}. */
export interface ServiceRoleProps extends Pick<RoleProps, 'assumedBy' | 'description'> {
  /** How the stack is deployed. */
  readonly deployment: RoleSettings;
}

/**
 * A role as the deployment asks for it: with its path and its permissions boundary. What is added to it, by the CDK's own constructs
 * too, stands in an inline policy, or in a managed one where no inline policy may be.
 */
export class ServiceRole extends Role {
  /** How the stack is deployed. */
  readonly deployment: RoleSettings;

  #managed: ManagedPolicy | undefined;

  constructor(scope: Construct, id: string, { deployment, ...props }: ServiceRoleProps) {
    super(scope, id, { ...props, ...pathOf(deployment) });
    this.deployment = deployment;
    if (deployment.permissionsBoundaryArn !== undefined) {
      (this.node.defaultChild as CfnRole).permissionsBoundary = deployment.permissionsBoundaryArn;
    }
  }

  override addToPrincipalPolicy(statement: PolicyStatement): AddToPrincipalPolicyResult {
    if (this.deployment.policies === 'inline') return super.addToPrincipalPolicy(statement);
    this.#managed ??= new ManagedPolicy(this, 'AddedPermissions', {
      description: `Permissions of ${this.node.path}`,
      roles: [this],
      ...pathOf(this.deployment),
    });
    this.#managed.addStatements(statement);
    return { statementAdded: true, policyDependable: this.#managed };
  }

  /** The policy of what was added. It waits for the role, and so for everything that the role waits for. */
  get addedPermissions(): IConstruct {
    return this.#managed ?? this.node.findChild('DefaultPolicy');
  }
}
