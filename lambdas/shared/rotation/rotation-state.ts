import * as z from 'zod/mini';
import { RotationSettings } from '../contract/enrolment';
import { text } from '../contract/schema';
import type { Trace } from './trace';

/**
 * What travels through the state machine: identifiers, times, and words. Never key material.
 *
 * Each step receives the state, adds what it found, and returns it; the parts appear below in the order in
 * which the steps add them. `status` is what Choice states branch on, `outcome` is what a person reads.
 */

export const timestamp = z.iso.datetime();
const accessKeyId = text(16, 128);
export const count = z.number().check(z.int(), z.gte(0));

/** What an execution may be started for. */
const ROTATING_ACTIONS = ['rotate', 'resume', 'rollback', 'emergency'] as const;
const ACTIONS = [...ROTATING_ACTIONS, 'plan'] as const;
const TRIGGERS = ['manual', 'schedule'] as const;

/**
 * IAM API Reference, CreateUser and AccessKey: what a name and an ID are made of. A person pastes both into a shell, in a
 * hurry, from a message that quotes them.
 */
export const USER_NAME = z.regex(/^[\w+=,.@-]{1,64}$/, {
  error: 'must be the name of an IAM user: up to 64 letters, digits and _+=,.@-',
});
export const ACCESS_KEY_ID = z.regex(/^\w{16,128}$/, {
  error: 'must be the ID of an access key: 16 to 128 letters, digits and _',
});

/** For the record, in one line: what looks like another paragraph of a message is one that somebody else wrote. */
const remark = (least: number): z.ZodMiniString =>
  text(least, 1000).check(
    z.regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, { error: 'must be one line, without control characters' }),
  );

/** The field in which an execution names the one that has started it. Step Functions' console links the two by it. */
export const DECLARED_BY = 'AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID';

/** Step Functions API, StartExecution: what an ARN is made of, and names that need no escape. Messages quote it. */
const EXECUTION_ARN = z.regex(/^arn:[\w-]+:states:[\w-]+:\d{12}:(execution|express):[\w.:+=@-]{1,200}$/, {
  error: 'must be the ARN of an execution',
});

/** What becomes of programs in an emergency. */
const OUTAGES = ['avoided', 'accepted'] as const;

/** ISO 8601, in UTC or with an offset: a person copies it from somewhere. */
const error = 'must be a time in ISO 8601 with its offset, or "unknown"';
const SINCE = z.union([z.literal('unknown', { error }), z.iso.datetime({ offset: true, error })], { error });

const inputFields = z.strictObject({
  /** Name of an enrolled IAM user. */
  userName: z.string().check(USER_NAME),
  /**
   * `rotate` starts or continues a rotation; `resume` also lifts the hold that a rollback has set. `rollback` brings
   * the old key back; `emergency` retires a leaked key without delay; `plan` only says what `rotate` would do.
   */
  action: z._default(z.enum(ACTIONS), 'rotate'),
  /** `schedule` asks whether a rotation is due, and lets a running one be; `manual` rotates at any age. */
  trigger: z._default(z.enum(TRIGGERS), 'manual'),
  /** EventBridge Scheduler and the console may add nothing else; a comment for the record is welcome. */
  comment: z.optional(remark(0)),
  /** Of an emergency: the access key that has leaked. */
  accessKeyId: z.optional(z.string().check(ACCESS_KEY_ID)),
  /** Of an emergency, where it is required, and of a rollback: why, for the record. */
  reason: z.optional(remark(1)),
  /**
   * Of an emergency: `avoided` (the default) sets the leaked key Inactive when consumers have another one to read; `accepted` sets it
   * Inactive first, and programs fail until its successor is published.
   */
  outage: z.optional(z.enum(OUTAGES)),
  /** Of an emergency: since when others may have had the key. `unknown`, or absent: nobody knows. */
  leakedSince: z.optional(SINCE),
  /** The ARN of the execution that has started this one. Of an emergency: the one that has declared it. */
  [DECLARED_BY]: z.optional(text(1, 256).check(EXECUTION_ARN)),
  /**
   * Put here by the plan itself: this execution has given notice of the rotation, and has waited until then. Whoever starts an
   * execution with it gets a rotation without notice, which a manual start is anyway.
   */
  noticeUntil: z.optional(timestamp),
});

