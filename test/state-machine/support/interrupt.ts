import type { Execution, ExecutionResult } from '../../../local/engine/execution';
import type { AliceWorld } from '../../support/alice';

/** An action of a person in the middle of a rotation. */
export interface Interruption {
  /** The rotation. */
  readonly first: Execution;
  readonly second: Execution;
  /** How the second one ended. */
  readonly result: ExecutionResult;
}

/**
 * Starts an action while a rotation is in a state, and waits for its end.
 *
 * @param inputOf - what it is started with, by the key of before the rotation, and the one that consumers read by then
 */
export const interrupt = (
  world: AliceWorld,
  state: string,
  inputOf: (keys: { readonly old: string; readonly current: string }) => unknown,
): Promise<Interruption> =>
  world.run(async () => {
    const old = world.current();
    const first = await world.until(state);
    const second = await world.start(inputOf({ old, current: world.current() }));
    return { first, second, result: await second.result };
  });

/** What an execution that has ended well says it did. */
export const outcomeOf = ({ output }: Pick<ExecutionResult, 'output'>): string =>
  String((output as { readonly outcome?: unknown }).outcome);
