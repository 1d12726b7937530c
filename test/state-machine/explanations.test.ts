import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InterceptInvocation } from '../../local/lambda-service';
import { createWorld, type InProcessWorldOptions } from '../../local/world';
import { recordings } from './support/recordings';

/*
 * Whatever ends an execution reaches a person: whose rotation it is, what happened, what is known of the keys, what to do, and
 * a section of the runbook that is there.
 */

const SECTIONS = [
  ...readFileSync(join(__dirname, '../../docs/runbook.md'), 'utf8').matchAll(/^### (.+)$/gm),
].map(([, heading]) => heading);

let world: ReturnType<typeof createWorld>;
afterEach(() => world.close());

/** Runs an execution, and gives what it ended in and what a person was told. */
const told = async (input: unknown, options: InProcessWorldOptions = {}, given = () => {}) => {
  world = createWorld({ wire: 'fast', ...options });
  given();
  const execution = world.startExecution(input);
  const { status, error, cause } = await world.run(execution.result);
  const [message, ...more] = world.aws.sns.messages;
  expect({ status, more }).toEqual({ status: 'FAILED', more: [] });
  const section = /What to do: docs\/runbook\.md, Errors, (.+)$/.exec(message?.message ?? '')?.[1];
  expect(SECTIONS).toContain(section);
  expect(message?.message).toContain(`Started with: ${JSON.stringify(input)}`);
  expect(message?.message.startsWith(cause ?? 'no cause')).toBe(true);
  return { error, section, cause: cause ?? '' };
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
    cause: expect.stringMatching(/Nothing was changed\..* User: unknown\. Step: plan-rotation\./),
  });
});

test('an input that names a user, and is wrong', async () => {
  const { cause } = await told({ userName: 'alice', action: 'explode' });
  expect(cause).toContain('User: alice.');
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
    expect(message).toMatchObject({ error: name, section: 'A step was cut off' });
    expect(message.cause).toMatch(
      /^A step ended with .* without an explanation.*The keys are as the last completed/,
    );
    const isSentence = cause !== '' && !cause.startsWith('{');
    expect(message.cause.includes(`What was said: ${cause} Every step`)).toBe(isSentence);
    expect(steps.at(-1)).toBe('create-access-key');
  });
});

test.each(['', 'Lambda did not run it.'])('the plan itself is cut off: %s', async (cause) => {
  const interceptInvocation: InterceptInvocation = () => ({ kind: 'refuse', error: 'Lambda.Unknown', cause });
  const { error, section, cause: said } = await told('alice', { interceptInvocation });
  expect([error, section]).toEqual(['Lambda.Unknown', 'A step was cut off']);
  expect(said).toContain(cause);
});

describe('what is set up wrongly from the start is told within two minutes', () => {
  test.each<[string, InProcessWorldOptions, RegExp]>([
    [
      'another path of the user: the ARN is none that the role may act on',
      {
        authorize: ({ action, resource }) =>
          !action.startsWith('iam:') || resource.endsWith(':user/elsewhere/alice'),
      },
      /AWS did not allow reading the user alice: AccessDenied: .* on resource: user alice because no identity-based policy.* path,/,
    ],
    [
      'another secret',
      { authorize: ({ action }) => !action.startsWith('secretsmanager:') },
      /describing the secret .*AccessDeniedException: .* path, existingSecret and kmsKeyArn of the user/,
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
