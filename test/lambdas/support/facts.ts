import type { AdoptionFacts } from '../../../lambdas/confirm-adoption/decide';
import type { HealthFacts } from '../../../lambdas/confirm-health/decide';
import type { CreateFacts } from '../../../lambdas/create-access-key/decision';
import type { DeactivationFacts } from '../../../lambdas/deactivate-access-key/decide';
import type { DeletionFacts } from '../../../lambdas/delete-access-key/decide';
import type { PlanFacts } from '../../../lambdas/plan-rotation/decide';
import type { PublishFacts } from '../../../lambdas/publish-access-key/decide';
import type { CurrentFacts, OldKeyFacts } from '../../../lambdas/reactivate-access-key/decide';
import { judgeHealth } from '../../../lambdas/shared/findings/health';
import type { IntentHolder } from '../../../lambdas/shared/findings/lock-holder';
import type { LastUse } from '../../../lambdas/shared/gateways/iam-gateway';
import type { SecretDescription } from '../../../lambdas/shared/gateways/secret-gateway';
import { ORDINARY } from '../../../lambdas/shared/rotation/course';
import type { Rotation, RotationInput } from '../../../lambdas/shared/rotation/rotation-state';
import type { Pause } from '../../../lambdas/shared/secret/pause';
import { at, ENROLLED, holding, key, NEW, NOW, OLD, OWNER, ROTATION, USER_ID } from './fixtures';

/*
 * What each step has read in a rotation in which all is well. A row of a table says what is different.
 */

export const secret = (overrides: Partial<SecretDescription> = {}): SecretDescription => ({
  versionByLabel: new Map(),
  rotationEnabled: false,
  scheduledForDeletion: false,
  laggingReplicas: [],
  primaryRegion: undefined,
  replicaStatus: new Map(),
  pauseTag: undefined,
  ...overrides,
});

export const manual: RotationInput = { userName: 'alice', action: 'rotate', trigger: 'manual' };

export const leak = (accessKeyId: string): RotationInput => ({
  ...manual,
  action: 'emergency',
  accessKeyId,
  reason: 'leaked',
});

/** A predecessor's lock, on what its execution is at. */
export const heldBy = (
  execution: IntentHolder['execution'],
  rotation: Partial<Rotation> = {},
): IntentHolder => ({
  kind: 'intent',
  versionId: 'intent-of-predecessor',
  intent: { ...ROTATION, ...rotation, kind: 'intent', owner: 'predecessor#0', userId: USER_ID },
  execution,
});

/** Nothing is in progress. */
export const planFacts = (overrides: Partial<PlanFacts> = {}): PlanFacts => ({
  input: manual,
  enrolled: ENROLLED,
  userId: USER_ID,
  ownership: { kind: 'own' },
  keys: [key(OLD)],
  secret: secret(),
  current: holding(OLD),
  stranger: undefined,
  damage: undefined,
  missingAlarms: undefined,
  missingValidator: undefined,
  holder: undefined,
  onHold: false,
  knowsNotice: true,
  noticeGivenBy: undefined,
  obstacle: undefined,
  owner: OWNER,
  startTime: NOW.toISOString(),
  ...overrides,
});

/** The rotation has just begun. */
export const createFacts = (overrides: Partial<CreateFacts> = {}): CreateFacts => ({
  userName: 'alice',
  now: NOW,
  secretId: ENROLLED.secretId,
  rotation: ROTATION,
  keys: [key(OLD)],
  current: holding(OLD),
  stranger: undefined,
  stored: [],
  outcomeUnknown: false,
  attributions: new Map(),
  obstacle: undefined,
  rollback: false,
  versionOfKey: new Map(),
  versionByLabel: new Map(),
  ...overrides,
});

/** The new key is tested and marked. */
export const publishFacts = (overrides: Partial<PublishFacts> = {}): PublishFacts => ({
  userName: 'alice',
  rotation: ROTATION,
  newAccessKeyId: NEW,
  keys: [key(OLD), key(NEW)],
  current: holding(OLD),
  stranger: undefined,
  publishable: true,
  marked: true,
  obstacle: undefined,
  upToDate: true,
  ...overrides,
});

