import { VirtualClock } from '../../../embedded-aws/ground/clock';
import {
  type FunctionEnvironment,
  type Gate,
  type InterceptInvocation,
  LambdaService,
} from '../../../local/engine/lambda-service';
import { TaskError } from '../../../local/engine/task-error';

const ARN = 'arn:aws:lambda:us-east-1:111122223333:function:step';
const CALLER = { executionArn: 'arn:aws:states:us-east-1:111122223333:execution:m:e', stateName: 'A state' };

const setUp = (
  handler: (event: unknown, gate: Gate, clock: VirtualClock) => unknown,
  intercept?: InterceptInvocation,
) => {
  const clock = new VirtualClock();
  const lambda = new LambdaService(clock, intercept);
  let coldStarts = 0;
  lambda.add({
    name: 'step',
    arn: ARN,
    timeoutSeconds: 120,
    start: (gate): FunctionEnvironment => {
      coldStarts += 1;
      return { invoke: async (event) => handler(event, gate, clock) };
    },
  });
  const invoke = (payload: unknown = {}) => clock.run(lambda.invoke(ARN, payload, CALLER));
  const failure = async (payload?: unknown): Promise<{ name: string; cause: unknown }> => {
    const error = await invoke(payload).then(
      () => new Error('it succeeded'),
      (thrown: Error) => thrown,
    );
    expect(error).toBeInstanceOf(TaskError);
    let cause: unknown = error.message;
    if (error.message.startsWith('{')) cause = JSON.parse(error.message);
    return { name: error.name, cause };
  };
  return { clock, lambda, invoke, failure, coldStarts: () => coldStarts };
};

test('answers in the envelope of the lambda:invoke integration, as JSON does', async () => {
  const { invoke } = setUp(() => ({ at: new Date(0), nothing: undefined }));
  await expect(invoke()).resolves.toEqual({
    StatusCode: 200,
    ExecutedVersion: '$LATEST',
    Payload: { at: '1970-01-01T00:00:00.000Z' },
  });
});

test('the event is a copy', async () => {
  const event = { list: [1] };
  const { invoke } = setUp((given) => {
    (given as { list: number[] }).list.push(2);
  });
  await invoke(event);
  expect(event).toEqual({ list: [1] });
});

test('an error comes under its name, with the cause as Lambda reports it', async () => {
  const { failure } = setUp(() => {
    throw Object.assign(new Error('Two keys.'), { name: 'AccessKeyConflict' });
  });
  await expect(failure()).resolves.toEqual({
    name: 'AccessKeyConflict',
    cause: {
      errorType: 'AccessKeyConflict',
      errorMessage: 'Two keys.',
      trace: expect.arrayContaining([expect.stringContaining('Two keys.')]),
    },
  });
});

test('a thrown value that is not an error is reported by its type', async () => {
  const { failure } = setUp(() => Promise.reject('words'));
  await expect(failure()).resolves.toEqual({
    name: 'string',
    cause: { errorType: 'string', errorMessage: 'words', trace: [] },
  });
});

test('a function that hangs is cut off at its time limit, and the next call finds a new environment', async () => {
  const { failure, clock, coldStarts } = setUp(() => new Promise(() => {}));
  const start = clock.now().getTime();
  const { name, cause } = await failure();
  expect(name).toBe('Sandbox.Timedout');
  expect(cause).toMatchObject({ errorMessage: expect.stringContaining('timed out after 120.00 seconds') });
  expect(clock.now().getTime() - start).toBe(120_000);
  await failure();
  expect(coldStarts()).toBe(2);
});

test('environments stay warm, and calls at the same time get one each', async () => {
  const { clock, lambda, invoke, coldStarts } = setUp((_event, _gate, time) => time.sleep(1000));
  await invoke();
  await invoke();
  expect(coldStarts()).toBe(1);
  await clock.run(Promise.all([lambda.invoke(ARN, {}, CALLER), lambda.invoke(ARN, {}, CALLER)]));
  expect(coldStarts()).toBe(2);
});

test('an unknown function, and payloads above 6 MB, are refused', async () => {
  const { clock, lambda, failure } = setUp(() => 'x'.repeat(7 * 1024 * 1024));
  await expect(clock.run(lambda.invoke('other', {}, CALLER))).rejects.toThrow(/Function not found/);
  await expect(failure('x'.repeat(7 * 1024 * 1024))).resolves.toMatchObject({
    name: 'Lambda.RequestTooLargeException',
  });
  await expect(failure()).resolves.toMatchObject({ name: 'Function.ResponseSizeTooLarge' });
});

/** Sends three requests, and records those that were let through. */
const threeRequests = (sent: number[]) => async (_event: unknown, gate: Gate, clock: VirtualClock) => {
  for (const request of [1, 2, 3]) {
    await clock.sleep(1000);
    if (!gate.admit()) return new Promise(() => {});
    sent.push(request);
  }
  return 'done';
};

test.each([
  { fault: { kind: 'kill', afterRequests: 0 }, name: 'Runtime.ExitError', sent: [], seconds: 1 },
  { fault: { kind: 'kill', afterRequests: 2 }, name: 'Runtime.ExitError', sent: [1, 2], seconds: 3 },
  { fault: { kind: 'kill' }, name: 'Runtime.ExitError', sent: [1, 2, 3], seconds: 3 },
  { fault: { kind: 'time-out', afterRequests: 1 }, name: 'Sandbox.Timedout', sent: [1], seconds: 120 },
  { fault: { kind: 'time-out' }, name: 'Sandbox.Timedout', sent: [1, 2, 3], seconds: 120 },
  { fault: { kind: 'refuse' }, name: 'Lambda.TooManyRequestsException', sent: [], seconds: 0 },
  {
    fault: { kind: 'refuse', error: 'Lambda.ServiceException' },
    name: 'Lambda.ServiceException',
    sent: [],
    seconds: 0,
  },
  { fault: { kind: 'lose-answer' }, name: 'Lambda.SdkClientException', sent: [], seconds: 0 },
] as const)('$fault', async ({ fault, name, sent, seconds }) => {
  const noted: number[] = [];
  const { failure, clock } = setUp(threeRequests(noted), () => fault);
  const start = clock.now().getTime();
  await expect(failure()).resolves.toMatchObject({ name });
  expect(noted).toEqual(sent);
  expect((clock.now().getTime() - start) / 1000).toBe(seconds);
});

test('a function whose answer is lost lives on to its end', async () => {
  const noted: number[] = [];
  const { failure, clock } = setUp(threeRequests(noted), () => ({ kind: 'lose-answer' }));
  await failure();
  await clock.advance(10_000);
  expect(noted).toEqual([1, 2, 3]);
});

test('an interceptor sees who is invoked, from where, with what, and how often', async () => {
  const seen: unknown[] = [];
  const { invoke } = setUp(
    () => 'ok',
    (invocation) => {
      seen.push(invocation);
      return undefined;
    },
  );
  await invoke({ a: 1 });
  await invoke({ a: 2 });
  expect(seen).toEqual([
    { ...CALLER, functionName: 'step', occurrence: 1, event: { a: 1 } },
    { ...CALLER, functionName: 'step', occurrence: 2, event: { a: 2 } },
  ]);
});
