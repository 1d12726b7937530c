import { Annotations, App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { AccessKeyRotationStack } from './access-key-rotation-stack';
import { CONFIG_CONTEXT_KEY, parseConfig } from './config';
import { executionTimeoutSeconds, readDefinition } from './rotation-state-machine';

const app = new App();
const config = parseConfig(app.node.tryGetContext(CONFIG_CONTEXT_KEY), {
  executionTimeoutSeconds: executionTimeoutSeconds(readDefinition()),
});
const stack = new AccessKeyRotationStack(app, 'IamAccessKeyRotation', {
  description: 'Rotates the access keys of IAM users with AWS Step Functions',
  config,
});
if (config.notificationEmail === undefined) {
  Annotations.of(stack).addWarningV2(
    'iam-access-key-rotation:nobody-is-told',
    'notificationEmail is not set: nobody is told of failed rotations until somebody subscribes to the topic.',
  );
}
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
