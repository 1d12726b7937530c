import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { AccessKeyRotation } from '../../lib/access-key-rotation';
import { parseStacks } from '../../lib/config';
import {
  deniedToOthersThan,
  madeBefore,
  resourceOf,
  resourcesOf,
  resourceText,
  stackOf,
  statementsOf,
  templateOf,
} from './synthesize';

/*
 * What a company asks of functions, roles and names, in the template. Users have everything that adds a role, a policy or a function.
 */

const CONFIG = {
  notifications: { emails: ['ops@example.com'], chat: true },
  users: [
    {
      userName: 'alice',
      validator: 'arn:aws:lambda:eu-west-1:123456789012:function:shop',
      replicaRegions: ['eu-west-2'],
      readers: ['arn:aws:iam::123456789012:role/reader'],
    },
    { userName: 'bob', existingSecret: 'bob/key' },
  ],
};

const deployedWith = (deployment: object): Template => templateOf({ ...CONFIG, deployment });
const propertiesOf = (template: Template, type: string) =>
  Object.entries(resourcesOf(template, type)).map(([id, { Properties }]) => ({ id, ...Properties }));
const LIMITS = { executionTimeoutSeconds: 90 * 86_400 };

const asItIs = deployedWith({});
const FUNCTIONS = Object.keys(resourcesOf(asItIs, 'AWS::Lambda::Function'));
const ROLES = Object.keys(resourcesOf(asItIs, 'AWS::IAM::Role'));

test('nothing of it is there unless it is asked for', () => {
  const text = JSON.stringify(asItIs.toJSON());
  for (const property of ['PermissionsBoundary', 'VpcConfig', 'ReservedConcurrentExecutions', 'ec2:']) {
    expect(text).not.toContain(property);
  }
  for (const type of ['AWS::IAM::Role', 'AWS::IAM::ManagedPolicy']) {
    for (const { Path = '/', Tags } of propertiesOf(asItIs, type))
      expect([Path, Tags]).toEqual(['/', undefined]);
  }
  expect(FUNCTIONS.length).toBeGreaterThan(12);
});

describe('roles', () => {
  const boundary = 'arn:aws:iam::123456789012:policy/boundary';
  const template = deployedWith({ permissionsBoundaryArn: boundary, rolePath: '/automation/rotation/' });

  test('have the boundary and the path, every one of them, and managed policies have the path', () => {
    const roles = propertiesOf(template, 'AWS::IAM::Role');
    expect(roles.map(({ id }) => id)).toEqual(ROLES);
    for (const { PermissionsBoundary, Path } of roles) {
      expect([PermissionsBoundary, Path]).toEqual([boundary, '/automation/rotation/']);
    }
    const policies = propertiesOf(template, 'AWS::IAM::ManagedPolicy');
    expect(policies.length).toBeGreaterThan(4);
    for (const { Path } of policies) expect(Path).toBe('/automation/rotation/');
  });
});

