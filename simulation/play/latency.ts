import type { RunningInvocation } from '../../local/engine/lambda-service';

/**
 * How many executions, and functions of one execution, can have requests that never arrive at the same
 * millisecond.
 */
const EXECUTIONS_APART = 8;
const FUNCTIONS_APART = 4;
const SHORTEST_LATENCY = 8;

/**
 * Requests take some milliseconds, and those of different executions arrive at different ones. So their order
 * follows from the schedule, and not from how many turns of the event loop a new or a warm client takes.
 */
export const createLatency = (
  now: () => Date,
): ((invocation: RunningInvocation, pause: number) => number) => {
  const lanes = EXECUTIONS_APART * FUNCTIONS_APART;
  const executions = new Map<string, { readonly index: number; invocations: number }>();
  const laneOf = new WeakMap<RunningInvocation, number>();
  return (invocation, pause) => {
    const { executionArn } = invocation;
    const execution = executions.get(executionArn) ?? { index: executions.size, invocations: 0 };
    executions.set(executionArn, execution);
    let lane = laneOf.get(invocation);
    if (lane === undefined) {
      lane =
        (execution.index % EXECUTIONS_APART) * FUNCTIONS_APART + (execution.invocations % FUNCTIONS_APART);
      execution.invocations += 1;
      laneOf.set(invocation, lane);
    }
    const shortest = pause + SHORTEST_LATENCY;
    const earliest = now().getTime() + shortest;
    return shortest + ((((lane - earliest) % lanes) + lanes) % lanes);
  };
};
