import { attribute, overdueAt } from '../../../../lambdas/shared/findings/attribution';
import type { Creator } from '../../../../lambdas/shared/gateways/audit-trail-gateway';
import { at, key, NEW, NOW, OTHER } from '../../support/fixtures';

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
    ['CloudTrail does not show it after 88 days', missing, at(-88, 'd'), 'unknown-yet'],
    ['CloudTrail does not show it any more', missing, at(-89, 'd'), 'forgotten'],
    ['the create role made it as long ago', ours, at(-89, 'd'), 'ours'],
    ['another role made it as long ago', { kind: 'role', arn: `${ROLE}-2` }, at(-89, 'd'), 'not-ours'],
    ['the create role made it before this rotation', ours, at(-101, 'd'), 'not-ours'],
    [
      'the create role made it in the second before, by its truncated date',
      ours,
      at(-100 * 86_400 - 1, 's'),
      'ours',
    ],
  ])('%s', (_case, creator, createDate, expected) => {
    const facts = { rotationStartedAt: at(-100, 'd'), creator, createRoleArn: ROLE };
    expect(attribute(key(NEW, 'Active', createDate), facts, NOW)).toBe(expected);
  });
});

describe('overdueAt', () => {
  const justNow = key(NEW, 'Active', at(-59, 'm'));
  const anHourAgo = key(OTHER, 'Active', at(-1, 'h'));
  const overdue = { key: anHourAgo, askedUntil: new Date(at(-1, 'h').getTime() + 89 * 86_400_000) };

  test.each([
    ['none', [], []],
    ['one that is younger than an hour', [justNow], []],
    ['one that is not', [anHourAgo], [overdue]],
    ['one of each', [justNow, anHourAgo], [overdue]],
    ['two', [anHourAgo, anHourAgo], [overdue, overdue]],
  ])('%s', (...[, keys, expected]) => {
    expect(overdueAt(keys, NOW)).toEqual(expected);
  });
});
