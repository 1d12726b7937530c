import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { GetAccessKeyLastUsedCommand, GetUserCommand, ListAccessKeysCommand } from '@aws-sdk/client-iam';
import { DescribeSecretCommand, ListSecretVersionIdsCommand } from '@aws-sdk/client-secrets-manager';
import { VirtualClock } from '../../embedded-aws/ground/clock';
import { DAY, HOUR, MINUTE } from '../support/time';
import { setUp } from './fixture';

type World = ReturnType<typeof setUp>;

/** The answers of the services, except for what identifies the request. */
const answers = async ({ iam, secrets, trail, cloudWatch, clock }: World, accessKeyId: string) => {
  const read = [
    iam.send(new GetUserCommand({ UserName: 'alice' })),
    iam.send(new ListAccessKeysCommand({ UserName: 'alice' })),
    iam.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: accessKeyId })),
    secrets.send(new DescribeSecretCommand({ SecretId: 'full' })),
    secrets.send(new ListSecretVersionIdsCommand({ SecretId: 'full', IncludeDeprecated: true })),
    secrets.send(new DescribeSecretCommand({ SecretId: 'empty' })),
    cloudWatch.send(new DescribeAlarmsCommand({ AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] })),
    trail.send(new LookupEventsCommand({})).then(({ Events = [] }) =>
      Events.map(({ EventName, EventTime, Username, Resources, CloudTrailEvent = '' }) => {
        const { eventID: _id, ...event } = JSON.parse(CloudTrailEvent) as Record<string, unknown>;
        return { EventName, EventTime, Username, Resources, event };
      }),
    ),
  ];
  const all = await clock.run(Promise.all<object>(read));
  return all.map((answer) => ({ ...answer, $metadata: undefined }));
};

/** Two keys, one of which was in use, and a third that is gone; secrets with many versions and with none. */
const furnish = async ({ aws, clock }: World): Promise<string> => {
  const { iam, secretsManager, cloudWatch } = aws;
  iam.addUser({ userName: 'alice', path: '/team/', createDate: new Date(clock.now().getTime() - 9 * DAY) });
  iam.addUser({ userName: 'without-keys' });
  const used = iam.addAccessKey('alice', { createDate: new Date(clock.now().getTime() - DAY) });
  const gone = iam.addAccessKey('alice');
  for (let use = 0; use < 3; use += 1) {
    iam.useAccessKey(used.accessKeyId);
    await clock.advance(20 * MINUTE);
  }
  iam.removeAccessKey(gone.accessKeyId);
  iam.setStatus(iam.addAccessKey('alice').accessKeyId, 'Inactive');
  const tags = { team: 'a' };
  secretsManager.createSecret('full', { description: 'd', tags, secretString: 'one' });
  secretsManager.putValue('full', 'two', { labels: ['AWSPENDING'] });
  secretsManager.putValue('full', 'three');
  secretsManager.createSecret('empty', { replicas: [{ region: 'eu-west-1', status: 'InSync' }] });
  secretsManager.scheduleDeletion('empty');
  cloudWatch.addAlarm('metric', 'ALARM');
  cloudWatch.addAlarm('composite', 'OK', 'composite');
  await clock.advance(HOUR);
  // Not reported yet.
  iam.useAccessKey(used.accessKeyId, 'sqs');
  return used.accessKeyId;
};

test('an AWS with another one’s snapshot answers like that one, now and later', async () => {
  const first = setUp({ seed: 1 });
  const accessKeyId = await furnish(first);
  const snapshot = first.aws.snapshot();
  const at = first.clock.now();
  const before = [await answers(first, accessKeyId)];
  await first.clock.advance(HOUR);
  before.push(await answers(first, accessKeyId));

  const second = setUp({ seed: 2, clock: new VirtualClock({ start: at }) });
  second.aws.restore(snapshot);
  expect(second.aws.snapshot()).toEqual(snapshot);
  const after = [await answers(second, accessKeyId)];
  await second.clock.advance(HOUR);
  after.push(await answers(second, accessKeyId));
  expect(after).toEqual(before);
  // Later, the last use is reported.
  expect(before[1]).not.toEqual(before[0]);
});

test('an empty AWS has an empty snapshot', () => {
  const { aws } = setUp();
  expect(aws.snapshot()).toEqual({ users: [], secrets: [], trail: [], alarms: [], alarmChanges: [] });
});

test('using the AWS that has the snapshot does not change the other one', async () => {
  const first = setUp({ seed: 1 });
  const accessKeyId = await furnish(first);
  const snapshot = first.aws.snapshot();
  const second = setUp({ seed: 2, clock: new VirtualClock({ start: first.clock.now() }) });
  second.aws.restore(snapshot);
  second.aws.iam.setStatus(accessKeyId, 'Inactive');
  second.aws.secretsManager.putValue('full', 'four');
  second.aws.cloudWatch.setAlarmState('metric', 'OK');
  expect(first.aws.snapshot()).toEqual(snapshot);
});
