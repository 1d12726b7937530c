import * as z from 'zod';
import { ON_ADOPTION_DEADLINE, WEEKDAYS } from './enrolment';

/**
 * What travels through the state machine: identifiers, times, and words. Never key material.
 *
 * Each step receives the state, adds what it found, and returns it; the parts appear below in the order in
 * which the steps add them. `status` is what Choice states branch on, `outcome` is what a person reads.
 */

const timestamp = z.iso.datetime();
const accessKeyId = z.string().min(16).max(128);

/** What an execution may be started for. */
const ACTIONS = ['rotate', 'resume', 'rollback', 'emergency', 'plan'] as const;

const inputFields = z.strictObject({
  /** Name of an enrolled IAM user. */
  userName: z.string().min(1).max(64),
  /**
   * `rotate` starts or continues a rotation; `resume` also lifts the hold that a rollback has set. `rollback` brings
   * the old key back; `emergency` retires a leaked key without delay; `plan` only says what `rotate` would do.
   */
  action: z.enum(ACTIONS).default('rotate'),
  /** `schedule` asks whether a rotation is due; `manual` rotates at any age. */
  trigger: z.enum(['manual', 'schedule']).default('manual'),
  /** EventBridge Scheduler and the console may add nothing else; a comment for the record is welcome. */
  comment: z.string().max(1000).optional(),
  /** Of an emergency: the access key that has leaked. */
  accessKeyId: accessKeyId.optional(),
  /** Of an emergency, where it is required, and of a rollback: why, for the record. */
  reason: z.string().min(1).max(1000).optional(),
});

/** Input of an execution: what the schedule sends, and what a person types in the console. */
export const RotationInput = inputFields.superRefine((input, context) => {
  const complain = (field: 'accessKeyId' | 'reason', message: string): void =>
    context.addIssue({ code: 'custom', path: [field], message });
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
  if (!emergency && input.action !== 'rollback' && input.reason !== undefined) {
    complain('reason', 'goes with the actions "emergency" and "rollback"; leave a "comment" instead');
  }
});
export type RotationInput = z.infer<typeof RotationInput>;

/** The execution that a step runs for, from the Step Functions context object. */
export const ExecutionContext = z.object({
  id: z.string().min(1),
  /** Step Functions says 0 unless an execution was redriven; engines that cannot redrive one say nothing. */
  redriveCount: z
    .number()
    .int()
    .min(0)
    .nullable()
    .transform((count) => count ?? 0),
  startTime: timestamp,
});
export type ExecutionContext = z.infer<typeof ExecutionContext>;

const settings = z.object({
  overlapPeriod: z.string(),
  quietPeriod: z.string(),
  adoptionDeadline: z.string(),
  // An execution may have begun when there was no choice.
  onAdoptionDeadline: z.enum(ON_ADOPTION_DEADLINE).default('stop'),
  recoveryPeriod: z.string(),
  idleAfter: z.string(),
  adoptionCheckInterval: z.string(),
  healthCheckInterval: z.string(),
  timeZone: z.string(),
  deactivationWindow: z.union([
    z.literal('always'),
    z.object({ days: z.array(z.enum(WEEKDAYS)).readonly(), from: z.string(), to: z.string() }),
  ]),
  healthAlarms: z.array(z.string()).readonly(),
  /** Absent without other names, and in the state of a rotation that began before there were any. */
  fieldNames: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }).optional(),
  /** ARN of the owner's function that is asked before the old key is deactivated, and at each health check. */
  validator: z.string().optional(),
  /** The owner is asked to acknowledge the deactivation, and has this long. */
  acknowledgement: z.object({ deadline: z.string() }).optional(),
});
/** The enrolled user's settings as they were when the rotation was planned; a deployment in between changes nothing. */
export type RotationSettings = z.infer<typeof settings>;

const rotation = z.object({
  /** The owner that began this rotation. Successors inherit it, and with it the right to what it created. */
  rootRotationId: z.string(),
  /** The key to retire; null when the user had none, or when the one in the secret no longer existed. */
  oldAccessKeyId: accessKeyId.nullable(),
  /** The key that AWSCURRENT named when the rotation began; null for the placeholder. */
  currentAccessKeyIdBefore: accessKeyId.nullable(),
  /** All keys of the user when the rotation began. What is not among them is new. */
  accessKeyIdsBefore: z.array(accessKeyId),
  /** Those among them that were Inactive: whoever set them so had a reason, and nothing sets them Active. */
  inactiveAccessKeyIdsBefore: z.array(accessKeyId).default([]),
  startedAt: timestamp,
  /** Keys that a person has called leaked: they are never brought back. The latest of them is `oldAccessKeyId`. */
  leakedAccessKeyIds: z.array(accessKeyId).default([]),
  /** Of an emergency: the old key of the rotation that it interrupted, when that key is not the leaked one. */
  supersededAccessKeyId: accessKeyId.nullable().default(null),
});
/** What a rotation is about. The intent carries it, so it survives every crash. */
export type Rotation = z.infer<typeof rotation>;

