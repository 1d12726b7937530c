import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { type EmulatorOptions, startMoto } from '../../e2e/support/emulators';
import { eventually } from '../../e2e/support/eventually';
import type { Judge } from '../judge';

/** The account that moto serves by default. */
const ACCOUNT = '123456789012';

const REGION = 'us-east-1';

/** Creates a user who may do everything, while moto does not check credentials yet. */
const createAdministrator = async (
  endpoint: string,
): Promise<{ readonly accessKeyId: string; readonly secretAccessKey: string }> => {
  const anybody = { accessKeyId: 'anybody', secretAccessKey: 'anybody' };
  const iam = new IAMClient({ endpoint, region: REGION, credentials: anybody });
  const UserName = 'administrator';
  await iam.send(new CreateUserCommand({ UserName }));
  await iam.send(
    new PutUserPolicyCommand({
      UserName,
      PolicyName: 'everything',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
      }),
    }),
  );
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  iam.destroy();
  return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
};

/** Starts moto with signature verification and policy evaluation, which are off by default. */
export const startMotoJudge = async (options: EmulatorOptions): Promise<Judge> => {
  const { url, logTail } = await startMoto(options);
  const credentials = await createAdministrator(url);
  const answer = await fetch(`${url}/moto-api/reset-auth`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: '0',
  });
  if (!answer.ok) throw new Error(`moto does not switch authentication on: HTTP ${answer.status}`);
  return {
    name: 'moto',
    connection: { region: REGION, endpoint: url },
    credentials,
    accountId: ACCOUNT,
    patienceSeconds: 2,
    // On the wire, an operation that moto lacks looks like a crash. Its log, which follows the answer, tells
    // them apart.
    isNotModelled: async ({ $metadata }, operation) => {
      if ($metadata?.httpStatusCode !== 500) return false;
      const action = operation.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();
      const said = (): true | undefined =>
        logTail().includes(`NotImplementedError: The ${action} action has not been implemented`) || undefined;
      return eventually('a traceback', async () => said(), 1, 50).catch(() => false);
    },
  };
};
