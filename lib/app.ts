import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { AccessKeyRotationStack } from './access-key-rotation-stack';
import { CONFIG_CONTEXT_KEY, parseConfig } from './config';
import { executionTimeoutSeconds, readDefinition } from './rotation-state-machine';

const app = new App();
const config = parseConfig(app.node.tryGetContext(CONFIG_CONTEXT_KEY), {
  executionTimeoutSeconds: executionTimeoutSeconds(readDefinition()),
});
new AccessKeyRotationStack(app, 'IamAccessKeyRotation', {
  description: 'Rotates the access keys of IAM users with AWS Step Functions',
  config,
});
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
