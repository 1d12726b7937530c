import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EmbeddedAws } from '../../../embedded-aws/embedded-aws';
import { VirtualClock } from '../../../embedded-aws/ground/clock';
import { createChange } from '../../../lambdas/replicate-secret/handler';
import { answerCloudFormation } from '../../../lambdas/shared/contract/cloudformation';

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

const deployment = () => {
  const aws = new EmbeddedAws({ clock: new VirtualClock({ start: new Date() }) });
  const added: unknown[] = [];
  aws.faults.inject({
    kind: 'act',
    act: ({ input }) => added.push(input.AddReplicaRegions),
    match: ({ operation }) => operation === 'ReplicateSecretToRegions',
    times: 9,
  });
  for (const name of ['alice', 'bob']) aws.secretsManager.createSecret(name, { secretString: '{}' });
  const change = createChange({
    region: aws.region,
    credentials: aws.roleCredentials('arn:aws:iam::111122223333:role/replicas'),
    requestHandler: aws.requestHandler(),
    maxAttempts: 1,
  });
  const replicasOf = (name: string) => aws.secretsManager.secret(name)?.replicas.map(({ region }) => region);
  return { aws, added, change, replicasOf };
};
const event = (...secrets: readonly object[]) => ({
  RequestType: 'Create',
  ResourceProperties: { ServiceToken: 'arn', Secrets: secrets },
});
const alice = (...Replicas: readonly object[]) => ({ SecretId: 'alice', Replicas });

test('adds the replicas that are missing, and never touches a value', async () => {
  const { aws, added, change, replicasOf } = deployment();
  await change(event(alice({ Region: 'eu-west-1', KmsKeyId: KEY })));
  const { physicalResourceId } = await change({
    ...event(alice({ Region: 'eu-west-1' }, { Region: 'us-west-2' }), {
      SecretId: 'bob',
      Replicas: [{ Region: 'us-west-2' }],
    }),
    RequestType: 'Update',
  });
  expect(physicalResourceId).toBe('secret-replicas');
  expect([replicasOf('alice'), replicasOf('bob')]).toEqual([['eu-west-1', 'us-west-2'], ['us-west-2']]);
  expect(added).toEqual([
    [{ Region: 'eu-west-1', KmsKeyId: KEY }],
    [{ Region: 'us-west-2' }],
    [{ Region: 'us-west-2' }],
  ]);
  expect(new Set(aws.calls.map(({ operation }) => operation))).toEqual(
    new Set(['DescribeSecret', 'ReplicateSecretToRegions']),
  );
});

test('an update asks of secrets with new Regions only, and one that is gone stops no other and no way back', async () => {
  const { aws, change, replicasOf } = deployment();
  const gone = { SecretId: 'gone', Replicas: [{ Region: 'us-west-2' }] };
  const bob = { SecretId: 'bob', Replicas: [{ Region: 'us-west-2' }] };
  const update = (before: readonly object[], after: readonly object[]) => ({
    ...event(...after),
    RequestType: 'Update',
    OldResourceProperties: event(...before).ResourceProperties,
  });
  await change(update([gone], [gone, bob]));
  expect(replicasOf('bob')).toEqual(['us-west-2']);
  const more = { ...gone, Replicas: [...gone.Replicas, { Region: 'eu-west-1' }] };
  await change(update([gone, bob], [more, bob]));
  const calls = aws.calls.length;
  await change(update([more, bob], [gone, bob]));
  expect(aws.calls).toHaveLength(calls);
});

test('replicas that are all there, in whatever condition, are left alone, and so are those that nobody wants now', async () => {
  const { aws, change, replicasOf } = deployment();
  aws.secretsManager.setReplicas('alice', [
    { region: 'eu-west-1', status: 'Failed' },
    { region: 'sa-east-1', status: 'InSync' },
  ]);
  await change(event(alice({ Region: 'eu-west-1' })));
  expect(replicasOf('alice')).toEqual(['eu-west-1', 'sa-east-1']);
  expect(aws.calls.map(({ operation }) => operation)).toEqual(['DescribeSecret']);
});

test('a deletion of the resource calls nothing', async () => {
  const { aws, change } = deployment();
  await change({ RequestType: 'Delete', PhysicalResourceId: 'secret-replicas' });
  expect(aws.calls).toEqual([]);
});

test('a secret that is not there fails the deployment by its name, and the others get their replicas', async () => {
  const { change, replicasOf } = deployment();
  await expect(
    change(event({ SecretId: 'carol', Replicas: [{ Region: 'us-west-2' }] }, alice({ Region: 'us-west-2' }))),
  ).rejects.toThrow(/^Secrets that could not be replicated: 1 of 2\. carol: ResourceNotFoundException: /);
  expect(replicasOf('alice')).toEqual(['us-west-2']);
});

describe('the answer to CloudFormation', () => {
  /** Receives the answers; fails the first ones. */
  const receive = async (failures: number, work: (url: string) => Promise<void>) => {
    const received: { readonly method: unknown; readonly type: unknown; readonly body: unknown }[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method, headers } = request;
        received.push({
          method,
          type: headers['content-type'] ?? '',
          body: JSON.parse(Buffer.concat(chunks).toString()),
        });
        response.statusCode = received.length > failures ? 200 : 503;
        response.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/signed?signature=canary`);
    } finally {
      server.closeAllConnections();
      server.close();
    }
    return received;
  };
  const request = (ResponseURL: string) => ({
    ResponseURL,
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Replicas',
    RequestType: 'Create',
  });
  const SUCCESS = {
    Status: 'SUCCESS',
    PhysicalResourceId: 'id',
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Replicas',
  };
  const succeed = answerCloudFormation(async () => ({ physicalResourceId: 'id' }));

  test.each([0, 2])('says that it succeeded, after %d answers that got lost', async (lost) => {
    const received = await receive(lost, (url) => succeed(request(url)));
    expect(received).toHaveLength(lost + 1);
    expect(received.at(-1)).toEqual({ method: 'PUT', type: '', body: SUCCESS });
  });

  test('keeps the ID under which CloudFormation knows the resource', async () => {
    const [answer] = await receive(0, (url) => succeed({ ...request(url), PhysicalResourceId: 'known' }));
    expect(answer?.body).toEqual({ ...SUCCESS, PhysicalResourceId: 'known' });
  });

  test('gives up when CloudFormation goes on refusing, and says so', async () => {
    await receive(9, async (url) => {
      await expect(succeed(request(url))).rejects.toThrow('CloudFormation refused the answer: HTTP 503');
    });
  });

  test('says why it failed, without the signed address', async () => {
    const { error } = console;
    const logged: unknown[] = [];
    console.error = (entry: unknown) => void logged.push(entry);
    try {
      const failing = answerCloudFormation(async () => {
        throw new TypeError('x'.repeat(5_000));
      });
      const [answer] = await receive(0, (url) => failing(request(url)));
      expect(answer?.body).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'Replicas' });
      expect(answer).toHaveProperty('body.Reason', expect.stringMatching(/^TypeError: x{100,1000}$/));
    } finally {
      console.error = error;
    }
    expect(JSON.stringify(logged)).toContain('TypeError');
    expect(JSON.stringify(logged)).not.toContain('canary');
  });
});
