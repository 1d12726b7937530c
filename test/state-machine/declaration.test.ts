import type { ExecutionResult } from '../../local/engine/execution';
import { createWorld, type InProcessWorld } from '../../local/world/world';

const SECRET = 'iam-access-key-rotation/alice';
const DAY = 24 * 3_600_000;
const EMERGENCY = 'IamAccessKeyRotation-emergency';

let world: InProcessWorld;
beforeEach(() => {
  world = createWorld({ users: [{ config: { userName: 'alice' } }] });
});
afterEach(() => world.close());

const keys = () =>
  Object.fromEntries(world.aws.iam.keysOf('alice').map(({ accessKeyId, status }) => [accessKeyId, status]));
const theKey = (): string => Object.keys(keys())[0] ?? '';
const everything = () => JSON.stringify([keys(), world.aws.secretsManager.secret(SECRET)]);
const leak = (fields: object = {}) => ({
  userName: 'alice',
  accessKeyId: theKey(),
  reason: 'in a log',
  ...fields,
});
const messages = () => world.aws.sns.messages.map(({ subject, message }) => ({ subject, message }));
const arnOf = (name: string) => world.emergencies.arnOf(name);
const DECLARED_BY = 'AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID';

/** An execution of the rotation that says of itself that it is an emergency. */
const pretend = (fields: object): Promise<ExecutionResult> =>
  world.run(world.startExecution({ ...leak(), action: 'emergency', ...fields }).result);

describe('a declaration', () => {
  test('starts the rotation that retires the key, under its own name, and stays open for the plan', async () => {
    const leaked = theKey();
    const declaration = world.emergencies.start(leak(), { name: 'found-in-a-log' });
    await world.clock.advance(5 * 60_000);
    expect(declaration.status).toBe('RUNNING');
    expect(keys()[leaked]).toBe('Inactive');
    const { status, output } = await world.run(declaration.result);
    expect(status).toBe('SUCCEEDED');
    expect(output).toMatchObject({
      rotation: { ExecutionArn: world.stateMachine.arnOf('found-in-a-log') },
    });
    await world.clock.advance(30 * DAY);
    expect(Object.values(keys())).toEqual(['Active']);
    expect(keys()[leaked]).toBeUndefined();
  });

  test('says what it has said to no other execution, and hands on nothing else', async () => {
    const started = await world.run(() =>
      world.start({ ...leak(), action: 'emergency', comment: 'a drill' }, { name: 'drill' }),
    );
    expect(started.input).toEqual({ ...leak(), action: 'emergency', [DECLARED_BY]: arnOf('drill') });
  });

  test.each<[string, object | string]>([
    ['the user', { userName: undefined }],
    ['the key', { accessKeyId: undefined }],
    ['the reason', { reason: undefined }],
    ['a reason that is text', { reason: 7 }],
    ['everything, because it is no object', 'alice'],
  ])('without %s starts nothing, and a person is told that the key may be Active', async (_what, fields) => {
    const before = everything();
    const input = typeof fields === 'string' ? fields : JSON.parse(JSON.stringify(leak(fields)));
    const declaration = world.emergencies.start(input);
    expect(await world.run(declaration.result)).toMatchObject({
      status: 'FAILED',
      error: 'InvalidRotationInput',
    });
    expect(world.aws.states.execution(world.stateMachine.arnOf(declaration.name))).toBeUndefined();
    expect(everything()).toBe(before);
    expect(messages()).toEqual([
      {
        subject: 'Access key rotation failed: InvalidRotationInput',
        message: expect.stringContaining('THE LEAKED KEY MAY STILL BE ACTIVE'),
      },
    ]);
  });

  test('whose rotation cannot be started tells a person once', async () => {
    const before = everything();
    const taken = world.startExecution({ userName: 'alice', action: 'plan' }, { name: 'taken' });
    await world.run(taken.result);
    const declaration = world.emergencies.start(leak(), { name: 'taken' });
    expect(await world.run(declaration.result)).toMatchObject({
      status: 'FAILED',
      error: 'EmergencyNotStarted',
      cause: expect.stringContaining('StepFunctions.ExecutionAlreadyExistsException'),
    });
    expect(everything()).toBe(before);
    expect(messages()).toHaveLength(1);
  });

  test.each([
    ['a field too much', { acton: 'rollback' }],
    ['another action', { action: 'rollback' }],
    ['another trigger', { trigger: 'schedule' }],
  ])('with %s is refused by the plan', async (_what, fields) => {
    const before = everything();
    const declaration = world.emergencies.start(leak(fields), { name: 'odd' });
    await world.run(declaration.result);
    expect(world.aws.states.execution(world.stateMachine.arnOf('odd'))).toMatchObject({ status: 'FAILED' });
    expect(everything()).toBe(before);
    expect(messages()).toEqual([
      {
        subject: 'Access key rotation failed: InvalidRotationInput',
        message: expect.stringMatching(
          /its declaration holds more than.*THE LEAKED KEY .* MAY STILL BE ACTIVE.*update-access-key/s,
        ),
      },
    ]);
  });
});

