import { RotationError } from '../shared/contract/errors';
import { readHealth, watchAfterDeactivation } from '../shared/findings/health';
import { readSituation } from '../shared/findings/situation';
import { AlarmGateway } from '../shared/gateways/alarm-gateway';
import { ExecutionGateway } from '../shared/gateways/execution-gateway';
import { IamGateway } from '../shared/gateways/iam-gateway';
import { lambdaRuntime, type Runtime } from '../shared/gateways/runtime';
import { SecretGateway } from '../shared/gateways/secret-gateway';
import { courseOf } from '../shared/rotation/course';
import { withPresent } from '../shared/rotation/promised';
import { STEPS } from '../shared/rotation/step-table';
import { judgeVerdict } from '../shared/rotation/verdict';
import { pauseOf } from '../shared/secret/pause';
import { stepHandler } from '../shared/shell/step-handler';
import { describePause } from '../shared/words/pause';
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
      const pause = pauseOf(secret.pauseTag, enrolled.paused);
      const watch = watchAfterDeactivation(state, new Date());
      const facts: HealthFacts = {
        ...known,
        course: courseOf(state.rotation),
        newAccessKeyId: state.newAccessKeyId,
        keys,
        current,
        health: await readHealth(alarms, state.settings.healthAlarms, watch),
        verdict: verdict === undefined ? undefined : judgeVerdict(verdict),
        paused: pause && describePause(pause),
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
