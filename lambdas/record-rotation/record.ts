import * as z from 'zod/mini';
import { Trace } from '../shared/rotation/trace';

/*
 * The record of an execution, field by field. Nothing else is ever written: what a step, a person or AWS adds somewhere is left out
 * until it is named here. Null means that it is not known, or that there is none; `unknown` says which of the two, and why.
 *
 * It is written in this order, and what has lists comes last, here and in each object: Logs Insights finds the first 200 fields of an event,
 * and each item of a list is one or more (CloudWatch Logs User Guide, "Supported logs and discovered fields").
 */

const time = z.iso.datetime();
const maybe = z.nullable;
const count = z.int().check(z.gte(0));

/** By what the time of an event is known. */
const SOURCES = [
  /** As IAM showed the key to the plan. */
  'iam',
  /** The step has noted it when it was done. */
  'step',
  /** The history: the step that did it had ended by then. */
  'history',
] as const;

const Moment = z.strictObject({ at: time, by: z.enum(SOURCES) });
export type Moment = z.infer<typeof Moment>;

/** The latest use for one service. */
const Use = z.strictObject({ service: z.string(), region: z.string(), at: time });

const keyFields = {
  accessKeyId: z.string(),
  created: maybe(Moment),
  /** The latest use that the adoption checks have seen. IAM shows the latest of all uses only, and of several within 15 minutes the first. */
  lastUsed: maybe(Use),
};

/** The key that the rotation brings. */
const NewKey = z.strictObject({
  ...keyFields,
  source: maybe(z.enum(['created', 'stored-before', 'held-before'])),
  /** From then on a version of the secret has it, under a label that no consumer reads. */
  stored: maybe(Moment),
  /** AWS had accepted it by then. */
  tested: maybe(Moment),
  /** From then on consumers read it. */
  published: maybe(Moment),
});

/** The key that the rotation retires. */
const OldKey = z.strictObject({
  ...keyFields,
  deactivated: maybe(Moment),
  reactivated: maybe(Moment),
  deleted: maybe(Moment),
});

/** A key as the plan found it. */
const FoundKey = z.strictObject({ accessKeyId: z.string(), status: z.string(), created: time });

/** What the owner's validator has said. */
const Validator = z.strictObject({
  asked: count,
  /** The last verdict; null: it was not asked. */
  verdict: maybe(z.enum(['healthy', 'unhealthy', 'unknown'])),
  /** Its own words, as one line. */
  said: maybe(z.string()),
});

/** Who started an execution. */
const StartedBy = z.strictObject({
  /** As the input says, which whoever starts it writes. */
  claimed: maybe(z.enum(['schedule', 'person', 'declaration'])),
  /** ARN of the execution that is said to have declared the emergency. */
  declaration: maybe(z.string()),
  /** ARN of who called StartExecution, as CloudTrail shows it: of a session, where it was a role. */
  identity: maybe(z.string()),
  /** ARN of the role, if it was one. */
  role: maybe(z.string()),
  /** What `identity` is known by. `cut`: there were too many starts to read them all. */
  evidence: z.enum(['seen', 'not-shown-yet', 'not-shown', 'not-asked', 'not-answered', 'cut']),
  /** Whether CloudTrail bears out what the input says. Null: it is not known. */
  bornOut: maybe(z.boolean()),
});
export type StartedBy = z.infer<typeof StartedBy>;

/** How an execution has ended. */
const RESULTS = [
  /** The old key is gone, and consumers have the new one. */
  'rotated',
  'nothing-to-do',
  /** A rollback, or a missing acknowledgement, keeps scheduled rotations from starting. */
  'on-hold',
  /** It was to say only what a rotation would do. */
  'planned',
  /** The old key is back, and the rotation is on hold. */
  'rolled-back',
  'failed',
  /** Another execution of the same user, which was running then, has taken the rotation over. */
  'taken-over',
  /** Somebody has stopped it. Whatever they say of a successor, nothing bears it out. */
  'stopped',
  'timed-out',
  /** A declaration: it has started the rotation that retires the leaked key. */
  'declared',
  /** It succeeded, and nothing says with what. */
  'unknown',
] as const;
export type Result = (typeof RESULTS)[number];

/** The settings that were in force last. */
const Settings = z.strictObject({
  overlapPeriod: z.string(),
  quietPeriod: z.string(),
  adoptionDeadline: z.string(),
  onAdoptionDeadline: z.string(),
  noticeBefore: z.string(),
  recoveryPeriod: z.string(),
  idleAfter: z.string(),
  timeZone: z.string(),
  /** `always`, or days and hours. */
  deactivationWindow: z.string(),
  validator: maybe(z.string()),
  /** How long the owner has to acknowledge; null: nobody is asked. */
  acknowledgementDeadline: maybe(z.string()),
  ownershipMark: z.string(),
  healthAlarms: z.array(z.string()),
});

