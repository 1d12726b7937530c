import { sdkConfig } from '../../embedded-aws/clients/sdk-config';
import { matchesPattern } from '../../embedded-aws/services/event-pattern';
import { createHandler as createTeller } from '../../lambdas/tell-end/handler';
import { connectMessenger } from '../../local/deployment/messengers';
import { type Permissions, rolePermissions } from '../../local/deployment/permissions';
import { type Template, TemplateResolver } from '../../local/deployment/template';
import type { Execution } from '../../local/engine/execution';
import { createWorld, type InProcessWorld, type InProcessWorldOptions } from '../../local/world/world';
import { templateOf } from '../lib/synthesize';

/*
 * Who is told what of an execution: the state machines' own messages, the template's rules, and its alarms.
 */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SECRET = 'iam-access-key-rotation/alice';
const OVERLAP = 'Wait for the overlap period';
const RECOVERY = 'Wait in the recovery period';

const BROUGHT_BACK = 'RolledBackByHand';
const INACTIVE = 'LeakedKeyInactive';
const GONE = 'LeakedKeyGone';
/** Nothing is shown of the key: not at the first look, and not at the second. */
const TRACED_TWICE = ['LeakedKeyTraced', 'LeakedKeyTraced'];
const ROTATION_ENDED = 'RotationEndedUntold';
const DECLARATION_ENDED = 'DeclarationEndedUntold';

/** What the logical IDs of the function of the rules, and of its role, have in them. */
const TELLER = 'UntoldEnds';

const template = templateOf({ users: [{ userName: 'alice' }] }).toJSON() as Template;

let world: InProcessWorld;
afterEach(() => world.close());

/** The function of the rules: its source, with the role and the settings that the template gives it. */
const addTeller = (resolver: TemplateResolver): void => {
  const { aws, lambda } = world;
  const [logicalId = '', resource] =
    Object.entries(template.Resources).find(
      ([id, { Type }]) => Type === 'AWS::Lambda::Function' && id.includes(TELLER),
    ) ?? [];
  const { Role, Timeout, Environment } = resolver.resolve(resource?.Properties) as {
    readonly Role: string;
    readonly Timeout: number;
    readonly Environment: { readonly Variables: Readonly<Record<string, string>> };
  };
  const arn = resolver.physical(logicalId).attributes.Arn ?? '';
  const invoke = createTeller({
    environment: Environment.Variables,
    clientConfig: {
      ...sdkConfig('fast'),
      region: aws.region,
      credentials: aws.roleCredentials(Role, logicalId, arn),
      requestHandler: aws.requestHandler(),
    },
  });
  lambda.add({ name: logicalId, arn, timeoutSeconds: Timeout, start: () => ({ invoke }) });
};

const begin = (
  config: Readonly<Record<string, unknown>> = {},
  { tellerMay = true, ...options }: InProcessWorldOptions & { readonly tellerMay?: boolean } = {},
): void => {
  let permissions: Permissions = () => false;
  world = createWorld({
    wire: 'fast',
    users: [{ config: { userName: 'alice', deactivationWindow: 'always', noticeBefore: 'PT0S', ...config } }],
    authorize: (request) => !request.caller.includes(TELLER) || (tellerMay && permissions(request)),
    ...options,
  });
  const { aws, lambda } = world;
  const { accountId, region } = aws;
  const resolver = new TemplateResolver(template, { stackName: 'IamAccessKeyRotation', accountId, region });
  permissions = rolePermissions(template, resolver);
  addTeller(resolver);
  for (const [logicalId, resource] of Object.entries(template.Resources)) {
    // The record of an end tells nobody, and its function is not there.
    if (logicalId.includes('AuditEveryEnd')) continue;
    if (resource.Type === 'AWS::SNS::Topic')
      aws.sns.addTopic(resolver.physical(logicalId).attributes.TopicName ?? '');
    connectMessenger({ aws, lambda, template, resolver, permissions }, logicalId, resource);
  }
};

const current = (): string =>
  (JSON.parse(world.aws.secretsManager.valueOf(SECRET) ?? '{}') as { AccessKeyId?: string }).AccessKeyId ??
  '';
