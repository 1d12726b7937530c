import { type App, CfnResource, Stack } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import cdkJson from '../../cdk.json';
import { everythingIn, PLACES } from '../support/everything';
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

test('with everything switched on, the rules of the CDK find nothing', () => {
  const stack = stackOf(everythingIn(PLACES), true);
  expect(failureOf(() => (stack.node.root as App).synth())).toBe('');
});
