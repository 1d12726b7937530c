import { z } from 'zod';
import { hashedMinute, secretName } from '../names';
import type { ConfigLimits, RotatedUser, RotationConfig } from './config';
import { CONFIG_CONTEXT_KEY, ConfigError } from './config-error';
import { judgeNeighbours, judgeUser } from './judge';
import {
  type Defaults,
  defaultsSchema,
  INHERITED_FIELDS,
  rootSchema,
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

/** Parses one part of the configuration; what is wrong with it goes to `problems`. */
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
    if (issue.code === 'unrecognized_keys' && issue.path.length === 0) {
      for (const key of issue.keys) {
        const given = show(valueAt(value, [...issue.path, key]));
        const known = schema instanceof z.ZodObject ? Object.keys(schema.shape).join(', ') : 'fewer fields';
        problems.push(
          `${fieldPath([...path, key])}: ${given} was given, but there is no such field. Allowed: ${known}.`,
        );
      }
    } else {
      const field = fieldPath(path) || CONFIG_CONTEXT_KEY;
      problems.push(`${field}: ${show(valueAt(value, issue.path))} was given. Allowed: ${issue.message}.`);
    }
  }
  return undefined;
};

const onWorkingDays = (userName: string): string => `cron(${hashedMinute(userName)} 9 ? * MON-FRI *)`;

/** The user's own setting, else that of `defaults`, else the built-in one. A pause of everybody is one of each. */
const complete = (input: UserInput, defaults: Defaults, pausedForAll?: string): RotatedUser => {
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
    secretId: input.existingSecret ?? secretName(input.userName),
    secretExists: input.existingSecret !== undefined,
    ...settings,
    schedule: input.schedule ?? onWorkingDays(input.userName),
    healthAlarms: input.healthAlarms ?? [],
    ...(input.validator !== undefined && { validator: input.validator }),
    ...(input.acknowledgement !== undefined && { acknowledgement: input.acknowledgement }),
    ...(paused !== undefined && { paused }),
  };
};

/**
 * Reads the value of the context key {@link CONFIG_CONTEXT_KEY}.
 *
 * @param context - The value as cdk.json holds it.
 * @param limits - What the state machine definition allows.
 * @returns The users with every default filled in.
 * @throws ConfigError that lists every problem: the field, the value that was given, and what is allowed.
 */
export const parseConfig = (context: unknown, limits: ConfigLimits): RotationConfig => {
  const problems: string[] = [];
  const root = parsePart(rootSchema, context, [], problems);
  const given = typeof context === 'object' && context !== null ? (context as Record<string, unknown>) : {};

  const defaults = parsePart(defaultsSchema, given.defaults ?? {}, ['defaults'], problems) ?? {};

  const users = new Map<number, RotatedUser>();
  for (const [index, value] of (Array.isArray(given.users) ? given.users : []).entries()) {
    const input = parsePart(userSchema, value, ['users', index], problems);
    if (input === undefined) continue;
    const user = complete(input, defaults, root?.paused);
    users.set(index, user);
    problems.push(...judgeUser(input, user, defaults, `users[${index}]`, limits));
  }
  problems.push(...judgeNeighbours(users));

  if (problems.length > 0 || root === undefined) throw new ConfigError(problems);
  return { notificationEmail: root.notificationEmail, users: [...users.values()] };
};