const statusOf = (accessKeyId: string) =>
  world.aws.iam.keysOf('alice').find((key) => key.accessKeyId === accessKeyId)?.status;
const ROLLBACK = { userName: 'alice', action: 'rollback', reason: 'a job fails' };
const leak = (accessKeyId: string) => ({
  ...{ userName: 'alice', action: 'emergency', accessKeyId },
  reason: 'in a log',
});
/** An application that reads the secret every hour and uses what it finds. */
const consume = (): void => {
  world.clock.setInterval(() => world.aws.iam.useAccessKey(current()), HOUR).unref();
};
/** From now on no call publishes anything, until the function is called that it returns. */
const outage = (): (() => void) =>
  world.aws.faults.inject({
    kind: 'before',
    as: 'http-500',
    times: Number.POSITIVE_INFINITY,
    match: ({ service }) => service === 'sns',
  });

/** What people got so far, each message by what it is, or by its subject. */
const told = (): readonly string[] =>
  world.aws.sns.messages.map(({ attributes, subject, message }) => attributes.event ?? subject ?? message);
/** Whether each message is for a subscription with a filter (Amazon SNS Developer Guide, "Subscription filter policies"). */
const isFor = (user: string): readonly boolean[] =>
  world.aws.sns.messages.map(({ attributes }) => matchesPattern({ user: [user] }, attributes));
const texts = (): readonly string[] => world.aws.sns.messages.map(({ message }) => message);
const alarmsThatRang = (): readonly string[] => [
  ...new Set(
    world.aws
      .snapshot()
      .alarmChanges.filter(({ to }) => to === 'ALARM')
      .map(({ name }) => name),
  ),
];

/** An execution, a minute after it has come to a state. */
const until = async (state: string, input: unknown = { userName: 'alice' }): Promise<Execution> => {
  const execution = await world.start(input);
  for (let minute = 0; minute < (40 * DAY) / MINUTE; minute += 1) {
    if (execution.timeline.some((entry) => entry.state === state)) return execution;
    if (execution.status !== 'RUNNING') break;
    await world.clock.sleep(MINUTE);
  }
  throw new Error(`The execution never came to "${state}".`);
};
/** Runs a story, and the hour after it, in which alarms would go off. */
const play = async <T>(story: () => Promise<T>): Promise<T> =>
  world.run(async () => {
    const result = await story();
    await world.clock.sleep(HOUR);
    return result;
  });

describe('a rollback by hand', () => {
  test.each([OVERLAP, RECOVERY])('in "%s" is one message, when it is done', async (state) => {
    begin();
    consume();
    const { first, second } = await play(async () => {
      const stopped = await until(state);
      const rollback = await world.start(ROLLBACK);
      await rollback.result;
      return { first: stopped, second: rollback };
    });
    expect([first.status, second.status]).toEqual(['ABORTED', 'SUCCEEDED']);
    expect(told()).toEqual([BROUGHT_BACK]);
    expect(texts()[0]).toContain('(a job fails)');
    expect(texts()[0]).toContain(second.arn);
    expect(alarmsThatRang()).toEqual([]);
  });

  test('that left edits behind says so in the same message', async () => {
    begin();
    consume();
    await play(async () => {
      await until(RECOVERY);
      world.aws.secretsManager.putValue(SECRET, 'what nobody can read');
      await (await world.start(ROLLBACK)).result;
    });
    expect(told()).toEqual([BROUGHT_BACK]);
    expect(texts()[0]).toContain('WHAT WAS WRITTEN INTO THE SECRET LAST IS NOT IN AWSCURRENT');
  });

  test('of which nobody can be told is done, and ends so that the rule tells', async () => {
    begin();
    consume();
    const { result, old } = await play(async () => {
      const key = current();
      await until(RECOVERY);
      const recover = outage();
      const ended = await (await world.start(ROLLBACK)).result;
      recover();
      return { result: ended, old: key };
    });
    expect(result).toMatchObject({
      status: 'FAILED',
      error: 'PersonNotTold',
      cause: expect.stringContaining('a person asked for it'),
    });
    expect(statusOf(old)).toBe('Active');
    expect(told()).toEqual([ROTATION_ENDED]);
    expect(world.aws.sns.messages[0]?.attributes.urgent).toBe('yes');
  });

  test('that cannot be carried out is one message, though it has stopped the rotation', async () => {
    begin();
    consume();
    const result = await play(async () => {
      await until(RECOVERY);
      world.aws.iam.removeAccessKey(world.aws.iam.keysOf('alice')[0]?.accessKeyId ?? '');
      return (await world.start(ROLLBACK)).result;
    });
    expect(result).toMatchObject({ status: 'FAILED', error: 'NothingToRollBack' });
    expect(told()).toEqual(['NothingToRollBack']);
  });
});