/** What a declaration says of a leaked key, whatever else it holds: whoever may declare an emergency is believed about the key. */
export const DeclaredLeak = z.object({
  userName: z.string().check(USER_NAME),
  accessKeyId: z.string().check(ACCESS_KEY_ID),
});

/** Input of an execution: what the schedule sends, and what a person types in the console. */
export const RotationInput = inputFields.check(
  z.superRefine((input, context) => {
    const complain = (
      field: 'accessKeyId' | 'reason' | 'trigger' | 'noticeUntil' | 'outage' | 'leakedSince',
      message: string,
    ): void => context.addIssue({ code: 'custom', path: [field], message });
    const emergency = input.action === 'emergency';
    if (emergency && input.accessKeyId === undefined) {
      complain('accessKeyId', 'an emergency needs the ID of the access key that has leaked');
    }
    if (emergency && input.reason === undefined)
      complain('reason', 'an emergency needs a reason, for the record');
    if (!emergency && input.accessKeyId !== undefined) {
      complain(
        'accessKeyId',
        'goes with the action "emergency" only: no other action lets anybody choose a key',
      );
    }
    for (const field of ['outage', 'leakedSince'] as const) {
      if (!emergency && input[field] !== undefined) {
        complain(field, 'goes with the action "emergency" only');
      }
    }
    if (input.action !== 'rotate' && input.trigger === 'schedule') {
      complain(
        'trigger',
        'is "schedule" for the action "rotate" only: what a person asks for is done now, or refused',
      );
    }
    if (input.trigger !== 'schedule' && input.noticeUntil !== undefined) {
      complain('noticeUntil', 'goes with the trigger "schedule" only: no other start gives notice');
    }
    if (!emergency && input.action !== 'rollback' && input.reason !== undefined) {
      complain('reason', 'goes with the actions "emergency" and "rollback"; leave a "comment" instead');
    }
  }),
);
export type RotationInput = z.infer<typeof RotationInput>;

/** The execution that a step runs for, from the Step Functions context object. */
export const ExecutionContext = z.object({
  id: text(1),
  /** Step Functions says 0 unless an execution was redriven; engines that cannot redrive one say nothing. */
  redriveCount: z.pipe(
    z.nullable(count),
    z.transform((redrives) => redrives ?? 0),
  ),
  startTime: timestamp,
});
export type ExecutionContext = z.infer<typeof ExecutionContext>;

/** What a rotation is about. The intent carries it, so it survives every crash. */
export const Rotation = z.object({
  /** The owner that began this rotation. Successors inherit it, and with it the right to what it created. */
  rootRotationId: text(1),
  /** The key to retire; null when the user had none, or when the one in the secret no longer existed. */
  oldAccessKeyId: z.nullable(accessKeyId),
  /** The key that AWSCURRENT named when the rotation began; null for the placeholder. */
  currentAccessKeyIdBefore: z.nullable(accessKeyId),
  /** All keys of the user when the rotation began. What is not among them is new. */
  accessKeyIdsBefore: z.array(accessKeyId),
  /** Those among them that were Inactive: whoever set them so had a reason, and nothing sets them Active. */
  inactiveAccessKeyIdsBefore: z._default(z.array(accessKeyId), []),
  startedAt: timestamp,
  /** Keys that a person has called leaked: they are never brought back. The latest of them is `oldAccessKeyId`. */
  leakedAccessKeyIds: z._default(z.array(accessKeyId), []),
  /** Of an emergency: the old key of the rotation that it interrupted, when that key is not the leaked one. */
  supersededAccessKeyId: z._default(z.nullable(accessKeyId), null),
  /** Of an emergency: the leaked key is set Inactive before consumers have another one to read. Absent: after that. */
  outage: z.optional(z.literal('accepted')),
});
export type Rotation = z.infer<typeof Rotation>;

/** Whether a person has called a key leaked. */
export const isLeaked = (
  { leakedAccessKeyIds }: { readonly leakedAccessKeyIds: readonly string[] },
  accessKeyId: string | null,
): boolean => accessKeyId !== null && leakedAccessKeyIds.includes(accessKeyId);

/** IDs of keys that the rotation knows as the user's, whether or not they are there any more. */
export const formerIdsOf = ({ accessKeyIdsBefore, leakedAccessKeyIds }: Rotation): readonly string[] => [
  ...accessKeyIdsBefore,
  ...leakedAccessKeyIds,
];

