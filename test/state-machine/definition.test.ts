import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import aslValidator from 'asl-validator';
import { ERROR_NAMES } from '../../lambdas/shared/errors';
import { STEP_NAMES, stepPlaceholder } from '../../lambdas/shared/steps';
import {
  DRAIN_SECONDS,
  FUNCTION_TIMEOUT_SECONDS,
  LATE_REQUEST_MARGIN_SECONDS,
  TASK_TIMEOUT_SECONDS,
} from '../../lambdas/shared/timing';
import { EVENT_SOURCE } from '../../lib/rotation-state-machine';

const ROOT = join(__dirname, '../..');

interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds: number;
  readonly JitterStrategy?: string;
  readonly MaxAttempts: number;
}
interface State {
  readonly Type: string;
  readonly Comment?: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Resource?: string;
  readonly TimeoutSeconds?: number;
  readonly Parameters?: {
    readonly FunctionName?: string;
    readonly 'FunctionName.$'?: string;
    readonly Entries?: readonly {
      readonly Source: string;
      readonly DetailType: string;
      readonly Detail: Readonly<Record<string, string>>;
    }[];
  };
  readonly ResultPath?: string | null;
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly {
    readonly ErrorEquals: readonly string[];
    readonly ResultPath?: string | null;
    readonly Next: string;
  }[];
  readonly Choices?: readonly {
    readonly Next: string;
    readonly StringEquals?: string;
    readonly Variable?: string;
  }[];
}
const text = readFileSync(join(ROOT, 'state-machine/access-key-rotation.asl.json'), 'utf8');
const definition = JSON.parse(text) as {
  readonly Comment: string;
  readonly States: Readonly<Record<string, State>>;
};
const states = Object.entries(definition.States);
const announcements = states.filter(([, state]) => state.Resource?.endsWith(':events:putEvents'));
const steps = states.filter(([, state]) => state.Parameters?.FunctionName !== undefined);
const validators = states.filter(
  ([, state]) => state.Resource?.endsWith('lambda:invoke') && state.Parameters?.FunctionName === undefined,
);

/** Errors after which the function has ended, or never began. */
const FUNCTION_IS_OVER = [
  'TransientServiceError',
  'Lambda.TooManyRequestsException',
  'Sandbox.Timedout',
  'Runtime.ExitError',
];
/** Errors that say nothing of the function: it may be at work for its whole timeout. */
const FUNCTION_MAY_LIVE = [
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.Unknown',
  'States.Timeout',
];

test('the definition is valid ASL', () => {
  const resolved = JSON.parse(
    text.replaceAll(/\$\{(\w+)\}/g, (_match, name) => (name === 'Partition' ? 'aws' : `arn:aws:x:::${name}`)),
  );
  const { isValid, errorsText } = aslValidator(resolved);
  expect(`${isValid ? 'valid' : errorsText()}`).toBe('valid');
});

test('each step folder is one Task, and each Task one step folder', () => {
  const folders = readdirSync(join(ROOT, 'lambdas')).filter(
    // The function of a custom resource, and what takes the place of parts of the SDK, are no steps of a rotation.
    (name) => !['shared', 'replicate-secret', 'sdk'].includes(name),
  );
  expect(folders.sort()).toEqual([...STEP_NAMES].sort());
  const placeholders = steps.map(([, state]) => state.Parameters?.FunctionName);
  expect(placeholders.sort()).toEqual(STEP_NAMES.map((step) => `\${${stepPlaceholder(step)}}`).sort());
});

test.each(steps)(
  '%s: whatever is thrown is retried or told, and no retry meets a living function',
  (_name, state) => {
    expect(state.Catch).toEqual([
      { ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'What went wrong?' },
    ]);
    expect(state.TimeoutSeconds).toBe(TASK_TIMEOUT_SECONDS);
    expect(TASK_TIMEOUT_SECONDS).toBeGreaterThan(FUNCTION_TIMEOUT_SECONDS);
    const retried = state.Retry?.flatMap((retrier) => retrier.ErrorEquals);
    expect(retried).toEqual(expect.arrayContaining([...FUNCTION_IS_OVER, ...FUNCTION_MAY_LIVE]));
  },
);

test.each(['Create and store a new key', 'Test the new key', 'Delete the old key'])(
  '%s is repeated no sooner than its function, and what it has sent, must be over',
  (name) => {
    for (const { ErrorEquals, IntervalSeconds, JitterStrategy } of definition.States[name]?.Retry ?? []) {
      const mayLive = ErrorEquals.some((error) => FUNCTION_MAY_LIVE.includes(error));
      expect(IntervalSeconds).toBeGreaterThanOrEqual(mayLive ? DRAIN_SECONDS : LATE_REQUEST_MARGIN_SECONDS);
      // Full jitter would draw from zero.
      expect(JitterStrategy ?? 'NONE').toBe('NONE');
    }
  },
);

