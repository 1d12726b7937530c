import { type App, type DefaultStackSynthesizer, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdkJson from '../../cdk.json';
import { EmbeddedAws } from '../../embedded-aws/embedded-aws';
import { matchesPattern } from '../../embedded-aws/services/event-pattern';
import { CONFIG_CONTEXT_KEY, parseStacks, type StackConfig } from '../../lib/config';
import { ExposedKeyForwardingStack } from '../../lib/exposed-key-forwarding-stack';
import { rotationApp } from '../../lib/rotation-app';
import { exposureOf } from '../support/exposure';
import {
  deniedToOthersThan,
  resourceOf,
  resourcesOf,
  resourceText,
  stackOf,
  statementsOf,
  templateOf,
} from './synthesize';

const ACCOUNT = '111122223333';

/** An event as AWS sends it. */
const EVENT = exposureOf(new EmbeddedAws(), 'AKIAOLDOLDOLDOLDOLD1');

describe('in the stack', () => {
  const template = templateOf({ users: [{ userName: 'alice' }, { userName: 'bob', path: '/service/' }] });
  const only = (type: string, part: string): string => {
    const [id = '', ...others] = Object.keys(resourcesOf(template, type)).filter((one) => one.includes(part));
    if (id === '' || others.length > 0) throw new Error(`There is not one ${type} ${part}`);
    return id;
  };
  const functionId = only('AWS::Lambda::Function', 'ExposedKeys');
  const ruleId = only('AWS::Events::Rule', 'ExposedKeys');
  const queueId = only('AWS::SQS::Queue', '');
  const topicId = only('AWS::SNS::Topic', '');
  const emergencyId = only('AWS::StepFunctions::StateMachine', 'Emergency');
  const [rotationId = ''] = Object.keys(resourcesOf(template, 'AWS::StepFunctions::StateMachine')).filter(
    (id) => id !== emergencyId,
  );

  test('a rule selects AWS’s event that a key is exposed, and nothing else of AWS Health', () => {
    const { EventPattern } = resourceOf(template, 'AWS::Events::Rule', 'ExposedKeys').Properties;
    const selects = (changes: object, detail: object = {}): boolean =>
      matchesPattern(EventPattern, { ...EVENT, ...changes, detail: { ...EVENT.detail, ...detail } });
    expect(selects({})).toBe(true);
    // The function says of which account it is, so that the log has it.
    expect(selects({}, { affectedAccount: '444455556666' })).toBe(true);
    // Forwarded from the backup.
    expect(selects({ region: 'us-west-2' }, { backupEvent: true })).toBe(true);
    expect(selects({ source: 'ours' })).toBe(false);
    expect(selects({ 'detail-type': 'AWS Health Abuse Event' })).toBe(false);
    expect(selects({}, { service: 'EC2' })).toBe(false);
    expect(selects({}, { eventTypeCode: 'AWS_RISK_SOMETHING_ELSE' })).toBe(false);
  });

  test('the rule hands it to the function, and keeps what it cannot hand on', () => {
    expect(resourceOf(template, 'AWS::Events::Rule', 'ExposedKeys').Properties.Targets).toEqual([
      {
        Id: expect.any(String),
        Arn: { 'Fn::GetAtt': [functionId, 'Arn'] },
        DeadLetterConfig: { Arn: { 'Fn::GetAtt': [queueId, 'Arn'] } },
        RetryPolicy: { MaximumEventAgeInSeconds: 7200, MaximumRetryAttempts: 10 },
      },
    ]);
    const permissions = Object.values(resourcesOf(template, 'AWS::Lambda::Permission')).filter(
      ({ Properties }) => resourceText(Properties.FunctionName) === `${functionId}.Arn`,
    );
    expect(permissions.map(({ Properties }) => Properties)).toEqual([
      {
        Action: 'lambda:InvokeFunction',
        FunctionName: { 'Fn::GetAtt': [functionId, 'Arn'] },
        Principal: 'events.amazonaws.com',
        SourceArn: { 'Fn::GetAtt': [ruleId, 'Arn'] },
      },
    ]);
  });

  test('the function asks whose a key is, declares emergencies, tells people, and may do nothing else', () => {
    expect(
      statementsOf(template, 'ExposedKeysRole').map(({ actions, resources }) => [
        resources.map(resourceText),
        ...actions,
      ]),
    ).toEqual([
      [
        [expect.stringMatching(/^AccessKeyRotationExposedKeysLogs\w+\.Arn$/)],
        'logs:CreateLogStream',
        'logs:PutLogEvents',
      ],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's own placeholder.
      [['arn:${AWS::Partition}:iam::${AWS::AccountId}:user/*'], 'iam:GetAccessKeyLastUsed'],
      [[emergencyId], 'states:StartExecution'],
      [[topicId], 'sns:Publish'],
      [[`${queueId}.Arn`], 'sqs:SendMessage'],
    ]);
    expect(statementsOf(template, 'ExposedKeysRole', 'Deny')).toEqual(deniedToOthersThan(functionId));
  });

  test('the function is tried again, and then the event lies in the queue', () => {
    expect(resourceOf(template, 'AWS::Lambda::EventInvokeConfig', 'ExposedKeys').Properties).toMatchObject({
      MaximumEventAgeInSeconds: 7200,
      MaximumRetryAttempts: 2,
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [queueId, 'Arn'] } } },
    });
  });

  test('the function knows the state machine of the rotations, where it publishes, and where the runbook is', () => {
    const { Environment } = resourceOf(template, 'AWS::Lambda::Function', 'ExposedKeys').Properties;
    expect(Environment.Variables).toEqual({
      RUNBOOK_URL: 'docs/runbook.md',
      STATE_MACHINE_ARN: { Ref: rotationId },
      NOTIFICATION_TOPIC_ARN: { Ref: topicId },
    });
  });

  test('users add nothing to it', () => {
    const ofOne = templateOf({ users: [{ userName: 'alice' }] });
    const grants = (of: Template) => JSON.stringify(statementsOf(of, 'ExposedKeysRole'));
    expect(grants(ofOne)).toBe(grants(template));
  });
});

