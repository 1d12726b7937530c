/** A call whose parameters are handed over as objects, in place of the text that an HTTP request has. */
export interface HandedOverCall {
  readonly operation: string;
  /** The caller's own copy, as the text would have carried it: times are in seconds since the epoch. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly credential: Credential;
}

/** Who a call says makes it, with the secret itself in place of a signature that was made with it. */
export interface Credential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
  /** When the request would have been signed. */
  readonly signedAt: Date;
  readonly region: string;
  /** The signing name, such as `iam` or `monitoring`. */
  readonly service: string;
}

/** An HTTP request as it arrives, from a socket or from an SDK client in the same process. */
export interface WireRequest {
  readonly method: string;
  /** Path and query string as sent. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string;
  /** The call, where it is handed over: then path, headers and body say nothing of it. */
  readonly call?: HandedOverCall | undefined;
}

/** The answer to a {@link WireRequest}. */
export interface WireResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  /** Bytes, because the SDK reads those at once, where it would have to collect a stream. */
  readonly body: Uint8Array;
  /** The output of a call that was handed over; not yet a copy, and absent from errors, which are always text. */
  readonly output?: Readonly<Record<string, unknown>>;
}

/** A wire protocol: how a call, its answer and its errors are written. Knows nothing of what they mean. */
export interface WireProtocol {
  /** The operation that the request names, if the protocol finds one. */
  operationOf(request: WireRequest): string | undefined;
  /** The parameters as sent; {@link parseInput} gives them their types. */
  parametersOf(request: WireRequest): Readonly<Record<string, unknown>>;
  success(operation: string, output: Record<string, unknown>, requestId: string): WireResponse;
  error(error: WireError, requestId: string): WireResponse;
  /** The protocol's names of the errors that any call can meet. */
  readonly commonErrors: CommonErrors;
  /** Calls name in method and path what they ask for. All others are POST requests for `/`. */
  readonly isRest?: boolean;
}

/** What of an error goes over the wire. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly status: number;
}

/** Code and HTTP status of an error that any call can meet. */
interface CommonError {
  readonly code: string;
  readonly status: number;
}

/** The errors that come before a service looks at its call. */
export interface CommonErrors {
  readonly missingAuthentication: CommonError;
  readonly incompleteSignature: CommonError;
  readonly unknownCredentials: CommonError;
  readonly badSignature: CommonError;
  readonly accessDenied: CommonError;
  readonly throttling: CommonError;
  readonly internalFailure: CommonError;
}

/** Text of a body, whichever way it came. */
export const bodyText = (body: Uint8Array | string): string =>
  typeof body === 'string'
    ? body
    : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
