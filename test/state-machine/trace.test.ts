import { NOT_ALLOWED } from '../../embedded-aws/calls/denial';
import type { CallOfAnybody } from '../../embedded-aws/embedded-aws';
import { Trace } from '../../lambdas/shared/rotation/trace';
import {
  type AliceOptions,
  type AliceWorld,
  emergencyOf,
  SHORT_PERIODS,
  worldOfAlice,
} from '../support/alice';
import { HOUR, MINUTE } from '../support/time';

/*
 * What people, listeners and the rotation get of what a leaked key did, by the deployed definition and the real handlers.
 */

const TRACE = 'Find out what the leaked key did';
const NOT_TRACED = 'Say that nobody knows what the leaked key did';
const QUARANTINE = 'arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV4';
const FOR_EVER = Number.POSITIVE_INFINITY;

let world: AliceWorld;
let leaked: string;
afterEach(() => world.close());

const begin = (options?: AliceOptions, config: Readonly<Record<string, unknown>> = {}): void => {
  world = worldOfAlice({ ...SHORT_PERIODS, ...config }, options);
  leaked = world.current();
};

const inSts = { eventSource: 'sts.amazonaws.com', region: 'us-east-1', readOnly: true } as const;
const SESSION: CallOfAnybody = {
  ...{ ...inSts, eventName: 'GetSessionToken', sourceIPAddress: '203.0.113.66' },
  responseElements: {
    credentials: {
      accessKeyId: 'ASIASESSIONSESSION00',
      secretAccessKey: 'not-a-real-secret-but-never-to-be-seen',
      sessionToken: 'not-a-real-token-but-never-to-be-seen',
      expiration: 'Mar 30, 2026, 8:00:00 PM',
    },
  },
};
const IDENTITY: CallOfAnybody = { ...inSts, eventName: 'GetCallerIdentity' };

/** The key is used, and CloudTrail shows it by the time that the emergency is declared. */
const used = async (...calls: readonly CallOfAnybody[]): Promise<void> => {
  await world.run(async () => {
    for (const call of calls) world.aws.callWith(leaked, call);
    await world.clock.sleep(HOUR);
  });
};

/** The emergency, to its end. */
const retire = async (input: Readonly<Record<string, unknown>> = {}) => {
  const result = await world.execute({ ...emergencyOf(leaked), ...input });
  expect(result).toMatchObject({ status: 'SUCCEEDED', output: { status: 'completed' } });
  expect(world.keys()).toEqual({ [world.current()]: 'Active' });
  return result;
};

const messages = (): readonly string[] =>
  world.aws.sns.messages
    .filter(({ attributes }) => attributes.event === 'LeakedKeyTraced')
    .map(({ message }) => message);
const traces = (): readonly Trace[] =>
  world.aws.eventBridge.events.flatMap(({ detail }) =>
    detail.trace === undefined ? [] : [Trace.parse(detail.trace)],
  );

test('a person learns of sessions from the first look, and nothing from a second one that shows the same', async () => {
  begin();
  await used(SESSION, IDENTITY);
  await retire();
  expect(messages()).toEqual([
    expect.stringMatching(/SESSIONS WERE OBTAINED with the leaked key AKIA\w+, and outlive it: 1\./),
  ]);
  expect(messages()[0]).toContain('key ASIASESSIONSESSION00, valid until Mon 30 March 2026, 20:00 UTC');
  expect(messages()[0]).toContain('From these addresses: 192.0.2.1 (1), 203.0.113.66 (1).');
  expect(traces().map(({ looks, calls }) => [looks, calls])).toEqual([
    [1, 2],
    [2, 2],
  ]);
});

test('what CloudTrail shows only at the second look is told then', async () => {
  begin();
  world.aws.behaviour.cloudTrailDelay = 15 * MINUTE;
  await used(IDENTITY);
  world.aws.callWith(leaked, SESSION);
  await retire();
  expect(messages()).toEqual([
    expect.stringContaining('CloudTrail shows no session that was obtained with'),
    expect.stringContaining('SESSIONS WERE OBTAINED'),
  ]);
});

