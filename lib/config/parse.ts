import { z } from 'zod';
import type { ConfigLimits, Notifications, Place, RotatedUser, RotationConfig, StackConfig } from './config';
import { ConfigError } from './config-error';
import { completeDeployment, type deploymentSchema } from './deployment-settings';
import { judgeNeighbours, judgeRecipients, judgeStacks, judgeUser } from './judge';
import { judgeDeployment, judgeStackName } from './judge-deployment';
import { hashedMinute, secretName } from './names';
import { nearest } from './nearest';
import type { notificationsSchema } from './notification-settings';
import { noRotationIn } from './place';
import {
  type Defaults,
  defaultsSchema,
  INHERITED_FIELDS,
  ONLY_STACK_NAME,
  rootSchema,
  SETTINGS,
  severalSchema,
  stackSchema,
  type UserInput,
  userSchema,
} from './schema';
import type { Setting, ValuesOf } from './setting';
import { INHERITED } from './user-settings';
import { fieldPath, show } from './words';

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );

/** A sentence that suggests what the person may have meant. */
const didYouMean = (meant: string | undefined): string =>
  meant === undefined ? '' : ` Did you mean ${JSON.stringify(meant)}?`;

/** A field that there was before the first release, as it is written today. */
const renamed = (field: string, given: unknown): string | undefined =>
  field === 'notificationEmail'
    ? ` Did you mean "notifications": ${JSON.stringify({ emails: [given] })}?`
    : undefined;

/** The schema of what stands at a path within what another schema accepts; undefined: that is not an object of known fields. */
const schemaAt = (schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType | undefined => {
  if (schema instanceof z.ZodOptional) return schemaAt(schema.unwrap() as z.ZodType, path);
  const [field, ...rest] = path;
  if (field === undefined) return schema;
  const inner: z.ZodType | undefined =
    schema instanceof z.ZodObject ? (schema.shape as Record<PropertyKey, z.ZodType>)[field] : undefined;
  return inner && schemaAt(inner, rest);
};

const knownFields = (schema: z.ZodType | undefined): readonly string[] =>
  schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];

const meantBy = (field: PropertyKey | undefined, given: unknown): string | undefined => {
  if (typeof given !== 'string') return undefined;
  const setting: Setting | undefined = Object.entries(SETTINGS).find(([name]) => name === field)?.[1];
  return setting?.meant?.(given);
};

/** Parses one part of the configuration. Its mistakes go to `problems`. */
const parsePart = <T>(
  schema: z.ZodType<T>,
  value: unknown,
  at: readonly PropertyKey[],
  problems: string[],
): T | undefined => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const path = [...at, ...issue.path];
    const known = issue.code === 'unrecognized_keys' ? knownFields(schemaAt(schema, issue.path)) : [];
    if (issue.code === 'unrecognized_keys' && known.length > 0) {
      for (const key of issue.keys) {
        const given = valueAt(value, [...issue.path, key]);
        problems.push(
          `${fieldPath([...path, key])}: ${show(given)} was given, but there is no such field. Allowed: ${known.join(', ')}.${renamed(key, given) ?? didYouMean(nearest(key, known))}`,
        );
      }
    } else {
      const field = fieldPath(path) || 'the whole';
      const given = valueAt(value, issue.path);
      problems.push(
        `${field}: ${show(given)} was given. Allowed: ${issue.message}.${didYouMean(meantBy(issue.path[0], given))}`,
      );
    }
  }
  return undefined;
};

/** The settings around the users of one stack. */
interface Surroundings {
  readonly paused?: string | undefined;
  readonly defaults: Defaults;
  /** How the names of secrets begin. */
  readonly namePrefix?: string | undefined;
}

const onWorkingDays = (userName: string): string => `cron(${hashedMinute(userName)} 9 ? * MON-FRI *)`;

/**
 * The user's own setting, else that of `defaults`, else the built-in one. A pause of all users pauses each of
 * them.
 */
