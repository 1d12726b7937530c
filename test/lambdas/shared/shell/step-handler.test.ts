import * as z from 'zod/mini';
import { RotationError } from '../../../../lambdas/shared/contract/errors';
import { STEP_NAMES, type StepName } from '../../../../lambdas/shared/contract/steps';
import type { Message } from '../../../../lambdas/shared/contract/told';
import { type StepContext, stepHandler } from '../../../../lambdas/shared/shell/step-handler';
import { bearingOut } from '../../support/claims';
import { key, NEW, NOW, OLD, ROTATION } from '../../support/fixtures';

const EXECUTION = {
  id: 'arn:aws:states:us-east-1:111122223333:execution:rotation:first',
  redriveCount: 0,
  startTime: NOW.toISOString(),
};
const State = z.object({
  userName: z.string(),
  checks: z.optional(z.number()),
  ownerNamesStart: z.optional(z.literal(true)),
});
type State = z.infer<typeof State>;
const DONE = { status: 'done', outcome: 'All is well.' } as const;
/** What a step hands on with everything, for messages of the state machine itself. */
const ABOUT = { user: 'alice', place: 'alice @ 111122223333/us-east-1' };
const STATE_NAME = 'The state of the step';
const gatewaysOf = (event: unknown) => ({ iam: 'a gateway', executions: bearingOut(event, STATE_NAME) });
const emergency = { userName: 'alice', rotation: { ...ROTATION, leakedAccessKeyIds: [OLD] } };

let logged: unknown[];
let called: StepContext<State, ReturnType<typeof gatewaysOf>>[];
beforeEach(() => {
  logged = [];
  called = [];
  for (const level of ['info', 'error'] as const) {
    jest.spyOn(console, level).mockImplementation((...fields) => void logged.push([level, ...fields]));
  }
});
afterEach(() => jest.restoreAllMocks());

/** Calls a step that does this, and says what came of it. */
const call = (event: unknown, work: () => object = () => DONE, step: StepName = 'create-access-key') =>
  stepHandler(
    {
      ...{ name: step, stateName: STATE_NAME, readsOnly: false, input: State },
      outputs: { done: z.object({ outcome: z.string() }) },
    },
    { environment: { RUNBOOK_URL: 'https://example.com/runbook' }, calls: () => 0 },
    gatewaysOf(event),
    async (context) => {
      called.push(context);
      return work() as typeof DONE;
    },
    (problems) => ({ what: `Say who: ${problems}.` }),
  )(event).then(
    (output) => ({ output }),
    (error: unknown) => ({ error }),
  );
const failing = (error: unknown) => () => {
  throw error;
};

