import { courseOf, EMERGENCY, endOfOverlap, ORDINARY } from '../../../../lambdas/shared/rotation/course';
import type { Rotation } from '../../../../lambdas/shared/rotation/rotation-state';
import { at, NEW, NOW, OLD, OTHER, ROTATION } from '../../support/fixtures';

const emergency: Partial<Rotation> = { leakedAccessKeyIds: [OLD] };

test.each<[string, Partial<Rotation>, object]>([
  ['no key has leaked', {}, ORDINARY],
  ['the old key has leaked', emergency, EMERGENCY],
  ['the old key is one of two that have leaked', { leakedAccessKeyIds: [NEW, OLD] }, EMERGENCY],
  ['another key has leaked', { leakedAccessKeyIds: [OTHER] }, ORDINARY],
  ['there is no old key', { oldAccessKeyId: null, leakedAccessKeyIds: [OTHER] }, ORDINARY],
])('the course of a rotation when %s', (_case, rotation, course) => {
  expect(courseOf({ ...ROTATION, ...rotation })).toBe(course);
});

test('an emergency is different in everything: what it shares with every rotation is no question of its course', () => {
  const differences = Object.entries(ORDINARY).filter(
    ([property, value]) => EMERGENCY[property as keyof typeof EMERGENCY] === value,
  );
  expect(differences).toEqual([]);
});

test.each<[string, Partial<Rotation>, Date]>([
  ['of a rotation: the overlap period', {}, at(3, 'd')],
  ['of an emergency: at once', emergency, NOW],
  ['of a first key: when nothing of the publication can be in flight', { oldAccessKeyId: null }, at(3, 'm')],
])('until when both keys are left alone, %s', (_case, rotation, until) => {
  expect(endOfOverlap({ ...ROTATION, ...rotation }, { overlapPeriod: 'P3D' }, NOW)).toEqual(until);
});
