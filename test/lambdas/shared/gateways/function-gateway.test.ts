import type { FaultInjection } from '../../../../embedded-aws/calls/faults';
import type {
  AuthorizationRequest,
  EmbeddedAws,
  EmbeddedAwsOptions,
} from '../../../../embedded-aws/embedded-aws';
import { FunctionGateway } from '../../../../lambdas/shared/gateways/function-gateway';
import { ROLE, setUp } from '../../../embedded-aws/fixture';

const SHOP = 'arn:aws:lambda:us-east-1:111122223333:function:shop';

const scene = (options: EmbeddedAwsOptions = {}) => {
  const { aws, clock } = setUp(options);
  aws.lambda.addFunction(SHOP);
  const functions = new FunctionGateway({
    region: aws.region,
    credentials: aws.roleCredentials(ROLE),
    requestHandler: aws.requestHandler(),
  });
  const exists = (arn: string) => clock.run(() => functions.exists(arn));
  return { aws, exists };
};

const inject = (aws: EmbeddedAws, fault: FaultInjection, times: number) =>
  aws.faults.inject({ ...fault, match: ({ service }) => service === 'lambda', times });

test.each([
  ['a function', SHOP, 'there'],
  ['an alias of a function, whether there is such an alias or not', `${SHOP}:live`, 'there'],
  ['a version of a function', `${SHOP}:7`, 'there'],
  ['no function', `${SHOP}s`, 'missing'],
  ['an alias of no function', `${SHOP}s:live`, 'missing'],
])('%s', async (_case, functionArn, state) => {
  const { exists } = scene();
  expect(await exists(functionArn)).toEqual({ functionArn, state });
});

test('one call is made, which is judged by the ARN of the function itself', async () => {
  const judged: AuthorizationRequest[] = [];
  const authorize = (request: AuthorizationRequest) => judged.push(request) > 0;
  const { aws, exists } = scene({ authorize });
  await exists(`${SHOP}:live`);
  expect(judged).toMatchObject([{ action: 'lambda:GetFunctionConcurrency', resource: SHOP }]);
  expect(aws.calls).toMatchObject([{ operation: 'GetFunctionConcurrency', resource: SHOP, outcome: 'ok' }]);
});

test('who may not look learns nothing, not even of a function that is not there', async () => {
  const { exists } = scene({ authorize: () => false });
  for (const functionArn of [SHOP, `${SHOP}s`]) {
    expect(await exists(functionArn)).toEqual({
      functionArn,
      state: 'unreadable',
      problem: 'AccessDeniedException',
      lasting: true,
    });
  }
});

test.each<[string, FaultInjection, string]>([
  ['throttled', { kind: 'throttle' }, 'TooManyRequestsException'],
  ['an internal error', { kind: 'before', as: 'http-500' }, 'ServiceException'],
  ['no answer', { kind: 'before', as: 'connection' }, 'TimeoutError'],
])('%s: it is tried again, and then not known for now', async (_case, fault, problem) => {
  const { aws, exists } = scene();
  inject(aws, fault, 1);
  expect(await exists(SHOP)).toEqual({ functionArn: SHOP, state: 'there' });
  inject(aws, fault, 99);
  expect(await exists(SHOP)).toEqual({ functionArn: SHOP, state: 'unreadable', problem, lasting: false });
});
