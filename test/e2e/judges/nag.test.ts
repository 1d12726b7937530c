import { App, Stack, Validations } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { nagFindings } from './nag';

const appWith = (work: (stack: Stack) => void): App => {
  const app = new App();
  work(new Stack(app, 'S'));
  return app;
};
const aboutQueues = (app: App) => nagFindings(app).filter(({ rule }) => rule.includes('SQS3'));
const acknowledge = (stack: Stack, id: string) =>
  Validations.of(stack).acknowledge({ id, reason: 'said beside it' });

describe('what cdk-nag finds', () => {
  test('nothing where there is nothing', () => {
    expect(nagFindings(appWith(() => {}))).toEqual([]);
  });

  test('has no reason where nothing says one', () => {
    const found = aboutQueues(appWith((stack) => void new Queue(stack, 'Q', { enforceSSL: true })));
    expect(found).toEqual([
      {
        rule: 'AwsSolutions-SQS3',
        on: 'AWS::SQS::Queue',
        says: expect.stringMatching(/^AwsSolutions-SQS3: .*DLQ/),
      },
    ]);
  });

  test('has the reason that the code says around it, and is found all the same', () => {
    const app = appWith((stack) => {
      for (const id of ['Q1', 'Q2']) new Queue(stack, id);
      acknowledge(stack, 'AwsSolutions-SQS3');
    });
    expect(aboutQueues(app).map(({ because }) => because)).toEqual(['said beside it', 'said beside it']);
  });

  test('includes a reason that nothing needs any more', () => {
    const app = appWith((stack) => acknowledge(stack, 'AwsSolutions-SQS3'));
    expect(nagFindings(app)).toEqual([
      {
        rule: 'AwsSolutions-SQS3 (acknowledged)',
        on: 'S',
        says: 'Not found any more: said beside it',
      },
    ]);
  });
});
