import { deploy } from '../../../local/deployment/deployment';
import { rolePermissions } from '../../../local/deployment/permissions';
import { type Template, TemplateResolver } from '../../../local/deployment/template';
import { emptyWorld, type World } from '../../../local/world/base-world';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are CloudFormation's own placeholders.

const TEMPLATE: Template = {
  Mappings: { Regions: { aws: { Region: 'us-east-1' } } },
  Resources: {
    Topic: { Type: 'AWS::SNS::Topic', Properties: {} },
    Role: { Type: 'AWS::IAM::Role', Properties: {} },
    RoleBelow: { Type: 'AWS::IAM::Role', Properties: { Path: '/automation/rotation/' } },
    RoleSomewhere: { Type: 'AWS::IAM::Role', Properties: { Path: { Ref: 'AWS::StackName' } } },
    Step: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'step' } },
    Rule: { Type: 'AWS::Events::Rule', Properties: {} },
    RuleOfBus: { Type: 'AWS::Events::Rule', Properties: { EventBusName: 'security' } },
    Bucket: { Type: 'AWS::S3::Bucket' },
    Audit: {
      Type: 'AWS::Logs::LogGroup',
      Properties: { LogGroupName: { 'Fn::Join': ['/', ['/rotation', { Ref: 'AWS::Region' }]] } },
    },
    Logs: { Type: 'AWS::Logs::LogGroup' },
    Policy: {
      Type: 'AWS::IAM::Policy',
      Properties: {
        Roles: [{ Ref: 'Role' }],
        PolicyDocument: {
          Statement: [
            {
              Effect: 'Allow',
              Action: ['iam:List*', 'iam:GetUser'],
              Resource: { 'Fn::Sub': 'arn:${AWS::Partition}:iam::${AWS::AccountId}:user/alice' },
            },
            { Effect: 'Allow', Action: 'sns:Publish', Resource: { Ref: 'Topic' } },
            {
              Effect: 'Allow',
              Action: 'secretsmanager:GetSecretValue',
              Resource: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:a.b-??????',
            },
          ],
        },
      },
    },
  },
};

const ENVIRONMENT = { stackName: 'Stack', accountId: '111122223333', region: 'us-east-1' };
const ROLE = 'arn:aws:iam::111122223333:role/Role';
const resolver = new TemplateResolver(TEMPLATE, ENVIRONMENT);

