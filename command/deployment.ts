import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { emergencyMachineName, OWNERSHIP_TAG } from '../lambdas/shared/contract/names';
import type { SurveyedUser } from '../lambdas/shared/contract/survey';
import { IamGateway } from '../lambdas/shared/gateways/iam-gateway';
import { calling } from '../lambdas/shared/gateways/service-errors';
import { RUNBOOK } from '../lambdas/shared/text/anchor';
import { oneLine } from '../lambdas/shared/text/bounded';
import { CONFIG_CONTEXT_KEY, ConfigError, findConfig, parseStacks, type StackConfig } from '../lib/config';
import { secretName } from '../lib/config/names';
import { surveyedUsers } from '../lib/config/surveyed';
import definition from '../state-machine/access-key-rotation.asl.json';
import { type ClientConfig, type CommonOptions, clientConfigOf, type Surroundings } from './shell';
import { EXIT, Trouble } from './trouble';

/** The name of the rotation where nobody has chosen another. */
const DEFAULT_NAME = 'IamAccessKeyRotation';

/** Who is enrolled, as the configuration at hand says. What is deployed may be older, or newer. */
export interface Enrolled {
  /** The file. */
  readonly source: string;
  readonly users: readonly SurveyedUser[];
  readonly scheduleGroup: string;
  /** Undefined: the stack has a topic of its own. */
  readonly topicArn: string | undefined;
  readonly runbookUrl: string;
}

/** The deployment that a command is about. */
export interface Deployment {
  /** Name of the rotation, which is the stack's. */
  readonly name: string;
  readonly account: string;
  readonly region: string;
  /** ARN of who runs the command. */
  readonly caller: string;
  readonly stateMachineArn: string;
  readonly emergencyMachineArn: string;
  readonly clientConfig: ClientConfig;
  /** Undefined: there is no configuration at hand. */
  readonly enrolled: Enrolled | undefined;
}

const CDK_JSON = 'cdk.json';

/** The context in a cdk.json, if there is one. @throws Trouble when it cannot be understood. */
const contextIn = (file: string): Readonly<Record<string, unknown>> => {
  if (!existsSync(file)) return {};
  try {
    const { context } = JSON.parse(readFileSync(file, 'utf8')) as {
      readonly context?: Readonly<Record<string, unknown>> | null;
    };
    return context ?? {};
  } catch (error) {
    throw new Trouble(EXIT.misuse, `${file} cannot be understood: ${oneLine((error as Error).message)}.`);
  }
};

/** The configuration that the CDK would read here, or that of a file. */
const sourceIn = (directory: string, file: string | undefined) => {
  if (file !== undefined) {
    const path = resolve(directory, file);
    return findConfig(basename(path), dirname(path));
  }
  return findConfig(contextIn(join(directory, CDK_JSON))[CONFIG_CONTEXT_KEY], directory);
};

const stacksIn = (directory: string, file: string | undefined) => {
  try {
    const found = sourceIn(directory, file);
    if (found === undefined) return undefined;
    const { value, source } = found;
    const limits = { executionTimeoutSeconds: definition.TimeoutSeconds };
    return { source: file ?? source, stacks: parseStacks(value, limits, {}, source) };
  } catch (error) {
    if (error instanceof ConfigError) throw new Trouble(EXIT.misuse, error.message);
    throw error;
  }
};

/**
 * The stack that is meant: the one that is named, or the only one. A file that a person names, and that gives its users no name of
 * a stack, is about whichever is named: that of a construct, say.
 */
const stackOf = (
  { stacks, source }: { readonly stacks: readonly StackConfig[]; readonly source: string },
  { name, config }: CommonOptions,
): StackConfig | undefined => {
  const [only, ...others] = stacks;
  if (name === undefined && others.length > 0) {
    throw new Trouble(
      EXIT.misuse,
      `${source} has several stacks: say which with --name. They are ${stacks.map(({ stackName }) => stackName).join(', ')}.`,
    );
  }
  const isNameless = config !== undefined && others.length === 0 && only?.stackName === DEFAULT_NAME;
  return name === undefined || isNameless ? only : stacks.find(({ stackName }) => stackName === name);
};