describe('managed policies alone', () => {
  const template = deployedWith({ policies: 'managed' });

  test('leave no inline policy', () => {
    expect(resourcesOf(template, 'AWS::IAM::Policy')).toEqual({});
    for (const { Policies } of propertiesOf(template, 'AWS::IAM::Role')) expect(Policies).toBeUndefined();
  });

  test.each(ROLES)('give %s what its inline policies gave', (role) => {
    const sorted = (of: Template, effect: string) =>
      statementsOf(of, role, effect)
        .map((statement) => JSON.stringify(statement))
        .sort();
    for (const effect of ['Allow', 'Deny']) expect(sorted(template, effect)).toEqual(sorted(asItIs, effect));
    expect(sorted(template, 'Allow').length).toBeGreaterThan(0);
  });

  test('bind each role to its function, and the function waits for every other policy of its role', () => {
    const policies = Object.entries(resourcesOf(template, 'AWS::IAM::ManagedPolicy'));
    for (const id of FUNCTIONS) {
      const { Properties } = resourcesOf(template, 'AWS::Lambda::Function')[id] ?? {};
      const role = Properties.Role['Fn::GetAtt'][0];
      expect(statementsOf(template, role, 'Deny')).toEqual(deniedToOthersThan(id));
      const others = policies
        .filter(([, policy]) => policy.Properties.Roles?.some(({ Ref }: { Ref: string }) => Ref === role))
        .filter(([, policy]) => !JSON.stringify(policy.Properties.PolicyDocument).includes('"Deny"'))
        .map(([policyId]) => policyId);
      expect([...madeBefore(template, id)]).toEqual(expect.arrayContaining(others));
    }
  });

  test('share no logical ID with an inline policy, which CloudFormation could not make a managed one', () => {
    const inline = Object.keys(resourcesOf(asItIs, 'AWS::IAM::Policy'));
    expect(inline.filter((id) => id in resourcesOf(template, 'AWS::IAM::ManagedPolicy'))).toEqual([]);
  });

  test('are waited for by schedules and state machines', () => {
    const added = (part: string): string[] =>
      Object.keys(resourcesOf(template, 'AWS::IAM::ManagedPolicy')).filter(
        (id) => id.includes(part) && id.includes('AddedPermissions'),
      );
    for (const id of Object.keys(resourcesOf(template, 'AWS::Scheduler::Schedule'))) {
      const permissions = added(id.includes('SurveySchedule') ? 'SurveyScheduleRole' : 'SchedulesRole');
      expect(permissions).toHaveLength(1);
      expect([...madeBefore(template, id)]).toEqual(expect.arrayContaining(permissions));
    }
    const [emergency = ''] = Object.keys(resourcesOf(template, 'AWS::StepFunctions::StateMachine')).filter(
      (id) => id.includes('Emergency'),
    );
    expect([...madeBefore(template, emergency)]).toEqual(expect.arrayContaining(added('EmergencyRole')));
  });
});

describe('a VPC', () => {
  const vpc = {
    subnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
    securityGroupIds: ['sg-0123456789abcdef0'],
  };
  const template = deployedWith({ vpc });
  const ec2 = (resource: string, account = `$\{AWS::AccountId}`): string =>
    `arn:$\{AWS::Partition}:ec2:$\{AWS::Region}:${account}:${resource}`;
  // Another account may share subnets and security groups: whose they are is not said.
  const shared = (resource: string): string => ec2(resource, '*');
  const ofEc2 = (role: string) =>
    statementsOf(template, role)
      .filter(({ actions }) => actions.some((action) => action.startsWith('ec2:')))
      .map(({ actions, resources, conditions }) => [actions, resources.map(resourceText).sort(), conditions]);
  const NOT_FROM_CODE = { Null: { 'lambda:SourceFunctionArn': ['true'] } };

  test('has every function in its subnets, with its security groups', () => {
    for (const { VpcConfig } of propertiesOf(template, 'AWS::Lambda::Function')) {
      expect(VpcConfig).toEqual({ SubnetIds: vpc.subnetIds, SecurityGroupIds: vpc.securityGroupIds });
    }
  });

  test.each(FUNCTIONS)(
    'lets Lambda connect %s to these subnets, but not its code, and before it is made',
    (id) => {
      const { Properties } = resourcesOf(template, 'AWS::Lambda::Function')[id] ?? {};
      const subnets = vpc.subnetIds.map((subnet) => shared(`subnet/${subnet}`));
      const role: string = Properties.Role['Fn::GetAtt'][0];
      expect(ofEc2(role)).toEqual([
        [['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'], ['*'], NOT_FROM_CODE],
        [
          ['ec2:CreateNetworkInterface'],
          [ec2('network-interface/*'), shared('security-group/sg-0123456789abcdef0'), ...subnets].sort(),
          NOT_FROM_CODE,
        ],
        [
          ['ec2:AssignPrivateIpAddresses', 'ec2:DeleteNetworkInterface', 'ec2:UnassignPrivateIpAddresses'],
          [ec2('*/*')],
          {
            ...NOT_FROM_CODE,
            ArnEqualsIfExists: { 'ec2:Subnet': subnets.map((arn) => ({ 'Fn::Sub': arn })) },
          },
        ],
      ]);
      // Its policy is a part of the role.
      const [policy] = Object.keys(resourcesOf(template, 'AWS::IAM::Policy')).filter((name) =>
        name.startsWith(`${role.slice(0, -8)}Permissions`),
      );
      expect([...madeBefore(template, id)]).toContain(policy);
    },
  );

  test('gives nothing of EC2 to a role that is not a function’s', () => {
    const ofFunctions = propertiesOf(template, 'AWS::Lambda::Function').map(
      ({ Role }) => Role['Fn::GetAtt'][0],
    );
    const others = ROLES.filter((role) => !ofFunctions.includes(role));
    expect(others.length).toBeGreaterThan(3);
    for (const role of others) expect(ofEc2(role)).toEqual([]);
  });

  test('leaves cdk-nag nothing to find, with everything else switched on', () => {
    const stack = stackOf({
      ...CONFIG,
      deployment: { vpc, policies: 'managed', rolePath: '/automation/', namePrefix: 'acme-' },
    });
    const { violations } = new AwsSolutionsChecks(stack).validateScope(stack);
    expect(violations.map(({ ruleName, violatingResources }) => [ruleName, violatingResources])).toEqual([]);
  });
});

