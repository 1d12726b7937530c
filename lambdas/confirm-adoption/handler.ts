import { judgeAcknowledgement } from '../shared/acknowledgement';
import { AlarmGateway } from '../shared/alarm-gateway';
import { courseOf } from '../shared/course';
import { RotationError } from '../shared/errors';
import { judgeHealth } from '../shared/health';
import { IamGateway } from '../shared/iam-gateway';
import { pauseOf } from '../shared/pause';
import { PublishedState } from '../shared/rotation-state';
import { configuredPause, lambdaRuntime, type Runtime } from '../shared/runtime';
import { SecretGateway } from '../shared/secret-gateway';
import { unlessItFails } from '../shared/service-errors';
import { findKey, readSituation } from '../shared/situation';
import { INCOMPATIBLE_STATE, stepHandler } from '../shared/step-handler';
import { judgeVerdict } from '../shared/verdict';
import { decideAdoption } from './decide';

/** Step 4: finds out whether consumers have moved to the new key. Reads only. */
export const createHandler = (runtime: Runtime) => {
  const iam = new IamGateway(runtime.clientConfig);
  const secrets = new SecretGateway(runtime.clientConfig);
  const alarms = new AlarmGateway(runtime.clientConfig);

  return stepHandler('confirm-adoption', PublishedState, INCOMPATIBLE_STATE, async (context) => {
    const { owner } = context;
    // A verdict is judged once. The next check asks anew.
    const { verdict, acknowledgement, ...state } = context.state;
    const { oldAccessKeyId, startedAt } = state.rotation;
    const { keys, current, secret } = await readSituation(iam, secrets, state, owner);
    const paused = pauseOf(secret.pauseTag, configuredPause(runtime, state.userName));
    const now = new Date();
    const judged =
      acknowledgement === undefined
        ? undefined
        : judgeAcknowledgement(acknowledgement, state.settings.acknowledgement?.deadline ?? '');
    const lastUseOf = async (accessKeyId: string | null) =>
      accessKeyId !== null && findKey(keys, accessKeyId) !== undefined ? iam.lastUse(accessKeyId) : undefined;
    // Where consumers are not waited for, nothing is decided by what is read here: that it cannot be read must not keep
    // the key Active.
    const course = courseOf(state.rotation);
    const oldKeyUse = lastUseOf(oldAccessKeyId);
    const decision = decideAdoption(
      {
        userName: state.userName,
        oldAccessKeyId,
        course,
        newAccessKeyId: state.newAccessKeyId,
        keys,
        current,
        oldKeyUse: await (course.waitsForConsumers ? oldKeyUse : unlessItFails(oldKeyUse)),
        newKeyUse: course.waitsForConsumers ? await lastUseOf(state.newAccessKeyId) : undefined,
        health: course.waitsForConsumers
          ? judgeHealth(await alarms.read(state.settings.healthAlarms))
          : { kind: 'unknown', reason: 'nobody is waited for' },
        verdict: verdict === undefined ? undefined : judgeVerdict(verdict),
        acknowledgement: judged,
        startedAt: new Date(startedAt),
        publishedAt: new Date(state.publishedAt),
        testedAt: state.testedAt === undefined ? undefined : new Date(state.testedAt),
        paused,
        pausedAt: state.pausedAt === undefined ? undefined : new Date(state.pausedAt),
        checks: state.adoptionChecks,
        settings: state.settings,
      },
      now,
    );
    if (decision.kind === 'refuse') throw RotationError.of(decision);
    if (decision.kind === 'roll-back') {
      const { rollback } = decision;
      return { ...state, status: decision.kind, outcome: `Not going on: ${rollback.reason}.`, rollback };
    }
    return {
      ...state,
      // An execution that began before a deployment goes on with the definition that it began with, which does not know
      // of emergencies here: it goes on, too, and tells a person in other words.
      status: decision.kind === 'leaked' ? 'go-on' : decision.kind,
      outcome: decision.reason,
      // Waiting for the window is not another sign of a slow consumer: the interval grows only with those.
      adoptionChecks: state.adoptionChecks + (decision.kind === 'wait-for-consumers' ? 1 : 0),
      // One yes is enough for an execution. Whoever has not answered during a pause is asked again after it.
      ...(judged?.kind === 'given' && { acknowledgement }),
      ...(paused !== undefined && { pausedAt: now.toISOString() }),
      ...('lastUse' in decision && { lastUseOfLeakedKey: decision.lastUse }),
      ...('seconds' in decision && { acknowledgementSeconds: decision.seconds }),
      ...('until' in decision && { waitUntil: decision.until.toISOString() }),
    };
  });
};

export const handler = createHandler(lambdaRuntime());