test('every error name that the definition matches can be thrown, and every name is thrown somewhere', () => {
  const own = (name: string) => !/^(States|Lambda|EventBridge|Sandbox|Runtime)\./.test(name);
  const matched = new Set(
    states.flatMap(([, state]) => (state.Retry ?? []).flatMap((retrier) => retrier.ErrorEquals)).filter(own),
  );
  for (const name of matched) expect(ERROR_NAMES).toContain(name);

  const sources = readdirSync(join(ROOT, 'lambdas'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('shared/errors.ts'))
    .map((file) => readFileSync(join(ROOT, 'lambdas', file), 'utf8'))
    .join('\n');
  for (const name of ERROR_NAMES) expect(sources).toMatch(new RegExp(`'${name}',`));
});

test('every status that a step returns has its way, and every way its status', () => {
  const sources = STEP_NAMES.flatMap((step) =>
    ['handler.ts', 'decide.ts'].map((file) =>
      readFileSync(join(ROOT, 'lambdas', step, file), 'utf8').valueOf(),
    ),
  ).join('\n');
  const branches = states
    .flatMap(([, state]) => state.Choices ?? [])
    .filter((choice) => choice.Variable === '$.status')
    .map((choice) => choice.StringEquals);
  expect(branches.length).toBeGreaterThan(10);
  for (const status of branches) expect(sources).toContain(`'${status}'`);
});

test('a status that nobody knows, as of another deployment, does not end green', () => {
  const defaults = states.filter(([, { Type }]) => Type === 'Choice').map(([, { Default }]) => Default);
  expect(new Set(defaults)).toEqual(
    new Set(['Explain an unknown status', 'Explain a step that was cut off']),
  );
});

test.each(validators)('%s: an error is an answer, and the check that asked judges it', (_name, state) => {
  expect(state.Parameters?.['FunctionName.$']).toBe('$.settings.validator');
  expect(state.ResultPath).toBe('$.verdict');
  expect(state.Catch).toEqual([{ ErrorEquals: ['States.ALL'], ResultPath: '$.verdict', Next: state.Next }]);
  const asking = states.filter(([, { Choices = [] }]) => Choices.some(({ Next }) => Next === _name));
  expect(asking).toHaveLength(1);
  expect(definition.States[state.Next ?? '']?.Next).toBe(asking[0]?.[0]);
});

test('a missing acknowledgement is an answer, which the check that asked judges; nobody is asked twice for it', () => {
  const state = definition.States['Ask the owner to acknowledge the deactivation'];
  expect(state?.ResultPath).toBe('$.acknowledgement');
  expect(state?.Catch).toEqual([
    { ErrorEquals: ['States.ALL'], ResultPath: '$.acknowledgement', Next: state?.Next },
  ]);
  // A refusal may have any name, and a time-out is one: only what EventBridge itself says is tried again.
  for (const name of state?.Retry?.flatMap((retrier) => retrier.ErrorEquals) ?? []) {
    expect(name).toMatch(/^EventBridge\./);
  }
});

test.each(announcements)(
  '%s: leads on and changes nothing, whether the event is sent or not',
  (_name, state) => {
    expect(state.ResultPath).toBeNull();
    expect(state.Catch).toEqual([{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: state.Next }]);
    expect(state.Retry).toEqual([expect.objectContaining({ ErrorEquals: ['States.ALL'] })]);
    // Every failed rotation waits for its event before a person is told.
    const { MaxAttempts = 0 } = state.Retry?.[0] ?? {};
    expect((state.TimeoutSeconds ?? 0) * (MaxAttempts + 1)).toBeLessThanOrEqual(180);
  },
);

test('each announcement is an event of its own, from the source that the role may use', () => {
  const entries = announcements.flatMap(([, state]) => state.Parameters?.Entries ?? []);
  expect(entries).toHaveLength(announcements.length);
  expect(new Set(entries.map(({ Source }) => Source))).toEqual(new Set([EVENT_SOURCE]));
  expect(new Set(entries.map(({ DetailType }) => DetailType)).size).toBe(announcements.length);
});

test('whatever fails is announced before a person is told', () => {
  const leadingTo = (target: string) =>
    states
      .filter(([, { Next, Default, Choices = [], Catch = [] }]) =>
        [Next, Default, ...Choices.map((one) => one.Next), ...Catch.map((one) => one.Next)].includes(target),
      )
      .map(([name]) => name);
  expect(leadingTo('Tell a person')).toEqual(['Announce the failure']);
  expect(leadingTo('Announce the failure').length).toBeGreaterThan(3);
});

test('a person finds every state explained', () => {
  expect(definition.Comment).toContain('{"userName":"alice"}');
  const silent = states.filter(
    ([name, state]) =>
      state.Comment === undefined && !name.includes('explanation') && !name.includes('Explain'),
  );
  expect(silent.map(([name]) => name)).toEqual([]);
  for (const [name] of states) expect(name.length).toBeLessThanOrEqual(80);
});
