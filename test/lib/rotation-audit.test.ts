import { matchesPattern } from '../../embedded-aws/services/event-pattern';
import { type Template, TemplateResolver } from '../../local/deployment/template';
import {
  deniedToOthersThan,
  resourceOf,
  resourcesOf,
  resourceText,
  statementsOf,
  templateOf,
} from './synthesize';

const config = { users: [{ userName: 'alice', owners: ['alice@example.com'] }] };
const template = templateOf(config);
const resolver = new TemplateResolver(template.toJSON() as Template, {
  stackName: 'IamAccessKeyRotation',
  accountId: '111122223333',
  region: 'eu-west-1',
});
const [rotationId, emergencyId] = Object.keys(resourcesOf(template, 'AWS::StepFunctions::StateMachine'));
const arnOf = (id: string | undefined): string => resolver.physical(id ?? '').ref;
const [groupId = ''] = Object.keys(resourcesOf(template, 'AWS::Logs::LogGroup')).filter((id) =>
  id.includes('AuditRecords'),
);

describe('the rule', () => {
  const { EventPattern } = resolver.resolve(
    resourceOf(template, 'AWS::Events::Rule', 'Audit').Properties,
  ) as { readonly EventPattern: Record<string, unknown> };
  const isRecorded = (stateMachineArn: string, status: string): boolean =>
    matchesPattern(EventPattern, {
      source: 'aws.states',
      'detail-type': 'Step Functions Execution Status Change',
      detail: { stateMachineArn, status },
    });

  test.each(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'])('records an execution that is %s', (status) => {
    expect(isRecorded(arnOf(rotationId), status)).toBe(true);
    expect(isRecorded(arnOf(emergencyId), status)).toBe(true);
  });

  test.each(['RUNNING', 'PENDING_REDRIVE'])('and none that is %s, nor of another state machine', (status) => {
    expect(isRecorded(arnOf(rotationId), status)).toBe(false);
    expect(isRecorded(`${arnOf(rotationId)}2`, 'SUCCEEDED')).toBe(false);
  });
});

test('the records are kept for 400 days, and as long as is asked for', () => {
  const retention = (of: ReturnType<typeof templateOf>) =>
    resourceOf(of, 'AWS::Logs::LogGroup', 'AuditRecords').Properties.RetentionInDays;
  expect(retention(template)).toBe(400);
  const other = templateOf({ ...config, deployment: { auditRetentionDays: 3653, logRetentionDays: 30 } });
  expect(retention(other)).toBe(3653);
  expect(resourceOf(other, 'AWS::Logs::LogGroup', 'AuditLogs').Properties.RetentionInDays).toBe(30);
});

test('its role reads executions and CloudTrail, writes records, and can do nothing else', () => {
  const statements = statementsOf(template, 'AuditRole').map(({ actions, resources }) => [
    actions,
    resources.map(resourceText),
  ]);
  expect(statements).toEqual([
    [
      ['logs:CreateLogStream', 'logs:PutLogEvents'],
      [expect.stringContaining('AuditLogs'), `${groupId}.Arn`],
    ],
    [
      ['states:DescribeExecution', 'states:GetExecutionHistory'],
      [
        expect.stringMatching(/:execution:IamAccessKeyRotation-emergency:\*$/),
        expect.stringMatching(/:execution:IamAccessKeyRotation:\*$/),
      ],
    ],
    [['cloudtrail:LookupEvents'], ['*']],
    [['sqs:SendMessage'], [expect.stringContaining('Undelivered')]],
  ]);
  const [functionId = ''] = Object.keys(resourcesOf(template, 'AWS::Lambda::Function')).filter((id) =>
    id.includes('Audit'),
  );
  expect(statementsOf(template, 'AuditRole', 'Deny')).toEqual(deniedToOthersThan(functionId));
});

test('nothing else of the stack may write to the records, and nobody may delete them', () => {
  const policies = Object.entries({
    ...resourcesOf(template, 'AWS::IAM::Policy'),
    ...resourcesOf(template, 'AWS::IAM::ManagedPolicy'),
  });
  const naming = policies.filter(([, { Properties }]) => JSON.stringify(Properties).includes(groupId));
  expect(naming.map(([id]) => id)).toEqual([
    expect.stringMatching(/AuditRolePermissions/),
    expect.stringMatching(/PeopleLogReader1/),
  ]);
  expect(JSON.stringify(policies).match(/logs:(DeleteLog(Group|Stream)|PutRetentionPolicy|\*)/)).toBeNull();
});

test('what fails for good lies in the dead-letter queue', () => {
  const { MaximumRetryAttempts, DestinationConfig } = resourceOf(
    template,
    'AWS::Lambda::EventInvokeConfig',
    'Audit',
  ).Properties;
  expect(MaximumRetryAttempts).toBe(2);
  expect(JSON.stringify(DestinationConfig)).toContain('Undelivered');
});

describe('the saved queries', () => {
  const definitions = Object.values(resourcesOf(template, 'AWS::Logs::QueryDefinition')).map(
    ({ Properties }) => resolver.resolve(Properties) as Record<string, unknown>,
  );

  test('have the name of the stack, and go over the records', () => {
    expect(definitions.map(({ Name, LogGroupNames }) => [Name, LogGroupNames])).toEqual([
      ['IamAccessKeyRotation/All rotations', [groupId]],
      ['IamAccessKeyRotation/Keys by age', [groupId]],
      ['IamAccessKeyRotation/Who could not be rotated, and why', [groupId]],
      ['IamAccessKeyRotation/Emergencies', [groupId]],
      ['IamAccessKeyRotation/Who has read a secret', undefined],
    ]);
  });

  test('but the one about secrets, which goes over the trail that is named, and leaves out each step', () => {
    const named = templateOf({ ...config, deployment: { trailLogGroupName: 'trail/all' } });
    const { LogGroupNames, QueryString } = resourceOf(
      named,
      'AWS::Logs::QueryDefinition',
      'SecretReads',
    ).Properties;
    expect(LogGroupNames).toEqual(['trail/all']);
    const roles = JSON.stringify(QueryString).match(/Steps\w+Role\w{8}/g) ?? [];
    expect(new Set(roles).size).toBe(11);
  });
});
