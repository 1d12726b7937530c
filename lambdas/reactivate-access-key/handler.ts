import { asMessage, RotationError } from '../shared/contract/errors';
import { LABELS } from '../shared/contract/names';
import {
  currentKeyId,
  findKey,
  isKnownAsTheUsers,
  readSituation,
  withoutMaterial,
} from '../shared/findings/situation';
import { type Stranger, strangerFinder } from '../shared/findings/whose-key';
import { ExecutionGateway } from '../shared/gateways/execution-gateway';
import { IamGateway } from '../shared/gateways/iam-gateway';
import { IdentityGateway } from '../shared/gateways/identity-gateway';
import { Late, untilShown } from '../shared/gateways/late-reads';
import { lambdaRuntime, type Runtime } from '../shared/gateways/runtime';
import { type ReadVersion, type SecretDescription, SecretGateway } from '../shared/gateways/secret-gateway';
import { toRotationError } from '../shared/gateways/service-errors';
import { findVersionOf } from '../shared/recovery/discard';
import type { AccessKey } from '../shared/rotation/access-key';
import { formerIdsOf, type RollbackState } from '../shared/rotation/rotation-state';
import { STEPS } from '../shared/rotation/step-table';
import { documentWith } from '../shared/secret/key-document';
import { intentVersionId, LABEL_QUOTA, mergedVersionId, publishedLabel } from '../shared/secret/versions';
import { type StepContext, stepHandler } from '../shared/shell/step-handler';
import {
  type CurrentAfterRollback,
  explainFailedRollback,
  explainRollback,
  keyToReactivate,
  type OldKeyFacts,
  whereCurrentGoes,
} from './decide';

interface Gateways {
  readonly iam: IamGateway;
  readonly secrets: SecretGateway;
  readonly identities: IdentityGateway;
  readonly executions: ExecutionGateway;
}

type Context = StepContext<RollbackState, Gateways>;

/**
 * The version that AWSCURRENT goes to: what consumers read now, with the key in it, so that nothing that the owner has written
 * since is lost. Or else the version that has the key: where somebody has taken the key out, and who knows what with it, and where
 * the other cannot be made, because an outage is worse.
 */
const versionWithKey = async (
  { state, gateways: { secrets } }: Context,
  current: ReadVersion,
  { versionId, accessKeyId }: { readonly versionId: string; readonly accessKeyId: string },
  keys: readonly AccessKey[],
): Promise<string> => {
  const { userName, secretId, settings, rotation } = state;
  const createDate = findKey(keys, accessKeyId)?.createDate;
  const stored = await secrets.namedVersion(state, versionId);
  if (current.document.kind !== 'access-key' || stored.kind !== 'access-key' || createDate === undefined) {
    return versionId;
  }
  const key = { accessKeyId, secretAccessKey: stored.secretAccessKey, userName, createDate };
  const next = documentWith(
    { secretId, text: current.text, settings, keys, formerIds: formerIdsOf(rotation) },
    key,
  );
  if (typeof next !== 'string' || next === stored.text) return versionId;
  const merged = mergedVersionId(
    rotation.rootRotationId,
    { ...stored, versionId },
    current.versionId,
    settings,
  );
  try {
    const put = await secrets.put(secretId, { versionId: merged, text: next, labels: [LABELS.scratch] });
    return put === 'stored' ? merged : versionId;
  } catch {
    return versionId;
  }
};

/**
 * Until AWSCURRENT names the key, however often somebody edits the secret meanwhile; but never in the place of somebody
 * else's key. Whose that is, is asked of what each compare-and-set would replace.
 */
const moveCurrent = async (
  context: Context,
  { versionId, accessKeyId }: { readonly versionId: string; readonly accessKeyId: string },
  keys: readonly AccessKey[],
): Promise<Stranger | undefined> => {
  const { state, gateways } = context;
  const { secrets, identities } = gateways;
  const { secretId } = state;
  const findStranger = strangerFinder({ identities });
  return untilShown(async () => {
    const current = await secrets.current(state);
    if (current === undefined) return undefined;
    const value = withoutMaterial(current.document);
    if (currentKeyId(value) === accessKeyId) return undefined;
    const stranger = isKnownAsTheUsers(value, state) ? undefined : await findStranger(current, keys, state);
    if (stranger !== undefined) return stranger;
    const to = await versionWithKey(context, current, { versionId, accessKeyId }, keys);
    const move = { from: current.versionId, to };
    if ((await secrets.moveLabel(secretId, LABELS.current, move)) === 'moved') return undefined;
    return new Late(`where AWSCURRENT of ${secretId} is now`);
  });
};

/** AWSCURRENT goes to the first of these keys that the secret holds. */
const restoreCurrent = async (
  context: Context,
  accessKeyIds: readonly string[],
  secret: SecretDescription,
  keys: readonly AccessKey[],
): Promise<CurrentAfterRollback> => {
  for (const accessKeyId of accessKeyIds) {
    const versionId = await findVersionOf(context.gateways.secrets, context.state, accessKeyId, secret);
    if (versionId === undefined) continue;
    const stranger = await moveCurrent(context, { versionId, accessKeyId }, keys);
    return stranger === undefined ? { kind: 'restored', accessKeyId } : { kind: 'strange', stranger };
  }
  return { kind: 'no-version' };
};

