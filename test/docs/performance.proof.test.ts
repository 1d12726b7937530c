import { readFileSync } from 'node:fs';
import { callsOf, WRITES } from '../../tools/bench/cost';
import { measureBundles } from '../../tools/bench/functions';
import { type Counts, countRotations, KINDS, type Kind } from '../../tools/bench/rotations';
import { COST_FILE, PERFORMANCE_FILE, withCost, withPerformance } from '../../tools/docs/performance';

const page = readFileSync(PERFORMANCE_FILE, 'utf8');
const cost = readFileSync(COST_FILE, 'utf8');

let counts: Readonly<Record<Kind, Counts>>;

beforeAll(async () => {
  counts = await countRotations();
});

test('docs/performance.md has what is counted (else: npx tsx tools/docs/performance.ts)', async () => {
  expect(withPerformance(page, counts, await measureBundles({ rounds: 0 }))).toBe(page);
});

test('docs/cost.md has what it costs (else: npx tsx tools/docs/performance.ts)', () => {
  expect(withCost(cost, counts)).toBe(cost);
});

test('every kind is counted, and nothing else', () => {
  expect(Object.keys(counts)).toEqual(Object.keys(KINDS));
});

test.each<Kind>(['nothing-due', 'under-way', 'plan'])(
  '%s is answered by one function that only reads',
  (kind) => {
    const { functionCalls, stateTransitions } = counts[kind];
    expect({ functionCalls, stateTransitions }).toEqual({ functionCalls: 1, stateTransitions: 3 });
    for (const service of ['iam', 'secretsmanager']) expect(callsOf(counts[kind], service, WRITES)).toBe(0);
  },
);

test('a rotation creates, deactivates and deletes one key each, and waits for the new one', () => {
  const { calls, functionSeconds, executions, days } = counts.ordinary;
  expect(calls).toMatchObject({
    'iam:CreateAccessKey': 1,
    'iam:UpdateAccessKey': 1,
    'iam:DeleteAccessKey': 1,
    'sts:GetCallerIdentity': expect.any(Number),
  });
  expect({ executions, days: Math.round(days) }).toEqual({ executions: 1, days: 17 });
  expect(functionSeconds).toBeGreaterThan(10);
});

test('a rollback brings the old key back, and the resumed rotation sets it Inactive again', () => {
  for (const kind of ['rolled-back', 'rolled-back-by-hand'] as const) {
    expect(counts[kind].calls).toMatchObject({ 'iam:CreateAccessKey': 1, 'iam:UpdateAccessKey': 3 });
  }
});
