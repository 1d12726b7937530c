import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  GetUserCommand,
  IAMClient,
  PutRolePolicyCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { HOUR } from '../../support/time';
import type { KnownDeviation } from '../known';
import { Problem } from '../support/problem';
import { freeMoto, MotoRoles } from './moto-roles';

/** What a check has to work with: a moto that asks for permission. */
interface Subject {
  readonly url: string;
  readonly roles: MotoRoles;
  /** Of the owner, who may do everything. */
  readonly owner: {
    readonly region: string;
    readonly endpoint: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
    readonly maxAttempts: number;
  };
}

/** A deviation, and the moto that shows it. */
interface Deviation extends KnownDeviation<Subject> {
  /** Default: unmodified moto. */
  readonly on?: 'with-shims';
}

const UserName = 'somebody';

/** The role of the checks. It may do just enough for them. */
const ROLE = 'checked';
const ROLE_ACTIONS = ['iam:GetUser'];

const nameOf = async (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    (error: Error) => error.name,
  );

const newKey = async ({ owner }: Subject) => {
  const { AccessKey } = await new IAMClient(owner).send(new CreateAccessKeyCommand({ UserName }));
  return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
};

const callAsRole = ({ owner, roles }: Subject, systemClockOffset = 0): Promise<string> =>
  nameOf(
    new IAMClient({ ...owner, systemClockOffset, credentials: roles.sessionOf(ROLE) }).send(
      new GetUserCommand({ UserName }),
    ),
  );

const allow = async ({ owner }: Subject, Action: string, Resource: string): Promise<void> => {
  const Statement = [{ Effect: 'Allow', Action, Resource }];
  await new IAMClient(owner).send(
    new PutRolePolicyCommand({
      RoleName: ROLE,
      PolicyName: 'copy',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
    }),
  );
};

/** A secret whose label AWSCURRENT was moved from the first version to the second. */
const rotatedSecret = async (secrets: SecretsManagerClient, Name: string): Promise<string> => {
  const { VersionId: first } = await secrets.send(new CreateSecretCommand({ Name, SecretString: 'first' }));
  const { VersionId: second = '' } = await secrets.send(
    new PutSecretValueCommand({ SecretId: Name, SecretString: 'second', VersionStages: ['next'] }),
  );
  await secrets.send(
    new UpdateSecretVersionStageCommand({
      SecretId: Name,
      VersionStage: 'AWSCURRENT',
      RemoveFromVersionId: first,
      MoveToVersionId: second,
    }),
  );
  return second;
};

