import { policiesOf } from './policies';

const allow = (action: string, resource: unknown = '*') => ({
  Effect: 'Allow',
  Action: action,
  Resource: resource,
});
const TRUST = [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }];
const ROLE = 'AccessKeyRotationStepsRole0A1B2C3D';
const role = (more: object = {}) => ({
  Type: 'AWS::IAM::Role',
  Properties: { AssumeRolePolicyDocument: { Statement: TRUST }, ...more },
});
const policy = (Type: string, Statement: readonly { readonly Effect: string }[], more: object = {}) => ({
  Type,
  Properties: { PolicyDocument: { Statement }, ...more },
});
const roles = { Roles: [{ Ref: ROLE }] };
const actionsOf = (Resources: Parameters<typeof policiesOf>[0]['Resources']) =>
  Object.fromEntries(
    policiesOf({ Resources }).map(({ name, statements }) => [
      name,
      statements.map((statement) => (statement as unknown as { readonly Action: string }).Action).sort(),
    ]),
  );

describe('the permissions of a template', () => {
  test('are put together by role, wherever they stand', () => {
    expect(
      actionsOf({
        [ROLE]: role({
          Policies: [{ PolicyDocument: { Statement: [allow('inline:A')] } }],
          ManagedPolicyArns: [{ Ref: 'Named1AAAAAAAA' }],
        }),
        Inline: policy('AWS::IAM::Policy', [allow('policy:A')], roles),
        Managed: policy('AWS::IAM::ManagedPolicy', [allow('managed:A'), allow('managed:B')], roles),
        Named1AAAAAAAA: policy('AWS::IAM::ManagedPolicy', [allow('named:A')]),
      }),
    ).toEqual({ StepsRole: ['inline:A', 'managed:A', 'managed:B', 'named:A', 'policy:A'] });
  });

  test('are those of a managed policy itself, if no role has it', () => {
    expect(
      actionsOf({
        AccessKeyRotationPeopleReader1AAAAAAAA: policy('AWS::IAM::ManagedPolicy', [allow('a:A')]),
        AccessKeyRotationPeopleReader2BBBBBBBB: policy('AWS::IAM::ManagedPolicy', [allow('b:B')]),
      }),
    ).toEqual({ PeopleReader: ['a:A', 'b:B'] });
  });

  test('come with who may take the role, and a resource that is everything stays that', () => {
    const template = {
      Resources: {
        [ROLE]: role(),
        P: policy('AWS::IAM::Policy', [allow('a:A', '*'), allow('b:B', { 'Fn::Sub': 'arn:*' })], roles),
      },
    };
    expect(policiesOf(template)).toEqual([
      {
        name: 'StepsRole',
        statements: [
          { Effect: 'Allow', Action: 'a:A', Resource: ['*'] },
          { Effect: 'Allow', Action: 'b:B', Resource: ['{"Fn::Sub":"arn:*"}'] },
        ],
        trust: TRUST,
      },
    ]);
  });

  test('are not hidden by a denial on a condition', () => {
    const denial = { Effect: 'Deny', Action: '*', Resource: '*' };
    const P = (...statements: (typeof denial)[]) => ({
      [ROLE]: role(),
      P: policy('AWS::IAM::Policy', [allow('a:A'), ...statements], roles),
    });
    expect(actionsOf(P({ ...denial, Condition: {} } as typeof denial))).toEqual({ StepsRole: ['a:A'] });
    expect(actionsOf(P(denial))).toEqual({ StepsRole: ['*', 'a:A'] });
  });

  test('cannot be judged if the template does not have them', () => {
    const ManagedPolicyArns = ['arn:aws:iam::aws:policy/AdministratorAccess'];
    expect(() => policiesOf({ Resources: { [ROLE]: role({ ManagedPolicyArns }) } })).toThrow(
      /has policies that are not in the template: .*AdministratorAccess/,
    );
  });
});
