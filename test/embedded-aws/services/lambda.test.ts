import { GetFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { outcome, setUp } from '../fixture';

const SHOP = 'arn:aws:lambda:us-east-1:111122223333:function:shop';

type World = ReturnType<typeof setUp>;

const answerTo = ({ lambda }: World, FunctionName: string) =>
  outcome(lambda.send(new GetFunctionConcurrencyCommand({ FunctionName })));
const gone = (arn: string) => ({
  name: 'ResourceNotFoundException',
  status: 404,
  message: `Function not found: ${arn}`,
});

test.each([
  ['its name', 'shop'],
  ['its ARN', SHOP],
])('GetFunctionConcurrency knows a function by %s', async (_by, name) => {
  const world = setUp();
  expect(await answerTo(world, name)).toMatchObject(gone(SHOP));
  world.aws.lambda.addFunction(SHOP);
  world.aws.lambda.addFunction(`${SHOP}s`);
  expect(await answerTo(world, name)).toEqual({ name: 'ok' });
  world.aws.lambda.removeFunction(SHOP);
  expect(await answerTo(world, name)).toMatchObject(gone(SHOP));
  expect(await answerTo(world, `${name}s`)).toEqual({ name: 'ok' });
});

test('a function exists if an alias or a version of it does', async () => {
  const world = setUp();
  world.aws.lambda.addFunction(`${SHOP}:live`);
  expect(await answerTo(world, SHOP)).toEqual({ name: 'ok' });
});

test('no concurrency is reserved', async () => {
  const { aws, lambda } = setUp();
  aws.lambda.addFunction(SHOP);
  const answer = await lambda.send(new GetFunctionConcurrencyCommand({ FunctionName: SHOP }));
  expect(answer.ReservedConcurrentExecutions).toBeUndefined();
});

test('a caller that may look at one function learns nothing of another', async () => {
  const world = setUp({ authorize: ({ resource }) => resource === SHOP });
  world.aws.lambda.addFunction(`${SHOP}s`);
  expect(await answerTo(world, SHOP)).toMatchObject(gone(SHOP));
  expect(await answerTo(world, `${SHOP}s`)).toMatchObject({
    name: 'AccessDeniedException',
    status: 403,
    message: expect.stringContaining(`lambda:GetFunctionConcurrency on resource: ${SHOP}s because`),
  });
});

test('a name that is too long is refused', async () => {
  expect(await answerTo(setUp(), 'x'.repeat(141))).toMatchObject({
    name: 'InvalidParameterValueException',
    status: 400,
  });
});
