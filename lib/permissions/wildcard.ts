import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Tells cdk-nag why a policy has a wildcard in a resource.
 *
 * @param construct - The policy, or the role that has it.
 * @param resource - As written in the grant, with CloudFormation's placeholders.
 * @param reason - Why the wildcard is as narrow as it can be.
 */
export const acknowledgeWildcard = (construct: IConstruct, resource: string, reason: string): void =>
  Validations.of(construct).acknowledge({
    // The finding writes pseudo parameters as <AWS::Region>.
    id: `AwsSolutions-IAM5[Resource::${resource.replace(/\$\{(.+?)\}/g, '<$1>')}]`,
    reason,
  });

/** Why the ARN of a user with a path has a wildcard. */
export const PATH_REASON =
  'The path of the one user of this name: names of IAM users have no slashes, and are unique in an account.';