describe('an emergency', () => {
  /** Whether the key was Active when each message was sent. */
  const watch = (accessKeyId: string): (string | undefined)[] => {
    const seen: (string | undefined)[] = [];
    world.aws.onCall(({ service, outcome }) => {
      if (service === 'sns' && outcome === 'ok') seen.push(statusOf(accessKeyId));
    });
    return seen;
  };

  test('is one message, when the leaked key is Inactive', async () => {
    begin();
    consume();
    const leaked = current();
    const seen = watch(leaked);
    await play(async () => (await world.start(leak(leaked))).result);
    expect(told()).toEqual([INACTIVE, ...TRACED_TWICE]);
    expect(seen).toEqual(['Inactive', 'Inactive', 'Inactive']);
    expect(texts()[0]).toContain(`\n${leaked} is Inactive: the old key, LEAKED, created `);
    expect(texts()[0]).toContain(': in a log.');
    expect(alarmsThatRang()).toEqual([]);
  });

  test.each([
    ['in the overlap period', OVERLAP],
    ['in the recovery period, when the key is Inactive already', RECOVERY],
  ])('%s of a rotation is one message', async (_when, state) => {
    begin();
    consume();
    const leaked = current();
    const seen = watch(leaked);
    const first = await play(async () => {
      const stopped = await until(state);
      await (await world.start(leak(leaked))).result;
      return stopped;
    });
    expect(first.status).toBe('ABORTED');
    expect(told()).toEqual([INACTIVE, ...TRACED_TWICE]);
    expect(seen).toEqual(['Inactive', 'Inactive', 'Inactive']);
    expect(alarmsThatRang()).toEqual([]);
  });

  test('whose leaked key somebody sets Inactive meanwhile says that it is so', async () => {
    begin();
    const leaked = current();
    await play(async () => {
      await until('Publish the new key', leak(leaked));
      world.aws.iam.setStatus(leaked, 'Inactive');
      await world.clock.sleep(DAY);
    });
    expect(told()).toEqual([INACTIVE, ...TRACED_TWICE]);
    expect(texts()[0]).toContain(`\n${leaked} is Inactive: the old key, LEAKED, created `);
  });

  test('whose leaked key somebody deletes meanwhile says that it is gone', async () => {
    begin();
    const leaked = current();
    world.aws.faults.inject({
      kind: 'act',
      match: ({ operation }) => operation === 'UpdateSecretVersionStage',
      when: 'after',
      act: () => world.aws.iam.removeAccessKey(leaked),
    });
    const result = await play(async () => (await world.start(leak(leaked))).result);
    expect(result.status).toBe('SUCCEEDED');
    expect(told()).toEqual([GONE, ...TRACED_TWICE]);
  });

  test('of which nobody can be told deactivates the key all the same, and goes on', async () => {
    begin();
    const leaked = current();
    outage();
    const execution = await play(async () => until(RECOVERY, leak(leaked)));
    expect(statusOf(leaked)).toBe('Inactive');
    expect(execution.status).toBe('RUNNING');
  });

  test('that was stopped by a person is told, and so is its declaration', async () => {
    begin();
    await play(async () => {
      world.stateMachine.onStateEntered = (execution, { name }) => {
        if (name !== 'Test the new key') return;
        execution.stop('ByHand', 'by mistake');
        world.aws.states.onStop(world.emergencies.arnOf(execution.name), 'ByHand', 'by mistake');
      };
      await (await world.start(leak(current()))).result;
    });
    expect(told()).toEqual([ROTATION_ENDED, DECLARATION_ENDED]);
    expect(alarmsThatRang()).toEqual([expect.stringContaining('DeclarationStopped')]);
  });

  test('that could not begin is one message', async () => {
    begin();
    const result = await play(async () => world.emergencies.start({ userName: 'alice' }).result);
    expect(result).toMatchObject({ status: 'FAILED', error: 'InvalidRotationInput' });
    expect(told()).toEqual(['InvalidRotationInput']);
    expect(alarmsThatRang()).toEqual([expect.stringContaining('NotDeclared')]);
  });
});

