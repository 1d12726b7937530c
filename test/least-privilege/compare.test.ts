import { type RoleStatement, roleStatements } from '../../local/deployment/permissions';
import { TemplateResolver } from '../../local/deployment/template';
import { deniedCalls, describeCondition, describeUnit, unneededUnits, untriedConditions } from './compare';
import { type Reason, withoutReason } from './reasons';
import { type RecordedCall, Recorder } from './recorder';

const SECRET = 'arn:aws:secretsmanager:us-east-1:111122223333:secret';
const READ = 'secretsmanager:GetSecretValue';
const LABEL = 'secretsmanager:VersionStage';
const VERSION = 'secretsmanager:VersionId';

/** The statements of one role. */
const allowing = (...statements: readonly object[]): readonly RoleStatement[] => {
  const template = {
    Resources: {
      Reader: { Type: 'AWS::IAM::Role' },
      Permissions: {
        Type: 'AWS::IAM::Policy',
        Properties: {
          Roles: [{ Ref: 'Reader' }],
          PolicyDocument: { Statement: statements.map((one) => ({ Effect: 'Allow', ...one })) },
        },
      },
    },
  };
  const place = { stackName: 'Stack', accountId: '111122223333', region: 'us-east-1' };
  return roleStatements(template, new TemplateResolver(template, place));
};

const reads = (name: string, more: Partial<RecordedCall> = {}): RecordedCall => ({
  role: 'Reader',
  action: READ,
  resource: `${SECRET}:${name}`,
  conditions: {},
  story: 'a test',
  ...more,
});

const grant = (Resource: string | readonly string[], more: object = {}) => ({
  Action: READ,
  Resource,
  ...more,
});

describe('calls that would be denied', () => {
  const statements = allowing(grant(`${SECRET}:one`));

  test.each<[string, readonly RecordedCall[], number]>([
    ['none', [], 0],
    ['none of two', [reads('one'), reads('one', { conditions: { [VERSION]: ['v'] } })], 0],
    ['one, of another resource', [reads('one'), reads('two')], 1],
    [
      'two, of another action and another role',
      [reads('one', { action: 'iam:GetUser' }), reads('one', { role: 'Other' })],
      2,
    ],
    ['many', ['two', 'three', 'four'].map((name) => reads(name)), 3],
  ])('%s', (_case, calls, count) => {
    const denied = deniedCalls(statements, calls);
    expect(denied).toHaveLength(count);
    expect(calls).toEqual(expect.arrayContaining([...denied]));
  });

  test('a grant that is taken away', () => {
    expect(deniedCalls(allowing(), [reads('one')])).toEqual([reads('one')]);
  });

  test('a statement that denies', () => {
    const denying = allowing(grant('*'), { ...grant('*'), Effect: 'Deny' });
    expect(deniedCalls(denying, [reads('one')])).toEqual([reads('one')]);
  });

  test('a policy of the resource that denies, whatever the role may do', () => {
    const refused = reads('one', { isDeniedByResource: true });
    expect(deniedCalls(statements, [reads('one'), refused])).toEqual([refused]);
  });

  test('a condition with a mistyped key', () => {
    const mistyped = allowing(
      grant('*', { Condition: { StringEquals: { 'secretsmanager:VersionsStage': 'AWSCURRENT' } } }),
    );
    const call = reads('one', { conditions: { [LABEL]: ['AWSCURRENT'] } });
    expect(deniedCalls(mistyped, [call])).toEqual([call]);
  });
});

describe('grants that nothing needs', () => {
  const both = allowing(grant([`${SECRET}:one`, `${SECRET}:two`]));

  test.each<[string, readonly RecordedCall[], readonly string[]]>([
    ['two of two', [], ['one', 'two']],
    ['one of two', [reads('two')], ['one']],
    ['none of two', [reads('one'), reads('two')], []],
    ['what another role calls is no need', [reads('one', { role: 'Other' }), reads('two')], ['one']],
  ])('%s', (_case, calls, left) => {
    expect(unneededUnits(both, calls).map(({ resource }) => resource)).toEqual(
      left.map((name) => `${SECRET}:${name}`),
    );
  });

  test('many: each action on each resource', () => {
    const many = allowing({ ...grant(['a', 'b', 'c']), Action: [READ, 'secretsmanager:DescribeSecret'] });
    expect(unneededUnits(many, [])).toHaveLength(6);
  });

  test('two that allow the same, since either could go', () => {
    const twice = allowing(grant(`${SECRET}:one`), grant(`${SECRET}:*`));
    expect(unneededUnits(twice, [reads('one')])).toHaveLength(2);
    expect(unneededUnits(twice, [reads('one'), reads('two')]).map(({ resource }) => resource)).toEqual([
      `${SECRET}:one`,
    ]);
  });

  test('one whose condition no call meets', () => {
    const current = allowing(grant('*', { Condition: { StringEquals: { [LABEL]: ['AWSCURRENT'] } } }));
    const [unit] = unneededUnits(current, [reads('one', { conditions: { [LABEL]: ['AWSPREVIOUS'] } })]);
    expect(unit && describeUnit(unit)).toBe(
      `Reader: ${READ} on * if StringEquals ${LABEL} AWSCURRENT (Permissions, statement 1)`,
    );
  });

  test('what denies is no grant', () => {
    expect(unneededUnits(allowing({ ...grant('*'), Effect: 'Deny' }), [])).toEqual([]);
  });
});

