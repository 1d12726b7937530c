import { Annotations, App } from 'aws-cdk-lib';
import { AccessKeyRotationStack } from './access-key-rotation-stack';
import { CONFIG_CONTEXT_KEY, parseConfig } from './config';
import { executionTimeoutSeconds, readDefinition } from './rotation-state-machine';

/**
 * The app with its stack, of which nothing is validated yet but the configuration.
 *
 * @param bundles - The stack is made when the functions are bundled; the configuration is checked at once.
 * @throws ConfigError when the configuration is not as it should be.
 */
export const rotationApp = async (bundles: Promise<unknown>): Promise<App> => {
  const app = new App();
  const config = parseConfig(app.node.tryGetContext(CONFIG_CONTEXT_KEY), {
    executionTimeoutSeconds: executionTimeoutSeconds(readDefinition()),
  });
  await bundles;
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
  return app;
};