/** All stacks of a configuration, those that forward among them. */
const stacksOf = async (configuration: object): Promise<readonly Stack[]> => {
  process.env.CDK_CONTEXT_JSON = JSON.stringify({
    ...cdkJson.context,
    [CONFIG_CONTEXT_KEY]: configuration,
    'aws:cdk:bundling-stacks': [],
  });
  try {
    const app: App = await rotationApp(Promise.resolve(), {});
    return app.node.children.filter((child) => Stack.isStack(child));
  } finally {
    delete process.env.CDK_CONTEXT_JSON;
  }
};
const stacksIn = (region: string, more: object = {}): Promise<readonly Stack[]> =>
  stacksOf({
    stacks: [{ stackName: 'Rotation', account: ACCOUNT, region, users: [{ userName: 'alice' }], ...more }],
  });

/** What is deployed beside a stack to forward from another Region, without the CDK's own validation, which is slow. */
const forwardingTo = (region: string, from: string, more: object = {}) => {
  const { config, home } = homeOf({
    stackName: 'Rotation',
    account: ACCOUNT,
    region,
    users: [{ userName: 'alice' }],
    ...more,
  });
  const stack = new ExposedKeyForwardingStack(home.node.root as App, 'Forwarding', {
    config,
    home,
    region: from,
  });
  return { home, stack, template: Template.fromStack(stack) };
};
const homeOf = (stack: object) => {
  const configuration = { stacks: [stack] };
  const limits = { executionTimeoutSeconds: 90 * 86_400 };
  const [config] = parseStacks(configuration, limits) as [StackConfig];
  return { config, home: stackOf(configuration) };
};