/** The old key has leaked: it is retired without waiting for anybody, and not brought back by anything. */
export const isEmergency = (rotation: {
  readonly oldAccessKeyId: string | null;
  readonly leakedAccessKeyIds: readonly string[];
}): boolean => isLeaked(rotation, rotation.oldAccessKeyId);

/** A key as the plan found it, for the record of the rotation. Nothing is decided by it. */
const FoundKey = z.object({ accessKeyId, status: z.string(), createDate: timestamp });

/** What a declared emergency has taken so far, as far as the steps that have answered know it. */
const Effort = z.object({
  /** How many functions have been started. */
  functions: count,
  /** How many requests they have sent to AWS. */
  calls: count,
});
export type Effort = z.infer<typeof Effort>;

/** When a leaked key was set Inactive by this execution, and what that took. */
const Contained = z.extend(Effort, {
  at: timestamp,
  /** Since the emergency was declared. Absent when nobody has declared this execution. */
  seconds: z.optional(count),
});
export type Contained = z.infer<typeof Contained>;

const base = z.object({
  userName: z.string(),
  userId: z.string(),
  secretId: z.string(),
  action: z.enum(ROTATING_ACTIONS),
  trigger: z.enum(TRIGGERS),
  /** Why a person asked for an emergency or a rollback. */
  reason: z.optional(z.string()),
  /** Since when others may have had the leaked key, as far as whoever declared the emergency knows. */
  leakedSince: z.optional(timestamp),
  /** When the emergency was declared, if this execution is one. */
  declaredAt: z.optional(timestamp),
  /** Of a declared emergency. */
  effort: z.optional(Effort),
  /** Absent as long as this execution has set no leaked key Inactive. */
  contained: z.optional(Contained),
  /** Of an emergency: who used the leaked key last, in words, as of its deactivation. */
  lastUseOfLeakedKey: z.optional(z.string()),
  settings: RotationSettings,
  /** Version that held AWSPENDING when the rotation was planned: the predecessor to take over from, or null. */
  predecessorVersionId: z.nullable(z.string()),
  /** From when on nothing of the predecessor can be alive any more, where this execution has stopped it, or found it over. */
  predecessorRestsAt: z.optional(timestamp),
  /** The user's keys when this was planned. Absent when the plan was made before it noted them. */
  keysFound: z.optional(z.array(FoundKey)),
  rotation: Rotation,
  /** The owner of this execution names its start. Absent when the plan was made before owners did. */
  ownerNamesStart: z.optional(z.literal(true)),
  /**
   * For messages about a step that was cut off, which cannot say it: whom they concern, and how their subject begins. Absent when the
   * plan was made before messages had a subject of their own.
   */
  about: z.optional(z.object({ user: z.string(), place: z.string() })),
  status: z.string(),
  outcome: z.string(),
  /** Until when the next Wait state waits. */
  waitUntil: z.optional(timestamp),
});

/** A use of a key, as IAM has told of it. */
const KeyUse = z.object({ service: z.string(), region: z.string(), at: timestamp });
export type KeyUse = z.infer<typeof KeyUse>;

/** What the adoption checks have seen of the use of both keys: the latest use for each service. */
const UsesSeen = z.object({ oldKey: z.array(KeyUse), newKey: z.array(KeyUse) });
export type UsesSeen = z.infer<typeof UsesSeen>;

/** How a rotation came by its new key: it created it; an earlier attempt or execution had stored it; the user had it before. */
const NEW_KEY_SOURCES = ['created', 'stored-before', 'held-before'] as const;

/** By what adoption was settled. */
const ADOPTION_GROUNDS = [
  /** The new key is in use, and the old one is not. */
  'moved',
  /** Nothing had used the old key for `idleAfter` before the rotation, nor since. */
  'idle',
  /** The deadline has passed: the settings say to go on, or the owner was left to decide. */
  'go-on',
  'owners-call',
  /** Nobody was waited for, because the old key has leaked. */
  'leaked',
  /** Somebody else had set the old key Inactive, or has deleted it; or there was none. */
  'old-key-not-active',
  'old-key-deleted',
  'first-key',
] as const;

/** The same, for the record of the rotation. Nothing is decided by it. */
const Adoption = z.object({
  ground: z.enum(ADOPTION_GROUNDS),
  /** What was overruled, by the codes of the objections. */
  overruled: z.optional(z.array(z.string())),
});
export type Adoption = z.infer<typeof Adoption>;

