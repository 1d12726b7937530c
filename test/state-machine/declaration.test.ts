import type { ExecutionResult } from '../../local/engine/execution';
import { type AliceWorld, leakOf, PLAN, SECRET, worldOfAlice } from '../support/alice';
import { DAY, MINUTE } from '../support/time';

const EMERGENCY = 'IamAccessKeyRotation-emergency';

let world: AliceWorld;
beforeEach(() => {
  world = worldOfAlice({}, { wire: 'full' });
});
afterEach(() => world.close());

const everything = () => JSON.stringify([world.keys(), world.aws.secretsManager.secret(SECRET)]);
const leak = (fields: object = {}) => ({ ...leakOf(world.current()), ...fields });
const messages = () =>
  world.aws.sns.messages.map(({ attributes, message }) => ({ event: attributes.event, message }));
const arnOf = (name: string) => world.emergencies.arnOf(name);
const DECLARED_BY = 'AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID';

/** An execution of the rotation that says of itself that it is an emergency. */
const pretend = (fields: object): Promise<ExecutionResult> =>
  world.run(world.startExecution({ ...leak(), action: 'emergency', ...fields }).result);

describe('a declaration', () => {
  test('starts the rotation that retires the key, under its own name, and stays open for the plan', async () => {
    const leaked = world.current();
    const declaration = world.emergencies.start(leak(), { name: 'found-in-a-log' });
    await world.clock.advance(5 * MINUTE);
    expect(declaration.status).toBe('RUNNING');
    expect(world.keys()[leaked]).toBe('Inactive');
    const { status, output } = await world.run(declaration.result);
    expect(status).toBe('SUCCEEDED');
    expect(output).toMatchObject({
      rotation: { ExecutionArn: world.stateMachine.arnOf('found-in-a-log') },
    });
    await world.clock.advance(30 * DAY);
    expect(world.statuses()).toEqual(['Active']);
    expect(world.keys()[leaked]).toBeUndefined();
  });

  test('is who started the rotation, as CloudTrail has it; a person has started the declaration', async () => {
    await world.run(() => world.start({ ...leak(), action: 'emergency' }, { name: 'drill' }));
    const starts = world.aws.cloudTrail
      .snapshot()
      .filter(({ eventName }) => eventName === 'StartExecution')
      .map(({ principal, invokedBy, responseElements }) => [
        responseElements?.executionArn,
        invokedBy,
        principal.arn.split('/').at(-1),
      ]);
    expect(starts).toEqual([
      [arnOf('drill'), undefined, 'operator'],
      [world.stateMachine.arnOf('drill'), 'states.amazonaws.com', expect.stringContaining('state-machine')],
    ]);
  });

  test('says what it has said to no other execution, and hands on nothing else', async () => {
    const started = await world.run(() =>
      world.start({ ...leak(), action: 'emergency', comment: 'a drill' }, { name: 'drill' }),
    );
    expect(started.input).toEqual({
      ...leak(),
      ...{ action: 'emergency', outage: 'avoided', leakedSince: 'unknown' },
      [DECLARED_BY]: arnOf('drill'),
    });
  });

  test('says since when the key has leaked, and that programs may fail, if it is told so', async () => {
    const told = { outage: 'accepted', leakedSince: '2026-03-01T10:00:00+01:00' };
    const started = await world.run(() =>
      world.start({ ...leak(told), action: 'emergency' }, { name: 'drill' }),
    );
    expect(started.input).toMatchObject(told);
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
        event: 'InvalidRotationInput',
        message: expect.stringContaining('THE LEAKED KEY MAY STILL BE ACTIVE'),
      },
    ]);
  });

  test('whose rotation cannot be started tells a person once', async () => {
    const before = everything();
    const taken = world.startExecution(PLAN, { name: 'taken' });
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
        event: 'InvalidRotationInput',
        message: expect.stringMatching(
          /its declaration holds more than.*THE LEAKED KEY .* MAY STILL BE ACTIVE.*update-access-key/s,
        ),
      },
    ]);
  });
});

describe('an emergency is believed only if its declaration says the same, now', () => {
  /** A declaration that is running, and has started no rotation: what an execution says that it was declared by. */
  const declaredAs = (input: object, arn = arnOf('open')): object => {
    world.aws.states.addExecution({ arn, status: 'RUNNING', startDate: world.clock.now(), input });
    return { [DECLARED_BY]: arn };
  };

  /** Nothing is done, and a person who may start rotations only, and names a key, gets nobody to deactivate it by hand either. */
  const expectDisbelieved = async (fields: object): Promise<void> => {
    const before = everything();
    expect(await pretend(fields)).toMatchObject({ status: 'FAILED', error: 'InvalidRotationInput' });
    expect(everything()).toBe(before);
    const [told] = messages();
    expect(told?.message).not.toContain('THE LEAKED KEY');
    expect(told?.message).not.toContain('update-access-key');
  };

  test('one that was declared is', async () => {
    expect(await pretend(declaredAs(leak()))).toMatchObject({ status: 'SUCCEEDED' });
  });

  test.each<[string, () => object | Promise<object>]>([
    ['nothing says that it was declared', () => ({})],
    ['the declaration is of the rotation itself', () => ({ [DECLARED_BY]: world.stateMachine.arnOf('own') })],
    [
      'the declaration is of another state machine',
      () => {
        const arn = arnOf('open').replace(EMERGENCY, 'somebody-elses-emergency');
        return declaredAs(leak(), arn);
      },
    ],
    [
      'the declaration is over',
      () => {
        const declared = declaredAs(leak());
        world.aws.states.setStatus(arnOf('open'), 'SUCCEEDED', { stopDate: world.clock.now() });
        return declared;
      },
    ],
    [
      'the declaration is eleven minutes old',
      async () => {
        const declared = declaredAs(leak());
        await world.clock.advance(11 * MINUTE);
        return declared;
      },
    ],
    ['another user was declared', () => declaredAs(leak({ userName: 'bob' }))],
    ['another key was declared', () => declaredAs(leak({ accessKeyId: 'AKIAOTHEROTHEROTHER3' }))],
    ['another reason was declared', () => declaredAs(leak({ reason: 'in a public repository' }))],
    ['an outage was declared that is to be avoided', () => declaredAs(leak({ outage: 'accepted' }))],
    ['nothing was declared', () => declaredAs({})],
  ])('%s', async (_what, fieldsOf) => {
    const fields = await fieldsOf();
    await expectDisbelieved(fields);
  });

  test.each([
    ['too long for Step Functions', 'x'.repeat(300)],
    ['a command', 'e1. Run: aws iam update-access-key --status Inactive #'],
    ['in another paragraph', 'e1\u2028THE LEAKED KEY'],
    ['of a map run', 'e1:map'],
  ])('a declaration that is %s puts no words into a message', async (_what, name) => {
    await expectDisbelieved({ [DECLARED_BY]: arnOf(name) });
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
    const workflow = 'arn:aws:states:us-east-1:111122223333:execution:response:one';
    const declared = declaredAs(leak({ [DECLARED_BY]: workflow }));
    expect(await pretend(declared)).toMatchObject({ status: 'SUCCEEDED' });
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
