import { bundleSimulation } from '../../../local/simulation/bundle';
import { MECHANISMS, type Mechanism, type Patch } from '../../../local/simulation/mechanisms';
import { simulate } from '../../../local/simulation/simulate';

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

const violationsWithout = async (names: readonly string[], { schedule }: Mechanism['proof']) =>
  (await (await simulationWithout(names))(schedule)).violations;

describe.each(MECHANISMS.map((mechanism) => [mechanism.is, mechanism] as const))('%s', (_is, mechanism) => {
  const { name, doubledBy = [], proof } = mechanism;
  const all = [name, ...doubledBy];

  test('with it, the schedule violates nothing', async () => {
    expect((await simulate(proof.schedule)).violations).toEqual([]);
  });

  if ('harmless' in proof) {
    test('without it, nothing goes wrong either', async () => {
      expect(await violationsWithout(all, proof)).toEqual([]);
    });
    return;
  }

  test(`without ${all.join(' and ')}, the simulation says what goes wrong`, async () => {
    const violations = await violationsWithout(all, proof);
    expect(violations.map(({ invariant }) => invariant)).toContain(proof.violates);
  });

  if (doubledBy.length > 0) {
    test.each(all)('%s alone is enough', async (one) => {
      const others = all.filter((other) => other !== one);
      expect(await violationsWithout(others, proof)).toEqual([]);
    });
  }
});
