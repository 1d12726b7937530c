import type { HealthFacts } from '../../../lambdas/confirm-health/decide';
import { say, sayNoVerdict, sayUnenrolled } from '../../../lambdas/confirm-health/words';
import { EMERGENCY, ORDINARY } from '../../../lambdas/shared/rotation/course';
import { type Command, setKeyStatus, startRotation } from '../../../lambdas/shared/text/commands';
import { type Said, toSaid } from '../../../lambdas/shared/text/said';
import { healthFacts, SILENT } from '../support/facts';
import { at, holding, key, NEW, OLD } from '../support/fixtures';

const told = (overrides: Partial<HealthFacts>) => ({ ...healthFacts(overrides), userName: 'alice' });
const commandsOf = ({ next = [] }: Said): readonly Command[] =>
  next.filter((part): part is Command => typeof part !== 'string');

const SAYINGS: readonly (readonly [string, (facts: ReturnType<typeof told>) => Said])[] = [
  ['nobody can say how consumers are', sayNoVerdict],
  ['nobody could to the end', (facts) => toSaid(say({ code: 'never-certain' }, facts))],
  [
    'the user is not enrolled',
    (facts) => sayUnenrolled({ code: 'watch-goes-on', watchEnds: at(1, 'd') }, facts),
  ],
  ['the user was not enrolled to the end', (facts) => sayUnenrolled({ code: 'watch-is-over' }, facts)],
];

const BACK: readonly Command[] = [startRotation('alice', 'rollback'), setKeyStatus('alice', OLD, 'Active')];

test.each(SAYINGS)('when %s, a person is told how an old key comes back', (_when, sayIt) => {
  const commands = commandsOf(sayIt(told({ course: ORDINARY, health: SILENT })));
  expect(BACK).toContainEqual(commands[0]);
});

test.each(SAYINGS)('when %s, nobody is told to bring a leaked key back', (_when, sayIt) => {
  const commands = commandsOf(sayIt(told({ course: EMERGENCY, health: SILENT })));
  for (const back of BACK) expect(commands).not.toContainEqual(back);
});

test('a leaked key that is Active again is urgent, and is retired once more', () => {
  const said = toSaid(
    say({ code: 'emergency-changed' }, told({ course: EMERGENCY, keys: [key(OLD), key(NEW)] })),
  );
  expect(said.urgency?.urgent).toBe(true);
  expect(commandsOf(said).at(-1)).toEqual(setKeyStatus('alice', OLD, 'Inactive'));
});

test('an emergency whose new key was changed goes on with the next start', () => {
  const said = toSaid(say({ code: 'emergency-changed' }, told({ course: EMERGENCY, current: holding(OLD) })));
  expect(said.urgency?.urgent).toBe(true);
  expect(commandsOf(said)).toEqual([startRotation('alice')]);
});
