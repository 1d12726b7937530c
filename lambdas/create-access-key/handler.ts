import { after } from '../shared/calendar';
import { courseOf, endOfOverlap } from '../shared/course';
import { discardKey, findStoredKeys, findVersionOf } from '../shared/discard';
import { RETRY_NOTE, RotationError } from '../shared/errors';
import { ExecutionGateway } from '../shared/execution-gateway';
import { type AccessKey, IamGateway } from '../shared/iam-gateway';
import { leakToldBy } from '../shared/leak';
import { mask } from '../shared/mask';
import { createAttribution } from '../shared/orphans';
import { PlannedState } from '../shared/rotation-state';
import { lambdaRuntime, type Runtime } from '../shared/runtime';
import { accessKeyDocument, intentDocument, ownerFieldsOf } from '../shared/secret-document';
import { type SecretDescription, SecretGateway } from '../shared/secret-gateway';
import { currentKeyId, describeKeys, findKey, readSituation } from '../shared/situation';
import { INCOMPATIBLE_STATE, type StepContext, stepHandler } from '../shared/step-handler';
import {
  executionArnOf,
  intentVersionId,
  keyLabel,
  keyOfLabel,
  keyVersionId,
  LABEL_QUOTA,
  LABELS,
  publishedLabel,
} from '../shared/versions';
import {
  type CreateDecision,
  type CreateFacts,
  decideCreate,
  decideLock,
  type LockFacts,
  unexplainedKeys,
  withLeakedKeyLeft,
} from './decide';

type Context = StepContext<PlannedState>;

/**
 * Step 1: takes the lock, decides again on a fresh read, recovers what a predecessor left, and creates and
 * stores the new key. Creating and storing share one function, because a secret may not pass through state.
 */