describe('functions', () => {
  test.each(['arm64', 'x86_64'])('run on %s, all of them', (architecture) => {
    const functions = propertiesOf(deployedWith({ architecture }), 'AWS::Lambda::Function');
    for (const { Architectures } of functions) expect(Architectures).toEqual([architecture]);
  });

  test('have the concurrency that is reserved, each of them', () => {
    const functions = propertiesOf(deployedWith({ reservedConcurrency: 3 }), 'AWS::Lambda::Function');
    for (const { ReservedConcurrentExecutions } of functions) expect(ReservedConcurrentExecutions).toBe(3);
  });
});

describe('tags', () => {
  const tags = { 'cost-center': '1234', owner: 'platform' };
  const template = deployedWith({ tags });
  const asList = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

  test('are on everything that can have them', () => {
    for (const type of [
      'AWS::IAM::Role',
      'AWS::Lambda::Function',
      'AWS::Logs::LogGroup',
      'AWS::SNS::Topic',
      'AWS::SQS::Queue',
      'AWS::StepFunctions::StateMachine',
      'AWS::CloudWatch::Alarm',
      'AWS::Events::Rule',
      'AWS::Scheduler::ScheduleGroup',
    ]) {
      const resources = propertiesOf(template, type);
      expect(resources.length).toBeGreaterThan(0);
      for (const { Tags } of resources) expect(Tags).toEqual(asList);
    }
  });

  test('override none that a resource has of its own', () => {
    const app = new App({
      context: { 'aws:cdk:bundling-stacks': [] },
      builtinCloudFormationValidation: false,
    });
    const stack = new Stack(app, 'Stack');
    const rotation = new AccessKeyRotation(stack, 'Keys', {
      ...{ ...CONFIG, rotationName: 'keys' },
      deployment: { tags },
    });
    new CfnQueue(rotation, 'Own', { tags: [{ key: 'owner', value: 'the service' }] });
    const { Tags } = resourceOf(Template.fromStack(stack), 'AWS::SQS::Queue', 'KeysOwn').Properties;
    expect(Tags).toEqual([
      { Key: 'cost-center', Value: '1234' },
      { Key: 'owner', Value: 'the service' },
    ]);
  });
});

