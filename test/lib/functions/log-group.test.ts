import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { completeDeployment } from '../../../lib/config/deployment-settings';
import { addLogGroup } from '../../../lib/functions/log-group';
import { resourceOf, resourcesOf, templateOf } from '../synthesize';

const logGroupsOf = (deployment: object) =>
  Object.entries(
    resourcesOf(templateOf({ deployment, users: [{ userName: 'alice' }] }), 'AWS::Logs::LogGroup'),
  );

/** The one for auditors. */
const RECORDS = /AuditRecords/;

/** What becomes of it when it is taken out of the stack, or replaced. */
const RETAINED = { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' };
const DESTROYED = { DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' };

test.each([
  [{}, 365, 400, RETAINED],
  [{ logRetentionDays: 30, auditRetentionDays: 731, removalPolicy: 'destroy' }, 30, 731, DESTROYED],
])(
  'with %j, logs are kept for %i days, records for %i, and all have the same end',
  (...[deployment, logs, records, end]) => {
    const logGroups = logGroupsOf(deployment);
    expect(logGroups.filter(([id]) => RECORDS.test(id))).toHaveLength(1);
    expect(logGroups.length).toBeGreaterThan(1);
    for (const [id, logGroup] of logGroups) {
      const days = RECORDS.test(id) ? records : logs;
      expect(logGroup).toMatchObject({ Properties: { RetentionInDays: days }, ...end });
    }
  },
);

test('one may have a name, and keep what is written to it for longer', () => {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Stack');
  addLogGroup(stack, 'Records', completeDeployment(), { logGroupName: 'records', retentionDays: 400 });
  expect(resourceOf(Template.fromStack(stack), 'AWS::Logs::LogGroup').Properties).toEqual({
    LogGroupName: 'records',
    RetentionInDays: 400,
  });
});