/** Why a rotation is being rolled back, and the error in which its execution ends: none when a person asked for it. */
const rollback = z.object({
  error: z.nullable(z.enum(['ConsumersUnhealthy', 'NotAcknowledged', 'StateDrift'])),
  reason: z.string(),
});

/** Input of create-access-key: the plan. */
export const PlannedState = base;
/** Input of test-access-key and publish-access-key: the new key is stored. */
export const CreatedState = z.extend(base, {
  newAccessKeyId: accessKeyId,
  /** Absent when an earlier execution has published the key, or did not note it. */
  newKeySource: z.optional(z.enum(NEW_KEY_SOURCES)),
});
/** Input of publish-access-key: our own test was the last known use of the new key. */
export const TestedState = z.extend(CreatedState, { testedAt: timestamp });
/** Input of confirm-adoption and deactivate-access-key: consumers can read the new key. */
export const PublishedState = z.extend(CreatedState, {
  /** Absent when a successor found the key published: then `publishedAt` is the time it found it. */
  testedAt: z.optional(timestamp),
  publishedAt: timestamp,
  adoptionChecks: count,
  /** Absent before the first check, and where nobody is waited for. */
  usesSeen: z.optional(UsesSeen),
  /** By what the last check found adoption settled. Absent when it did not, or did not note it. */
  adoption: z.optional(Adoption),
  /** When a check last found the user paused. The adoption deadline counts from then. */
  pausedAt: z.optional(timestamp),
  /** When people were told of the deactivation. Absent when they were not. */
  noticedAt: z.optional(timestamp),
  /** What came of asking the validator: put here by the state machine, judged and taken away by the next check. */
  verdict: z.optional(z.unknown()),
  /** What came of asking the owner to acknowledge the deactivation; kept, because one yes is enough for a rotation. */
  acknowledgement: z.optional(z.unknown()),
});
/** Input of confirm-health: the old key is Inactive. */
export const DeactivatedState = z.extend(PublishedState, {
  deactivatedAt: timestamp,
  /**
   * This execution has set the old key Inactive. Absent when it found it so: that may have been itself, in an attempt whose
   * answer was lost.
   */
  deactivatedHere: z.optional(z.literal(true)),
  healthChecks: count,
  /**
   * What a person was last told to mend, because nobody can say how consumers are: once is enough. For a comparison only. Where an
   * earlier release has put the sentence here, it is told once more.
   */
  toldOfNoVerdict: z.optional(z.string()),
});
/** Input of reactivate-access-key, and what it hands on. */
export const RollbackState = z.extend(base, {
  newAccessKeyId: z.nullable(accessKeyId),
  rollback,
  /** Absent when the rotation has published nothing, or nothing that this execution knows of. */
  publishedAt: z.optional(timestamp),
  deactivatedHere: DeactivatedState.shape.deactivatedHere,
  /** This attempt has set the old key Active. */
  reactivatedHere: z.optional(z.literal(true)),
});
/** Input of delete-access-key; `deactivatedAt` is absent when there is no old key (any more). */
export const RetirableState = z.extend(PublishedState, {
  deactivatedAt: z.optional(timestamp),
  deactivatedHere: DeactivatedState.shape.deactivatedHere,
  /** Absent when there was no check. */
  healthChecks: z.optional(count),
  toldOfNoVerdict: DeactivatedState.shape.toldOfNoVerdict,
  /** This attempt has deleted the old key. */
  deletedHere: z.optional(z.literal(true)),
});

/** The step that has made it looks into it. Every function has this file, and the whole form is large. */
export const CarriedTrace = z.looseObject({ looks: count }) as unknown as z.ZodMiniType<Trace, Trace>;

/** Input of trace-leaked-key: the leaked key is Inactive, or gone. */
export const ContainedState = z.extend(RetirableState, {
  /** What CloudTrail has shown at the first look. Absent before it; no other step hands it on. */
  trace: z.optional(CarriedTrace),
});

export type PlannedState = z.infer<typeof PlannedState>;
export type CreatedState = z.infer<typeof CreatedState>;
export type TestedState = z.infer<typeof TestedState>;
export type PublishedState = z.infer<typeof PublishedState>;
export type DeactivatedState = z.infer<typeof DeactivatedState>;
export type RollbackState = z.infer<typeof RollbackState>;
export type RetirableState = z.infer<typeof RetirableState>;
export type ContainedState = z.infer<typeof ContainedState>;
/** Why a rotation is rolled back. */
export type Rollback = z.infer<typeof rollback>;
