import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PARTS, type Turn } from '../../simulation/search/turn';
import {
  complaints,
  kindsOf,
  mustBeTold,
  nameOf,
  playDenied,
  RIGHTS,
  SHAPE_NAMES,
  situationOf,
} from './support/denials';

/*
 * Every right of every step, denied in each way in which AWS denies it, at the step's first such call and at a later one; and
 * in every situation. That takes a quarter of an hour, so each change plays the sixteenth whose turn it is, as of the exhaustive
 * runs; with DENIALS=all it is everything.
 */
const { turn } = JSON.parse(
  readFileSync(join(__dirname, '..', '..', 'simulation', 'turn.json'), 'utf8'),
) as Turn;
const inTurn = RIGHTS.filter(
  (_right, index) => process.env.DENIALS === 'all' || index % PARTS === turn % PARTS,
);

describe.each(inTurn.map((right) => [nameOf(right), right] as const))('%s', (_name, right) => {
  const situation = situationOf(right);

  test.each(kindsOf(right).map((kind) => [kind.name, kind] as const))('%s', async (_kind, kind) => {
    if (situation === null) return;
    for (const nth of [1, 2]) {
      const denied = await playDenied(right, kind, situation, nth);
      expect([nth, complaints(right, kind, situation, denied)]).toEqual([nth, []]);
      if (nth === 1) {
        expect(denied.struck).toBeGreaterThan(0);
        if (mustBeTold(right)) expect(denied.failures.map(({ error }) => error)).toContain(kind.error);
      }
    }
  });

  test.each(SHAPE_NAMES)('in every situation: %s', async (shape) => {
    const [kind] = kindsOf(right);
    if (kind === undefined) throw new Error('There is a kind for each right.');
    for (const nth of [1, 2, 3]) {
      const denied = await playDenied(right, kind, { shape }, nth);
      expect([nth, complaints(right, kind, { shape }, denied)]).toEqual([nth, []]);
    }
  });
});
