import { STEPS } from '../lambdas/shared/rotation/step-table';
import type { ExecutionLane, Span } from './data';
import { merged } from './spans';

/** A state that took less is a step. One that took longer did nothing but wait, for a time or for an answer. */
const WAIT_MS = 60 * 1000;

const CHECKS: ReadonlySet<string> = new Set([
  STEPS['confirm-adoption'].stateName,
  STEPS['confirm-health'].stateName,
]);

/** A state that an execution has entered. */
export interface EnteredState {
  readonly name: string;
  readonly at: Date;
}

/** What an execution waited for, and when it checked, by the states that it has entered, in order. */
export const waitsAndChecks = (
  entered: readonly EnteredState[],
  end: Date,
): Pick<ExecutionLane, 'waits' | 'checks'> => {
  const states = entered.map(({ name, at }, index): Span & { readonly name: string } => ({
    name,
    from: at,
    to: entered[index + 1]?.at ?? end,
  }));
  return {
    waits: merged(
      states
        .filter(({ from, to }) => to.getTime() - from.getTime() >= WAIT_MS)
        .map((state) => ({ ...state, name: state.name.replace(/^Wait (for|in|until) (the )?/, '') })),
      ({ name }) => name,
      WAIT_MS,
    ),
    checks: states.filter(({ name }) => CHECKS.has(name)).map(({ from }) => from),
  };
};
