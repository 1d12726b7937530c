import { emptyWorld, type World } from '../../local/base-world';
import { deploy } from '../../local/deployment';
import { rolePermissions } from '../../local/permissions';
import { type Template, TemplateResolver } from '../../local/template';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are CloudFormation's own placeholders.

const TEMPLATE: Template = {
  Mappings: { Regions: { aws: { Region: 'us-east-1' } } },
  Resources: {
    Topic: { Type: 'AWS::SNS::Topic', Properties: {} },
    Role: { Type: 'AWS::IAM::Role', Properties: {} },
    Step: { Type: 'AWS::Lambda::Function', Properties: { FunctionName: 'step' } },
    Bucket: { Type: 'AWS::S3::Bucket' },
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
  [{ 'Fn::GetAtt': ['Role', 'Arn'] }, ROLE],
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
  ['all that it asks for', { 'kms:ViaService': 'sm.us-east-1', 'kms:Context': 'secret:a-AbC123' }, true],
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
  const denied = withStatement({ Effect: 'Deny', Action: '*', Resource: '*' });
  const conditional = withStatement({
    Effect: 'Allow',
    Action: '*',
    Resource: '*',
    Condition: { ArnLike: { 'aws:SourceArn': '*' } },
  });
  expect(() => rolePermissions(denied, resolver)).toThrow(/Policy: policy statements with Deny/);
  expect(() => rolePermissions(conditional, resolver)).toThrow(/with ArnLike/);
});

const judged = (condition: object, values: readonly string[] | undefined): boolean => {
  const template: Template = {
    Resources: {
      Policy: {
        Type: 'AWS::IAM::Policy',
        Properties: {
          PolicyDocument: {
            Statement: [{ Effect: 'Allow', Action: 'any:Thing', Resource: '*', Condition: condition }],
          },
          Roles: ['machine'],
        },
      },
    },
  };
  const permissions = rolePermissions(template, new TemplateResolver(template, ENVIRONMENT));
  const request = { caller: 'role/machine', action: 'any:Thing', resource: 'thing' };
  return permissions({ ...request, conditions: values === undefined ? {} : { key: values } });
};

const CALLS: readonly (readonly [string, readonly string[] | undefined])[] = [
  ['the value', ['ours']],
  ['it twice', ['ours', 'ours']],
  ['another', ['theirs']],
  ['another beside it', ['ours', 'theirs']],
  ['no value', []],
  ['no such key', undefined],
];
const [ONE, TWICE] = CALLS.map(([what]) => what);

test.each<[string, object, readonly (string | undefined)[]]>([
  ['StringEquals', { StringEquals: { key: 'ours' } }, [ONE, TWICE]],
  [
    'ForAllValues',
    { 'ForAllValues:StringEquals': { key: ['ours'] } },
    [ONE, TWICE, 'no value', 'no such key'],
  ],
  [
    'ForAllValues and Null',
    { 'ForAllValues:StringEquals': { key: ['ours'] }, Null: { key: ['false'] } },
    [ONE, TWICE],
  ],
  ['Null', { Null: { key: 'true' } }, ['no value', 'no such key']],
])('a condition by %s: who passes', (_operator, condition, expected) => {
  expect(CALLS.filter(([, values]) => judged(condition, values)).map(([what]) => what)).toEqual(expected);
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
    const app = { stackName: 'Stack', template, assets: new Map<string, string>(), dispose: async () => {} };
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
      'another SDK call',
      {
        Secret: {
          Type: 'Custom::RotatedSecret',
          Properties: { Create: '{"service":"S3","action":"CreateBucket"}' },
        },
      },
      /the call S3\.CreateBucket/,
    ],
    [
      'a function without code',
      { Step: { Type: 'AWS::Lambda::Function', Properties: { Code: { S3Key: 'x.zip' } } } },
      /Step: its code is not among the assets/,
    ],
    ['a stack without a state machine', {}, /has no state machine/],
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
