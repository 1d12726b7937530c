import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { Template, TemplateResource } from '../../../local/deployment/template';
import { appOf } from '../support/deployed';

/*
 * Log groups and saved queries, as a template has them, beside the stack.
 */

const { deploy, template } = appOf([{ userName: 'alice' }]);

const withResources = (resources: Readonly<Record<string, TemplateResource>>): Template => ({
  ...template(),
  Resources: { ...template().Resources, ...resources },
});

const AUDIT = {
  Audit: {
    Type: 'AWS::Logs::LogGroup',
    Properties: {
      LogGroupName: { 'Fn::Join': ['', ['/', { Ref: 'AWS::StackName' }, '/audit']] },
      RetentionInDays: 400,
    },
  },
  Writer: { Type: 'AWS::IAM::Role' },
  WriterPolicy: {
    Type: 'AWS::IAM::Policy',
    Properties: {
      Roles: [{ Ref: 'Writer' }],
      PolicyDocument: {
        Statement: [
          {
            Effect: 'Allow',
            Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
            Resource: { 'Fn::GetAtt': ['Audit', 'Arn'] },
          },
        ],
      },
    },
  },
  Reader: { Type: 'AWS::IAM::Role' },
  ReaderPolicy: {
    Type: 'AWS::IAM::Policy',
    Properties: {
      Roles: [{ Ref: 'Reader' }],
      PolicyDocument: {
        Statement: [
          { Effect: 'Allow', Action: 'logs:DescribeLogGroups', Resource: '*' },
          { Effect: 'Allow', Action: 'logs:FilterLogEvents', Resource: { 'Fn::GetAtt': ['Audit', 'Arn'] } },
        ],
      },
    },
  },
  Query: {
    Type: 'AWS::Logs::QueryDefinition',
    Properties: { Name: 'rotations', QueryString: 'fields @message', LogGroupNames: [{ Ref: 'Audit' }] },
  },
};

test('a log group of the template has its name and retention, and roles do with it what their policies say', async () => {
  const world = await deploy(withResources(AUDIT));
  const { aws, server } = world;
  const as = (role: string) =>
    new CloudWatchLogsClient({
      region: aws.region,
      endpoint: server.url,
      credentials: aws.roleCredentials(`arn:aws:iam::${aws.accountId}:role/${role}`),
      maxAttempts: 1,
    });
  const logGroupName = '/IamAccessKeyRotation/audit';
  const stream = { logGroupName, logStreamName: 'alice' };
  const logEvents = [{ timestamp: aws.clock.now().getTime(), message: '{"user":"alice"}' }];
  await world.run(async () => {
    await as('Writer').send(new CreateLogStreamCommand(stream));
    await as('Writer').send(new PutLogEventsCommand({ ...stream, logEvents }));
    await aws.clock.sleep(60_000);
    const { logGroups = [] } = await as('Reader').send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: logGroupName }),
    );
    expect(logGroups.map((group) => [group.logGroupName, group.retentionInDays])).toEqual([
      [logGroupName, 400],
    ]);
    const filter = new FilterLogEventsCommand({ logGroupName, startTime: logEvents[0]?.timestamp });
    expect((await as('Reader').send(filter)).events).toMatchObject([{ logStreamName: 'alice' }]);
    await expect(as('Writer').send(filter)).rejects.toThrow(
      /not authorized to perform: logs:FilterLogEvents/,
    );
    await expect(as('Reader').send(new PutLogEventsCommand({ ...stream, logEvents }))).rejects.toThrow(
      /not authorized to perform: logs:PutLogEvents/,
    );
  });
});