describe('alarm actions', () => {
  const pager = 'arn:aws:sns:eu-west-1:123456789012:pager';
  const incident = 'arn:aws:ssm-incidents::123456789012:response-plan/keys';
  const four = Array.from({ length: 4 }, (_none, index) => `${pager}-${index}`);
  const actionsOf = (template: Template) =>
    propertiesOf(template, 'AWS::CloudWatch::Alarm').map(({ AlarmActions = [] }) => AlarmActions);

  test('are on every alarm, beside the topic of those that publish', () => {
    const before = actionsOf(asItIs);
    expect(actionsOf(deployedWith({ alarmActions: [pager, incident] }))).toEqual(
      before.map((actions) => [...actions, pager, incident]),
    );
    expect(before.filter((actions) => actions.length > 0).length).toBeGreaterThan(0);
    expect(before.filter((actions) => actions.length === 0).length).toBeGreaterThan(0);
  });

  test('are at most five with the topic, which CloudWatch takes', () => {
    const most = Math.max(...actionsOf(deployedWith({ alarmActions: four })).map(({ length }) => length));
    expect(most).toBe(5);
  });
});

describe('names', () => {
  const template = deployedWith({ namePrefix: 'acme-', scheduleGroupName: 'rotations' });
  const stack = stackOf({ ...CONFIG, deployment: { namePrefix: 'acme-' } });

  test('begin with the prefix: of the stack, its state machines and the secrets that it creates', () => {
    expect(stack.stackName).toBe('acme-IamAccessKeyRotation');
    expect(
      propertiesOf(template, 'AWS::StepFunctions::StateMachine').map(
        ({ StateMachineName }) => StateMachineName,
      ),
    ).toEqual(['acme-IamAccessKeyRotation', 'acme-IamAccessKeyRotation-emergency']);
    expect(resourceOf(template, 'Custom::RotatedSecrets').Properties.Secrets).toEqual([
      { SecretId: 'acme-iam-access-key-rotation/alice', UserName: 'alice' },
    ]);
  });

  test('of secrets are granted as they are, and those of other stacks are not', () => {
    const text = JSON.stringify(template.toJSON().Resources);
    expect(text).toContain('secret:acme-iam-access-key-rotation/*');
    expect(text).toContain('secret:acme-iam-access-key-rotation/alice-??????');
    expect(text).not.toContain('secret:iam-access-key-rotation/');
  });

  test('have one group of schedules, in every place that names it', () => {
    expect(resourceOf(template, 'AWS::Scheduler::ScheduleGroup').Properties.Name).toBe('rotations');
    const survey = resourceOf(template, 'AWS::Lambda::Function', 'Survey').Properties;
    expect(survey.Environment.Variables.SCHEDULE_GROUP).toBe('rotations');
    const text = JSON.stringify(template.toJSON().Resources);
    expect(text).toContain('schedule-group/rotations');
    expect(text).toContain('schedule/rotations/*');
    expect(text).not.toContain('schedule/acme-IamAccessKeyRotation');
    expect(text).not.toContain('schedule-group/acme-IamAccessKeyRotation');
    const schedules = propertiesOf(template, 'AWS::Scheduler::Schedule');
    const [group] = Object.keys(resourcesOf(template, 'AWS::Scheduler::ScheduleGroup'));
    for (const { GroupName } of schedules) expect(['rotations', { Ref: group }]).toContainEqual(GroupName);
  });
});

test('the stack is protected from termination if that is asked for', () => {
  expect(stackOf(CONFIG).terminationProtection).toBe(false);
  expect(stackOf({ ...CONFIG, deployment: { terminationProtection: true } }).terminationProtection).toBe(
    true,
  );
});

test('the construct of another project’s stack refuses what is elsewhere, too', () => {
  const deployment = { permissionsBoundaryArn: 'arn:aws:iam::444455556666:policy/b' };
  const env = { account: '123456789012', region: 'eu-west-1' };
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Theirs', { env });
  const construct = () =>
    new AccessKeyRotation(stack, 'Keys', { ...CONFIG, rotationName: 'keys', deployment });
  expect(construct).toThrow(
    'deployment.permissionsBoundaryArn: "arn:aws:iam::444455556666:policy/b" was given. Allowed: a policy in the account 123456789012',
  );
});

