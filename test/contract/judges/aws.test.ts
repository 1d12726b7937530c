import { EmbeddedAws } from '../../../embedded-aws/embedded-aws';
import { VirtualClock } from '../../../embedded-aws/ground/clock';
import { contractOnAws } from '../../e2e/lanes/contract';
import { Cleanup } from '../../e2e/support/cleanup';
import { createProgress } from '../../e2e/support/progress';
import { STATEMENTS } from '../statements';
import { iamPathOf, NAME_PREFIX } from '../subject';
import { type AwsAccess, awsJudge } from './aws';

const ACCOUNT = '111122223333';
const ENVIRONMENT = { AWS_PROFILE: 'sandbox' };

/** The embedded AWS poses as AWS. */
const setUp = () => {
  const aws = new EmbeddedAws({
    clock: new VirtualClock({ start: new Date() }),
    behaviour: { keyPropagationDelay: 0, statusPropagationDelay: 0, lastUsedDelay: 0 },
    authorize: ({ caller }) => caller.includes(':role/'),
  });
  const access: AwsAccess = {
    environment: ENVIRONMENT,
    posing: {
      connection: { region: aws.region, requestHandler: aws.requestHandler(), maxAttempts: 1 },
      credentials: aws.roleCredentials(`arn:aws:iam::${ACCOUNT}:role/person`),
      patienceSeconds: 0,
      isNotModelled: ({ $metadata }) => $metadata?.httpStatusCode === 501,
    },
  };
  const writes = () =>
    aws.calls
      .filter(({ outcome }) => outcome === 'ok')
      .map(({ operation }) => operation)
      .filter((name) => !/^(Describe|Get|List)/.test(name));
  return { aws, access, writes };
};

const run = async (accountId: string, access: AwsAccess) => {
  const lines: string[] = [];
  const cleanup = new Cleanup();
  await contractOnAws(
    accountId,
    createProgress('aws', 0, (line) => lines.push(line)),
    cleanup,
    access,
    STATEMENTS.filter(({ service }) => service === 'IAM' || service === 'Secrets Manager'),
  );
  await cleanup.run();
  return lines.join('');
};

describe('the suite does not begin', () => {
  it.each([undefined, ''])('without a profile (%j)', async (AWS_PROFILE) => {
    const { aws, access } = setUp();
    await expect(run(ACCOUNT, { ...access, environment: { AWS_PROFILE } })).rejects.toThrow('AWS_PROFILE');
    expect(aws.calls).toEqual([]);
  });

  it('with a profile that leads nowhere, and says so in a sentence', async () => {
    const { access, writes } = setUp();
    const credentials = { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'unknown' };
    const posing = { ...access.posing, credentials } as NonNullable<AwsAccess['posing']>;
    await expect(run(ACCOUNT, { ...access, posing })).rejects.toThrow(
      /^The profile sandbox cannot be used: .+\. Nothing was changed\./,
    );
    expect(writes()).toEqual([]);
  });

  it('in another account than the named one', async () => {
    const { access, writes } = setUp();
    await expect(run('999988887777', access)).rejects.toThrow(
      'The profile sandbox leads to the account 111122223333, not to 999988887777.',
    );
    expect(writes()).toEqual([]);
  });

  it('if a user is left from an earlier run, and says how to remove it', async () => {
    const { aws, access, writes } = setUp();
    const userName = `${NAME_PREFIX}-abc123-ffffff-u1`;
    aws.iam.addUser({ userName, path: iamPathOf(aws.region) });
    await expect(run(ACCOUNT, access)).rejects.toThrow(
      `- IAM user ${userName}: aws iam delete-user --user-name ${userName}, after delete-access-key`,
    );
    expect(writes()).toEqual([]);
  });

  it('if an alarm is left from an earlier run', async () => {
    const { aws, access, writes } = setUp();
    aws.cloudWatch.addAlarm(`${NAME_PREFIX}-abc123-ffffff-known`);
    await expect(run(ACCOUNT, access)).rejects.toThrow('aws cloudwatch delete-alarms --alarm-names');
    expect(writes()).toEqual([]);
  });
});

describe('the suite runs', () => {
  it('beside users and secrets of other owners, which are all that is left after it', async () => {
    const { aws, access } = setUp();
    aws.iam.addUser({ userName: 'alice' });
    aws.iam.addUser({ userName: `${NAME_PREFIX}ors-app`, path: '/prod/' });
    aws.iam.addUser({ userName: `${NAME_PREFIX}-abc123-ffffff-u1`, path: iamPathOf('ap-south-1') });
    aws.logs.addGroup(`/aws/codebuild/${NAME_PREFIX}-tests`);
    aws.iam.addAccessKey('alice');
    aws.secretsManager.createSecret('iam-access-key-rotation/alice', { secretString: '{}' });

    const told = await run(ACCOUNT, access);

    expect(told).toContain('aws: IAM:');
    expect(told).not.toContain('deviate');
    expect(aws.iam.keysOf('alice')).toHaveLength(1);
    expect(aws.secretsManager.secret('iam-access-key-rotation/alice')?.versions).toHaveLength(1);
    // Nothing is left: it could begin again.
    await expect(awsJudge(ACCOUNT, access)).resolves.toMatchObject({ name: 'aws', accountId: ACCOUNT });
  });

  it('without the statements whose answers take hours, and says so', async () => {
    const { access } = setUp();
    expect(await run(ACCOUNT, access)).toContain('Not put to AWS: iam/last-used');
  });

  it('and fails with every statement that does not hold for AWS', async () => {
    const { aws, access } = setUp();
    aws.behaviour.accessKeysPerUser = 3;
    await expect(run(ACCOUNT, access)).rejects.toThrow('- iam/two-keys-at-most: a third key is accepted');
  });
});
