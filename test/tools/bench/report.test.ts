import { yearOf } from '../../../tools/bench/cost';
import type { MeasuredBundles } from '../../../tools/bench/functions';
import { callsPart, functionsPart, report, simulationPart, synthesisPart } from '../../../tools/bench/report';
import { type Counts, KINDS, type Kind } from '../../../tools/bench/rotations';

const COUNTS: Counts = {
  executions: 2,
  days: 17,
  stateTransitions: 1_234,
  functionCalls: 567,
  functionSeconds: 25,
  checks: { adoption: 2, health: 20 },
  calls: {
    'iam:CreateAccessKey': 1,
    'iam:ListAccessKeys': 321,
    'secretsmanager:GetSecretValue': 432,
    'secretsmanager:PutSecretValue': 54,
    'sts:GetCallerIdentity': 8,
  },
  logBytes: 7_000,
};

const counts = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, COUNTS])) as Record<Kind, Counts>;

const measured = (name: string, bytes: number, loadMs: number): MeasuredBundles => ({
  name,
  clients: ['@aws-sdk/client-iam', '@aws-sdk/client-sts'],
  bytes: { ours: bytes, defaultMinified: 500_000, default: 1_000_000, sdkOfRuntime: 100_000, empty: 33 },
  loadMs: { ours: loadMs, defaultMinified: 100, default: 120, sdkOfRuntime: 90, empty: 0.5 },
});

const parts = {
  calls: callsPart(counts, yearOf(counts)),
  functions: functionsPart(
    [measured('create-access-key', 200_000, 40), measured('deactivate-access-key', 250_000, 60)],
    5,
  ),
  simulation: simulationPart(
    {
      callsPerRotation: 42.4,
      wires: {
        fast: {
          ...{
            schedulesPerSecond: 23.4,
            rotationsPerSecond: 46.8,
            sdkShare: 0.5,
            emptyCallMs: 0.1,
            limit: 240,
          },
          parts: { SDK: 0.6, functions: 0.4 },
        },
        full: {
          ...{
            schedulesPerSecond: 11.7,
            rotationsPerSecond: 23.4,
            sdkShare: 0.25,
            emptyCallMs: 0.4,
            limit: 60,
          },
          parts: { SDK: 0.5, functions: 0.2, signing: 0.3 },
        },
      },
      speedup: 2,
    },
    5,
  ),
  synthesis: synthesisPart({
    rounds: 5,
    steps: {
      topic: { toTopic: 1, ms: 2_000 },
      deploymentCold: { toTopic: 12.5, ms: 25_000 },
      deploymentWarm: { toTopic: 2.5, ms: 5_000 },
      runnerCold: { toTopic: 3.5, ms: 7_000 },
      runnerWarm: { toTopic: 0.05, ms: 100 },
    },
  }),
};

const text = report(Object.values(parts));
const words = text.replace(/\s+/g, ' ');

test('it begins with a summary', () => {
  const [summary = ''] = text.split('\n\n');
  expect(summary).toMatch(/^Summary\n/);
  for (const { verdict } of Object.values(parts)) {
    for (const sentence of verdict) expect(summary.replace(/\s+/g, ' ')).toContain(sentence);
  }
});

test('it fits into 80 columns', () => {
  for (const line of text.split('\n')) expect([line, line.length <= 80]).toEqual([line, true]);
});

test('a kind of rotation is a row of figures', () => {
  // Transitions, functions, reads and writes of IAM, of Secrets Manager, and the rest.
  expect(text).toMatch(/^ +ordinary +1234 +567 +321 +1 +432 +54 +8 +0\.0\d+$/m);
  expect(words).toContain('1 writes to IAM, 54 to Secrets Manager');
});

test('a function is compared with default bundling and with nothing', () => {
  expect(text).toMatch(/^ +create-access-key +200 +0\.40x +0\.20x +40 +0\.40x +80x$/m);
  expect(words).toContain('200 to 250 KB, 0.40x to 0.50x what default bundling');
});

test('the simulation is compared with the SDK alone, and its time is split by part', () => {
  expect(words).toContain('takes 2.0x as long as its 42 calls alone');
  expect(text).toMatch(/^ +share that the SDK alone would take +50 % +25 %$/m);
  expect(text).toMatch(/^ +SDK +60 % +50 %$/m);
  // A part that takes no time over one wire shows zero.
  expect(text).toMatch(/^ +signing +0 % +30 %$/m);
});

test('synthesis is compared with that of a topic', () => {
  expect(text).toMatch(/^ +cdk synth, nothing kept +13x +25000$/m);
  expect(words).toContain('2.5x as long as that of one topic');
  expect(words).toContain('npm start 0.05x and 3.5x');
});

test('one part is a report too, and so is none', () => {
  expect(report([parts.synthesis])).toContain('Summary\n  Synthesis for a deployment');
  expect(report([])).toBe('Summary\n');
});
