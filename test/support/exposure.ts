import type { EmbeddedAws } from '../../embedded-aws/embedded-aws';
import type { BusEvent } from '../../embedded-aws/services/event-bridge';
import type { Exposure } from '../../embedded-aws/services/health';

/** The events that AWS Health sends of these keys, one for each Region in which they arrive. */
export const exposuresOf = (
  aws: EmbeddedAws,
  accessKeyIds: readonly string[],
  exposure: Exposure = {},
): readonly BusEvent[] => {
  const events: BusEvent[] = [];
  const { regions = ['us-east-1', 'us-west-2'] } = exposure;
  for (const region of regions) {
    aws.eventBridge.addRule({
      region,
      pattern: { source: ['aws.health'] },
      target: (event) => events.push(event),
    });
  }
  aws.health.expose(accessKeyIds, exposure);
  return events;
};

/** The event that AWS Health sends of one key, where it arrives first. */
export const exposureOf = (aws: EmbeddedAws, accessKeyId: string, exposure: Exposure = {}): BusEvent => {
  const [event] = exposuresOf(aws, [accessKeyId], exposure);
  if (event === undefined) throw new Error('There is no event.');
  return event;
};
