import { RotationError } from '../shared/contract/errors';
import { findLockHolder, findPlannedHolder, type Stopped } from '../shared/findings/lock-holder';
import { restOf } from '../shared/findings/rest';
import { ExecutionGateway } from '../shared/gateways/execution-gateway';
import { Late, untilShown } from '../shared/gateways/late-reads';
import { lambdaRuntime, type Runtime } from '../shared/gateways/runtime';
import { SecretGateway } from '../shared/gateways/secret-gateway';
import { STEPS } from '../shared/rotation/step-table';
import { executionArnOf } from '../shared/secret/versions';
import { stepHandler } from '../shared/shell/step-handler';
import { decideStop } from './decide';
import { causeOfStop, say, sayUntil } from './words';

/**
 * For an emergency, or a rollback by hand: stops the execution that holds the user's lock. It changes no key and no
 * label. The lock is taken over by the next step, when nothing of the stopped execution can be alive any more.
 */
export const createHandler = (runtime: Runtime) => {
  const gateways = {
    secrets: new SecretGateway(runtime.clientConfig),
    executions: new ExecutionGateway(runtime.clientConfig),
  };

  return stepHandler(STEPS['stop-execution'], runtime, gateways, async (context) => {
    const { state, execution, gateways } = context;
    const { secrets, executions } = gateways;
    const holder = await untilShown(async () => {
      const secret = await secrets.describe(state.secretId);
      const shown = secret && (await findLockHolder(gateways, context, state, secret));
      if (shown !== undefined) return shown;
      const planned = await findPlannedHolder(gateways, context, state);
      return planned?.execution.kind === 'running'
        ? new Late({
            code: 'lock-of-running',
            secretId: state.secretId,
            executionArn: executionArnOf(planned.intent.owner),
          })
        : planned;
    });
    const decision = decideStop({
      plannedVersionId: state.predecessorVersionId,
      holder,
      userId: state.userId,
    });
    const stopped = async (
      why: Parameters<typeof sayUntil>[0],
      over: Pick<Stopped, 'stoppedAt'> | undefined,
    ) => {
      const now = new Date();
      const until = over === undefined ? now : await restOf(executions, why.owner, over, now);
      return {
        ...state,
        status: 'stopped' as const,
        outcome: sayUntil(why, until, now),
        // Of an execution that Step Functions does not know, nothing proves when it was over.
        ...(over !== undefined && { predecessorRestsAt: until.toISOString() }),
        waitUntil: until.toISOString(),
      };
    };
    switch (decision.kind) {
      case 'refuse':
        throw RotationError.of({ ...decision, reason: say(decision.why) });
      case 'over':
        return stopped(decision.why, decision.stopped);
      case 'stop': {
        const { owner } = decision;
        const stoppedAt = await executions.stop(
          executionArnOf(owner),
          causeOfStop(state.action, execution.id),
        );
        return stopped({ code: 'stopped', owner }, { stoppedAt: stoppedAt ?? new Date() });
      }
    }
  });
};

export const handler = createHandler(lambdaRuntime());
