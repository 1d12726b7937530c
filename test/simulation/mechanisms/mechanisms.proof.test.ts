import { MECHANISMS, type Patch } from '../../../simulation/mechanisms/mechanisms';
import { type Outcome, simulate } from '../../../simulation/play/simulate';
import { describePosition, numbered } from '../../../simulation/schedule/position';
import type { NamedSchedule } from '../../../simulation/schedule/schedule';
import { bundleSimulation } from '../../../simulation/search/bundle';

type Simulate = typeof simulate;

const patchesOf = (name: string): readonly Patch[] => {
  const found = MECHANISMS.find((mechanism) => mechanism.name === name);
  if (found === undefined) throw new Error(`There is no mechanism ${name}`);
  return found.patches;
};

/** By the mechanisms that they lack: several proofs need the same one. */
const simulations = new Map<string, Promise<Simulate>>();

const simulationWithout = (names: readonly string[]): Promise<Simulate> => {
  const key = [...names].sort().join('-and-');
  const found =
    simulations.get(key) ??
    bundleSimulation(`test-${key}`, names.flatMap(patchesOf)).then(
      (file) => (require(file) as { readonly simulate: Simulate }).simulate,
    );
  simulations.set(key, found);
  return found;
};

/** A mechanism that is in place may keep a schedule from reaching a call that is only made without it. */
const run = async (schedule: NamedSchedule, simulation: Simulate): Promise<Outcome> =>
  simulation((await numbered(schedule, simulation)).schedule);

/** Without the mechanisms a schedule must be what it says: each of its faults happens. */
const runWhole = async (schedule: NamedSchedule, simulation: Simulate): Promise<Outcome> => {
  const { schedule: found, notMade } = await numbered(schedule, simulation);
  const [missing] = notMade;
  if (missing !== undefined) {
    throw new Error(`${schedule.shape}: no such call is made any more: ${describePosition(missing.at)}`);
  }
  const outcome = await simulation(found);
  if (outcome.struck.length !== found.faults.length) {
    const positions = schedule.faults.map(({ at }) => describePosition(at)).join('; ');
    throw new Error(`${schedule.shape}: of the faults at ${positions} only these strike: ${outcome.struck}`);
  }
  return outcome;
};

describe.each(MECHANISMS.map((mechanism) => [mechanism.is, mechanism] as const))('%s', (_is, mechanism) => {
  const { name, doubledBy = [], proof } = mechanism;
  const all = [name, ...doubledBy];

  test('with it, the schedule violates nothing', async () => {
    expect((await run(proof.schedule, simulate)).violations).toEqual([]);
  });

  if ('harmless' in proof) {
    test('without it, nothing goes wrong either', async () => {
      expect((await runWhole(proof.schedule, await simulationWithout(all))).violations).toEqual([]);
    });
    return;
  }

  test(`without ${all.join(' and ')}, the simulation says what goes wrong`, async () => {
    const { violations } = await runWhole(proof.schedule, await simulationWithout(all));
    expect(violations.map(({ invariant }) => invariant)).toContain(proof.violates);
  });

  if (doubledBy.length > 0) {
    test.each(all)('%s alone is enough', async (one) => {
      const others = all.filter((other) => other !== one);
      expect((await run(proof.schedule, await simulationWithout(others))).violations).toEqual([]);
    });
  }
});
