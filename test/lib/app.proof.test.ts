import { type App, CfnResource, Stack } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import cdkJson from '../../cdk.json';
import { stackOf } from './synthesize';

const failureOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return String(error);
  }
  return '';
};

test('the deployed app is validated by cdk-nag and by the rules of the CDK, and fails if they find something', async () => {
  process.env.CDK_CONTEXT_JSON = JSON.stringify({
    ...cdkJson.context,
    iamAccessKeyRotation: 'rotation.config.example.json',
    'aws:cdk:bundling-stacks': [],
  });
  const app = await (await import('../../lib/app')).app;
  const [stack] = app.node.findAll().filter((construct) => Stack.isStack(construct));
  if (stack === undefined) throw new Error('The app has no stack.');
  new Queue(stack, 'WithoutDeadLetters');
  new CfnResource(stack, 'Wrong', { type: 'AWS::SQS::Queue', properties: { VisibilityTimeout: -5 } });
  const failure = failureOf(() => app.synth());
  expect(failure).toContain('AwsSolutions-SQS3');
  expect(failure).toContain('VisibilityTimeout: -5 is less than the minimum of 0');
  // The app itself has no findings.
  const found = [...failure.matchAll(/ERROR (.*)/g)].map(([, words]) => words);
  expect(found.filter((words) => !/SQS|Timeout/.test(words ?? ''))).toEqual([]);
});

test('with every setting, the rules of the CDK find nothing', () => {
  const key = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
  const stack = stackOf(
    {
      notifications: { emails: ['ops@example.com'] },
      users: [
        {
          userName: 'alice',
          healthAlarms: ['orders'],
          validator: 'arn:aws:lambda:eu-west-1:111122223333:function:shop',
          fieldNames: 'environment',
          kmsKeyArn: key,
          replicaRegions: [
            'us-west-2',
            { region: 'us-east-1', kmsKeyArn: key.replace('eu-west-1', 'us-east-1') },
          ],
          readers: ['arn:aws:iam::444455556666:role/reader'],
        },
        { userName: 'bob', path: '/people/', existingSecret: 'bob/key' },
      ],
    },
    true,
  );
  expect(failureOf(() => (stack.node.root as App).synth())).toBe('');
});
