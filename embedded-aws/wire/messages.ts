/** A call whose parameters are passed as objects, instead of the text of an HTTP request. */
export interface HandedOverCall {
  readonly operation: string;
  /** The caller's own copy, as the text would have carried it: times are in seconds since the epoch. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly credential: Credential;
}

/** The caller's identity, with the secret itself instead of a signature made with it. */
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
  /** The call, if it is passed as an object: path, headers and body then say nothing about it. */
  readonly call?: HandedOverCall | undefined;
}

/** The answer to a {@link WireRequest}. */
export interface WireResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  /** Bytes, because the SDK reads those at once, while it would have to collect a stream. */
  readonly body: Uint8Array;
  /**
   * The output of a call that was passed as an object. It is not yet a copy, and absent from errors, which
   * are always text.
   */
  readonly output?: Readonly<Record<string, unknown>>;
}

/** A wire protocol: how a call, its answer and its errors are written. It knows nothing of what they mean. */
export interface WireProtocol {
  /** The operation that the request names, if the protocol finds one. */
  operationOf(request: WireRequest): string | undefined;
  /** The parameters as sent; {@link parseInput} gives them their types. */
  parametersOf(request: WireRequest): Readonly<Record<string, unknown>>;
  success(operation: string, output: Record<string, unknown>, requestId: string): WireResponse;
  error(error: WireError, requestId: string): WireResponse;
  /** The protocol's names of the errors that any call can meet. */
  readonly commonErrors: CommonErrors;
  /** Method and path name the operation. In all other protocols, calls are POST requests for `/`. */
  readonly isRest?: boolean;
}

/** The parts of an error that go over the wire. */
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

/** The errors that occur before a service looks at its call. */
export interface CommonErrors {
  readonly missingAuthentication: CommonError;
  readonly incompleteSignature: CommonError;
  readonly unknownCredentials: CommonError;
  readonly badSignature: CommonError;
  readonly accessDenied: CommonError;
  readonly throttling: CommonError;
  readonly internalFailure: CommonError;
}

/** Text of a body, in either form. */
export const bodyText = (body: Uint8Array | string): string =>
  typeof body === 'string'
    ? body
    : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
