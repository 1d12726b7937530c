import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { holds, same } from '../deviation';
import { accepted, refused, type Statement, statementsAbout } from '../statement';
import { type Subject, VALUE, versionId } from '../subject';

const second = versionId('second');

const read = (
  { secretsManager }: Pick<Subject, 'secretsManager'>,
  SecretId: string,
  which: { readonly VersionId?: string; readonly VersionStage?: string } = {},
) => secretsManager.send(new GetSecretValueCommand({ SecretId, ...which }));

const scheduleDeletion = ({ secretsManager }: Subject, SecretId: string) =>
  secretsManager.send(new DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));

const statement = statementsAbout('Secrets Manager');

/** Secrets as a whole. */
export const secretStatements: readonly Statement[] = [
  statement({
    id: 'current-unless-asked-otherwise',
    says: 'GetSecretValue without version or label answers with the version that has AWSCURRENT, its ID and its value.',
    source: 'Secrets Manager API, GetSecretValue, VersionStage',
    matters: 'what consumers read',
    check: async (subject) => {
      const { name: secretId, first } = await subject.secret();
      await subject.secretsManager.send(
        new PutSecretValueCommand({
          SecretId: secretId,
          ClientRequestToken: second,
          SecretString: '{"a":"another"}',
          VersionStages: ['rotation-scratch'],
        }),
      );
      const { VersionId, SecretString } = await accepted('reading the secret', read(subject, secretId));
      same('the version', VersionId === first ? 'first' : 'another', 'first');
      same('the value', SecretString, VALUE);
    },
  }),
  statement({
    id: 'found-by-arn',
    says: 'A secret is found by its name and by its full ARN.',
    source: 'Secrets Manager API, DescribeSecret, SecretId',
    matters: 'existingSecret takes either',
    check: async (subject) => {
      const { name: secretId } = await subject.secret();
      const byName = await subject.secretsManager.send(new DescribeSecretCommand({ SecretId: secretId }));
      const byArn = await accepted(
        'describing it by ARN',
        subject.secretsManager.send(new DescribeSecretCommand({ SecretId: byName.ARN })),
      );
      same('the name found by ARN', byArn.Name === secretId ? 'the same' : 'another', 'the same');
    },
  }),
  statement({
    id: 'no-other-primary',
    says: 'DescribeSecret of a secret without replicas names no other Region as its primary.',
    source: 'Secrets Manager API, DescribeSecret, PrimaryRegion',
    matters: 'plan-rotation refuses a secret that is only a replica here',
    check: async (subject) => {
      const { name: SecretId } = await subject.secret();
      await subject.sees(
        'its primary',
        async () => {
          const { PrimaryRegion } = await subject.secretsManager.send(
            new DescribeSecretCommand({ SecretId }),
          );
          return PrimaryRegion === undefined || PrimaryRegion === subject.region ? 'here' : PrimaryRegion;
        },
        'here',
      );
    },
  }),
  statement({
    id: 'missing-secret',
    says: 'Describing or reading a secret that does not exist is refused with ResourceNotFoundException.',
    source: 'Secrets Manager API, DescribeSecret and GetSecretValue, errors',
    matters: 'plan-rotation distinguishes a missing secret from a service in trouble',
    check: async (subject) => {
      const SecretId = subject.name('missing');
      await refused(
        'describing it',
        subject.secretsManager.send(new DescribeSecretCommand({ SecretId })),
        'ResourceNotFoundException',
      );
      await refused('reading it', read(subject, SecretId), 'ResourceNotFoundException');
    },
  }),
  statement({
    id: 'missing-version-or-label',
    says: 'Reading a version ID or a label that the secret does not have is refused with ResourceNotFoundException.',
    source: 'Secrets Manager API, GetSecretValue, errors',
    matters: 'a label that is gone is a fact, not a failure',
    check: async (subject) => {
      const { name: secretId } = await subject.secret();
      await refused(
        'reading a label that no version has',
        read(subject, secretId, { VersionStage: 'AWSPENDING' }),
        'ResourceNotFoundException',
      );
      await refused(
        'reading a version that does not exist',
        read(subject, secretId, { VersionId: second }),
        'ResourceNotFoundException',
      );
    },
  }),
  statement({
    id: 'secret-without-value',
    says: 'A secret that was created without a value has no version, and reading it is refused with ResourceNotFoundException.',
    source: 'Secrets Manager API, CreateSecret, SecretString; GetSecretValue, errors',
    matters: 'an existing secret that is still empty',
    check: async (subject) => {
      const secretId = await subject.secretWith({});
      same('its labels', await subject.labels(secretId, {}), {});
      await refused('reading it', read(subject, secretId), 'ResourceNotFoundException');
    },
  }),
  statement({
    id: 'versions-in-pages',
    says: 'ListSecretVersionIds answers in pages that together hold every version once, each with its date.',
    source: 'Secrets Manager API, ListSecretVersionIds, MaxResults and NextToken',
    matters: 'looking for what an interrupted rotation stored',
    check: async (subject) => {
      const { name: SecretId, first } = await subject.secret();
      await subject.secretsManager.send(
        new PutSecretValueCommand({ SecretId, ClientRequestToken: second, SecretString: VALUE }),
      );
      await subject.sees('the pages', async () => {
        const pages: string[][] = [];
        let NextToken: string | undefined;
        do {
          const page = await subject.secretsManager.send(
            new ListSecretVersionIdsCommand({
              SecretId,
              IncludeDeprecated: true,
              MaxResults: 1,
              ...(NextToken !== undefined && { NextToken }),
            }),
          );
          const { Versions = [] } = page;
          pages.push(
            Versions.map(({ VersionId, CreatedDate }) =>
              [
                VersionId === first ? 'first' : 'second',
                CreatedDate instanceof Date ? 'dated' : 'undated',
              ].join(' '),
            ),
          );
          NextToken = page.NextToken;
        } while (NextToken !== undefined && pages.length < 3);
        return pages.sort();
      }, [['first dated'], ['second dated']]);
    },
  }),
  statement({
    id: 'create-existing',
    says: 'CreateSecret with the name of a secret that exists is refused with ResourceExistsException.',
    source: 'Secrets Manager API, CreateSecret, errors',
    matters: 'a stack does not take over a secret of another owner',
    check: async (subject) => {
      const { name: Name } = await subject.secret();
      await refused(
        'creating it again',
        subject.secretsManager.send(
          new CreateSecretCommand({ Name, ClientRequestToken: second, SecretString: VALUE }),
        ),
        'ResourceExistsException',
      );
    },
  }),
  statement({
    id: 'create-replayed',
    says: 'CreateSecret makes its ClientRequestToken the first version’s ID, and a repeated call is accepted and changes nothing.',
    source: 'Secrets Manager API, CreateSecret, ClientRequestToken',
    matters: 'a deployment that repeats a call',
    check: async (subject) => {
      const first = versionId('first');
      const input = { ClientRequestToken: first, SecretString: VALUE };
      const Name = await subject.secretWith(input);
      same('its labels', await subject.labels(Name, { first }), { first: ['AWSCURRENT'] });
      await accepted('the replay', subject.secretsManager.send(new CreateSecretCommand({ Name, ...input })));
      same('its labels after the replay', await subject.labels(Name, { first }), { first: ['AWSCURRENT'] });
    },
  }),
  statement({
    id: 'deletion-scheduled-described',
    says: 'A secret that is scheduled for deletion can still be described, and has a DeletedDate.',
    source: 'Secrets Manager API, DescribeSecret, DeletedDate',
    matters: 'plan-rotation says that it must be restored',
    check: async (subject) => {
      const { name: SecretId } = await subject.secret();
      await scheduleDeletion(subject, SecretId);
      await subject.sees(
        'whether DeletedDate is there',
        async () => {
          const { DeletedDate } = await accepted(
            'describing it',
            subject.secretsManager.send(new DescribeSecretCommand({ SecretId })),
          );
          return DeletedDate instanceof Date;
        },
        true,
      );
    },
  }),
  statement({
    id: 'deletion-scheduled-not-read',
    says: 'A secret that is scheduled for deletion cannot be read: InvalidRequestException.',
    source: 'Secrets Manager API, DeleteSecret, introduction; GetSecretValue, errors',
    matters: 'SecretConflict tells a person to restore it',
    check: async (subject) => {
      const { name: secretId } = await subject.secret();
      await scheduleDeletion(subject, secretId);
      await refused('reading it', read(subject, secretId), 'InvalidRequestException');
    },
  }),
  statement({
    id: 'deletion-scheduled-not-written',
    says: 'A secret that is scheduled for deletion accepts neither a version nor a label: InvalidRequestException.',
    source: 'Secrets Manager API, PutSecretValue and UpdateSecretVersionStage, errors',
    matters: 'a rotation stops before it creates a key that it cannot store',
    check: async (subject) => {
      const { name: SecretId, first } = await subject.secret();
      await scheduleDeletion(subject, SecretId);
      await refused(
        'storing a version',
        subject.secretsManager.send(
          new PutSecretValueCommand({ SecretId, ClientRequestToken: second, SecretString: VALUE }),
        ),
        'InvalidRequestException',
      );
      await refused(
        'moving a label',
        subject.secretsManager.send(
          new UpdateSecretVersionStageCommand({
            SecretId,
            VersionStage: 'AWSPENDING',
            MoveToVersionId: first,
          }),
        ),
        'InvalidRequestException',
      );
    },
  }),
  statement({
    id: 'restored-as-it-was',
    says: 'A secret that is restored has its value and its labels again.',
    source: 'Secrets Manager API, RestoreSecret',
    matters: 'the runbook’s instruction to a person',
    check: async (subject) => {
      const { name: SecretId, first } = await subject.secret();
      await scheduleDeletion(subject, SecretId);
      await accepted('restoring it', subject.secretsManager.send(new RestoreSecretCommand({ SecretId })));
      const { SecretString } = await accepted('reading it', read(subject, SecretId));
      same('its value', SecretString, VALUE);
      const { DeletedDate } = await subject.secretsManager.send(new DescribeSecretCommand({ SecretId }));
      holds(DeletedDate === undefined, 'DeletedDate is still there');
      same('its labels', await subject.labels(SecretId, { first }), { first: ['AWSCURRENT'] });
    },
  }),
  statement({
    id: 'unknown-key-refused',
    says: 'A call that is signed with an access key that does not exist is refused with UnrecognizedClientException.',
    source: 'Secrets Manager API, Common Errors',
    matters: 'the error of a consumer that missed the new key',
    check: async (subject) => {
      const unknown = { accessKeyId: `AKIA${'X'.repeat(16)}`, secretAccessKey: 'x'.repeat(40) };
      await refused('it', read(subject.as(unknown), subject.name('any')), 'UnrecognizedClientException');
    },
  }),
];
