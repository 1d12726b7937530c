import { RotationError } from '../shared/contract/errors';
import { currentKeyId, lacksLabel } from '../shared/findings/situation';
import { ExecutionGateway } from '../shared/gateways/execution-gateway';
import { IamGateway } from '../shared/gateways/iam-gateway';
import { type Identity, IdentityGateway } from '../shared/gateways/identity-gateway';
import { lambdaRuntime, type Runtime, sleep } from '../shared/gateways/runtime';
import { type SecretDescription, SecretGateway } from '../shared/gateways/secret-gateway';
import { discardStoredKey } from '../shared/recovery/discard';
import { leakToldBy } from '../shared/rotation/leak';
import type { CreatedState } from '../shared/rotation/rotation-state';
import { STEPS } from '../shared/rotation/step-table';
import { isIntentVersion, keyLabel, publishedLabel } from '../shared/secret/versions';
import { readSituation } from '../shared/shell/situation';
import { stepHandler } from '../shared/shell/step-handler';
import { type CondemnWhy, judge, NO_TESTS, record, TEST_INTERVAL_SECONDS, type TestVerdict } from './decide';
import * as words from './words';

interface Gateways {
  readonly iam: IamGateway;
  readonly secrets: SecretGateway;
  readonly executions: ExecutionGateway;
  readonly identities: IdentityGateway;
}

interface Key {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const ask = async (
  { identities }: Gateways,
  key: Key,
): Promise<Identity | { readonly kind: 'no-answer' }> => {
  try {
    return await identities.whoIs(key);
  } catch (error) {
    if (error instanceof RotationError && error.name === 'TransientServiceError')
      return { kind: 'no-answer' };
    throw error;
  }
};

const test = async (
  gateways: Gateways,
  key: Key,
  userId: string,
): Promise<Exclude<TestVerdict, { kind: 'test-again' }>> => {
  const startedAt = new Date();
  let tests = NO_TESTS;
  for (;;) {
    // By when it was asked: a late answer to an early question says nothing about the end of the budget.
    const askedAt = new Date();
    tests = record(tests, await ask(gateways, key));
    const verdict = judge(tests, { userId, startedAt }, askedAt);
    if (verdict.kind !== 'test-again') return verdict;
    await sleep(TEST_INTERVAL_SECONDS * 1000);
  }
};

/** Gives the new key up: deletes it, unless it may be in use. */
const discard = async (
  { iam, secrets }: Gateways,
  state: CreatedState,
  owner: string,
  { versionByLabel }: SecretDescription,
  why: CondemnWhy,
): Promise<never> => {
  const { userName, secretId, newAccessKeyId } = state;
  // A crash between the mark and the move of AWSCURRENT leaves a key that was perhaps never published, but
  // that is no proof. Condemning it would only make it useless.
  if (versionByLabel.has(publishedLabel(newAccessKeyId))) {
    const listed = (await iam.accessKeys(userName)) ?? [];
    const message = words.keptPublished(state, why, listed);
    throw new RotationError('AccessKeyNotUsable', message, { leak: leakToldBy(listed) });
  }
  const discarded = await discardStoredKey(iam, secrets, {
    userName,
    secretId,
    accessKeyId: newAccessKeyId,
    owner,
  });
  if (discarded === 'published') {
    throw new RotationError('StateDrift', words.publishedMeanwhile(state, why));
  }
  const listed = (await iam.accessKeys(userName)) ?? [];
  const keys = listed.filter((key) => key.accessKeyId !== newAccessKeyId);
  throw new RotationError('AccessKeyNotUsable', words.deleted(state, why, keys), { leak: leakToldBy(keys) });
};

type StoredKey =
  | { readonly kind: 'stored'; readonly key: Key }
  | { readonly kind: 'missing'; readonly why: CondemnWhy };

const storedKey = async (
  { secrets }: Gateways,
  state: CreatedState,
  { versionByLabel }: SecretDescription,
): Promise<StoredKey> => {
  const labelled = versionByLabel.get(keyLabel(state.newAccessKeyId));
  if (labelled === undefined || isIntentVersion(labelled)) {
    return { kind: 'missing', why: { code: 'condemned-before' } };
  }
  const document = await secrets.namedVersion(state, labelled);
  return document.kind === 'access-key' && document.accessKeyId === state.newAccessKeyId
    ? { kind: 'stored', key: document }
    : { kind: 'missing', why: { code: 'not-in-version' } };
};

/** Step 2: proves that AWS accepts the stored key, or condemns and deletes it before anybody could use it. */
export const createHandler = (runtime: Runtime) => {
  const gateways: Gateways = {
    iam: new IamGateway(runtime.clientConfig),
    secrets: new SecretGateway(runtime.clientConfig),
    executions: new ExecutionGateway(runtime.clientConfig),
    identities: new IdentityGateway(runtime.clientConfig),
  };

  return stepHandler(STEPS['test-access-key'], runtime, gateways, async ({ state, owner, gateways }) => {
    const { newAccessKeyId } = state;
    const { secret, current } = await readSituation(gateways.iam, gateways.secrets, state, owner, {
      missing: lacksLabel(newAccessKeyId, undefined),
    });
    const usable = (outcome: string) => ({
      ...state,
      status: 'usable' as const,
      testedAt: new Date().toISOString(),
      outcome,
    });
    // A published key is in use: whatever a test would say, it is not ours to condemn any more.
    if (currentKeyId(current) === newAccessKeyId) return usable(words.sayPublished(state));

    const stored = await storedKey(gateways, state, secret);
    if (stored.kind === 'missing') return discard(gateways, state, owner, secret, stored.why);
    const verdict = await test(gateways, stored.key, state.userId);
    switch (verdict.kind) {
      case 'usable':
        return usable(words.sayUsable(state));
      case 'condemn':
        return discard(gateways, state, owner, secret, verdict.why);
      case 'wrong-user':
        throw new RotationError('StateDrift', words.notTheUsers(state, verdict.userId));
      case 'unknown':
        throw new RotationError('TransientServiceError', words.notAnswered(state));
    }
  });
};

export const handler = createHandler(lambdaRuntime());
