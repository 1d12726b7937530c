import { ListRegionsCommand, paginateListRegions } from '@aws-sdk/client-account';
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import {
  AttachUserPolicyCommand,
  DetachUserPolicyCommand,
  ListAttachedUserPoliciesCommand,
} from '@aws-sdk/client-iam';
import { clientsFor, setUp } from '../fixture';

/*
 * Which Regions an account has, what CloudTrail shows in them of calls that anybody makes with a key, and the managed policies of users.
 */

test('the Regions of an account, by status and page by page', async () => {
  const { aws, account } = setUp();
  aws.account.setRegion('ap-south-2', 'ENABLING');
  aws.account.setRegion('sa-east-1', 'DISABLED');
  const { Regions = [] } = await account.send(new ListRegionsCommand({}));
  expect(Regions.map(({ RegionName }) => RegionName)).toEqual([
    'us-east-1',
    'eu-west-1',
    'ap-south-2',
    'sa-east-1',
  ]);
  const shown: unknown[] = [];
  const pages = paginateListRegions(
    { client: account, pageSize: 1 },
    { RegionOptStatusContains: ['ENABLED_BY_DEFAULT', 'ENABLING'] },
  );
  for await (const page of pages) shown.push(page.Regions?.map(({ RegionOptStatus }) => RegionOptStatus));
  expect(shown).toEqual([['ENABLED_BY_DEFAULT'], ['ENABLED_BY_DEFAULT'], ['ENABLING']]);
});

test('CloudTrail answers in the Regions of the account, each with its own events, and in no other', async () => {
  const { aws, clock, requestHandler } = setUp();
  aws.iam.addUser({ userName: 'alice' });
  const { accessKeyId } = aws.iam.addAccessKey('alice');
  await clock.advance(60_000);
  const call = {
    eventSource: 'ec2.amazonaws.com',
    eventName: 'RunInstances',
    sourceIPAddress: '203.0.113.66',
  };
  expect(aws.callWith(accessKeyId, { ...call, region: 'eu-west-1' })).toBe(true);
  expect(aws.callWith('AKIANOBODYNOBODYNOBO', call)).toBe(false);
  aws.iam.setStatus(accessKeyId, 'Inactive');
  await clock.advance(20 * 60_000);
  expect(aws.callWith(accessKeyId, call)).toBe(false);

  const credentials = aws.roleCredentials('arn:aws:iam::111122223333:role/looks');
  const eventsIn = async (region: string) => {
    const { trail } = clientsFor(credentials, { requestHandler }, region);
    const LookupAttributes = [{ AttributeKey: 'AccessKeyId' as const, AttributeValue: accessKeyId }];
    const { Events = [] } = await trail.send(new LookupEventsCommand({ LookupAttributes }));
    return Events.map(({ CloudTrailEvent }) => JSON.parse(CloudTrailEvent ?? '{}'));
  };
  expect(await eventsIn('eu-west-1')).toMatchObject([
    { eventName: 'RunInstances', sourceIPAddress: '203.0.113.66', userIdentity: { accessKeyId } },
  ]);
  expect(await eventsIn('us-east-1')).toEqual([]);
  await expect(eventsIn('ap-south-2')).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
});

test('managed policies are attached to a user, listed and detached', async () => {
  const { aws, iam } = setUp();
  aws.iam.addUser({ userName: 'alice' });
  const PolicyArn = 'arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3';
  const user = { UserName: 'alice' };
  const listed = async () =>
    (await iam.send(new ListAttachedUserPoliciesCommand(user))).AttachedPolicies?.map((one) => one.PolicyArn);
  expect(await listed()).toEqual([]);
  aws.iam.attachPolicy('alice', 'arn:aws:iam::aws:policy/ReadOnlyAccess');
  await iam.send(new AttachUserPolicyCommand({ ...user, PolicyArn }));
  expect(await listed()).toEqual(['arn:aws:iam::aws:policy/ReadOnlyAccess', PolicyArn]);
  await iam.send(new DetachUserPolicyCommand({ ...user, PolicyArn }));
  expect(await listed()).toEqual(['arn:aws:iam::aws:policy/ReadOnlyAccess']);
  await expect(iam.send(new DetachUserPolicyCommand({ ...user, PolicyArn }))).rejects.toMatchObject({
    name: 'NoSuchEntityException',
  });
});
