import { RotationError } from '../shared/errors';
import { ExecutionGateway } from '../shared/execution-gateway';
import { findLockHolder } from '../shared/lock-holder';
import { PlannedState } from '../shared/rotation-state';
import { lambdaRuntime, type Runtime } from '../shared/runtime';
import { SecretGateway } from '../shared/secret-gateway';
import { INCOMPATIBLE_STATE, stepHandler } from '../shared/step-handler';
import { executionArnOf } from '../shared/versions';
import { atRest, decideStop } from './decide';

/**
 * For an emergency, or a rollback by hand: stops the execution that holds the user's lock. It changes no key and no
 * label. The lock is taken over by the next step, when nothing of the stopped execution can be alive any more.
 */
export const createHandler = (runtime: Runtime) => {
  const secrets = new SecretGateway(runtime.clientConfig);
  const executions = new ExecutionGateway(runtime.clientConfig);

  return stepHandler('stop-execution', PlannedState, INCOMPATIBLE_STATE, async ({ state, execution }) => {
    const secret = await secrets.describe(state.secretId);
    const holder = secret && (await findLockHolder({ secrets, executions }, state, secret));
    const decision = decideStop({ plannedVersionId: state.predecessorVersionId, holder }, new Date());
    const stopped = (reason: string, until: Date) => ({
      ...state,
      status: 'stopped',
      outcome: `${reason} Its last function may be alive until ${until.toISOString()}; nothing is changed before.`,
      waitUntil: until.toISOString(),
    });
    switch (decision.kind) {
      case 'refuse':
        throw RotationError.of(decision);
      case 'wait':
        return stopped(decision.reason, decision.until);
      case 'stop':
        await executions.stop(
          executionArnOf(decision.owner),
          `Stopped for the action "${state.action}" of ${execution.id}. That execution takes the rotation over.`,
        );
        return stopped(`The execution ${decision.owner} was stopped.`, atRest(new Date()));
    }
  });
};

export const handler = createHandler(lambdaRuntime());