describe('a failure', () => {
  test('is one message, and an alarm that is seen and says nothing', async () => {
    begin({ healthAlarms: ['consumers-fail'] });
    consume();
    const result = await play(async () => {
      const execution = await until('Announce the deactivation');
      world.aws.cloudWatch.setAlarmState('consumers-fail', 'ALARM');
      return execution.result;
    });
    expect(result).toMatchObject({ status: 'FAILED', error: 'ConsumersUnhealthy' });
    expect(told()).toEqual(['ConsumersUnhealthy']);
    expect(alarmsThatRang()).toEqual(['consumers-fail', expect.stringContaining('AlarmsFailed')]);
  });

  test('of which nobody can be told is one message of the rule', async () => {
    begin();
    world.aws.iam.addAccessKey('alice');
    const recover = outage();
    const result = await play(async () => {
      const ended = await (await world.start({ userName: 'alice' })).result;
      recover();
      return ended;
    });
    expect(result).toMatchObject({ status: 'FAILED', error: 'PersonNotTold' });
    expect(told()).toEqual([ROTATION_ENDED]);
  });

  test('of which the rule cannot tell either, for as long as it tries, is a letter in the queue, whose alarm tells', async () => {
    begin();
    world.aws.iam.addAccessKey('alice');
    outage();
    await play(async () => (await world.start({ userName: 'alice' })).result);
    expect(told()).toEqual([expect.stringMatching(/^ALARM: ".*AlarmsUndelivered/)]);
  });
});

test.each([true, false])(
  'what the function of the rules may not publish is a letter in the queue: %s',
  async (tellerMay) => {
    begin({}, { tellerMay });
    await play(async () => (await until(OVERLAP)).stop());
    expect(told()).toEqual([
      tellerMay ? ROTATION_ENDED : expect.stringMatching(/^ALARM: ".*AlarmsUndelivered/),
    ]);
  },
);

test('an execution that times out is one message, and an alarm that says nothing', async () => {
  begin();
  consume();
  const result = await play(async () => {
    const execution = await until(OVERLAP);
    world.aws.secretsManager.setTag(SECRET, 'rotation-paused', 'audit');
    return execution.result;
  });
  expect(result.status).toBe('TIMED_OUT');
  expect(told()).toEqual([ROTATION_ENDED]);
  expect(alarmsThatRang()).toEqual([expect.stringContaining('AlarmsTimedOut')]);
});

describe('a stop', () => {
  const STOP = { error: 'StoppedForAnother' };

  test('by a person is one message, and no alarm', async () => {
    begin();
    const execution = await play(async () => {
      const rotation = await until(OVERLAP);
      rotation.stop();
      return rotation;
    });
    expect(told()).toEqual([ROTATION_ENDED]);
    expect(world.aws.sns.messages[0]).toMatchObject({
      subject: `[alice @ 111122223333/us-east-1] a rotation ended and has not told why (${ROTATION_ENDED})`,
      attributes: { user: 'alice', event: ROTATION_ENDED, urgent: 'no' },
    });
    // As a subscription filters that is to get what concerns this user.
    expect(isFor('alice')).toEqual([true]);
    expect(isFor('bob')).toEqual([false]);
    expect(texts()[0]).toContain(
      `\n   aws stepfunctions describe-execution --region us-east-1 --execution-arn ${execution.arn}\n`,
    );
    expect(alarmsThatRang()).toEqual([]);
  });

  test('that calls itself one for another, and names none, is told', async () => {
    begin();
    await play(async () => (await until(OVERLAP)).stop(STOP.error, 'I start another one'));
    expect(told()).toEqual([ROTATION_ENDED]);
  });

  /** However the execution ends that has stopped another one: somebody is told of it. */
  describe('for another execution, and then', () => {
    const rollback = async () => {
      const first = await until(RECOVERY);
      const second = await world.start(ROLLBACK);
      while (first.status === 'RUNNING') await world.clock.sleep(1000);
      return second;
    };

    test('a person stops that one', async () => {
      begin();
      consume();
      await play(async () => (await rollback()).stop());
      expect(told()).toEqual([ROTATION_ENDED]);
    });

    test('that one is stopped for a third, which succeeds: one message, of the third', async () => {
      begin();
      consume();
      const leaked = current();
      const second = await play(async () => {
        await until(OVERLAP);
        const one = await until(RECOVERY, leak(leaked));
        world.aws.sns.deliver(world.notificationTopicArn, 'here the third begins');
        await (await world.start({ ...leak(current()), reason: 'that one, too' })).result;
        return one;
      });
      expect(second.status).toBe('ABORTED');
      expect(told()).toEqual([
        ...[INACTIVE, ...TRACED_TWICE],
        'here the third begins',
        ...[INACTIVE, ...TRACED_TWICE],
      ]);
    });

    test('that one loses the lock to a rotation that has just ended', async () => {
      begin();
      consume();
      const result = await play(async () => {
        const second = await rollback();
        // What another execution would leave that has come and gone meanwhile.
        world.aws.secretsManager.moveLabel(SECRET, 'AWSPENDING', undefined);
        return second.result;
      });
      expect(result).toMatchObject({ status: 'FAILED', error: 'StateDrift' });
      expect(told()).toEqual(['StateDrift']);
    });

    test('every function of that one dies', async () => {
      let deadly = false;
      begin({}, { interceptInvocation: () => (deadly ? { kind: 'kill', afterRequests: 0 } : undefined) });
      consume();
      const result = await play(async () => {
        const second = await rollback();
        deadly = true;
        return second.result;
      });
      expect(result.status).toBe('FAILED');
      expect(told()).toEqual([result.error]);
    });

    /** Starts an action in the middle of a rotation, and does something to its execution in each state that it enters. */
    const inEachState = async (
      input: (leaked: string) => unknown,
      act: (execution: Execution, state: string) => void,
    ): Promise<Execution> => {
      const leaked = current();
      await until(OVERLAP);
      world.stateMachine.onStateEntered = (execution, { name }) => act(execution, name);
      const execution = await world.start(input(leaked));
      await Promise.race([execution.result, world.clock.sleep(2 * DAY)]);
      return execution;
    };

    test.each<[string, (leaked: string) => unknown, readonly string[]]>([
      ['rollback', () => ROLLBACK, [BROUGHT_BACK]],
      ['emergency', leak, [INACTIVE, ...TRACED_TWICE]],
    ])('a person stops that one, a %s, in any state', async (_action, input, messages) => {
      const states: string[] = [];
      begin();
      consume();
      await play(() => inEachState(input, (_execution, state) => states.push(state)));
      expect(told()).toEqual(messages);
      expect(states.length).toBeGreaterThan(8);
      for (const state of new Set(states)) {
        world.close();
        begin();
        consume();
        await play(() =>
          inEachState(input, (execution, name) => {
            if (name === state) execution.stop();
          }),
        );
        // The one message of this end, beside what had been told before.
        expect([state, ...told().filter((one) => one === ROTATION_ENDED)]).toEqual([
          state,
          expect.any(String),
        ]);
      }
    });
  });
});

test('a rotation that succeeds, and a scheduled start with nothing to do, tell nobody', async () => {
  begin();
  consume();
  await play(async () => (await world.start({ userName: 'alice' })).result);
  await play(async () => (await world.start({ userName: 'alice', trigger: 'schedule' })).result);
  expect(told()).toEqual([]);
  expect(alarmsThatRang()).toEqual([]);
});
