import type { ListedExecution, StartedExecution } from '../shared/gateways/execution-gateway';
import type { ExecutionContext } from '../shared/rotation/rotation-state';

/** The state machine of an execution. */
export const stateMachineOf = (executionArn: string): string => {
  const [arn, partition, service, region, account, , name] = executionArn.split(':');
  return [arn, partition, service, region, account, 'stateMachine', name].join(':');
};

/** Step Functions' answers may lose the milliseconds of a start, so nothing finer tells two executions apart. */
const secondOf = (date: Date): number => Math.floor(date.getTime() / 1000);

/**
 * Those that began before an execution. Of two that began in one second, the one with the smaller ARN did: both see it the same
 * way, so that one of them goes on.
 */
export const earlierThan = (
  { id, startTime }: ExecutionContext,
  listed: readonly ListedExecution[],
): readonly ListedExecution[] => {
  const own = secondOf(new Date(startTime));
  return listed.filter(({ executionArn, startDate }) => {
    const other = secondOf(startDate);
    return executionArn !== id && (other < own || (other === own && executionArn < id));
  });
};

/** Whether the schedule has started an execution for a user, and it is not over. */
export const isScheduledStart = ({ running, input }: StartedExecution, userName: string): boolean =>
  running &&
  typeof input === 'object' &&
  input !== null &&
  'userName' in input &&
  input.userName === userName &&
  'trigger' in input &&
  input.trigger === 'schedule';