/** Whether a person has called a key leaked. */
export const isLeaked = (
  { leakedAccessKeyIds }: { readonly leakedAccessKeyIds: readonly string[] },
  accessKeyId: string | null,
): boolean => accessKeyId !== null && leakedAccessKeyIds.includes(accessKeyId);

/** The old key has leaked: it is retired without waiting for anybody, and not brought back by anything. */
export const isEmergency = (rotation: Pick<Rotation, 'oldAccessKeyId' | 'leakedAccessKeyIds'>): boolean =>
  isLeaked(rotation, rotation.oldAccessKeyId);

const base = z.object({
  userName: z.string(),
  userId: z.string(),
  secretId: z.string(),
  action: z.enum(ACTIONS).exclude(['plan']),
  trigger: z.enum(['manual', 'schedule']),
  /** Why a person asked for an emergency or a rollback. */
  reason: z.string().optional(),
  settings,
  /** Version that held AWSPENDING when the rotation was planned: the predecessor to take over from, or null. */
  predecessorVersionId: z.string().nullable(),
  rotation,
  status: z.string(),
  outcome: z.string(),
  /** Until when the next Wait state waits. */
  waitUntil: timestamp.optional(),
});

/** Why a rotation is being rolled back, and the error in which its execution ends: none when a person asked for it. */
const rollback = z.object({
  error: z.enum(['ConsumersUnhealthy', 'NotAcknowledged', 'StateDrift']).nullable(),
  reason: z.string(),
});

/** Input of create-access-key: the plan. */
export const PlannedState = base;
/** Input of test-access-key and publish-access-key: the new key is stored. */
export const CreatedState = base.extend({ newAccessKeyId: accessKeyId });
/** Input of publish-access-key: our own test was the last known use of the new key. */
export const TestedState = CreatedState.extend({ testedAt: timestamp });
/** Input of confirm-adoption and deactivate-access-key: consumers can read the new key. */
export const PublishedState = CreatedState.extend({
  /** Absent when a successor found the key published: then `publishedAt` is the time it found it. */
  testedAt: timestamp.optional(),
  publishedAt: timestamp,
  adoptionChecks: z.number().int().min(0),
  /** When a check last found the user paused. The adoption deadline counts from then. */
  pausedAt: timestamp.optional(),
  /** What came of asking the validator: put here by the state machine, judged and taken away by the next check. */
  verdict: z.unknown().optional(),
  /** What came of asking the owner to acknowledge the deactivation; kept, because one yes is enough for a rotation. */
  acknowledgement: z.unknown().optional(),
  /** Of an emergency: who used the leaked key last, in words, as of right before its deactivation. */
  lastUseOfLeakedKey: z.string().optional(),
});
/** Input of confirm-health: the old key is Inactive. */
export const DeactivatedState = PublishedState.extend({
  deactivatedAt: timestamp,
  /**
   * This execution has set the old key Inactive. Absent when it found it so: that may have been itself, in an attempt whose
   * answer was lost.
   */
  deactivatedHere: z.literal(true).optional(),
  healthChecks: z.number().int().min(0),
});
/** Input of reactivate-access-key. */
export const RollbackState = base.extend({
  newAccessKeyId: accessKeyId.nullable(),
  rollback,
  deactivatedHere: DeactivatedState.shape.deactivatedHere,
});
/** Input of delete-access-key; `deactivatedAt` is absent when there is no old key (any more). */
export const RetirableState = PublishedState.extend({ deactivatedAt: timestamp.optional() });

export type PlannedState = z.infer<typeof PlannedState>;
export type CreatedState = z.infer<typeof CreatedState>;
export type TestedState = z.infer<typeof TestedState>;
export type PublishedState = z.infer<typeof PublishedState>;
export type DeactivatedState = z.infer<typeof DeactivatedState>;
export type RollbackState = z.infer<typeof RollbackState>;
export type RetirableState = z.infer<typeof RetirableState>;
/** Why a rotation is rolled back. */
export type Rollback = z.infer<typeof rollback>;
