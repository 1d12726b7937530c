import { discardStoredKey } from '../shared/discard';
import { RETRY_NOTE, RotationError } from '../shared/errors';
import { IamGateway } from '../shared/iam-gateway';
import { type Identity, IdentityGateway } from '../shared/identity-gateway';
import { leakToldBy } from '../shared/leak';
import { mask } from '../shared/mask';
import { CreatedState } from '../shared/rotation-state';
import { lambdaRuntime, type Runtime, sleep } from '../shared/runtime';
import { SecretGateway } from '../shared/secret-gateway';
import { isTransient } from '../shared/service-errors';
import { currentKeyId, describeKeys, readSituation } from '../shared/situation';
import { INCOMPATIBLE_STATE, stepHandler } from '../shared/step-handler';
import { keyLabel, publishedLabel } from '../shared/versions';
import { judge, NO_TESTS, record, TEST_INTERVAL_SECONDS, type TestVerdict } from './decide';

/** Step 2: proves that AWS accepts the stored key, or condemns and deletes it before anybody could use it. */
export const createHandler = (runtime: Runtime) => {
  const iam = new IamGateway(runtime.clientConfig);
  const secrets = new SecretGateway(runtime.clientConfig);
  const identities = new IdentityGateway(runtime.clientConfig);

  const ask = async (key: {
    accessKeyId: string;
    secretAccessKey: string;
  }): Promise<Identity | { kind: 'no-answer' }> => {
    try {
      return await identities.whoIs(key);
    } catch (error) {
      if (error instanceof RotationError || isTransient(error)) return { kind: 'no-answer' };
      throw error;
    }
  };

  const test = async (
    key: { accessKeyId: string; secretAccessKey: string },
    userId: string,
  ): Promise<Exclude<TestVerdict, { kind: 'test-again' }>> => {
    const startedAt = new Date();
    let tests = NO_TESTS;
    for (;;) {
      // By when it was asked: a late answer to an early question says nothing about the end of the budget.
      const askedAt = new Date();
      tests = record(tests, await ask(key));
      const verdict = judge(tests, { userId, startedAt }, askedAt);
      if (verdict.kind !== 'test-again') return verdict;
      await sleep(TEST_INTERVAL_SECONDS * 1000);
    }
  };

  return stepHandler('test-access-key', CreatedState, INCOMPATIBLE_STATE, async ({ state, owner }) => {
    const { userName, secretId, newAccessKeyId } = state;
    const { secret, current } = await readSituation(iam, secrets, state, owner);
    const name = mask(newAccessKeyId);
    const tested = { ...state, status: 'usable', testedAt: new Date().toISOString() };
    // A published key is in use: whatever a test would say, it is not ours to condemn any more.
    if (currentKeyId(current) === newAccessKeyId)
      return { ...tested, outcome: `${name} is published already.` };

    const discard = async (reason: string): Promise<never> => {
      // A crash between the mark and the move of AWSCURRENT leaves a key that was perhaps never published, but
      // that is no proof. Condemning it would only make it useless.
      if (secret.versionByLabel.has(publishedLabel(newAccessKeyId))) {
        const listed = (await iam.accessKeys(userName)) ?? [];
        throw new RotationError(
          'AccessKeyNotUsable',
          `The new key ${name} is not usable: ${reason}. It was about to be published, or was published, so it is not ` +
            `deleted. ${describeKeys(listed)} Start a new execution: it tests the key again. If AWS goes on refusing it ` +
            'and nothing uses it, delete it by hand first.',
          { leak: leakToldBy(listed) },
        );
      }
      const discarded = await discardStoredKey(iam, secrets, {
        userName,
        secretId,
        accessKeyId: newAccessKeyId,
      });
      if (discarded === 'published') {
        throw new RotationError(
          'StateDrift',
          `The new key ${name} was published while this step judged it (${reason}). It was not deleted. Start a new ` +
            'execution: it goes on from what is there.',
        );
      }
      const listed = (await iam.accessKeys(userName)) ?? [];
      const keys = listed.filter((key) => key.accessKeyId !== newAccessKeyId);
      throw new RotationError(
        'AccessKeyNotUsable',
        `The new key ${name} was never published and is deleted: ${reason}. Consumers still use the old key. ` +
          `${describeKeys(keys)} The next start creates another key.`,
        { leak: leakToldBy(keys) },
      );
    };

    const labelled = secret.versionByLabel.get(keyLabel(newAccessKeyId));
    if (labelled === undefined) return discard('an earlier attempt of this step had condemned it');
    const document = await secrets.version(state, labelled);
    if (document?.kind !== 'access-key' || document.accessKeyId !== newAccessKeyId) {
      return discard('the version that carries its label does not hold it');
    }

    const verdict = await test(document, state.userId);
    switch (verdict.kind) {
      case 'usable':
        return {
          ...tested,
          testedAt: new Date().toISOString(),
          outcome: `AWS accepts ${name} as a key of ${userName}.`,
        };
      case 'condemn':
        return discard(verdict.reason);
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
