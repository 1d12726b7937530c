import type { Permissions } from './permissions';
import type { Template, TemplateResolver } from './template';

/** Who uses the key of what is sent: the service that stores it, by the action with which it is sent. */
const SERVICES: Readonly<Record<string, string>> = { 'sns:Publish': 'sns', 'sqs:SendMessage': 'sqs' };

/** The KMS keys of a template's topics and queues, by the ARNs of these. */
const keysOf = (template: Template, resolver: TemplateResolver): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(template.Resources).flatMap(([logicalId, { Type, Properties = {} }]) => {
      if (Type !== 'AWS::SNS::Topic' && Type !== 'AWS::SQS::Queue') return [];
      if (Properties.KmsMasterKeyId === undefined) return [];
      const { TopicArn, Arn = TopicArn ?? '' } = resolver.physical(logicalId).attributes;
      return [[Arn, resolver.text(Properties.KmsMasterKeyId, `the key of ${logicalId}`)]];
    }),
  );

/**
 * Permissions for what services send in a role's name: to an encrypted topic or queue, the role must also be allowed what SNS and SQS
 * do with the key (SNS Developer Guide, "Managing Amazon SNS encryption keys and costs"; SQS Developer Guide, "Amazon SQS Key
 * management"). What services send in their own name is a matter of the key's policy, which is no part of a template.
 */
export const sendingPermissions = (
  template: Template,
  resolver: TemplateResolver,
  region: string,
  permissions: Permissions,
): Permissions => {
  const keys = keysOf(template, resolver);
  return (request) => {
    const key = keys.get(request.resource);
    const service = SERVICES[request.action];
    return (
      permissions(request) &&
      (key === undefined ||
        service === undefined ||
        ['kms:GenerateDataKey', 'kms:Decrypt'].every((action) =>
          permissions({
            caller: request.caller,
            action,
            resource: key,
            conditions: { 'kms:ViaService': [`${service}.${region}.amazonaws.com`] },
          }),
        ))
    );
  };
};
