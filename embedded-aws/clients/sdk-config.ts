import { FAST_WIRE, type Wire } from './fast-wire';

/** Settings that each SDK client would otherwise look up in the environment and in files. */
const NOTHING_TO_LOOK_FOR = {
  useDualstackEndpoint: false,
  useFipsEndpoint: false,
  maxAttempts: 3,
  retryMode: 'standard',
  defaultsMode: 'standard',
  userAgentAppId: async () => undefined,
  authSchemePreference: async () => [],
  ignoreConfiguredEndpointUrls: true,
  // CloudWatch's client compresses metrics of more than 10,240 bytes, and copies the request to find out.
  disableRequestCompression: true,
  // Each command's chain of middleware is built once per client, not once per call.
  cacheMiddleware: true,
} as const;

/**
 * The configuration of clients of the embedded AWS in this process, besides Region, credentials and handler.
 */
export const sdkConfig = (wire: Wire) => ({
  ...NOTHING_TO_LOOK_FOR,
  ...(wire === 'fast' && FAST_WIRE),
});

const FIRST_ATTEMPT = /^attempt=1;/;

/**
 * Whether a client is still as new after sending a request. It pays for a second attempt out of a quota that
 * it remembers; an error that it does not retry changes nothing.
 */
export const isFirstAttempt = ({ headers }: { readonly headers: Record<string, string> }): boolean =>
  FIRST_ATTEMPT.test(headers['amz-sdk-request'] ?? '');
