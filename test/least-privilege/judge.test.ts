import { TemplateResolver } from '../../local/deployment/template';
import { callProblems, overlap, statementProblems } from './judge';
import type { RecordedCall } from './recorder';
import { readReference } from './reference';
import { statementsOfText, type WrittenStatement, writtenStatements } from './written-policies';

const SECRET = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:one-??????';
const READ = 'secretsmanager:GetSecretValue';

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: this is how the reference writes what differs.
test.each<[boolean, string, string]>([
  [true, '', ''],
  [true, '*', ''],
  [true, '*', '*'],
  [true, 'a*c', 'abc'],
  [true, 'a*c', 'ac'],
  [true, 'a?c', 'abc'],
  [true, 'a*', '*c'],
  [true, 'log-group:NAME:*', 'log-group:${LogGroupName}:log-stream:${LogStreamName}'],
  [true, 'user/*/alice', 'user/${UserNameWithPath}'],
  [true, '*', '${Anything}'],
  [true, '${One}', '${Other}'],
  [false, 'a', ''],
  [false, 'a?c', 'ac'],
  [false, 'a*c', 'ab'],
  [false, 'user/', 'user/${UserNameWithPath}'],
  [false, 'log-group:NAME', 'log-group:${LogGroupName}:log-stream:${LogStreamName}'],
  [false, 'execution:*', 'stateMachine:${StateMachineName}'],
])('%p: there is a text that both %p and %p match', (expected, one, other) => {
  expect([overlap(one, other), overlap(other, one)]).toEqual([expected, expected]);
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above.

const problemsOf = async (
  statement: Partial<Omit<WrittenStatement, 'where'>>,
  mayBeWild = false,
): Promise<readonly string[]> => {
  const whole = {
    where: 'here',
    effect: 'Allow',
    actions: [READ],
    resources: [SECRET],
    conditions: [],
    ...statement,
  };
  const reference = await readReference(
    whole.actions,
    whole.conditions.map(({ key }) => key),
  );
  return statementProblems(reference, whole, () => mayBeWild);
};

const condition = (operator: string, key: string, ...values: readonly string[]) => ({
  operator,
  key,
  values,
});

describe('a statement', () => {
  test('with nothing wrong', async () => {
    expect(await problemsOf({})).toEqual([]);
    expect(await problemsOf({ actions: ['SECRETSMANAGER:getsecretvalue'] })).toEqual([]);
  });

  test.each<[string, Partial<WrittenStatement>, readonly string[]]>([
    [
      'no such action',
      { actions: ['secretsmanager:ReadSecret'] },
      ['here: there is no action secretsmanager:ReadSecret'],
    ],
    ['no such service', { actions: ['secrets:Get'] }, ['here: there is no action secrets:Get']],
    [
      'two that do not exist, beside one that does',
      { actions: ['iam:One', READ, 'iam:Two'] },
      ['here: there is no action iam:One', 'here: there is no action iam:Two'],
    ],
    ['a pattern of actions', { actions: ['iam:*'] }, ['here: iam:* is no action']],
    [
      'a resource of another type',
      {
        actions: ['states:StartExecution'],
        resources: ['arn:aws:states:us-east-1:111122223333:execution:one:two'],
      },
      [
        'here: states:StartExecution is not about arn:aws:states:us-east-1:111122223333:execution:one:two, but about resources of these types: statemachine',
      ],
    ],
    [
      'a log group, where streams are meant',
      { actions: ['logs:PutLogEvents'], resources: ['arn:aws:logs:us-east-1:111122223333:log-group:one'] },
      [
        'here: logs:PutLogEvents is not about arn:aws:logs:us-east-1:111122223333:log-group:one, but about resources of these types: log-stream',
      ],
    ],
    [
      'a resource for an action that knows none',
      { actions: ['cloudtrail:LookupEvents'], resources: [SECRET] },
      [`here: cloudtrail:LookupEvents is not about ${SECRET}, but about resources of these types: none`],
    ],
    [
      'no resource, for an action that knows some',
      { resources: ['*'] },
      [`here: ${READ} on *, although it knows resources`],
    ],
    [
      'a mistyped condition key',
      { conditions: [condition('StringEquals', 'secretsmanager:VersionsStage', 'AWSCURRENT')] },
      ['here: there is no condition key secretsmanager:VersionsStage'],
    ],
    [
      'a key that the action never has, and that must be there',
      { conditions: [condition('Bool', 'secretsmanager:BlockPublicPolicy', 'true')] },
      [`here: ${READ} never has the condition key secretsmanager:BlockPublicPolicy`],
    ],
    [
      'a key that only one of its actions has, and that must be there',
      {
        actions: [READ, 'secretsmanager:DescribeSecret'],
        conditions: [condition('StringEquals', 'secretsmanager:VersionStage', 'AWSCURRENT')],
      },
      ['here: secretsmanager:DescribeSecret never has the condition key secretsmanager:VersionStage'],
    ],
    [
      'an operator of another type',
      { conditions: [condition('Bool', 'secretsmanager:VersionStage', 'true')] },
      ['here: Bool does not judge secretsmanager:VersionStage, which is String'],
    ],
    [
      'text compared with an ARN',
      { conditions: [condition('StringEquals', 'aws:SourceArn', 'arn:aws:sns:us-east-1:111122223333:one')] },
      ['here: StringEquals does not judge aws:SourceArn, which is ARN'],
    ],
    [
      'several values without a quantifier, and one value with one',
      {
        actions: ['events:PutEvents'],
        resources: ['arn:aws:events:us-east-1:111122223333:event-bus/default'],
        conditions: [
          condition('StringEquals', 'events:source', 'ours'),
          condition('ForAnyValue:StringEquals', 'aws:SourceAccount', '111122223333'),
        ],
      },
      [
        'here: events:source is ArrayOfString, so that StringEquals has to begin with ForAllValues or ForAnyValue',
        'here: aws:SourceAccount is String, so that ForAnyValue:StringEquals must not begin with ForAllValues or ForAnyValue',
      ],
    ],
  ])('%s', async (_case, statement, problems) => {
    expect(await problemsOf(statement)).toEqual(problems);
  });

  test.each<[string, Partial<WrittenStatement>]>([
    [
      'a key that one of its actions has, and whose absence is allowed',
      {
        actions: [READ, 'secretsmanager:DescribeSecret'],
        conditions: [
          condition('StringEqualsIfExists', 'secretsmanager:VersionStage', 'AWSCURRENT'),
          condition('Null', 'secretsmanager:VersionId', 'true'),
        ],
      },
    ],
    [
      'no resource, for an action that knows none',
      { actions: ['cloudtrail:LookupEvents'], resources: ['*'] },
    ],
    ['trust, which names no resource', { actions: ['sts:AssumeRole'], resources: undefined }],
    ['more than there is, denied', { effect: 'Deny', actions: ['*', 'sqs:*'], resources: ['*'] }],
    [
      'a key with a name of its own',
      {
        actions: ['kms:Decrypt'],
        resources: ['arn:aws:kms:us-east-1:111122223333:key/one'],
        conditions: [condition('StringLike', 'kms:EncryptionContext:SecretARN', SECRET)],
      },
    ],
  ])('is right with %s', async (_case, statement) => {
    expect(await problemsOf(statement)).toEqual([]);
  });

  test('on every resource for a reason', async () => {
    expect(await problemsOf({ resources: ['*'] }, true)).toEqual([]);
  });
});

const problemsOfCall = async (call: Partial<RecordedCall>): Promise<readonly string[]> => {
  const whole = {
    role: 'Reader',
    action: READ,
    resource: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:one-AbCdEf',
    conditions: {},
    story: 'a test',
    ...call,
  };
  return callProblems(await readReference([whole.action], Object.keys(whole.conditions)), whole);
};

test.each<[string, Partial<RecordedCall>, readonly string[]]>([
  ['nothing', {}, []],
  ['nothing, of a call with a key', { conditions: { 'secretsmanager:VersionId': ['v'] } }, []],
  ['nothing, of a call about no resource', { action: 'cloudtrail:LookupEvents', resource: '*' }, []],
  [
    'nothing, of a key with several values',
    {
      action: 'iam:TagUser',
      resource: 'arn:aws:iam::111122223333:user/one',
      conditions: { 'aws:TagKeys': ['a', 'b'] },
    },
    [],
  ],
  ['an action', { action: 'secretsmanager:ReadSecret' }, ['there is no action secretsmanager:ReadSecret']],
  [
    'a resource',
    { resource: 'arn:aws:iam::111122223333:user/one' },
    [`${READ} is not about arn:aws:iam::111122223333:user/one`],
  ],
  ['a missing resource', { resource: '*' }, [`${READ} is not about *`]],
  [
    'a key',
    { conditions: { 'secretsmanager:KmsKeyId': ['k'] } },
    [`${READ} has no condition key secretsmanager:KmsKeyId`],
  ],
  [
    'a second value, and a key',
    { conditions: { 'secretsmanager:VersionId': ['v', 'w'], 'secretsmanager:Nothing': ['n'] } },
    [
      `${READ} has 2 values of secretsmanager:VersionId, which is String`,
      `${READ} has no condition key secretsmanager:Nothing`,
    ],
  ],
])('of a call, the reference does not know: %s', async (_what, call, problems) => {
  expect(await problemsOfCall(call)).toEqual(problems);
});

describe('policies of a template', () => {
  const statementsIn = (resources: Readonly<Record<string, { Type: string; Properties?: object }>>) => {
    const template = { Resources: resources as never };
    const place = { stackName: 'Stack', accountId: '111122223333', region: 'us-east-1' };
    return writtenStatements(template, new TemplateResolver(template, place));
  };
  const document = (...actions: readonly string[]) => ({
    Statement: actions.map((Action) => ({ Effect: 'Allow', Action, Resource: SECRET })),
  });

  test('none', () => {
    expect(statementsIn({ Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'one' } } })).toEqual(
      [],
    );
  });

  test('one, of a function', () => {
    const Properties = {
      Action: 'lambda:InvokeFunction',
      FunctionName: 'f',
      SourceArn: 'arn:aws:events:::rule',
    };
    expect(statementsIn({ Admission: { Type: 'AWS::Lambda::Permission', Properties } })).toEqual([
      {
        where: 'Admission',
        effect: 'Allow',
        actions: ['lambda:InvokeFunction'],
        resources: ['f'],
        conditions: [{ operator: 'ArnLike', key: 'AWS:SourceArn', values: ['arn:aws:events:::rule'] }],
      },
    ]);
  });

  test('many, wherever they stand', () => {
    const found = statementsIn({
      Queue: { Type: 'AWS::SQS::QueuePolicy', Properties: { PolicyDocument: document('sqs:SendMessage') } },
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole' }] },
          Policies: [{ PolicyDocument: document(READ, 'iam:GetUser') }],
        },
      },
    });
    expect(found.map(({ where, actions, resources }) => [where, actions, resources])).toEqual([
      ['Queue, statement 1', ['sqs:SendMessage'], [SECRET]],
      ['Role, statement 1', ['sts:AssumeRole'], undefined],
      ['Role, statement 1', [READ], [SECRET]],
      ['Role, statement 2', ['iam:GetUser'], [SECRET]],
    ]);
  });

  test('a policy that is text, with one statement that is not in a list', () => {
    const text = JSON.stringify({ Statement: { Effect: 'Deny', Action: READ, Resource: '*' } });
    expect(statementsOfText('the policy', text)).toEqual([
      { where: 'the policy, statement 1', effect: 'Deny', actions: [READ], resources: ['*'], conditions: [] },
    ]);
  });
});
