import type { Call } from './call-log';

/**
 * What denies a call: a kind of policy, as AWS names it, either by an explicit deny or by the lack of an
 * allow.
 */
export type Denial =
  | {
      readonly by:
        | 'identity-based policy'
        | 'resource-based policy'
        | 'permissions boundary'
        | 'service control policy'
        | 'resource control policy'
        | 'VPC endpoint policy';
      readonly explicit: boolean;
    }
  /** The policy of the KMS key of a secret. Secrets Manager gives no more detail about it. */
  | { readonly by: 'KMS key' };

/** The default: the role's policies do not allow the call. */
export const NOT_ALLOWED: Denial = { by: 'identity-based policy', explicit: false };

const article = (noun: string): string => `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`;

/** In its messages, IAM names users by their names. */
const nameOf = (resource: string): string => resource.replace(/^arn:aws:iam::\d+:user\/(?:.*\/)?/, 'user ');

/** What AWS says (IAM User Guide, "Access denied error messages"). */
export const denialMessage = (
  { caller, action, resource }: Pick<Call, 'caller' | 'action' | 'resource'>,
  denial: Denial,
): string => {
  if (denial.by === 'KMS key') return 'Access to KMS is not allowed';
  const why = denial.explicit
    ? `with an explicit deny in ${article(denial.by)}`
    : `because no ${denial.by} allows the ${action} action`;
  return `User: ${caller} is not authorized to perform: ${action} on resource: ${nameOf(resource)} ${why}`;
};
