import type { CallRecord } from '../../embedded-aws/calls/call-log';
import { accessKeyDocument } from '../../lambdas/shared/secret/key-document';
import type { Execution, HistoryEvent } from '../../local/engine/execution';
import type { RotationWorld } from '../../local/world/base-world';
import { DEFINITION } from '../../local/world/scene';
import { createWorld } from '../../local/world/world';
import { simulate } from '../../simulation/play/simulate';
import { type Schedule, SHAPES, type ShapeName } from '../../simulation/schedule/schedule';
import { ALARM, MINUTE, SECRET, USER } from '../../simulation/schedule/setting';

/** A Monday, at the hour at which schedules start by default. */
const MONDAY = new Date(Date.UTC(2026, 2, 2, 9));

const DAY = 24 * 60 * MINUTE;
const KEY_AGE_DAYS = 30;

/** The kinds of rotations that are counted, and of starts that lead to none. */
export const KINDS = {
  'nothing-due': 'a scheduled start, and the key is too young',
  'under-way': 'a scheduled start while a rotation is under way',
  plan: 'what a rotation would do, and what stands in its way',
  ...SHAPES,
} as const;

export type Kind = keyof typeof KINDS;

/** The AWS calls of a kind of rotation, all its executions together. */
export interface Counts {
  readonly executions: number;
  /** From the first start to the last end, in days. */
  readonly days: number;
  /** As AWS bills them: every entered state, and every retry. */
  readonly stateTransitions: number;
  readonly functionCalls: number;
  /** How long functions wait within a call, mostly for a new key to work. In whole seconds. */
  readonly functionSeconds: number;
  /** How often consumers were checked: before the deactivation, and in the recovery period. */
  readonly checks: { readonly adoption: number; readonly health: number };
  /** Calls of AWS by service and operation, such as `iam:ListAccessKeys`, in alphabetical order. */
  readonly calls: Readonly<Record<string, number>>;
  /** How much the steps have logged. */
  readonly logBytes: number;
}

/** Every entered state, and every retry, is a transition. */
const entersState = (type: string): boolean => type === 'StateEntered' || type === 'StateRetried';

const stateOf = (event: HistoryEvent): string =>
  (event as { readonly state?: { readonly name: string } }).state?.name ?? '';

const isFunctionState = (() => {
  const { States } = JSON.parse(DEFINITION) as {
    readonly States: Readonly<Record<string, { readonly Resource?: string }>>;
  };
  const names = new Set(
    Object.keys(States).filter((name) => States[name]?.Resource?.endsWith(':lambda:invoke') === true),
  );
  return (name: string): boolean => names.has(name);
})();

/** How often an execution has invoked functions, and how long that took in virtual time, in milliseconds. */
const invocationsOf = (history: readonly HistoryEvent[]): { readonly count: number; readonly ms: number } => {
  let count = 0;
  let ms = 0;
  let since: number | undefined;
  for (const event of history) {
    if (!isFunctionState(stateOf(event))) continue;
    if (entersState(event.type)) {
      count += 1;
      since = Date.parse(event.at);
    } else if (since !== undefined) {
      ms += Date.parse(event.at) - since;
      since = undefined;
    }
  }
  return { count, ms };
};

