import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { enrolmentFileOf } from '../../lambdas/shared/contract/enrolment';
import { ENROLMENT_FILE } from '../../lambdas/shared/contract/enrolment-file';
import { STEP_NAMES, type StepName, stepPlaceholder } from '../../lambdas/shared/contract/steps';
import { RUNBOOK } from '../../lambdas/shared/text/anchor';
import { parseConfig } from '../../lib/config';
import { RotationSteps } from '../../lib/rotation-steps';
import { FUNCTION_GIGABYTES } from '../../tools/bench/cost';
import {
  deniedToOthersThan,
  resourceOf,
  resourcesOf,
  resourceText,
  statementsOf,
  templateOf,
} from './synthesize';

const BROUGHT_ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:carol/key-AbCd12';
const SHOP = 'arn:aws:lambda:eu-west-1:123456789012:function:shop';
const MAIL = 'arn:aws:lambda:eu-west-1:123456789012:function:mail';
const CONFIG = {
  users: [
    { userName: 'alice', validator: `${SHOP}:live` },
    { userName: 'bob,b', path: '/service/ci/', healthAlarms: ['orders failing', 'invoices failing'] },
    { userName: 'carol', existingSecret: BROUGHT_ARN, healthAlarms: ['orders failing'], validator: SHOP },
    {
      userName: 'dave',
      existingSecret: 'dave/key',
      validator: MAIL,
    },
  ],
};
const template = templateOf(CONFIG);

const arn = (rest: string): string => `arn:$\{AWS::Partition}:${rest}`;
const here = (service: string, rest: string): string =>
  arn(`${service}:$\{AWS::Region}:$\{AWS::AccountId}:${rest}`);

const USERS = [
  arn('iam::$' + '{AWS::AccountId}:user/alice'),
  arn('iam::$' + '{AWS::AccountId}:user/*/bob,b'),
  arn('iam::$' + '{AWS::AccountId}:user/carol'),
  arn('iam::$' + '{AWS::AccountId}:user/dave'),
];
const SECRETS = [
  here('secretsmanager', 'secret:iam-access-key-rotation/alice-??????'),
  here('secretsmanager', 'secret:iam-access-key-rotation/bob/cb-??????'),
  BROUGHT_ARN,
  here('secretsmanager', 'secret:dave/key-??????'),
];
const ALARMS = [here('cloudwatch', 'alarm:orders failing'), here('cloudwatch', 'alarm:invoices failing')];
const EXECUTIONS = [here('states', 'execution:IamAccessKeyRotation:*')];
const DECLARATIONS = [here('states', 'execution:IamAccessKeyRotation-emergency:*')];
const STATE_MACHINE = [here('states', 'stateMachine:IamAccessKeyRotation')];

