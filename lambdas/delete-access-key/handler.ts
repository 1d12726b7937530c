import type { EnrolledUser, Enrolment } from '../shared/contract/enrolment';
import { RotationError } from '../shared/contract/errors';
import { LABELS } from '../shared/contract/names';
import { overdueAt } from '../shared/findings/attribution';
import { readHealth, watchAfterDeactivation } from '../shared/findings/health';
import { createAttribution } from '../shared/findings/orphans';
import { findKey } from '../shared/findings/situation';
import { AlarmGateway } from '../shared/gateways/alarm-gateway';
import { ExecutionGateway } from '../shared/gateways/execution-gateway';
import { IamGateway } from '../shared/gateways/iam-gateway';
import { mayBeLate } from '../shared/gateways/late-reads';
import { lambdaRuntime, type Runtime } from '../shared/gateways/runtime';
import { SecretGateway } from '../shared/gateways/secret-gateway';
import { discardKey, findStoredKeys } from '../shared/recovery/discard';
import { withPresent } from '../shared/rotation/promised';
import type { RetirableState } from '../shared/rotation/rotation-state';
import { STEPS } from '../shared/rotation/step-table';
import { pauseOf } from '../shared/secret/pause';
import { intentVersionId, isKeyLabel, publishedLabel } from '../shared/secret/versions';
import { readSituation } from '../shared/shell/situation';
import { lookAgain, type StepContext, stepHandler } from '../shared/shell/step-handler';
import type { Said } from '../shared/text/said';
import { explainUnattributed } from '../shared/words/attribution';
import {
  decideDeletion,
  decideSweep,
  decideUnenrolled,
  type Left,
  type LookAgain,
  unexplainedAtSweep,
} from './decide';
import {
  say,
  sayComplete,
  sayCompleteAlready,
  sayCompleteButLeft,
  sayDeleted,
  sayUnenrolled,
  type Told,
} from './words';

interface Gateways {
  readonly iam: IamGateway;
  readonly secrets: SecretGateway;
  readonly alarms: AlarmGateway;
  readonly enrolment: Enrolment;
  readonly executions: ExecutionGateway;
  readonly attributionsOf: ReturnType<typeof createAttribution>;
}

type Context = StepContext<RetirableState>;

/** The last look, right before the act. */
const look = async (
  { iam, secrets, alarms }: Gateways,
  { state, owner }: Context,
  enrolled: EnrolledUser | undefined,
): Promise<Told> => {
  const { keys, current, secret } = await readSituation(iam, secrets, state, owner);
  const health = await readHealth(
    alarms,
    state.settings.healthAlarms,
    watchAfterDeactivation(state, new Date()),
  );
  return {
    userName: state.userName,
    oldAccessKeyId: state.rotation.oldAccessKeyId,
    leakedAccessKeyIds: state.rotation.leakedAccessKeyIds,
    newAccessKeyId: state.newAccessKeyId,
    keys,
    current,
    paused: pauseOf(secret.pauseTag, enrolled?.paused),
    laggingReplicas: secret.laggingReplicas,
    deactivatedAt: state.deactivatedAt === undefined ? undefined : new Date(state.deactivatedAt),
    health,
    checks: state.healthChecks ?? 0,
    settings: state.settings,
  };
};

/** Removes what a crash may have left: keys of ours that nobody will ever use. Returns which others are left to a person. */
const sweep = async (
  { iam, secrets, attributionsOf }: Gateways,
  { state, owner }: Context,
): Promise<Left & Pick<Told, 'keys'>> => {
  const { userName, secretId, newAccessKeyId, rotation } = state;
  const { rootRotationId } = rotation;
  const { keys, secret } = await readSituation(iam, secrets, state, owner);
  const stored = await findStoredKeys(
    secrets,
    state,
    rootRotationId,
    secret.versionByLabel,
    keys.map((key) => key.accessKeyId),
  );
  const facts = {
    keys,
    oldAccessKeyId: rotation.oldAccessKeyId,
    newAccessKeyId,
    accessKeyIdsBefore: rotation.accessKeyIdsBefore,
    stored,
  };
  const attributions = await attributionsOf(unexplainedAtSweep(facts), new Date(rotation.startedAt));
  const { discard, wait, leave, published } = decideSweep({ ...facts, attributions });
  for (const accessKeyId of discard)
    await discardKey(iam, secrets, { userName, secretId, accessKeyId, owner, rootRotationId });
  if (wait.length > 0) {
    throw new RotationError(
      'TransientServiceError',
      explainUnattributed(userName, wait, overdueAt(wait, new Date())),
    );
  }
  // The list may be of before a deletion.
  return {
    leave,
    published,
    keys: keys.filter(
      ({ accessKeyId }) => accessKeyId !== rotation.oldAccessKeyId && !discard.includes(accessKeyId),
    ),
  };
};

/**
 * Labels of keys, then the lock: it goes after everything that it makes repeatable. The mark of the new key goes
 * last of all. Without its mark, and with the lock still there, a successor would take the key for one that was
 * never published, and delete it as soon as somebody sets it Inactive.
 */
