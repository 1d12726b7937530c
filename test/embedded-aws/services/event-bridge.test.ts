import { PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { ACCOUNT, outcome, ROLE, setUp } from '../fixture';

const ENTRY: PutEventsRequestEntry = { Source: 'shop', DetailType: 'Order', Detail: '{"id":1}' };

test('the default bus keeps what is put on it', async () => {
  const { aws, clock, events } = setUp();
  const { FailedEntryCount, Entries } = await events.send(
    new PutEventsCommand({
      Entries: [
        { ...ENTRY, Resources: ['arn:x'] },
        { ...ENTRY, EventBusName: 'default' },
      ],
    }),
  );
  expect(FailedEntryCount).toBe(0);
  expect(aws.eventBridge.events).toEqual([
    {
      version: '0',
      id: Entries?.[0]?.EventId,
      'detail-type': 'Order',
      source: 'shop',
      account: ACCOUNT,
      time: clock.now().toISOString().replace('.000', ''),
      region: 'us-east-1',
      resources: ['arn:x'],
      detail: { id: 1 },
    },
    expect.objectContaining({ id: Entries?.[1]?.EventId, resources: [] }),
  ]);
});

test.each<[string, Partial<PutEventsRequestEntry>, string]>([
  ['no source', { Source: undefined }, 'InvalidArgument'],
  ['an empty detail type', { DetailType: '' }, 'InvalidArgument'],
  ['no detail', { Detail: undefined }, 'InvalidArgument'],
  ['a source of AWS', { Source: 'aws.iam' }, 'NotAuthorizedForSource'],
  ['a detail that is not JSON', { Detail: '{' }, 'MalformedDetail'],
  ['a detail that is not an object', { Detail: '[1]' }, 'MalformedDetail'],
])('only the entry with %s is refused, and the answer is 200', async (_what, changes, ErrorCode) => {
  const { aws, events } = setUp();
  const answer = await events.send(new PutEventsCommand({ Entries: [{ ...ENTRY, ...changes }, ENTRY] }));
  expect(answer).toMatchObject({
    FailedEntryCount: 1,
    Entries: [{ ErrorCode }, { EventId: expect.any(String) }],
  });
  expect(aws.eventBridge.events).toHaveLength(1);
});

test.each<[string, PutEventsRequestEntry[], string]>([
  ['no entry', [], 'ValidationException'],
  ['eleven entries', Array.from({ length: 11 }, () => ENTRY), 'ValidationException'],
  ['too much', [{ ...ENTRY, Detail: JSON.stringify({ text: 'x'.repeat(300_000) }) }], 'ValidationException'],
  ['two buses', [ENTRY, { ...ENTRY, EventBusName: 'orders' }], 'NotModelled'],
  [
    'a bus of another account',
    [{ ...ENTRY, EventBusName: 'arn:aws:events:us-east-1:444455556666:event-bus/orders' }],
    'NotModelled',
  ],
])('a request with %s is refused', async (_what, Entries, name) => {
  const { aws, events } = setUp();
  expect(await outcome(events.send(new PutEventsCommand({ Entries })))).toMatchObject({ name });
  expect(aws.eventBridge.events).toEqual([]);
});

test('each bus keeps its own events, and hands them to its own rules', async () => {
  const { aws, events } = setUp();
  const got: string[] = [];
  aws.eventBridge.addBus('orders');
  for (const eventBusName of [undefined, 'default', 'orders']) {
    aws.eventBridge.addRule({
      eventBusName,
      pattern: { source: ['shop', 'aws.states'] },
      target: ({ source }) => got.push(`${eventBusName}: ${source}`),
    });
  }
  const arn = `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/orders`;
  for (const EventBusName of ['orders', arn]) {
    await events.send(new PutEventsCommand({ Entries: [{ ...ENTRY, EventBusName }] }));
  }
  expect(got).toEqual(['orders: shop', 'orders: shop']);
  expect(aws.eventBridge.eventsOn('orders')).toHaveLength(2);
  expect(aws.eventBridge.eventsOn('default')).toEqual([]);
  expect(aws.eventBridge.events).toEqual(aws.eventBridge.eventsOn('orders'));

  aws.eventBridge.announce({ source: 'aws.states', 'detail-type': 'D', resources: [], detail: {} });
  expect(got.slice(2)).toEqual(['undefined: aws.states', 'default: aws.states']);
});

test('an event for a bus that does not exist is accepted, and lost', async () => {
  const { aws, events } = setUp();
  const got: unknown[] = [];
  aws.eventBridge.addRule({ pattern: { source: ['shop'] }, target: (event) => got.push(event) });
  expect(
    await events.send(new PutEventsCommand({ Entries: [{ ...ENTRY, EventBusName: 'orders' }] })),
  ).toMatchObject({ FailedEntryCount: 0, Entries: [{ EventId: expect.any(String) }] });
  expect([aws.eventBridge.events, aws.eventBridge.eventsOn('orders'), got]).toEqual([[], [], []]);
});

test.each([
  [{}, 'default'],
  [{ EventBusName: 'orders' }, 'orders'],
  [{ EventBusName: `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/orders` }, 'orders'],
])('policies see the bus of %j, and the sources', async (named, bus) => {
  const asked: unknown[] = [];
  const { events } = setUp({
    authorize: ({ caller, action, resource, conditions }) => {
      asked.push({ caller, action, resource, conditions });
      return false;
    },
  });
  expect(
    await outcome(events.send(new PutEventsCommand({ Entries: [{ ...ENTRY, ...named }] }))),
  ).toMatchObject({
    name: 'AccessDeniedException',
  });
  expect(asked).toEqual([
    {
      caller: ROLE,
      action: 'events:PutEvents',
      resource: `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/${bus}`,
      conditions: { 'events:source': ['shop'], 'events:detail-type': ['Order'] },
    },
  ]);
});

test('its calls are recorded without a number: faults find theirs by numbers', async () => {
  const { aws, events } = setUp();
  await events.send(new PutEventsCommand({ Entries: [ENTRY] }));
  expect(aws.calls).toMatchObject([{ service: 'events', operation: 'PutEvents', sequence: 0 }]);
  expect(aws.arrivals).toBe(0);
});
