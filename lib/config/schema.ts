import { z } from 'zod';
import { deploymentSchema } from './deployment-settings';
import { notificationsSchema, runbookUrlSchema, securityHubSchema } from './notification-settings';
import { COURSE, PERIODS } from './period-settings';
import { noRotationIn } from './place';
import { REGION_NAME } from './secret-settings';
import { builtInOf, fieldsOf, schemaOf } from './setting';
import { INHERITED, OWN, pauseReason, USER_NAME } from './user-settings';

/**
 * The most users that one stack carries. It is a round number below what CloudFormation and IAM allow: 500
 * resources and 1 MB per template, and one inline and ten managed policies per role. A test builds the stack
 * with this many users and every setting of users, and measures. With long settings of deployment fewer fit, which
 * synthesis says. For more users, deploy more stacks.
 */
export const MAX_USERS_PER_STACK = 100;

/** The name of the stack where the configuration has one only. */
export const ONLY_STACK_NAME = 'IamAccessKeyRotation';

/** What holds for all users. */
export const defaultsSchema = schemaOf(INHERITED, 'an object').meta({
  id: 'defaults',
  description: 'Settings of all users who do not have their own.',
});

export type Defaults = z.infer<typeof defaultsSchema>;

/** One user. */
export const userSchema = z
  .strictObject(
    {
      userName: USER_NAME.schema.meta({ description: USER_NAME.meaning }),
      ...defaultsSchema.shape,
      ...schemaOf(OWN, 'an object').shape,
    },
    'an object with at least a userName',
  )
  .meta({ id: 'user' });

export type UserInput = z.infer<typeof userSchema>;

/** The settings by their names, wherever they may stand. */
export const SETTINGS = { userName: USER_NAME, ...INHERITED, ...OWN };

/** The names of what a user and `defaults` may both say. */
export const INHERITED_FIELDS = fieldsOf(INHERITED);

/** What holds for a rotation where neither the user nor `defaults` says otherwise. */
export const BUILT_IN_DEFAULTS = builtInOf({ ...PERIODS, ...COURSE });

const ACCOUNT = 'the ID of an AWS account: a text of 12 digits';
const REGION = 'the name of a Region, such as "eu-west-1"';
const STACK_NAME =
  'a name for the stack, its state machine and its schedules: 1 to 64 letters, digits and "-", with a letter in front';

const defaults = z.unknown().optional();

/** Each user is read by itself, so that all problems are found at once. */
const users = z
  .array(z.unknown(), 'a list of users')
  .min(1, 'a list of at least one user')
  .max(
    MAX_USERS_PER_STACK,
    `a list of at most ${MAX_USERS_PER_STACK} users; put the others into another stack`,
  );

/** What may be said of all stacks, and of one. */
const common = {
  notifications: notificationsSchema.optional(),
  runbookUrl: runbookUrlSchema.optional(),
  securityHub: securityHubSchema.optional(),
  paused: pauseReason.optional().meta({ description: 'The reason why no user is rotated at present.' }),
  deployment: deploymentSchema.optional(),
  defaults,
};

const $schema = z.string('the address of the JSON Schema').optional();

/** One stack, where the configuration has several. */
export const stackSchema = z.strictObject(
  {
    stackName: z
      .string(STACK_NAME)
      .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, STACK_NAME)
      .meta({ description: 'Name of the stack, of its state machine and of its group of schedules.' }),
    account: z
      .string(ACCOUNT)
      .regex(/^\d{12}$/, ACCOUNT)
      .optional()
      .meta({ description: 'ID of the account that it is deployed to. Default: that of the credentials.' }),
    region: z
      .string(REGION)
      .regex(REGION_NAME, REGION)
      .superRefine((region, context) => {
        const problem = noRotationIn(region);
        if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
      })
      .optional()
      .meta({ description: 'Region that it is deployed to. Default: that of the credentials.' }),
    ...common,
    users,
  },
  'an object with at least a stackName and users',
);

/** A configuration of one stack. */
export const rootSchema = z.strictObject(
  { $schema, ...common, users },
  'an object {"notifications"?, "runbookUrl"?, "securityHub"?, "paused"?, "deployment"?, "defaults"?, "users"}',
);

/** A configuration of several stacks. */
export const severalSchema = z.strictObject(
  {
    $schema,
    ...common,
    stacks: z.array(z.unknown(), 'a list of stacks').min(1, 'a list of at least one stack'),
  },
  'an object {"notifications"?, "runbookUrl"?, "securityHub"?, "paused"?, "deployment"?, "defaults"?, "stacks"}',
);

const completeUsers = z
  .array(userSchema)
  .min(1)
  .max(MAX_USERS_PER_STACK)
  .meta({
    description: `The enrolled IAM users, up to ${MAX_USERS_PER_STACK} per stack. No other user is ever touched.`,
  });

/** All of it at once, for those who write it: what has the right form. */
export const documentSchema = z
  .strictObject({
    ...rootSchema.shape,
    defaults: defaultsSchema.optional(),
    users: completeUsers.optional(),
    stacks: z
      .array(
        z.strictObject({ ...stackSchema.shape, defaults: defaultsSchema.optional(), users: completeUsers }),
      )
      .min(1)
      .optional()
      .meta({
        description:
          'Several stacks, each with its users, instead of users. What stands beside them holds for all.',
      }),
  })
  .meta({
    title: 'The configuration of iam-access-key-rotation',
    oneOf: [{ required: ['users'] }, { required: ['stacks'] }],
  });