const release = async (gateways: Gateways, { state, owner }: Context): Promise<void> => {
  const { secrets } = gateways;
  const mark = publishedLabel(state.newAccessKeyId);
  const secret = await secrets.describe(state.secretId);
  for (const [label, versionId] of secret?.versionByLabel ?? []) {
    if ((isKeyLabel(label) && label !== mark) || label === LABELS.held || label === LABELS.scratch)
      await secrets.moveLabel(state.secretId, label, { from: versionId });
  }
  await secrets.moveLabel(state.secretId, LABELS.pending, { from: intentVersionId(owner) });
  await unmark(gateways, state, secret?.versionByLabel.get(mark));
};

/** Without a lock, which is harmless: for a key from before a rotation, marks mean nothing. */
const unmark = async (
  { secrets }: Gateways,
  { secretId, newAccessKeyId }: RetirableState,
  versionId: string | undefined,
): Promise<void> => {
  if (versionId === undefined) return;
  await secrets.moveLabel(secretId, publishedLabel(newAccessKeyId), { from: versionId });
};

/**
 * Whether an earlier attempt got as far as the release, and only its answer got lost. Then either another
 * rotation holds the lock: a successor of this one would have taken its root over. Or nobody does, the old key
 * is gone, and consumers read the new one. A person who takes the lock away earlier is found out below, because
 * then the old key is still there.
 */
const isReleased = async ({ iam, secrets }: Gateways, { state, owner }: Context): Promise<boolean> => {
  const holder = (await secrets.describe(state.secretId))?.versionByLabel.get(LABELS.pending);
  // A lock that was taken a moment ago may not show yet.
  if (holder === intentVersionId(owner) || mayBeLate(new Date(state.publishedAt), new Date())) return false;
  if (holder !== undefined) {
    const intent = await secrets.intent(state, holder);
    return intent !== undefined && intent.rootRotationId !== state.rotation.rootRotationId;
  }
  const document = (await secrets.current(state))?.document;
  const keys = await iam.accessKeys(state.userName);
  return (
    document?.kind === 'access-key' &&
    document.accessKeyId === state.newAccessKeyId &&
    keys !== undefined &&
    findKey(keys, state.rotation.oldAccessKeyId) === undefined
  );
};

/** Step 8: deletes the old key for good, sweeps what the rotation left, and then releases the lock. */
export const createHandler = (runtime: Runtime) => {
  const gateways: Gateways = {
    iam: new IamGateway(runtime.clientConfig),
    secrets: new SecretGateway(runtime.clientConfig),
    alarms: new AlarmGateway(runtime.clientConfig),
    enrolment: runtime.enrolment,
    executions: new ExecutionGateway(runtime.clientConfig),
    attributionsOf: createAttribution(runtime),
  };

  return stepHandler(STEPS['delete-access-key'], runtime, gateways, async (planned) => {
    const { gateways } = planned;
    const enrolled = await gateways.enrolment.find(planned.state.userName);
    const context = { ...planned, state: withPresent(planned.state, enrolled) };
    const { state } = context;
    const complete = (outcome: string | Said, isDeletedHere = false) => ({
      ...state,
      status: 'completed' as const,
      outcome,
      ...(isDeletedHere && { deletedHere: true as const }),
    });
    const { deactivatedAt, healthChecks: checks = 0, userName, newAccessKeyId, settings } = state;
    const wait = (next: Omit<LookAgain, 'why'>, reason: string | Said) => ({
      ...state,
      ...lookAgain(context, { until: next.until, reason }),
      deactivatedAt: next.deactivatedAt.toISOString(),
      healthChecks: checks + 1,
    });
    if (enrolled === undefined && deactivatedAt !== undefined) {
      const looks = { checks, settings, deactivatedAt: new Date(deactivatedAt) };
      return wait(decideUnenrolled(looks, new Date()), sayUnenrolled(userName));
    }
    if (await isReleased(gateways, context)) {
      const labels = (await gateways.secrets.describe(state.secretId))?.versionByLabel;
      await unmark(gateways, state, labels?.get(publishedLabel(newAccessKeyId)));
      return complete(sayCompleteAlready(newAccessKeyId, state));
    }
    const facts = await look(gateways, context, enrolled);
    const decision = decideDeletion(facts, new Date());
    if (decision.kind === 'refuse') {
      throw RotationError.of({ ...decision, reason: say(decision.why, facts) });
    }
    if (decision.kind === 'look-again') return wait(decision, say(decision.why, facts));
    if (decision.kind === 'delete') await gateways.iam.deleteAccessKey(userName, decision.accessKeyId);
    const deleted =
      decision.kind === 'delete' ? sayDeleted(decision.accessKeyId, state) : say(decision.why, facts);
    const { keys, ...left } = await sweep(gateways, context);
    await release(gateways, context);
    if (left.leave.length + left.published.length > 0) {
      throw new RotationError(
        'AccessKeyConflict',
        sayCompleteButLeft(deleted, { userName, newAccessKeyId, keys, current: facts.current }, left),
      );
    }
    return complete(sayComplete(deleted, newAccessKeyId), decision.kind === 'delete');
  });
};

export const handler = createHandler(lambdaRuntime());
