import {
  complaints,
  kindsOf,
  mustBeTold,
  NAMED_RIGHTS,
  nameOf,
  playDenied,
  RIGHTS,
  situationOf,
  wordsOf,
} from './support/denials';

/*
 * AWS denies a step one of its calls, for good: the execution ends with a message that says who, what, why and what to do, no
 * promise is broken, and the next start after the denial puts everything in order. Here each right of each step is denied once,
 * the kinds of denial in turn; denials.proof.test.ts has the whole table.
 */

test.each(RIGHTS.map((right, index) => [nameOf(right), right, index] as const))(
  '%s is denied',
  async (_name, right, index) => {
    const kinds = kindsOf(right);
    const kind = kinds[index % kinds.length];
    if (kind === undefined) throw new Error('There is a kind for each right.');
    const situation = situationOf(right);
    if (situation === null) return;
    const denied = await playDenied(right, kind, situation, 1);
    expect(denied.struck).toBeGreaterThan(0);
    expect(complaints(right, kind, situation, denied)).toEqual([]);
    if (mustBeTold(right)) {
      expect(denied.struck).toBeGreaterThan(4);
      expect(denied.failures.map(({ error }) => error)).toContain(kind.error);
    }
  },
);

test('AWS says what it says', () => {
  const user = 'arn:aws:iam::111122223333:user/team/alice';
  expect(wordsOf({ by: 'service control policy', explicit: true }, 'iam:GetUser', user)).toBe(
    'User: arn:aws:iam::111122223333:role/step is not authorized to perform: iam:GetUser on resource: user alice with an ' +
      'explicit deny in a service control policy',
  );
  expect(wordsOf({ by: 'identity-based policy', explicit: true }, 'states:StopExecution', 'arn:x')).toMatch(
    /on resource: arn:x with an explicit deny in an identity-based policy$/,
  );
  expect(wordsOf({ by: 'permissions boundary', explicit: false }, 'iam:GetUser', user)).toMatch(
    /because no permissions boundary allows the iam:GetUser action$/,
  );
});

test('no right is named that no step has', () => {
  expect(RIGHTS.map(nameOf)).toEqual(expect.arrayContaining([...NAMED_RIGHTS]));
});
