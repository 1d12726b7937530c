import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import aslValidator from 'asl-validator';
import * as z from 'zod/mini';
import { DENIALS, ERROR_NAMES, type RotationErrorName } from '../../lambdas/shared/contract/errors';
import { RECORD_FOLDER } from '../../lambdas/shared/contract/recorded';
import { STEP_NAMES, type StepName, stepPlaceholder } from '../../lambdas/shared/contract/steps';
import { SURVEY_FOLDER } from '../../lambdas/shared/contract/survey';
import {
  DECLARATION_OPEN_SECONDS,
  DRAIN_SECONDS,
  FUNCTION_TIMEOUT_SECONDS,
  LATE_REQUEST_MARGIN_SECONDS,
  TASK_TIMEOUT_SECONDS,
} from '../../lambdas/shared/contract/timing';
import { STEPS, type StepDefinition } from '../../lambdas/shared/rotation/step-table';
import { ANSWER_EXPOSED_KEY_FOLDER } from '../../lib/exposed-keys';
import { DEPLOYMENT_FOLDERS } from '../../lib/secrets/secrets-resource';
import { TELL_END_FOLDER } from '../../lib/untold-ends';
import { EVENT_SOURCE } from '../../state-machine/blocks';
import { DEFINITIONS, fileContent } from '../../state-machine/compose';
import { nodesOf, type SyntaxNode, sourcesOf } from '../lambdas/support/syntax';

const ROOT = join(__dirname, '../..');

interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: string;
  readonly MaxAttempts: number;
}
interface Rule {
  readonly StringEquals?: string;
  readonly IsPresent?: boolean;
  readonly Variable?: string;
}
interface State {
  readonly Type: string;
  readonly Comment?: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Resource?: string;
  readonly TimeoutSeconds?: number;
  readonly TimeoutSecondsPath?: string;
  readonly TimestampPath?: string;
  readonly Parameters?: {
    readonly FunctionName?: string;
    readonly 'FunctionName.$'?: string;
    readonly Payload?: { readonly understands?: readonly string[] };
    readonly Entries?: readonly {
      readonly Source: string;
      readonly DetailType: string;
      readonly Detail: Readonly<Record<string, string>>;
    }[];
  };
  readonly ResultPath?: string | null;
  readonly OutputPath?: string;
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly {
    readonly ErrorEquals: readonly string[];
    readonly ResultPath?: string | null;
    readonly Next: string;
  }[];
  readonly Choices?: readonly (Rule & { readonly Next: string; readonly And?: readonly Rule[] })[];
}
const text = readFileSync(join(ROOT, 'state-machine/access-key-rotation.asl.json'), 'utf8');
const definition = JSON.parse(text) as {
  readonly Comment: string;
  readonly States: Readonly<Record<string, State>>;
};
const states = Object.entries(definition.States);
const announcements = states.filter(([, state]) => state.Resource?.endsWith(':events:putEvents'));
const steps = states.filter(([, state]) => state.Parameters?.FunctionName !== undefined);
/** The step whose function a state calls. */
const stepOf = (name: string): StepName | undefined =>
  STEP_NAMES.find(
    (step) => definition.States[name]?.Parameters?.FunctionName === `\${${stepPlaceholder(step)}}`,
  );
const taskOf = (step: StepName): State => {
  const [, task] = states.find(([name]) => stepOf(name) === step) ?? [];
  if (task === undefined) throw new Error(`No state calls ${step}.`);
  return task;
};
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

const problemsOf = (definition: string): string => {
  const resolved = JSON.parse(definition.replaceAll(/\$\{(\w+)\}/g, (_match, name) => `arn:aws:x:::${name}`));
  const { isValid, errorsText } = aslValidator(resolved);
  return isValid ? 'valid' : errorsText();
};

test.each(Object.entries(DEFINITIONS))(
  '%s is what is composed (else: npx tsx state-machine/compose.ts), and valid ASL',
  (file, definition) => {
    expect(readFileSync(join(ROOT, 'state-machine', file), 'utf8')).toBe(fileContent(definition));
    expect(problemsOf(fileContent(definition))).toBe('valid');
  },
);

test('every definition is composed', () => {
  const files = readdirSync(join(ROOT, 'state-machine')).filter((file) => file.endsWith('.json'));
  expect(files.sort()).toEqual(Object.keys(DEFINITIONS).sort());
});

