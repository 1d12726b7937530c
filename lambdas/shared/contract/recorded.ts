import * as z from 'zod/mini';
import { EnrolledUser } from './enrolment';
import { parse } from './schema';

/** The folder in `lambdas/` of the function that records executions, which is no step of a rotation. */
export const RECORD_FOLDER = 'record-rotation';

/** What the record of an execution says of its user that only the configuration knows. */
const RecordedUser = z.extend(z.pick(EnrolledUser, { userName: true, rotateAfter: true }), {
  /** Addresses of the owners. */
  owners: z.readonly(z.array(z.string())),
});
export type RecordedUser = Readonly<z.infer<typeof RecordedUser>>;

/** What lies beside the code of that function: it takes the place of the file that other functions have. */
export interface RecordFile {
  readonly users: readonly RecordedUser[];
}

/** What that function is told of these users. */
export const recordFileOf = (users: readonly RecordedUser[]): RecordFile => ({
  users: users.map((user) => parse(RecordedUser, user)),
});
