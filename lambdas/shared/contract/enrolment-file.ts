import type { Enrolment, EnrolmentFile } from './enrolment';

/** The file that carries the enrolled users beside the bundled code of the steps that read it. */
export const ENROLMENT_FILE = 'enrolment.json';

/** The enrolment that a file holds. The file is read anew each time that somebody asks. */
export const enrolmentIn = (read: () => EnrolmentFile): Enrolment => ({
  find: async (userName) => read().users.find((user) => user.userName === userName),
});
