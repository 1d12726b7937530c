import { intentVersionId } from '../../../../lambdas/shared/secret/versions';
import { findStranger, readSituation } from '../../../../lambdas/shared/shell/situation';
import { ENROLLED, holding, NEW, OTHER, OWNER } from '../../support/fixtures';
import { accountOf, READABLE } from '../../support/gateways';

const DOCUMENT = JSON.stringify({ AccessKeyId: NEW, SecretAccessKey: 'not-a-real-secret' });

/** The lock is this owner's. */
const locked = () => {
  const account = accountOf(DOCUMENT);
  account.aws.secretsManager.putValue(ENROLLED.secretId, '{"kind":"intent"}', {
    versionId: intentVersionId(OWNER),
    labels: ['AWSPENDING'],
  });
  return account;
};

test('hands on what is found', async () => {
  const { iam, secrets } = locked();
  expect(await readSituation(iam, secrets, READABLE, OWNER)).toMatchObject({ current: holding(NEW) });
});

test('ends in an error that says why it is not what a step can rely on', async () => {
  const { aws, iam, secrets } = locked();
  aws.iam.removeUser('alice');
  await expect(readSituation(iam, secrets, READABLE, OWNER)).rejects.toMatchObject({
    name: 'UserNotFound',
    message: expect.stringContaining('The IAM user alice does not exist any more.'),
  });
});

const current = {
  document: { kind: 'access-key', accessKeyId: OTHER, secretAccessKey: 'not-a-real-secret' },
  storedAt: new Date(0),
} as never;

test('hands on whose a key is', async () => {
  const whoIs = async () => ({ kind: 'user', userId: 'AIDABOBBOBBOBBOB0001', arn: 'bob' });
  expect(await findStranger({ identities: { whoIs } as never }, current, [], READABLE)).toEqual({
    accessKeyId: OTHER,
    evidence: { code: 'accepted', arn: 'bob' },
  });
});

test('ends in an error, with what was thrown, when it is not known whose a key is', async () => {
  const thrown = new Error('no');
  const whoIs = async () => {
    throw thrown;
  };
  await expect(findStranger({ identities: { whoIs } as never }, current, [], READABLE)).rejects.toMatchObject(
    {
      name: 'TransientServiceError',
      message: expect.stringContaining('AWS could not be asked whose it is: Error.'),
      cause: thrown,
    },
  );
});
