import { Annotations, App } from 'aws-cdk-lib';
import { AccessKeyRotationStack } from './access-key-rotation-stack';
import {
  CONFIG_CONTEXT_KEY,
  CONFIG_FILE,
  ConfigError,
  findConfig,
  type Place,
  parseStacks,
  type StackConfig,
} from './config';
import { executionTimeoutSeconds, readDefinition } from './rotation-state-machine';

/** What the CDK's command line tool says of the account and Region that it deploys to. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where a stack goes that does not say so itself. The tool always names a Region, and makes one up where nothing is
 * configured; with an account, which it takes from the credentials, it means it.
 */
const placeIn = ({ CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region }: Environment): Place =>
  account === undefined ? {} : { account, region };

/** Names enough to find the others. */
const MAX_NAMES = 5;

const listed = (names: readonly string[]): string =>
  names.length > MAX_NAMES
    ? `${names.slice(0, MAX_NAMES).join(', ')} and ${names.length - MAX_NAMES} more`
    : names.join(', ');

/** What is allowed, and will be missed one day. */
const warn = (stack: AccessKeyRotationStack, { notificationEmail, users }: StackConfig): void => {
  const annotations = Annotations.of(stack);
  if (notificationEmail === undefined) {
    annotations.addWarningV2(
      'iam-access-key-rotation:nobody-is-told',
      'notificationEmail is not set: nobody is told of failed rotations until somebody subscribes to the topic.',
    );
  }
  const unwatched = users.filter(
    ({ healthAlarms, validator }) => healthAlarms.length === 0 && validator === undefined,
  );
  if (unwatched.length > 0) {
    annotations.addWarningV2(
      'iam-access-key-rotation:nobody-watches',
      `healthAlarms is not set, nor a validator, for ${listed(unwatched.map(({ userName }) => userName))}: a rotation cannot notice that consumers fail without the old key, and never brings it back by itself.`,
    );
  }
};

/**
 * The app with its stacks, of which nothing is validated yet but the configuration.
 *
 * @param bundles - The stacks are made when the functions are bundled; the configuration is checked at once.
 * @param environment - The variables of the process.
 * @throws ConfigError when the configuration is not as it should be.
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
    warn(stack, config);
    if (unread !== undefined) {
      Annotations.of(stack).addWarningV2(
        'iam-access-key-rotation:unread-file',
        `${unread} is not read: ${source} is the configuration. Take one of the two away.`,
      );
    }
  }
  return app;
};

/**
 * Says why there is no app, and ends the process. Of a mistake in the configuration: what it is, and nothing else; where in
 * the code it was noticed helps nobody.
 */
export const refuse = (error: unknown): never => {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
};
