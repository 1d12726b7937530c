import { EmbeddedAws } from '../../../embedded-aws/embedded-aws';
import type { BusEvent } from '../../../embedded-aws/services/event-bridge';

/** An AWS, and what rules of two Regions see. */
const listening = () => {
  const aws = new EmbeddedAws();
  const seen = new Map<string, BusEvent[]>();
  for (const region of [aws.region, 'us-west-2']) {
    seen.set(region, []);
    aws.eventBridge.addRule({
      region,
      pattern: { source: ['aws.health'] },
      target: (event) => seen.get(region)?.push(event),
    });
  }
  return { aws, seenIn: (region: string) => seen.get(region) ?? [] };
};

test.each([[[]], [['AKIAONE0000000000001']], [['AKIAONE0000000000001', 'AKIATWO0000000000002']]])(
  'the event of %j arrives in both Regions, and says which is the backup',
  (keys) => {
    const { aws, seenIn } = listening();
    const eventArn = aws.health.expose(keys, { since: new Date('2026-03-02T06:12:00Z') });
    const events = [...seenIn('us-east-1'), ...seenIn('us-west-2')];
    expect(events.map(({ region, detail }) => [region, detail.backupEvent])).toEqual([
      ['us-east-1', false],
      ['us-west-2', true],
    ]);
    for (const event of events) {
      expect(event).toMatchObject({
        source: 'aws.health',
        'detail-type': 'AWS Health Event',
        account: aws.accountId,
        detail: {
          eventArn,
          service: 'RISK',
          eventTypeCode: 'AWS_RISK_CREDENTIALS_EXPOSED',
          startTime: 'Mon, 02 Mar 2026 06:12:00 GMT',
          affectedAccount: aws.accountId,
          affectedEntities: keys.map((entityValue) => ({ entityValue })),
        },
      });
    }
    // Nobody has put it on a bus.
    expect(aws.eventBridge.events).toEqual([]);
  },
);

test('each event has an ARN of its own, unless it is another page of one', () => {
  const { aws } = listening();
  const arns = [aws.health.expose(['one']), aws.health.expose(['one'])];
  expect(new Set(arns).size).toBe(2);
  expect(aws.health.expose(['one'], { id: 'same' })).toBe(aws.health.expose(['two'], { id: 'same' }));
});

test('an event that is forwarded is as it was, and only rules of this Region get it then', () => {
  const { aws, seenIn } = listening();
  aws.health.expose(['one'], { regions: ['us-west-2'] });
  const [event] = seenIn('us-west-2');
  if (event === undefined) throw new Error('There is no event.');
  expect(seenIn('us-east-1')).toEqual([]);
  aws.eventBridge.forward(event);
  expect(seenIn('us-east-1')).toEqual([event]);
  expect(seenIn('us-west-2')).toEqual([event]);
});
