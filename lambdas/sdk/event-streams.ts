/**
 * Takes the place of `@smithy/core/event-streams` in the bundles. The SDK asks for it where an operation answers with a
 * stream of events, which no operation of the functions does. One that did would find nothing, and fail by these names.
 */
const notBundled = (): never => {
  throw new Error('Event streams are not bundled: see lambdas/sdk/event-streams.ts.');
};

export class EventStreamSerde {
  constructor() {
    notBundled();
  }
}

export const eventStreamSerdeProvider = notBundled;
