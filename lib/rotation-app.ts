import { Annotations, App } from 'aws-cdk-lib';
import { AccessKeyRotationStack } from './access-key-rotation-stack';
import { CONFIG_CONTEXT_KEY, CONFIG_FILE, ConfigError, findConfig, type Place, parseStacks } from './config';
import {
  ExposedKeyForwardingStack,
  forwardingRegionsOf,
  forwardingStackName,
} from './exposed-key-forwarding-stack';
import { executionTimeoutSeconds, readDefinition } from './rotation-state-machine';
import { warnOfSettings } from './warnings';

/** How the CDK's command line tool names the account and Region that it deploys to. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The place of a stack that does not name one. The tool always names a Region, and makes one up if none is
 * configured. It is meant only if there is an account too, which the tool takes from the credentials.
 */
const placeIn = ({ CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region }: Environment): Place =>
  account === undefined ? {} : { account, region };

/**
 * The app with its stacks. So far only the configuration is validated.
 *
 * @param bundles - The stacks are made when the functions are bundled; the configuration is checked at once.
 * @param environment - The variables of the process.
 * @throws ConfigError if the configuration is not valid.
 */
export const rotationApp = async (
  bundles: Promise<unknown>,
  environment: Environment = process.env,
): Promise<App> => {
  const app = new App();
  const found = findConfig(app.node.tryGetContext(CONFIG_CONTEXT_KEY), process.cwd());
  if (found === undefined) {
    throw new ConfigError([
      `There is none: write ${CONFIG_FILE}, beside cdk.json. rotation.config.example.json is an example.`,
    ]);
  }
  const { value, source, unread } = found;
  const stacks = parseStacks(
    value,
    { executionTimeoutSeconds: executionTimeoutSeconds(readDefinition()) },
    placeIn(environment),
    source,
  );
  await bundles;
  for (const config of stacks) {
    const { account, region } = config.place;
    const stack = new AccessKeyRotationStack(app, config.stackName, {
      description: 'Rotates the access keys of IAM users with AWS Step Functions',
      env: { ...(account !== undefined && { account }), ...(region !== undefined && { region }) },
      config,
    });
    warnOfSettings(stack, { ...config, forwards: config.deployment.forwardExposedKeys });
    for (const from of forwardingRegionsOf(config)) {
      const props = { config, home: stack, region: from };
      // If it cannot be deployed, the stack that rotates keys is there all the same.
      new ExposedKeyForwardingStack(app, forwardingStackName(config, from), props).addStackDependency(stack);
    }
    if (unread !== undefined) {
      Annotations.of(stack).addWarningV2(
        'iam-access-key-rotation:unread-file',
        `${unread} is not read: ${source} is the configuration. Remove one of the two.`,
      );
    }
  }
  return app;
};

/**
 * Says why there is no app, and ends the process. For a mistake in the configuration it says only that: a
 * stack trace would not help.
 */
export const refuse = (error: unknown): never => {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
};