/** The configuration is about another place than the credentials: what is there may be called alike. @throws Trouble */
const requirePlaceOf = (
  { place, stackName }: StackConfig,
  here: { readonly account: string; readonly region: string },
): void => {
  const { account = here.account, region = here.region } = place;
  if (account === here.account && region === here.region) return;
  throw new Trouble(
    EXIT.misuse,
    `The configuration has ${stackName} in the account ${account}, ${region}, and you are in ${here.account}, ${here.region}: see --profile and --region. Nothing was changed.`,
  );
};

/** Finds the deployment: account and Region by AWS, names by the rotation's name, users by the configuration. */
export const findDeployment = async (
  surroundings: Surroundings,
  options: CommonOptions,
): Promise<Deployment> => {
  const found = stacksIn(surroundings.directory, options.config);
  const stack = found && stackOf(found, options);
  if (options.config !== undefined && stack === undefined) {
    throw new Trouble(
      EXIT.misuse,
      found === undefined
        ? `${options.config} is not there.`
        : `${found.source} has no stack ${options.name}.`,
    );
  }
  const name = options.name ?? stack?.stackName ?? DEFAULT_NAME;
  const clientConfig = clientConfigOf(surroundings, options);
  const sts = new STSClient(clientConfig);
  const { Account: account = '', Arn: caller = '' } = await calling('asking who you are', () =>
    sts.send(new GetCallerIdentityCommand({})),
  );
  const region = await sts.config.region();
  if (stack !== undefined) requirePlaceOf(stack, { account, region });
  const partition = caller.split(':')[1] ?? 'aws';
  const stateMachineArn = `arn:${partition}:states:${region}:${account}:stateMachine:${name}`;
  return {
    name,
    account,
    region,
    caller,
    stateMachineArn,
    emergencyMachineArn: emergencyMachineName(stateMachineArn),
    clientConfig,
    enrolled: stack && {
      source: found?.source ?? '',
      users: surveyedUsers(stack.users),
      scheduleGroup: stack.deployment.scheduleGroupName ?? name,
      topicArn: stack.notifications.topicArn,
      runbookUrl: stack.runbookUrl ?? RUNBOOK,
    },
  };
};

/** Who is enrolled. @throws Trouble when nothing at hand says it. */
export const requireEnrolled = ({ enrolled, name }: Deployment, { directory }: Surroundings): Enrolled => {
  if (enrolled !== undefined) return enrolled;
  throw new Trouble(
    EXIT.misuse,
    `Who is enrolled in ${name} is in its configuration, and ${directory} has none: run this beside it, or give --config FILE.`,
  );
};

/** A user of the configuration. @throws Trouble when it does not name the user. */
export const requireUser = (enrolled: Enrolled, userName: string): SurveyedUser => {
  const user = enrolled.users.find((one) => one.userName === userName);
  if (user !== undefined) return user;
  const names = enrolled.users.map((one) => one.userName);
  throw new Trouble(
    EXIT.misuse,
    `${enrolled.source} does not enrol ${userName}. It enrols ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''}.`,
  );
};

/**
 * The secret of a user: as the configuration says, else as the mark on the IAM user says, else as a stack would call it.
 */
export const secretOf = async ({ enrolled, clientConfig }: Deployment, userName: string): Promise<string> => {
  const known = enrolled?.users.find((one) => one.userName === userName)?.secretId;
  if (known !== undefined) return known;
  const user = await new IamGateway(clientConfig).user(userName);
  if (user === undefined) {
    throw new Trouble(EXIT.misuse, `IAM has no user ${userName} in this account. Nothing was changed.`);
  }
  const mark = user.tags.find(({ key }) => key.toLowerCase() === OWNERSHIP_TAG)?.value;
  return mark?.split(':secret:')[1] ?? secretName(userName);
};
