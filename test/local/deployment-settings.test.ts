import { rolePermissions } from '../../local/deployment/permissions';
import { TemplateResolver } from '../../local/deployment/template';
import { findSecrets } from './support/canary';
import { appOf } from './support/deployed';

/*
 * What a company asks of every resource, played: the template with all of it, deployed, and a rotation by its own permissions.
 */

const SECRET = 'acme-iam-access-key-rotation/alice';

const { deploy, template } = appOf([{ userName: 'alice' }], {
  notifications: { emails: ['ops@example.com'] },
  deployment: {
    namePrefix: 'acme-',
    tags: { 'cost-center': '1234' },
    permissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/boundary',
    rolePath: '/automation/rotation/',
    policies: 'managed',
    vpc: { subnetIds: ['subnet-0123456789abcdef0'], securityGroupIds: ['sg-0123456789abcdef0'] },
    architecture: 'x86_64',
    reservedConcurrency: 2,
    scheduleGroupName: 'rotations',
    alarmActions: ['arn:aws:sns:us-east-1:111122223333:pager'],
    terminationProtection: true,
  },
});

/** The properties of the one resource of a type whose ID has this in it. */
const resourceOf = (type: string, part: string) =>
  Object.entries(template().Resources).find(([id, { Type }]) => Type === type && id.includes(part))?.[1]
    .Properties as { readonly Environment?: { readonly Variables?: Readonly<Record<string, unknown>> } };

test('a rotation with every setting of functions, roles and names succeeds by its own permissions', async () => {
  const world = await deploy();
  const { aws, startExecution, run } = world;
  const execution = startExecution({ userName: 'alice' });
  expect(await run(execution.result)).toMatchObject({ status: 'SUCCEEDED' });
  expect(execution.arn).toContain(':acme-IamAccessKeyRotation:');
  const [key, ...others] = aws.iam.keysOf('alice');
  expect(others).toEqual([]);
  expect(JSON.parse(aws.secretsManager.valueOf(SECRET) ?? '{}')).toMatchObject({
    AccessKeyId: key?.accessKeyId,
  });
  expect(findSecrets(world, { history: execution.history }).leaks).toEqual([]);
}, 60_000);

test('the role that CloudTrail names as the creator of a key is the one that the steps compare with, path and all', async () => {
  const { aws, startExecution, run } = await deploy();
  await run(startExecution({ userName: 'alice' }).result);
  const creators = aws.cloudTrail
    .snapshot()
    .filter(({ eventName, principal }) => eventName === 'CreateAccessKey' && principal.kind === 'role')
    .map(({ principal }) => principal.arn);
  const compared = resourceOf('AWS::Lambda::Function', 'StepsCreateAccessKey').Environment?.Variables
    ?.CREATE_ACCESS_KEY_ROLE_ARN;
  const resolver = new TemplateResolver(template(), {
    stackName: 'acme-IamAccessKeyRotation',
    accountId: aws.accountId,
    region: aws.region,
  });
  expect(creators).toEqual([resolver.resolve(compared)]);
  expect(creators[0]).toMatch(/^arn:aws:iam::111122223333:role\/automation\/rotation\/\w+$/);
}, 60_000);

test('the schedule and the survey of the stack are in its group, and the survey finds it', async () => {
  const world = await deploy();
  const { schedules, run, aws } = world;
  const [start] = schedules.values();
  const execution = start?.();
  expect(await run(execution?.result ?? Promise.reject())).toMatchObject({ status: 'SUCCEEDED' });
  await world.run(() => world.survey());
  expect(aws.sns.messages.map(({ subject }) => subject)).toEqual([]);
}, 60_000);

describe('network interfaces', () => {
  const ec2 = (resource: string): string => `arn:aws:ec2:us-east-1:111122223333:${resource}`;
  const OWN = 'subnet/subnet-0123456789abcdef0';
  const IN_CODE = { 'lambda:SourceFunctionArn': ['arn:aws:lambda:us-east-1:111122223333:function:step'] };

  test.each<[string, string, string, Readonly<Record<string, readonly string[]>>, boolean]>([
    ['are created by Lambda', 'CreateNetworkInterface', 'network-interface/*', {}, true],
    ['in the subnet of the functions', 'CreateNetworkInterface', OWN, {}, true],
    ['not in another subnet', 'CreateNetworkInterface', 'subnet/subnet-0000000000000000f', {}, false],
    ['not by the code of a function', 'CreateNetworkInterface', OWN, IN_CODE, false],
    ['are deleted before it is known where', 'DeleteNetworkInterface', '*/*', {}, true],
    [
      'are deleted in the subnet of the functions',
      'DeleteNetworkInterface',
      'network-interface/eni-1',
      { 'ec2:Subnet': [ec2(OWN)] },
      true,
    ],
    [
      'but in no other',
      'DeleteNetworkInterface',
      'network-interface/eni-1',
      { 'ec2:Subnet': [ec2('subnet/subnet-0000000000000000f')] },
      false,
    ],
  ])('%s', (_what, action, resource, conditions, allowed) => {
    const resolver = new TemplateResolver(template(), {
      stackName: 'acme-IamAccessKeyRotation',
      accountId: '111122223333',
      region: 'us-east-1',
    });
    const may = rolePermissions(template(), resolver);
    const functions = Object.values(template().Resources).filter(
      ({ Type }) => Type === 'AWS::Lambda::Function',
    );
    expect(functions.length).toBeGreaterThan(10);
    for (const { Properties } of functions) {
      const caller = resolver.text(Properties?.Role, 'the role');
      expect(may({ caller, action: `ec2:${action}`, resource: ec2(resource), conditions })).toBe(allowed);
    }
  });
});
