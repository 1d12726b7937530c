import { type Outcome, simulate } from '../../simulation/play/simulate';
import type { Schedule } from '../../simulation/schedule/schedule';
import { compareWires, WiresDiffer } from '../../simulation/search/wire-check';

// wires.proof.test.ts has every situation, and those in which the wires differ most.
test('both wires play alike', async () => {
  const lost: Schedule = {
    shape: 'ordinary',
    seed: 5,
    faults: [{ at: 14, kind: 'answer-lost', as: 'http-500' }],
  };
  compareWires(await simulate(lost, { wire: 'fast' }), await simulate(lost, { wire: 'full' }));
});

describe('the comparison', () => {
  const outcome: Outcome = {
    schedule: { shape: 'ordinary', seed: 9, faults: [] },
    struck: [],
    violations: [],
    end: 'converged',
    executions: 1,
    calls: 2,
    effects: [2],
    contested: [],
    made: [],
    history: ['one', 'two'],
    digest: 'd',
  };

  test('accepts equal plays', () => {
    compareWires(outcome, { ...outcome });
    compareWires({ ...outcome, history: [] }, { ...outcome, history: [] });
  });

  test.each<[string, Partial<Outcome>, string]>([
    ['a line that differs', { history: ['one', 'too'] }, 'line 2 of the history:\n  fast: two\n  full: too'],
    [
      'lines that are missing',
      { history: [] },
      'line 1 of the history:\n  fast: one\n  full: nothing any more',
    ],
    [
      'an extra line',
      { history: ['one', 'two', 'three'] },
      'line 3 of the history:\n  fast: nothing any more\n  full: three',
    ],
    ['another end', { end: 'SecretConflict' }, 'what came of it'],
    ['another violation', { violations: [{ invariant: 4, what: 'x' }] }, 'what came of it'],
    ['another digest', { digest: 'e' }, 'the digest'],
  ])('reports %s, and how to see it', (_name, change, where) => {
    const compare = () => compareWires(outcome, { ...outcome, ...change });
    expect(compare).toThrow(WiresDiffer);
    expect(compare).toThrow(where);
    expect(compare).toThrow(`--wire full --replay '{"shape":"ordinary","seed":9,"faults":[]}'`);
  });
});
