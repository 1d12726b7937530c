import * as z from 'zod/mini';
import { EnrolledUser } from './enrolment';
import { parse } from './schema';

/** The folder in `lambdas/` of the survey, which is no step of a rotation. */
export const SURVEY_FOLDER = 'survey';

/** What the survey has to know of a user: the enrolment, and what only the infrastructure can compute from the configuration. */
const SurveyedUser = z.extend(EnrolledUser, {
  /** Name of the schedule that asks whether a rotation of this user is due. */
  scheduleName: z.string(),
  /**
   * The longest time between two starts of the schedule, in seconds, as far as the expression promises one. Of a schedule that
   * ends it promises nothing, and 0 is assumed, so that the survey complains early.
   */
  startsWithinSeconds: z.number(),
  /** The longest time for which the deactivation window stays closed, in seconds. */
  closedForSeconds: z.number(),
});
export type SurveyedUser = Readonly<z.infer<typeof SurveyedUser>>;

/** What lies beside the code of the survey: it takes the place of the file that other functions have. */
export interface SurveyFile {
  readonly users: readonly SurveyedUser[];
}

/** What the survey is told of these users. */
export const surveyFileOf = (users: readonly SurveyedUser[]): SurveyFile => ({
  users: users.map((user) => parse(SurveyedUser, user)),
});
