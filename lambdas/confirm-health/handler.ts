import { RotationError } from '../shared/contract/errors';
import { readHealth, watchAfterDeactivation } from '../shared/findings/health';
import { AlarmGateway } from '../shared/gateways/alarm-gateway';
import { ExecutionGateway } from '../shared/gateways/execution-gateway';
import { IamGateway } from '../shared/gateways/iam-gateway';
import { lambdaRuntime, type Runtime } from '../shared/gateways/runtime';
import { SecretGateway } from '../shared/gateways/secret-gateway';
import { courseOf } from '../shared/rotation/course';
import { withPresent } from '../shared/rotation/promised';
import type { DeactivatedState } from '../shared/rotation/rotation-state';
import { STEPS } from '../shared/rotation/step-table';
import { judgeVerdict } from '../shared/rotation/verdict';
import { pauseOf } from '../shared/secret/pause';
import { readSituation } from '../shared/shell/situation';
import { type StepContext, stepHandler } from '../shared/shell/step-handler';
import type { Said } from '../shared/text/said';
import { type Broken, decideHealth, decideUnenrolled } from './decide';
import { say, sayCause, sayNoVerdict, sayUnenrolled, type Told } from './words';

/**
 * Waits for the next check. What a person has to mend is told when it is something else than was told before.
 *
 * @param told - what to say then.
 */
const checkAgain = (
  { understands }: Pick<StepContext<unknown>, 'understands'>,
  { toldOfNoVerdict, ...state }: Omit<DeactivatedState, 'verdict'>,
  {
    until,
    reason,
    mend,
    told,
  }: {
    readonly until: Date;
    readonly reason: string | Said;
    readonly mend: readonly Broken[];
    readonly told: Said;
  },
) => {
  const broken = mend.length === 0 ? undefined : JSON.stringify(mend);
  const next = {
    ...state,
    healthChecks: state.healthChecks + 1,
    waitUntil: until.toISOString(),
    ...(broken !== undefined && { toldOfNoVerdict: broken }),
  };
  return broken !== undefined && broken !== toldOfNoVerdict && understands('no-verdict')
    ? ({ ...next, status: 'no-verdict', outcome: told, tells: 'NoVerdict' } as const)
    : ({ ...next, status: 'check-again', outcome: reason } as const);
};

/** Step 6: looks after the consumers while one call can still bring the old key back. Reads only. */
export const createHandler = (runtime: Runtime) => {
  const gateways = {
    iam: new IamGateway(runtime.clientConfig),
    secrets: new SecretGateway(runtime.clientConfig),
    executions: new ExecutionGateway(runtime.clientConfig),
    alarms: new AlarmGateway(runtime.clientConfig),
    enrolment: runtime.enrolment,
  };

  return stepHandler(STEPS['confirm-health'], runtime, gateways, async (context) => {
    const { iam, secrets, alarms, enrolment } = context.gateways;
    // A verdict is judged once. The next check asks anew.
    const { verdict, ...planned } = context.state;
    const enrolled = await enrolment.find(planned.userName);
    const state = withPresent(planned, enrolled);
    const known = {
      userName: state.userName,
      oldAccessKeyId: state.rotation.oldAccessKeyId,
      course: courseOf(state.rotation),
      deactivatedAt: new Date(state.deactivatedAt),
      checks: state.healthChecks,
      settings: state.settings,
    };
    if (enrolled === undefined) {
      const decision = decideUnenrolled(known, new Date());
      const reason = sayUnenrolled(decision.why, known);
      if (decision.kind === 'refuse') throw RotationError.of({ ...decision, reason });
      return checkAgain(context, state, { ...decision, reason, told: reason });
    }
    const { keys, current, secret } = await readSituation(iam, secrets, state, context.owner);
    const watch = watchAfterDeactivation(state, new Date());
    const facts: Told = {
      ...known,
      newAccessKeyId: state.newAccessKeyId,
      keys,
      current,
      health: await readHealth(alarms, state.settings.healthAlarms, watch),
      verdict: verdict === undefined ? undefined : judgeVerdict(verdict),
      paused: pauseOf(secret.pauseTag, enrolled.paused),
    };
    const decision = decideHealth(facts, new Date());
    const reason = say(decision.why, facts);
    switch (decision.kind) {
      case 'refuse':
        throw RotationError.of({ ...decision, reason });
      case 'roll-back':
        return {
          ...state,
          status: decision.kind,
          outcome: reason,
          rollback: { error: decision.error, reason: sayCause(decision.why, facts) },
        };
      case 'check-again':
        return checkAgain(context, state, { ...decision, reason, told: sayNoVerdict(facts) });
      case 'ask-validator':
      case 'recovered':
        return { ...state, status: decision.kind, outcome: reason };
    }
  });
};

export const handler = createHandler(lambdaRuntime());