describe('what is refused', () => {
  const HERE = { account: '111122223333', region: 'eu-west-1' };
  const problem = (config: object): string => {
    try {
      parseStacks(config, LIMITS, HERE);
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  const users = (userName = 'alice') => ({ users: [{ userName }] });
  const two = (deployment: object, first: object = {}, second: object = {}) => ({
    deployment,
    stacks: [
      { stackName: 'One', deployment: first, ...users() },
      { stackName: 'Two', deployment: second, ...users('bob') },
    ],
  });
  const topicArn = 'arn:aws:sns:eu-west-1:111122223333:all';

  test.each<[string, object, string]>([
    [
      'a boundary of another account',
      { ...users(), deployment: { permissionsBoundaryArn: 'arn:aws:iam::444455556666:policy/b' } },
      'deployment.permissionsBoundaryArn: "arn:aws:iam::444455556666:policy/b" was given. Allowed: a policy in the account 111122223333',
    ],
    [
      'a boundary of another partition',
      { ...users(), deployment: { permissionsBoundaryArn: 'arn:aws-cn:iam::aws:policy/b' } },
      'Allowed: a policy of aws, the partition of the stack.',
    ],
    [
      'an action elsewhere',
      two({}, {}, { alarmActions: ['arn:aws:sns:us-east-1:111122223333:pager'] }),
      'stacks[1].deployment.alarmActions: "arn:aws:sns:us-east-1:111122223333:pager" was given. Allowed: what is in the Region eu-west-1',
    ],
    [
      'the topic itself as an action',
      { ...users(), notifications: { topicArn }, deployment: { alarmActions: [topicArn] } },
      `deployment.alarmActions: "${topicArn}" was given. Allowed: ARNs other than notifications.topicArn`,
    ],
    [
      'a name that is too long with its prefix',
      {
        deployment: { namePrefix: 'x'.repeat(32) },
        stacks: [{ stackName: 'y'.repeat(33), ...users() }],
      },
      `deployment.namePrefix: "${'x'.repeat(32)}" was given. Allowed: a prefix with which the name of the stack, now ${'x'.repeat(32)}${'y'.repeat(33)} with 65 characters, has at most 64`,
    ],
    [
      'one group for two stacks',
      two({ scheduleGroupName: 'all' }),
      'stacks[1].deployment.scheduleGroupName: "all" was given. Allowed: a group of its own for each stack',
    ],
    [
      'a group that is called after another stack',
      two({}, {}, { scheduleGroupName: 'One' }),
      'stacks[1].deployment.scheduleGroupName: "One" was given.',
    ],
    [
      'two names that are one with their prefixes',
      {
        stacks: [
          { stackName: 'a-One', ...users() },
          { stackName: 'One', deployment: { namePrefix: 'a-' }, ...users('bob') },
        ],
      },
      'stacks[1].stackName: "a-One" was given. Allowed: a name of its own for each stack',
    ],
  ])('%s', (_what, config, message) => {
    expect(problem(config)).toContain(message);
    expect(problem(config)).toContain(' has one problem:');
  });

  test.each<[string, object]>([
    [
      'a boundary of AWS',
      { ...users(), deployment: { permissionsBoundaryArn: 'arn:aws:iam::aws:policy/b' } },
    ],
    [
      'an action without a Region',
      {
        ...users(),
        deployment: { alarmActions: ['arn:aws:ssm-incidents::111122223333:response-plan/keys'] },
      },
    ],
    [
      'the longest name',
      { deployment: { namePrefix: 'x'.repeat(32) }, stacks: [{ stackName: 'y'.repeat(32), ...users() }] },
    ],
    ['a group of its own for each', two({}, { scheduleGroupName: 'a' }, { scheduleGroupName: 'b' })],
    [
      'the same name with two prefixes',
      {
        stacks: [
          { stackName: 'One', deployment: { namePrefix: 'a-' }, ...users() },
          { stackName: 'One', deployment: { namePrefix: 'b-' }, ...users('bob') },
        ],
      },
    ],
  ])('but not %s', (_what, config) => {
    expect(problem(config)).toBe('');
  });
});
