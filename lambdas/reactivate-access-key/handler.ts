import { asMessage, RotationError } from '../shared/contract/errors';
import { LABELS } from '../shared/contract/names';
import {
  type CurrentValue,
  currentKeyId,
  findKey,
  isKnownAsTheUsers,
  type Situation,
  withoutMaterial,
} from '../shared/findings/situation';
import { ExecutionGateway } from '../shared/gateways/execution-gateway';
import { IamGateway } from '../shared/gateways/iam-gateway';
import { IdentityGateway } from '../shared/gateways/identity-gateway';
import { Late, untilShown } from '../shared/gateways/late-reads';
import { lambdaRuntime, type Runtime } from '../shared/gateways/runtime';
import { type ReadVersion, type SecretDescription, SecretGateway } from '../shared/gateways/secret-gateway';
import { toRotationError, unlessItFails } from '../shared/gateways/service-errors';
import { findInVersions, findVersionOf } from '../shared/recovery/discard';
import type { AccessKey } from '../shared/rotation/access-key';
import { formerIdsOf, type RollbackState } from '../shared/rotation/rotation-state';
import { STEPS } from '../shared/rotation/step-table';
import { documentWith } from '../shared/secret/key-document';
import type { SecretDocument } from '../shared/secret/secret-document';
import {
  intentVersionId,
  isVersionOfKey,
  LABEL_QUOTA,
  mergedVersionId,
  publishedLabel,
} from '../shared/secret/versions';
import { findStranger, readSituation } from '../shared/shell/situation';
import { type StepContext, stepHandler } from '../shared/shell/step-handler';
import { inSentences, type Said } from '../shared/text/said';
import {
  type CurrentAfterRollback,
  keyToReactivate,
  type LeftVersion,
  type OldKeyFacts,
  whereCurrentGoes,
} from './decide';
import { explainFailedRollback, explainRollback } from './words';

interface Gateways {
  readonly iam: IamGateway;
  readonly secrets: SecretGateway;
  readonly identities: IdentityGateway;
  readonly executions: ExecutionGateway;
}

type Context = StepContext<RollbackState, Gateways>;

/** A version whose document another key may be put into. */
interface BaseVersion {
  readonly versionId: string;
  readonly document: SecretDocument;
}

/** The version that AWSCURRENT goes to, and what of its owner's is not in it. */
interface Target {
  readonly to: string;
  readonly left: LeftVersion | undefined;
}

type KeyInVersion = Extract<SecretDocument, { readonly kind: 'access-key' }>;

/** A document with the key of another one in it, or why there is none. */
const withKeyOf = (
  { state: { userName, settings, rotation } }: Context,
  { accessKeyId, secretAccessKey }: KeyInVersion,
  document: SecretDocument,
  keys: readonly AccessKey[],
): string | LeftVersion['why'] => {
  const value = withoutMaterial(document);
  if (document.kind !== 'access-key') return value.kind === 'unreadable' ? value : { kind: 'no-key' };
  const base = { text: document.text, settings, keys, formerIds: formerIdsOf(rotation) };
  // Where AWSCURRENT may go to a key, IAM has listed it.
  const createDate = findKey(keys, accessKeyId)?.createDate ?? new Date(0);
  const text = documentWith(base, { accessKeyId, secretAccessKey, userName, createDate });
  return typeof text === 'string' ? text : { kind: 'obstacle', obstacle: text };
};

/**
 * What stores a key that a version of the secret holds in the document of another version, unless one of the two is what is to be
 * read already. It returns the version that is, or why there is none.
 */
const keyStorer =
  (
    context: Context,
    stored: { readonly versionId: string; readonly document: KeyInVersion },
    keys: readonly AccessKey[],
  ) =>
  async ({ versionId, document }: BaseVersion): Promise<string | LeftVersion['why']> => {
    const { state, gateways } = context;
    const text = withKeyOf(context, stored.document, document, keys);
    if (typeof text !== 'string') return text;
    if (document.kind === 'access-key' && text === document.text) return versionId;
    if (text === stored.document.text) return stored.versionId;
    const { versionId: from } = stored;
    const merged = mergedVersionId(
      state.rotation.rootRotationId,
      { ...stored.document, versionId: from },
      text,
    );
    const put = await gateways.secrets
      .put(state.secretId, { versionId: merged, text, labels: [LABELS.scratch] })
      // Without it there is an outage, which is worse than a field that has to be written again.
      .catch(() => 'failed' as const);
    return put === 'stored' ? merged : { kind: 'not-stored' };
  };

const isSame = (one: SecretDocument, other: KeyInVersion): boolean =>
  one.kind === 'access-key' &&
  one.accessKeyId === other.accessKeyId &&
  one.secretAccessKey === other.secretAccessKey;

/**
 * The version that AWSCURRENT goes to: what consumers read now, with the key in it, so that nothing that the owner has written
 * since is lost. Where that cannot be, because it cannot be understood, say, or somebody has taken the key out, and who knows what
 * with it: what they read before, else the youngest version that can take the key, so that as little as possible is. Then a person
 * has to be told which version has the rest. Last, a version that has the key, as it is: an outage is worse.
 */
