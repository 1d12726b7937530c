import type { Evidence } from '../../../../lambdas/shared/findings/whose-key';
import { describeStranger } from '../../../../lambdas/shared/words/stranger';
import { OTHER } from '../../support/fixtures';

const BOB = 'arn:aws:iam::444455556666:user/bob';

test.each<[Evidence, string]>([
  [{ code: 'accepted', arn: BOB }, `AWS accepts it as ${BOB}`],
  [{ code: 'another-secret' }, 'AWS knows it, but with another secret access key'],
  [{ code: 'temporary' }, 'it is a temporary key, and AWS does not say of which session'],
  [{ code: 'known', userName: 'bob' }, 'IAM knows it as a key of the user bob'],
  [{ code: 'named', userName: 'bob' }, 'the field UserName beside it names bob'],
  [{ code: 'named', userName: undefined }, 'the field UserName beside it names somebody else'],
])('what is said of %j', (evidence, clause) => {
  expect(describeStranger({ accessKeyId: OTHER, evidence }, 'alice')).toBe(
    `AWSCURRENT holds ${OTHER}, which is not a key of alice: ${clause}.`,
  );
});