export const createHandler = (runtime: Runtime) => {
  const iam = new IamGateway(runtime.clientConfig);
  const secrets = new SecretGateway(runtime.clientConfig);
  const executions = new ExecutionGateway(runtime.clientConfig);
  const attributionsOf = createAttribution(runtime);

  const lockFacts = async ({ state, owner }: Context, secret: SecretDescription): Promise<LockFacts> => {
    const versionId = secret.versionByLabel.get(LABELS.pending);
    if (versionId === undefined) return { kind: 'free' };
    if (versionId === intentVersionId(owner)) return { kind: 'ours' };
    const document = await secrets.version(state, versionId);
    if (document?.kind !== 'intent') return { kind: 'theirs', versionId, holder: undefined };
    const execution = await executions.state(executionArnOf(document.intent.owner));
    const version = (await secrets.versions(state.secretId)).find(
      (candidate) => candidate.versionId === versionId,
    );
    return {
      kind: 'theirs',
      versionId,
      holder: { owner: document.intent.owner, execution, intentCreatedAt: version?.createdDate },
    };
  };

  /** Takes the lock, or keeps it. `reentered` tells that this execution had it before. */
  const takeLock = async (context: Context): Promise<{ reentered: boolean } | { nothingToDo: string }> => {
    const { state, owner } = context;
    const { secretId } = state;
    const secret = await secrets.describe(secretId);
    if (secret === undefined || secret.scheduledForDeletion || secret.rotationEnabled) {
      throw new RotationError(
        'SecretConflict',
        `The secret ${secretId} was deleted, is scheduled for deletion, or has Secrets Manager's own rotation ` +
          'switched on since the rotation was planned. Nothing was changed. Undo that and start again.',
      );
    }
    const onHold = secret.versionByLabel.has(LABELS.held) && courseOf(state.rotation).respectsHold;
    const decision = decideLock(await lockFacts(context, secret), { ...state, onHold }, new Date());
    switch (decision.kind) {
      case 'keep':
        return { reentered: true };
      case 'nothing-to-do':
        return { nothingToDo: decision.reason };
      case 'refuse':
        throw RotationError.of(decision);
      case 'take': {
        const versionId = intentVersionId(owner);
        // The intent is stored before it wins: the label can only be moved to a version that exists. Its scratch
        // label keeps it from being deprecated until then. A rollback may have given that label up for the hold,
        // which then does the same: wherever it sits, it holds.
        const { versionByLabel } = secret;
        const room = versionByLabel.has(LABELS.scratch) || versionByLabel.size < LABEL_QUOTA;
        const stored = await secrets.put(secretId, {
          versionId,
          text: intentDocument({ ...state.rotation, owner, userId: state.userId }),
          labels: [room ? LABELS.scratch : LABELS.held],
        });
        const won =
          stored === 'stored' &&
          ((await secrets.moveLabel(secretId, LABELS.pending, { from: decision.from, to: versionId })) ===
            'moved' ||
            // An earlier attempt of this very call may have won, and its answer got lost.
            (await secrets.describe(secretId))?.versionByLabel.get(LABELS.pending) === versionId);
        if (!won) {
          throw new RotationError(
            'RotationInProgress',
            `Another execution took the lock at the same moment. Nothing was changed by this one. ${RETRY_NOTE}`,
          );
        }
        return { reentered: false };
      }
    }
  };

  const gatherFacts = async (context: Context, reentered: boolean): Promise<CreateFacts> => {
    const { state, owner } = context;
    const { keys, secret, current } = await readSituation(iam, secrets, state, owner);
    const stored = await findStoredKeys(
      secrets,
      state,
      state.rotation.rootRotationId,
      secret.versionByLabel,
      // A key from before the rotation is not the rotation's, whatever a document says.
      keys.map((key) => key.accessKeyId).filter((id) => !state.rotation.accessKeyIdsBefore.includes(id)),
    );
    const facts = {
      userName: state.userName,
      rotation: state.rotation,
      keys,
      current,
      stored,
      outcomeUnknown: reentered || state.predecessorVersionId !== null,
    };
    const attributions = facts.outcomeUnknown
      ? await attributionsOf(unexplainedKeys(facts), new Date(state.rotation.startedAt))
      : new Map();
    return {
      ...facts,
      attributions,
      rollback: state.action === 'rollback',
      versionOfKey: courseOf(state.rotation).mayFallBack
        ? await versionsOfKeys(state, keys, secret)
        : new Map<string, string>(),
      versionByLabel: secret.versionByLabel,
    };
  };

  /** Which version of the secret holds which of the user's keys. */
  const versionsOfKeys = async (
    state: PlannedState,
    keys: readonly AccessKey[],
    secret: SecretDescription,
  ): Promise<ReadonlyMap<string, string>> => {
    const versions = new Map<string, string>();
    for (const { accessKeyId } of keys) {
      const versionId = await findVersionOf(secrets, state, accessKeyId, secret);
      if (versionId !== undefined) versions.set(accessKeyId, versionId);
    }
    return versions;
  };

  /**
   * Makes a key that the rotation did not create ready for test and publication. First the mark, which says that it
   * may be in use: from then on nothing deletes it, whatever its test says. The label, with which it can be published,
   * comes last: where it is, the key has been Active.
   */
  const fallBack = async (
    { userName, secretId }: PlannedState,
    { accessKeyId, versionId, activate }: Extract<CreateDecision, { kind: 'fall-back' }>,
    versionByLabel: ReadonlyMap<string, string>,
  ): Promise<void> => {
    const attach = async (label: string): Promise<void> => {
      if (!versionByLabel.has(label)) await secrets.moveLabel(secretId, label, { to: versionId });
    };
    await attach(publishedLabel(accessKeyId));
    if (activate && (await iam.setStatus(userName, accessKeyId, 'Active')) === 'gone') {
      throw new RotationError(
        'TransientServiceError',
        `The key ${mask(accessKeyId)} has just been deleted. ${RETRY_NOTE}`,
      );
    }
    await attach(keyLabel(accessKeyId));
  };

  /** Whoever has put a key of ours into AWSCURRENT has published it: from now on nothing may delete it. */
  const markCurrent = async ({ secretId }: PlannedState, { stored, current }: CreateFacts): Promise<void> => {
    const own = stored.find(({ accessKeyId }) => accessKeyId === currentKeyId(current));
    if (own !== undefined && !own.published) {
      await secrets.moveLabel(secretId, publishedLabel(own.accessKeyId), { to: own.versionId });
    }
  };

  const discardAll = async (state: PlannedState, accessKeyIds: readonly string[]): Promise<void> => {
    for (const accessKeyId of accessKeyIds) {
      const discarded = await discardKey(iam, secrets, {
        userName: state.userName,
        secretId: state.secretId,
        accessKeyId,
      });
      if (discarded === 'published') {
        throw new RotationError(
          'TransientServiceError',
          `The key ${mask(accessKeyId)} was published while it was to be discarded; it stays. ${RETRY_NOTE}`,
        );
      }
    }
  };

  /** Labels of keys that a person has deleted would pile up to Secrets Manager's limit. */
  const removeLabelsOfMissingKeys = async (
    { secretId }: PlannedState,
    {
      keys,
      versionByLabel,
    }: { readonly keys: readonly AccessKey[]; readonly versionByLabel: ReadonlyMap<string, string> },
  ): Promise<void> => {
    for (const [label, versionId] of versionByLabel) {
      const accessKeyId = keyOfLabel(label);
      if (accessKeyId !== undefined && findKey(keys, accessKeyId) === undefined) {
        await secrets.moveLabel(secretId, label, { from: versionId });
      }
    }
  };

  const giveUp = async (
    { state, owner }: Context,
    decision: Extract<CreateDecision, { kind: 'give-up' }>,
    keys: readonly AccessKey[],
  ): Promise<never> => {
    await discardAll(state, decision.discard);
    // The next execution shall plan afresh. Last, because until here only the lock knows what was ours.
    if (decision.release) {
      await secrets.moveLabel(state.secretId, LABELS.pending, { from: intentVersionId(owner) });
    }
    throw RotationError.of({ ...decision, leak: decision.leak ?? leakToldBy(keys) });
  };

  const createAndStore = async (context: Context, facts: CreateFacts): Promise<string> => {
    const { state } = context;
    const { userName, secretId } = state;
    const created = await iam.createAccessKey(userName);
    if (created === 'no-such-user') {
      throw new RotationError(
        'UserNotFound',
        `The IAM user ${userName} does not exist any more. No key was created.`,
      );
    }
    if (created === 'quota-exceeded') {
      // What took the place may be a person's key, an orphan of ours that the list did not show, or the work of
      // an earlier attempt of this very step. The next attempt sees it, and asks CloudTrail.
      throw new RotationError(
        'TransientServiceError',
        `IAM refuses another key for ${userName}, though its list left room for one. No key was created by this attempt. ` +
          `${describeKeys((await iam.accessKeys(userName)) ?? [])} ${RETRY_NOTE}`,
      );
    }
    const base = await secrets.current(state);
    const ownerFields = base === undefined ? {} : ownerFieldsOf(base.document);
    const stored = await secrets.put(secretId, {
      versionId: keyVersionId(created.accessKeyId),
      text: accessKeyDocument(created, state.rotation.rootRotationId, ownerFields, state.settings.fieldNames),
      labels: [keyLabel(created.accessKeyId)],
    });
    if (stored === 'other-content') {
      throw new RotationError(
        'StateDrift',
        `The new key ${mask(created.accessKeyId)} was condemned by another execution before it was stored; it will be ` +
          `deleted by it. ${describeKeys(facts.keys)} Start a new execution.`,
      );
    }
    return created.accessKeyId;
  };

  return stepHandler('create-access-key', PlannedState, INCOMPATIBLE_STATE, async (context) => {
    const { state } = context;
    const lock = await takeLock(context);
    if ('nothingToDo' in lock) return { status: 'nothing-to-do', outcome: lock.nothingToDo };

    // A person who resumes, or has named a leaked key, knows of the hold.
    if (state.action === 'resume' || !courseOf(state.rotation).respectsHold)
      await liftHold(secrets, state.secretId);

    // Decided again, under the lock: between the plan and the lock a whole rotation may have come and gone.
    const facts = await gatherFacts(context, lock.reentered);
    const decision = decideCreate(facts);
    // A rollback may not fail for want of a label: it needs the last one itself, for the hold.
    if (!facts.rollback || facts.versionByLabel.size < LABEL_QUOTA) await markCurrent(state, facts);

    const now = new Date();
    const aimed = { ...state, rotation: withLeakedKeyLeft(state.rotation, facts.keys) };
    switch (decision.kind) {
      case 'wait':
        throw new RotationError('TransientServiceError', decision.reason);
      case 'give-up':
        return giveUp(context, decision, facts.keys);
      case 'adopt': {
        const { accessKeyId, versionId, publishable } = decision.key;
        if (!lock.reentered) await removeLabelsOfMissingKeys(state, facts);
        if (!publishable) await secrets.moveLabel(state.secretId, keyLabel(accessKeyId), { to: versionId });
        return { ...aimed, status: 'created', outcome: decision.reason, newAccessKeyId: accessKeyId };
      }
      case 'restore':
        return {
          ...state,
          status: 'restore',
          outcome: `Rolling back: ${decision.reason}.`,
          newAccessKeyId: decision.newAccessKeyId,
          rollback: {
            error: decision.error,
            reason: decision.reason + (state.reason === undefined ? '' : ` (${state.reason})`),
          },
        };
      case 'fall-back':
        await fallBack(state, decision, facts.versionByLabel);
        return {
          ...aimed,
          status: 'created',
          outcome: decision.reason,
          newAccessKeyId: decision.accessKeyId,
        };
      case 'continue':
        return {
          ...aimed,
          status: decision.status,
          outcome: decision.reason,
          newAccessKeyId: decision.newAccessKeyId,
          publishedAt: now.toISOString(),
          adoptionChecks: 0,
          ...(decision.status === 'published' && {
            waitUntil: endOfOverlap(state.rotation, state.settings, now).toISOString(),
          }),
          ...(decision.status === 'deactivated' && {
            deactivatedAt: now.toISOString(),
            healthChecks: 0,
            waitUntil: after(now, state.settings.healthCheckInterval).toISOString(),
          }),
        };
      case 'create': {
        // Not when this execution was here before: IAM's list may lag behind a key that it has just stored.
        if (!lock.reentered) await removeLabelsOfMissingKeys(state, facts);
        await discardAll(state, decision.discard);
        if (decision.deleteEarly !== undefined) {
          await iam.deleteAccessKey(state.userName, decision.deleteEarly);
          // Its successor needs labels, too.
          const keys = facts.keys.filter((key) => key.accessKeyId !== decision.deleteEarly);
          await removeLabelsOfMissingKeys(state, { ...facts, keys });
        }
        const newAccessKeyId = await createAndStore(context, facts);
        const replaced = currentKeyId(facts.current);
        const early =
          decision.deleteEarly === undefined
            ? ''
            : ` To make room, ${mask(decision.deleteEarly)} was deleted: whoever still held it fails until it reads the secret again.`;
        return {
          ...state,
          rotation: withLeakedKeyLeft(
            state.rotation,
            facts.keys.filter((key) => key.accessKeyId !== decision.deleteEarly),
          ),
          status: 'created',
          outcome: `Created and stored ${mask(newAccessKeyId)}${replaced === null ? '' : `, to replace ${mask(replaced)}`}.${early}`,
          newAccessKeyId,
        };
      }
    }
  });
};

/** A person has resumed: scheduled starts may go on again. */
const liftHold = async (secrets: SecretGateway, secretId: string): Promise<void> => {
  const holder = (await secrets.describe(secretId))?.versionByLabel.get(LABELS.held);
  if (holder !== undefined) await secrets.moveLabel(secretId, LABELS.held, { from: holder });
};

export const handler = createHandler(lambdaRuntime());
