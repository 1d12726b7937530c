import { SendTaskFailureCommand, SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import type { BusEvent } from '../../embedded-aws/services/event-bridge';
import { type AliceWorld, RESUME, ROTATION, SCHEDULED, worldOfAlice } from '../support/alice';
import { DAY, HOUR } from '../support/time';

/*
 * Rotations whose owner has to acknowledge the deactivation, and owners of all kinds.
 */

const REQUEST = 'Access Key Acknowledgement Requested';

/** What the owner's system does with a request; undefined: nothing. */
type Owner = (taskToken: string, sfn: SFNClient) => Promise<unknown> | undefined;

let world: AliceWorld;
let owner: Owner;
let seen: BusEvent[];
afterEach(() => world.close());

const agrees: Owner = (taskToken, sfn) => sfn.send(new SendTaskSuccessCommand({ taskToken, output: '{}' }));
const refuses: Owner = (taskToken, sfn) =>
  sfn.send(new SendTaskFailureCommand({ taskToken, error: 'NotNow', cause: 'bob: the shop is frozen' }));
const keepsSilent: Owner = () => undefined;

/** A world in which the owner's system looks for requests once an hour. */
const begin = (answer: Owner, config: Readonly<Record<string, unknown>> = {}): void => {
  world = worldOfAlice({ acknowledgement: { deadline: 'P2D' }, ...config });
  owner = answer;
  seen = [];
  const { aws, clock } = world;
  const sfn = new SFNClient({
    region: aws.region,
    credentials: aws.roleCredentials('arn:aws:iam::111122223333:role/owner'),
    requestHandler: aws.requestHandler(),
  });
  world.consume();
  clock
    .setInterval(() => {
      for (const event of aws.eventBridge.events.slice(seen.length)) {
        seen.push(event);
        if (event['detail-type'] === REQUEST)
          void owner(String(event.detail.taskToken), sfn)?.catch(() => {});
      }
    }, HOUR)
    .unref();
};

const requests = () => world.aws.eventBridge.events.filter((event) => event['detail-type'] === REQUEST);
const isHeld = () => world.labels().includes('rotation-held');
const deactivations = () => world.callsOf('UpdateAccessKey');

test('an owner who agrees is asked once, between adoption and deactivation', async () => {
  begin(agrees);
  expect(await world.execute()).toMatchObject({ status: 'SUCCEEDED' });
  expect(world.announced()).toEqual([
    'Access Key Published',
    REQUEST,
    'Access Key Adoption Confirmed',
    'Access Key Deactivated',
    'Access Key Deleted',
  ]);
  const [request] = requests();
  expect(request?.detail).toMatchObject({ userName: 'alice', taskToken: expect.stringMatching(/^\S{16,}$/) });
  const days = (Date.parse(String(request?.detail.answerBefore)) - Date.parse(request?.time ?? '')) / DAY;
  expect(days).toBeCloseTo(2, 3);
});

test('nobody else is asked', async () => {
  begin(agrees, { acknowledgement: undefined });
  expect(await world.execute()).toMatchObject({ status: 'SUCCEEDED' });
  expect(requests()).toEqual([]);
});

test('an answer while the window is closed is good when it opens', async () => {
  begin(agrees, {
    deactivationWindow: { days: ['SUN'], from: '10:00', to: '11:00' },
    adoptionDeadline: 'P10D',
    rotateAfter: 'P60D',
  });
  expect(await world.execute()).toMatchObject({ status: 'SUCCEEDED' });
  expect(requests()).toHaveLength(1);
  expect(deactivations()[0]?.at.getUTCDay()).toBe(0);
});

test('an owner who refuses stops the rotation, and is asked again when a person resumes', async () => {
  begin(refuses);
  expect(await world.execute()).toMatchObject({
    error: 'NotAcknowledged',
    cause: expect.stringMatching(
      /refused \(NotNow: bob: the shop is frozen\)\.\nThe old key \S+ of alice is Active\..*"action\\?":\\?"resume/s,
    ),
  });
  expect(world.statuses()).toEqual(['Active', 'Active']);
  expect(deactivations()).toEqual([]);
  expect(isHeld()).toBe(true);
  expect(world.told()).toEqual(['NotAcknowledged']);

  await world.clock.advance(HOUR);
  expect(await world.execute(SCHEDULED)).toMatchObject({ last: 'On hold' });
  expect(requests()).toHaveLength(1);

  owner = agrees;
  expect(await world.execute(RESUME)).toMatchObject({ status: 'SUCCEEDED' });
  expect(requests()).toHaveLength(2);
  expect(world.statuses()).toEqual(['Active']);
  expect(isHeld()).toBe(false);
});

test('an owner who keeps silent stops the rotation when the time is over, and not later', async () => {
  begin(keepsSilent);
  const { error, cause, stopDate } = await world.execute();
  expect(error).toBe('NotAcknowledged');
  expect(cause).toMatch(/nobody acknowledged the deactivation within 2 days/);
  expect((stopDate.getTime() - Date.parse(requests()[0]?.time ?? '')) / DAY).toBeCloseTo(2, 2);
  expect(world.statuses()).toEqual(['Active', 'Active']);
  expect(deactivations()).toEqual([]);
  expect(isHeld()).toBe(true);
});

test('an answer that comes too late changes nothing', async () => {
  begin(keepsSilent);
  await world.execute();
  const errors: string[] = [];
  owner = (taskToken, sfn) => agrees(taskToken, sfn)?.catch(({ name }: Error) => errors.push(name));
  seen = [];
  await world.clock.advance(2 * HOUR);
  expect(errors).toEqual(['TaskTimedOut']);
  expect(world.statuses()).toEqual(['Active', 'Active']);
});

test('consumers who come back while the owner thinks are waited for, and the owner is not asked again', async () => {
  begin(agrees, { quietPeriod: 'P3D' });
  const old = world.current();
  owner = (taskToken, sfn) => {
    world.aws.iam.useAccessKey(old);
    // By then IAM shows the use.
    world.clock.setTimeout(() => void agrees(taskToken, sfn), HOUR / 2);
    return undefined;
  };
  expect(await world.execute()).toMatchObject({ status: 'SUCCEEDED' });
  expect(requests()).toHaveLength(1);
  const waited = (deactivations()[0]?.at.getTime() ?? 0) - Date.parse(requests()[0]?.time ?? '');
  expect(waited / DAY).toBeGreaterThan(2.9);
});

describe('a request that cannot be sent', () => {
  const throttle = (times: number): void => {
    let left = times;
    world.aws.faults.inject({
      kind: 'throttle',
      times: Number.POSITIVE_INFINITY,
      match: ({ service, input }) => {
        if (service !== 'events' || !JSON.stringify(input).includes(REQUEST) || left === 0) return false;
        left -= 1;
        return true;
      },
    });
  };

  test('is sent again', async () => {
    begin(agrees);
    throttle(10);
    expect(await world.execute()).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('is no consent', async () => {
    begin(agrees);
    throttle(Number.POSITIVE_INFINITY);
    expect(await world.execute()).toMatchObject({
      error: 'NotAcknowledged',
      cause: expect.stringMatching(/could not be asked for \(EventBridge\.ThrottlingException/),
    });
    expect(world.statuses()).toEqual(['Active', 'Active']);
  });
});

test('a stopped execution leaves both keys, and its successor asks anew', async () => {
  begin(keepsSilent);
  const first = world.startExecution(ROTATION);
  while (requests().length === 0) await world.clock.advance(HOUR);
  first.stop();
  await world.clock.advance(HOUR);
  expect(world.statuses()).toEqual(['Active', 'Active']);
  owner = agrees;
  expect(await world.execute()).toMatchObject({ status: 'SUCCEEDED' });
  expect(requests()).toHaveLength(2);
});
