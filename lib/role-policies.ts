import { Fn, Token } from 'aws-cdk-lib';
import { ManagedPolicy, Policy, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';

/** Actions on resources, before they are packed into policies. */
export interface Grant {
  readonly actions: readonly string[];
  /** ARNs as `Fn::Sub` writes them (`arn:${AWS::Partition}:iam::...`), or references to resources. */
  readonly resources: readonly string[];
}

/** What IAM allows, in characters without white space. The last is a quota that AWS raises to 20 on request. */
const MAX_INLINE_CHARACTERS = 10_240;
const MAX_MANAGED_CHARACTERS = 6_144;
const MAX_MANAGED_POLICIES_PER_ROLE = 10;

/** A reference is resolved only when the stack is deployed; the ARN of a log group or queue is never this long. */
const REFERENCE_LENGTH = 300;

/** The longest values that the pseudo parameters take in any AWS partition. */
const LONGEST_PSEUDO_PARAMETERS: readonly (readonly [string, number])[] = [
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are CloudFormation's own placeholders.
  ['${AWS::Partition}', 'aws-us-gov'.length],
  ['${AWS::Region}', 'ap-southeast-1'.length],
  ['${AWS::AccountId}', 12],
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above.
];

const EMPTY_DOCUMENT_LENGTH = '{"Version":"2012-10-17","Statement":[]}'.length;

const resourceLength = (resource: string): number => {
  const quotesAndComma = 3;
  if (Token.isUnresolved(resource)) return REFERENCE_LENGTH + quotesAndComma;
  return LONGEST_PSEUDO_PARAMETERS.reduce(
    (length, [parameter, longest]) =>
      length + (resource.split(parameter).length - 1) * (longest - parameter.length),
    resource.length + quotesAndComma,
  );
};

const statementLength = (actions: readonly string[]): number =>
  JSON.stringify({ Effect: 'Allow', Action: actions, Resource: [] }).length + 1;

/** Deals the resources of the grants out to documents, the first of which is the inline policy. */
const pack = (grants: readonly Grant[]): readonly (readonly Grant[])[] => {
  const documents: Grant[][] = [[]];
  let room = MAX_INLINE_CHARACTERS - EMPTY_DOCUMENT_LENGTH;
  for (const { actions, resources } of grants) {
    let statement: string[] | undefined;
    for (const resource of resources) {
      let needed = resourceLength(resource) + (statement === undefined ? statementLength(actions) : 0);
      if (needed > room) {
        documents.push([]);
        statement = undefined;
        room = MAX_MANAGED_CHARACTERS - EMPTY_DOCUMENT_LENGTH;
        needed = resourceLength(resource) + statementLength(actions);
      }
      if (statement === undefined) {
        statement = [];
        documents.at(-1)?.push({ actions, resources: statement });
      }
      statement.push(resource);
      room -= needed;
    }
  }
  return documents;
};

const statementOf = ({ actions, resources }: Grant): PolicyStatement =>
  new PolicyStatement({
    actions: [...actions],
    resources: resources.map((arn) => (Token.isUnresolved(arn) || !arn.includes('$') ? arn : Fn.sub(arn))),
  });

/**
 * Gives a role its permissions: one inline policy and, where that is full, managed policies of our own.
 *
 * CDK would split a large policy too, but only between statements, and it takes every ARN with a reference for
 * 150 characters, so that it can neither divide a statement for 100 users nor be relied on to fit.
 *
 * The policies are children of the role: whatever depends on the role also waits for its permissions.
 *
 * @param role - A role without other policies.
 * @param grants - What it may do. Grants without resources are left out.
 * @throws Error when IAM could not hold the permissions.
 */
export const grantAll = (role: Role, grants: readonly Grant[]): void => {
  const [inline = [], ...overflow] = pack(grants);
  if (overflow.length > MAX_MANAGED_POLICIES_PER_ROLE) {
    throw new Error(
      `${role.node.path} needs ${overflow.length} managed policies beside its inline policy, and IAM attaches at most ` +
        `${MAX_MANAGED_POLICIES_PER_ROLE}: the paths and names of the enrolled users, or of their secrets and alarms, are ` +
        'too long for so many users in one stack. Move some users to another stack.',
    );
  }
  new Policy(role, 'Permissions', { statements: inline.map(statementOf), roles: [role] });
  for (const [index, document] of overflow.entries()) {
    new ManagedPolicy(role, `MorePermissions${index + 1}`, {
      description: `Permissions of ${role.node.path} that its inline policy has no room for`,
      statements: document.map(statementOf),
      roles: [role],
    });
  }
};