/** What an alarm says, by its state. */
const WELL = judgeHealth([{ name: 'errors', state: 'OK' }]);
export const UNWELL = judgeHealth([{ name: 'errors', state: 'ALARM' }]);
export const SILENT = judgeHealth([{ name: 'errors', state: 'INSUFFICIENT_DATA' }]);
export const GONE = judgeHealth([{ name: 'errors', state: 'missing' }]);

export const used = (date: Date | undefined): LastUse => ({
  date,
  serviceName: date === undefined ? 'N/A' : 's3',
  region: date === undefined ? 'N/A' : 'eu-west-1',
});

/** Published four days ago, the old key quiet since then, the new one in use: adopted. */
export const adoptionFacts = (overrides: Partial<AdoptionFacts> = {}): AdoptionFacts => ({
  course: ORDINARY,
  userName: 'alice',
  secretId: ENROLLED.secretId,
  oldAccessKeyId: OLD,
  newAccessKeyId: NEW,
  keys: [key(OLD), key(NEW)],
  current: holding(NEW),
  oldKeyUse: used(at(-4, 'd')),
  newKeyUse: used(at(-1, 'h')),
  usesSeen: undefined,
  health: WELL,
  verdict: undefined,
  acknowledgement: undefined,
  startedAt: at(-4, 'd'),
  publishedAt: at(-4, 'd'),
  testedAt: at(-4, 'd'),
  paused: undefined,
  pausedAt: undefined,
  knowsNotice: true,
  noticedAt: undefined,
  checks: 0,
  settings: ENROLLED,
  ...overrides,
});

/** Adoption is confirmed. */
export const deactivationFacts = (overrides: Partial<DeactivationFacts> = {}): DeactivationFacts => ({
  course: ORDINARY,
  oldAccessKeyId: OLD,
  newAccessKeyId: NEW,
  keys: [key(OLD), key(NEW)],
  current: holding(NEW),
  paused: undefined,
  laggingReplicas: [],
  health: WELL,
  checks: 0,
  settings: ENROLLED,
  ...overrides,
});

/** Deactivated a quarter of an hour ago. */
export const healthFacts = (overrides: Partial<HealthFacts> = {}): HealthFacts => ({
  course: ORDINARY,
  oldAccessKeyId: OLD,
  newAccessKeyId: NEW,
  keys: [key(OLD, 'Inactive'), key(NEW)],
  current: holding(NEW),
  health: WELL,
  verdict: undefined,
  paused: undefined,
  deactivatedAt: at(-15, 'm'),
  checks: 0,
  settings: ENROLLED,
  ...overrides,
});

/** What a rollback is decided, and told, by. */
export type RollbackFacts = OldKeyFacts & CurrentFacts & { readonly userName: string };

/** An alarm is on after the deactivation. */
export const rollbackFacts = (overrides: Partial<RollbackFacts> = {}): RollbackFacts => ({
  userName: 'alice',
  oldAccessKeyId: OLD,
  inactiveAccessKeyIdsBefore: [],
  deactivatedHere: false,
  error: 'ConsumersUnhealthy',
  keyBefore: OLD,
  published: [NEW],
  keys: [key(OLD, 'Inactive'), key(NEW)],
  current: holding(NEW),
  ...overrides,
});

/** The recovery period is over. */
export const deletionFacts = (overrides: Partial<DeletionFacts> = {}): DeletionFacts => ({
  oldAccessKeyId: OLD,
  leakedAccessKeyIds: [],
  paused: undefined,
  newAccessKeyId: NEW,
  keys: [key(OLD, 'Inactive'), key(NEW)],
  current: holding(NEW),
  laggingReplicas: [],
  deactivatedAt: at(-14, 'd'),
  health: WELL,
  checks: 0,
  settings: ENROLLED,
  ...overrides,
});

/** Who has paused the user in tests. */
export const PAUSED: Pause = { by: 'tag', reason: 'audit' };
