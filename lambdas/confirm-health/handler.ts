import { AlarmGateway } from '../shared/alarm-gateway';
import { courseOf } from '../shared/course';
import { RotationError } from '../shared/errors';
import { ExecutionGateway } from '../shared/execution-gateway';
import { judgeHealth } from '../shared/health';
import { IamGateway } from '../shared/iam-gateway';
import { pauseOf } from '../shared/pause';
import { lambdaRuntime, type Runtime } from '../shared/runtime';
import { SecretGateway } from '../shared/secret-gateway';
import { readSituation } from '../shared/situation';
import { stepHandler } from '../shared/step-handler';
import { STEPS } from '../shared/step-table';
import { judgeVerdict } from '../shared/verdict';
import { decideHealth } from './decide';

/** Step 6: looks after the consumers while one call can still bring the old key back. Reads only. */
export const createHandler = (runtime: Runtime) => {
  const gateways = {
    iam: new IamGateway(runtime.clientConfig),
    secrets: new SecretGateway(runtime.clientConfig),
    executions: new ExecutionGateway(runtime.clientConfig),
    alarms: new AlarmGateway(runtime.clientConfig),
    enrolment: runtime.enrolment,
  };

  return stepHandler(STEPS['confirm-health'], gateways, async (context) => {
    const { owner } = context;
    const { iam, secrets, alarms, enrolment } = context.gateways;
    // A verdict is judged once. The next check asks anew.
    const { verdict, ...state } = context.state;
    const { keys, current, secret } = await readSituation(iam, secrets, state, owner);
    const enrolled = await enrolment.find(state.userName);
    const decision = decideHealth(
      {
        oldAccessKeyId: state.rotation.oldAccessKeyId,
        course: courseOf(state.rotation),
        newAccessKeyId: state.newAccessKeyId,
        keys,
        current,
        health: judgeHealth(await alarms.read(state.settings.healthAlarms)),
        verdict: verdict === undefined ? undefined : judgeVerdict(verdict),
        paused: pauseOf(secret.pauseTag, enrolled?.paused),
        deactivatedAt: new Date(state.deactivatedAt),
        checks: state.healthChecks,
        settings: state.settings,
      },
      new Date(),
    );
    switch (decision.kind) {
      case 'refuse':
        throw RotationError.of(decision);
      case 'roll-back':
        return {
          ...state,
          status: decision.kind,
          outcome: `Rolling back: ${decision.rollback.reason}.`,
          rollback: decision.rollback,
        };
      case 'check-again':
        return {
          ...state,
          status: decision.kind,
          outcome: decision.reason,
          healthChecks: state.healthChecks + 1,
          waitUntil: decision.until.toISOString(),
        };
      case 'ask-validator':
      case 'recovered':
        return { ...state, status: decision.kind, outcome: decision.reason };
    }
  });
};

export const handler = createHandler(lambdaRuntime());
