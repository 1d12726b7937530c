import { type AliceWorld, ROLLBACK, ROTATION, worldOfAlice } from '../support/alice';
import { sampled } from '../support/sampled';
import { DAY, HOUR } from '../support/time';
import { Stage } from './support/stage';

/*
 * Every combination of action, trigger and optional fields, in every situation: an execution that ends well has done what it was
 * asked for, or says why there was nothing to do, where that is an answer; any other is refused, and what cannot go together is
 * refused by the plan.
 */

const HELD = 'rotation-held';

const ACTIONS = ['rotate', 'resume', 'rollback', 'emergency', 'plan'] as const;
/** Before the start: nothing, or a rotation at a certain point, or what keeps one from going on. */
const SITUATIONS = [
  'fresh',
  'overlap',
  'recovery',
  'held',
  'paused',
  'paused in overlap',
  'stopped',
] as const;
type Situation = (typeof SITUATIONS)[number];

/** Which key is named as leaked. */
const KEYS = ['current', 'other', 'nobody’s'] as const;

interface Input {
  readonly userName: string;
  readonly action?: (typeof ACTIONS)[number] | undefined;
  readonly trigger?: 'manual' | 'schedule' | undefined;
  readonly comment?: string | undefined;
  readonly accessKeyId?: string | undefined;
  readonly reason?: string | undefined;
}

/** What goes together, said once more. */
const fits = ({ action = 'rotate', trigger = 'manual', accessKeyId, reason }: Input): boolean => {
  if (trigger === 'schedule' && action !== 'rotate') return false;
  if (action === 'emergency') return accessKeyId !== undefined && reason !== undefined;
  return accessKeyId === undefined && (reason === undefined || action === 'rollback');
};

const begin = async (situation: Situation): Promise<AliceWorld> => {
  const world = worldOfAlice();
  const { clock, consume, pause } = world;
  const pauseForLong = () => {
    pause('a drill');
    clock.setTimeout(() => pause(undefined), 40 * DAY);
  };
  consume();
  if (situation === 'paused') pauseForLong();
  if (situation === 'fresh' || situation === 'paused') return world;
  const first = world.startExecution(ROTATION);
  await world.run(async () => {
    await clock.sleep(situation === 'recovery' ? 10 * DAY : HOUR);
    if (situation === 'held') await world.startExecution(ROLLBACK).result;
    else if (situation === 'stopped') first.stop();
    else if (situation === 'paused in overlap') pauseForLong();
    await clock.sleep(HOUR);
  });
  return world;
};

/** What an execution that has ended well must have done. Undefined: it has. */
const notDone = (
  input: Input,
  situation: Situation,
  {
    outcome,
    keys,
    held,
    changed,
  }: {
    readonly outcome: string;
    readonly keys: Readonly<Record<string, string>>;
    readonly held: boolean;
    readonly changed: boolean;
  },
): string | undefined => {
  const isPaused = situation.startsWith('paused');
  switch (input.action) {
    case 'plan':
      return changed || !/^This is only a plan/.test(outcome) ? 'it is no plan' : undefined;
    case 'emergency':
      return keys[input.accessKeyId ?? ''] === 'Active' ? 'the leaked key is Active' : undefined;
    case 'rollback':
      return held && Object.values(keys).every((status) => status === 'Active')
        ? undefined
        : 'it is not rolled back';
    case 'resume':
      if (!changed && isPaused && /paused/.test(outcome)) return undefined;
      if (!changed && situation === 'fresh' && /there is nothing to resume/.test(outcome)) return undefined;
      return held || Object.keys(keys).length !== 1 ? 'it was not resumed' : undefined;
    default:
      if (!changed && isPaused && /paused/.test(outcome)) return undefined;
      if (input.trigger === 'schedule' && !changed) {
        return /is running already|is on hold|is not due/.test(outcome)
          ? undefined
          : 'it does not say why it did nothing';
      }
      return Object.keys(keys).length === 1 && changed ? undefined : 'nothing was rotated';
  }
};

