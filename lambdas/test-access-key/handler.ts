import { RETRY_NOTE, RotationError } from '../shared/contract/errors';
import { currentKeyId, lacksLabel, readSituation } from '../shared/findings/situation';
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
import { stepHandler } from '../shared/shell/step-handler';
import { mask } from '../shared/text/mask';
import { describeKeys } from '../shared/words/keys';
import { judge, NO_TESTS, record, TEST_INTERVAL_SECONDS, type TestVerdict } from './decide';

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
  { userName, secretId, newAccessKeyId }: CreatedState,
  owner: string,
  { versionByLabel }: SecretDescription,
  why: string,
): Promise<never> => {
  const name = mask(newAccessKeyId);
  // A crash between the mark and the move of AWSCURRENT leaves a key that was perhaps never published, but
  // that is no proof. Condemning it would only make it useless.
  if (versionByLabel.has(publishedLabel(newAccessKeyId))) {
    const listed = (await iam.accessKeys(userName)) ?? [];
    throw new RotationError(
      'AccessKeyNotUsable',
      `The new key ${name} is not usable: ${why}. It was about to be published, or was published, so it is not ` +
        `deleted. ${describeKeys(listed)} Start a new execution: it tests the key again. If AWS goes on refusing it ` +
        'and nothing uses it, delete it by hand first.',
      { leak: leakToldBy(listed) },
    );
  }
  const discarded = await discardStoredKey(iam, secrets, {
    userName,
    secretId,
    accessKeyId: newAccessKeyId,
    owner,
  });
  if (discarded === 'published') {
    throw new RotationError(
      'StateDrift',
      `The new key ${name} was published while this step judged it (${why}). It was not deleted. Start a new ` +
        'execution: it goes on from what is there.',
    );
  }
  const listed = (await iam.accessKeys(userName)) ?? [];
  const keys = listed.filter((key) => key.accessKeyId !== newAccessKeyId);
  throw new RotationError(
    'AccessKeyNotUsable',
    `The new key ${name} was never published and is deleted: ${why}. Consumers still use the old key. ` +
      `${describeKeys(keys)} The next start creates another key.`,
    { leak: leakToldBy(keys) },
  );
};

type StoredKey =
  | { readonly kind: 'stored'; readonly key: Key }
  | { readonly kind: 'missing'; readonly why: string };

const storedKey = async (
  { secrets }: Gateways,
  state: CreatedState,
  { versionByLabel }: SecretDescription,
): Promise<StoredKey> => {
  const labelled = versionByLabel.get(keyLabel(state.newAccessKeyId));
  if (labelled === undefined || isIntentVersion(labelled)) {
    return { kind: 'missing', why: 'an earlier attempt of this step had condemned it' };
  }
  const document = await secrets.namedVersion(state, labelled);
  return document.kind === 'access-key' && document.accessKeyId === state.newAccessKeyId
    ? { kind: 'stored', key: document }
    : { kind: 'missing', why: 'the version that carries its label does not hold it' };
};

/** Step 2: proves that AWS accepts the stored key, or condemns and deletes it before anybody could use it. */
export const createHandler = (runtime: Runtime) => {
  const gateways: Gateways = {
    iam: new IamGateway(runtime.clientConfig),
    secrets: new SecretGateway(runtime.clientConfig),
    executions: new ExecutionGateway(runtime.clientConfig),
    identities: new IdentityGateway(runtime.clientConfig),
  };

  return stepHandler(STEPS['test-access-key'], gateways, async ({ state, owner, gateways }) => {
    const { userName, newAccessKeyId } = state;
    const { secret, current } = await readSituation(gateways.iam, gateways.secrets, state, owner, {
      missing: lacksLabel(newAccessKeyId, undefined),
    });
    const name = mask(newAccessKeyId);
    const usable = (outcome: string) => ({
      ...state,
      status: 'usable' as const,
      testedAt: new Date().toISOString(),
      outcome,
    });
    // A published key is in use: whatever a test would say, it is not ours to condemn any more.
    if (currentKeyId(current) === newAccessKeyId) return usable(`${name} is published already.`);

    const stored = await storedKey(gateways, state, secret);
    if (stored.kind === 'missing') return discard(gateways, state, owner, secret, stored.why);
    const verdict = await test(gateways, stored.key, state.userId);
    switch (verdict.kind) {
      case 'usable':
        return usable(`AWS accepts ${name} as a key of ${userName}.`);
      case 'condemn':
        return discard(gateways, state, owner, secret, verdict.reason);
      case 'wrong-user':
        throw new RotationError(
          'StateDrift',
          `The key ${name} in the secret belongs to ${verdict.userId}, not to ${userName} (${state.userId}): somebody has ` +
            'changed the stored version. Nothing was published or deleted. Compare the secret with IAM, and start again.',
        );
      case 'unknown':
        throw new RotationError(
          'TransientServiceError',
          `STS gave no usable answer about ${name}. Nothing was published or deleted. ${RETRY_NOTE}`,
        );
    }
  });
};

export const handler = createHandler(lambdaRuntime());
