import {
  Aws,
  BootstraplessSynthesizer,
  type DefaultStackSynthesizer,
  type IStackSynthesizer,
  Stack,
} from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { tagAsAsked } from './company-tags';
import type { StackConfig } from './config';
import { healthRegionsBeside } from './config/health-regions';
import { KEY_EXPOSED } from './exposed-keys';
import { ServiceRole } from './permissions/service-role';

/** The properties of {@link ExposedKeyForwardingStack}. */
export interface ExposedKeyForwardingStackProps {
  /** The configuration of the stack that gets the events. Its Region is known. */
  readonly config: StackConfig;

  /** That stack. */
  readonly home: Stack;

  /** The Region in which the events arrive. */
  readonly region: string;
}

/** The Regions from which a stack needs events forwarded. None if its own is not known, or the deployment wants none. */
export const forwardingRegionsOf = ({ place, deployment }: StackConfig): readonly string[] =>
  place.region === undefined || !deployment.forwardExposedKeys ? [] : healthRegionsBeside(place.region);

/**
 * The name of the stack that forwards from a Region. The home Region is part of it: a stack of the same name that is deployed elsewhere
 * has one of its own.
 */
export const forwardingStackName = ({ stackName, place }: StackConfig, region: string): string =>
  `${stackName}-ExposedKeys-${region}-to-${place.region}`;

/**
 * Forwards AWS's events that an access key is exposed from a Region in which they arrive to the default event bus in the Region of a
 * stack (EventBridge User Guide, "Sending and receiving events between AWS Regions").
 *
 * It has no assets, so its Region need not be bootstrapped: it is deployed with the roles that the bootstrap stack of the home Region
 * has made, as the CDK's pipelines deploy their support stacks.
 */
export class ExposedKeyForwardingStack extends Stack {
  constructor(scope: Construct, id: string, props: ExposedKeyForwardingStackProps) {
    const { config, home, region } = props;
    const { place, deployment } = config;
    const { deployRoleArn, cloudFormationExecutionRoleArn } =
      home.synthesizer as unknown as DefaultStackSynthesizer;
    super(scope, id, {
      description: `Forwards events that an access key is exposed to ${config.stackName} in ${place.region}`,
      env: { region, ...(place.account !== undefined && { account: place.account }) },
      terminationProtection: deployment.terminationProtection,
      // The CDK's own synthesizers do not match the interface either: an optional property may be undefined.
      synthesizer: new BootstraplessSynthesizer({
        deployRoleArn,
        cloudFormationExecutionRoleArn,
      }) as IStackSynthesizer,
    });
    const busArn = `arn:${Aws.PARTITION}:events:${place.region}:${Aws.ACCOUNT_ID}:event-bus/default`;
    const role = new ServiceRole(this, 'Role', {
      description: 'Forwards events that an access key is exposed',
      deployment,
      assumedBy: new ServicePrincipal('events.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
    });
    role.addToPolicy(new PolicyStatement({ actions: ['events:PutEvents'], resources: [busArn] }));
    const rule = new Rule(this, 'KeyExposed', {
      description: `Forwards events that an access key is exposed to ${place.region}`,
      // Two stacks in two such Regions forward to each other: what has been forwarded goes no further.
      eventPattern: { ...KEY_EXPOSED, region: [region] },
      targets: [{ bind: () => ({ arn: busArn, role }) }],
    });
    rule.node.addDependency(role.addedPermissions);
    tagAsAsked(this, deployment);
  }
}
