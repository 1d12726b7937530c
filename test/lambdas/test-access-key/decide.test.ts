import type { Identity } from '../../../lambdas/shared/gateways/identity-gateway';
import {
  judge,
  NO_TESTS,
  REQUIRED_SUCCESSES,
  record,
  TEST_BUDGET_SECONDS,
  type TestRecord,
} from '../../../lambdas/test-access-key/decide';
import { NOW, USER_ID } from '../support/fixtures';

type Answer = Identity | { readonly kind: 'no-answer' };
const yes: Answer = { kind: 'user', userId: USER_ID, arn: 'arn:aws:iam::111122223333:user/alice' };
const no: Answer = { kind: 'refused', code: 'InvalidClientTokenId' };
const silence: Answer = { kind: 'no-answer' };
const times = (count: number, answer: Answer): readonly Answer[] => Array(count).fill(answer);

const after = (seconds: number, ...answers: readonly Answer[]) => {
  const tests = answers.reduce<TestRecord>(record, NO_TESTS);
  return judge(tests, { userId: USER_ID, startedAt: NOW }, new Date(NOW.getTime() + seconds * 1000)).kind;
};

describe('judge', () => {
  test.each<[string, number, readonly Answer[], string]>([
    ['nothing asked yet', 0, [], 'test-again'],
    ['nothing asked within the whole budget', TEST_BUDGET_SECONDS, [], 'unknown'],
    ['one success', 1, [yes], 'test-again'],
    ['one success fewer than required', 1, times(REQUIRED_SUCCESSES - 1, yes), 'test-again'],
    ['enough consecutive successes', 1, times(REQUIRED_SUCCESSES, yes), 'usable'],
    [
      'enough successes with a refusal between them',
      1,
      [...times(REQUIRED_SUCCESSES - 1, yes), no, yes],
      'test-again',
    ],
    [
      'enough successes with a lost answer between them',
      1,
      [...times(REQUIRED_SUCCESSES - 1, yes), silence, yes],
      'test-again',
    ],
    ['a refusal, then enough successes', 60, [no, ...times(REQUIRED_SUCCESSES, yes)], 'usable'],
    ['a refusal within the budget', TEST_BUDGET_SECONDS - 1, [no], 'test-again'],
    ['a refusal at the end of the budget', TEST_BUDGET_SECONDS, [no], 'condemn'],
    ['successes, then a refusal at the end', TEST_BUDGET_SECONDS, [yes, yes, no], 'condemn'],
    ['no answer at the end: unknown is not refused', TEST_BUDGET_SECONDS, [no, silence], 'unknown'],
    ['too few successes at the end', TEST_BUDGET_SECONDS, [yes], 'unknown'],
    [
      "somebody else's key",
      1,
      [{ kind: 'user', userId: 'AIDASOMEBODYELSE0001', arn: 'arn:aws:iam::111122223333:user/bob' }],
      'wrong-user',
    ],
    [
      "somebody else's key, however often",
      1,
      times(REQUIRED_SUCCESSES, {
        kind: 'user',
        userId: 'AIDASOMEBODYELSE0001',
        arn: 'arn:aws:iam::111122223333:user/bob',
      }),
      'wrong-user',
    ],
  ])('%s', (_case, seconds, answers, verdict) => {
    expect(after(seconds, ...answers)).toBe(verdict);
  });
});
