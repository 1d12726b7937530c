import type { RotationSettings } from '../contract/enrolment';
import { DRAIN_SECONDS } from '../contract/timing';
import { after, later, milliseconds } from './calendar';
import { isEmergency, type Rotation } from './rotation-state';

/** In what rotations differ, apart from which keys they are about. */
export interface Course {
  /** While the user is paused, it does not start and keeps both keys as they are. */
  readonly respectsPause: boolean;
  /** While it is on hold, it does not start; only a person who resumes lifts the hold. */
  readonly respectsHold: boolean;
  /** Nothing happens to the old key in the overlap period. */
  readonly waitsForOverlap: boolean;
  /** People are told before it starts by schedule, and before the old key is deactivated. */
  readonly givesNotice: boolean;
  /** The user has to be this secret's, and is marked so before a key is created. */
  readonly claimsUser: boolean;
  /** The old key is deactivated when consumers have moved, and the alarms and the window allow it. */
  readonly waitsForConsumers: boolean;
  /** Validator and acknowledgement of the owner are asked for, where there are any. */
  readonly asksOwner: boolean;
  /** The old key is deactivated when each replica of the secret has the new one. */
  readonly waitsForReplicas: boolean;
  /** Consumers that are not well, and a person, may bring the old key back. */
  readonly mayRollBack: boolean;
  /** AWS has to accept what consumers read once more, right before the deactivation. */
  readonly provesKeyAgain: boolean;
  /** The other key takes the old one's place, where the secret still holds it, instead of a new one. */
  readonly mayFallBack: boolean;
  /** Where AWS has no room for a successor, a key that consumers have left goes before its time. */
  readonly mayDeleteEarly: boolean;
}

/** A key is old: everybody is waited for, and everything can be undone. */
export const ORDINARY = {
  respectsPause: true,
  respectsHold: true,
  waitsForOverlap: true,
  givesNotice: true,
  claimsUser: true,
  waitsForConsumers: true,
  asksOwner: true,
  waitsForReplicas: true,
  mayRollBack: true,
  provesKeyAgain: false,
  mayFallBack: false,
  mayDeleteEarly: false,
} as const satisfies Course;

/** A key has leaked: it is replaced and retired at once, whoever still uses it, and does not come back. */
export const EMERGENCY = {
  respectsPause: false,
  respectsHold: false,
  waitsForOverlap: false,
  givesNotice: false,
  claimsUser: false,
  waitsForConsumers: false,
  asksOwner: false,
  waitsForReplicas: false,
  mayRollBack: false,
  // Without an overlap period nobody has used the key that consumers are about to depend on, and a person may have put it there.
  provesKeyAgain: true,
  mayFallBack: true,
  mayDeleteEarly: true,
} as const satisfies Course;

/** How a rotation goes about it. */
export const courseOf = (rotation: Parameters<typeof isEmergency>[0]): Course =>
  isEmergency(rotation) ? EMERGENCY : ORDINARY;

/** Until when both keys are left alone, after a publication. */
export const endOfOverlap = (
  rotation: Rotation,
  { overlapPeriod }: Pick<RotationSettings, 'overlapPeriod'>,
  publishedAt: Date,
): Date => {
  // Nothing overlaps a first key; but what is still in flight must have ended before the lock is released.
  if (rotation.oldAccessKeyId === null) return new Date(publishedAt.getTime() + DRAIN_SECONDS * 1000);
  return courseOf(rotation).waitsForOverlap ? after(publishedAt, overlapPeriod) : publishedAt;
};

/** When people are told that the old key is about to be deactivated: long enough before the end of the overlap period. */
export const noticeTime = (
  { overlapPeriod, noticeBefore }: Pick<RotationSettings, 'overlapPeriod' | 'noticeBefore'>,
  publishedAt: Date,
): Date =>
  later(
    publishedAt,
    new Date(publishedAt.getTime() + milliseconds(overlapPeriod) - milliseconds(noticeBefore)),
  );

/** Before which time an old key that is in use is not deactivated, as things are at its publication. */
export const earliestDeactivation = (
  settings: Pick<RotationSettings, 'overlapPeriod' | 'noticeBefore'>,
  publishedAt: Date,
): Date => after(noticeTime(settings, publishedAt), settings.noticeBefore);

/**
 * Until when to wait after a publication: until people are told of the deactivation, or both keys have been left alone long
 * enough.
 *
 * @param tells - there is an Active old key, and the execution's definition has a way for the notice.
 */
export const firstLook = (
  rotation: Rotation,
  settings: Pick<RotationSettings, 'overlapPeriod' | 'noticeBefore'>,
  publishedAt: Date,
  tells: boolean,
): Date =>
  tells && courseOf(rotation).givesNotice && milliseconds(settings.noticeBefore) > 0
    ? noticeTime(settings, publishedAt)
    : endOfOverlap(rotation, settings, publishedAt);
