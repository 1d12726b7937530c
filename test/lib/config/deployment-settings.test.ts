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

  it.each([
    [{ logRetentionDays: 100 }, 'deployment.logRetentionDays: 100 was given. Allowed: a number of days'],
    [{ tags: { 'rotation-paused': 'x' } }, 'deployment.tags: '],
    [{ encryptionKeyArn: 'alias/mine' }, 'deployment.encryptionKeyArn: "alias/mine" was given.'],
    [{ vpc: { subnetIds: [] } }, 'deployment.vpc.subnetIds'],
    [{ eventBusName: 'default' }, 'deployment.eventBusName: "default" was given.'],
    [{ arm: true }, 'arm'],
  ])('refuses %j, and says what is allowed', (deployment, message) => {
    expect(() => deploymentOf({ deployment, users })).toThrow(message);
  });
});
