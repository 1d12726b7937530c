import fc from 'fast-check';
import { STEP_NAMES, type StepName } from '../../lambdas/shared/contract/steps';
import { STEPS } from '../../lambdas/shared/rotation/step-table';
import type { Execution } from '../../local/engine/execution';
import { createWorld, type InProcessWorld } from '../../local/world/world';
import { keyInSecret } from '../support/alice';
import { HOUR } from '../support/time';

/*
 * Whoever may invoke functions (which many roles may) calls the steps by themselves, with any event. Nothing comes of it: no key,
 * no label and no secret changes.
 */

type Fields = Readonly<Record<string, unknown>>;

/** What a step is called with. */
interface Forged {
  readonly step: StepName;
  readonly execution: Fields;
  readonly state: Fields;
}

/** All that a step could change. */
const possessions = ({ aws }: InProcessWorld): unknown => {
  const { users, secrets } = aws.snapshot();
  return {
    keys: users.map(({ userName }) =>
      aws.iam.keysOf(userName).map(({ accessKeyId, status }) => `${userName} ${accessKeyId} ${status}`),
    ),
    versions: secrets.map(({ name }) =>
      aws.secretsManager
        .secret(name)
        ?.versions.map(({ versionId, labels }) => `${name} ${versionId} ${[...labels].sort().join()}`),
    ),
  };
};

const functionArn = ({ stateMachine }: InProcessWorld, step: StepName): string =>
  stateMachine.arn.replace(':states:', ':lambda:').replace(':stateMachine:', ':function:').concat('-', step);

/** Calls a step, and says how it ended: with an error's name, or that it did not. */
const forge = async (world: InProcessWorld, { step, execution, state }: Forged): Promise<string> => {
  const caller = { executionArn: 'nobody', stateName: 'none' };
  try {
    await world.lambda.invoke(functionArn(world, step), { execution, state }, caller);
    return 'done';
  } catch (error) {
    return (error as Error).name;
  }
};

/** What an execution has entered the state of a step with, oldest first. */
const inputsOf = (execution: Execution, step: StepName): readonly Fields[] =>
  execution.history.flatMap((event) => {
    const { state } = event as unknown as {
      readonly state?: { readonly name: string; readonly input: Fields };
    };
    return event.type === 'StateEntered' && state?.name === STEPS[step].stateName ? [state.input] : [];
  });

const contextOf = ({ arn, startDate }: Execution): Fields => ({
  id: arn,
  redriveCount: 0,
  startTime: startDate.toISOString(),
});

/** The latest state of a rotation, with all that its steps have added. */
const latestState = (execution: Execution): Fields =>
  Object.assign({}, ...STEP_NAMES.flatMap((step) => inputsOf(execution, step))) as Fields;

/** The rotation of alice at a moment, and what the attacker knows: her executions and bob's. */
interface Moment {
  readonly world: InProcessWorld;
  readonly alice: Execution;
  readonly bob: Execution;
  readonly over: Execution;
}

/** Plays until alice's rotation enters a state for the first time. */
const until = (stateName: string): { readonly moment: Moment; readonly reach: () => Promise<void> } => {
  const users = ['alice', 'bob', 'carol'].map((userName) => ({ config: { userName } }));
  const world = createWorld({ wire: 'fast', seed: 5, users });
  const over = world.startExecution({ userName: 'carol', action: 'plan' });
  const alice = world.startExecution({ userName: 'alice' });
  const bob = world.startExecution({ userName: 'bob' });
  const entered = new Promise<void>((resolve) => {
    world.stateMachine.onStateEntered = (execution, state) => {
      if (execution === alice && state.name === stateName) resolve();
    };
  });
  const timer = world.clock.setInterval(() => {
    // A consumer that has not moved keeps a rotation waiting.
    const [oldest] = world.aws.iam.keysOf('alice');
    if (stateName === 'Wait for consumers to move' && oldest !== undefined) {
      world.aws.iam.useAccessKey(oldest.accessKeyId);
    }
    for (const user of ['alice', 'bob']) {
      const accessKeyId = keyInSecret(world.aws, `iam-access-key-rotation/${user}`);
      if (accessKeyId !== '') world.aws.iam.useAccessKey(accessKeyId);
    }
  }, HOUR);
  timer.unref();
  return {
    moment: { world, alice, bob, over },
    reach: async () => {
      await Promise.race([entered, alice.result]);
      // Past whatever was announced on the way.
      await new Promise((resolve) => void world.clock.setTimeout(() => resolve(undefined), 5 * 60_000));
    },
  };
};

