import { App, Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { AccessKeyRotation } from '../../lib/access-key-rotation';
import { MAX_USERS_PER_STACK, parseConfig } from '../../lib/config';
import { usersWith, usersWithEverything } from '../support/everything';
import { resourcesOf, resourceText, stackOf, synthesizedAsByTheCommand, templateOf } from './synthesize';

const template = templateOf({ notificationEmail: 'ops@example.com', users: [{ userName: 'alice' }] });

test('what holds state keeps its logical ID, else a deployment would replace it', () => {
  const stateful = [
    'AWS::SNS::Topic',
    'AWS::SQS::Queue',
    'AWS::StepFunctions::StateMachine',
    'AWS::Scheduler::ScheduleGroup',
    'AWS::Scheduler::Schedule',
  ];
  expect(stateful.flatMap((type) => Object.keys(resourcesOf(template, type)))).toEqual([
    'AccessKeyRotationNotificationsC9A482BE',
    'AccessKeyRotationUndelivered42DFED89',
    'AccessKeyRotationStateMachineE20C7FF9',
    'AccessKeyRotationEmergencyB538868F',
    'AccessKeyRotationSchedulesGroup12AE1137',
    'AccessKeyRotationSchedulesaliceAF821CF9',
  ]);
});

test('the role whose creations count as ours keeps its logical ID, else an older key would be a stranger’s', () => {
  expect(Object.keys(resourcesOf(template, 'AWS::IAM::Role'))).toContain(
    'AccessKeyRotationStepsCreateAccessKeyRole3F2C647B',
  );
});

test('the stack says where to start a rotation and where to subscribe', () => {
  const outputs = Object.entries(template.findOutputs('*')).map(([name, { Value }]) => [
    name,
    Value.Ref ?? JSON.stringify(Value),
  ]);
  expect(outputs).toEqual([
    ['StateMachineArn', 'AccessKeyRotationStateMachineE20C7FF9'],
    ['EmergencyStateMachineArn', 'AccessKeyRotationEmergencyB538868F'],
    ['ReaderPolicyArns', expect.stringMatching(/PeopleReader1.*PeopleLogReader1/)],
    ['OperatorPolicyArns', expect.stringMatching(/^AccessKeyRotationPeopleOperator1/)],
    ['EmergencyPolicyArns', expect.stringMatching(/^AccessKeyRotationPeopleEmergency1/)],
    ['NotificationTopicArn', 'AccessKeyRotationNotificationsC9A482BE'],
    ['DeadLetterQueueUrl', 'AccessKeyRotationUndelivered42DFED89'],
  ]);
});

describe('a validator', () => {
  const construct = (validator: string, env?: { readonly account: string; readonly region: string }) => {
    const limits = { executionTimeoutSeconds: 90 * 86_400 };
    const { users } = parseConfig({ users: [{ userName: 'alice', validator }] }, limits);
    const app = new App({
      context: { 'aws:cdk:bundling-stacks': [] },
      builtinCloudFormationValidation: false,
    });
    const stack = new Stack(app, 'Stack', env === undefined ? {} : { env });
    return new AccessKeyRotation(stack, 'Rotation', { users, rotationName: 'rotation' });
  };
  const env = { account: '111122223333', region: 'eu-west-1' };

  test.each([
    ['arn:aws:lambda:eu-west-1:111122223333:function:shop', env],
    ['arn:aws:lambda:eu-west-1:444455556666:function:shop', undefined],
  ])('%s is accepted for %j', (validator, where) => {
    expect(() => construct(validator, where)).not.toThrow();
  });

  test.each([
    'arn:aws:lambda:eu-west-1:444455556666:function:shop',
    'arn:aws:lambda:us-east-1:111122223333:function:shop',
  ])('%s is elsewhere, and refused', (validator) => {
    expect(() => construct(validator, env)).toThrow(
      /users\[0\]\.validator: .* was given\. Allowed: a function in the account 111122223333 and the Region eu-west-1, where the stack is\.$/,
    );
  });
});

test('the stack needs neither an account nor a Region to be synthesized', () => {
  const stack = stackOf({ users: [{ userName: 'alice' }] });
  expect(stack.environment).toBe('aws://unknown-account/unknown-region');
});

describe('as many users as a stack carries', () => {
  /** Characters of a policy as IAM counts them: without white space, and with everything resolved. */
  const policyLength = (document: unknown): number => {
    const resolved = JSON.stringify(document, (_key, value) => {
      if (typeof value !== 'object' || value === null) return value;
      if ('Fn::GetAtt' in value || 'Ref' in value) return 'x'.repeat(200);
      if (!('Fn::Sub' in value)) return value;
      return String(value['Fn::Sub'])
        .replaceAll('$' + '{AWS::Partition}', 'aws-us-gov')
        .replaceAll('$' + '{AWS::Region}', 'ap-southeast-1')
        .replaceAll('$' + '{AWS::AccountId}', '123456789012')
        .replaceAll('$' + '{AWS::URLSuffix}', 'amazonaws.com.cn');
    });
    return resolved.length;
  };

  const full = synthesizedAsByTheCommand({
    notificationEmail: 'ops@example.com',
    users: usersWithEverything(MAX_USERS_PER_STACK),
  });
  const template = Template.fromJSON(full.template);
  const existing = templateOf({
    users: usersWith(MAX_USERS_PER_STACK, (userName) => ({
      healthAlarms: ['orders'],
      existingSecret: userName,
    })),
  });
  const templates: [string, Template][] = [
    ['with all that can be said of each', template],
    ['with secrets of their own', existing],
  ];

  test('fit into what CloudFormation takes, as the CDK writes the template', () => {
    expect(Object.keys(full.template.Resources).length).toBeLessThanOrEqual(300);
    expect(full.bytes).toBeLessThan(1_000_000);
  });

  test('whose template would be too large are refused, with how many fit', () => {
    const users = usersWithEverything(MAX_USERS_PER_STACK).map((user, index) => ({
      ...user,
      readers: Array.from(
        { length: 9 },
        (_none, reader) => `arn:aws:iam::123456789012:role/${reader}/${user.userName}`,
      ),
      replicaRegions: ['eu-west-1', 'eu-west-2'].map((region) => ({
        region,
        kmsKeyArn: `arn:aws:kms:${region}:123456789012:key/1234abcd-12ab-34cd-56ef-${String(index).padStart(12, '0')}`,
      })),
    }));
    expect(() => synthesizedAsByTheCommand({ users })).toThrow(
      /users: the template of the stack IamAccessKeyRotation, with 100 users, has 2\d\d resources and 10\d{5} bytes\. Allowed: 500 resources and 1000000 bytes, .* 9\d users fit; put the others into another stack\.$/,
    );
    expect(() => synthesizedAsByTheCommand({ users: users.slice(0, 90) })).not.toThrow();
  });

  test.each(templates)('have policies that fit into what IAM allows a role, %s', (_which, template) => {
    const managed = Object.values(resourcesOf(template, 'AWS::IAM::ManagedPolicy')).map(
      ({ Properties }) => Properties,
    );
    for (const { PolicyDocument } of managed) expect(policyLength(PolicyDocument)).toBeLessThanOrEqual(6_144);

    const inline = Object.values(resourcesOf(template, 'AWS::IAM::Policy')).map(
      ({ Properties }) => Properties,
    );
    for (const role of Object.keys(resourcesOf(template, 'AWS::IAM::Role'))) {
      const ofRole = ({ Roles = [] }: { Roles?: { Ref: string }[] }) => Roles.some(({ Ref }) => Ref === role);
      const inlineLength = inline
        .filter(ofRole)
        .reduce((sum, { PolicyDocument }) => sum + policyLength(PolicyDocument), 0);
      expect(inlineLength).toBeLessThanOrEqual(10_240);
      expect(managed.filter(ofRole).length).toBeLessThanOrEqual(10);
    }
    expect(managed.length).toBeGreaterThan(0);
  });

  test('still give each step each user, each secret and each key, once', () => {
    const granted = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']
      .flatMap((type) => Object.values(resourcesOf(template, type)))
      .filter(({ Properties }) =>
        (Properties.Roles ?? []).some(({ Ref }: { Ref: string }) => Ref.includes('StepsPlanRotationRole')),
      )
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .flatMap(({ Resource }) => Resource)
      .map(resourceText);
    for (const kind of [':user/', ':secret:', ':key/']) {
      const ofKind = granted.filter((arn) => arn.includes(kind));
      expect(ofKind).toHaveLength(MAX_USERS_PER_STACK);
      expect(new Set(ofKind).size).toBe(MAX_USERS_PER_STACK);
    }
  });

  test('are refused when the names of their secrets are too long for the policies of a role', () => {
    const users = usersWith(MAX_USERS_PER_STACK, (userName) => ({
      existingSecret: userName.padEnd(500, 's'),
    }));
    expect(() => stackOf({ users })).toThrow(
      /Role needs more than the 10 managed policies .* Move some users to another stack\.$/,
    );
  });
});

describe('the construct, in a stack of somebody else', () => {
  const { users } = parseConfig({ users: [{ userName: 'alice' }] }, { executionTimeoutSeconds: 90 * 86_400 });
  const emptyStack = (): Stack =>
    new Stack(
      new App({ context: { 'aws:cdk:bundling-stacks': [] }, builtinCloudFormationValidation: false }),
      'Theirs',
    );

  test.each(['', 'x'.repeat(65), 'my rotation', 'a.b'])('refuses the name %j', (rotationName) => {
    expect(() => new AccessKeyRotation(emptyStack(), 'Keys', { users, rotationName })).toThrow(
      /^rotationName: ".*" was given\. Allowed: 1 to 64 letters/,
    );
  });

  test('refuses to rotate nobody', () => {
    const rotation = (): AccessKeyRotation =>
      new AccessKeyRotation(emptyStack(), 'Keys', { users: [], rotationName: 'keys' });
    expect(rotation).toThrow('users: 0 were given. Allowed: 1 to 100.');
  });
});

describe('the AwsSolutions checks of cdk-nag', () => {
  const acknowledged = (root: IConstruct): [string, string[]][] =>
    root.node.findAll().flatMap((construct): [string, string[]][] => {
      const entries = construct.node.metadata.filter(
        ({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY,
      );
      return entries.length === 0
        ? []
        : [
            [
              construct.node.path,
              entries
                .flatMap(({ data }) => Object.keys(data))
                .map((id) => id.replace(/^Annotation::/, ''))
                .sort(),
            ],
          ];
    });

  const stack = stackOf({
    users: [
      { userName: 'alice', healthAlarms: ['orders'] },
      { userName: 'bob', existingSecret: 'bob/key' },
    ],
  });

  test('find nothing that is not acknowledged', () => {
    const report = new AwsSolutionsChecks(stack).validateScope(stack);
    expect(
      report.violations.map(({ ruleName, violatingResources }) => [ruleName, violatingResources]),
    ).toEqual([]);
    expect(report.success).toBe(true);
  });

  test('are acknowledged for one resource each, and for nothing else', () => {
    const executions =
      'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:IamAccessKeyRotation:*]';
    const declarations = executions.replace(':*]', '-emergency:*]');
    const created =
      'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:iam-access-key-rotation/*]';
    const rotation = 'IamAccessKeyRotation/AccessKeyRotation';
    const ofPeople = [created, declarations, executions];
    expect(acknowledged(stack)).toEqual([
      [`${rotation}/Undelivered`, ['AwsSolutions-SQS3']],
      [`${rotation}/Steps/PlanRotationRole`, [declarations, executions]],
      [`${rotation}/Steps/StopExecutionRole`, [executions]],
      [`${rotation}/Steps/CreateAccessKeyRole`, ['AwsSolutions-IAM5[Resource::*]', executions]],
      [`${rotation}/Steps/TestAccessKeyRole`, [executions]],
      [`${rotation}/Steps/PublishAccessKeyRole`, [executions]],
      [`${rotation}/Steps/ConfirmAdoptionRole`, [executions]],
      [`${rotation}/Steps/DeactivateAccessKeyRole`, [executions]],
      [`${rotation}/Steps/ConfirmHealthRole`, [executions]],
      [`${rotation}/Steps/ReactivateAccessKeyRole`, [executions]],
      [`${rotation}/Steps/DeleteAccessKeyRole`, ['AwsSolutions-IAM5[Resource::*]', executions]],
      [`${rotation}/StateMachine/Role`, ['AwsSolutions-IAM5[Resource::*]']],
      [`${rotation}/StateMachine/Resource`, ['AwsSolutions-SF2']],
      [`${rotation}/Emergency/Role`, ['AwsSolutions-IAM5[Resource::*]']],
      [`${rotation}/Emergency/Resource`, ['AwsSolutions-SF2']],
      [`${rotation}/People/Reader1`, ofPeople],
      [`${rotation}/People/LogReader1`, ofPeople],
      [`${rotation}/People/Operator1`, ofPeople],
      [`${rotation}/People/Emergency1`, ofPeople],
    ]);
  });
});