// Written out, and not taken from the product: a change that widens a step's permissions has to be repeated
// here.
const ALLOWED: Record<StepName, readonly (readonly [readonly string[], ...string[]])[]> = {
  'plan-rotation': [
    [EXECUTIONS, 'states:DescribeExecution', 'states:GetExecutionHistory'],
    [STATE_MACHINE, 'states:ListExecutions'],
    [DECLARATIONS, 'states:DescribeExecution'],
    [ALARMS, 'cloudwatch:DescribeAlarms'],
    // The functions themselves: the call accepts no alias.
    [[SHOP, MAIL], 'lambda:GetFunctionConcurrency'],
    [USERS, 'iam:GetAccessKeyLastUsed', 'iam:GetUser', 'iam:ListAccessKeys'],
    [
      SECRETS,
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
      'secretsmanager:ListSecretVersionIds',
    ],
  ],
  'stop-execution': [
    [EXECUTIONS, 'states:DescribeExecution', 'states:GetExecutionHistory', 'states:StopExecution'],
    [SECRETS, 'secretsmanager:DescribeSecret'],
    [SECRETS, 'secretsmanager:GetSecretValue'],
  ],
  'create-access-key': [
    [EXECUTIONS, 'states:DescribeExecution', 'states:GetExecutionHistory'],
    [['*'], 'cloudtrail:LookupEvents'],
    [
      USERS,
      'iam:CreateAccessKey',
      'iam:DeleteAccessKey',
      'iam:GetAccessKeyLastUsed',
      'iam:GetUser',
      'iam:ListAccessKeys',
      'iam:UpdateAccessKey',
    ],
    [USERS, 'iam:TagUser'],
    [
      SECRETS,
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
      'secretsmanager:ListSecretVersionIds',
      'secretsmanager:PutSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
    ],
  ],
  'test-access-key': [
    [EXECUTIONS, 'states:DescribeExecution', 'states:GetExecutionHistory'],
    [USERS, 'iam:DeleteAccessKey', 'iam:ListAccessKeys'],
    [
      SECRETS,
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
    ],
  ],
  'publish-access-key': [
    [EXECUTIONS, 'states:DescribeExecution', 'states:GetExecutionHistory'],
    [USERS, 'iam:ListAccessKeys'],
    [
      SECRETS,
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
      'secretsmanager:PutSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
    ],
  ],
  'confirm-adoption': [
    [EXECUTIONS, 'states:DescribeExecution', 'states:GetExecutionHistory'],
    [ALARMS, 'cloudwatch:DescribeAlarmHistory', 'cloudwatch:DescribeAlarms'],
    [USERS, 'iam:GetAccessKeyLastUsed', 'iam:ListAccessKeys'],
    [SECRETS, 'secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
  ],
  'deactivate-access-key': [
    [EXECUTIONS, 'states:DescribeExecution', 'states:GetExecutionHistory'],
    [ALARMS, 'cloudwatch:DescribeAlarmHistory', 'cloudwatch:DescribeAlarms'],
    [USERS, 'iam:ListAccessKeys', 'iam:UpdateAccessKey'],
    [SECRETS, 'secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
  ],
  'trace-leaked-key': [
    [EXECUTIONS, 'states:DescribeExecution', 'states:GetExecutionHistory'],
    [['*'], 'cloudtrail:LookupEvents'],
    [[arn('account::$' + '{AWS::AccountId}:account')], 'account:ListRegions'],
    [USERS, 'iam:ListAttachedUserPolicies'],
  ],
  'confirm-health': [
    [EXECUTIONS, 'states:DescribeExecution', 'states:GetExecutionHistory'],
    [ALARMS, 'cloudwatch:DescribeAlarmHistory', 'cloudwatch:DescribeAlarms'],
    [USERS, 'iam:ListAccessKeys'],
    [SECRETS, 'secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
  ],
  'reactivate-access-key': [
    [EXECUTIONS, 'states:DescribeExecution', 'states:GetExecutionHistory'],
    [USERS, 'iam:ListAccessKeys', 'iam:UpdateAccessKey'],
    [
      SECRETS,
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
      'secretsmanager:ListSecretVersionIds',
      'secretsmanager:PutSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
    ],
  ],
  'delete-access-key': [
    [EXECUTIONS, 'states:DescribeExecution', 'states:GetExecutionHistory'],
    [['*'], 'cloudtrail:LookupEvents'],
    [ALARMS, 'cloudwatch:DescribeAlarmHistory', 'cloudwatch:DescribeAlarms'],
    [USERS, 'iam:DeleteAccessKey', 'iam:ListAccessKeys'],
    [
      SECRETS,
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
      'secretsmanager:PutSecretValue',
      'secretsmanager:UpdateSecretVersionStage',
    ],
  ],
};

const logicalId = (type: string, part: string): string => {
  const found = Object.keys(resourcesOf(template, type)).filter((id) => id.includes(part));
  if (found.length !== 1) throw new Error(`${found.length} ${type} named ${part}`);
  return found[0] ?? '';
};
const functionOf = (step: StepName) =>
  Object.values(resourcesOf(template, 'AWS::Lambda::Function')).find(({ Properties }) =>
    Properties.Description?.includes(`step ${step} `),
  )?.Properties;
const logGroupOf = (step: StepName): string =>
  logicalId('AWS::Logs::LogGroup', `Steps${stepPlaceholder(step)}Logs`);
const roleOf = (step: StepName): string => logicalId('AWS::IAM::Role', `Steps${stepPlaceholder(step)}Role`);

describe.each(STEP_NAMES.map((step) => [step]))('%s', (step) => {
  test('may do exactly what its row says, on exactly the enrolled users, and write its own log', () => {
    const allowed = statementsOf(template, `Steps${stepPlaceholder(step)}Role`).map(
      ({ actions, resources }) => [resources.map(resourceText).sort(), ...[...actions].sort()],
    );
    const expected = [
      [[`${logGroupOf(step)}.Arn`], 'logs:CreateLogStream', 'logs:PutLogEvents'],
      ...ALLOWED[step].map(([resources, ...actions]) => [[...resources].sort(), ...actions]),
    ];
    // In which of its policies a statement stands makes no difference.
    const inOrder = (statements: readonly unknown[]) =>
      statements.map((statement) => JSON.stringify(statement)).sort();
    expect(inOrder(allowed)).toEqual(inOrder(expected));
  });

  test('has a role of its own that Lambda alone assumes, without managed policies', () => {
    expect(functionOf(step)?.Role).toEqual({ 'Fn::GetAtt': [roleOf(step), 'Arn'] });
    const { AssumeRolePolicyDocument, ManagedPolicyArns } = resourceOf(
      template,
      'AWS::IAM::Role',
      roleOf(step),
    ).Properties;
    expect(AssumeRolePolicyDocument.Statement).toEqual([
      { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } },
    ]);
    expect(ManagedPolicyArns).toBeUndefined();
  });

  test('has a role that gives another function no access', () => {
    expect(statementsOf(template, roleOf(step), 'Deny')).toEqual(
      deniedToOthersThan(logicalId('AWS::Lambda::Function', `Steps${stepPlaceholder(step)}`)),
    );
  });

  test('runs as the other parts of the system expect', () => {
    expect(functionOf(step)).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      MemorySize: 256,
      Timeout: 120,
      Handler: 'index.handler',
      LoggingConfig: { LogFormat: 'JSON', LogGroup: { Ref: logGroupOf(step) } },
    });
    // The size that the cost figures are computed with.
    expect(functionOf(step)?.MemorySize).toBe(1024 * FUNCTION_GIGABYTES);
    expect(functionOf(step)?.TracingConfig).toBeUndefined();
  });

  test('keeps its log for a year, even if the stack is deleted', () => {
    expect(resourceOf(template, 'AWS::Logs::LogGroup', logGroupOf(step))).toMatchObject({
      Properties: { RetentionInDays: 365 },
      DeletionPolicy: 'RetainExceptOnCreate',
    });
    expect(
      resourceOf(template, 'AWS::Logs::LogGroup', logGroupOf(step)).Properties.LogGroupName,
    ).toBeUndefined();
  });
});

