import type { SurveyedUser } from '../../lambdas/shared/contract/survey';
import type { RotatedUser } from './config';
import { longestClosedSeconds, startsWithinSeconds } from './judge';
import { scheduleName } from './names';

/** The users as the survey knows them: with what only the configuration can tell. */
export const surveyedUsers = (users: readonly RotatedUser[]): readonly SurveyedUser[] =>
  users.map((user) => ({
    ...user,
    scheduleName: scheduleName(user.userName),
    startsWithinSeconds: startsWithinSeconds(user) ?? 0,
    closedForSeconds: longestClosedSeconds(user.deactivationWindow),
  }));