test('no secret of an event is in a message, an event, the history or a log', async () => {
  begin();
  await used(SESSION);
  const { execution } = await retire();
  const everywhere = JSON.stringify([
    execution.history,
    world.aws.sns.messages,
    world.aws.eventBridge.events,
    world.logs,
  ]);
  expect(everywhere).toContain('ASIASESSIONSESSION00');
  expect(everywhere).not.toContain('never-to-be-seen');
});

test.each([
  ['since when the key has leaked', { leakedSince: '2026-02-20T08:00:00Z' }, '2026-02-20T08:00:00.000Z'],
  ['a time that CloudTrail has forgotten', { leakedSince: '2025-01-01T00:00:00Z' }, undefined],
])('CloudTrail is asked from the time that a person names: %s', async (_what, input, from) => {
  begin();
  await retire(input);
  const [first] = traces();
  const asked = first?.from ?? '';
  if (from === undefined) {
    expect(Date.parse(first?.until ?? '') - Date.parse(asked)).toBe(90 * 24 * HOUR);
  } else {
    expect(asked).toBe(from);
  }
});

describe('what is not known is said, and the rotation goes on', () => {
  test('nothing answers', async () => {
    begin();
    for (const operation of ['LookupEvents', 'ListRegions', 'ListAttachedUserPolicies']) {
      world.aws.faults.inject({
        ...{ kind: 'deny', denial: NOT_ALLOWED },
        times: FOR_EVER,
        match: (call) => call.operation === operation,
      });
    }
    await retire();
    const problems = world.logs.flatMap(
      ({ message }) => (message as { readonly problem?: string }).problem ?? [],
    );
    expect(new Set(problems)).toEqual(
      new Set(['regions-not-listed', 'events-not-listed', 'attached-policies-not-listed']),
    );
    expect(messages()).toHaveLength(2);
    for (const message of messages()) {
      expect(message).toContain('AWS has not said which Regions the account has, so only 1 was asked.');
      expect(message).toContain('us-east-1 (denied).');
      expect(message).toContain('IAM has not said whether AWS has attached a quarantine policy to alice.');
      expect(message).toContain('That does not mean that there was none.');
      expect(message).toContain('URGENT: YES. Not everything could be looked at');
    }
  });

  test('a Region that is throttled for ever, and one that refuses', async () => {
    begin();
    world.aws.account.setRegion('ap-south-2', 'ENABLING');
    world.aws.account.setRegion('sa-east-1', 'DISABLED');
    world.aws.faults.inject({
      kind: 'throttle',
      times: FOR_EVER,
      match: (call) => call.operation === 'LookupEvents' && call.region === 'eu-west-1',
    });
    await used(SESSION);
    await retire();
    expect(messages()).toHaveLength(2);
    expect(messages()[0]).toContain(': eu-west-1 (too many look-ups at once); ap-south-2 (denied).');
    expect(messages()[0]).toContain('SESSIONS WERE OBTAINED');
    expect(traces()[0]?.regions).toMatchObject({ listed: true, asked: 3 });
  });

  test('a Region that is throttled for a moment answers', async () => {
    begin();
    world.aws.faults.inject({
      kind: 'throttle',
      times: 2,
      match: ({ operation }) => operation === 'LookupEvents',
    });
    await used(SESSION);
    await retire();
    expect(traces()[0]?.regions).toEqual({ listed: true, asked: 2, unanswered: [], cut: [] });
  });

  test('a Region that does not answer at all takes no longer than the function has', async () => {
    begin();
    world.aws.faults.inject({
      kind: 'before',
      as: 'http-500',
      times: FOR_EVER,
      match: ({ operation, region }) => operation === 'LookupEvents' && region === 'eu-west-1',
    });
    await used(SESSION);
    await retire();
    expect(traces()[0]?.regions.unanswered).toEqual([{ region: 'eu-west-1', why: 'not-answered' }]);
    expect(traces()[0]?.calls).toBe(1);
  });

  test('more events than are read: how far back is said', async () => {
    begin();
    world.aws.callWith(leaked, SESSION);
    await world.run(() => world.clock.sleep(MINUTE));
    await used(...Array.from({ length: 2100 }, () => IDENTITY));
    await retire();
    expect(traces()[0]).toMatchObject({ calls: 2000, regions: { cut: [{ region: 'us-east-1' }] } });
    expect(messages()[0]).toContain(
      'Regions with more events than are read. Nobody knows what happened there before: us-east-1, ',
    );
  });

  test.each([
    ['dies', { kind: 'kill', afterRequests: 0 } as const],
    ['dies in the middle', { kind: 'kill', afterRequests: 3 } as const],
  ])('the function %s each time: a person is told that nobody knows', async (_how, strike) => {
    begin({ interceptInvocation: ({ stateName }) => (stateName === TRACE ? strike : undefined) });
    const { states } = await retire();
    expect(states).toContain(NOT_TRACED);
    expect(messages()).toHaveLength(1);
    expect(messages()[0]).toContain('That is no sign that it did nothing.');
    expect(messages()[0]).toContain(`AttributeValue=${leaked}\n`);
    expect(world.aws.sns.messages.at(-1)?.attributes.urgent).toBe('yes');
  });

  test('it dies at the second look only: the first message stands, and another says so', async () => {
    let looks = 0;
    begin({
      interceptInvocation: ({ stateName }) => {
        if (stateName !== TRACE) return undefined;
        looks += 1;
        return looks > 1 ? { kind: 'kill', afterRequests: 0 } : undefined;
      },
    });
    await used(SESSION);
    await retire();
    expect(messages()).toEqual([
      expect.stringContaining('SESSIONS WERE OBTAINED'),
      expect.stringContaining('What the key did is not known.'),
    ]);
  });
});

