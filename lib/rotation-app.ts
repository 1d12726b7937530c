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
import { isHealthRegion } from './config/health-regions';
import {
  ExposedKeyForwardingStack,
  forwardingRegionsOf,
  forwardingStackName,
} from './exposed-key-forwarding-stack';
import { executionTimeoutSeconds, readDefinition } from './rotation-state-machine';

/** How the CDK's command line tool names the account and Region that it deploys to. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The place of a stack that does not name one. The tool always names a Region, and makes one up if none is
 * configured. It is meant only if there is an account too, which the tool takes from the credentials.
 */
const placeIn = ({ CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region }: Environment): Place =>
  account === undefined ? {} : { account, region };

/** Enough names to find the others. */
const MAX_NAMES = 5;

const listed = (names: readonly string[]): string =>
  names.length > MAX_NAMES
    ? `${names.slice(0, MAX_NAMES).join(', ')} and ${names.length - MAX_NAMES} more`
    : names.join(', ');

/** Whether the events of exposed keys arrive in the Region of a stack without help. */
const hearsItself = ({ place: { region } }: StackConfig): boolean =>
  region !== undefined && isHealthRegion(region);

/** Warns about settings that are allowed, and that people miss when something fails. */
const warn = (stack: AccessKeyRotationStack, config: StackConfig): void => {
  const { notifications, users, place, deployment } = config;
  const annotations = Annotations.of(stack);
  if (notifications.emails.length === 0 && notifications.topicArn === undefined) {
    annotations.addWarningV2(
      'iam-access-key-rotation:nobody-is-told',
      'notifications names no address and no topic: failed rotations are not reported until the topic of the stack has a subscriber.',
    );
  }
  const unwatched = users.filter(
    ({ healthAlarms, validator }) => healthAlarms.length === 0 && validator === undefined,
  );
  if (unwatched.length > 0) {
    annotations.addWarningV2(
      'iam-access-key-rotation:nobody-watches',
      `Neither healthAlarms nor a validator is set for ${listed(unwatched.map(({ userName }) => userName))}: their rotations cannot notice that consumers fail without the old key, and never bring it back by themselves.`,
    );
  }
  if (place.region === undefined && deployment.forwardExposedKeys) {
    annotations.addWarningV2(
      'iam-access-key-rotation:exposed-keys-not-forwarded',
      'The Region of the stack is not known, so nothing forwards AWS’s events that a key is exposed to it: synthesize with credentials, or set account and region.',
    );
  }
  const started = users.filter(({ onExposedKey }) => onExposedKey === 'emergency');
  if (started.length > 0 && !deployment.forwardExposedKeys && !hearsItself(config)) {
    annotations.addWarningV2(
      'iam-access-key-rotation:exposed-keys-not-heard',
      `onExposedKey is "emergency" for ${listed(started.map(({ userName }) => userName))}, and forwardExposedKeys is false: AWS’s events that a key is exposed do not reach the stack, so that no emergency starts by itself.`,
    );
  }
};

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
    warn(stack, config);
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
