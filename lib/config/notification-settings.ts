import { z } from 'zod';
import type { Settings } from './setting';

/** More people than read one mail with care: a list of the mail system does the rest. */
const MAX_ADDRESSES = 50;
const MAX_OWNERS = 10;

const addresses = (what: string, most: number) => {
  const form = `a list of at most ${most} e-mail addresses ${what}, none of them twice`;
  return z
    .array(z.email('an e-mail address'), form)
    .refine((given) => given.length <= most && new Set(given.map(sameAddress)).size === given.length, form);
};

/** What two spellings of one address have in common. */
export const sameAddress = (address: string): string => address.toLowerCase();

/** Names of FIFO topics end with `.fifo` (SNS API Reference, CreateTopic): alarms and rules cannot publish there. */
const TOPIC_ARN = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/;
const TOPIC =
  'the ARN of a standard SNS topic in this account and Region, such as "arn:aws:sns:eu-west-1:123456789012:oncall"';

const NOTIFICATIONS = 'an object {"emails"?, "topicArn"?, "chat"?}';

/** Who is told of rotations. */
export const notificationsSchema = z
  .strictObject(
    {
      emails: addresses('of those who get everything', MAX_ADDRESSES).optional(),
      topicArn: z.string(TOPIC).regex(TOPIC_ARN, TOPIC).optional(),
      chat: z.boolean('true or false').optional(),
    },
    NOTIFICATIONS,
  )
  .meta({
    description: `Who is told: {"emails": ["oncall@example.com"]}, up to ${MAX_ADDRESSES} addresses that get every message and alarm, and confirm once; {"topicArn": "..."}, an SNS topic of yours to publish to instead of one of the stack; {"chat": true}, a topic for a chat channel.`,
  });

// A fragment is added to it, and it stands in texts that a shell, a state machine or EventBridge takes apart.
const RUNBOOK_URL = 'an https URL without a fragment, of at most 500 characters';

/** Where the runbook is. */
export const runbookUrlSchema = z
  .string(RUNBOOK_URL)
  .regex(/^https:\/\/[A-Za-z0-9][\w.~:/?@!&()*+,;=%-]{0,491}$/, RUNBOOK_URL)
  .meta({ description: 'Address of your copy of docs/runbook.md, for messages: an https URL.' });

/** Whether Security Hub is told. */
export const securityHubSchema = z.boolean('true or false').meta({
  description:
    'Whether AWS Security Hub, which the account must have enabled in the Region, gets a finding of each key that is overdue. Default: false.',
});

/** Who else is told of a user. */
export const PEOPLE = {
  owners: {
    schema: addresses("of the user's owners", MAX_OWNERS),
    builtIn: [],
    meaning: `Up to ${MAX_OWNERS} e-mail addresses that get what concerns this user. Each must confirm once.`,
    refused: 'more than 200 different addresses in a stack',
  },
} as const satisfies Settings;
