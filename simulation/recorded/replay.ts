import { DRAIN_SECONDS } from '../../lambdas/shared/contract/timing';
import type { Execution } from '../../local/engine/execution';
import { type Stage, simulate } from '../play/simulate';
import type { Violation } from '../schedule/invariants';
import type { Ends, RecordedExecution, RecordedMoment } from './recording';

/** The result of a moment. */
export interface Replay extends Ends {
  readonly violations: readonly Violation[];
}

/** Step Functions knows an execution that is over. */
const addEnded = (
  { world }: Stage,
  { name, startDate, redriveCount }: RecordedExecution,
  status: 'ABORTED' | Exclude<RecordedExecution['status'], 'RUNNING'>,
  stopDate: Date | undefined,
): string => {
  const arn = world.stateMachine.arnOf(name);
  world.aws.states.addExecution({ arn, status, startDate, stopDate, redriveCount });
  return arn;
};

const replay = async (
  moment: RecordedMoment,
  begin: (
    stage: Stage,
    running: readonly RecordedExecution[],
  ) => Promise<Readonly<Record<string, Execution>>>,
): Promise<Replay> => {
  const executions: Record<string, string> = {};
  const { end, violations } = await simulate(
    // `play` decides what happens; no shape's story is played.
    { shape: 'ordinary', seed: 1, faults: [] },
    {
      from: moment,
      play: async (stage) => {
        for (const ended of moment.executions) {
          if (ended.status !== 'RUNNING') addEnded(stage, ended, ended.status, ended.stopDate);
        }
        const running = moment.executions.filter(({ status }) => status === 'RUNNING');
        for (const [name, execution] of Object.entries(await begin(stage, running))) {
          const { status, error } = await execution.result;
          executions[name] = error === undefined ? status : `${status} ${error}`;
        }
      },
    },
  );
  return { executions, end, violations };
};

/**
 * Continues, with today's functions, every execution that was running at a moment.
 *
 * @param definition - The definition under which they were begun, with its placeholders.
 */
export const goOn = (moment: RecordedMoment, definition: string): Promise<Replay> =>
  replay(moment, async (stage, running) =>
    Object.fromEntries(
      running.map(({ state, ...begun }) => {
        if (state === undefined) throw new Error(`${begun.name} is running, and in no state`);
        return [begun.name, stage.adopt(stage.world.resumeExecution({ ...begun, state }, definition))];
      }),
    ),
  );

/**
 * Stops every execution that was running at a moment, and starts another one with today's definition and
 * functions, when nothing of the stopped ones can still be alive.
 */
export const takeOver = (moment: RecordedMoment): Promise<Replay> =>
  replay(moment, async (stage, running) => {
    for (const stopped of running) {
      stage.monitor.takeCharge(addEnded(stage, stopped, 'ABORTED', moment.at));
    }
    await stage.world.clock.sleep(DRAIN_SECONDS * 1000);
    return { successor: await stage.startFurther() };
  });
