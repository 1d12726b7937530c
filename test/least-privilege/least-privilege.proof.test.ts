import { CONFIGURATIONS } from './configuration';
import { findingsOf, idleReasons } from './findings';
import { type Compared, record } from './record';
import { random, rare, UNDISTURBED } from './schedules';
import { STORIES } from './stories';

/*
 * Least privilege, proved both ways: whatever a role calls is allowed, and whatever it may do is needed. Stories, undisturbed situations
 * and rare cases need every grant. The random schedules after them find no further need: they look for calls that nobody has
 * thought of, beside faults, delays and what people do.
 */

const RANDOM = 100;

const all = new Map<string, Compared>();

beforeAll(async () => {
  for (const everything of CONFIGURATIONS) {
    const schedules = [...UNDISTURBED, ...(await rare(everything)), ...random(RANDOM)];
    all.set(everything.is, await record(everything, { stories: STORIES, schedules }));
  }
});

const comparedIn = (configuration: string): Compared => {
  const compared = all.get(configuration);
  if (compared === undefined) throw new Error(`${configuration}: nothing was recorded`);
  return compared;
};

describe.each(CONFIGURATIONS.map(({ is }) => is))('%s', (is) => {
  test('no call is denied, no grant is idle, and no condition is untried', async () => {
    expect(await findingsOf(comparedIn(is))).toEqual({ denied: [], unknown: [], unneeded: [], untried: [] });
  });

  test('every role makes a call', () => {
    const { statements, calls } = comparedIn(is);
    expect(new Set(calls.map(({ role }) => role))).toEqual(new Set(statements.map(({ role }) => role)));
  });
});

test('every reason for a grant that nothing needs here, and for a call that is denied, is still one', () => {
  expect(idleReasons([...all.values()])).toEqual([]);
});
