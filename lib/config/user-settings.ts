import { z } from 'zod';
import { nameInArn } from './nearest';
import { PEOPLE } from './notification-settings';
import { COURSE, duration, PERIODS } from './period-settings';
import { SECRET } from './secret-settings';
import type { Setting, Settings } from './setting';

const SECRET_NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;
const SECRET_ARN =
  /^arn:aws[a-z-]*:secretsmanager:([a-z0-9-]+):\d{12}:secret:([A-Za-z0-9/_+=.@-]{1,512})-[A-Za-z0-9]{6}$/;

/** The Region in the ARN of a secret; undefined for a name. */
export const regionOfSecret = (secretId: string): string | undefined => SECRET_ARN.exec(secretId)?.[1];

/** The name of a secret, which its ARN has, too. */
export const nameOfSecret = (secretId: string): string => SECRET_ARN.exec(secretId)?.[2] ?? secretId;

// CloudWatch describes composite alarms only to callers that may see every alarm of the account.
const ALARM_NAMES =
  'a list of names of CloudWatch metric alarms, and not of ARNs: 1 to 255 printable characters each, without "*", "?" and "$", which an IAM policy would not read literally';

// An alias or a version is part of the ARN that the role may invoke.
const FUNCTION_ARN =
  /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9_-]{1,128})?$/;
const VALIDATOR =
  'the full ARN of a Lambda function in this account and Region, with or without an alias or a version';

const ACKNOWLEDGEMENT = 'an object {"deadline"}, such as {"deadline": "P2D"}';

const PAUSE_REASON = 'the reason, in 1 to 256 printable characters';

/** Why nobody is rotated, or one user is not. */
export const pauseReason = z.string(PAUSE_REASON).regex(/^(?=.*\S)[^\p{Cc}]{1,256}$/u, PAUSE_REASON);

/** What may stand with a user, and in `defaults` for all of them. */
export const INHERITED = { ...PERIODS, ...COURSE, ...PEOPLE, ...SECRET } as const satisfies Settings;

/** The name of the IAM user, without which there is none. */
export const USER_NAME = {
  schema: z
    .string('the name of an IAM user')
    .regex(
      /^[\w+=,.@-]{1,64}$/,
      'the name of an IAM user, and not its ARN: 1 to 64 letters, digits and _+=,.@-',
    ),
  meaning: 'Name of the IAM user.',
  meant: nameInArn,
} as const satisfies Setting;

/** What may stand with a user only. */
export const OWN = {
  path: {
    schema: z
      .string('the path of the IAM user, such as "/" or "/service/"')
      .max(512, 'a path of at most 512 characters')
      .regex(
        /^\/([!-~]+\/)?$/,
        'the path of the IAM user: "/", or printable ASCII characters that begin and end with "/"',
      )
      .regex(/^[^*?$]*$/, 'a path without "*", "?" and "$", which an IAM policy would not read literally'),
    builtIn: '/',
    meaning: 'Path of the IAM user, part of its ARN.',
  },
  schedule: {
    schema: z.string('a schedule expression of EventBridge Scheduler, such as "cron(0 9 ? * MON-FRI *)"'),
    meaning: 'When to ask whether a rotation is due: cron(...) or rate(...) of EventBridge Scheduler.',
    byDefault: 'working days at 09:MM in timeZone; the minute is derived from the name',
    refused: 'unless forced: a schedule that ends',
  },
  healthAlarms: {
    schema: z
      .array(z.string(ALARM_NAMES).regex(/^(?!arn:)(?!.*[*?$])[ -~]{1,255}$/, ALARM_NAMES), ALARM_NAMES)
      // Each is looked at by calls of its own, one after the other, in a function that has two minutes.
      .max(100, 'a list of at most 100 alarms')
      .refine((names) => new Set(names).size === names.length, 'a list that names no alarm twice'),
    builtIn: [],
    meaning:
      'Up to 100 names of CloudWatch metric alarms, in the same account and Region, that go off when consumers fail.',
    byDefault: 'none: no automatic rollback',
    meant: nameInArn,
  },
  existingSecret: {
    schema: z
      .string('the name or the full ARN of a secret')
      .refine(
        (id) => (id.startsWith('arn:') ? SECRET_ARN.test(id) : SECRET_NAME.test(id)),
        'the name of a secret in this account and Region (letters, digits and /_+=.@-), or its full ARN with the six random characters at the end',
      ),
    meaning: 'Name or full ARN of a secret of yours, instead of one that the stack creates.',
    byDefault: 'the stack creates one that is called after the user',
    refused: 'a secret of another account or Region; one secret for two users',
  },
  validator: {
    schema: z.string('the ARN of a Lambda function').regex(FUNCTION_ARN, VALIDATOR),
    meaning:
      'ARN of a Lambda function of yours, in the same account and Region, that says whether consumers work.',
  },
  acknowledgement: {
    schema: z.strictObject({ deadline: duration }, ACKNOWLEDGEMENT),
    meaning:
      '{"deadline": "P2D"}: your system has to agree within this time before the old key is deactivated.',
  },
  paused: {
    schema: pauseReason,
    meaning: 'The reason why this user is not rotated at present.',
  },
  force: {
    schema: z.boolean('true or false'),
    builtIn: false,
    meaning: 'Accept periods that are too short or too long, and a schedule that ends.',
  },
} as const satisfies Settings;
