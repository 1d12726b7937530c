import { DeleteAccessKeyCommand, IAMClient } from '@aws-sdk/client-iam';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Template } from '../../local/deployment/template';
import { SECRET } from '../support/alice';
import { findSecrets } from './support/canary';
import { appOf } from './support/deployed';

const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const { deploy, template } = appOf([
  {
    userName: 'alice',
    fieldNames: 'environment',
    kmsKeyArn: KEY,
    replicaRegions: ['us-west-2', 'eu-west-1'],
    readers: ['arn:aws:iam::444455556666:role/reader'],
  },
]);

/** The template without what it allows to do with keys, except where `keep` says so. */
const withoutKeyPermissions = (keep: (logicalId: string) => boolean): Template => ({
  ...template(),
  Resources: Object.fromEntries(
    Object.entries(template().Resources).map(([logicalId, resource]) => {
      const { PolicyDocument, ...others } = (resource.Properties ?? {}) as {
        readonly PolicyDocument?: { readonly Statement: readonly { readonly Action: unknown }[] };
      };
      if (PolicyDocument === undefined || keep(logicalId)) return [logicalId, resource];
      const Statement = PolicyDocument.Statement.filter(
        ({ Action }) => !JSON.stringify(Action).includes('kms:'),
      );
      return [
        logicalId,
        { ...resource, Properties: { ...others, PolicyDocument: { ...PolicyDocument, Statement } } },
      ];
    }),
  ),
});

test('the app with all settings of a secret: deployed, and a rotation by its own permissions', async () => {
  const created = await deploy();
  const { aws, startExecution, run } = created;
  expect(aws.secretsManager.secret(SECRET)).toMatchObject({
    kmsKeyArn: KEY,
    replicas: [
      { region: 'us-west-2', status: 'InSync' },
      { region: 'eu-west-1', status: 'InSync' },
    ],
  });
  const execution = startExecution({ userName: 'alice' });
  expect(await run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
  const [key, ...others] = aws.iam.keysOf('alice');
  expect(others).toEqual([]);
  const document = JSON.parse(aws.secretsManager.valueOf(SECRET) ?? '{}') as Record<string, string>;
  expect(document).toMatchObject({ AccessKeyId: key?.accessKeyId, AWS_ACCESS_KEY_ID: key?.accessKeyId });
  expect(document.AWS_SECRET_ACCESS_KEY === document.SecretAccessKey).toBe(true);
  const { known, leaks } = findSecrets(created, { history: execution.history });
  expect(known).toBeGreaterThanOrEqual(2);
  expect(leaks).toEqual([]);
}, 60_000);

test.each([
  ['plan-rotation', 'ReadingWithSecretKeys'],
  ['create-access-key', 'StoringWithSecretKeys'],
])(
  'a rotation fails where %s may not use the key',
  async (_step, part) => {
    const { aws, startExecution, run } = await deploy(
      withoutKeyPermissions((logicalId) => !logicalId.includes(`Steps${part}`)),
    );
    expect(await run(startExecution({ userName: 'alice' }).result)).toMatchObject({
      status: 'FAILED',
      error: 'PermissionDenied',
      cause: expect.stringContaining('Access to KMS is not allowed'),
    });
    expect(aws.iam.keysOf('alice')).toHaveLength(1);
  },
  60_000,
);

describe('the role of a step', () => {
  const FUNCTION = 'arn:aws:lambda:us-east-1:111122223333:function:';
  const resourceNamed = (type: string, part: string): string =>
    Object.entries(template().Resources).find(([id, { Type }]) => Type === type && id.includes(part))?.[0] ??
    '';

  /** What IAM and Secrets Manager answer to the role of delete-access-key, from this function. */
  const answers = async (sourceFunctionArn: string | undefined) => {
    const { aws, server } = await deploy();
    const [key] = aws.iam.keysOf('alice');
    const role = resourceNamed('AWS::IAM::Role', 'StepsDeleteAccessKeyRole');
    const config = {
      region: aws.region,
      endpoint: server.url,
      credentials: aws.roleCredentials(
        `arn:aws:iam::111122223333:role/${role}`,
        'session',
        sourceFunctionArn?.replace('OWN', resourceNamed('AWS::Lambda::Function', 'StepsDeleteAccessKey')),
      ),
    };
    const calls = [
      () => new SecretsManagerClient(config).send(new GetSecretValueCommand({ SecretId: SECRET })),
      () =>
        new IAMClient(config).send(
          new DeleteAccessKeyCommand({ UserName: 'alice', AccessKeyId: key?.accessKeyId }),
        ),
    ];
    const said = [];
    for (const call of calls) {
      said.push(
        await call().then(
          () => 'done',
          (error: Error) => error.name,
        ),
      );
    }
    return { said, left: aws.iam.keysOf('alice').length };
  };

  test.each<[string, string | undefined]>([
    ['its own function', `${FUNCTION}OWN`],
    ['a version of it', `${FUNCTION}OWN:7`],
    ['something of which AWS does not say what it is', undefined],
  ])('is good in %s', async (_case, arn) => {
    expect(await answers(arn)).toEqual({ said: ['done', 'done'], left: 0 });
  });

  test.each([
    ['a function of somebody', `${FUNCTION}somebodys`],
    ['a function that is called nearly the same', `${FUNCTION}OWN2`],
    ['the same name in another account', `${FUNCTION.replace('111122223333', '444455556666')}OWN`],
  ])('is good for nothing in %s', async (_case, arn) => {
    expect(await answers(arn)).toEqual({ said: ['AccessDeniedException', 'AccessDenied'], left: 1 });
  });
});

test('a deployment fails where the secret may not be created with the key', async () => {
  await expect(deploy(withoutKeyPermissions(() => false))).rejects.toThrow('Access to KMS is not allowed');
}, 60_000);
