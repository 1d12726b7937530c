import { z } from 'zod';
import { COURSE, PERIODS } from './period-settings';
import { builtInOf, fieldsOf, schemaOf } from './setting';
import { INHERITED, OWN, pauseReason, userName } from './user-settings';

/**
 * The most users that one stack carries. It is a round number below what CloudFormation and IAM allow: 500
 * resources and 1 MB per template, and one inline and ten managed policies per role. A test builds the stack
 * with this many users and measures. For more users, deploy more stacks.
 */
export const MAX_USERS_PER_STACK = 100;

/** What holds for all users. */
export const defaultsSchema = schemaOf(INHERITED, 'an object');

export type Defaults = z.infer<typeof defaultsSchema>;

/** One user. */
export const userSchema = z.strictObject(
  {
    userName: userName.meta({ description: 'Name of the IAM user.' }),
    ...defaultsSchema.shape,
    ...schemaOf(OWN, 'an object').shape,
  },
  'an object with at least a userName',
);

export type UserInput = z.infer<typeof userSchema>;

/** The whole, of which users and defaults are read one by one. */
export const rootSchema = z.strictObject(
  {
    notificationEmail: z.email('an e-mail address').optional(),
    paused: pauseReason.optional(),
    defaults: z.unknown().optional(),
    users: z
      .array(z.unknown(), 'a list of users')
      .min(1, 'a list of at least one user')
      .max(
        MAX_USERS_PER_STACK,
        `a list of at most ${MAX_USERS_PER_STACK} users; put the others into another stack`,
      ),
  },
  'an object {"notificationEmail"?, "paused"?, "defaults"?, "users"}',
);

/** The names of what a user and `defaults` may both say. */
export const INHERITED_FIELDS = fieldsOf(INHERITED);

/** What holds for a rotation where neither the user nor `defaults` says otherwise. */
export const BUILT_IN_DEFAULTS = builtInOf({ ...PERIODS, ...COURSE });