test.each([
  [{ Ref: 'AWS::Region' }, 'us-east-1'],
  [{ Ref: 'Topic' }, 'arn:aws:sns:us-east-1:111122223333:Topic'],
  [{ 'Fn::GetAtt': ['Step', 'Arn'] }, 'arn:aws:lambda:us-east-1:111122223333:function:step'],
  [{ Ref: 'Rule' }, 'Rule'],
  [{ 'Fn::GetAtt': ['Rule', 'Arn'] }, 'arn:aws:events:us-east-1:111122223333:rule/Rule'],
  [{ Ref: 'RuleOfBus' }, 'security|RuleOfBus'],
  [{ 'Fn::GetAtt': ['RuleOfBus', 'Arn'] }, 'arn:aws:events:us-east-1:111122223333:rule/security/RuleOfBus'],
  [{ 'Fn::GetAtt': ['Role', 'Arn'] }, ROLE],
  [{ 'Fn::GetAtt': ['RoleBelow', 'Arn'] }, 'arn:aws:iam::111122223333:role/automation/rotation/RoleBelow'],
  [{ Ref: 'RoleBelow' }, 'RoleBelow'],
  [{ Ref: 'Audit' }, '/rotation/us-east-1'],
  [{ 'Fn::GetAtt': ['Audit', 'Arn'] }, 'arn:aws:logs:us-east-1:111122223333:log-group:/rotation/us-east-1:*'],
  [{ Ref: 'Logs' }, 'Logs'],
  [{ 'Fn::Join': ['-', ['a', { Ref: 'AWS::Partition' }]] }, 'a-aws'],
  [
    { 'Fn::Sub': '${AWS::AccountId}/${Role}/${Step.Arn}' },
    '111122223333/Role/arn:aws:lambda:us-east-1:111122223333:function:step',
  ],
  [{ 'Fn::FindInMap': ['Regions', { Ref: 'AWS::Partition' }, 'Region'] }, 'us-east-1'],
  [{ 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b'] }] }, 'b'],
  [{ a: [{ b: { Ref: 'AWS::StackName' } }] }, { a: [{ b: 'Stack' }] }],
])('%j', (value, expected) => {
  expect(resolver.resolve(value)).toEqual(expected);
});

test.each([
  [{ 'Fn::ImportValue': 'x' }, /Fn::ImportValue is not modelled/],
  [{ 'Fn::Sub': ['${a}', { a: 1 }] }, /Fn::Sub with variables/],
  [{ Ref: 'Nothing' }, /there is no resource Nothing/],
  [{ Ref: 'Bucket' }, /references to AWS::S3::Bucket are not modelled/],
  [{ Ref: 'RoleSomewhere' }, /RoleSomewhere: its path is not text/],
  [{ 'Fn::GetAtt': ['Topic', 'Colour'] }, /Topic has no known attribute Colour/],
  [{ 'Fn::FindInMap': ['Regions', 'aws-cn', 'Region'] }, /no aws-cn\.Region/],
  [{ Ref: 'Topic', Other: 1 }, /Ref stands beside Other/],
])('refuses %j', (value, problem) => {
  expect(() => resolver.resolve(value)).toThrow(problem);
});

// biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above.

const ALICE = 'arn:aws:iam::111122223333:user/alice';
const SECRET = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:';

test.each([
  [ROLE, 'iam:ListAccessKeys', ALICE, true],
  [ROLE, 'iam:GetUser', ALICE, true],
  [ROLE, 'iam:CreateAccessKey', ALICE, false],
  [ROLE, 'iam:ListAccessKeys', `${ALICE}2`, false],
  [`${ROLE}2`, 'iam:ListAccessKeys', ALICE, false],
  [ROLE, 'secretsmanager:GetSecretValue', `${SECRET}a.b-AbC123`, true],
  [ROLE, 'secretsmanager:GetSecretValue', `${SECRET}aXb-AbC123`, false],
  [ROLE, 'secretsmanager:GetSecretValue', `${SECRET}a.b-AbC1234`, false],
])('%s may %s on %s: %s', (caller, action, resource, expected) => {
  expect(rolePermissions(TEMPLATE, resolver)({ caller, action, resource })).toBe(expected);
});

test.each<[string, Record<string, string>, boolean]>([
  [
    'everything that it requires',
    { 'kms:ViaService': 'sm.us-east-1', 'kms:Context': 'secret:a-AbC123' },
    true,
  ],
  ['another value', { 'kms:ViaService': 'smXus-east-1', 'kms:Context': 'secret:a-AbC123' }, false],
  [
    'a value that only a pattern allows',
    { 'kms:ViaService': 'sm.*', 'kms:Context': 'secret:a-AbC123' },
    false,
  ],
  [
    'a value that the pattern does not match',
    { 'kms:ViaService': 'sm.us-east-1', 'kms:Context': 'secret:b' },
    false,
  ],
  ['not all keys', { 'kms:ViaService': 'sm.us-east-1' }, false],
  ['nothing', {}, false],
])('a statement with conditions allows a request with %s: %j', (_what, values, expected) => {
  const template: Template = {
    Resources: {
      ...TEMPLATE.Resources,
      Policy: {
        Type: 'AWS::IAM::Policy',
        Properties: {
          Roles: [{ Ref: 'Role' }],
          PolicyDocument: {
            Statement: [
              {
                Effect: 'Allow',
                Action: 'kms:Decrypt',
                Resource: 'arn:key',
                Condition: {
                  StringEquals: {
                    'kms:ViaService': [{ 'Fn::Join': ['.', ['sm', { Ref: 'AWS::Region' }]] }, 'sm.elsewhere'],
                  },
                  StringLike: { 'kms:Context': 'secret:a-??????' },
                },
              },
            ],
          },
        },
      },
    },
  };
  const permissions = rolePermissions(template, resolver);
  const request = { caller: ROLE, action: 'kms:Decrypt', resource: 'arn:key' };
  const conditions = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, [value]]));
  expect(permissions({ ...request, conditions })).toBe(expected);
});

test('policy statements that are not modelled are refused', () => {
  const withStatement = (statement: Record<string, unknown>): Template => ({
    Resources: {
      Policy: { Type: 'AWS::IAM::Policy', Properties: { PolicyDocument: { Statement: [statement] } } },
    },
  });
  const denied = withStatement({ Effect: 'Deny', NotAction: '*', Resource: '*' });
  const conditional = withStatement({
    Effect: 'Allow',
    Action: '*',
    Resource: '*',
    Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } },
  });
  expect(() => rolePermissions(denied, resolver)).toThrow(/Policy: policy statements with NotAction/);
  expect(() => rolePermissions(conditional, resolver)).toThrow(/with IpAddress of aws:SourceIp/);
});

