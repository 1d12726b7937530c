import { RotationError } from '../shared/contract/errors';
import { NOT_ASKED, readHealth, watchBeforeDeactivation } from '../shared/findings/health';
import { findKey, type Situation } from '../shared/findings/situation';
import { AlarmGateway } from '../shared/gateways/alarm-gateway';
import { ExecutionGateway } from '../shared/gateways/execution-gateway';
import { IamGateway } from '../shared/gateways/iam-gateway';
import { lambdaRuntime, type Runtime } from '../shared/gateways/runtime';
import { SecretGateway } from '../shared/gateways/secret-gateway';
import { unlessItFails } from '../shared/gateways/service-errors';
import { judgeAcknowledgement } from '../shared/rotation/acknowledgement';
import { courseOf } from '../shared/rotation/course';
import { withPresent } from '../shared/rotation/promised';
import type { PublishedState } from '../shared/rotation/rotation-state';
import { STEPS } from '../shared/rotation/step-table';
import { judgeVerdict } from '../shared/rotation/verdict';
import { pauseOf } from '../shared/secret/pause';
import { readSituation } from '../shared/shell/situation';
import { stepHandler } from '../shared/shell/step-handler';
import { describeUse } from '../shared/words/last-use';
import {
  type AdoptionDecision,
  type AdoptionFacts,
  adoptionSettledBy,
  decideAdoption,
  decideUnenrolled,
} from './decide';
import { gatherUses } from './evidence';
import { say, sayNoAcknowledgement, sayRollback, sayUnenrolled } from './words';

interface Gateways {
  readonly iam: IamGateway;
  readonly alarms: AlarmGateway;
}

/** What is known of the use of both keys, and of the consumers, as far as the rotation waits for them. */
const readUse = async (
  { iam, alarms }: Gateways,
  state: PublishedState,
  { keys }: Situation,
): Promise<Pick<AdoptionFacts, 'oldKeyUse' | 'newKeyUse' | 'health'>> => {
  const { rotation, newAccessKeyId, settings } = state;
  const lastUseOf = async (accessKeyId: string | null) =>
    accessKeyId !== null && findKey(keys, accessKeyId) !== undefined ? iam.lastUse(accessKeyId) : undefined;
  const oldKeyUse = lastUseOf(rotation.oldAccessKeyId);
  if (courseOf(rotation).waitsForConsumers) {
    return {
      oldKeyUse: await oldKeyUse,
      newKeyUse: await lastUseOf(newAccessKeyId),
      health: await readHealth(alarms, settings.healthAlarms, watchBeforeDeactivation(state, new Date())),
    };
  }
  // Nothing is decided by what is read here: that it cannot be read must not keep the key Active.
  return {
    oldKeyUse: await unlessItFails(oldKeyUse),
    newKeyUse: undefined,
    health: NOT_ASKED,
  };
};

const dateOf = (timestamp: string | undefined): Date | undefined =>
  timestamp === undefined ? undefined : new Date(timestamp);

/** What the state machine branches on, what the states after that need, and what a person is told of. */
const whatFollows = (
  decision: Exclude<AdoptionDecision, { kind: 'refuse' | 'roll-back' }>,
  { oldKeyUse }: AdoptionFacts,
  { action }: Pick<PublishedState, 'action'>,
) => {
  switch (decision.kind) {
    case 'leaked':
      // An execution that began before a deployment goes on with the definition that it began with, which does not know
      // of emergencies here: it goes on, too, and tells a person in other words. Any other tells when the key is Inactive.
      return { status: 'go-on', lastUseOfLeakedKey: describeUse(oldKeyUse) } as const;
    case 'go-on':
      return { status: decision.kind, tells: 'AdoptionOverruled' } as const;
    case 'no-old-key':
      return action === 'emergency'
        ? ({ status: 'no-old-key', tells: 'LeakedKeyGone' } as const)
        : ({ status: 'no-old-key' } as const);
    case 'ask-acknowledgement':
      return {
        status: decision.kind,
        acknowledgementSeconds: decision.seconds,
        waitUntil: decision.until.toISOString(),
      };
    case 'notice':
      return {
        status: 'notice',
        tells: 'DeactivationAhead',
        waitUntil: decision.until.toISOString(),
      } as const;
    case 'wait-for-consumers':
      return { status: decision.kind, waitUntil: decision.until.toISOString() };
    case 'wait-for-window':
      return { status: decision.kind, waitUntil: decision.until.toISOString() };
    case 'adopted':
      return { status: decision.kind };
    case 'ask-validator':
      return { status: decision.kind };
  }
};

