import {
  courseOf,
  EMERGENCY,
  earliestDeactivation,
  endOfOverlap,
  firstLook,
  ORDINARY,
} from '../../../../lambdas/shared/rotation/course';
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

test.each<[string, string, string, Date]>([
  ['a longer overlap period', 'P3D', 'P2D', at(3, 'd')],
  ['one that is as long', 'P2D', 'P2D', at(2, 'd')],
  ['a shorter one', 'PT2H', 'P2D', at(2, 'd')],
  ['no notice', 'P3D', 'PT0S', at(3, 'd')],
])('before which time no old key is deactivated: %s', (_case, overlapPeriod, noticeBefore, expected) => {
  expect(earliestDeactivation({ overlapPeriod, noticeBefore }, NOW)).toEqual(expected);
});

test.each<[string, Partial<Rotation>, string, string, boolean, Date]>([
  ['people are told', {}, 'P3D', 'P2D', true, at(1, 'd')],
  ['people are told at once', {}, 'PT2H', 'P2D', true, NOW],
  ['there is nothing to tell', {}, 'P3D', 'P2D', false, at(3, 'd')],
  ['there is no notice', {}, 'P3D', 'PT0S', true, at(3, 'd')],
  ['nobody is told of an emergency ahead', emergency, 'P3D', 'P2D', true, NOW],
  ['there is no old key', { oldAccessKeyId: null }, 'P3D', 'P2D', false, at(3, 'm')],
])(
  'until when to wait after a publication: %s',
  (_case, rotation, overlapPeriod, noticeBefore, tells, expected) => {
    const settings = { overlapPeriod, noticeBefore };
    expect(firstLook({ ...ROTATION, ...rotation }, settings, NOW, tells)).toEqual(expected);
  },
);
