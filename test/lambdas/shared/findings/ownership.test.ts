import { OWNERSHIP_TAG } from '../../../../lambdas/shared/contract/names';
import { judgeOwnership, ownershipValue } from '../../../../lambdas/shared/findings/ownership';
import type { Tag } from '../../../../lambdas/shared/gateways/iam-gateway';
import { describeOwner } from '../../../../lambdas/shared/words/ownership';
import { OTHER_MARK, OWN_MARK, OWNER } from '../../support/fixtures';

const PREFIX = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:';

describe('the value of the mark', () => {
  test.each([
    ['a name', 'iam-access-key-rotation/alice', OWN_MARK],
    ['an ARN, whose last characters are others when the secret is made anew', `${OWN_MARK}-AbC123`, OWN_MARK],
    ['an ARN of another Region', `${OTHER_MARK}-AbC123`, OTHER_MARK],
    ['a name that ends as an ARN does', 'orders-abc123', `${PREFIX}orders-abc123`],
    ['an ARN of a name that ends as an ARN does', `${PREFIX}orders-abc123-AbC123`, `${PREFIX}orders-abc123`],
  ])('%s', (_what, secretId, expected) => {
    expect(ownershipValue(secretId, OWNER)).toBe(expected);
  });

  test('tells partitions and accounts apart', () => {
    const china = 'arn:aws-cn:states:cn-north-1:444455556666:execution:rotation:first';
    expect(ownershipValue('a', china)).toBe('arn:aws-cn:secretsmanager:cn-north-1:444455556666:secret:a');
  });

  const longest = 255 - PREFIX.length;

  test.each([
    ['as long as is written out', longest, 255],
    ['one longer', longest + 1, 256],
    ['as long as Secrets Manager allows', 512, 256],
  ])('of a name that is %s', (_what, length, expected) => {
    const value = ownershipValue('a'.repeat(length), OWNER);
    expect(value).toHaveLength(expected);
    // IAM API, Tag.
    expect(value).toMatch(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u);
    expect(value.startsWith(`${PREFIX}aaa`)).toBe(true);
  });

  test('of long names that differ only at their end differs', () => {
    const values = ['b', 'c'].map((end) => ownershipValue(`${'a'.repeat(511)}${end}`, OWNER));
    expect(new Set(values).size).toBe(2);
  });
});

const tags = (count: number): readonly Tag[] =>
  Array.from({ length: count }, (_none, index) => ({ key: `tag-${index}`, value: '' }));
const mark = (value: string, key = OWNERSHIP_TAG): Tag => ({ key, value });

test.each<[string, readonly Tag[], object]>([
  ['no tag', [], { kind: 'unmarked', hasRoom: true }],
  ['other tags', tags(49), { kind: 'unmarked', hasRoom: true }],
  ['as many other tags as there may be', tags(50), { kind: 'unmarked', hasRoom: false }],
  ['this secret', [...tags(49), mark(OWN_MARK)], { kind: 'own' }],
  ['this secret, in another spelling of the key', [mark(OWN_MARK, 'Rotation-Secret')], { kind: 'own' }],
  ['another secret', [mark(OTHER_MARK), ...tags(2)], { kind: 'other', owner: OTHER_MARK }],
  ['nothing', [mark('')], { kind: 'other', owner: '' }],
  ['a part of this secret', [mark(OWN_MARK.slice(0, -1))], { kind: 'other', owner: OWN_MARK.slice(0, -1) }],
])('the mark says %s', (_what, found, expected) => {
  expect(judgeOwnership('on', found, OWN_MARK)).toEqual(expected);
  expect(judgeOwnership('off', found, OWN_MARK)).toEqual({ kind: 'off' });
});

test.each([
  [OTHER_MARK, 'the secret iam-access-key-rotation/alice in eu-west-1 of the account 111122223333'],
  ['mine', '"mine"'],
  ['', '""'],
])('in words: %s', (value, expected) => {
  expect(describeOwner(value)).toBe(expected);
});