const versionWithKey = async (
  context: Context,
  current: ReadVersion,
  versionId: string,
  secret: SecretDescription,
  keys: readonly AccessKey[],
): Promise<Target> => {
  const { state, gateways } = context;
  const document = await gateways.secrets.namedVersion(state, versionId);
  if (document.kind !== 'access-key') return { to: versionId, left: undefined };
  const store = keyStorer(context, { versionId, document }, keys);
  const onCurrent = await store(current);
  if (typeof onCurrent === 'string') return { to: onCurrent, left: undefined };
  const isUsers = (value: CurrentValue): boolean =>
    findKey(keys, currentKeyId(value)) !== undefined || isKnownAsTheUsers(value, state);
  let asItIs: string | undefined;
  const described = (await gateways.secrets.describe(state.secretId)) ?? secret;
  const onAnother = await findInVersions(gateways.secrets, state, described, async (base) => {
    if (base.versionId === current.versionId || !isUsers(withoutMaterial(base.document))) return undefined;
    const on = await store(base);
    if (typeof on === 'string') return on;
    if (isSame(base.document, document)) asItIs ??= base.versionId;
    return undefined;
  });
  return {
    to: onAnother ?? asItIs ?? versionId,
    left: { secretId: state.secretId, versionId: current.versionId, why: onCurrent },
  };
};

/**
 * Until AWSCURRENT names the key, however often somebody edits the secret meanwhile; but never in the place of somebody
 * else's key. Whose that is, is asked of what each compare-and-set would replace.
 */
const moveCurrent = async (
  context: Context,
  { versionId, accessKeyId }: { readonly versionId: string; readonly accessKeyId: string },
  keys: readonly AccessKey[],
  described: SecretDescription,
): Promise<CurrentAfterRollback> => {
  const { state, gateways } = context;
  const { secrets, identities } = gateways;
  const { secretId } = state;
  return untilShown(async () => {
    const current = await secrets.current(state);
    const restored = (left?: LeftVersion) => ({ kind: 'restored', accessKeyId, left }) as const;
    if (current === undefined) return restored();
    const value = withoutMaterial(current.document);
    if (currentKeyId(value) === accessKeyId) return restored();
    const stranger = isKnownAsTheUsers(value, state)
      ? undefined
      : await findStranger({ identities }, current, keys, state);
    if (stranger !== undefined) return { kind: 'strange', stranger };
    const { to, left } = await versionWithKey(context, current, versionId, described, keys);
    const move = { from: current.versionId, to };
    if ((await secrets.moveLabel(secretId, LABELS.current, move)) === 'moved') return restored(left);
    return new Late({ code: 'label', label: LABELS.current, secretId });
  });
};

/**
 * What an earlier attempt of this step has left behind, and not come to say: AWSCURRENT is on the old key, and AWSPREVIOUS is what
 * the owner has written during this rotation, and cannot take the key.
 */
const leftBefore = async (
  context: Context,
  { secret, current, currentVersionId }: Situation,
  keys: readonly AccessKey[],
): Promise<LeftVersion | undefined> => {
  const { state, gateways } = context;
  const { secretId, rotation } = state;
  const versionId = secret.versionByLabel.get(LABELS.previous);
  const accessKeyId = currentKeyId(current);
  if (versionId === undefined || accessKeyId === null || accessKeyId !== rotation.oldAccessKeyId)
    return undefined;
  const versions = await gateways.secrets.versions(secretId);
  const created = (id: string) =>
    versions.find((version) => version.versionId === id)?.createdDate?.getTime() ?? 0;
  if (created(versionId) < Date.parse(rotation.startedAt)) return undefined;
  // Then a person has written it since, who knows what was there.
  if (!isVersionOfKey(currentVersionId, accessKeyId) && created(currentVersionId) > created(versionId)) {
    return undefined;
  }
  const document = await gateways.secrets.namedVersion(state, currentVersionId);
  if (document.kind !== 'access-key') return undefined;
  const why = withKeyOf(context, document, await gateways.secrets.namedVersion(state, versionId), keys);
  return typeof why === 'string' ? undefined : { secretId, versionId, why };
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
    return moveCurrent(context, { versionId, accessKeyId }, keys, secret);
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
    return new Late({ code: 'hold', secretId });
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
): Promise<{
  readonly explanation: Said;
  readonly current: CurrentAfterRollback;
  readonly reactivated: boolean;
}> => {
  const { state, owner, gateways } = context;
  const { userName, rotation, rollback } = state;
  const situation = await readSituation(gateways.iam, gateways.secrets, state, owner);
  const { secret, keys: listed, current } = situation;
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
    currentIs =
      goesTo === undefined
        ? { kind: 'kept', left: await unlessItFails(leftBefore(context, situation, keys)) }
        : await restoreCurrent(context, goesTo, secret, keys);
  } finally {
    // Also when AWS cannot say yet whose the key in AWSCURRENT is, and the rollback is tried again.
    await hold(context);
  }
  const facts = {
    ...{ userName, oldAccessKeyId, inactiveAccessKeyIdsBefore, keys, reactivated, current },
    settings: state.settings,
  };
  return { explanation: explainRollback(facts, rollback, currentIs), current: currentIs, reactivated };
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

  return stepHandler(STEPS['reactivate-access-key'], runtime, gateways, async (context) => {
    const { state } = context;
    try {
      const { explanation: outcome, current, reactivated } = await rollBack(context);
      const done = { ...state, outcome, ...(reactivated && { reactivatedHere: true as const }) };
      // A person who has asked for the rollback has to learn that consumers still find no key.
      const error = state.rollback.error ?? ERROR_OF[current.kind];
      if (error === null) {
        return { ...done, status: 'rolled-back-by-hand', tells: 'RolledBackByHand' as const };
      }
      // A definition of an earlier release tells a person this.
      const failure = { Error: error, details: { errorMessage: asMessage(inSentences(outcome)) } };
      return { ...done, status: 'rolled-back', failure, tells: error };
    } catch (error) {
      // Under its own name, because Retry matches that; but never without the outage it means.
      const { name, said, keys } = toRotationError(error, 'rolling back');
      throw new RotationError(name, explainFailedRollback(state, said), { cause: error, keys });
    }
  });
};

export const handler = createHandler(lambdaRuntime());
