import { simulate } from '../../simulation/play/simulate';
import type { Fault, Schedule } from '../../simulation/schedule/schedule';
import { bundleSimulation } from '../../simulation/search/bundle';
import { compareWires } from '../../simulation/search/wire-check';
import { perform } from '../../simulation/search/worker';
import { SPREAD } from './support/spread';

/** Where the wires differ most: calls that break, repeat, wait or are refused. */
const ON_THE_WIRE: readonly Schedule[] = [
  { at: 14, kind: 'fails', as: 'connection' },
  { at: 14, kind: 'fails', as: 'http-500' },
  { at: 14, kind: 'answer-lost', as: 'http-500' },
  { at: 14, kind: 'late', seconds: 60 },
  { at: 14, kind: 'throttled', seconds: 600 },
  { at: 14, kind: 'slow', seconds: 60 },
  { at: 23, kind: 'key-refused' },
].map((fault) => ({ shape: 'ordinary', seed: 5, faults: [fault as Fault] }));

test.each([...ON_THE_WIRE, ...SPREAD].map((schedule) => [JSON.stringify(schedule), schedule] as const))(
  'both wires play alike: %s',
  async (_text, schedule) => {
    compareWires(await simulate(schedule, { wire: 'fast' }), await simulate(schedule, { wire: 'full' }));
  },
);

describe('a run', () => {
  const schedules = SPREAD.slice(0, 2);

  test('compares a schedule that its seed draws, and counts each once', async () => {
    const tally = await perform({ kind: 'list', schedules, wire: 'fast', sampleSeed: 1 });
    expect(tally).toMatchObject({ schedules: 2, failures: [] });
    expect(await perform({ kind: 'list', schedules, wire: 'full', sampleSeed: 1 })).toEqual(tally);
  });

  describe('over a fast wire that loses the first item of each list', () => {
    const broken = bundleSimulation('test-broken-wire', [
      {
        file: 'embedded-aws/clients/fast-wire.ts',
        from: '(value as readonly unknown[]).map',
        to: '(value as readonly unknown[]).slice(1).map',
      },
    ]).then((file) => require(file) as { readonly perform: typeof perform });

    test.each([
      ['listed', { kind: 'list', schedules } as const],
      ['random', { kind: 'random', seed: 3, runs: 2 } as const],
    ])('fails: %s schedules', async (_name, work) => {
      await expect((await broken).perform({ ...work, wire: 'fast', sampleSeed: 1 })).rejects.toMatchObject({
        name: 'WiresDiffer',
        message: expect.stringContaining('play a schedule differently'),
      });
    });

    test('passes over the full wire, which is unaffected', async () => {
      const work = { kind: 'list', schedules, wire: 'full', sampleSeed: 1 } as const;
      await expect((await broken).perform(work)).resolves.toMatchObject({ schedules: 2 });
    });
  });
});
