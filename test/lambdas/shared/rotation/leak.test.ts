import { STEP_NAMES, type StepName } from '../../../../lambdas/shared/contract/steps';
import { leakNote, leakToldBy } from '../../../../lambdas/shared/rotation/leak';
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
const command = (accessKeyId: string) =>
  `aws iam update-access-key --user-name alice --access-key-id ${accessKeyId} --status Inactive.`;

const inputs: Readonly<Record<string, unknown>> = {
  rotate: { userName: 'alice' },
  rollback: { userName: 'alice', action: 'rollback' },
  'an emergency': { userName: 'alice', action: 'emergency', accessKeyId: OLD, reason: 'in a log' },
  'an emergency without a key': { userName: 'alice', action: 'emergency', reason: 'in a log' },
};

describe('what is added to a failure while a leaked key may be Active', () => {
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
    const note = leakNote(step, state);
    if (!told) return expect(note).toBe('');
    expect(note).toContain('THE LEAKED KEY ****OLD1 MAY STILL BE ACTIVE.');
    expect(note).toContain(command(OLD));
    // It follows a sentence.
    expect(note).toMatch(/^ \S/);
  });

  test('the key that is retired is named, not another one that has leaked', () => {
    const rotation = { ...ROTATION, oldAccessKeyId: NEW, leakedAccessKeyIds: [OLD, NEW] };
    expect(leakNote('create-access-key', { ...emergency, rotation })).toContain(command(NEW));
  });
});

describe('what is added to a failure of the plan', () => {
  const rows = Object.entries(inputs).flatMap(([name, input]) =>
    STEP_NAMES.map((step) => [step, name, input] as const),
  );

  test.each(rows)('%s, asked for %s', (step, name, input) => {
    const told = step === 'plan-rotation' && name === 'an emergency';
    const note = leakNote(step, input);
    if (!told) return expect(note).toBe('');
    expect(note).toContain('THE LEAKED KEY ****OLD1 MAY STILL BE ACTIVE.');
    expect(note).toContain(command(OLD));
  });

  test('the plan goes by what it was asked for, not by a state', () => {
    expect(leakNote('plan-rotation', emergency)).toBe('');
  });
});

test.each([
  ['none: the leaked one is gone', [], 'told'],
  ['one', [key(OLD, 'Inactive')], undefined],
  ['two', [key(OLD), key(NEW)], undefined],
])('what a list of keys tells of a leaked key: %s', (_case, keys, told) => {
  expect(leakToldBy(keys)).toBe(told);
});