/** Whether a role with one statement that has this condition may make a call with these values. */
const judged = (
  condition: Readonly<Record<string, unknown>>,
  conditions: Readonly<Record<string, readonly string[]>>,
): boolean => {
  const template: Template = {
    Resources: {
      Policy: {
        Type: 'AWS::IAM::Policy',
        Properties: {
          PolicyDocument: {
            Statement: [{ Effect: 'Allow', Action: 's:Do', Resource: '*', Condition: condition }],
          },
          Roles: ['machine'],
        },
      },
    },
  };
  const permissions = rolePermissions(template, new TemplateResolver(template, ENVIRONMENT));
  return permissions({ caller: 'role/machine', action: 's:Do', resource: 'r', conditions });
};

const SOURCES = { 'events:source': ['ours', 'also-ours'] };
const OURS_ALONE = {
  'ForAllValues:StringEquals': SOURCES,
  Null: { 'events:source': 'false' },
};
const ARN = 'arn:aws:lambda:us-east-1:111122223333:function:stack-step-1';

test.each<[string, Readonly<Record<string, unknown>>, Record<string, readonly string[]>, boolean]>([
  ['every value is one of them', OURS_ALONE, { 'events:source': ['ours', 'also-ours'] }, true],
  ['one value is not', OURS_ALONE, { 'events:source': ['ours', 'theirs'] }, false],
  ['no value at all, with Null', OURS_ALONE, {}, false],
  ['no value at all, without Null', { 'ForAllValues:StringEquals': SOURCES }, {}, true],
  [
    'one value of several is enough',
    { 'ForAnyValue:StringEquals': SOURCES },
    { 'events:source': ['ours', 'no'] },
    true,
  ],
  ['no value is one of them', { 'ForAnyValue:StringEquals': SOURCES }, { 'events:source': ['no'] }, false],
  ['no value, and one is wanted', { 'ForAnyValue:StringEquals': SOURCES }, {}, false],
  [
    'no value is this one, as none may be',
    { 'ForAllValues:StringNotEquals': { 'aws:TagKeys': 'pause' } },
    { 'aws:TagKeys': ['team', 'stage'] },
    true,
  ],
  [
    'one value of several is this one, as none may be',
    { 'ForAllValues:StringNotEquals': { 'aws:TagKeys': 'pause' } },
    { 'aws:TagKeys': ['team', 'pause'] },
    false,
  ],
  ['another value than this one', { StringNotEquals: { 's:key': 'v' } }, { 's:key': ['w'] }, true],
  ['this value, which it may not be', { StringNotEquals: { 's:key': 'v' } }, { 's:key': ['v'] }, false],
  ['a single value', { StringEquals: { 's:key': 'v' } }, { 's:key': ['v'] }, true],
  ['another value', { StringEquals: { 's:key': 'v' } }, { 's:key': ['w'] }, false],
  ['no value', { StringEquals: { 's:key': 'v' } }, {}, false],
  ['no value, if it exists', { StringEqualsIfExists: { 's:key': 'v' } }, {}, true],
  ['another value, if it exists', { StringEqualsIfExists: { 's:key': 'v' } }, { 's:key': ['w'] }, false],
  ['a value where none may be', { Null: { 's:key': 'true' } }, { 's:key': ['v'] }, false],
  ['none where none may be', { Null: { 's:key': 'true' } }, {}, true],
  [
    'an ARN that matches',
    { ArnLike: { 's:arn': 'arn:aws:lambda:*:111122223333:function:stack-*' } },
    { 's:arn': [ARN] },
    true,
  ],
  ['an ARN, by ArnEquals', { ArnEquals: { 's:arn': ARN } }, { 's:arn': [ARN] }, true],
  [
    'a wildcard that would have to span parts',
    { ArnLike: { 's:arn': 'arn:aws:lambda:*:function:stack-step-1' } },
    { 's:arn': [ARN] },
    false,
  ],
  ['an ARN that must not match', { ArnNotLike: { 's:arn': ARN } }, { 's:arn': [ARN] }, false],
  ['another one', { ArnNotLike: { 's:arn': ARN } }, { 's:arn': [`${ARN}2`] }, true],
  [
    'none of several must match',
    { ArnNotEquals: { 's:arn': [`${ARN}2`, `${ARN}:*`] } },
    { 's:arn': [`${ARN}:7`] },
    false,
  ],
  ['no ARN, and one must not match', { ArnNotLike: { 's:arn': ARN } }, {}, true],
  [
    'the same, and there has to be one',
    { ArnNotLike: { 's:arn': ARN }, Null: { 's:arn': 'false' } },
    {},
    false,
  ],
  ['a single character', { ArnLike: { 's:arn': `${ARN.slice(0, -1)}?` } }, { 's:arn': [ARN] }, true],
])('a condition on values: %s', (_what, condition, values, expected) => {
  expect(judged(condition, values)).toBe(expected);
});

