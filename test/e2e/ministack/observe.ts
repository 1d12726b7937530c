import { createHash } from 'node:crypto';
import { ListAccessKeysCommand } from '@aws-sdk/client-iam';
import { DescribeSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { secretName } from '../../../lib/config/names';
import { Problem } from '../support/problem';
import type { Cloud, Credentials } from './cloud';

/** A user's access keys: their status by their IDs. */
export const keysOf = async ({ iam }: Cloud, UserName: string): Promise<Readonly<Record<string, string>>> => {
  const { AccessKeyMetadata = [] } = await iam.send(new ListAccessKeysCommand({ UserName }));
  return Object.fromEntries(AccessKeyMetadata.map((key) => [key.AccessKeyId ?? '', key.Status ?? '']));
};

/** Which version of a user's secret has which labels, in an order that does not depend on the answer's. */
export const labelsOf = async (
  { secrets }: Cloud,
  userName: string,
): Promise<readonly (readonly [string, readonly string[]])[]> => {
  const { VersionIdsToStages = {} } = await secrets.send(
    new DescribeSecretCommand({ SecretId: secretName(userName) }),
  );
  return Object.entries(VersionIdsToStages)
    .map(([version, labels]) => [version, [...labels].sort()] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
};

const currentText = async ({ secrets }: Cloud, userName: string): Promise<string> => {
  const { SecretString = '{}' } = await secrets.send(
    new GetSecretValueCommand({ SecretId: secretName(userName) }),
  );
  return SecretString;
};

/** What consumers read: the key, and the fields that the secret's owner has added. */
export const currentValue = async (
  cloud: Cloud,
  userName: string,
): Promise<{ readonly key: Credentials; readonly fields: Readonly<Record<string, string>> }> => {
  const fields = JSON.parse(await currentText(cloud, userName)) as Record<string, string>;
  const { AccessKeyId, SecretAccessKey } = fields;
  if (!AccessKeyId || !SecretAccessKey) throw new Problem(`There is no key in the secret of ${userName}.`);
  return { key: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey }, fields };
};

/**
 * The parts of users' secrets and keys that a deployment must leave alone. Values are hashed, since the
 * result may be shown.
 */
export const holdings = async (cloud: Cloud, userNames: readonly string[]): Promise<unknown> =>
  Object.fromEntries(
    await Promise.all(
      userNames.map(async (userName) => [
        userName,
        {
          keys: await keysOf(cloud, userName),
          labels: await labelsOf(cloud, userName),
          valueHash: createHash('sha256')
            .update(await currentText(cloud, userName))
            .digest('hex'),
        },
      ]),
    ),
  );

/** The messages in the log groups whose names begin with `prefix`. */
export const logMessages = async (cloud: Cloud, prefix: string): Promise<readonly string[]> => {
  const ask = (operation: string, body: object): Promise<unknown> =>
    cloud.call('logs', { headers: { 'x-amz-target': `Logs_20140328.${operation}` }, body });
  const { logGroups } = (await ask('DescribeLogGroups', { logGroupNamePrefix: prefix })) as {
    readonly logGroups: readonly { readonly logGroupName: string }[];
  };
  if (logGroups.length === 0) throw new Problem(`There is no log group ${prefix}*.`);
  const answers = await Promise.all(
    logGroups.map(
      ({ logGroupName }) =>
        ask('FilterLogEvents', { logGroupName }) as Promise<{
          readonly events: readonly { readonly message: string }[];
        }>,
    ),
  );
  return answers.flatMap(({ events }) => events.map(({ message }) => message));
};
