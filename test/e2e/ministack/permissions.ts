import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  IAMClient,
  ListAccessKeysCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { secretName } from '../../../lib/config/names';
import { expectEqual, refusalOf } from './check';
import type { Cloud } from './cloud';
import { credentialsOfStep } from './roles';

/** A key and its owner. */
interface KeyOfUser {
  readonly UserName: string;
  readonly AccessKeyId: string;
}

/**
 * Tries, with the credentials of deployed steps, calls that they need and calls that they may not make. The
 * permissions are those of the deployed roles, and ministack judges.
 *
 * @throws Problem that says what was allowed or refused wrongly.
 */
export const checkPermissions = async (
  cloud: Cloud,
  { enrolled, notEnrolled }: { readonly enrolled: KeyOfUser; readonly notEnrolled: KeyOfUser },
): Promise<void> => {
  const unrelated = await cloud.secrets.send(
    new CreateSecretCommand({ Name: 'somebody-elses', SecretString: '{}' }),
  );
  const deactivation = cloud.as(await credentialsOfStep(cloud, 'deactivate-access-key'));
  const iam = new IAMClient(deactivation);
  const secrets = new SecretsManagerClient(deactivation);
  const adoption = cloud.as(await credentialsOfStep(cloud, 'confirm-adoption'));
  const DENIED = 'AccessDenied';
  const DENIED_BY_JSON_SERVICE = 'AccessDeniedException';

  const questions: readonly (readonly [
    what: string,
    expected: string | undefined,
    () => Promise<unknown>,
  ])[] = [
    [
      'deactivate-access-key lists the keys of an enrolled user',
      undefined,
      () => iam.send(new ListAccessKeysCommand({ UserName: enrolled.UserName })),
    ],
    [
      'deactivate-access-key sets the status of a key of an enrolled user',
      undefined,
      () => iam.send(new UpdateAccessKeyCommand({ ...enrolled, Status: 'Active' })),
    ],
    [
      'deactivate-access-key deletes a key of an enrolled user',
      DENIED,
      () => iam.send(new DeleteAccessKeyCommand(enrolled)),
    ],
    [
      'deactivate-access-key creates a key for an enrolled user',
      DENIED,
      () => iam.send(new CreateAccessKeyCommand({ UserName: enrolled.UserName })),
    ],
    [
      'deactivate-access-key lists the keys of another user',
      DENIED,
      () => iam.send(new ListAccessKeysCommand({ UserName: notEnrolled.UserName })),
    ],
    [
      'deactivate-access-key sets the status of a key of another user',
      DENIED,
      () => iam.send(new UpdateAccessKeyCommand({ ...notEnrolled, Status: 'Inactive' })),
    ],
    [
      'deactivate-access-key writes the secret of an enrolled user',
      DENIED_BY_JSON_SERVICE,
      () =>
        secrets.send(
          new PutSecretValueCommand({ SecretId: secretName(enrolled.UserName), SecretString: '{}' }),
        ),
    ],
    [
      'deactivate-access-key reads another secret',
      DENIED_BY_JSON_SERVICE,
      () => secrets.send(new GetSecretValueCommand({ SecretId: unrelated.ARN })),
    ],
    [
      'confirm-adoption asks when a key of an enrolled user was used',
      undefined,
      () =>
        new IAMClient(adoption).send(new GetAccessKeyLastUsedCommand({ AccessKeyId: enrolled.AccessKeyId })),
    ],
    [
      'confirm-adoption asks when a key of another user was used',
      DENIED,
      () =>
        new IAMClient(adoption).send(
          new GetAccessKeyLastUsedCommand({ AccessKeyId: notEnrolled.AccessKeyId }),
        ),
    ],
    [
      'confirm-adoption reads an alarm that is not configured',
      DENIED_BY_JSON_SERVICE,
      () => new CloudWatchClient(adoption).send(new DescribeAlarmsCommand({ AlarmNames: ['another'] })),
    ],
  ];
  const answers: Record<string, string | undefined> = {};
  for (const [what, , ask] of questions) answers[what] = await refusalOf(ask());
  expectEqual(
    'IAM’s answers to deployed steps (undefined: allowed)',
    answers,
    Object.fromEntries(questions.map(([what, expected]) => [what, expected])),
  );
};
