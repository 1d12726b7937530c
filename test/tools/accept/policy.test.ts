import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { iamPathOf, NAME_PREFIX } from '../../../test/contract/subject';

const FILE = join(__dirname, '..', '..', '..', 'docs', 'examples', 'acceptance-policy.json');

interface Grant {
  readonly Sid: string;
  readonly Resource: string | readonly string[];
}

const { Statement: GRANTS } = JSON.parse(readFileSync(FILE, 'utf8')) as {
  readonly Statement: readonly Grant[];
};

/** The statements of the policy that reach something. Those about everything only list, or have a condition. */
const reaching = (arn: string): readonly string[] =>
  GRANTS.filter(({ Resource }) =>
    [Resource].flat().some((pattern) => {
      const parts = pattern.split('*').map((part) => part.replace(/[.$^()|[\]\\+?{}]/g, '\\$&'));
      return pattern !== '*' && new RegExp(`^${parts.join('.*')}$`).test(arn);
    }),
  ).map(({ Sid }) => Sid);

const SUITE = `${NAME_PREFIX}-abcdef-012345-`;
const iam = (rest: string): string => `arn:aws:iam::111122223333:${rest}`;
const logGroup = (name: string): string => `arn:aws:logs:eu-west-1:111122223333:log-group:${name}`;

test.each([
  [iam(`user${iamPathOf('eu-west-1')}${SUITE}u1`), 'OwnUsers'],
  [iam('user/rotation-acceptance-1a2b3c-rotation'), 'OwnUsers'],
  [iam(`role${iamPathOf('eu-west-1')}${SUITE}r1`), 'OwnRoles'],
  [logGroup(`${SUITE}group:*`), 'OwnLogs'],
  [logGroup('/aws/lambda/rotation-acceptance-1a2b3c-x:*'), 'OwnLogs'],
])('the policy for callers reaches %s', (arn, sid) => {
  expect(reaching(arn)).toEqual([sid]);
});

test.each([
  iam(`user/prod/${NAME_PREFIX}ors-app`),
  iam(`user/${NAME_PREFIX}ors-app`),
  iam(`user/${SUITE}u1`),
  iam(`role/${NAME_PREFIX}ors`),
  iam(`role/${SUITE}r1`),
  logGroup(`${NAME_PREFIX}ors:*`),
  logGroup(`/aws/codebuild/${NAME_PREFIX}-tests:*`),
  logGroup(`/team/audit-of-${SUITE}group:*`),
])('the policy for callers does not reach %s', (arn) => {
  expect(reaching(arn)).toEqual([]);
});