test('each step folder is one Task, and each Task one step folder', () => {
  const folders = readdirSync(join(ROOT, 'lambdas'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    // The functions of deployments, of rules and of the survey, and what takes the place of parts of the SDK, are no steps of a rotation.
    .filter(
      (name) =>
        ![
          'shared',
          'sdk',
          TELL_END_FOLDER,
          ANSWER_EXPOSED_KEY_FOLDER,
          SURVEY_FOLDER,
          RECORD_FOLDER,
          ...DEPLOYMENT_FOLDERS,
        ].includes(name),
    );
  expect(folders.sort()).toEqual([...STEP_NAMES].sort());
  const placeholders = steps.map(([, state]) => state.Parameters?.FunctionName);
  expect(placeholders.sort()).toEqual(STEP_NAMES.map((step) => `\${${stepPlaceholder(step)}}`).sort());
});

test.each(steps)(
  '%s: whatever is thrown is retried or told, and no retry meets a living function',
  (name, state) => {
    const isFirst = stepOf(name) === 'plan-rotation';
    if (stepOf(name) === 'trace-leaked-key') {
      // Whatever becomes of it, the rotation goes on, and a person is told.
      const told = 'Say that nobody knows what the leaked key did';
      expect(state.Catch).toEqual([{ ErrorEquals: ['States.ALL'], ResultPath: null, Next: told }]);
      return;
    }
    expect(state.Catch).toEqual([
      isFirst
        ? { ErrorEquals: ['States.ALL'], Next: 'Keep what the plan said' }
        : { ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'What went wrong?' },
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

test('a declaration stays open for longer than the plan is tried again, each time for as long as it can take', () => {
  const { Retry = [] } = taskOf('plan-rotation');
  const seconds = Retry.map(
    ({ IntervalSeconds, BackoffRate = 2, MaxDelaySeconds = Number.POSITIVE_INFINITY, MaxAttempts }) =>
      Array.from({ length: MaxAttempts }, (_none, attempt) =>
        Math.min(IntervalSeconds * BackoffRate ** attempt, MaxDelaySeconds),
      ).reduce((sum, pause) => sum + pause, 0),
  );
  expect(seconds.length).toBe(2);
  expect(Math.max(...seconds)).toBeLessThan(DECLARATION_OPEN_SECONDS);
});

describe('an error of a step', () => {
  /** The steps that the state machine repeats after it. Every other error ends the rotation. */
  const REPEATED: Readonly<Record<RotationErrorName, readonly StepName[]>> = {
    InvalidRotationInput: [],
    UserNotEnrolled: [],
    UserNotFound: [],
    EnrolmentConflict: [],
    RotationInProgress: ['create-access-key'],
    RotationOnHold: [],
    AccessKeyConflict: [],
    SecretConflict: [],
    UserConflict: [],
    AccessKeyNotUsable: [],
    AdoptionTimedOut: [],
    NotAcknowledged: [],
    ConsumersUnhealthy: [],
    NothingToRollBack: [],
    StateDrift: [],
    TransientServiceError: STEP_NAMES,
    PermissionDenied: STEP_NAMES,
    KmsKeyNotUsable: STEP_NAMES,
    UnexpectedError: [],
  };
  const matchedBy = ({ Retry = [], Catch = [] }: State) =>
    [...Retry, ...Catch]
      .flatMap(({ ErrorEquals }) => ErrorEquals)
      .filter((name) => !/^(States|Lambda|EventBridge|Sandbox|Runtime)\./.test(name));

  test.each(STEP_NAMES)('%s: what is matched is what may pass by itself', (step) => {
    expect(matchedBy(taskOf(step)).sort()).toEqual(
      ERROR_NAMES.filter((name) => REPEATED[name].includes(step)).sort(),
    );
  });

  test('is read as an explanation under each of our names, and under no other', () => {
    const [rule] = definition.States['What went wrong?']?.Choices ?? [];
    const read = JSON.stringify(rule).matchAll(/"Variable":"\$\.failure\.Error","StringEquals":"([\w.]+)"/g);
    expect([...read].map(([, name]) => name).sort()).toEqual([...ERROR_NAMES].sort());
  });

  test.each(STEP_NAMES)('%s: is handed on that a denial is tried again', (step) => {
    expect(taskOf(step).Parameters?.Payload?.understands).toContain('denials');
  });

  test('a denial is told after a minute by the plan, and after some minutes by the others', () => {
    for (const step of STEP_NAMES) {
      const retrier = taskOf(step).Retry?.find(({ ErrorEquals }) => ErrorEquals.includes('PermissionDenied'));
      const { IntervalSeconds = 0, MaxAttempts = 0 } = retrier ?? {};
      expect(retrier?.ErrorEquals).toEqual(expect.arrayContaining([...DENIALS]));
      if (step !== 'reactivate-access-key') {
        expect(IntervalSeconds * MaxAttempts).toBe(
          step === 'plan-rotation' ? 60 : step === 'stop-execution' ? 300 : 600,
        );
      }
    }
  });

  test('is matched by no other state', () => {
    const others = states.filter(([name]) => stepOf(name) === undefined);
    expect(others.flatMap(([, state]) => matchedBy(state))).toEqual([]);
  });

  /** What functions are given to make an error of, and what decisions have as one. */
  const given = sourcesOf(join(ROOT, 'lambdas')).flatMap(([, tree]) =>
    nodesOf(tree).flatMap((node) => {
      if (node.type === 'CallExpression' || node.type === 'NewExpression') {
        const [argument] = (node.arguments ?? []) as readonly { readonly expression: SyntaxNode }[];
        return argument?.expression.value;
      }
      const isError = node.type === 'KeyValueProperty' && (node.key as SyntaxNode).value === 'error';
      return isError ? (node.value as SyntaxNode).value : undefined;
    }),
  );

  test.each(ERROR_NAMES)('%s: some function ends in it', (name) => {
    expect(given).toContain(name);
  });
});

/** From a step to the next: the status that leads there, where the definition branches on it, and the states on the way. */
interface Way {
  readonly status: string | undefined;
  /** Fields without which the way is not taken. */
  readonly present: readonly string[];
  readonly by: readonly State[];
  /** Undefined: the execution ends. */
  readonly to: StepName | undefined;
}

const waysFrom = (name: string | undefined): readonly Way[] => {
  const state = definition.States[name ?? ''];
  const to = stepOf(name ?? '');
  if (state === undefined || to !== undefined) return [{ status: undefined, present: [], by: [], to }];
  const { Choices } = state;
  if (Choices === undefined) return waysFrom(state.Next).map((way) => ({ ...way, by: [state, ...way.by] }));
  return Choices.flatMap(({ Next, And = [], ...rule }) =>
    waysFrom(Next).map((way) => ({
      ...way,
      status: [rule, ...And].find(({ Variable }) => Variable === '$.status')?.StringEquals,
      present: [
        ...way.present,
        ...And.flatMap(({ IsPresent, Variable = '' }) => (IsPresent ? Variable.slice('$.'.length) : [])),
      ],
    })),
  );
};

const waysAfter = (step: StepName): readonly Way[] => waysFrom(taskOf(step).Next);
const statusesOf = (step: StepName): readonly string[] => Object.keys(STEPS[step].outputs);

describe('every status that a step hands on has its way, and every way its status', () => {
  test.each(STEP_NAMES)('%s', (step) => {
    const ways = waysAfter(step);
    const [only, ...more] = statusesOf(step);
    // Where the definition does not branch, there is one way, and nothing to choose.
    const chosen = ways.map(({ status }) => status ?? (more.length === 0 ? only : 'any'));
    expect([...new Set(chosen)].sort()).toEqual([...statusesOf(step)].sort());
  });

  test('no step has a status in the table that it never hands on', () => {
    const unused: Unused[StepName] extends never ? 'none' : never = 'none';
    expect(unused).toBe('none');
  });
});

/** What each step hands on, by the types of its function. */
interface Functions {
  'plan-rotation': typeof import('../../lambdas/plan-rotation/handler');
  'stop-execution': typeof import('../../lambdas/stop-execution/handler');
  'create-access-key': typeof import('../../lambdas/create-access-key/handler');
  'test-access-key': typeof import('../../lambdas/test-access-key/handler');
  'publish-access-key': typeof import('../../lambdas/publish-access-key/handler');
  'confirm-adoption': typeof import('../../lambdas/confirm-adoption/handler');
  'deactivate-access-key': typeof import('../../lambdas/deactivate-access-key/handler');
  'trace-leaked-key': typeof import('../../lambdas/trace-leaked-key/handler');
  'confirm-health': typeof import('../../lambdas/confirm-health/handler');
  'reactivate-access-key': typeof import('../../lambdas/reactivate-access-key/handler');
  'delete-access-key': typeof import('../../lambdas/delete-access-key/handler');
}
/** Statuses of the table that no function hands on: one of them, and this file does not compile. */
type Unused = {
  readonly [Step in StepName]: Exclude<
    keyof (typeof STEPS)[Step]['outputs'],
    Awaited<ReturnType<Functions[Step]['handler']>>['status']
  >;
};

describe('the definition says of which later statuses it knows', () => {
  const understood = (step: StepName) => taskOf(step).Parameters?.Payload?.understands ?? [];

  /** Statuses that executions of older definitions know nothing of: a step asks before it hands one on. */
  const LATER: Partial<Record<StepName, readonly string[]>> = {
    'plan-rotation': ['notice'],
    'create-access-key': ['contained'],
    'confirm-adoption': ['notice'],
    'deactivate-access-key': ['look-again'],
    'confirm-health': ['no-verdict'],
    'delete-access-key': ['look-again'],
  };

  /** And what they know nothing of besides, which is no status. */
  const RULES: Partial<Record<StepName, readonly string[]>> = {
    'plan-rotation': ['declared-emergency'],
    // The wait after the publication is one until the notice.
    'create-access-key': ['notice'],
    'publish-access-key': ['notice'],
  };

  test.each(STEP_NAMES)('%s: each of them has its way', (step) => {
    const later = LATER[step] ?? [];
    expect(understood(step)).toEqual(['denials', 'messages', ...later, ...(RULES[step] ?? [])]);
    expect(waysAfter(step).map(({ status }) => status)).toEqual(expect.arrayContaining([...later]));
  });
});

describe('what the states and the step on the way of a status take, the status brings', () => {
  const required = (schema: z.ZodMiniType, io: 'input' | 'output'): readonly string[] =>
    z.toJSONSchema(schema, { io }).required ?? [];
  /** What is required in a field of what is handed on. */
  const requiredIn = (schema: z.ZodMiniType | undefined, field = ''): readonly string[] => {
    const { properties = {} } = schema === undefined ? {} : z.toJSONSchema(schema, { io: 'output' });
    const inner = properties[field];
    return typeof inner === 'object' ? (inner.required ?? []) : [];
  };
  const readBy = ({ Parameters, TimestampPath, TimeoutSecondsPath }: State): readonly string[] =>
    [
      ...JSON.stringify({ Parameters, TimestampPath, TimeoutSecondsPath }).matchAll(/(?<!\$)\$\.(\w+)/g),
    ].flatMap(([, field]) => field ?? []);

  const ways = STEP_NAMES.flatMap((step) =>
    waysAfter(step).map((way) => [step, way.status ?? statusesOf(step)[0] ?? '', way] as const),
  );

  test.each(ways)('%s: %s', (step, status, { present, by, to }) => {
    const outputs: StepDefinition['outputs'] = STEPS[step].outputs;
    const brought = [
      'status',
      ...present,
      ...(outputs[status] ? required(outputs[status], 'output') : []),
      ...by.flatMap(({ ResultPath }) =>
        typeof ResultPath === 'string' ? ResultPath.slice('$.'.length) : [],
      ),
    ];
    const input = to === undefined ? [] : required(STEPS[to].input, 'input');
    const field = by
      .map(({ OutputPath }) => OutputPath?.slice('$.'.length))
      .find((path) => path !== undefined);
    // The next step gets a part of what was handed on.
    const [read, part] =
      field === undefined ? [[...by.flatMap(readBy), ...input], []] : [by.flatMap(readBy), input];
    expect(read.filter((name) => !brought.includes(name))).toEqual([]);
    expect(part.filter((name) => !requiredIn(outputs[status], field).includes(name))).toEqual([]);
  });
});

test('a status that nobody knows, as of another deployment, does not end green', () => {
  const defaults = states.filter(([, { Type }]) => Type === 'Choice').map(([, { Default }]) => Default);
  expect(new Set(defaults)).toEqual(
    new Set([
      'Explain an unknown status',
      'Explain a step that was cut off',
      'Quote what the step says',
      'Leave the input where it is',
      // What the leaked key did changes nothing in what becomes of the keys: the rotation goes on.
      'Say that nobody knows what the leaked key did',
    ]),
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
  // What the leaked key did is looked up twice.
  const types = entries.map(({ DetailType }) => DetailType);
  const again = types.filter((type, place) => types.indexOf(type) !== place);
  expect(again).toEqual(['Leaked Access Key Traced']);
});

test('whatever fails is announced before a person is told', () => {
  const leadingTo = (target: string) =>
    states
      .filter(([, { Next, Default, Choices = [], Catch = [] }]) =>
        [Next, Default, ...Choices.map((one) => one.Next), ...Catch.map((one) => one.Next)].includes(target),
      )
      .map(([name]) => name);
  expect(leadingTo('Tell a person')).toEqual(['Announce the failure']);
  expect(leadingTo('Announce the failure')).toEqual(['Quote the input', 'Leave the input where it is']);
  expect(leadingTo('May the input be quoted?').length).toBeGreaterThan(3);
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
