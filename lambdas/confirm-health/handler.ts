import { AlarmGateway } from '../shared/alarm-gateway';
import { courseOf } from '../shared/course';
import { RotationError } from '../shared/errors';
import { ExecutionGateway } from '../shared/execution-gateway';
import { readHealth, watchAfterDeactivation } from '../shared/health';
import { IamGateway } from '../shared/iam-gateway';
import { pauseOf } from '../shared/pause';
import { withPresent } from '../shared/promised';
import { lambdaRuntime, type Runtime } from '../shared/runtime';
import { SecretGateway } from '../shared/secret-gateway';
import { readSituation } from '../shared/situation';
import { stepHandler } from '../shared/step-handler';
import { STEPS } from '../shared/step-table';
import { judgeVerdict } from '../shared/verdict';
import { decideHealth, decideUnenrolled, type HealthDecision, type HealthFacts } from './decide';

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
    const { iam, secrets, alarms, enrolment } = context.gateways;
    // A verdict is judged once. The next check asks anew.
    const { verdict, ...planned } = context.state;
    const enrolled = await enrolment.find(planned.userName);
    const state = withPresent(planned, enrolled);
    const known = {
      oldAccessKeyId: state.rotation.oldAccessKeyId,
      deactivatedAt: new Date(state.deactivatedAt),
      checks: state.healthChecks,
      settings: state.settings,
    };
    const decide = async (): Promise<HealthDecision> => {
      if (enrolled === undefined) return decideUnenrolled({ ...known, userName: state.userName }, new Date());
      const { keys, current, secret } = await readSituation(iam, secrets, state, context.owner);
      const watch = watchAfterDeactivation(state, new Date());
      const facts: HealthFacts = {
        ...known,
        course: courseOf(state.rotation),
        newAccessKeyId: state.newAccessKeyId,
        keys,
        current,
        health: await readHealth(alarms, state.settings.healthAlarms, watch),
        verdict: verdict === undefined ? undefined : judgeVerdict(verdict),
        paused: pauseOf(secret.pauseTag, enrolled.paused),
      };
      return decideHealth(facts, new Date());
    };
    const decision = await decide();
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
      case 'check-again': {
        const { toldOfNoVerdict, ...rest } = state;
        const { mend, reason, until } = decision;
        const next = {
          ...rest,
          healthChecks: state.healthChecks + 1,
          waitUntil: until.toISOString(),
          ...(mend !== undefined && { toldOfNoVerdict: mend }),
        };
        return mend !== undefined && mend !== toldOfNoVerdict && context.understands('no-verdict')
          ? { ...next, status: 'no-verdict', outcome: mend }
          : { ...next, status: 'check-again', outcome: reason };
      }
      case 'ask-validator':
      case 'recovered':
        return { ...state, status: decision.kind, outcome: decision.reason };
    }
  });
};

export const handler = createHandler(lambdaRuntime());
