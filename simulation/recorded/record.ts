import type { Execution } from '../../local/engine/execution';
import { type Conduct, type Stage, simulate } from '../play/simulate';
import { SHAPES, type ShapeName } from '../schedule/schedule';
import { MadeUpIds } from './made-up-ids';
import {
  type JudgedMoment,
  type RecordedExecution,
  type RecordedMoment,
  readShape,
  stateOf,
  writeShape,
} from './recording';
import { goOn, type Replay, takeOver } from './replay';

/** The sessions of the steps' functions are the same in every world, and look like AWS's. */
const SESSION_KEY = /ASIA[A-Z2-7]{16}/g;
const MADE_UP_SESSION_KEY = 'ASIAEXAMPLE000000001';

/** Fields whose text decides the path of an execution. For other texts it only counts that they exist. */
const DECISIVE = new Set(['status', 'action', 'trigger', 'error', 'Error']);

/** The common pattern of two states that differ only in times, names and numbers. */
const patternOf = (value: unknown, field = ''): unknown => {
  if (Array.isArray(value)) return value.slice(0, 2).map((item) => patternOf(item));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, patternOf(inner, name)]));
  }
  return value === null || typeof value === 'boolean' || DECISIVE.has(field) ? value : typeof value;
};

/**
 * What matters about a moment for what follows: the state, the form of its data, the keys, and the positions
 * of the labels. Moments of the same kind differ at most in what happens afterwards.
 */
const kindOf = (moment: RecordedMoment): string => {
  const { executions, execution, aws } = moment;
  const keys = aws.users.flatMap((user) => user.keys).filter(({ deletedAt }) => deletedAt === undefined);
  const aliased = (label: string): string =>
    keys.reduce((text, { accessKeyId }, index) => text.replace(accessKeyId, `key ${index + 1}`), label);
  return JSON.stringify([
    stateOf(moment),
    patternOf(executions.find(({ name }) => name === execution)?.state),
    executions.flatMap(({ state }) => state?.name ?? []),
    keys.map(({ statuses }) => statuses.at(-1)?.status),
    aws.secrets.map(({ versions }) =>
      versions.flatMap(({ labels }) => (labels.length > 0 ? [labels.map(aliased)] : [])),
    ),
  ]);
};

/** Observes a shape while it is played, and records every state that is entered. */
class Recorder {
  readonly moments: RecordedMoment[] = [];
  readonly #entered = new Map<Execution, NonNullable<RecordedExecution['state']>>();

  constructor(private readonly shape: ShapeName) {}

  attach(stage: Stage): void {
    stage.world.stateMachine.onStateEntered = (execution, { name, input }) => {
      // Functions and engine keep working with the story's own objects.
      const copy = structuredClone(input) as Record<string, unknown>;
      this.#entered.set(execution, { name, input: copy });
      this.moments.push(this.#moment(stage, execution));
    };
  }

  #moment({ world, monitor, conduct, config }: Stage, entering: Execution): RecordedMoment {
    const { aws, clock } = world;
    const executions = [...this.#entered].map(([execution, state]) => {
      const { arn, name, startDate, input } = execution;
      const { redriveCount = 0, stopDate } = aws.states.execution(arn) ?? {};
      // In its last state, an execution may be over before the entry of that state is reported.
      const status = execution === entering ? 'RUNNING' : execution.status;
      return {
        name,
        startDate,
        redriveCount,
        input: input as Record<string, unknown>,
        status,
        ...(status === 'RUNNING' ? { state } : { stopDate }),
      };
    });
    const { users, secrets, alarms, alarmChanges, trail } = aws.snapshot();
    // The functions of a release ask who created a key, and nothing else.
    const ofIam = trail.filter(({ eventSource }) => eventSource === 'iam.amazonaws.com');
    const entries = ofIam.map((entry) => ({
      ...entry,
      accessKeyId: entry.accessKeyId.replace(SESSION_KEY, MADE_UP_SESSION_KEY),
    }));
    const now: Conduct = { ...conduct };
    return {
      at: clock.now(),
      config,
      shape: this.shape,
      execution: entering.name,
      executions,
      aws: { users, secrets, alarms, alarmChanges, trail: entries },
      learnt: monitor.learnt,
      conduct: now,
    };
  }
}

/** A recording must be flawless, or comparisons with it are worthless. */
const flawless = ({ violations, ...ends }: Replay, moment: RecordedMoment, how: string) => {
  if (violations.length > 0) {
    const what = violations.map(({ what }) => what).join('; ');
    throw new Error(`${moment.shape}, "${stateOf(moment)}", ${how}: ${what}`);
  }
  return ends;
};

/** Plays a shape without faults, and returns its moments. */
const play = async (shape: ShapeName): Promise<readonly RecordedMoment[]> => {
  const recorder = new Recorder(shape);
  const { violations } = await simulate(
    { shape, seed: 1, faults: [] },
    { ids: new MadeUpIds(1), onStage: (stage) => recorder.attach(stage) },
  );
  if (violations.length > 0) throw new Error(`${shape}: ${violations.map(({ what }) => what).join('; ')}`);
  return recorder.moments;
};

/**
 * Plays every shape, and keeps a moment of each kind, with its results.
 *
 * @param definition - The present definition, with its placeholders.
 * @returns The text of each shape's file, by shape. A shape without a moment of its own has none.
 */
export const record = async (definition: string): Promise<ReadonlyMap<ShapeName, string>> => {
  const files = new Map<ShapeName, string>();
  const kinds = new Set<string>();
  const none = { executions: {}, end: '' };
  for (const shape of Object.keys(SHAPES) as ShapeName[]) {
    const moments = (await play(shape)).filter((moment) => {
      const kind = kindOf(moment);
      const isNew = !kinds.has(kind);
      kinds.add(kind);
      return isNew;
    });
    const [first] = moments;
    if (first === undefined) continue;
    const judged: JudgedMoment[] = [];
    for (const moment of moments) {
      // As it will be read.
      const text = writeShape(shape, moment.config, [{ ...moment, goesOn: none, takenOver: none }]);
      for (const kept of readShape(text, shape)) {
        judged.push({
          ...kept,
          goesOn: flawless(await goOn(kept, definition), kept, 'going on'),
          takenOver: flawless(await takeOver(kept), kept, 'taken over'),
        });
      }
    }
    files.set(shape, writeShape(shape, first.config, judged));
  }
  return files;
};
