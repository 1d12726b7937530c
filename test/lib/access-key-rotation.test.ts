import { App, Stack, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { AccessKeyRotation } from '../../lib/access-key-rotation';
import { resourcesOf, stackOf, templateOf } from './synthesize';

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

  test('refuses an empty list of users', () => {
    const rotation = (): AccessKeyRotation =>
      new AccessKeyRotation(emptyStack(), 'Keys', { users: [], rotationName: 'keys' });
    expect(rotation).toThrow(
      'The configuration of Theirs/Keys has one problem:\n  - users: [] was given. Allowed: a list of at least one user.',
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
      [`${rotation}/Steps/ConfirmHealthRole`, [executions]],
      [`${rotation}/Steps/ReactivateAccessKeyRole`, [executions]],
      [`${rotation}/Steps/DeleteAccessKeyRole`, ['AwsSolutions-IAM5[Resource::*]', executions]],
      [`${rotation}/StateMachine/Role`, ['AwsSolutions-IAM5[Resource::*]']],
      [`${rotation}/StateMachine/Resource`, ['AwsSolutions-SF2']],
      [`${rotation}/Emergency/Role`, ['AwsSolutions-IAM5[Resource::*]']],
      [`${rotation}/Emergency/Resource`, ['AwsSolutions-SF2']],
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
