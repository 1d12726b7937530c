import { attribute } from '../../../lambdas/shared/attribution';
import type { Creator } from '../../../lambdas/shared/audit-trail-gateway';
import { at, key, NEW } from '../support/fixtures';

const ROLE = 'arn:aws:iam::111122223333:role/create-step';
const ours: Creator = { kind: 'role', arn: ROLE };
const missing: Creator = { kind: 'not-found' };

describe('attribute', () => {
  test.each<[string, Creator, Date, string]>([
    ['the create role made it', ours, at(-2, 'm'), 'ours'],
    ['another role made it', { kind: 'role', arn: `${ROLE}-2` }, at(-2, 'm'), 'not-ours'],
    ['a person made it', { kind: 'other', description: 'operator' }, at(-2, 'm'), 'not-ours'],
    ['CloudTrail does not show it yet', missing, at(-29, 'm'), 'unknown-yet'],
    ['CloudTrail does not show it after a day: silence proves nothing', missing, at(-59, 'm'), 'unknown-yet'],
    ['the create role made it before this rotation', ours, at(-3, 'h'), 'not-ours'],
    [
      'the create role made it in the second before, by its truncated date',
      ours,
      at(-60 * 60 - 1, 's'),
      'ours',
    ],
  ])('%s', (_case, creator, createDate, expected) => {
    const facts = { rotationStartedAt: at(-1, 'h'), creator, createRoleArn: ROLE };
    expect(attribute(key(NEW, 'Active', createDate), facts)).toBe(expected);
  });
});