/** What an attacker changes in an event, one field at a time. */
const LIES: Readonly<Record<string, (event: Forged, moment: Moment) => Forged>> = {
  nothing: (event) => event,
  "bob's secret": ({ state, ...event }) => ({
    ...event,
    state: { ...state, secretId: 'iam-access-key-rotation/bob' },
  }),
  'bob as the user': ({ state, ...event }) => ({ ...event, state: { ...state, userName: 'bob' } }),
  "bob's running execution": (event, { bob }) => ({ ...event, execution: contextOf(bob) }),
  'an execution that is over': (event, { over }) => ({ ...event, execution: contextOf(over) }),
  'an execution of another state machine': ({ execution, ...event }) => ({
    ...event,
    execution: { ...execution, id: String(execution.id).replace(':IamAccessKeyRotation:', ':Other:') },
  }),
  'an execution that never was': ({ execution, ...event }) => ({
    ...event,
    execution: { ...execution, id: `${execution.id}x` },
  }),
  'no ARN at all': ({ execution, ...event }) => ({ ...event, execution: { ...execution, id: 'nothing' } }),
  'a start at another time': ({ execution, ...event }) => ({
    ...event,
    execution: { ...execution, startTime: '2026-01-01T00:00:00.000Z' },
  }),
  'a redriven execution': ({ execution, ...event }) => ({
    ...event,
    execution: { ...execution, redriveCount: 1 },
  }),
  'no periods': ({ state, ...event }) => {
    const { settings = {} } = state as { readonly settings?: Fields };
    const none = Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [
        name,
        /(P|p)eriod$|After$/.test(name) ? 'PT0S' : value,
      ]),
    );
    return { ...event, state: { ...state, settings: none } };
  },
  'the old key for the new one': ({ state, ...event }) => {
    const { rotation = {}, newAccessKeyId } = state as { rotation?: Fields; newAccessKeyId?: string };
    return {
      ...event,
      state: {
        ...state,
        newAccessKeyId: rotation.oldAccessKeyId ?? newAccessKeyId,
        rotation: { ...rotation, oldAccessKeyId: newAccessKeyId ?? rotation.oldAccessKeyId },
      },
    };
  },
  'a leak': ({ state, ...event }) => {
    const { rotation = {} } = state as { readonly rotation?: { readonly accessKeyIdsBefore?: unknown } };
    return {
      ...event,
      state: { ...state, rotation: { ...rotation, leakedAccessKeyIds: rotation.accessKeyIdsBefore ?? [] } },
    };
  },
  'times long ago': ({ state, ...event }) => ({
    ...event,
    state: { ...state, publishedAt: '2025-01-01T00:00:00.000Z', deactivatedAt: '2025-01-01T00:00:00.000Z' },
  }),
};

/** Every event that an attacker can copy or make up at a moment, for a step. */
const copies = ({ alice, bob }: Moment, step: StepName): readonly Forged[] =>
  [alice, bob].flatMap((execution) =>
    [...inputsOf(execution, step), latestState(execution)].map((state) => ({
      step,
      execution: contextOf(execution),
      state,
    })),
  );

let open: InProcessWorld | undefined;
afterEach(() => {
  open?.close();
  open = undefined;
});

const MOMENTS = [
  'Wait for the overlap period',
  'Wait for consumers to move',
  'Wait in the recovery period',
] as const;

describe.each(MOMENTS)('while alice’s rotation is in "%s"', (stateName) => {
  test('no step that is called by itself changes anything, whatever one field says', async () => {
    const { moment, reach } = until(stateName);
    const { world, alice } = moment;
    open = world;
    const found = await world.run(async () => {
      await reach();
      const endings: string[] = [];
      for (const step of STEP_NAMES) {
        const [copy] = copies(moment, step).slice(-1);
        if (copy === undefined) continue;
        for (const [what, lie] of Object.entries(LIES)) {
          const before = possessions(world);
          const ending = await forge(world, lie(copy, moment));
          const after = possessions(world);
          if (ending === 'done' || JSON.stringify(after) !== JSON.stringify(before)) {
            endings.push(`${step}, ${what}: ${ending}`);
          }
        }
      }
      return endings;
    });
    expect(found).toEqual([]);
    expect(alice.status).toBe('RUNNING');
  });

  test('nor any that copies what has been, with any number of lies', async () => {
    const { moment, reach } = until(stateName);
    const { world } = moment;
    open = world;
    await world.run(async () => {
      await reach();
      const forged = fc
        .tuple(
          fc.constantFrom(...STEP_NAMES),
          fc.nat(),
          fc.subarray(Object.keys(LIES), { minLength: 0, maxLength: 3 }),
        )
        .map(([step, pick, lies]) => {
          const all = copies(moment, step);
          const copy = all[pick % all.length] as Forged;
          return lies.reduce((event, lie) => LIES[lie]?.(event, moment) ?? event, copy);
        });
      const before = JSON.stringify(possessions(world));
      await fc.assert(
        fc.asyncProperty(forged, async (event) => {
          expect(await forge(world, event)).not.toBe('done');
          expect(JSON.stringify(possessions(world))).toBe(before);
        }),
        { seed: 1, numRuns: 60 },
      );
    });
  });
});

test('at the very moment of each step, nothing but its own event passes', async () => {
  const { moment } = until('Delete the old key');
  const { world, alice } = moment;
  open = world;
  const answers: Promise<string>[] = [];
  const asked = new Set<string>();
  world.stateMachine.onStateEntered = (execution, { name, input }) => {
    const step = STEP_NAMES.find((candidate) => STEPS[candidate].stateName === name);
    if (execution !== alice || step === undefined) return;
    for (const [what, lie] of Object.entries(LIES)) {
      const own: Forged = { step, execution: contextOf(alice), state: input as Fields };
      const event = lie(own, moment);
      // Some steps have nothing that this lie is about.
      if (JSON.stringify(event) === JSON.stringify(own)) continue;
      asked.add(`${step}, ${what}`);
      answers.push(forge(world, event));
    }
  };
  const { status } = await world.run(() => alice.result);
  const endings = await world.run(() => Promise.all(answers));
  expect([...new Set(endings)].sort()).toEqual(['InvalidRotationInput', 'TransientServiceError']);
  expect(asked.size).toBeGreaterThan(60);
  expect(status).toBe('SUCCEEDED');
  expect(world.aws.iam.keysOf('bob').length).toBeGreaterThan(0);
  expect(world.aws.iam.keysOf('alice').map((key) => key.status)).toEqual(['Active']);
});