test('if one policy of a role denies a call, no other can allow it', () => {
  const policy = (...Statement: readonly object[]) => ({
    Type: 'AWS::IAM::Policy',
    Properties: { PolicyDocument: { Statement }, Roles: ['machine'] },
  });
  const template: Template = {
    Resources: {
      Denying: policy({
        Effect: 'Deny',
        Action: 's:Do*',
        Resource: 'r',
        Condition: { Null: { 's:key': 'false' } },
      }),
      Allowing: policy({ Effect: 'Allow', Action: 's:*', Resource: '*' }),
    },
  };
  const permissions = rolePermissions(template, new TemplateResolver(template, ENVIRONMENT));
  const may = (action: string, resource: string, conditions = {}) =>
    permissions({ caller: 'role/machine', action, resource, conditions });
  const value = { 's:key': ['v'] };
  expect(may('s:Do', 'r', value)).toBe(false);
  expect([may('s:Do', 'r'), may('s:See', 'r', value), may('s:Do', 'q', value)]).toEqual([true, true, true]);
});

test.each<[string, Readonly<Record<string, unknown>>]>([
  ['a key of several values without a quantifier', { StringEquals: { 'events:source': 'ours' } }],
  ['a key of one value with a quantifier', { 'ForAllValues:StringEquals': { 's:key': 'v' } }],
  ['a policy variable', { StringEquals: { 's:key': '$\u007baws:username}' } }],
  ['a negation of any value', { 'ForAnyValue:ArnNotLike': { 'events:source': ARN } }],
  ['an unknown operator', { NumericLessThan: { 's:key': '1' } }],
  ['a Null that says neither', { Null: { 's:key': 'maybe' } }],
])('a condition that the evaluator does not model is refused: %s', (_what, condition) => {
  expect(() => judged(condition, {})).toThrow(/not modelled/);
});

describe('deployment', () => {
  let world: World | undefined;

  afterEach(() => {
    world?.close();
    world = undefined;
  });

  const deployed = (template: Template) => {
    world = emptyWorld({});
    const { aws, account, lambda } = world;
    const app = {
      stackName: 'Stack',
      template,
      forwarding: [],
      assets: new Map<string, string>(),
      dispose: async () => {},
    };
    const templateResolver = new TemplateResolver(template, ENVIRONMENT);
    const permissions = () => true;
    return deploy({
      app,
      resolver: templateResolver,
      permissions,
      aws,
      account,
      lambda,
      endpoint: 'http://127.0.0.1:9',
      onLog: () => {},
    });
  };

  test.each<[string, Template['Resources'], RegExp]>([
    [
      'a resource of an unknown type',
      { Bucket: { Type: 'AWS::S3::Bucket' } },
      /Bucket: resources of the type AWS::S3::Bucket/,
    ],
    [
      'a custom resource without a function',
      { Secrets: { Type: 'Custom::RotatedSecrets', Properties: { Secrets: [] } } },
      /the role of Secrets's provider/,
    ],
    [
      'a function without code',
      { Step: { Type: 'AWS::Lambda::Function', Properties: { Code: { S3Key: 'x.zip' } } } },
      /Step: its code is not among the assets/,
    ],
    ['a stack without a state machine', {}, /has no state machine/],
    [
      'a saved query without a name',
      { Query: { Type: 'AWS::Logs::QueryDefinition', Properties: { QueryString: 'fields @message' } } },
      /Query: Name is not text/,
    ],
    [
      'a saved query without a text',
      { Query: { Type: 'AWS::Logs::QueryDefinition', Properties: { Name: 'q', QueryString: ' ' } } },
      /Query: QueryString is empty/,
    ],
    [
      'a placeholder without a value',
      {
        Machine: {
          Type: 'AWS::StepFunctions::StateMachine',
          Properties: { StateMachineName: 'm', RoleArn: ROLE, DefinitionString: '{"a":"$\u007bNobody}"}' },
        },
      },
      /Nobody\} has no value/,
    ],
  ])('refuses %s', async (_what, Resources, problem) => {
    await expect(deployed({ Resources })).rejects.toThrow(problem);
  });
});
