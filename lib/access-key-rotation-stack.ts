import { CfnOutput, type IStackSynthesizer, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AccessKeyRotation } from './access-key-rotation';
import type { RotationConfig } from './config';
import { MeasuredSynthesizer } from './measured-synthesizer';

/** Whom the managed policies for people are for. */
const POLICIES = {
  reader: 'looks how rotations stand',
  operator: 'starts, stops and rolls back rotations, and pauses users; with the reader policies',
  emergency: 'may declare that a key has leaked',
} as const satisfies Readonly<Record<keyof AccessKeyRotation['policies'], string>>;

/** The properties of {@link AccessKeyRotationStack}. */
export interface AccessKeyRotationStackProps extends StackProps {
  /** The validated configuration. */
  readonly config: RotationConfig;
}

/** One {@link AccessKeyRotation}, named after the stack, and the ARNs that a person needs. */
export class AccessKeyRotationStack extends Stack {
  constructor(scope: Construct, id: string, props: AccessKeyRotationStackProps) {
    const { config, ...stackProps } = props;
    // CloudFormation counts white space, too. Indented, the template of a hundred users would be larger than it takes.
    super(scope, id, {
      suppressTemplateIndentation: true,
      // The CDK's own synthesizers miss the interface by an optional property that may be undefined.
      synthesizer: new MeasuredSynthesizer(config.users.length) as IStackSynthesizer,
      ...stackProps,
    });
    const rotation = new AccessKeyRotation(this, 'AccessKeyRotation', {
      users: config.users,
      rotationName: this.stackName,
      ...(config.notificationEmail === undefined ? {} : { notificationEmail: config.notificationEmail }),
    });

    new CfnOutput(this, 'StateMachineArn', {
      description: 'Start a rotation by hand with {"userName": "..."}',
      value: rotation.stateMachine.stateMachineArn,
    });
    new CfnOutput(this, 'EmergencyStateMachineArn', {
      description:
        'When a key has leaked, start it with {"userName": "...", "accessKeyId": "...", "reason": "..."}',
      value: rotation.emergencyStateMachine.stateMachineArn,
    });
    for (const [purpose, gives] of Object.entries(POLICIES) as [keyof typeof POLICIES, string][]) {
      new CfnOutput(this, `${purpose[0]?.toUpperCase()}${purpose.slice(1)}PolicyArns`, {
        description: `Attach them to whoever ${gives}`,
        value: rotation.policies[purpose].map((policy) => policy.managedPolicyArn).join(' '),
      });
    }
    new CfnOutput(this, 'NotificationTopicArn', {
      description: 'Subscribe here to be told of failures and alarms',
      value: rotation.notificationTopic.topicArn,
    });
    new CfnOutput(this, 'DeadLetterQueueUrl', {
      description: 'Starts and messages that could not be delivered wait here',
      value: rotation.deadLetterQueue.queueUrl,
    });
  }
}
