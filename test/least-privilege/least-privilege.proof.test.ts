import { CONFIGURATIONS } from './configuration';
import { findingsOf } from './findings';
import { type Compared, record } from './record';
import { random, rare, UNDISTURBED } from './schedules';
import { STORIES } from './stories';

/*
 * Least privilege, proved both ways: whatever a role calls is allowed, and whatever it may do is needed. Stories, undisturbed situations
 * and rare cases need every grant. The random schedules after them find no further need: they look for calls that nobody has
 * thought of, beside faults, delays and what people do.
 */

const RANDOM = 100;

describe.each(CONFIGURATIONS.map((everything) => [everything.is, everything] as const))('%s', (_is, everything) => {
  let compared: Compared;
  beforeAll(async () => {
    const schedules = [...UNDISTURBED, ...(await rare(everything)), ...random(RANDOM)];
    compared = await record(everything, { stories: STORIES, schedules });
  });

  test('no call is denied, no grant is idle, no condition is untried, and no reason is out of date', async () => {
    expect(await findingsOf(compared)).toEqual({
      denied: [],
      unknown: [],
      unneeded: [],
      untried: [],
      idle: [],
    });
  });

  test('every role makes a call', () => {
    const roles = new Set(compared.statements.map(({ role }) => role));
    expect(new Set(compared.calls.map(({ role }) => role))).toEqual(roles);
  });
});
