import { CfnOutput, type IStackSynthesizer, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AccessKeyRotation } from './access-key-rotation';
import type { RotationConfig } from './config';
import { MeasuredSynthesizer } from './measured-synthesizer';

/** What the holders of each managed policy do: it completes "Attach them to people who …". */
const POLICIES = {
  reader: 'look at the state of rotations',
  operator: 'start, stop and roll back rotations, and pause users; attach the reader policies too',
  emergency: 'may declare that a key has leaked',
} as const satisfies Readonly<Record<keyof AccessKeyRotation['policies'], string>>;

/** The properties of {@link AccessKeyRotationStack}. */
export interface AccessKeyRotationStackProps extends StackProps {
  /** The validated configuration. */
  readonly config: RotationConfig;
}

/**
 * One {@link AccessKeyRotation}, named after the stack, with outputs for the ARNs that people need. The name has the configured prefix
 * already: it is the `stackName` that `parseStacks` returns.
 */
export class AccessKeyRotationStack extends Stack {
  constructor(scope: Construct, id: string, props: AccessKeyRotationStackProps) {
    const { config, ...stackProps } = props;
    // CloudFormation counts white space too. Indented, the template for a hundred users would exceed its
    // limit.
    super(scope, id, {
      suppressTemplateIndentation: true,
      // The CDK's own synthesizers do not match the interface either: an optional property may be undefined.
      synthesizer: new MeasuredSynthesizer(config.users.length) as IStackSynthesizer,
      ...stackProps,
    });
    const rotation = new AccessKeyRotation(this, 'AccessKeyRotation', {
      config,
      rotationName: this.stackName,
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
        description: `Attach them to people who ${gives}`,
        value: rotation.policies[purpose].map((policy) => policy.managedPolicyArn).join(' '),
      });
    }
    new CfnOutput(this, 'NotificationTopicArn', {
      description: 'Subscribe here to get failures and alarms',
      value: rotation.notificationTopic.topicArn,
    });
    if (rotation.chatTopic !== undefined) {
      new CfnOutput(this, 'ChatTopicArn', {
        description: 'Add this topic to a channel of Amazon Q Developer in chat applications',
        value: rotation.chatTopic.topicArn,
      });
    }
    new CfnOutput(this, 'SurveyLogGroupName', {
      description: 'Has what the survey found of each user, once a day',
      value: rotation.surveyLogGroup.logGroupName,
    });
    new CfnOutput(this, 'AuditLogGroupName', {
      description: 'Has a record of each rotation that has ended, for auditors',
      value: rotation.auditLogGroup.logGroupName,
    });
    new CfnOutput(this, 'DeadLetterQueueUrl', {
      description: 'Starts, messages and records that could not be delivered wait here',
      value: rotation.deadLetterQueue.queueUrl,
    });
  }
}
