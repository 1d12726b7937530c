import type { EnrolledUser } from '../../../lambdas/shared/contract/enrolment';
import type { AccessKey } from '../../../lambdas/shared/rotation/access-key';
import type { Rotation } from '../../../lambdas/shared/rotation/rotation-state';

/** Identifiers that nobody can mistake for real ones. */
export const OLD = 'AKIAOLDOLDOLDOLDOLD1';
export const NEW = 'AKIANEWNEWNEWNEWNEW2';
export const OTHER = 'AKIAOTHEROTHEROTHER3';
export const USER_ID = 'AIDAALICEALICEALICE1';
export const OWNER = 'arn:aws:states:us-east-1:111122223333:execution:rotation:first#0';

/** A moment on a Monday morning, and times relative to it. */
export const NOW = new Date('2026-03-02T10:00:00Z');
const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The time `amount` units before (negative) or after NOW: `at(-3, 'd')`. */
export const at = (amount: number, unit: keyof typeof UNITS): Date =>
  new Date(NOW.getTime() + amount * UNITS[unit]);

export const key = (accessKeyId: string, status = 'Active', createDate: Date = at(-80, 'd')): AccessKey => ({
  accessKeyId,
  status,
  createDate,
});

export const ENROLLED: EnrolledUser = {
  userName: 'alice',
  secretId: 'iam-access-key-rotation/alice',
  rotateAfter: 'P75D',
  overlapPeriod: 'P3D',
  noticeBefore: 'PT0S',
  quietPeriod: 'P3D',
  adoptionDeadline: 'P7D',
  onAdoptionDeadline: 'stop',
  recoveryPeriod: 'P14D',
  idleAfter: 'P45D',
  adoptionCheckInterval: 'PT1H',
  healthCheckInterval: 'PT15M',
  deactivationWindow: { days: ['MON', 'TUE', 'WED', 'THU', 'FRI'], from: '09:00', to: '16:00' },
  timeZone: 'UTC',
  healthAlarms: [],
  ownershipMark: 'on',
  onExposedKey: 'tell',
  containForeignKeys: false,
  document: 'credential-process',
};

export const ROTATION: Rotation = {
  rootRotationId: OWNER,
  oldAccessKeyId: OLD,
  currentAccessKeyIdBefore: OLD,
  accessKeyIdsBefore: [OLD],
  inactiveAccessKeyIdsBefore: [],
  leakedAccessKeyIds: [],
  supersededAccessKeyId: null,
  startedAt: at(-1, 'h').toISOString(),
};

/** The mark of the user that all this is about, and that of the same user's secret in another Region. */
export const OWN_MARK = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:iam-access-key-rotation/alice';
export const OTHER_MARK = OWN_MARK.replace('us-east-1', 'eu-west-1');

/** AWSCURRENT holding a key. */
export const holding = (accessKeyId: string) => ({ kind: 'access-key', accessKeyId }) as const;

/** AWSCURRENT holding what nobody can read. */
export const UNREADABLE = { kind: 'unreadable', problem: { code: 'not-json' } } as const;