test('the steps that ask CloudTrail know where to ask, and two of them which role creates our keys', () => {
  const environment = {
    Variables: {
      RUNBOOK_URL: RUNBOOK,
      CREATE_ACCESS_KEY_ROLE_ARN: { 'Fn::GetAtt': [roleOf('create-access-key'), 'Arn'] },
      CLOUDTRAIL_REGION: { 'Fn::FindInMap': [expect.any(String), { Ref: 'AWS::Partition' }, 'Region'] },
    },
  };
  const { CREATE_ACCESS_KEY_ROLE_ARN: _creator, ...tracing } = environment.Variables;
  const asking = ['create-access-key', 'delete-access-key'];
  for (const step of STEP_NAMES) {
    expect(functionOf(step)?.Environment).toEqual(
      asking.includes(step)
        ? environment
        : { Variables: step === 'trace-leaked-key' ? tracing : { RUNBOOK_URL: RUNBOOK } },
    );
  }
  expect(Object.values(template.findMappings('*'))).toEqual([
    {
      aws: { Region: 'us-east-1' },
      'aws-cn': { Region: 'cn-north-1' },
      'aws-us-gov': { Region: 'us-gov-west-1' },
    },
  ]);
});

describe('the mark of ownership', () => {
  const tagging = (config: unknown) =>
    statementsOf(templateOf(config), 'Steps').filter(({ actions }) => actions.includes('iam:TagUser'));

  test('is the only tag that may be set, and a request has to name it', () => {
    expect(tagging(CONFIG).map(({ conditions }) => conditions)).toEqual([
      {
        'ForAllValues:StringEquals': { 'aws:TagKeys': ['rotation-secret'] },
        Null: { 'aws:TagKeys': ['false'] },
      },
    ]);
  });

  test('may be set on no user if it is off', () => {
    const users = [{ userName: 'alice', ownershipMark: 'on' }, { userName: 'bob' }, { userName: 'carol' }];
    const [statement, ...others] = tagging({ defaults: { ownershipMark: 'off' }, users });
    expect(statement?.resources.map(resourceText)).toEqual([USERS[0]]);
    expect(others).toEqual([]);
    expect(tagging({ defaults: { ownershipMark: 'off' }, users: [{ userName: 'alice' }] })).toEqual([]);
  });
});

