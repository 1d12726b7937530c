import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { parseStacks } from '../../../lib/config';
import { RETENTION_DAYS } from '../../../lib/config/deployment-settings';

const LIMITS = { executionTimeoutSeconds: 90 * 86_400 };
const users = [{ userName: 'alice' }];
const deploymentOf = (config: object) => parseStacks(config, LIMITS)[0]?.deployment;

describe('how a stack is deployed', () => {
  it('is as it is built in where nothing is said', () => {
    expect(deploymentOf({ users })).toMatchObject({
      rolePath: '/',
      policies: 'inline',
      architecture: 'arm64',
      logRetentionDays: 365,
      auditRetentionDays: 400,
      removalPolicy: 'retain',
      terminationProtection: false,
      tags: {},
      alarmActions: [],
      forwardExposedKeys: true,
    });
  });

  it('is as all stacks say, and field by field as one of them says', () => {
    const stacks = parseStacks(
      {
        deployment: { logRetentionDays: 30, namePrefix: 'acme-' },
        stacks: [
          { stackName: 'one', users },
          { stackName: 'two', deployment: { logRetentionDays: 90 }, users: [{ userName: 'bob' }] },
        ],
      },
      LIMITS,
    );
    expect(stacks.map(({ deployment }) => [deployment.logRetentionDays, deployment.namePrefix])).toEqual([
      [30, 'acme-'],
      [90, 'acme-'],
    ]);
  });

  it('knows every retention of CloudWatch Logs, but not "for ever"', () => {
    const days = Object.values(RetentionDays).filter((value) => typeof value === 'number');
    expect([...RETENTION_DAYS]).toEqual(days.filter((value) => value !== RetentionDays.INFINITE));
  });

  it.each<[object, string]>([
    [{ logRetentionDays: 100 }, 'deployment.logRetentionDays: 100 was given. Allowed: a number of days'],
    [{ tags: { 'rotation-paused': 'x' } }, 'deployment.tags: '],
    [{ encryptionKeyArn: 'alias/mine' }, 'deployment.encryptionKeyArn: "alias/mine" was given.'],
    [{ vpc: { subnetIds: [] } }, 'deployment.vpc.subnetIds'],
    [{ eventBusName: 'default' }, 'deployment.eventBusName: "default" was given.'],
    [
      { tags: { 'aws:x': 'no' } },
      'deployment.tags: {"aws:x":"no"} was given. Allowed: keys of 1 to 128 letters',
    ],
    [{ tags: { Cost: 'a', cost: 'b' } }, 'Allowed: keys that differ by more than capital letters'],
    [{ scheduleGroupName: 'default' }, 'deployment.scheduleGroupName: "default" was given.'],
    [
      { reservedConcurrency: 1 },
      'deployment.reservedConcurrency: 1 was given. Allowed: a whole number from 2',
    ],
    [
      { logRetention: 400 },
      'deployment.logRetention: 400 was given, but there is no such field. Allowed: namePrefix, tags',
    ],
    [{ logRetentionDay: 400 }, 'Did you mean "logRetentionDays"?'],
    [
      { vpc: { vpcId: 'vpc-1' } },
      'deployment.vpc.vpcId: "vpc-1" was given, but there is no such field. Allowed: subnetIds',
    ],
  ])('refuses %j, and says what is allowed', (deployment, message) => {
    expect(() => deploymentOf({ deployment, users })).toThrow(message);
  });

  describe('its key', () => {
    const keyIn = (region: string, partition = 'aws', account = '111122223333') =>
      `arn:${partition}:kms:${region}:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
    const one = (encryptionKeyArn: string) => ({ deployment: { encryptionKeyArn }, users });

    it.each([
      ['where the stack is', keyIn('eu-west-1'), { region: 'eu-west-1' }],
      [
        'of another account',
        keyIn('eu-west-1', 'aws', '444455556666'),
        { region: 'eu-west-1', account: '111122223333' },
      ],
      ['of another partition', keyIn('cn-north-1', 'aws-cn'), { region: 'cn-north-1' }],
      ['anywhere if nothing is known', keyIn('eu-west-1'), {}],
    ])('may be one %s', (_which, key, here) => {
      expect(parseStacks(one(key), LIMITS, here)[0]?.deployment.encryptionKeyArn).toBe(key);
    });

    it.each([
      ['of another Region', keyIn('us-east-1'), 'eu-west-1', 'a KMS key in eu-west-1 (aws)'],
      ['of the wrong partition', keyIn('cn-north-1'), 'cn-north-1', 'a KMS key in cn-north-1 (aws-cn)'],
    ])('may not be one %s', (_which, key, region, allowed) => {
      const problem = `deployment.encryptionKeyArn: "${key}" was given. Allowed: ${allowed}, where the stack is.`;
      expect(() => parseStacks(one(key), LIMITS, { region })).toThrow(problem);
    });

    it.each([
      ['all stacks', { deployment: { encryptionKeyArn: keyIn('us-east-1') } }, {}, 'deployment'],
      ['one stack', {}, { deployment: { encryptionKeyArn: keyIn('us-east-1') } }, 'stacks[1].deployment'],
    ])('is judged for each stack, where it was given for %s', (_which, forAll, own, where) => {
      const stacks = [
        { stackName: 'one', region: 'us-east-1', users },
        { stackName: 'two', region: 'eu-west-1', users: [{ userName: 'bob' }], ...own },
      ];
      const problem = `- ${where}.encryptionKeyArn: "${keyIn('us-east-1')}" was given. Allowed: a KMS key in eu-west-1`;
      expect(() => parseStacks({ ...forAll, stacks }, LIMITS)).toThrow(problem);
    });
  });

  it('names an unknown field wherever it stands', () => {
    const config = { stacks: [{ stackName: 'one', deployment: { tag: {} }, users }] };
    expect(() => parseStacks(config, LIMITS)).toThrow(
      'stacks[0].deployment.tag: {} was given, but there is no such field.',
    );
  });
});
