import { CONFIGURATIONS } from './configuration';
import { findingsOf } from './findings';
import { record } from './record';
import { UNDISTURBED } from './schedules';
import { STORIES } from './stories';

/*
 * A part of least-privilege.proof.test.ts: what roles call in the situations of the fault simulation, and in the stories in which all
 * others have to act.
 */

const PLAYED =
  /^(the runner's story (rollback|plan)|each schedule|the survey|a person stops a rotation, and)/;

const [created] = CONFIGURATIONS;

test('every call is allowed by the policies, and is as the Service Authorization Reference has it', async () => {
  if (created === undefined) throw new Error('There is no configuration.');
  const stories = STORIES.filter(({ title }) => PLAYED.test(title));
  expect(stories).toHaveLength(5);
  const compared = await record(created, { stories, schedules: UNDISTURBED });
  expect(compared.calls.length).toBeGreaterThan(400);
  const { denied, unknown } = await findingsOf(compared);
  expect({ denied, unknown }).toEqual({ denied: [], unknown: [] });
});