/** The user is not enrolled any more. */
const waitForEnrolment = (state: PublishedState) => {
  const facts = {
    userName: state.userName,
    publishedAt: new Date(state.publishedAt),
    pausedAt: dateOf(state.pausedAt),
    noticedAt: dateOf(state.noticedAt),
    checks: state.adoptionChecks,
    settings: state.settings,
  };
  const decision = decideUnenrolled(facts, new Date());
  const reason = sayUnenrolled(decision.why, facts);
  if (decision.kind === 'refuse') throw RotationError.of({ ...decision, reason });
  return {
    ...state,
    status: decision.kind,
    outcome: reason,
    adoptionChecks: state.adoptionChecks + 1,
    waitUntil: decision.until.toISOString(),
  };
};

/** Step 4: finds out whether consumers have moved to the new key. Reads only. */
export const createHandler = (runtime: Runtime) => {
  const gateways = {
    iam: new IamGateway(runtime.clientConfig),
    secrets: new SecretGateway(runtime.clientConfig),
    executions: new ExecutionGateway(runtime.clientConfig),
    alarms: new AlarmGateway(runtime.clientConfig),
    enrolment: runtime.enrolment,
  };

  return stepHandler(STEPS['confirm-adoption'], runtime, gateways, async (context) => {
    const { iam, secrets, enrolment } = context.gateways;
    // A verdict is judged once, and adoption is settled anew each time.
    const { verdict, acknowledgement, adoption: _before, ...planned } = context.state;
    const enrolled = await enrolment.find(planned.userName);
    // A leaked key is retired whatever else there is to say.
    if (enrolled === undefined && courseOf(planned.rotation).waitsForConsumers) {
      return waitForEnrolment({ ...planned, ...(acknowledgement !== undefined && { acknowledgement }) });
    }
    const state = withPresent(planned, enrolled);
    const situation = await readSituation(iam, secrets, state, context.owner);
    const paused = pauseOf(situation.secret.pauseTag, enrolled?.paused);
    const judged = acknowledgement === undefined ? undefined : judgeAcknowledgement(acknowledgement);
    const now = new Date();
    const facts: AdoptionFacts = {
      userName: state.userName,
      secretId: state.secretId,
      oldAccessKeyId: state.rotation.oldAccessKeyId,
      course: courseOf(state.rotation),
      newAccessKeyId: state.newAccessKeyId,
      keys: situation.keys,
      current: situation.current,
      ...(await readUse(context.gateways, state, situation)),
      verdict: verdict === undefined ? undefined : judgeVerdict(verdict),
      acknowledgement: judged,
      startedAt: new Date(state.rotation.startedAt),
      publishedAt: new Date(state.publishedAt),
      testedAt: dateOf(state.testedAt),
      usesSeen: state.usesSeen,
      paused,
      pausedAt: dateOf(state.pausedAt),
      knowsNotice: context.understands('notice'),
      noticedAt: dateOf(state.noticedAt),
      checks: state.adoptionChecks,
      settings: state.settings,
    };
    const decision = decideAdoption(facts, now);
    if (decision.kind === 'roll-back') {
      const reason = sayNoAcknowledgement(decision.why, state.settings);
      const rollback = { error: decision.error, reason };
      return { ...state, status: decision.kind, outcome: sayRollback(reason), rollback };
    }
    const reason = say(decision.why, { ...facts, reason: state.reason, now });
    if (decision.kind === 'refuse') throw RotationError.of({ ...decision, reason });
    const adoption = adoptionSettledBy(decision.why);
    const remembered: Partial<PublishedState> = {
      ...(adoption !== undefined && { adoption }),
      ...(facts.course.waitsForConsumers && { usesSeen: gatherUses(facts) }),
      // One yes is enough for an execution. An owner who has not answered during a pause is asked again after it.
      ...(judged?.kind === 'given' && { acknowledgement }),
      ...(paused !== undefined && { pausedAt: now.toISOString() }),
      ...(decision.kind === 'notice' && { noticedAt: now.toISOString() }),
    };
    return {
      ...state,
      ...remembered,
      outcome: reason,
      // Waiting for the window is not another sign of a slow consumer: the interval grows only with those.
      adoptionChecks: state.adoptionChecks + (decision.kind === 'wait-for-consumers' ? 1 : 0),
      ...whatFollows(decision, facts, state),
    };
  });
};

export const handler = createHandler(lambdaRuntime());