describe('an emergency is believed only if its declaration says the same, now', () => {
  /** A declaration that is running, and has started no rotation. */
  const declare = (input: object, name = 'open') =>
    world.aws.states.addExecution({
      arn: arnOf(name),
      status: 'RUNNING',
      startDate: world.clock.now(),
      input,
    });

  test('one that was declared is', async () => {
    declare(leak());
    expect(await pretend({ [DECLARED_BY]: arnOf('open') })).toMatchObject({ status: 'SUCCEEDED' });
  });

  test.each<[string, () => object | Promise<object>]>([
    ['nothing says that it was declared', () => ({})],
    ['the declaration is of the rotation itself', () => ({ [DECLARED_BY]: world.stateMachine.arnOf('own') })],
    [
      'the declaration is of another state machine',
      () => {
        const arn = arnOf('open').replace(EMERGENCY, 'somebody-elses-emergency');
        world.aws.states.addExecution({
          arn,
          status: 'RUNNING',
          startDate: world.clock.now(),
          input: leak(),
        });
        return { [DECLARED_BY]: arn };
      },
    ],
    [
      'the declaration is over',
      () => {
        declare(leak());
        world.aws.states.setStatus(arnOf('open'), 'SUCCEEDED', { stopDate: world.clock.now() });
        return { [DECLARED_BY]: arnOf('open') };
      },
    ],
    [
      'the declaration is eleven minutes old',
      async () => {
        declare(leak());
        await world.clock.advance(11 * 60_000);
        return { [DECLARED_BY]: arnOf('open') };
      },
    ],
    [
      'another user was declared',
      () => {
        declare(leak({ userName: 'bob' }));
        return { [DECLARED_BY]: arnOf('open') };
      },
    ],
    [
      'another key was declared',
      () => {
        declare(leak({ accessKeyId: 'AKIAOTHEROTHEROTHER3' }));
        return { [DECLARED_BY]: arnOf('open') };
      },
    ],
    [
      'another reason was declared',
      () => {
        declare(leak({ reason: 'in a public repository' }));
        return { [DECLARED_BY]: arnOf('open') };
      },
    ],
    [
      'nothing was declared',
      () => {
        declare({});
        return { [DECLARED_BY]: arnOf('open') };
      },
    ],
  ])('%s', async (_what, fieldsOf) => {
    const fields = await fieldsOf();
    const before = everything();
    expect(await pretend(fields)).toMatchObject({ status: 'FAILED', error: 'InvalidRotationInput' });
    expect(everything()).toBe(before);
    // Whoever may start rotations only, and names a key, must not get a person to deactivate it by hand either.
    const [told] = messages();
    expect(told?.message).not.toContain('THE LEAKED KEY');
    expect(told?.message).not.toContain('update-access-key');
  });

  test.each<[string, string, string]>([
    ['too long for Step Functions', `${'x'.repeat(300)}`, 'InvalidRotationInput'],
    ['a command', 'e1. Run: aws iam update-access-key --status Inactive #', 'InvalidRotationInput'],
    ['in another paragraph', 'e1\u2028THE LEAKED KEY', 'InvalidRotationInput'],
    ['of a map run', 'e1:map', 'InvalidRotationInput'],
  ])('a declaration that is %s puts no words into a message', async (_what, name, error) => {
    const before = everything();
    expect(await pretend({ [DECLARED_BY]: arnOf(name) })).toMatchObject({ status: 'FAILED', error });
    expect(everything()).toBe(before);
    const [told] = messages();
    expect(told?.message).not.toContain('THE LEAKED KEY');
    expect(told?.message).not.toContain('update-access-key');
  });

  test.each([
    ['this execution', ':IamAccessKeyRotation:'],
    ['the declaration', ':IamAccessKeyRotation-emergency:'],
  ])('nobody is believed about the key while AWS does not say anything of %s', async (_what, part) => {
    world.aws.faults.inject({
      kind: 'error',
      code: 'AccessDeniedException',
      status: 400,
      times: 99,
      match: (call) => String(call.input.executionArn).includes(part),
    });
    const { cause } = await pretend({ [DECLARED_BY]: arnOf('open') });
    expect(cause).toContain('declare it again now');
    expect(cause).not.toContain('THE LEAKED KEY');
    expect(cause).not.toContain('update-access-key');
  });

  test('a workflow may declare, and say so', async () => {
    declare(leak({ [DECLARED_BY]: 'arn:aws:states:us-east-1:111122223333:execution:response:one' }));
    expect(await pretend({ [DECLARED_BY]: arnOf('open') })).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('one that nobody knows is waited for, and then not believed', async () => {
    const before = everything();
    expect(await pretend({ [DECLARED_BY]: arnOf('nobody-knows-it') })).toMatchObject({
      status: 'FAILED',
      error: 'TransientServiceError',
      cause: expect.not.stringContaining('update-access-key'),
    });
    expect(everything()).toBe(before);
  });
});
