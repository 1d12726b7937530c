import type { EmbeddedAws } from '../../embedded-aws/embedded-aws';
import type { LambdaService } from '../engine/lambda-service';
import { connectMessenger } from './messengers';
import { type Permissions, type RoleRequest, rolePermissions } from './permissions';
import type { ForwardingApp } from './synthesized-app';
import { TemplateRefused, TemplateResolver } from './template';

/** Resources that are read where others need them. */
const NO_PART = new Set([
  'AWS::CDK::Metadata',
  'AWS::IAM::ManagedPolicy',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
]);

/**
 * Deploys a stack that forwards events from another Region. Of that Region there is nothing but its rules: the embedded AWS is in one
 * Region.
 */
export const deployForwarding = ({
  aws,
  lambda,
  stack: { stackName, region, template },
  onRequest,
}: {
  readonly aws: EmbeddedAws;
  readonly lambda: LambdaService;
  readonly stack: ForwardingApp;
  /** Called with every call that is put to policies, and whether a policy of its resource denies it. */
  readonly onRequest: (request: RoleRequest, isDeniedByResource: boolean) => void;
}): void => {
  const resolver = new TemplateResolver(template, { stackName, accountId: aws.accountId, region });
  const decide = rolePermissions(template, resolver);
  const permissions: Permissions = (request) => {
    onRequest(request, false);
    return decide(request);
  };
  for (const [logicalId, resource] of Object.entries(template.Resources)) {
    const isMessenger = connectMessenger(
      { aws, lambda, template, resolver, permissions, region },
      logicalId,
      resource,
    );
    if (!isMessenger && !NO_PART.has(resource.Type)) {
      throw new TemplateRefused(`${logicalId}: resources of the type ${resource.Type} are not modelled`);
    }
  }
};
