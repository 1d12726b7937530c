import { App, Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import cdkJson from '../../cdk.json';
import { AccessKeyRotation, type AccessKeyRotationProps } from '../../lib/access-key-rotation';
import { resourcesOf, stackOf, statementsOf, templateOf } from './synthesize';

const template = templateOf({
  notifications: { emails: ['ops@example.com'] },
  users: [{ userName: 'alice' }],
});

test('a stateful resource keeps its logical ID, else a deployment would replace it', () => {
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
    'AccessKeyRotationSurveySchedule859F9130',
  ]);
});

test('the role that creates our keys keeps its logical ID, else an older key would count as a stranger’s', () => {
  expect(Object.keys(resourcesOf(template, 'AWS::IAM::Role'))).toContain(
    'AccessKeyRotationStepsCreateAccessKeyRole3F2C647B',
  );
});

test('the outputs say where to start a rotation, where to subscribe, and where its record is', () => {
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
    ['SurveyLogGroupName', expect.stringMatching(/^AccessKeyRotationSurveyLogs/)],
    ['AuditLogGroupName', expect.stringMatching(/^AccessKeyRotationAuditRecords/)],
    ['DeadLetterQueueUrl', 'AccessKeyRotationUndelivered42DFED89'],
  ]);
});

describe('a validator', () => {
  const construct = (validator: string, env?: { readonly account: string; readonly region: string }) => {
    const users = [{ userName: 'alice', validator }];
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

describe('a key for topics, queue and logs', () => {
  const construct = (keyRegion: string) => {
    const users = [{ userName: 'alice' }];
    const app = new App({
      context: { 'aws:cdk:bundling-stacks': [] },
      builtinCloudFormationValidation: false,
    });
    const stack = new Stack(app, 'Stack', { env: { account: '111122223333', region: 'eu-west-1' } });
    const encryptionKeyArn = `arn:aws:kms:${keyRegion}:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
    return new AccessKeyRotation(stack, 'Rotation', {
      users,
      rotationName: 'rotation',
      deployment: { encryptionKeyArn },
    });
  };

  test('is in the Region of the stack', () => {
    expect(() => construct('eu-west-1')).not.toThrow();
    expect(() => construct('us-east-1')).toThrow(
      /deployment\.encryptionKeyArn: .* was given\. Allowed: a KMS key in eu-west-1 \(aws\), where the stack is\.$/,
    );
  });
});

test('the stack needs neither an account nor a Region to be synthesized', () => {
  const stack = stackOf({ users: [{ userName: 'alice' }] });
  expect(stack.environment).toBe('aws://unknown-account/unknown-region');
});

describe('the construct, in a stack of another project', () => {
  const users = [{ userName: 'alice' }];
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

  test('says every mistake at once, and whose it is', () => {
    const mistaken = { userName: 'arn:aws:iam::111122223333:user/alice', overlapPeriod: '3 days' };
    expect(
      () => new AccessKeyRotation(emptyStack(), 'Keys', { users: [mistaken], rotationName: 'keys' }),
    ).toThrow(/^The configuration of Theirs\/Keys has 2 problems:\n/);
  });

  test('protects the stack from termination if that is asked for', () => {
    for (const terminationProtection of [true, false]) {
      const stack = emptyStack();
      new AccessKeyRotation(stack, 'Keys', {
        ...{ users, rotationName: 'keys' },
        deployment: { terminationProtection },
      });
      expect(stack.terminationProtection).toBe(terminationProtection);
    }
  });

  test('warns if nobody is told, and if nobody watches', () => {
    const warningsOf = (props: Partial<AccessKeyRotationProps>) => {
      const stack = emptyStack();
      const { node } = new AccessKeyRotation(stack, 'Keys', { users, rotationName: 'keys', ...props });
      return node.metadata.filter(({ type }) => type === 'aws:cdk:warning').map(({ data }) => String(data));
    };
    expect(warningsOf({})).toEqual([
      expect.stringContaining('notifications names no address and no topic'),
      expect.stringContaining('Neither healthAlarms nor a validator is set for alice'),
    ]);
    const healthAlarms = ['orders'];
    expect(
      warningsOf({
        notifications: { emails: ['ops@example.com'] },
        users: [{ userName: 'a', healthAlarms }],
      }),
    ).toEqual([]);
  });

  test('refuses an empty list of users', () => {
    const rotation = (): AccessKeyRotation =>
      new AccessKeyRotation(emptyStack(), 'Keys', { users: [], rotationName: 'keys' });
    expect(rotation).toThrow(
      'The configuration of Theirs/Keys has one problem:\n  - users: [] was given. Allowed: a list of at least one user.',
    );
  });
});

describe('the secret of a user', () => {
  const ARN = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:dave-AbCd12';
  const kmsKeyArn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const env = { account: '111122223333', region: 'eu-west-1' };
  const made = (namePrefix?: string) => {
    const app = new App({
      context: { ...cdkJson.context, 'aws:cdk:bundling-stacks': [] },
      builtinCloudFormationValidation: false,
    });
    const stack = new Stack(app, 'Theirs', { env });
    const rotation = new AccessKeyRotation(stack, 'Keys', {
      rotationName: 'keys',
      users: [
        { userName: 'alice' },
        { userName: 'bob', existingSecret: 'bob/key' },
        { userName: 'carol', kmsKeyArn },
        { userName: 'dave', existingSecret: ARN },
      ],
      ...(namePrefix !== undefined && { deployment: { namePrefix } }),
    });
    const role = new Role(stack, 'Reader', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
    return { stack, rotation, role };
  };
  const READ = ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'];
  const named = (name: string): string =>
    `arn:aws:secretsmanager:eu-west-1:111122223333:secret:${name}-??????`;

  test.each<[string, string, readonly string[]]>([
    ['alice', named('iam-access-key-rotation/alice'), []],
    ['bob', named('bob/key'), []],
    ['carol', named('iam-access-key-rotation/carol'), ['kms:Decrypt']],
    ['dave', ARN, []],
  ])('of %s can be granted to a reader, with its key', (userName, resource, keyActions) => {
    const { stack, rotation, role } = made();
    const secret = rotation.secretOf(userName);
    secret.grantRead(role, ['AWSCURRENT']);
    secret.encryptionKey?.grantDecrypt(role);
    const statements = statementsOf(Template.fromStack(stack), 'Reader');
    expect(statements.flatMap(({ actions }) => actions)).toEqual([...READ, ...keyActions]);
    expect(statements[0]?.resources).toEqual([resource]);
    for (const { resources } of statements.slice(1)) expect(resources).toEqual([kmsKeyArn]);
    expect(JSON.stringify(statements[0]?.conditions)).toContain('"AWSCURRENT"');
  });

  test('has the name that it is created with', () => {
    const { rotation } = made('acme-');
    expect(rotation.secretOf('alice').secretName).toBe('acme-iam-access-key-rotation/alice');
    expect(rotation.secretOf('dave').secretName).toBe('dave');
  });

  test('is the same whoever asks, and none of a stranger', () => {
    const { rotation } = made();
    expect(rotation.secretOf('alice')).toBe(rotation.secretOf('alice'));
    expect(() => rotation.secretOf('eve')).toThrow(
      'userName: "eve" was given. Allowed: a user of Theirs/Keys: alice, bob, carol, dave.',
    );
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
    const schedules =
      'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:scheduler:<AWS::Region>:<AWS::AccountId>:schedule/IamAccessKeyRotation/*]';
    const created =
      'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:iam-access-key-rotation/*]';
    const rotation = 'IamAccessKeyRotation/AccessKeyRotation';
    const ofPeople = [schedules, created, declarations, executions];
    expect(acknowledged(stack)).toEqual([
      [`${rotation}/Undelivered`, ['AwsSolutions-SQS3']],
      [`${rotation}/Steps/PlanRotationRole`, [declarations, executions]],
      [`${rotation}/Steps/StopExecutionRole`, [executions]],
      [`${rotation}/Steps/CreateAccessKeyRole`, ['AwsSolutions-IAM5[Resource::*]', executions]],
      [`${rotation}/Steps/TestAccessKeyRole`, [executions]],
      [`${rotation}/Steps/PublishAccessKeyRole`, [executions]],
      [`${rotation}/Steps/ConfirmAdoptionRole`, [executions]],
      [`${rotation}/Steps/DeactivateAccessKeyRole`, [executions]],
      [`${rotation}/Steps/TraceLeakedKeyRole`, ['AwsSolutions-IAM5[Resource::*]', executions]],
      [`${rotation}/Steps/ConfirmHealthRole`, [executions]],
      [`${rotation}/Steps/ReactivateAccessKeyRole`, [executions]],
      [`${rotation}/Steps/DeleteAccessKeyRole`, ['AwsSolutions-IAM5[Resource::*]', executions]],
      [`${rotation}/StateMachine/Role`, ['AwsSolutions-IAM5[Resource::*]']],
      [`${rotation}/StateMachine/Resource`, ['AwsSolutions-SF2']],
      [`${rotation}/Emergency/Role`, ['AwsSolutions-IAM5[Resource::*]']],
      [`${rotation}/Emergency/Resource`, ['AwsSolutions-SF2']],
      [
        `${rotation}/ExposedKeys/Role`,
        ['AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:iam::<AWS::AccountId>:user/*]'],
      ],
      [`${rotation}/Survey/Role`, ['AwsSolutions-IAM5[Resource::*]', schedules, created, executions]],
      [`${rotation}/Audit/Role`, ['AwsSolutions-IAM5[Resource::*]', declarations, executions]],
      [`${rotation}/People/Reader1`, ofPeople],
      [`${rotation}/People/Reader2`, ofPeople],
      [`${rotation}/People/LogReader1`, ofPeople],
      [`${rotation}/People/Operator1`, ofPeople],
      [`${rotation}/People/Emergency1`, ofPeople],
    ]);
  });
});
