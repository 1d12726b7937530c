import { STEP_NAMES } from '../../lambdas/shared/contract/steps';
import {
  complaints,
  KINDS,
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
 * promise is broken, and the next start after the denial puts everything in order. Here each step is denied one right, and each
 * kind of denial is met once; denials.proof.test.ts has the whole table.
 */

/** The first right of each step, and the first that each kind of denial can apply to. */
const SAMPLE = [
  ...STEP_NAMES.flatMap((step) => {
    const right = RIGHTS.find((one) => one.step === step);
    const [kind] = right === undefined ? [] : kindsOf(right);
    return right === undefined || kind === undefined ? [] : [{ right, kind }];
  }),
  ...KINDS.slice(1).flatMap((kind) => {
    const right = RIGHTS.find((one) => kindsOf(one).includes(kind) && situationOf(one)?.shape === 'ordinary');
    return right === undefined ? [] : [{ right, kind }];
  }),
];

test('the sample has each step and each kind', () => {
  expect(new Set(SAMPLE.map(({ right }) => right.step))).toEqual(new Set(STEP_NAMES));
  expect(new Set(SAMPLE.map(({ kind }) => kind))).toEqual(new Set(KINDS));
});

test.each(SAMPLE.map(({ right, kind }) => [nameOf(right), kind.name, right, kind] as const))(
  '%s is %s',
  async (_right, _kind, right, kind) => {
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

test('AWS’s words are quoted exactly', () => {
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

test('every named right belongs to a step', () => {
  expect(RIGHTS.map(nameOf)).toEqual(expect.arrayContaining([...NAMED_RIGHTS]));
});
