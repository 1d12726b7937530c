import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleSimulation } from '../../../simulation/search/bundle';
import { digestOf, partOfTurn, type Turn, turned } from '../../../simulation/search/turn';

const ROOT = join(__dirname, '..', '..', '..');
const DIGEST = digestOf('the simulation', 'the packages');

describe('the turn among the parts of the exhaustive runs', () => {
  test('goes to the next part with each change, so that as many changes as there are parts run all', () => {
    let turn: Turn = { turn: 40, digest: DIGEST };
    const parts = new Set<number>();
    const of = partOfTurn(turn, DIGEST)?.of ?? 0;
    for (let change = 1; change <= of; change += 1) {
      const digest = digestOf(`the simulation, changed ${change} times`, 'the packages');
      turn = turned(turn, 'next', digest);
      parts.add(partOfTurn(turn, digest)?.number ?? 0);
    }
    expect([...parts].sort((a, b) => a - b)).toEqual(Array.from({ length: of }, (_none, index) => index + 1));
  });

  test.each([
    ['the simulation', digestOf('another', 'the packages')],
    ['a package', digestOf('the simulation', 'others')],
  ])('belongs to no part if %s has changed and no turn was taken', (_what, digest) => {
    expect(partOfTurn({ turn: 3, digest: DIGEST }, digest)).toBeUndefined();
  });

  test('stays for more of the same change', () => {
    const digest = digestOf('another', 'the packages');
    const turn = turned({ turn: 3, digest: DIGEST }, 'same', digest);
    expect(turn).toEqual({ turn: 3, digest });
    expect(partOfTurn(turn, digest)).toEqual(partOfTurn({ turn: 3, digest: DIGEST }, DIGEST));
  });

  test('is not taken if nothing has changed', () => {
    expect(turned({ turn: 3, digest: DIGEST }, 'next', DIGEST)).toEqual({ turn: 3, digest: DIGEST });
  });
});

test('the simulated code has a turn (else: npm run simulate -- --turn next, or --turn same for more of a change)', async () => {
  const bundle = readFileSync(await bundleSimulation('turn'), 'utf8');
  const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
  const current = JSON.parse(readFileSync(join(ROOT, 'simulation/turn.json'), 'utf8')) as Turn;
  expect(current.digest).toBe(digestOf(bundle, lock));
});
