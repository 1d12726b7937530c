import { RotationError } from '../shared/contract/errors';
import { createAttribution } from '../shared/findings/orphans';
import { currentKeyId } from '../shared/findings/situation';
import { ExecutionGateway } from '../shared/gateways/execution-gateway';
import { IamGateway } from '../shared/gateways/iam-gateway';
import { IdentityGateway } from '../shared/gateways/identity-gateway';
import { lambdaRuntime, type Runtime } from '../shared/gateways/runtime';
import { SecretGateway } from '../shared/gateways/secret-gateway';
import { unlessItFails } from '../shared/gateways/service-errors';
import type { AccessKey } from '../shared/rotation/access-key';
import { after } from '../shared/rotation/calendar';
import { containedAt } from '../shared/rotation/containment';
import { courseOf, firstLook } from '../shared/rotation/course';
import { leakToldBy } from '../shared/rotation/leak';
import { type CreatedState, isEmergency, isLeaked } from '../shared/rotation/rotation-state';
import { STEPS } from '../shared/rotation/step-table';
import { LABEL_QUOTA } from '../shared/secret/versions';
import { stepHandler } from '../shared/shell/step-handler';
import type { Said } from '../shared/text/said';
import { describeUse } from '../shared/words/last-use';
import { containLeak } from './contain';
import type { Context, Gateways } from './context';
import { create } from './creation';
import { decideCreate } from './decide';
import type { CreateDecision, CreateFacts } from './decision';
import { gatherFacts } from './facts';
import { type HeldLock, liftHold, takeLock } from './lock';
import { adopt, fallBack, giveUp, markCurrent, removeLabelsOfMissingKeys } from './recovery';
import {
  explainRollback,
  say,
  sayCreated,
  sayLock,
  sayOutage,
  sayOutageAndError,
  type Told,
  whyRestored,
} from './words';

/** What the later steps would have added, as of now. */
const continued = (
  state: Context['state'],
  { status, newAccessKeyId, why }: Extract<CreateDecision, { kind: 'continue' }>,
  outcome: string | Said,
  understands: Context['understands'],
  now: Date,
) => {
  const isHere = state.contained !== undefined;
  // Then a person waits to be told of it.
  const emergency = state.action === 'emergency' || isHere;
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
        ...(emergency && { tells: 'LeakedKeyInactive' as const }),
        deactivatedAt: now.toISOString(),
        ...(isHere && { deactivatedHere: true as const }),
        healthChecks: 0,
        waitUntil: after(now, state.settings.healthCheckInterval).toISOString(),
      };
    case 'retired':
      return { ...published, status, ...(emergency && { tells: 'LeakedKeyGone' as const }) };
  }
};

/** The new key is there. If the leaked one is Inactive already, people are told that programs fail until then. */
const created = (
  state: Context['state'],
  told: Told,
  {
    outcome,
    ...key
  }: Pick<CreatedState, 'newAccessKeyId' | 'newKeySource'> & { readonly outcome: string | Said },
) =>
  told.contained.length === 0
    ? ({ ...state, status: 'created', outcome, ...key } as const)
    : ({
        ...state,
        status: 'created',
        outcome: sayOutage(told, outcome),
        tells: 'LeakedKeyInactive',
        lastUseOfLeakedKey: told.lastUse,
        ...key,
      } as const);

/** What there is to tell of, besides what was read. */
const toldOf = async ({ state, gateways: { iam } }: Context, facts: CreateFacts): Promise<Told> => {
  const [contained] = facts.contained;
  return {
    ...facts,
    recoveryPeriod: state.settings.recoveryPeriod,
    reason: state.action === 'emergency' ? state.reason : undefined,
    took: state.contained,
    lastUse: contained && describeUse(await unlessItFails(iam.lastUse(contained.accessKeyId))),
  };
};

/** Does what was decided, and says what follows. */
const act = async (
  context: Context,
  facts: Told,
  { rotation, ...decision }: ReturnType<typeof decideCreate>,
  reentered: boolean,
) => {
  const state = { ...context.state, rotation };
  const outcome = say(decision.why, facts);
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
      return created(state, facts, {
        outcome,
        newAccessKeyId: decision.accessKeyId,
        newKeySource: 'held-before',
      });
    case 'adopt':
      // Not when this execution was here before: IAM's list may lag behind a key that it has just stored.
      if (!reentered) await removeLabelsOfMissingKeys(context, facts.keys, facts.versionByLabel);
      await adopt(context, decision, facts.versionByLabel);
      return created(state, facts, {
        outcome,
        newAccessKeyId: decision.key.accessKeyId,
        newKeySource: 'stored-before',
      });
    case 'create': {
      if (!reentered) await removeLabelsOfMissingKeys(context, facts.keys, facts.versionByLabel);
      const newAccessKeyId = await create(context, decision, facts);
      return created(state, facts, {
        outcome: sayCreated(newAccessKeyId, {
          replacedKey: currentKeyId(facts.current),
          deletedEarly: decision.deleteEarly,
        }),
        newAccessKeyId,
        newKeySource: 'created',
      });
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

    // Others use a leaked key meanwhile, so this comes before everything that can wait.
    const contained = await containLeak(context, lock.secret);
    return goOn(contained.length === 0 ? context : withContainment(context), lock, contained);
  });
};

/** The same, with when and how its leaked key was set Inactive. */
const withContainment = (context: Context): Context => ({
  ...context,
  state: { ...context.state, contained: containedAt(new Date(), context.state, context.effort()) },
});

/** Whether no leaked key is left that works, though the emergency is not over. */
const isContained = ({ rotation, keys }: CreateFacts): boolean =>
  isEmergency(rotation) &&
  keys.some(({ accessKeyId }) => isLeaked(rotation, accessKeyId)) &&
  !keys.some(({ accessKeyId, status }) => status === 'Active' && isLeaked(rotation, accessKeyId));

/** With the lock: finds out where the rotation stands, and does what follows. */
const goOn = async (context: Context, lock: HeldLock, contained: readonly AccessKey[]) => {
  const { state } = context;
  // A person who resumes, or has named a leaked key, knows of the hold.
  if (state.action === 'resume' || !courseOf(state.rotation).respectsHold) await liftHold(context, lock);

  // Decided again, under the lock: between the plan and the lock a whole rotation may have come and gone.
  const facts = await gatherFacts(context, lock.reentered, contained);
  const decision = decideCreate(facts);
  // A rollback may not fail for want of a label: it needs the last one itself, for the hold.
  if (!facts.rollback || facts.versionByLabel.size < LABEL_QUOTA) await markCurrent(context, facts);
  const told = await toldOf(context, facts);
  try {
    return await act(context, told, decision, lock.reentered);
  } catch (error) {
    if (!(error instanceof RotationError) || !isContained(facts)) throw error;
    // Whoever reads it must not be told that the leaked key may be Active.
    const { name, keys } = error;
    throw new RotationError(name, sayOutageAndError(told, error.said), { cause: error, leak: 'told', keys });
  }
};

export const handler = createHandler(lambdaRuntime());
