/**
 * Takes the place of `@smithy/core/event-streams` in the bundles. The SDK asks for it when an operation takes or returns
 * a stream of events, which no operation of the functions does. One that did would fail with this error.
 */
function notBundled(): never {
  throw new Error('Event streams are left out of the bundles: see lambdas/shared/sdk/event-streams.ts.');
}

/** What a client of a service that has such operations does when it is made. The others need nothing of it. */
export const resolveEventStreamSerdeConfig = <Config>(config: Config): Config => config;

export { notBundled as EventStreamSerde, notBundled as eventStreamSerdeProvider };