const complete = (
  input: UserInput,
  { defaults, paused: pausedForAll, namePrefix }: Surroundings,
): RotatedUser => {
  const paused = input.paused ?? pausedForAll;
  const settings = Object.fromEntries(
    INHERITED_FIELDS.map((field) => {
      const { builtIn }: Setting = INHERITED[field];
      return [field, input[field] ?? defaults[field] ?? builtIn];
    }),
  ) as ValuesOf<typeof INHERITED>;
  return {
    userName: input.userName,
    path: input.path ?? '/',
    secretId: input.existingSecret ?? secretName(input.userName, namePrefix),
    secretExists: input.existingSecret !== undefined,
    ...settings,
    // An owner's secret keeps the form that its readers know.
    document:
      settings.document ?? (input.existingSecret === undefined ? 'credential-process' : 'named-fields'),
    schedule: input.schedule ?? onWorkingDays(input.userName),
    healthAlarms: input.healthAlarms ?? [],
    ...(input.validator !== undefined && { validator: input.validator }),
    ...(input.acknowledgement !== undefined && { acknowledgement: input.acknowledgement }),
    ...(paused !== undefined && { paused }),
  };
};

const fieldsIn = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Reads the users of a stack. Their mistakes go to `problems`. */
const parseUsers = (
  value: unknown,
  at: readonly PropertyKey[],
  around: Surroundings,
  { limits, place, problems }: { limits: ConfigLimits; place: Place; problems: string[] },
): readonly RotatedUser[] => {
  const users = new Map<number, RotatedUser>();
  for (const [index, given] of listIn(value).entries()) {
    const path = [...at, index];
    const input = parsePart(userSchema, given, path, problems);
    if (input === undefined) continue;
    const user = complete(input, around);
    users.set(index, user);
    problems.push(...judgeUser(input, user, around.defaults, fieldPath(path), { ...limits, place }));
  }
  problems.push(...judgeNeighbours(users, fieldPath(at)));
  return [...users.values()];
};

/** Reads who is told. What a stack says stands for all that is said of all stacks. */
const parseRecipients = (
  given: z.infer<typeof notificationsSchema> | undefined,
  users: readonly RotatedUser[],
  {
    at,
    saidAt,
    place,
    problems,
  }: {
    readonly at: readonly PropertyKey[];
    readonly saidAt: readonly PropertyKey[];
    readonly place: Place;
    readonly problems: string[];
  },
): Notifications => {
  const { emails = [], topicArn, chat = false } = given ?? {};
  const notifications = { emails, chat, ...(topicArn !== undefined && { topicArn }) };
  const where = {
    notifications: fieldPath([...saidAt, 'notifications']),
    users: fieldPath([...at, 'users']),
  };
  problems.push(...judgeRecipients(notifications, users, where, place));
  return notifications;
};

/** What is said of deployment, beside the stacks or of one of them. */
type DeploymentInput = z.infer<typeof deploymentSchema> | undefined;

/**
 * How a stack is deployed, and its full name. What the stack says stands for what is said of all stacks, field by field.
 *
 * @param stackName - Without the prefix.
 */
const parseDeployment = (
  given: { readonly forAll: DeploymentInput; readonly own?: DeploymentInput },
  stackName: string,
  {
    at,
    place,
    topicArn,
    problems,
  }: {
    readonly at: readonly PropertyKey[];
    readonly place: Place;
    readonly topicArn: string | undefined;
    readonly problems: string[];
  },
): Pick<StackConfig, 'deployment' | 'stackName'> => {
  const deployment = completeDeployment({ ...given.forAll, ...given.own });
  const { namePrefix = '' } = deployment;
  const fullName = stackName === '' ? '' : `${namePrefix}${stackName}`;
  const complain = (field: keyof typeof deployment, value: unknown, allowed: string): void => {
    const path = fieldPath([...(given.own?.[field] === undefined ? [] : at), 'deployment', field]);
    problems.push(`${path}: ${show(value)} was given. Allowed: ${allowed}.`);
  };
  judgeDeployment(deployment, { place, topicArn }, complain);
  judgeStackName(fullName, deployment.namePrefix, complain);
  return { deployment, stackName: fullName };
};

const parseDefaults = (value: unknown, at: readonly PropertyKey[], problems: string[]): Defaults =>
  parsePart(defaultsSchema, value ?? {}, [...at, 'defaults'], problems) ?? {};

const runbookOf = (given: { readonly runbookUrl?: string | undefined } | undefined) =>
  given?.runbookUrl === undefined ? {} : { runbookUrl: given.runbookUrl };