/** Until the hold is on this rotation: without it the next schedule would deactivate the key again. */
const hold = async ({ state: { secretId }, owner, gateways: { secrets } }: Context): Promise<void> => {
  const to = intentVersionId(owner);
  await untilShown(async () => {
    const labels = (await secrets.describe(secretId))?.versionByLabel ?? new Map<string, string>();
    const from = labels.get(LABELS.held);
    if (from === to) return;
    // The hold matters more than keeping a version that AWSPENDING keeps anyway.
    if (from === undefined && labels.size >= LABEL_QUOTA) {
      await secrets.moveLabel(secretId, LABELS.scratch, { from: labels.get(LABELS.scratch) });
    }
    if ((await secrets.moveLabel(secretId, LABELS.held, { from, to })) === 'moved') return;
    return new Late(`where the hold of ${secretId} is now`);
  });
};

/** Sets the old key Active where that ends the outage. Returns the keys as they are then. */
const endOutage = async (
  { state: { userName }, gateways: { iam } }: Context,
  facts: OldKeyFacts,
): Promise<{ readonly reactivated: boolean; readonly keys: readonly AccessKey[] }> => {
  const old = keyToReactivate(facts);
  if (old === undefined) return { reactivated: false, keys: facts.keys };
  const reactivated = (await iam.setStatus(userName, old.accessKeyId, 'Active')) === 'done';
  // The list may lag: IAM's answer to the change is what counts.
  const keys = facts.keys
    .filter((key) => reactivated || key !== old)
    .map((key) => (key === old ? { ...key, status: 'Active' } : key));
  return { reactivated, keys };
};

const rollBack = async (
  context: Context,
): Promise<{ readonly explanation: string; readonly current: CurrentAfterRollback }> => {
  const { state, owner, gateways } = context;
  const { userName, rotation, rollback } = state;
  const { secret, keys: listed, current } = await readSituation(gateways.iam, gateways.secrets, state, owner);
  const { oldAccessKeyId, inactiveAccessKeyIdsBefore } = rotation;

  // First what ends the outage, then what keeps the next schedule from causing it again.
  const { reactivated, keys } = await endOutage(context, {
    oldAccessKeyId,
    inactiveAccessKeyIdsBefore,
    deactivatedHere: state.deactivatedHere === true,
    error: rollback.error,
    keys: listed,
  });
  const goesTo = whereCurrentGoes({
    oldAccessKeyId,
    keyBefore: rotation.currentAccessKeyIdBefore,
    published: listed
      .map((key) => key.accessKeyId)
      .filter((accessKeyId) => secret.versionByLabel.has(publishedLabel(accessKeyId))),
    keys,
    current,
  });
  let currentIs: CurrentAfterRollback = { kind: 'kept' };
  try {
    if (goesTo !== undefined) currentIs = await restoreCurrent(context, goesTo, secret, keys);
  } finally {
    // Also when AWS cannot say yet whose the key in AWSCURRENT is, and the rollback is tried again.
    await hold(context);
  }
  const facts = { userName, oldAccessKeyId, inactiveAccessKeyIdsBefore, keys, reactivated };
  return { explanation: explainRollback(facts, rollback, currentIs), current: currentIs };
};

/** How a rollback that a person has asked for ends, by where AWSCURRENT is. */
const ERROR_OF = {
  kept: null,
  restored: null,
  'no-version': 'StateDrift',
  strange: 'SecretConflict',
} as const;

/** Step 7: brings the old key back and puts the rotation on hold. The execution then fails with the reason. */
export const createHandler = (runtime: Runtime) => {
  const gateways: Gateways = {
    iam: new IamGateway(runtime.clientConfig),
    secrets: new SecretGateway(runtime.clientConfig),
    identities: new IdentityGateway(runtime.clientConfig),
    executions: new ExecutionGateway(runtime.clientConfig),
  };

  return stepHandler(STEPS['reactivate-access-key'], gateways, async (context) => {
    const { state } = context;
    try {
      const { explanation: outcome, current } = await rollBack(context);
      // A person who has asked for the rollback has to learn that consumers still find no key.
      const error = state.rollback.error ?? ERROR_OF[current.kind];
      if (error === null) return { ...state, status: 'rolled-back-by-hand', outcome };
      const failure = { Error: error, details: { errorMessage: asMessage(outcome) } };
      return { ...state, status: 'rolled-back', outcome, failure };
    } catch (error) {
      // Under its own name, because Retry matches that; but never without the outage it means.
      const { name, message, keys } = toRotationError(error, 'rolling back');
      throw new RotationError(name, explainFailedRollback(state, message), { cause: error, keys });
    }
  });
};

export const handler = createHandler(lambdaRuntime());
