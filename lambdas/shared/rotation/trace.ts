import * as z from 'zod/mini';

/*
 * What a leaked key did, as CloudTrail's event history shows it. It travels through the state machine, goes to listeners and into the
 * record: so it is bounded, and has only what is named here. Nothing of an event gets in that could be a secret.
 */

const timestamp = z.iso.datetime();
const count = z.number().check(z.int(), z.gte(0));

/** How often something occurs. */
const Tally = z.object({ name: z.string(), count });

/** What occurs most, and how much there is besides. */
const Most = z.object({
  /** How many different ones there are. */
  different: count,
  most: z.array(Tally),
});
export type Most = z.infer<typeof Most>;

/** What may outlive the key: what it has created, and what it has given rights to. */
const Made = z.object({
  /** Such as `iam:CreateUser`. */
  call: z.string(),
  /** Names and IDs that the event has, such as the new user's. */
  about: z.array(z.string()),
  region: z.string(),
  at: timestamp,
});
export type Made = z.infer<typeof Made>;

/** Temporary credentials that were obtained with the key. */
const Session = z.object({
  /** Such as `sts:AssumeRole`. */
  call: z.string(),
  /** ID of the session's access key. Null: the event does not have it. */
  accessKeyId: z.nullable(z.string()),
  /** ARN of the role; null: it is the user's own session, or the event does not have it. */
  role: z.nullable(z.string()),
  /** Until when it is valid; null: it is not known. */
  expires: z.nullable(timestamp),
  region: z.string(),
  at: timestamp,
});
export type Session = z.infer<typeof Session>;

/** Why a Region's events are not known. */
const NO_ANSWERS = ['denied', 'throttled', 'not-answered'] as const;
export type NoAnswer = (typeof NO_ANSWERS)[number];

/** The policy by which AWS restricts the user of a key that it has found in public. */
const Quarantine = z.object({
  kind: z.enum(['attached', 'not-attached', 'unknown']),
  /** ARNs of the policies. */
  policies: z.array(z.string()),
});
export type Quarantine = z.infer<typeof Quarantine>;

/** What is known of a leaked key. */
export const Trace = z.object({
  /** How often CloudTrail was asked. */
  looks: count,
  /** The keys that a person, or AWS, has called leaked. */
  accessKeyIds: z.array(z.string()),
  /** CloudTrail was asked for this time. */
  from: timestamp,
  until: timestamp,
  regions: z.object({
    /** Whether AWS has said which Regions the account has. If not, only two were asked. */
    listed: z.boolean(),
    asked: count,
    /** Those that have not answered, or not to the end: what happened there is not known. */
    unanswered: z.array(z.object({ region: z.string(), why: z.enum(NO_ANSWERS) })),
    /** Those with more events than were read. What happened there before `back` is not known. */
    cut: z.array(z.object({ region: z.string(), back: timestamp })),
  }),
  /** Calls with the leaked keys, those of programs that rightly held them among them. */
  calls: count,
  first: z.nullable(timestamp),
  last: z.nullable(timestamp),
  addresses: Most,
  inRegions: Most,
  /** Calls that may have changed something. */
  changes: Most,
  /** Calls that only read. */
  reads: Most,
  /** Calls that were refused, and why. */
  refused: Most,
  made: z.object({ count, latest: z.array(Made) }),
  sessions: z.object({ count, latest: z.array(Session) }),
  quarantine: Quarantine,
});
export type Trace = z.infer<typeof Trace>;
