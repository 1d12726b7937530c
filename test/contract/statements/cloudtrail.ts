import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { GetSecretValueCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { holds, same } from '../deviation';
import { type Statement, statementsAbout } from '../statement';
import { type Subject, VALUE, versionId } from '../subject';
import { running } from './step-functions';

/** A record, as far as the statements are about it. */
interface TrailRecord {
  readonly userIdentity?: { readonly type?: unknown; readonly arn?: unknown };
  readonly eventSource?: unknown;
  readonly awsRegion?: unknown;
  readonly readOnly?: unknown;
  readonly requestParameters?: Readonly<Record<string, unknown>> | null;
  readonly responseElements?: Readonly<Record<string, unknown>> | null;
}

/** Waits for the event of a name that is meant. */
const eventOf = (
  { cloudTrail, eventually }: Subject,
  AttributeValue: string,
  isMeant: (record: TrailRecord) => boolean,
): Promise<{ readonly text: string; readonly record: TrailRecord; readonly readOnly: unknown }> =>
  eventually(`the event ${AttributeValue}`, async () => {
    const { Events = [] } = await cloudTrail.send(
      new LookupEventsCommand({ LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue }] }),
    );
    for (const { CloudTrailEvent: text = '{}', ReadOnly: readOnly } of Events) {
      const record = JSON.parse(text) as TrailRecord;
      if (isMeant(record)) return { text, record, readOnly };
    }
    return undefined;
  });

const hasIdentity = ({ userIdentity }: TrailRecord): void => {
  holds(
    typeof userIdentity?.type === 'string' && typeof userIdentity.arn === 'string',
    'the event does not say who made the call',
  );
};

const LOOKUP = 'CloudTrail API, LookupEvents';
const notOnAws = 'an event may show a quarter of an hour after its call';

const statement = statementsAbout('CloudTrail');

export const cloudTrailStatements: readonly Statement[] = [
  statement({
    id: 'who-created-a-key',
    says: 'LookupEvents finds who created an access key, by the event’s name and the key in its answer.',
    source: `${LOOKUP}; IAM User Guide, logging IAM and AWS STS API calls with AWS CloudTrail`,
    matters: 'a key that nothing else explains is never deleted without its creator',
    notOnAws,
    check: async (subject) => {
      const userName = await subject.user();
      const { accessKeyId } = await subject.accessKey(userName);
      const { record } = await eventOf(
        subject,
        'CreateAccessKey',
        ({ responseElements }) =>
          (responseElements?.accessKey as { readonly accessKeyId?: unknown } | undefined)?.accessKeyId ===
          accessKeyId,
      );
      hasIdentity(record);
    },
  }),
  statement({
    id: 'who-started',
    says: 'LookupEvents finds who started an execution, in the execution’s Region, by the event’s name and the execution’s ARN in its answer.',
    source: `${LOOKUP}; Step Functions Developer Guide, recording API calls with AWS CloudTrail`,
    matters: 'the record of a rotation says who or what started it',
    notOnAws,
    check: async (subject) => {
      const { executionArn, stateMachineArn, name } = await running(subject);
      const { record, readOnly } = await eventOf(
        subject,
        'StartExecution',
        ({ responseElements }) => responseElements?.executionArn === executionArn,
      );
      hasIdentity(record);
      const { eventSource, awsRegion, requestParameters } = record;
      same(
        'the event',
        {
          eventSource,
          here: awsRegion === subject.region,
          machine: requestParameters?.stateMachineArn === stateMachineArn,
          name: requestParameters?.name === name,
          readOnly,
        },
        { eventSource: 'states.amazonaws.com', here: true, machine: true, name: true, readOnly: 'false' },
      );
    },
  }),
  statement({
    id: 'who-read-a-secret',
    says: 'LookupEvents finds who read a secret, by the event’s name and the secret as the reader named it, and shows no value.',
    source: `${LOOKUP}, read only; Secrets Manager User Guide, logging Secrets Manager events with AWS CloudTrail`,
    matters: 'who read the secret, without the service’s own reads',
    notOnAws,
    check: async (subject) => {
      const { name } = await subject.secret();
      await subject.secretsManager.send(
        new GetSecretValueCommand({ SecretId: name, VersionStage: 'AWSCURRENT' }),
      );
      const { text, record, readOnly } = await eventOf(
        subject,
        'GetSecretValue',
        ({ requestParameters }) =>
          requestParameters?.secretId === name && requestParameters.versionStage === 'AWSCURRENT',
      );
      hasIdentity(record);
      holds(!text.includes('placeholder'), 'the event has the value');
      same(
        'the event',
        { readOnly, inRecord: record.readOnly, answer: record.responseElements },
        { readOnly: 'true', inRecord: true, answer: null },
      );
    },
  }),
  statement({
    id: 'who-wrote-a-secret',
    says: 'LookupEvents finds who wrote a version of a secret, and shows no value.',
    source: `${LOOKUP}; Secrets Manager User Guide, logging Secrets Manager events with AWS CloudTrail`,
    matters: 'a value that no rotation wrote',
    notOnAws,
    check: async (subject) => {
      const { name } = await subject.secret();
      const ClientRequestToken = versionId('second');
      await subject.secretsManager.send(
        new PutSecretValueCommand({ SecretId: name, SecretString: VALUE, ClientRequestToken }),
      );
      const { text, record, readOnly } = await eventOf(
        subject,
        'PutSecretValue',
        ({ requestParameters }) =>
          requestParameters?.secretId === name && requestParameters.clientRequestToken === ClientRequestToken,
      );
      hasIdentity(record);
      holds(!text.includes('placeholder'), 'the event has the value');
      same('read only', readOnly, 'false');
    },
  }),
];
