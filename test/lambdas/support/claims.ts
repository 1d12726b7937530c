import type { ExecutionGateway, ExecutionMoment } from '../../../lambdas/shared/gateways/execution-gateway';

/** Step Functions as it bears an event out: the execution is running, and has just entered this state with this input. */
export const bearingOut = (event: unknown, stateName: string): ExecutionGateway => {
  const { execution, state } = (event ?? {}) as {
    readonly execution?: { readonly startTime?: string };
    readonly state?: unknown;
  };
  const moment: ExecutionMoment = {
    running: true,
    startDate: new Date(execution?.startTime ?? 0),
    input: state,
    entered: { name: stateName, input: JSON.parse(JSON.stringify(state ?? null)) as unknown },
  };
  return { moment: async () => moment } as Partial<ExecutionGateway> as ExecutionGateway;
};