export const DEVIATIONS: readonly Deviation[] = [
  {
    id: 'resources-ignored',
    aws: 'A statement allows a call when the resource of the call matches.',
    source: 'IAM User Guide, "IAM JSON policy elements: Resource"',
    found: 'It compares the resource *, so a statement about exactly this user refuses the call.',
    consequence: 'Only actions are judged here (shim resource-star); the embedded AWS judges resources.',
    persists: async (subject) => {
      await allow(subject, 'iam:GetUser', `arn:aws:iam::123456789012:user/${UserName}`);
      const onTheUser = await callAsRole(subject);
      await allow(subject, 'iam:GetUser', '*');
      return onTheUser === 'AccessDenied' && (await callAsRole(subject)) === 'ok';
    },
  },
  {
    id: 'cloudwatch-by-signing-name',
    aws: 'The actions of CloudWatch are cloudwatch:*.',
    source: 'Service Authorization Reference, "Actions, resources, and condition keys for Amazon CloudWatch"',
    found: 'It looks for monitoring:*.',
    consequence: 'The copies of the roles use these names (shim monitoring).',
    persists: async (subject) => {
      const alarms = new CloudWatchClient({ ...subject.owner, credentials: subject.roles.sessionOf(ROLE) });
      const call = () => nameOf(alarms.send(new DescribeAlarmsCommand({})));
      await allow(subject, 'cloudwatch:DescribeAlarms', '*');
      const named = await call();
      await allow(subject, 'monitoring:DescribeAlarms', '*');
      return named !== 'ok' && (await call()) === 'ok';
    },
  },
  {
    id: 'inactive-keys-work',
    aws: 'An Inactive key cannot be used for API calls.',
    source: 'IAM API Reference, UpdateAccessKey',
    found: 'It accepts the key.',
    consequence: 'The embedded AWS shows that a consumer which keeps its old key fails after deactivation.',
    persists: async (subject) => {
      const credentials = await newKey(subject);
      await new IAMClient(subject.owner).send(
        new UpdateAccessKeyCommand({ UserName, AccessKeyId: credentials.accessKeyId, Status: 'Inactive' }),
      );
      const sts = new STSClient({ ...subject.owner, credentials });
      return (await nameOf(sts.send(new GetCallerIdentityCommand({})))) === 'ok';
    },
  },
  {
    id: 'new-keys-work-at-once',
    aws: 'A change in IAM is not always visible immediately.',
    source: 'IAM User Guide, "Changes that I make are not always immediately visible"',
    found: 'A new key is accepted by the next call.',
    consequence: 'The test of a new key meets only the refusal that a scenario causes (shim unaccepted-key).',
    persists: async (subject) => {
      const sts = new STSClient({ ...subject.owner, credentials: await newKey(subject) });
      return (await nameOf(sts.send(new GetCallerIdentityCommand({})))) === 'ok';
    },
  },
  {
    id: 'any-signing-time',
    aws: 'A request whose signing time is more than five minutes off is refused.',
    source: 'IAM User Guide, "Troubleshoot Signature Version 4 signed requests for AWS API requests"',
    found: 'It ignores the signing time.',
    consequence: 'The shim at-signing-time can set any time; the embedded AWS verifies the times.',
    persists: async (subject) => {
      await allow(subject, 'iam:GetUser', '*');
      return (await callAsRole(subject, -48 * HOUR)) === 'ok';
    },
  },
  {
    id: 'own-clock',
    aws: 'New resources are dated by the time of their creation, which is about the signing time.',
    source: 'as for any-signing-time',
    found: "It uses the machine's clock.",
    consequence: 'The shim at-signing-time.',
    persists: async ({ owner }) => {
      const systemClockOffset = -48 * HOUR;
      const { User } = await new IAMClient({ ...owner, systemClockOffset }).send(
        new CreateUserCommand({ UserName: 'of-the-day-before-yesterday' }),
      );
      return Math.abs((User?.CreateDate?.getTime() ?? 0) - Date.now()) < HOUR;
    },
  },
  {
    id: 'sessions-without-end',
    aws: "A role's session ends after at most twelve hours.",
    source: 'STS API Reference, AssumeRole, DurationSeconds',
    found: 'It never ends.',
    consequence: 'One session of each role lasts for the weeks of a rotation; in AWS, Lambda renews them.',
    on: 'with-shims',
    persists: async (subject) => (await callAsRole(subject, 13 * HOUR)) === 'ok',
  },
  {
    id: 'put-last-is-current',
    aws: 'GetSecretValue without a version returns the version labelled AWSCURRENT.',
    source: 'Secrets Manager API Reference, GetSecretValue, VersionStage',
    found: 'After UpdateSecretVersionStage has moved the label, it returns the version that had it before.',
    consequence: 'The shim current-by-default: no consumer would see a rotated key.',
    persists: async ({ owner }) => {
      const secrets = new SecretsManagerClient(owner);
      await rotatedSecret(secrets, 'current');
      const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: 'current' }));
      return SecretString === 'first';
    },
  },
  {
    id: 'empty-next-token',
    aws: 'NextToken has at least one character, and is present only if there is more.',
    source: 'Secrets Manager API Reference, ListSecretVersionIds',
    found: 'It is present, and empty.',
    consequence: 'The gateway has to treat an empty token as the end.',
    persists: async ({ owner }) => {
      const secrets = new SecretsManagerClient(owner);
      await rotatedSecret(secrets, 'listed');
      const { NextToken } = await secrets.send(new ListSecretVersionIdsCommand({ SecretId: 'listed' }));
      return NextToken === '';
    },
  },
  {
    id: 'no-event-history',
    aws: 'LookupEvents shows who created a key.',
    source: 'CloudTrail API Reference, LookupEvents',
    found: 'It does not have the operation.',
    consequence:
      'CloudTrail stays embedded, and moto judges only the permission (shims permission-only, creation-events).',
    persists: async ({ owner }) =>
      (await nameOf(new CloudTrailClient(owner).send(new LookupEventsCommand({})))) !== 'ok',
  },
];

/**
 * Checks whether moto still deviates as listed.
 *
 * @returns The IDs of the deviations.
 * @throws Problem if one is gone, so that the list stays true.
 */
export const checkDeviations = async (asItComes: string, withShims: string): Promise<readonly string[]> => {
  const gone: string[] = [];
  for (const [on, url] of [
    [undefined, asItComes],
    ['with-shims', withShims],
  ] as const) {
    const roles = await MotoRoles.create(url, new Map([[ROLE, ROLE_ACTIONS]]));
    const owner = { region: 'us-east-1', endpoint: url, credentials: roles.owner, maxAttempts: 1 };
    await new IAMClient(owner).send(new CreateUserCommand({ UserName }));
    for (const deviation of DEVIATIONS) {
      if (deviation.on === on && !(await deviation.persists({ url, roles, owner }))) gone.push(deviation.id);
    }
    await freeMoto(url);
  }
  if (gone.length > 0) {
    throw new Problem(
      `moto no longer deviates as test/e2e/moto/deviations.ts says: ${gone.join(', ')}. Remove it from the list, and ` +
        'check whether a shim can be removed with it.',
    );
  }
  return DEVIATIONS.map(({ id }) => id);
};