/** The record of one execution. */
export const RotationRecord = z.strictObject({
  /** Version of this form. A field that is added keeps it; one that changes its meaning does not. */
  schema: z.literal(1),
  kind: z.enum(['rotation', 'declaration']),
  /** When the record was made. */
  recordedAt: time,
  execution: z.strictObject({
    arn: z.string(),
    name: z.string(),
    status: z.string(),
    startedAt: maybe(time),
    endedAt: maybe(time),
    redriveCount: count,
  }),
  result: z.enum(RESULTS),
  /** Name of the IAM user; null: the input names none that could be one. */
  userName: maybe(z.string()),
  userId: maybe(z.string()),
  /** Whether the user was enrolled when the record was made. */
  enrolled: z.boolean(),
  secretId: maybe(z.string()),
  action: maybe(z.string()),
  startedBy: StartedBy,
  /** Why a person asked for an emergency or a rollback, and what else was remarked: as they wrote it, shortened. */
  reason: maybe(z.string()),
  comment: maybe(z.string()),
  /** ARN of the execution that has taken the rotation over. What is only claimed is in `error.said`. */
  takenOverBy: maybe(z.string()),
  /** The error in which it has ended, and what was said of it, shortened. Of one that was stopped, whoever stopped it wrote both. */
  error: maybe(z.strictObject({ name: z.string(), said: maybe(z.string()) })),
  /** The step that was entered last, and what it has said, shortened. */
  lastStep: maybe(
    z.strictObject({
      step: z.string(),
      /** Null: it has ended in the error; or it was cut off, and then `unknown` names this field. */
      status: maybe(z.string()),
      /** When it has ended; if it was cut off, when it was entered. */
      at: time,
      said: maybe(z.string()),
      /** Why nothing was to be done: `not-due`, `paused`, `running`, … Null: the step notes none. */
      why: maybe(z.string()),
    }),
  ),
  newKey: maybe(NewKey),
  oldKey: maybe(OldKey),
  /** Of the keys that are Active after this execution, the one that was created first. */
  oldestActiveKey: maybe(
    z.strictObject({
      accessKeyId: z.string(),
      created: time,
      /** The same in seconds since 1970, for queries that compute its age. */
      createdSeconds: z.number(),
    }),
  ),
  acknowledgement: maybe(
    z.strictObject({
      askedAt: time,
      answeredAt: maybe(time),
      result: z.enum(['given', 'refused', 'unanswered', 'not-asked', 'open']),
      /** Why it was refused, in the words of who did. */
      said: maybe(z.string()),
      /** Nothing that AWS documents ties an answer to who gave it. */
      by: z.null(),
    }),
  ),
  health: maybe(
    z.strictObject({
      checks: count,
      /** How often a person was told that nobody can say how consumers are. */
      noVerdict: count,
      validator: Validator,
      result: z.enum(['recovered', 'rolled-back', 'unfinished']),
    }),
  ),
  rollback: maybe(
    z.strictObject({
      asked: z.enum(['person', 'rotation']),
      error: maybe(z.string()),
      reason: z.string(),
      /** When it was done; null: it was not. */
      doneAt: maybe(time),
    }),
  ),
  /** A hold that this execution has set, or that it has found. */
  hold: maybe(z.enum(['set', 'found'])),
  /** When people were told ahead. */
  notices: z.strictObject({ ofRotation: maybe(time), ofDeactivation: maybe(time) }),
  /** Of an emergency, and of its declaration. */
  emergency: maybe(
    z.strictObject({
      accessKeyId: z.string(),
      /** From the start of this execution until the leaked key was Inactive. */
      secondsToInactive: maybe(z.number()),
    }),
  ),
  /** After how many days a key is due, as deployed when the record was made. */
  rotateAfterDays: maybe(z.number()),
  /** What the record is made from. */
  history: z.strictObject({
    read: z.enum(['whole', 'part', 'none']),
    events: count,
    /** Attempts at tasks that have failed, most of which were made again. */
    failedAttempts: count,
    /** Data of states that are not what this release takes them for. */
    notUnderstood: count,
  }),
  /** The rotation that the execution has worked on. One rotation may take several executions. */
  rotation: maybe(
    z.strictObject({
      /** The same for all executions of a rotation. */
      id: z.string(),
      startedAt: time,
      /** Whether this execution has begun it. */
      begunHere: z.boolean(),
      /** Keys that a person has called leaked. */
      leakedAccessKeyIds: z.array(z.string()),
    }),
  ),
  adoption: maybe(
    z.strictObject({
      checks: count,
      /** By what it was settled; null: it was not, or no step has noted it. */
      ground: maybe(z.string()),
      validator: Validator,
      /** What the deadline has overruled. */
      overruled: z.array(z.string()),
      usesOfOldKey: z.array(Use),
      usesOfNewKey: z.array(Use),
    }),
  ),
  settings: maybe(Settings),
  /** The user's keys as the plan found them; null: no plan says. */
  keysFound: maybe(z.array(FoundKey)),
  /** Addresses of the user's owners, as deployed when the record was made. */
  owners: z.array(z.string()),
  /**
   * Of an emergency: what the leaked key did, as far as CloudTrail has shown it when it was asked last. Not in `emergency`, because it has
   * many lists. Null: nobody has looked, and `unknown` says so; or this is no emergency, or only its declaration.
   */
  trace: maybe(Trace),
  /** What nobody can say, and why. */
  unknown: z.array(z.strictObject({ field: z.string(), why: z.string() })),
});
export type RotationRecord = z.infer<typeof RotationRecord>;
