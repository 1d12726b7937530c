import fc from 'fast-check';
import type { Behaviour } from '../../../embedded-aws/ground/behaviour';
import {
  ASSUMPTIONS,
  type Assumption,
  AT_REST,
  type Knob,
  NO_ASSUMPTION,
  TURNS,
} from '../../../simulation/mechanisms/assumptions';
import { type Stage, simulate } from '../../../simulation/play/simulate';
import type { WorldSettings } from '../../../simulation/schedule/schedule';
import { schedules } from '../../../simulation/search/random';
import { STATEMENTS } from '../../contract/statements';
import { keyOf } from '../../contract/suite';

const assumptions: readonly Assumption[] = ASSUMPTIONS;

/** What `npm run simulate` draws by default. */
const drawn = fc.sample(schedules, { numRuns: 3000, seed: 1 });

/** Every value that is drawn for a setting. */
const valuesOf = (setting: keyof WorldSettings): readonly WorldSettings[] => {
  const worlds = drawn.flatMap(({ world }) =>
    world?.[setting] === undefined ? [] : [{ [setting]: world[setting] }],
  );
  return [...new Map(worlds.map((world) => [JSON.stringify(world), world])).values()];
};

/** How the embedded AWS behaves in a schedule. The schedule is aborted as soon as that is known. */
const behaviourIn = async (world: WorldSettings): Promise<Readonly<Behaviour>> => {
  let behaviour: Readonly<Behaviour> | undefined;
  const onStage = (stage: Stage): never => {
    behaviour = { ...stage.world.aws.behaviour };
    throw new Error('That was all.');
  };
  const outcome = simulate({ shape: 'ordinary', seed: 1, faults: [], world }, { onStage });
  await expect(outcome).rejects.toThrow('That was all.');
  if (behaviour === undefined) throw new Error('The schedule has no stage.');
  return behaviour;
};

/** The knobs whose positions differ between the two. */
const turned = (before: Readonly<Behaviour>, after: Readonly<Behaviour>): readonly string[] =>
  Object.entries(after)
    .filter(([name, value]) => value !== before[name as keyof Behaviour])
    .map(([name]) => name);

const settings = Object.keys(TURNS) as (keyof WorldSettings)[];
/** Those that turn a knob of the embedded AWS. */
const turning = settings.filter((setting) => TURNS[setting] !== null);

describe('the settings of a schedule’s world', () => {
  it.each(turning)('%s is drawn, and turns only the knob that is declared for it', async (setting) => {
    const usual = await behaviourIn({});
    const knobs = new Set<string>();
    for (const world of valuesOf(setting).slice(0, 5)) {
      for (const knob of turned(usual, await behaviourIn(world))) knobs.add(knob);
    }
    expect([...knobs]).toEqual([TURNS[setting]]);
  });
});

describe('the assumptions', () => {
  /** The knobs that random schedules turn. */
  const known = async (): Promise<ReadonlySet<string>> => {
    const knobs = new Set<string>();
    for (const { faults } of drawn) {
      for (const fault of faults) {
        knobs.add(fault.kind === 'person' ? `person.${fault.act}` : `fault.${fault.kind}`);
      }
    }
    const usual = await behaviourIn({});
    for (const name of turned(AT_REST, usual)) knobs.add(`aws.${name}`);
    for (const setting of turning) {
      for (const world of valuesOf(setting).slice(0, 5)) {
        for (const name of turned(AT_REST, await behaviourIn({ ...world }))) knobs.add(`aws.${name}`);
      }
    }
    for (const setting of settings.filter((one) => TURNS[one] === null)) {
      if (valuesOf(setting).some((world) => world[setting])) knobs.add(`world.${setting}`);
    }
    return knobs;
  };

  it('are each promised, or tried, or have a window and a consequence', () => {
    const baseless = assumptions.filter(
      ({ aws, triedBy = [], beyond }) =>
        !(typeof aws === 'object' && 'promises' in aws) && triedBy.length === 0 && beyond === undefined,
    );
    expect(baseless.map(({ id }) => id)).toEqual([]);
  });

  it('are tried only by knobs that random schedules turn', async () => {
    const turnedKnobs = await known();
    const idle = assumptions.flatMap(({ id, triedBy = [] }) =>
      triedBy.filter((knob) => !turnedKnobs.has(knob)).map((knob) => `${id}: ${knob}`),
    );
    expect(idle).toEqual([]);
  });

  it('include every knob that random schedules turn', async () => {
    const named = new Set<string>([
      ...assumptions.flatMap(({ triedBy = [] }) => triedBy),
      ...Object.keys(NO_ASSUMPTION),
    ]);
    expect([...(await known())].filter((knob) => !named.has(knob as Knob))).toEqual([]);
  });

  it('have unique IDs, and each service is in one place', () => {
    const ids = assumptions.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const services = assumptions.map(({ service }) => service);
    const changes = services.filter((service, index) => service !== services[index - 1]);
    expect(new Set(services).size).toBe(changes.length);
  });

  it('name only existing statements for emulators', () => {
    const keys = new Set(STATEMENTS.map(keyOf));
    const unknown = assumptions.flatMap(({ statements = [] }) => statements.filter((key) => !keys.has(key)));
    expect(unknown).toEqual([]);
  });

  it('give a window with a consequence, and say what the rotation does', () => {
    for (const { id, otherwise, beyond } of assumptions) {
      expect([id, otherwise.length > 20]).toEqual([id, true]);
      if (beyond) expect([id, beyond.window !== '', beyond.consequence !== '']).toEqual([id, true, true]);
    }
  });
});
