import { isDeepStrictEqual } from 'node:util';
import { RotationError } from '../contract/errors';
import { type ExecutionGateway, type ExecutionMoment, isSameStart } from '../gateways/execution-gateway';
import { Late, untilShown } from '../gateways/late-reads';
import type { ExecutionContext } from '../rotation/rotation-state';
import { explainNotBorneOut, type NotBorneOut } from '../words/admission';
import { userNameIn } from '../words/explanation';

/**
 * Whoever may invoke a function can hand it any event. So an event is a hint: before a step does anything, Step Functions has
 * to say that this execution is running, that it was started for this user, and that it is in a state of this step, which
 * it has entered with just this input. Such an event can be sent a second time, but then it asks for what is happening anyway,
 * and a step can be repeated.
 */
export interface Claim {
  readonly execution: ExecutionContext;
  /** The state of the rotation, as the event has it. */
  readonly state: unknown;
  /** The state that runs this step. */
  readonly stateName: string;
}

const userNameOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'userName' in value ? value.userName : undefined;

/**
 * Whether what Step Functions shows bears an event out.
 *
 * @returns undefined when it does; what is late when it may yet.
 * @throws RotationError `InvalidRotationInput` when it cannot any more.
 */
export const judgeClaim = (
  { execution, state, stateName }: Claim,
  moment: ExecutionMoment | undefined,
): Late | undefined => {
  const executionArn = execution.id;
  // Step Functions may not show yet an execution that has just begun.
  if (moment === undefined) return new Late({ code: 'execution', executionArn }, 'Step Functions');
  if (!isSameStart(moment.startDate, new Date(execution.startTime))) {
    return new Late(
      { code: 'start-of-execution', executionArn, startTime: execution.startTime },
      'Step Functions',
    );
  }
  const refuse = (why: NotBorneOut): never => {
    throw new RotationError('InvalidRotationInput', explainNotBorneOut(why, execution, userNameIn(state)));
  };
  // Only what is still running can have entered the state since.
  if (!moment.running) return refuse('execution-over');
  if (userNameOf(moment.input) !== userNameOf(state)) return refuse('another-user');
  const { entered } = moment;
  const isNow =
    entered?.name === stateName &&
    isDeepStrictEqual(entered.input, JSON.parse(JSON.stringify(state ?? null)));
  return isNow ? undefined : new Late({ code: 'moment-of-execution', executionArn }, 'Step Functions');
};

/**
 * Lets an event pass that Step Functions bears out.
 *
 * @throws RotationError `InvalidRotationInput`; `TransientServiceError` when Step Functions does not show it, which it may
 * do later.
 */
export const requireClaim = async (executions: ExecutionGateway, claim: Claim): Promise<void> => {
  const { id, startTime } = claim.execution;
  await untilShown(
    async () => judgeClaim(claim, await executions.moment(id, new Date(startTime))) ?? ('shown' as const),
  );
};
