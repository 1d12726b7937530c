import type { EventBridge } from './event-bridge';
import type { Environment } from './service';

/** How AWS tells that keys are exposed. */
export interface Exposure {
  /** The account that it is about. Default: this one. */
  readonly affectedAccount?: string;
  /** Since when. Default: now. */
  readonly since?: Date;
  /** The Regions in which the event arrives, the backup after the first. Default: those of the partition `aws`. */
  readonly regions?: readonly string[];
  /** Tells the event from others. Default: a number. */
  readonly id?: string;
}

/** AWS Health User Guide, "Creating EventBridge rules for AWS Region coverage": events that belong to no Region, and their backup. */
const REGIONS = ['us-east-1', 'us-west-2'];

const TYPE = 'AWS_RISK_CREDENTIALS_EXPOSED';

/**
 * AWS Health: the one event of it that matters here, as its schema has it (AWS Health User Guide, "Reference: AWS Health events Amazon
 * EventBridge schema"). It has no calls, and no pages: an event of several pages is several events under one ARN.
 */
export class Health {
  #events = 0;

  constructor(
    private readonly environment: Pick<Environment, 'accountId' | 'clock'>,
    private readonly eventBridge: EventBridge,
  ) {}

  /**
   * AWS has found access keys in public.
   *
   * @returns the ARN of the event.
   */
  expose(accessKeyIds: readonly string[], exposure: Exposure = {}): string {
    const { accountId, clock } = this.environment;
    this.#events += 1;
    const { affectedAccount = accountId, since = clock.now(), regions = REGIONS } = exposure;
    const { id = `${TYPE}_${this.#events}` } = exposure;
    const eventArn = `arn:aws:health:global::event/RISK/${TYPE}/${id}`;
    for (const region of regions) {
      this.eventBridge.announce(
        {
          source: 'aws.health',
          'detail-type': 'AWS Health Event',
          resources: accessKeyIds,
          detail: {
            eventArn,
            service: 'RISK',
            eventTypeCode: TYPE,
            eventTypeCategory: 'issue',
            eventScopeCode: 'ACCOUNT_SPECIFIC',
            eventRegion: 'global',
            startTime: since.toUTCString(),
            statusCode: 'open',
            eventDescription: [{ language: 'en_US', latestDescription: 'A description comes here.' }],
            affectedEntities: accessKeyIds.map((entityValue) => ({ entityValue })),
            affectedAccount,
            page: '1',
            totalPages: '1',
            backupEvent: region !== regions[0],
          },
        },
        region,
      );
    }
    return eventArn;
  }
}
