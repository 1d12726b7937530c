import type { RotationSettings } from '../shared/contract/enrolment';
import type { SurveyedUser } from '../shared/contract/survey';
import { VERDICT_GRACE } from '../shared/contract/timing';
import { milliseconds } from '../shared/rotation/calendar';

/** Where a rotation stands. Each stage may take as long as its periods say; what is between two of them is work of minutes. */
export type Stage = 'starting' | 'testing' | 'adoption' | 'recovery' | 'rollback';

const DAY = 86_400_000;

/**
 * What is added to every plan. Checks grow apart to a day (`growingInterval`), and the step that follows a wait is tried again for
 * an hour at most, so what has not moved a day after its plan was over does not move by itself.
 */
const SLACK = DAY;

/** What a rotation may wait for, in milliseconds, between the publication of the new key and the deactivation of the old one. */
const adoptionOf = (
  { overlapPeriod, adoptionDeadline, acknowledgement }: RotationSettings,
  closedForSeconds: number,
): number =>
  Math.max(milliseconds(overlapPeriod), milliseconds(adoptionDeadline)) +
  (acknowledgement === undefined ? 0 : milliseconds(acknowledgement.deadline)) +
  closedForSeconds * 1000;

/** What it may wait for between deactivation and deletion. Those who give no verdict are asked a while longer. */
const recoveryOf = ({ recoveryPeriod }: RotationSettings): number =>
  milliseconds(recoveryPeriod) + milliseconds(VERDICT_GRACE);

/** How old a key may get, in milliseconds. */
export interface AllowedAge {
  /** While it is Active: until its successor is published, consumers have moved, and the window is open. */
  readonly active: number;
  /** While it is Inactive, but not deleted. */
  readonly inactive: number;
}

/**
 * How old a key of a user may get if everything goes as the configuration says, with every wait as long as it may be. It is the sum
 * by which the configuration is judged at synthesis, with the waits that are not counted there: for the window, and a day of work.
 */
export const allowedAge = (user: SurveyedUser): AllowedAge => {
  const active =
    milliseconds(user.rotateAfter) +
    user.startsWithinSeconds * 1000 +
    adoptionOf(user, user.closedForSeconds) +
    SLACK;
  return { active, inactive: active + recoveryOf(user) + SLACK };
};

/** What is known of a rotation that runs, by the state that it has entered last. */
export interface Progress {
  readonly stage: Stage;
  /** Since when it is in this stage. */
  readonly since: Date;
  /** Until when its present state waits; undefined when it does not. */
  readonly waitsUntil: Date | undefined;
}

/**
 * When a rotation should have left its stage.
 *
 * @param settings - those that it goes by.
 * @param closedForSeconds - the longest time for which the deactivation window stays closed.
 */
export const latestEnd = (
  { stage, since, waitsUntil }: Progress,
  settings: RotationSettings,
  closedForSeconds: number,
): Date => {
  const planned = (period: number): Date => new Date(since.getTime() + period + SLACK);
  switch (stage) {
    case 'adoption':
      return planned(adoptionOf(settings, closedForSeconds));
    case 'recovery':
      return planned(recoveryOf(settings));
    default: {
      // Before there is a new key nothing is waited for but what a state says: a notice ahead, or the end of a stopped execution.
      const waits = waitsUntil === undefined ? 0 : Math.max(0, waitsUntil.getTime() - since.getTime());
      return planned(waits);
    }
  }
};

/**
 * How long a rotation may lie unfinished with nobody running: until the schedule has started the next execution, and a day more.
 */
export const unfinishedFor = ({ startsWithinSeconds }: SurveyedUser): number =>
  startsWithinSeconds * 1000 + SLACK;