test('without health alarms no step may look at alarms', () => {
  const plain = templateOf({ users: [{ userName: 'alice' }] });
  const actions = statementsOf(plain, 'Steps').flatMap((statement) => statement.actions);
  expect(actions).toContain('iam:ListAccessKeys');
  expect(actions.filter((action) => action.startsWith('cloudwatch:'))).toEqual([]);
});

test('the enrolment has what the steps read, and nothing about the infrastructure', () => {
  const { users } = parseConfig(CONFIG, { executionTimeoutSeconds: 90 * 86_400 });
  expect(enrolmentFileOf(users).users[1]).toEqual({
    userName: 'bob,b',
    secretId: 'iam-access-key-rotation/bob/cb',
    rotateAfter: 'P75D',
    overlapPeriod: 'P3D',
    noticeBefore: 'P2D',
    quietPeriod: 'P3D',
    adoptionDeadline: 'P7D',
    onAdoptionDeadline: 'stop',
    ownershipMark: 'on',
    onExposedKey: 'tell',
    containForeignKeys: false,
    document: 'credential-process',
    recoveryPeriod: 'P14D',
    replicaRegions: [],
    idleAfter: 'P45D',
    adoptionCheckInterval: 'PT1H',
    healthCheckInterval: 'PT15M',
    deactivationWindow: { days: ['MON', 'TUE', 'WED', 'THU', 'FRI'], from: '09:00', to: '16:00' },
    timeZone: 'UTC',
    healthAlarms: ['orders failing', 'invoices failing'],
  });
});

describe('the bundles', () => {
  // On every load, the SDK warns that Node.js 20, on which tests may run, is old. Functions run on 24.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const app = new App({
    outdir: mkdtempSync(join(tmpdir(), 'bundles-')),
    context: { 'aws:cdk:enable-asset-metadata': true },
    builtinCloudFormationValidation: false,
  });
  const stack = new Stack(app, 'Bundles');
  const { users, deployment } = parseConfig(CONFIG, { executionTimeoutSeconds: 90 * 86_400 });
  new RotationSteps(stack, 'Steps', {
    users,
    stateMachineName: 'Bundles',
    runbookUrl: RUNBOOK,
    deployment,
  });
  const { stacks, directory } = app.synth();
  const bundled: [string, string][] = Object.values<{
    Properties: Record<string, string>;
    Metadata: Record<string, string>;
    Type: string;
  }>(stacks[0]?.template.Resources)
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(({ Properties, Metadata }) => [
      Properties.Description ?? '',
      join(directory, Metadata['aws:asset:path'] ?? ''),
    ]);

  test.each(bundled)('%s: the bundle exports the handler', (_description, bundle) => {
    expect(typeof require(join(bundle, 'index.js')).handler).toBe('function');
  });

  test('the steps that read the enrolment carry it, and no other', () => {
    const carriers = bundled.filter(([, bundle]) => {
      try {
        return JSON.parse(readFileSync(join(bundle, ENROLMENT_FILE), 'utf8')).users.length === users.length;
      } catch {
        return false;
      }
    });
    expect(carriers.map(([description]) => description.split(' ')[2]).sort()).toEqual([
      'confirm-adoption',
      'confirm-health',
      'deactivate-access-key',
      'delete-access-key',
      'plan-rotation',
    ]);
  });
});
