import { STEP_NAMES, type StepName } from '../../../../lambdas/shared/contract/steps';
import { leakLeftBy, leakToldBy } from '../../../../lambdas/shared/rotation/leak';
import { warnOfLeak } from '../../../../lambdas/shared/words/leak';
import { key, NEW, OLD, OTHER, ROTATION } from '../../support/fixtures';

/** The steps that an emergency takes until the leaked key is Inactive. */
const BEFORE_DEACTIVATION: readonly StepName[] = [
  'stop-execution',
  'create-access-key',
  'test-access-key',
  'publish-access-key',
  'confirm-adoption',
  'deactivate-access-key',
];
const emergency = { userName: 'alice', rotation: { ...ROTATION, leakedAccessKeyIds: [OLD] } };

const inputs: Readonly<Record<string, unknown>> = {
  rotate: { userName: 'alice' },
  rollback: { userName: 'alice', action: 'rollback' },
  'an emergency': { userName: 'alice', action: 'emergency', accessKeyId: OLD, reason: 'in a log' },
  'an emergency without a key': { userName: 'alice', action: 'emergency', reason: 'in a log' },
};

describe('the leaked key that may be Active when a step fails', () => {
  const states: Readonly<Record<string, unknown>> = {
    'in an emergency': emergency,
    'in a rotation without a leak': { ...emergency, rotation: ROTATION },
    'in a rotation whose old key is none of the leaked ones': {
      ...emergency,
      rotation: { ...ROTATION, leakedAccessKeyIds: [OTHER] },
    },
    'in a rotation without an old key': {
      ...emergency,
      rotation: { ...ROTATION, oldAccessKeyId: null, leakedAccessKeyIds: [OTHER] },
    },
    'in the state of an emergency from before there were leaked keys': {
      ...emergency,
      rotation: { ...ROTATION, leakedAccessKeyIds: undefined },
    },
    'with a state that cannot be read': { rotation: emergency.rotation },
    'without a state': undefined,
  };
  const rows = Object.entries(states).flatMap(([name, state]) =>
    STEP_NAMES.map((step) => [step, name, state] as const),
  );

  test.each(rows)('%s %s', (step, name, state) => {
    const told = name === 'in an emergency' && BEFORE_DEACTIVATION.includes(step);
    expect(leakLeftBy(step, state)).toEqual(
      told ? { userName: 'alice', accessKeyId: OLD, contained: false } : undefined,
    );
  });

  test('the key that is retired is named, not another one that has leaked', () => {
    const rotation = { ...ROTATION, oldAccessKeyId: NEW, leakedAccessKeyIds: [OLD, NEW] };
    expect(leakLeftBy('create-access-key', { ...emergency, rotation })).toMatchObject({ accessKeyId: NEW });
  });
});

describe('the leaked key that may be Active when the plan fails', () => {
  const rows = Object.entries(inputs).flatMap(([name, input]) =>
    STEP_NAMES.map((step) => [step, name, input] as const),
  );

  test.each(rows)('%s, asked for %s', (step, name, input) => {
    const told = step === 'plan-rotation' && name === 'an emergency';
    expect(leakLeftBy(step, input)).toEqual(
      told ? { userName: 'alice', accessKeyId: OLD, contained: false } : undefined,
    );
  });

  test('that an outage was accepted, and that it is Inactive already, is known', () => {
    const contained = { at: '2026-03-02T09:00:00.000Z', functions: 2, calls: 12 };
    const rotation = { ...emergency.rotation, outage: 'accepted' };
    expect(leakLeftBy('test-access-key', { ...emergency, rotation, contained })).toEqual({
      ...{ userName: 'alice', accessKeyId: OLD, contained: true, outage: 'accepted' },
    });
  });

  test('the plan goes by what it was asked for, not by a state', () => {
    expect(leakLeftBy('plan-rotation', emergency)).toBeUndefined();
  });
});

test.each([
  ['none: the leaked one is gone', [], 'told'],
  ['one', [key(OLD, 'Inactive')], undefined],
  ['two', [key(OLD), key(NEW)], undefined],
])('what a list of keys tells of a leaked key: %s', (_case, keys, told) => {
  expect(leakToldBy(keys)).toBe(told);
});

test('what is said of it has the whole commands, and comes before what else there is to do', () => {
  const said = warnOfLeak(
    { what: 'A step has failed.', next: ['Look at it.'] },
    { userName: 'alice', accessKeyId: OLD },
  );
  expect(said.urgency?.urgent).toBe(true);
  const starts = { kind: 'start', input: { userName: 'alice', accessKeyId: OLD } };
  const sets = { operation: 'update-access-key', options: { 'access-key-id': OLD, status: 'Inactive' } };
  expect(said.next?.filter((part) => typeof part !== 'string')).toMatchObject([starts, sets]);
  expect(said.next?.at(-1)).toBe('Look at it.');
});