/** Every combination of fields. */
const COMBINATIONS: readonly Input[] = [undefined, ...ACTIONS].flatMap((action) =>
  ([undefined, 'manual', 'schedule'] as const).flatMap((trigger) =>
    [undefined, 'a drill'].flatMap((comment) =>
      [undefined, 'a drill'].flatMap((reason) =>
        [undefined, ...KEYS].map(
          (accessKeyId) =>
            JSON.parse(
              JSON.stringify({ userName: 'alice', action, trigger, comment, reason, accessKeyId }),
            ) as Input,
        ),
      ),
    ),
  ),
);

test('what cannot go together is refused by the plan, and nothing else is', async () => {
  const stage = new Stage();
  const named = (input: Input) => ({ ...input, ...(input.accessKeyId && { accessKeyId: stage.oldKey }) });
  try {
    for (const [index, input] of COMBINATIONS.entries()) {
      const name = await stage
        .execution(`number-${index}`)
        .plan(named(input))
        .then(
          () => undefined,
          (error: Error) => error.name,
        );
      expect([input, name === 'InvalidRotationInput']).toEqual([input, !fits(input)]);
    }
    expect(stage.changes()).toEqual([]);
  } finally {
    stage.close();
  }
});

// A comment, a reason that is not required, and a default that is written out change nothing.
const ASKED = COMBINATIONS.filter(
  (input) =>
    fits(input) &&
    input.action !== undefined &&
    input.trigger !== undefined &&
    input.comment === undefined &&
    (input.reason !== undefined) === ['emergency', 'rollback'].includes(input.action),
);
/** What has ended well somewhere, and what has been refused. */
const ended = new Set<string>();

const CASES = ASKED.flatMap((input) => SITUATIONS.map((situation) => ({ situation, input })));
const PLAYED = sampled(CASES, 3);

describe('what ends well has done what it says', () => {
  test.each(
    PLAYED.map(
      ({ situation, input }) =>
        [[situation, input.action, input.trigger, input.accessKeyId].join(' '), situation, input] as const,
    ),
  )('%s', async (_name, situation, { accessKeyId: key, ...fields }) => {
    const world = await begin(situation);
    const { keys, labels, current, told } = world;
    try {
      const now = current();
      const other = Object.keys(keys()).find((id) => id !== now) ?? now;
      const ids: Readonly<Record<string, string>> = {
        current: now,
        other,
        'nobody’s': 'AKIANOBODYSKEY000001',
      };
      const input: Input = { ...fields, ...(key !== undefined && { accessKeyId: ids[key] }) };
      const everything = () => JSON.stringify([keys(), labels(), current()]);
      const before = everything();
      const { status, error, output } = await world.execute(input);
      ended.add(`${input.action} ${status}`);
      if (status === 'SUCCEEDED') {
        const { outcome } = output as { readonly outcome: string };
        const changed = everything() !== before;
        const held = labels().includes(HELD);
        expect(notDone(input, situation, { outcome, keys: keys(), held, changed })).toBeUndefined();
      } else {
        expect(error).not.toBe('InvalidRotationInput');
        expect(told().at(-1)).toContain(error);
      }
    } finally {
      world.close();
    }
  });
});

test('each action has ended well somewhere, and each but the plan has been refused; of a sample, one of both', () => {
  const possible = ACTIONS.flatMap((action) => [
    ...(action === 'plan' ? [] : [`${action} FAILED`]),
    `${action} SUCCEEDED`,
  ]);
  expect(possible).toEqual(expect.arrayContaining([...ended]));
  expect(new Set([...ended].map((end) => end.split(' ')[0]))).toEqual(new Set(ACTIONS));
  if (PLAYED.length === CASES.length) expect(ended).toEqual(new Set(possible));
});