describe('conditions that no call has put to the test', () => {
  const untried = (statements: readonly RoleStatement[], ...calls: readonly RecordedCall[]) =>
    untriedConditions(statements, calls).map(describeCondition);
  const ifLabel = (operator: string, key = LABEL) =>
    allowing(grant('*', { Condition: { [operator]: { [key]: ['AWSCURRENT'] } } }));
  const labelled = reads('one', { conditions: { [LABEL]: ['AWSCURRENT'] } });

  test('the key is there, and the condition holds', () => {
    expect(untried(ifLabel('StringEquals'), labelled)).toEqual([]);
    expect(untried(ifLabel('StringEqualsIfExists'), labelled)).toEqual([]);
  });

  test('nothing is called at all', () => {
    expect(untried(ifLabel('StringEquals'))).toEqual([
      `Reader: StringEquals ${LABEL} (Permissions, statement 1)`,
    ]);
  });

  test('a key that is mistyped, where its absence is allowed', () => {
    expect(untried(ifLabel('StringEqualsIfExists', 'secretsmanager:Stage'), labelled, reads('two'))).toEqual([
      'Reader: StringEqualsIfExists secretsmanager:Stage (Permissions, statement 1)',
    ]);
  });

  test('a key that has to be missing is seen in a call of whoever it is', () => {
    const withoutVersion = allowing(grant('*', { Condition: { Null: { [VERSION]: 'true' } } }));
    expect(untried(withoutVersion, reads('one'))).toHaveLength(1);
    expect(
      untried(
        withoutVersion,
        reads('one'),
        reads('two', { role: 'Other', conditions: { [VERSION]: ['v'] } }),
      ),
    ).toEqual([]);
  });

  test('of a statement that denies, its role has to show the key', () => {
    const bound = allowing({
      Effect: 'Deny',
      Action: '*',
      Resource: '*',
      Condition: {
        ArnNotLike: { 'lambda:SourceFunctionArn': 'arn:aws:lambda:us-east-1:111122223333:function:f' },
      },
    });
    const source = {
      'lambda:SourceFunctionArn': ['arn:aws:lambda:us-east-1:111122223333:function:f'],
    };
    expect(untried(bound, reads('one'), reads('one', { role: 'Other', conditions: source }))).toHaveLength(1);
    expect(untried(bound, reads('one', { conditions: source }))).toEqual([]);
  });
});

describe('reasons', () => {
  const reasons: readonly Reason[] = [
    { role: /^Reader$/, action: /^secretsmanager:/, resource: /:one$/, reason: 'the first' },
    { action: /^iam:/, reason: 'the second' },
    { action: /^sns:/, resource: (role) => new RegExp(`:${role}$`), reason: 'the third' },
  ];
  const sns = { role: 'Reader', action: 'sns:Publish', resource: 'topic:Reader' };

  test.each<[string, readonly RecordedCall[], number, readonly string[]]>([
    ['none is used', [], 0, ['the first', 'the second', 'the third']],
    ['one is used', [reads('one')], 0, ['the second', 'the third']],
    [
      'all are used, and one thing has none',
      [reads('one'), reads('two'), reads('x', { action: 'iam:GetUser' }), reads('x', sns)],
      1,
      [],
    ],
    ['of another role', [reads('one', { role: 'Other' })], 1, ['the first', 'the second', 'the third']],
    [
      'of another resource',
      [reads('x', { ...sns, resource: 'topic:Other' })],
      1,
      ['the first', 'the second', 'the third'],
    ],
  ])('%s', (_case, items, count, idle) => {
    const found = withoutReason(items, reasons);
    expect(found.left).toHaveLength(count);
    expect(found.idle.map(({ reason }) => reason)).toEqual(idle);
  });
});

test('the recorder keeps each distinct call once, with the story that made it first', () => {
  const recorder = new Recorder();
  const caller = 'arn:aws:iam::111122223333:role/simulated-reader';
  const call = { caller, action: READ, resource: `${SECRET}:one` };
  const known = (role: string) => (role === 'simulated-reader' ? 'Reader' : undefined);
  recorder.of('the first story', known)(call);
  const again = recorder.of('the second story', known);
  again(call);
  again({ ...call, conditions: { [VERSION]: ['v'] } });
  again({ ...call, caller: 'arn:aws:iam::111122223333:role/consumer' });
  again(call, true);
  expect(recorder.calls).toEqual([
    reads('one', { story: 'the first story' }),
    reads('one', { story: 'the second story', conditions: { [VERSION]: ['v'] } }),
    reads('one', { story: 'the second story', isDeniedByResource: true }),
  ]);
});
