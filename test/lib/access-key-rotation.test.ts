import { App, Stack, Validations } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { AccessKeyRotation } from '../../lib/access-key-rotation';
import { MAX_USERS_PER_STACK, parseConfig } from '../../lib/config';
import { resourcesOf, resourceText, stackOf, templateOf } from './synthesize';

const template = templateOf({ notificationEmail: 'ops@example.com', users: [{ userName: 'alice' }] });

test('what holds state keeps its logical ID, else a deployment would replace it', () => {
  const stateful = [
    'AWS::SNS::Topic',
    'AWS::SQS::Queue',
    'AWS::StepFunctions::StateMachine',
    'AWS::Scheduler::ScheduleGroup',
    'AWS::Scheduler::Schedule',
    'Custom::RotatedSecret',
  ];
  expect(stateful.flatMap((type) => Object.keys(resourcesOf(template, type)))).toEqual([
    'AccessKeyRotationNotificationsC9A482BE',
    'AccessKeyRotationUndelivered42DFED89',
    'AccessKeyRotationStateMachineE20C7FF9',
    'AccessKeyRotationEmergencyB538868F',
    'AccessKeyRotationSchedulesGroup12AE1137',
    'AccessKeyRotationSchedulesaliceAF821CF9',
    'AccessKeyRotationSecretsalice61BB657E',
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
    Value.Ref ?? resourceText(Value),
  ]);
  expect(outputs).toEqual([
    ['StateMachineArn', 'AccessKeyRotationStateMachineE20C7FF9'],
    ['EmergencyStateMachineArn', 'AccessKeyRotationEmergencyB538868F'],
    [
      'ReaderPolicyArns',
      expect.stringMatching(/AccessKeyRotationPeopleReader1\w+ AccessKeyRotationPeopleReader2/),
    ],
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
    expect(() => construct(validator, env)).toThrow(/validator of alice: .* own account and Region/);
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

  const usersWith = (settings: object, nameLength: number): object[] =>
    Array.from({ length: MAX_USERS_PER_STACK }, (_, index) => {
      const userName = `svc-${String(index).padStart(3, '0')}-`.padEnd(nameLength, 'x');
      const validator = `arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:${userName}`;
      return { userName, validator, ...settings };
    });

  // The longest names that IAM has, where 100 users of a usual company have some 20 letters.
  const full = templateOf({
    users: usersWith(
      { path: '/service-accounts/production/', healthAlarms: ['the orders of all shops fail'] },
      64,
    ),
  });
  // Usual names, and all that can be said of a secret.
  const withSecretSettings = templateOf({
    users: usersWith(
      {
        path: '/service-accounts/production/',
        healthAlarms: ['the orders of all shops fail'],
        fieldNames: 'environment',
        kmsKeyArn: 'arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
        replicaRegions: ['us-gov-east-1'],
        readers: ['arn:aws-us-gov:iam::123456789012:role/readers-of-the-keys'],
      },
      32,
    ),
  });
  const templates: [string, Template][] = [
    ['with the longest names', full],
    ['with all settings of the secret', withSecretSettings],
  ];

  test.each(templates)(
    'fit into a template of 500 resources and one million bytes, %s',
    (_which, template) => {
      const { Resources } = template.toJSON();
      expect(Object.keys(Resources).length).toBeLessThanOrEqual(500);
      expect(JSON.stringify(template.toJSON()).length).toBeLessThan(1_000_000);
    },
  );

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

  test('still give each step each user and each secret, once', () => {
    const granted = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']
      .flatMap((type) => Object.values(resourcesOf(full, type)))
      .filter(({ Properties }) => Properties.Roles?.[0].Ref.includes('StepsPlanRotationRole'))
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .flatMap(({ Resource }) => (Array.isArray(Resource) ? Resource : [Resource]))
      .map((resource) => String(resource['Fn::Sub']));
    for (const kind of [':user/', ':secret:']) {
      const ofKind = granted.filter((arn) => arn.includes(kind));
      expect(ofKind).toHaveLength(MAX_USERS_PER_STACK);
      expect(new Set(ofKind).size).toBe(MAX_USERS_PER_STACK);
    }
  });

  test('give each step each encrypted secret, once', () => {
    const contexts = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']
      .flatMap((type) => Object.values(resourcesOf(withSecretSettings, type)))
      .filter(({ Properties }) => Properties.Roles?.[0].Ref.includes('StepsPlanRotationRole'))
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .flatMap(({ Condition }) => Condition?.StringLike?.['kms:EncryptionContext:SecretARN'] ?? [])
      .map((secret) => String(secret['Fn::Sub']));
    expect(contexts).toHaveLength(MAX_USERS_PER_STACK);
    expect(new Set(contexts).size).toBe(MAX_USERS_PER_STACK);
  });

  test('are refused when their paths are too long for the policies of a role', () => {
    const users = usersWith({ path: `/${'p'.repeat(510)}/` }, 64);
    expect(() => stackOf({ users })).toThrow(
      /PlanRotationRole needs more than the 10 managed policies .* Move some users to another stack\.$/,
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
    const rotation = 'IamAccessKeyRotation/AccessKeyRotation';
    expect(acknowledged(stack)).toEqual([
      [`${rotation}/Undelivered`, ['AwsSolutions-SQS3']],
      [`${rotation}/Steps/PlanRotationRole`, [executions]],
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
    ]);
  });
});