/** Reads a configuration of one stack. */
const parseOne = (value: unknown, limits: ConfigLimits, here: Place, problems: string[]): StackConfig => {
  const root = parsePart(rootSchema, value, [], problems);
  const given = fieldsIn(value);
  const defaults = parseDefaults(given.defaults, [], problems);
  const around = { defaults, paused: root?.paused, namePrefix: root?.deployment?.namePrefix };
  const users = parseUsers(given.users, ['users'], around, { limits, place: here, problems });
  const recipients = { at: [], saidAt: [], place: here, problems };
  const notifications = parseRecipients(root?.notifications, users, recipients);
  const { topicArn } = notifications;
  return {
    ...parseDeployment({ forAll: root?.deployment }, ONLY_STACK_NAME, {
      at: [],
      place: here,
      topicArn,
      problems,
    }),
    place: here,
    notifications,
    ...runbookOf(root),
    securityHub: root?.securityHub ?? false,
    users,
  };
};

/** Reads a configuration of several stacks. */
const parseSeveral = (
  value: unknown,
  limits: ConfigLimits,
  here: Place,
  problems: string[],
): readonly StackConfig[] => {
  const root = parsePart(severalSchema, value, [], problems);
  const given = fieldsIn(value);
  const defaults = parseDefaults(given.defaults, [], problems);
  return listIn(given.stacks).map((entry, index) => {
    const at = ['stacks', index];
    const stack = parsePart(stackSchema, entry, at, problems);
    const own = fieldsIn(entry);
    const place = { account: stack?.account ?? here.account, region: stack?.region ?? here.region };
    const around = {
      defaults: { ...defaults, ...parseDefaults(own.defaults, at, problems) },
      paused: stack?.paused ?? root?.paused,
      namePrefix: stack?.deployment?.namePrefix ?? root?.deployment?.namePrefix,
    };
    const users = parseUsers(own.users, [...at, 'users'], around, { limits, place, problems });
    const recipients = { at, saidAt: stack?.notifications === undefined ? [] : at, place, problems };
    const notifications = parseRecipients(stack?.notifications ?? root?.notifications, users, recipients);
    const { topicArn } = notifications;
    const said = { forAll: root?.deployment, own: stack?.deployment };
    return {
      ...parseDeployment(said, stack?.stackName ?? '', { at, place, topicArn, problems }),
      place,
      notifications,
      ...runbookOf(stack?.runbookUrl === undefined ? root : stack),
      securityHub: stack?.securityHub ?? root?.securityHub ?? false,
      users,
    };
  });
};

/**
 * Reads a configuration of one stack or of several.
 *
 * @param value - The configuration.
 * @param limits - The limits that the state machine definition sets.
 * @param here - Where stacks are deployed that do not say so themselves.
 * @param source - Where the configuration is, as the beginning of a sentence.
 * @returns The stacks, and their users with every default filled in.
 * @throws ConfigError that lists every problem: the field, the value that was given, and what is allowed.
 */
export const parseStacks = (
  value: unknown,
  limits: ConfigLimits,
  here: Place = {},
  source?: string,
): readonly StackConfig[] => {
  const problems: string[] = [];
  const several = 'stacks' in fieldsIn(value);
  const stacks = several
    ? parseSeveral(value, limits, here, problems)
    : [parseOne(value, limits, here, problems)];
  if (several) problems.push(...judgeStacks(stacks));
  const nowhere = here.region === undefined ? undefined : noRotationIn(here.region);
  if (!several && nowhere !== undefined) {
    problems.push(`the Region: ${show(here.region)} was given by the credentials. Allowed: ${nowhere}.`);
  }
  if (problems.length > 0) throw new ConfigError(problems, source);
  return stacks;
};

/**
 * Reads a configuration of one stack.
 *
 * @param value - The configuration.
 * @param limits - The limits that the state machine definition sets.
 * @param source - Where the configuration is, as the beginning of a sentence.
 * @returns The users with every default filled in.
 * @throws ConfigError that lists every problem: the field, the value that was given, and what is allowed.
 */
export const parseConfig = (value: unknown, limits: ConfigLimits, source?: string): RotationConfig => {
  const problems: string[] = [];
  const { stackName: _stackName, place: _place, ...config } = parseOne(value, limits, {}, problems);
  if (problems.length > 0) throw new ConfigError(problems, source);
  return config;
};