describe('the stacks that forward', () => {
  test.each<[string, readonly string[]]>([
    ['us-east-1', ['us-west-2']],
    ['us-west-2', ['us-east-1']],
    ['eu-west-1', ['us-east-1', 'us-west-2']],
    ['us-gov-west-1', []],
    ['us-gov-east-1', ['us-gov-west-1']],
    ['cn-north-1', ['cn-northwest-1']],
    ['cn-northwest-1', ['cn-north-1']],
  ])('to %s are in %j', async (region, from) => {
    const [home, ...others] = await stacksIn(region);
    expect(home?.stackName).toBe('Rotation');
    expect(others.map(({ stackName, environment }) => [stackName, environment])).toEqual(
      from.map((other) => [`Rotation-ExposedKeys-${other}-to-${region}`, `aws://${ACCOUNT}/${other}`]),
    );
    // The names of stacks have at most 128 characters (CloudFormation API Reference, CreateStack).
    for (const { stackName } of others)
      expect(stackName.length + 64 - 'Rotation'.length).toBeLessThanOrEqual(128);
    // What rotates keys is deployed first: it does not wait for them.
    for (const other of others) expect(other.dependencies).toEqual([home]);
    expect(home?.dependencies).toEqual([]);
  });

  test.each([
    ['eu-west-1', 'us-east-1'],
    ['us-gov-east-1', 'us-gov-west-1'],
    ['cn-north-1', 'cn-northwest-1'],
  ])('to %s from %s: a rule, and a role that may put events on that bus and nothing else', (region, from) => {
    const { home, template } = forwardingTo(region, from);
    const types = Object.values(template.toJSON().Resources as Record<string, { Type: string }>).map(
      ({ Type }) => Type,
    );
    expect(types.sort()).toEqual(['AWS::Events::Rule', 'AWS::IAM::Policy', 'AWS::IAM::Role']);
    const bus = {
      'Fn::Join': [
        '',
        [
          'arn:',
          { Ref: 'AWS::Partition' },
          `:events:${region}:`,
          { Ref: 'AWS::AccountId' },
          ':event-bus/default',
        ],
      ],
    };
    const rule = resourceOf(template, 'AWS::Events::Rule').Properties;
    const [roleId] = Object.keys(resourcesOf(template, 'AWS::IAM::Role'));
    expect(rule).toMatchObject({
      State: 'ENABLED',
      Targets: [{ Arn: bus, RoleArn: { 'Fn::GetAtt': [roleId, 'Arn'] } }],
    });
    const pattern = resourceOf(Template.fromStack(home), 'AWS::Events::Rule', 'ExposedKeys').Properties
      .EventPattern as object;
    // What another such stack has forwarded goes no further.
    expect(rule.EventPattern).toEqual({ ...pattern, region: [from] });
    expect(statementsOf(template, 'Role')).toEqual([{ actions: ['events:PutEvents'], resources: [bus] }]);
    expect(resourceOf(template, 'AWS::IAM::Role').Properties.AssumeRolePolicyDocument.Statement).toEqual([
      {
        Action: 'sts:AssumeRole',
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      },
    ]);
  });

  test('need no bootstrap of their own: the roles of the home Region deploy them, and there is nothing to upload', () => {
    const { stack, template } = forwardingTo('eu-west-1', 'us-east-1');
    const { deployRoleArn, cloudFormationExecutionRoleArn } =
      stack.synthesizer as unknown as DefaultStackSynthesizer;
    expect([deployRoleArn, cloudFormationExecutionRoleArn]).toEqual([
      expect.stringMatching(/:role\/cdk-hnb659fds-deploy-role-111122223333-eu-west-1$/),
      expect.stringMatching(/:role\/cdk-hnb659fds-cfn-exec-role-111122223333-eu-west-1$/),
    ]);
    // The command line tool sends a template of up to 51,200 bytes with the call (CloudFormation quotas: template body size in a request).
    expect(JSON.stringify(template.toJSON()).length).toBeLessThan(10_000);
  });

  test('are as the deployment asks: tags, boundary, path, managed policies, protection', () => {
    const boundary = `arn:aws:iam::${ACCOUNT}:policy/boundary`;
    const { stack, template } = forwardingTo('eu-west-1', 'us-east-1', {
      deployment: {
        namePrefix: 'acme-',
        tags: { team: 'keys' },
        permissionsBoundaryArn: boundary,
        rolePath: '/automation/',
        policies: 'managed',
        terminationProtection: true,
      },
    });
    expect(stack.terminationProtection).toBe(true);
    expect(resourceOf(template, 'AWS::IAM::Role').Properties).toMatchObject({
      Path: '/automation/',
      PermissionsBoundary: boundary,
      Tags: [{ Key: 'team', Value: 'keys' }],
    });
    expect(Object.keys(resourcesOf(template, 'AWS::IAM::ManagedPolicy'))).toHaveLength(1);
    expect(resourcesOf(template, 'AWS::IAM::Policy')).toEqual({});
  });

  test.each<[string, object]>([
    [
      'the deployment wants none',
      { account: ACCOUNT, region: 'eu-west-1', deployment: { forwardExposedKeys: false } },
    ],
    ['the Region is not known', {}],
    ['only the account is known', { account: ACCOUNT }],
  ])('there are none: %s', async (_why, stack) => {
    const stacks = await stacksOf({
      stacks: [{ stackName: 'Rotation', users: [{ userName: 'alice' }], ...stack }],
    });
    expect(stacks.map(({ stackName }) => stackName)).toEqual(['Rotation']);
  });

  test('two stacks in two Regions have their own', async () => {
    const stacks = await stacksOf({
      stacks: [
        { stackName: 'One', account: ACCOUNT, region: 'eu-west-1', users: [{ userName: 'alice' }] },
        { stackName: 'Two', account: ACCOUNT, region: 'us-east-1', users: [{ userName: 'bob' }] },
      ],
    });
    expect(stacks.map(({ stackName }) => stackName)).toEqual([
      'One',
      'One-ExposedKeys-us-east-1-to-eu-west-1',
      'One-ExposedKeys-us-west-2-to-eu-west-1',
      'Two',
      'Two-ExposedKeys-us-west-2-to-us-east-1',
    ]);
  });
});