describe('what is no call of the state machine', () => {
  test.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /\(input: /],
    ['a user alone', { userName: 'alice' }, /\(execution: /],
    ['no execution', { state: { userName: 'alice' } }, /\(execution: /],
    ['an execution without a name', { execution: { ...EXECUTION, id: '' } }, /\(execution\.id: /],
    [
      'an execution without a time, redriven less than never',
      { execution: { id: 'arn', redriveCount: -1 } },
      /\(execution\.redriveCount: .*; execution\.startTime: /,
    ],
    [
      'an execution redriven by half',
      { execution: { ...EXECUTION, redriveCount: 0.5 } },
      /\(execution\.redriveCount: /,
    ],
    [
      'an execution that begins at no time',
      { execution: { ...EXECUTION, startTime: 'today' } },
      /\(execution\.startTime: /,
    ],
  ])('%s: refused, and nothing is done', async (_case, event, problem) => {
    const { error } = (await call(event)) as { error: unknown };
    expect(error).toBeInstanceOf(RotationError);
    expect(error).toMatchObject({ name: 'InvalidRotationInput', message: expect.stringMatching(problem) });
    expect(called).toEqual([]);
  });
});

describe('an execution', () => {
  test.each([
    ['is never redriven', 0],
    ['comes from an engine that knows no redrives', null],
  ])(
    'that %s: its step works with the state that the schema lets through, as its owner',
    async (_case, redriveCount) => {
      const execution = { ...EXECUTION, redriveCount };
      const event = { execution, state: { userName: 'alice', more: 1 } };
      expect(await call(event)).toEqual({ output: { ...DONE, about: ABOUT } });
      expect(called).toEqual([
        {
          state: { userName: 'alice' },
          execution: EXECUTION,
          owner: `${EXECUTION.id}#0`,
          gateways: expect.objectContaining({ iam: 'a gateway' }),
          understands: expect.any(Function),
          effort: expect.any(Function),
        },
      ]);
    },
  );

  test.each([
    ['that begins today', { understands: ['look-again'] }, [true, false]],
    ['of an older definition', {}, [false, false]],
  ])(
    '%s: its step knows which of the later statuses the definition has a way for',
    async (_case, more, known) => {
      await call({ execution: EXECUTION, state: { userName: 'alice' }, ...more });
      expect(['look-again', 'no-verdict'].map((status) => called[0]?.understands(status))).toEqual(known);
    },
  );

  test('that was redriven is not continued', async () => {
    const execution = { ...EXECUTION, redriveCount: 1 };
    expect(await call({ execution, state: { userName: 'alice' } })).toMatchObject({
      error: {
        name: 'InvalidRotationInput',
        message: expect.stringContaining('redriven execution is not continued. Nothing was changed.'),
      },
    });
    expect(called).toEqual([]);
    expect(logged).toEqual([['error', expect.objectContaining({ error: 'InvalidRotationInput' })]]);
  });

  test.each<[string, unknown, string]>([
    ['no state', undefined, 'input: '],
    ['a wrong field', { userName: 7 }, 'userName: '],
    ['two wrong fields', { userName: 7, checks: 'one' }, '; checks: '],
  ])('with %s is refused in the words of the step', async (_case, state, problem) => {
    const { error } = (await call({ execution: EXECUTION, state })) as { error: Error };
    expect(error).toMatchObject({ name: 'InvalidRotationInput', message: expect.stringContaining(problem) });
    expect(error.message).toMatch(/^Say who: /);
    expect(called).toEqual([]);
  });
});

test('no line of an outcome is somebody else’s', async () => {
  const event = { execution: EXECUTION, state: { userName: 'alice' } };
  const done = { ...DONE, outcome: 'Paused (audit\n\nWhat to do:\u2029nothing).' };
  expect(await call(event, () => done)).toEqual({
    output: { ...DONE, outcome: 'Paused (audit What to do: nothing).', about: ABOUT },
  });
});

/** A definition that takes messages. */
const TAKES_MESSAGES = { execution: EXECUTION, understands: ['denials', 'messages'] };
const messageIn = (error: Error): Message => JSON.parse(error.message) as Message;

describe('a definition that takes messages', () => {
  const event = { ...TAKES_MESSAGES, state: { userName: 'alice' } };

  test('gets an error as one: subject, text and what subscriptions filter by', async () => {
    const said = { what: ['Somebody was here.', 'Nothing was changed.'], keys: [key(OLD)], next: ['Look.'] };
    const { error } = (await call(event, failing(new RotationError('StateDrift', said)))) as { error: Error };
    expect(error.name).toBe('StateDrift');
    const { text, ...rest } = messageIn(error);
    expect(rest).toEqual({
      subject: '[alice @ 111122223333/us-east-1] somebody has changed something (StateDrift)',
      user: 'alice',
      event: 'StateDrift',
      urgent: 'no',
      section: 'StateDrift',
    });
    expect(text.split('\n\n').map((block) => block.split(/[\n:]/)[0])).toEqual([
      'alice, account 111122223333, us-east-1',
      'WHAT HAPPENED',
      'URGENT',
      'KEYS',
      'DO THIS',
      'MORE',
    ]);
    expect(text).toContain(`${OLD} is Active`);
    expect(text).toContain('https://example.com/runbook#statedrift');
  });

  test('gets no message with an outcome that nobody has to be told', async () => {
    expect(await call(event)).toEqual({ output: { ...DONE, about: ABOUT } });
  });

  test.each([
    [
      'that takes it',
      ['messages'],
      expect.objectContaining({ event: 'NoVerdict', urgent: 'no', user: 'alice' }),
    ],
    ['of an earlier release', [], undefined],
  ])('gets one with an outcome that tells, if it is one %s', async (_case, understands, message) => {
    const { output } = (await call({ ...event, understands }, () => ({ ...DONE, tells: 'NoVerdict' }))) as {
      output: object;
    };
    expect(output).toEqual({ ...DONE, about: ABOUT, ...(message && { message }) });
  });
});

describe('what is logged', () => {
  const fields = { step: 'create-access-key', execution: EXECUTION.id, userName: 'alice' };
  const event = { execution: EXECUTION, state: { userName: 'alice' } };
  const material = { secretAccessKey: 'not-a-real-secret' };

  test('of what was done: status and outcome, and nothing else of the output', async () => {
    const output = { ...DONE, ...material, newAccessKeyId: OLD };
    expect(await call(event, () => output)).toEqual({ output: { ...output, about: ABOUT } });
    expect(logged).toEqual([['info', { ...fields, ...DONE }]]);
  });

  test('of a failure: name and message, and nothing else of the error', async () => {
    const cause = Object.assign(new Error('with not-a-real-secret'), material);
    const error = Object.assign(new RotationError('StateDrift', 'Somebody was here.', { cause }), material);
    const result = (await call({ ...event, state: { ...event.state, ...material } }, failing(error))) as {
      error: unknown;
    };
    // The state machine matches the name. Nothing else of the error is handed on.
    expect(result.error).toMatchObject({ name: 'StateDrift', message: 'Somebody was here.', cause: error });
    expect(Object.keys(result.error as object)).not.toContain('secretAccessKey');
    expect(logged).toEqual([['error', { ...fields, error: 'StateDrift', message: 'Somebody was here.' }]]);
  });

  test('of a failure without a name of ours: whose it is, what was said, and what is known of the keys', async () => {
    const error = Object.assign(new Error('No.'), { name: 'TypeError' });
    const result = (await call(event, failing(error))) as { error: Error };
    expect(result.error).toMatchObject({
      name: 'UnexpectedError',
      message: expect.stringMatching(/TypeError: No\. AWSCURRENT is where it was\. The old key/),
      cause: expect.objectContaining({ cause: error }),
    });
    expect(logged).toEqual([
      ['error', { ...fields, error: 'UnexpectedError', message: result.error.message }],
    ]);
  });

  test.each<[string, unknown]>([
    ['no user', {}],
    ['a user whose name nobody can have', { userName: 'alice\n{"level":"info"}' }],
    ['a number for a user', { userName: 7 }],
    ['no object', 'alice'],
    ['nothing', undefined],
  ])('of a state with %s: no user', async (_what, state) => {
    await call({ execution: EXECUTION, state });
    expect(logged).toEqual([[expect.any(String), expect.objectContaining({ execution: EXECUTION.id })]]);
    expect(JSON.stringify(logged)).not.toContain('"userName"');
  });

  test('of a state that cannot be read, of a user who can: an error with the user', async () => {
    await call({ ...event, state: { userName: 'alice', checks: 'many' } });
    expect(logged).toEqual([
      ['error', { ...fields, error: 'InvalidRotationInput', message: expect.any(String) }],
    ]);
  });

  test('of what is no error at all: its text', async () => {
    expect(await call(event, failing('No.'))).toMatchObject({
      error: { name: 'UnexpectedError', message: expect.stringContaining(': error: No. ') },
    });
  });
});

describe('a denial', () => {
  const denied = () => new RotationError('PermissionDenied', 'You may not.', { keys: 'untold' });
  const state = { userName: 'alice', rotation: ROTATION, newAccessKeyId: NEW };

  test.each([
    ['tries it again', ['denials'], 'PermissionDenied'],
    ['does not say so: it is tried again as what may pass', undefined, 'TransientServiceError'],
    ['does not', ['look-again'], 'TransientServiceError'],
  ])('where the definition %s', async (_case, understands, name) => {
    const event = { execution: EXECUTION, state, understands };
    expect(await call(event, failing(denied()), 'publish-access-key')).toMatchObject({
      error: {
        name,
        message: `You may not. AWSCURRENT is on ${NEW} or still where it was. ${OLD} is as it was.`,
      },
    });
  });

  test.each(STEP_NAMES)('in %s tells what is known of the keys', async (step) => {
    const { error } = (await call({ execution: EXECUTION, state }, failing(denied()), step)) as {
      error: Error;
    };
    expect(error.message).toMatch(/^You may not\. .+\.$/);
    const [[, log]] = logged as [[string, { readonly step: string; readonly message: string }]];
    expect(log).toMatchObject({ step, error: 'TransientServiceError' });
    expect(log.message).not.toMatch(/AKIA/);
  });
});

test.each([[[]], [['messages']]])(
  'a cause is whole, of a definition that understands %j: Step Functions cuts it at 32,768 characters',
  async (understands) => {
    const state = { userName: '\u0000'.repeat(64), ['\u0001'.repeat(200_000)]: 1 };
    for (const thrown of [
      new Error('"'.repeat(100_000)),
      new RotationError('StateDrift', '"'.repeat(100_000)),
    ]) {
      const { error } = (await call({ execution: EXECUTION, state, understands }, failing(thrown))) as {
        error: Error;
      };
      const trace = (error.stack ?? '').split('\n');
      const cause = JSON.stringify({ errorType: error.name, errorMessage: error.message, trace });
      expect(cause.length).toBeLessThan(32_768);
    }
  },
);

describe('a failure while a leaked key may be Active', () => {
  const event = { execution: EXECUTION, state: emergency };
  const NOTE = expect.stringMatching(
    new RegExp(
      `^Throttled\\. THE LEAKED KEY ${OLD} MAY STILL BE ACTIVE\\. .*--access-key-id ${OLD} --status Inactive`,
    ),
  );

  test('says so, under the name that it had, and is logged as it is thrown', async () => {
    const error = new RotationError('TransientServiceError', 'Throttled.');
    const thrown = ((await call(event, failing(error))) as { error: Error }).error;
    expect(thrown).toMatchObject({ name: 'TransientServiceError', message: NOTE });
    expect(logged).toEqual([
      [
        'error',
        expect.objectContaining({
          error: 'TransientServiceError',
          message: thrown.message.replaceAll(OLD, '****OLD1'),
        }),
      ],
    ]);
  });

  test('says so when it is no error at all', async () => {
    expect(await call(event, failing('Throttled.'))).toMatchObject({
      error: {
        name: 'UnexpectedError',
        message: expect.stringMatching(new RegExp(`Throttled\\..* THE LEAKED KEY ${OLD}`)),
      },
    });
  });

  test('says so of an execution that was redriven', async () => {
    const execution = { ...EXECUTION, redriveCount: 1 };
    const { error } = (await call({ execution, state: emergency })) as { error: Error };
    expect(error).toMatchObject({
      name: 'InvalidRotationInput',
      message: expect.stringContaining('MAY STILL BE ACTIVE'),
    });
  });

  test('does not say so again where the step has told what becomes of the key', async () => {
    const error = new RotationError('AccessKeyConflict', 'Throttled.', { leak: 'told' });
    expect(await call(event, failing(error))).toMatchObject({
      error: { message: 'Throttled.', cause: error },
    });
    expect(logged).toEqual([['error', expect.objectContaining({ message: 'Throttled.' })]]);
  });

  test.each([
    `Do it by hand: aws iam update-access-key --access-key-id ${OLD} --status Inactive.`,
    'first#0 is retiring ****OLD1 already. Watch that execution.',
    'The user alice has no access key ****OLD1.',
  ])('goes by what the step says that it has told, not by its words: %s', async (message) => {
    const error = new RotationError('AccessKeyConflict', message);
    const thrown = ((await call(event, failing(error))) as { error: Error }).error;
    expect(thrown.message).toMatch(/MAY STILL BE ACTIVE/);
  });

  test('does not say so when the step comes after the deactivation', async () => {
    const error = new RotationError('TransientServiceError', 'Throttled.');
    expect(await call(event, failing(error), 'confirm-health')).toMatchObject({
      error: { name: 'TransientServiceError', message: 'Throttled.' },
    });
  });
});

test.each<[string, StepName, object, string]>([
  ['the plan', 'plan-rotation', {}, `@${EXECUTION.startTime}`],
  ['a step whose plan says so', 'create-access-key', { ownerNamesStart: true }, `@${EXECUTION.startTime}`],
  ['a step whose plan was made before owners did', 'create-access-key', {}, ''],
])('%s works as an owner that names its start, or not', async (_who, step, more, start) => {
  await call({ execution: EXECUTION, state: { userName: 'alice', ...more } }, undefined, step);
  expect(called.map(({ owner }) => owner)).toEqual([`${EXECUTION.id}#0${start}`]);
});
