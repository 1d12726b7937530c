import * as z from 'zod';
import { WEEKDAYS } from './enrolment';

/**
 * What travels through the state machine: identifiers, times, and words. Never key material.
 *
 * Each step receives the state, adds what it found, and returns it; the parts appear below in the order in
 * which the steps add them. `status` is what Choice states branch on, `outcome` is what a person reads.
 */

const timestamp = z.iso.datetime();
const accessKeyId = z.string().min(16).max(128);

/** Input of an execution: what the schedule sends, and what a person types in the console. */
export const RotationInput = z.strictObject({
  /** Name of an enrolled IAM user. */
  userName: z.string().min(1).max(64),
  /** `rotate` starts or continues a rotation; `resume` also lifts the hold that a rollback has set. */
  action: z.enum(['rotate', 'resume']).default('rotate'),
  /** `schedule` asks whether a rotation is due; `manual` rotates at any age. */
  trigger: z.enum(['manual', 'schedule']).default('manual'),
  /** EventBridge Scheduler and the console may add nothing else; a comment for the record is welcome. */
  comment: z.string().max(1000).optional(),
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
  startedAt: timestamp,
});
/** What a rotation is about. The intent carries it, so it survives every crash. */
export type Rotation = z.infer<typeof rotation>;

const base = z.object({
  userName: z.string(),
  userId: z.string(),
  secretId: z.string(),
  action: z.enum(['rotate', 'resume']),
  trigger: z.enum(['manual', 'schedule']),
  settings,
  /** Version that held AWSPENDING when the rotation was planned: the predecessor to take over from, or null. */
  predecessorVersionId: z.string().nullable(),
  rotation,
  status: z.string(),
  outcome: z.string(),
  /** Until when the next Wait state waits. */
  waitUntil: timestamp.optional(),
});

/** Why a rotation is being rolled back, and the error in which its execution ends. */
const rollback = z.object({ error: z.enum(['ConsumersUnhealthy', 'StateDrift']), reason: z.string() });

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
});
/** Input of confirm-health: the old key is Inactive. */
export const DeactivatedState = PublishedState.extend({
  deactivatedAt: timestamp,
  healthChecks: z.number().int().min(0),
});
/** Input of reactivate-access-key. */
export const RollbackState = CreatedState.extend({ rollback });
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
