import {
  EventBridgeClient,
  type EventBridgeClientConfig,
  PutEventsCommand,
} from '@aws-sdk/client-eventbridge';
import { EVENT_SOURCE } from '../contract/names';
import { calling } from './service-errors';

/** Where the survey puts its event: the bus that the state machines use. */
export class BusGateway {
  private readonly client: EventBridgeClient;

  /** @param eventBusName - Default: the bus that every account has. */
  constructor(
    config: EventBridgeClientConfig,
    private readonly eventBusName: string | undefined,
  ) {
    this.client = new EventBridgeClient(config);
  }

  /**
   * Puts one event on the bus. EventBridge answers with success for a request whose entry it has refused (EventBridge API,
   * PutEvents), so the answer is looked at.
   */
  async put(
    detailType: string,
    detail: Readonly<Record<string, unknown>>,
    resources: readonly string[],
  ): Promise<void> {
    await calling('putting an event on the bus', async () => {
      const { Entries = [] } = await this.client.send(
        new PutEventsCommand({
          Entries: [
            {
              EventBusName: this.eventBusName,
              Source: EVENT_SOURCE,
              DetailType: detailType,
              Detail: JSON.stringify(detail),
              Resources: [...resources],
            },
          ],
        }),
      );
      const refused = Entries.find(({ ErrorCode }) => ErrorCode !== undefined);
      if (refused !== undefined) {
        throw Object.assign(new Error(refused.ErrorMessage), { name: refused.ErrorCode });
      }
    });
  }
}
