import { RotationSettings } from '../../../../lambdas/shared/contract/enrolment';
import { parse } from '../../../../lambdas/shared/contract/schema';
import { withPresent } from '../../../../lambdas/shared/rotation/promised';
import { ENROLLED } from '../../support/fixtures';

/*
 * What a running rotation goes by when the enrolment has changed since it was planned: setting by setting.
 */

const PLANNED: RotationSettings = parse(RotationSettings, ENROLLED);

type Name = keyof RotationSettings;

const between = <Setting extends Name>(
  name: Setting,
  planned: RotationSettings[Setting],
  present: RotationSettings[Setting],
): unknown =>
  withPresent({ settings: { ...PLANNED, [name]: planned } }, { ...PLANNED, [name]: present }).settings[name];

// The last two are the same time in other words, and a longer one in fewer letters.
const LENGTHS: readonly (readonly [string, string])[] = [
  ['P2D', 'P3D'],
  ['P9D', 'P10D'],
  ['PT23H', 'P1D'],
  ['PT3600S', 'PT61M'],
];

describe.each<[Name, 'longer' | 'shorter']>([
  ['overlapPeriod', 'longer'],
  ['noticeBefore', 'longer'],
  ['quietPeriod', 'longer'],
  ['adoptionDeadline', 'longer'],
  ['recoveryPeriod', 'longer'],
  ['idleAfter', 'longer'],
  ['adoptionCheckInterval', 'shorter'],
  ['healthCheckInterval', 'shorter'],
])('%s: the %s one holds', (name, which) => {
  test.each(LENGTHS)('%s and %s', (less, more) => {
    const safe = which === 'longer' ? more : less;
    expect([between(name, less, more), between(name, more, less)]).toEqual([safe, safe]);
  });

  test('equal ones are one, as it was planned', () => {
    expect(between(name, 'P1D', 'P1D')).toBe('P1D');
    expect(between(name, 'P1D', 'PT24H')).toBe('P1D');
  });
});

test.each<[RotationSettings['acknowledgement'], RotationSettings['acknowledgement'], string | undefined]>([
  [undefined, undefined, undefined],
  [{ deadline: 'P2D' }, undefined, 'P2D'],
  [undefined, { deadline: 'P2D' }, 'P2D'],
  [{ deadline: 'P2D' }, { deadline: 'P1D' }, 'P2D'],
  [{ deadline: 'P1D' }, { deadline: 'P2D' }, 'P2D'],
])('acknowledgement: %j, now %j', (planned, present, deadline) => {
  expect(between('acknowledgement', planned, present)).toEqual(deadline && { deadline });
});

test.each<[RotationSettings['onAdoptionDeadline'], RotationSettings['onAdoptionDeadline'], string]>([
  ['stop', 'stop', 'stop'],
  ['stop', 'go-on', 'stop'],
  ['go-on', 'stop', 'stop'],
  ['go-on', 'go-on', 'go-on'],
])('onAdoptionDeadline: %s, now %s', (planned, present, holds) => {
  expect(between('onAdoptionDeadline', planned, present)).toBe(holds);
});

describe('whom to ask is of the present enrolment', () => {
  test.each([
    [[], ['errors']],
    [['errors'], []],
    [['errors'], ['latency', 'errors']],
  ])('healthAlarms: %j, now %j', (planned, present) => {
    expect(between('healthAlarms', planned, present)).toEqual(present);
  });

  test.each([
    ['arn:1', undefined],
    [undefined, 'arn:2'],
    ['arn:1', 'arn:2'],
  ])('validator: %s, now %s', (planned, present) => {
    expect(between('validator', planned, present)).toBe(present);
  });
});

test.each<[Name, unknown, unknown]>([
  ['deactivationWindow', 'always', { days: ['SUN'], from: '01:00', to: '02:00' }],
  ['timeZone', 'UTC', 'Europe/Berlin'],
  ['fieldNames', undefined, { accessKeyId: 'id', secretAccessKey: 'key' }],
  ['fieldNames', { accessKeyId: 'id', secretAccessKey: 'key' }, undefined],
  ['sesSmtp', undefined, { regions: ['eu-west-1'], userField: 'user', passwordField: 'password' }],
  ['sesSmtp', { regions: ['eu-west-1'], userField: 'user', passwordField: 'password' }, undefined],
  ['ownershipMark', 'on', 'off'],
])('%s stays as it was planned: %j, now %j', (name, planned, present) => {
  expect(between(name, planned as never, present as never)).toEqual(planned);
});

test('of a user who is not enrolled any more, all stays as it was planned', () => {
  const state = { settings: PLANNED, userName: 'alice' };
  expect(withPresent(state, undefined)).toBe(state);
});

test('what was longer once is not cut short by a second deployment', () => {
  const first = withPresent({ settings: PLANNED }, { ...ENROLLED, recoveryPeriod: 'P30D' });
  expect(withPresent(first, ENROLLED).settings.recoveryPeriod).toBe('P30D');
});

test('the state has no more of the enrolment than a rotation takes along', () => {
  expect(withPresent({ settings: PLANNED }, { ...ENROLLED }).settings).toEqual(PLANNED);
});
