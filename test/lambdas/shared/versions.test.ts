import {
  executionOf,
  intentVersionId,
  isKeyLabel,
  keyLabel,
  keyOfLabel,
  keyVersionId,
  labelsTooMany,
  mergedVersionId,
  ownerOf,
  publishedLabel,
} from '../../../lambdas/shared/versions';
import { NEW, NOW, OLD, OWNER } from '../support/fixtures';

const ARN = 'arn:aws:states:us-east-1:111122223333:execution:rotation:first';
const startTime = NOW.toISOString();

test.each([
  [keyLabel(NEW), NEW],
  [publishedLabel(NEW), NEW],
  ['rotation-scratch', undefined],
  ['rotation-held', undefined],
  ['AWSCURRENT', undefined],
  [`owners-${keyLabel(NEW)}`, undefined],
])('the label %s is about the key %s', (label, accessKeyId) => {
  expect(keyOfLabel(label)).toBe(accessKeyId);
  expect(isKeyLabel(label)).toBe(accessKeyId !== undefined);
});

describe("an owner's labels leave room for a rotation", () => {
  const owners = (count: number) => Array.from({ length: count }, (_none, index) => `own-${index}`);
  const ours = [
    'AWSCURRENT',
    'AWSPREVIOUS',
    'AWSPENDING',
    'rotation-scratch',
    'rotation-held',
    keyLabel(NEW),
  ];

  test.each([
    ['none', [], 0],
    ['eleven', owners(11), 0],
    ['twelve', owners(12), 1],
    ['fourteen', owners(14), 3],
    ['eleven, and those of a rotation', [...owners(11), ...ours], 0],
    ['twelve with such names in the middle', owners(12).map((name) => `${name}-AWS-rotation-`), 1],
  ])('%s', (_case, labels, tooMany) => {
    expect(labelsTooMany(labels)).toBe(tooMany);
  });
});

test.each([
  [0, true, `${ARN}#0@${startTime}`],
  [12, true, `${ARN}#12@${startTime}`],
  [0, false, `${ARN}#0`],
  [12, false, `${ARN}#12`],
])(
  'redriven %i times, naming its start: %s, an execution is the owner %s',
  (redriveCount, namesStart, owner) => {
    expect(ownerOf({ id: ARN, redriveCount, startTime }, namesStart)).toBe(owner);
    expect(executionOf(owner)).toEqual({ executionArn: ARN, startedAt: namesStart ? NOW : undefined });
  },
);

test('only the count at the end of an owner is not the execution', () => {
  expect(executionOf(`${ARN}#1-again#0`).executionArn).toBe(`${ARN}#1-again`);
});

test('version IDs differ where the contents do, and are as long as Secrets Manager takes', () => {
  const names = { accessKeyId: 'user', secretAccessKey: 'password' };
  const ids = [
    intentVersionId(OWNER),
    intentVersionId(`${OWNER}0`),
    keyVersionId(NEW),
    keyVersionId(OLD),
    mergedVersionId(NEW, 'base', undefined),
    mergedVersionId(NEW, 'base-2', undefined),
    mergedVersionId(NEW, 'base', names),
    mergedVersionId(NEW, 'base', { ...names, secretAccessKey: 'pass' }),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[\w-]{32,64}$/);
});