test('the recovery period is as long as without it', async () => {
  begin();
  const { execution } = await retire();
  const [inactive] = world.callsOf('UpdateAccessKey');
  const [deleted] = world.callsOf('DeleteAccessKey');
  expect(Number(deleted?.at) - Number(inactive?.at)).toBeGreaterThanOrEqual(6 * HOUR);
  expect(Number(deleted?.at) - Number(inactive?.at)).toBeLessThan(8 * HOUR);
  expect(execution.status).toBe('SUCCEEDED');
});

test('a key that is gone is looked up, too', async () => {
  begin();
  await used(SESSION);
  world.aws.onCall(({ operation }) => {
    if (operation === 'CreateAccessKey') world.aws.iam.removeAccessKey(leaked);
  });
  const { states } = await retire();
  expect(states).toContain('Tell a person that the leaked key is gone');
  expect(states).not.toContain('Wait in the recovery period');
  expect(messages()[0]).toContain('SESSIONS WERE OBTAINED');
});

test('a rotation without a leak looks nothing up', async () => {
  begin();
  world.consume();
  const { states } = await world.execute();
  expect(states).toContain('Has a key leaked?');
  expect(states).not.toContain(TRACE);
});

test('a quarantine of AWS is seen, and left for a person to detach', async () => {
  begin();
  world.aws.iam.attachPolicy('alice', 'arn:aws:iam::aws:policy/ReadOnlyAccess');
  world.aws.iam.attachPolicy('alice', QUARANTINE);
  await retire();
  expect(messages()[0]).toContain(`AWS HAS RESTRICTED alice: ${QUARANTINE} is attached to the user.`);
  expect(messages()[0]).toContain(
    `aws iam detach-user-policy --user-name alice --policy-arn ${QUARANTINE}\n`,
  );
  expect(traces()[0]?.quarantine).toEqual({ kind: 'attached', policies: [QUARANTINE] });
  expect(world.callsOf('DetachUserPolicy')).toEqual([]);
});
