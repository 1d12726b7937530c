import { RotationError } from '../shared/contract/errors';
import { createAttribution } from '../shared/findings/orphans';
import { currentKeyId } from '../shared/findings/situation';
import { ExecutionGateway } from '../shared/gateways/execution-gateway';
import { IamGateway } from '../shared/gateways/iam-gateway';
import { IdentityGateway } from '../shared/gateways/identity-gateway';
import { lambdaRuntime, type Runtime } from '../shared/gateways/runtime';
import { SecretGateway } from '../shared/gateways/secret-gateway';
import { unlessItFails } from '../shared/gateways/service-errors';
import { after } from '../shared/rotation/calendar';
import { containedAt } from '../shared/rotation/containment';
import { courseOf, firstLook } from '../shared/rotation/course';
import { leakToldBy } from '../shared/rotation/leak';
import { STEPS } from '../shared/rotation/step-table';
import { LABEL_QUOTA } from '../shared/secret/versions';
import { stepHandler } from '../shared/shell/step-handler';
import type { Said } from '../shared/text/said';
import { describeUse } from '../shared/words/last-use';
import { type Containment, containLeak } from './contain';
import type { Context, Gateways } from './context';
import { create } from './creation';
import { decideCreate } from './decide';
import type { CreateDecision, CreateFacts } from './decision';
import { gatherFacts } from './facts';
import { liftHold, takeLock } from './lock';
import { adopt, fallBack, giveUp, markCurrent, removeLabelsOfMissingKeys } from './recovery';
import { explainRollback, say, sayContained, sayCreated, sayLock, type Told, whyRestored } from './words';

/** What the later steps would have added, as of now. */
const continued = (
  state: Context['state'],
  { status, newAccessKeyId, why }: Extract<CreateDecision, { kind: 'continue' }>,
  outcome: string | Said,
  understands: Context['understands'],
  now: Date,
) => {
  const isHere = state.contained !== undefined;
  // Then a person waits to be told of it. Of what this execution has contained, they were told.
  const tells = state.action === 'emergency' && !isHere;
  const givesNotice = why.code === 'published-old-key-active' && understands('notice');
  const published = {
    ...state,
    outcome,
    newAccessKeyId,
    publishedAt: now.toISOString(),
    adoptionChecks: 0,
  };
  switch (status) {
    case 'published':
      return {
        ...published,
        status,
        waitUntil: firstLook(state.rotation, state.settings, now, givesNotice).toISOString(),
      };
    case 'deactivated':
      return {
        ...published,
        status,
        ...(tells && { tells: 'LeakedKeyInactive' as const }),
        deactivatedAt: now.toISOString(),
        ...(isHere && { deactivatedHere: true as const }),
        healthChecks: 0,
        waitUntil: after(now, state.settings.healthCheckInterval).toISOString(),
      };
    case 'retired':
      return { ...published, status, ...(tells && { tells: 'LeakedKeyGone' as const }) };
  }
};

/** The leaked key is Inactive: people are told at once, and this step goes on in its next attempt. */
const contained = async ({ state, effort, gateways: { iam } }: Context, containment: Containment) => {
  const now = new Date();
  const took = containedAt(now, state, effort());
  const [accessKeyId = ''] = containment.accessKeyIds;
  const lastUseOfLeakedKey = describeUse(await unlessItFails(iam.lastUse(accessKeyId)));
  return {
    ...state,
    contained: took,
    lastUseOfLeakedKey,
    status: 'contained' as const,
    tells: 'LeakedKeyInactive' as const,
    outcome: sayContained(state, { ...containment, took, lastUse: lastUseOfLeakedKey, now }),
  };
};

/** What there is to tell of, besides what was read. */
const toldOf = ({ state }: Context, facts: CreateFacts): Told => ({
  ...facts,
  recoveryPeriod: state.settings.recoveryPeriod,
  reason: state.action === 'emergency' ? state.reason : undefined,
  contained: state.contained !== undefined,
});

