import { callsOf, costOf, dollars, kmsCostOf, READS, WRITES, yearOf } from '../../../tools/bench/cost';
import type { Counts } from '../../../tools/bench/rotations';

const NOTHING: Counts = {
  executions: 0,
  days: 0,
  stateTransitions: 0,
  functionCalls: 0,
  functionSeconds: 0,
  checks: { adoption: 0, health: 0 },
  calls: {},
  logBytes: 0,
};

const GIGABYTE = 1024 ** 3;

test.each<[string, Partial<Counts>, number]>([
  ['nothing', {}, 0],
  ['a thousand state transitions', { stateTransitions: 1_000 }, 0.025],
  // Of a quarter of a gigabyte.
  ['a function that waits four seconds', { functionSeconds: 4 }, 0.0000133334],
  ['a call of Secrets Manager', { calls: { 'secretsmanager:GetSecretValue': 1 } }, 0.000005],
  ['a thousand events', { calls: { 'events:PutEvents': 1_000 } }, 0.001],
  ['a thousand messages', { calls: { 'sns:Publish': 1_000 } }, 0.02],
  ['what costs nothing', { calls: { 'iam:ListAccessKeys': 9, 'sts:GetCallerIdentity': 9 } }, 0],
  // Taken in, and kept for a year.
  ['a gigabyte of logs', { logBytes: GIGABYTE }, 0.5 + 12 * 0.03],
])('%s costs what AWS charges', (_what, counts, usd) => {
  expect(costOf({ ...NOTHING, ...counts }).total).toBeCloseTo(usd, 12);
});

test('a function call is a request, a second and some lines of log', () => {
  const { functions, logs } = costOf({ ...NOTHING, functionCalls: 1_000_000 });
  expect(functions).toBeCloseTo(0.2 + 250_000 * 0.0000133334, 9);
  expect(logs).toBeGreaterThan(0);
});

test('calls are grouped by service and by what they do', () => {
  const counts = {
    ...NOTHING,
    calls: {
      'iam:CreateAccessKey': 1,
      'iam:ListAccessKeys': 2,
      'secretsmanager:PutSecretValue': 4,
      'secretsmanager:DescribeSecret': 8,
      'secretsmanager:GetSecretValue': 16,
    },
  };
  expect(callsOf(counts, 'iam')).toBe(3);
  expect(callsOf(counts, 'iam', WRITES)).toBe(1);
  expect(callsOf(counts, 'iam', READS)).toBe(2);
  expect(callsOf(counts, 'secretsmanager')).toBe(28);
  expect(callsOf(counts, 'sns')).toBe(0);
  // A description contains no value that a key would have to decrypt.
  expect(kmsCostOf(counts)).toBeCloseTo(20 * 0.000003, 12);
});

test('a year has as many rotations as `rotateAfter` allows, and a start on every working day', () => {
  const one = { ...NOTHING, days: 17, calls: { 'secretsmanager:GetSecretValue': 1 } };
  const { rotations, starts, nothingDue, underWay, secret, total } = yearOf({
    ordinary: one,
    'nothing-due': one,
    'under-way': one,
  });
  expect(rotations).toBeCloseTo(365 / 75, 9);
  expect({ starts, secret: secret.toFixed(2) }).toEqual({ starts: 261, secret: '4.80' });
  // 17 days of each rotation contain 12 working days.
  expect(underWay).toBe(59);
  expect(nothingDue + underWay + Math.round(rotations)).toBe(starts);
  const survey = 365 * (0.000005 + 0.5 * 0.25 * 0.0000133334);
  expect(total).toBeCloseTo(4.8 + 261 * 0.000001 + (256 + 365 / 75) * 0.000005 + survey, 9);
});

test.each<[number, string]>([
  [0, '0.00'],
  [12.345, '12.35'],
  [4.8, '4.80'],
  [0.999, '1.00'],
  [0.024, '0.024'],
  [0.00257, '0.0026'],
  [0.00009, '0.000090'],
  [0.0000004, '0.00000040'],
])('%d USD are written %s', (usd, text) => {
  expect(dollars(usd)).toBe(text);
});
