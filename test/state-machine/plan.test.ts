import { type AliceWorld, PLAN, worldOfAlice } from '../support/alice';
import { HOUR } from '../support/time';
import { interrupt, outcomeOf } from './support/interrupt';

/*
 * A plan that a person asks for: it is told, and nothing is done.
 */

const SETTINGS = { deactivationWindow: 'always' };

let world: AliceWorld;
afterEach(() => world.close());

describe('a plan', () => {
  test.each([
    [
      'a rotation that would start',
      () => {},
      ['A rotation of alice would start', 'The schedule would start it now, too.', 'No health alarm'],
    ],
    [
      'a conflict that stands in its way',
      () => void world.aws.iam.addAccessKey('alice'),
      ['would not start', 'AccessKeyConflict'],
    ],
    [
      'who used the keys last',
      () => {
        world.aws.iam.useAccessKey(world.current());
        // It shows late.
        return world.clock.advance(6 * HOUR);
      },
      ['(2026-03-02T08:00:00Z) for s3 in us-east-1'],
    ],
  ])('tells of %s, and changes nothing', async (_what, prepare, words) => {
    world = worldOfAlice(SETTINGS);
    await prepare();
    const before = [world.keys(), world.labels(), world.current()];
    const { states, ...result } = await world.execute(PLAN);
    expect(result.status).toBe('SUCCEEDED');
    expect(states).toEqual(['Plan the rotation', 'Is a rotation due?', 'Only a plan']);
    for (const word of words) expect(outcomeOf(result)).toContain(word);
    expect([world.keys(), world.labels(), world.current()]).toEqual(before);
    expect(
      world.aws.calls.filter(({ operation }) => /^(Create|Update|Delete|Put|Tag)/.test(operation)),
    ).toEqual([]);
  });

  test('tells of a rotation that runs, and leaves it alone', async () => {
    world = worldOfAlice(SETTINGS);
    const { first, result } = await interrupt(world, 'Wait for the overlap period', () => PLAN);
    expect(outcomeOf(result)).toContain('RotationInProgress');
    expect(first.status).toBe('RUNNING');
  });
});