/** Does what was decided, and says what follows. */
const act = async (
  context: Context,
  facts: CreateFacts,
  { rotation, ...decision }: ReturnType<typeof decideCreate>,
  reentered: boolean,
) => {
  const state = { ...context.state, rotation };
  const outcome = say(decision.why, toldOf(context, facts));
  switch (decision.kind) {
    case 'wait':
      throw new RotationError('TransientServiceError', outcome);
    case 'give-up': {
      const leak = decision.leak ?? leakToldBy(facts.keys);
      return giveUp(context, decision, RotationError.of({ ...decision, reason: outcome, leak }));
    }
    case 'restore':
      return {
        ...state,
        status: 'restore',
        outcome,
        newAccessKeyId: decision.newAccessKeyId,
        rollback: { error: decision.error, reason: explainRollback(whyRestored(decision.why), state.reason) },
      } as const;
    case 'continue':
      return continued(state, decision, outcome, context.understands, new Date());
    case 'fall-back':
      await fallBack(context, decision, facts);
      return {
        ...state,
        status: 'created',
        outcome,
        newAccessKeyId: decision.accessKeyId,
        newKeySource: 'held-before',
      } as const;
    case 'adopt':
      // Not when this execution was here before: IAM's list may lag behind a key that it has just stored.
      if (!reentered) await removeLabelsOfMissingKeys(context, facts.keys, facts.versionByLabel);
      await adopt(context, decision, facts.versionByLabel);
      return {
        ...state,
        status: 'created',
        outcome,
        newAccessKeyId: decision.key.accessKeyId,
        newKeySource: 'stored-before',
      } as const;
    case 'create': {
      if (!reentered) await removeLabelsOfMissingKeys(context, facts.keys, facts.versionByLabel);
      const newAccessKeyId = await create(context, decision, facts);
      return {
        ...state,
        status: 'created',
        outcome: sayCreated(newAccessKeyId, {
          replacedKey: currentKeyId(facts.current),
          deletedEarly: decision.deleteEarly,
        }),
        newAccessKeyId,
        newKeySource: 'created',
      } as const;
    }
  }
};

/**
 * Step 1: takes the lock, decides again on a fresh read, recovers what a predecessor left, and creates and
 * stores the new key. Creating and storing share one function, because a secret may not pass through state.
 */
export const createHandler = (runtime: Runtime) => {
  const gateways: Gateways = {
    iam: new IamGateway(runtime.clientConfig),
    secrets: new SecretGateway(runtime.clientConfig),
    executions: new ExecutionGateway(runtime.clientConfig),
    identities: new IdentityGateway(runtime.clientConfig),
    attributionsOf: createAttribution(runtime),
  };

  return stepHandler(STEPS['create-access-key'], runtime, gateways, async (context) => {
    const { state } = context;
    const lock = await takeLock(context);
    if (lock.kind === 'nothing-to-do') return { status: lock.kind, outcome: sayLock(lock, state.userName) };

    // Others use a leaked key meanwhile, so this comes before everything that can wait. A definition of before knows another way.
    const containment =
      state.contained === undefined && context.understands('contained')
        ? await containLeak(context)
        : undefined;
    if (containment !== undefined) return contained(context, containment);

    // A person who resumes, or has named a leaked key, knows of the hold.
    if (state.action === 'resume' || !courseOf(state.rotation).respectsHold) await liftHold(context, lock);

    // Decided again, under the lock: between the plan and the lock a whole rotation may have come and gone.
    const facts = await gatherFacts(context, lock.reentered);
    const decision = decideCreate(facts);
    // A rollback may not fail for want of a label: it needs the last one itself, for the hold.
    if (!facts.rollback || facts.versionByLabel.size < LABEL_QUOTA) await markCurrent(context, facts);
    return act(context, facts, decision, lock.reentered);
  });
};

export const handler = createHandler(lambdaRuntime());