const countsOf = (
  executions: readonly Execution[],
  calls: readonly CallRecord[],
  { logs }: Pick<RotationWorld, 'logs'>,
): Counts => {
  const byOperation = new Map<string, number>();
  for (const { service, operation } of calls) {
    const name = `${service}:${operation}`;
    byOperation.set(name, (byOperation.get(name) ?? 0) + 1);
  }
  const invocations = executions.map(({ history }) => invocationsOf(history));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const entered = (name: string): number =>
    sum(
      executions.map(
        ({ history }) => history.filter((event) => entersState(event.type) && stateOf(event) === name).length,
      ),
    );
  const ends = executions.map(({ history, startDate }) =>
    Math.max(startDate.getTime(), Date.parse(history.at(-1)?.at ?? '')),
  );
  const [first] = executions;
  const arns = new Set(executions.map(({ arn }) => arn));
  return {
    executions: executions.length,
    days: Number(((Math.max(...ends) - (first?.startDate.getTime() ?? 0)) / DAY).toFixed(2)),
    stateTransitions: sum(executions.map(({ stateTransitions }) => stateTransitions)),
    functionCalls: sum(invocations.map(({ count }) => count)),
    functionSeconds: Math.round(sum(invocations.map(({ ms }) => ms)) / 1000),
    checks: {
      adoption: entered('Check that consumers have moved'),
      health: entered('Check that consumers are well'),
    },
    calls: Object.fromEntries([...byOperation].sort(([a], [b]) => (a < b ? -1 : 1))),
    logBytes: sum(
      logs
        .filter(({ message }) => arns.has((message as { readonly execution?: string }).execution ?? ''))
        .map(({ message }) => JSON.stringify(message).length),
    ),
  };
};

/** Only the user's name is configured; an automatic rollback also needs an alarm. */
const settingsOf = (kind: Kind) => ({
  userName: USER,
  ...(kind === 'rolled-back' && { healthAlarms: [ALARM] }),
});

const undisturbed = (shape: ShapeName): Schedule => ({ shape, seed: 1, faults: [] });

/** @throws Error if a guarantee does not hold: that matters more than what a rotation costs. */
const countShape = async (shape: ShapeName): Promise<Counts> => {
  let counts: Counts | undefined;
  const { violations } = await simulate(undisturbed(shape), {
    settings: settingsOf(shape),
    start: MONDAY,
    inspect: (world, executions) => {
      counts = countsOf(executions, world.aws.calls, world);
    },
  });
  if (counts === undefined || violations.length > 0) {
    throw new Error(`The rotation ${shape} violates a guarantee: ${JSON.stringify(violations)}`);
  }
  return counts;
};

/** Starts that change nothing, in one world: with a young key, and in the overlap period of a rotation. */
const countQuestions = async (): Promise<
  Pick<Record<Kind, Counts>, 'nothing-due' | 'under-way' | 'plan'>
> => {
  const world = createWorld({ users: [{ config: settingsOf('plan'), key: 'none' }], start: MONDAY });
  try {
    const { aws, clock } = world;
    const key = aws.iam.addAccessKey(USER, { createDate: new Date(MONDAY.getTime() - KEY_AGE_DAYS * DAY) });
    aws.secretsManager.putValue(SECRET, accessKeyDocument(key));
    return await world.run(async () => {
      const counted = async (input: Readonly<Record<string, unknown>>): Promise<Counts> => {
        const execution = world.startExecution({ userName: USER, ...input });
        await execution.result;
        return countsOf(
          [execution],
          aws.calls.filter(({ origin }) => origin === execution.arn),
          world,
        );
      };
      const nothingDue = await counted({ trigger: 'schedule' });
      const plan = await counted({ action: 'plan' });
      const rotation = world.startExecution({ userName: USER });
      await clock.sleep(DAY);
      const underWay = await counted({ trigger: 'schedule' });
      rotation.stop();
      return { 'nothing-due': nothingDue, 'under-way': underWay, plan };
    });
  } finally {
    world.close();
  }
};

/**
 * Counts the AWS calls of every kind of rotation, with the default settings and without faults.
 *
 * @param tell - Called before each kind.
 */
export const countRotations = async (
  tell: (kind: Kind) => void = () => {},
): Promise<Readonly<Record<Kind, Counts>>> => {
  tell('nothing-due');
  const counts: Partial<Record<Kind, Counts>> = await countQuestions();
  for (const shape of Object.keys(SHAPES) as ShapeName[]) {
    tell(shape);
    counts[shape] = await countShape(shape);
  }
  return counts as Record<Kind, Counts>;
};
