import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { anchorOf } from '../../lambdas/shared/text/anchor';
import type { InterceptInvocation } from '../../local/engine/lambda-service';
import { createWorld, type InProcessWorldOptions } from '../../local/world/world';
import { recordings } from './support/recordings';

/*
 * Whatever ends an execution reaches a person: whose rotation it is, what happened, what is known of the keys, what to do, and
 * a section of the runbook that is there.
 */

const SECTIONS = [
  ...readFileSync(join(__dirname, '../../docs/runbook.md'), 'utf8').matchAll(/^### (.+)$/gm),
].map(([, heading = '']) => heading);

let world: ReturnType<typeof createWorld>;
afterEach(() => world.close());

const NOT_ADMITTED = 'what the plan has not admitted: see the input of the execution';

/** More than any message and any event may have: both are refused at 256 KB. */
const HUGE = 255 * 1024;

/** Runs an execution, and gives what it ended in and what a person, and listeners, were told. */
const told = async (input: unknown, options: InProcessWorldOptions = {}) => {
  world = createWorld({ wire: 'fast', ...options });
  const execution = world.startExecution(input);
  const { status, error, cause } = await world.run(execution.result);
  const [message, ...more] = world.aws.sns.messages;
  expect({ status, more }).toEqual({ status: 'FAILED', more: [] });
  const text = message?.message ?? '';
  const [, anchor] = /\nRunbook: docs\/runbook\.md#(.+)$/m.exec(text) ?? [];
  const section = SECTIONS.find((heading) => anchorOf(heading) === anchor);
  expect(section).toBeDefined();
  // The local engine drops the backslashes of what it puts together.
  expect(text.startsWith((cause ?? 'no cause').replaceAll('\\', ''))).toBe(true);
  // Each part of a message is there, in this order, whoever has made it.
  const headings = text.split('\n\n').map((block) => block.split(/[\n:]/)[0] ?? '');
  const [who = '', ...parts] = headings;
  expect(
    ['WHAT HAPPENED', 'URGENT', 'KEYS', 'DO THIS', 'MORE'].filter((part) => parts.includes(part)),
  ).toEqual(parts);
  expect(parts).toEqual(expect.arrayContaining(['WHAT HAPPENED', 'URGENT', 'DO THIS', 'MORE']));
  expect(message?.subject).toMatch(
    message?.attributes.urgent === 'yes' ? /^URGENT \[[ -~]+\] [ -~]+$/ : /^\[[ -~]+\] [ -~]+$/,
  );
  expect(message?.subject?.length).toBeLessThan(100);
  const [, startedWith] = /\nStarted with: (.*)$/.exec(text) ?? [];
  const [announced] = world.aws.eventBridge.events.filter(
    (event) => event['detail-type'] === 'Access Key Rotation Failed',
  );
  expect(announced?.detail).toMatchObject({
    message: cause,
    subject: message?.subject,
    userName: message?.attributes.user,
    urgent: message?.attributes.urgent,
  });
  return {
    error,
    section,
    cause: cause ?? '',
    text,
    who,
    user: message?.attributes.user,
    startedWith,
    announced: announced?.detail.input,
  };
};

const deep = (depth: number): unknown => (depth === 0 ? 'down' : { userName: deep(depth - 1) });

// Not null: the local engine finds no value at `$` then, and ends the execution in States.Runtime, which has a section, too.
test.each<[string, unknown]>([
  ['text', 'alice'],
  ['a number', 5],
  ['true', true],
  ['a list', []],
  ['a list of users', [{ userName: 'alice' }]],
  ['an empty object', {}],
  ['a deep object', deep(200)],
  ['fields of which nobody knows', { 'userName.$': '$', failure: { Error: 'Mine' } }],
])('an input that is %s', async (_case, input) => {
  expect(await told(input)).toMatchObject({
    error: 'InvalidRotationInput',
    section: 'InvalidRotationInput',
    cause: expect.stringContaining('Nothing was changed'),
    user: 'unknown',
    startedWith: NOT_ADMITTED,
    announced: NOT_ADMITTED,
  });
});

test('an input that names a user, and is wrong', async () => {
  const { cause, user } = await told({ userName: 'alice', action: 'explode', password: 'swordfish' });
  expect(user).toBe('alice');
  expect(cause).toContain('{"userName":"alice","action":"explode"}');
  expect(cause).not.toContain('swordfish');
});

// One that is longer than a message may be was not told at all, and of one that was shorter all was mailed.
test.each<[string, unknown]>([
  ['as the name', { userName: 'x'.repeat(HUGE) }],
  ['as a name that begins like a user', { userName: `alice\n\n${'x'.repeat(HUGE)}` }],
  ['as a field of which nobody knows', { userName: 'alice', [`x${'\n'.repeat(200)}`]: 'y'.repeat(HUGE) }],
  ['as text', 'x'.repeat(HUGE)],
  ['as a list', Array.from({ length: HUGE / 8 }, () => 'alice')],
])('a quarter of a megabyte, %s, is told in a few lines', async (_case, input) => {
  const { error, text, announced } = await told(input);
  expect([error, announced]).toEqual(['InvalidRotationInput', NOT_ADMITTED]);
  expect(text.length).toBeLessThan(3_000);
  expect(text.split('\n').every((line) => line.length < 1_500)).toBe(true);
});

test.each<[string, unknown]>([
  ['a paragraph', { userName: 'alice\n\nExecution: somebody else', comment: 'Call 555\n\nNow' }],
  ['a separator of paragraphs', { userName: 'alice\u2029Execution: somebody else' }],
  ['the name of a field', { userName: 'alice', '\n\nExecution: somebody': 'else' }],
])('an input with %s forges no paragraph of the message', async (_case, input) => {
  // The parts of the message are those of every message: see above.
  const { text } = await told(input);
  expect(text).not.toMatch(/[\p{Zl}\p{Zp}]/u);
  expect(text.match(/^Execution: /gm)).toHaveLength(1);
});

test.each<[string, Record<string, unknown>]>([
  ['a user who is not enrolled', { userName: 'bob' }],
  ['a user who is not enrolled, with all that may be said', { userName: 'bob', comment: 'y'.repeat(1000) }],
  ['nothing to roll back', { userName: 'alice', action: 'rollback', reason: 'orders fail' }],
])('what the plan has admitted, and then refused, is quoted: %s', async (_case, input) => {
  const { startedWith, announced, error } = await told(input);
  expect(error).not.toBe('InvalidRotationInput');
  expect([startedWith, announced]).toEqual([JSON.stringify(input), input]);
});

describe('a task that fails without an explanation', () => {
  const failing: readonly (readonly [string, string])[] = [
    ['Lambda.Unknown', 'The connection to Lambda was lost.'],
    ['Lambda.ServiceException', ''],
    ['Lambda.AWSLambdaException', 'not authorized to perform: lambda:InvokeFunction'],
    ['States.TaskFailed', '{"errorMessage":"cut off in the midd'],
    ['Sandbox.Timedout', '{"errorType":"Sandbox.Timedout","errorMessage":"Task timed out"}'],
    ['Runtime.ExitError', '{"errorType":"Runtime.ExitError","errorMessage":"signal: killed"}'],
    ['Runtime.OutOfMemory', '{"errorType":"Runtime.OutOfMemory","errorMessage":"out of memory"}'],
    ['Runtime.ImportModuleError', '{"errorType":"Runtime.ImportModuleError","errorMessage":"no module"}'],
    [
      'Error',
      `{"errorType":"Error","errorMessage":"the environment variable","trace":["${'x'.repeat(32_000)}`,
    ],
    // A name of AWS, from a function that did not get to explain it.
    ['AccessDeniedException', '{"errorMessage":"User is not authorized"}'],
  ];

  test.each(failing)('%s', async (name, cause) => {
    const steps: string[] = [];
    const interceptInvocation: InterceptInvocation = ({ functionName }) => {
      steps.push(functionName);
      return functionName === 'create-access-key' ? { kind: 'refuse', error: name, cause } : undefined;
    };
    const message = await told({ userName: 'alice' }, { interceptInvocation });
    expect(message).toMatchObject({
      error: name,
      section: 'A step was cut off',
      startedWith: '{"userName":"alice"}',
      announced: { userName: 'alice' },
    });
    expect(message.cause).toMatch(/^A step ended with .* without an explanation/m);
    expect(message.cause).toMatch(/^The keys are as the last completed step left them/m);
    expect([message.who, message.user]).toEqual(['alice @ 111122223333/us-east-1', 'alice']);
    const isSentence = cause !== '' && !cause.startsWith('{');
    expect(message.cause.includes(`\nWhat was said: ${cause}\n`)).toBe(isSentence);
    expect(steps.at(-1)).toBe('create-access-key');
  });
});

test.each(['', 'Lambda did not run it.'])('the plan itself is cut off: %s', async (cause) => {
  const interceptInvocation: InterceptInvocation = () => ({ kind: 'refuse', error: 'Lambda.Unknown', cause });
  const { error, section, cause: said, startedWith } = await told('alice', { interceptInvocation });
  expect([error, section]).toEqual(['Lambda.Unknown', 'A step was cut off']);
  expect(said).toContain(cause);
  expect(startedWith).toBe(NOT_ADMITTED);
});

describe('what is set up wrongly from the start is told within two minutes', () => {
  test.each<[string, InProcessWorldOptions, RegExp]>([
    [
      'another path of the user: the ARN is none that the role may act on',
      {
        authorize: ({ action, resource }) =>
          !action.startsWith('iam:') || resource.endsWith(':user/elsewhere/alice'),
      },
      /AWS did not allow reading the user alice\.\nAWS says: AccessDenied: .* on resource: user alice because no identity-based policy[\s\S]* path,/,
    ],
    [
      'another secret',
      { authorize: ({ action }) => !action.startsWith('secretsmanager:') },
      /describing the secret [\s\S]*AccessDeniedException: [\s\S]* path, existingSecret and kmsKeyArn of the user/,
    ],
  ])('%s', async (_case, options, message) => {
    const { error, section, cause } = await told({ userName: 'alice' }, options);
    expect([error, section]).toEqual(['PermissionDenied', 'PermissionDenied']);
    expect(cause).toMatch(message);
    expect(world.clock.now().getTime() - new Date('2026-03-02T08:00:00Z').getTime()).toBeLessThan(120_000);
  });
});

test.each(recordings)(
  'the definition of $name tries again what a step throws to it for a denial',
  ({ definition }) => {
    const { States } = JSON.parse(definition) as {
      States: Record<
        string,
        {
          Parameters?: { Payload?: { execution?: object; understands?: readonly string[] } };
          Retry?: { ErrorEquals: string[] }[];
        }
      >;
    };
    const steps = Object.values(States).filter(
      ({ Parameters }) => Parameters?.Payload?.execution !== undefined,
    );
    expect(steps.length).toBeGreaterThan(8);
    for (const { Parameters, Retry = [] } of steps) {
      const retried = Retry.flatMap(({ ErrorEquals }) => ErrorEquals);
      const said = Parameters?.Payload?.understands?.includes('denials');
      expect(retried).toContain(said ? 'PermissionDenied' : 'TransientServiceError');
    }
  },
);
