import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { completeDeployment } from '../../../lib/config/deployment-settings';
import { addLogGroup } from '../../../lib/functions/log-group';
import { resourceOf, resourcesOf, templateOf } from '../synthesize';

const logGroupsOf = (deployment: object) =>
  Object.values(
    resourcesOf(templateOf({ deployment, users: [{ userName: 'alice' }] }), 'AWS::Logs::LogGroup'),
  );

/** What becomes of it when it is taken out of the stack, or replaced. */
const RETAINED = { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' };
const DESTROYED = { DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' };

test.each([
  [{}, 365, RETAINED],
  [{ logRetentionDays: 30, removalPolicy: 'destroy' }, 30, DESTROYED],
])('with %j, every log group is kept for %i days, and has the same end', (deployment, days, end) => {
  const logGroups = logGroupsOf(deployment);
  expect(logGroups.length).toBeGreaterThan(0);
  for (const logGroup of logGroups) {
    expect(logGroup).toMatchObject({ Properties: { RetentionInDays: days }, ...end });
  }
});

test('one may have a name, and keep what is written to it for longer', () => {
  const stack = new Stack(new App(), 'Stack');
  addLogGroup(stack, 'Records', completeDeployment(), { logGroupName: 'records', retentionDays: 400 });
  expect(resourceOf(Template.fromStack(stack), 'AWS::Logs::LogGroup').Properties).toEqual({
    LogGroupName: 'records',
    RetentionInDays: 400,
  });
});
