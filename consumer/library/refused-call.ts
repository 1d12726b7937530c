import type {
  AbsoluteLocation,
  FinalizeRequestHandlerOptions,
  FinalizeRequestMiddleware,
  HandlerExecutionContext,
  InitializeHandlerOptions,
  InitializeMiddleware,
  MiddlewareStack,
} from '@smithy/types';
import { mayBeKeyRefused } from '../ground/problems';

/** A client of the AWS SDK for JavaScript v3, of any service. */
export interface AwsClient {
  readonly config: object;
  readonly middlewareStack: {
    readonly add: (middleware: never, options: never) => void;
  };
}

/** What the middleware needs from the credentials. */
export interface RefusedKeys {
  /** Finds out which key to use instead of the refused one. May return the same key again. */
  readonly renewed: (refusedAccessKeyId: string) => Promise<{ readonly accessKeyId: string }>;
}

type Credentials = (options: {
  readonly forceRefresh: true;
  readonly refusedAccessKeyId: string;
}) => Promise<{ readonly accessKeyId: string }>;

const FIRST: InitializeHandlerOptions & AbsoluteLocation = {
  step: 'initialize',
  priority: 'high',
  name: 'rotatedCredentialsRetry',
  tags: ['RETRY'],
  override: true,
};

/** After signing, in a position right after the SDK's own retries. */
const AFTER_SIGNING: FinalizeRequestHandlerOptions & AbsoluteLocation = {
  step: 'finalizeRequest',
  priority: 'low',
  name: 'rotatedCredentialsSigner',
  override: true,
};

const isStream = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  ('pipe' in value || 'getReader' in value || Symbol.asyncIterator in value);

/** A stream is empty after it was sent once. Bytes, text and files in memory can be sent again. */
const canBeSentAgain = (input: object): boolean => !Object.values(input).some(isStream);

/** The access key ID of a version 4 signature, with one Region or many. */
const signerOf = (request: unknown): string | undefined => {
  const { headers = {} } = (request ?? {}) as { readonly headers?: Readonly<Record<string, string>> };
  const name = Object.keys(headers).find((header) => header.toLowerCase() === 'authorization') ?? '';
  return /Credential=(\w+)\//.exec(headers[name] ?? '')?.[1];
};

/** The key that the client would sign with now; undefined if it is still the refused one. */
const otherKey = async (client: AwsClient, refusedAccessKeyId: string): Promise<string | undefined> => {
  const { credentials } = client.config as { readonly credentials?: Credentials };
  if (typeof credentials !== 'function') return undefined;
  // The client caches credentials. It asks twice, because the first answer may belong to a request that was
  // under way before the key was renewed.
  for (let asked = 0; asked < 2; asked += 1) {
    const { accessKeyId } = await credentials({ forceRefresh: true, refusedAccessKeyId });
    if (accessKeyId !== refusedAccessKeyId) return accessKeyId;
  }
  return undefined;
};

/** Renews the key, and makes the client use the new one. Never rejects. */
const isOtherKeyAtHand = async (
  client: AwsClient,
  keys: RefusedKeys,
  refusedAccessKeyId: string,
): Promise<boolean> => {
  try {
    const { accessKeyId } = await keys.renewed(refusedAccessKeyId);
    return accessKeyId !== refusedAccessKeyId && (await otherKey(client, refusedAccessKeyId)) !== undefined;
  } catch {
    // Why there is no other key has been reported already; the caller gets the original error.
    return false;
  }
};

/**
 * Makes a client repeat, once, a call that was refused because its key is unknown or Inactive, or for no
 * stated reason, if there is another key by now. The call is repeated from its input on, so that it is signed
 * again. After a call that cannot be repeated, the next call has the other key.
 */
export const retryRefusedCalls = <Client extends AwsClient>(client: Client, keys: RefusedKeys): Client => {
  const signers = new WeakMap<HandlerExecutionContext, string>();
  const noteSigner: FinalizeRequestMiddleware<object, object> = (next, context) => (args) => {
    const signer = signerOf(args.request);
    if (signer !== undefined) signers.set(context, signer);
    return next(args);
  };
  const retry: InitializeMiddleware<object, object> = (next, context) => async (args) => {
    try {
      // A copy each time, because middleware may put another input or request into it. The input itself is
      // shared.
      return await next({ ...args });
    } catch (error) {
      const refused = signers.get(context);
      if (refused === undefined || !mayBeKeyRefused(error)) throw error;
      // Also for a call that cannot be repeated, so that the caller's next attempt succeeds.
      const isRenewed = await isOtherKeyAtHand(client, keys, refused);
      // A call that lacks a permission is refused once more, which does no harm.
      if (!isRenewed || !canBeSentAgain(args.input)) throw error;
      return next({ ...args });
    }
  };
  const stack = client.middlewareStack as unknown as MiddlewareStack<object, object>;
  stack.add(retry, FIRST);
  stack.add(noteSigner, AFTER_SIGNING);
  return client;
};
