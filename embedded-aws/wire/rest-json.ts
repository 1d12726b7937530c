import { bodyText, type CommonErrors, type WireProtocol, type WireRequest } from './messages';

/** Method and path of an operation of a REST service. */
export interface Route {
  readonly method: 'GET';
  /** A parameter is a whole segment, in braces. */
  readonly path: string;
}

/** A service that speaks the AWS REST JSON protocol: its routes by operation. Bodies and query strings are not modelled. */
export interface RestService {
  readonly routes: Readonly<Record<string, Route>>;
}

// Lambda API, Common Error Types, and the errors of its operations.
const COMMON_ERRORS: CommonErrors = {
  missingAuthentication: { code: 'MissingAuthenticationTokenException', status: 403 },
  incompleteSignature: { code: 'IncompleteSignatureException', status: 403 },
  unknownCredentials: { code: 'UnrecognizedClientException', status: 403 },
  badSignature: { code: 'InvalidSignatureException', status: 403 },
  accessDenied: { code: 'AccessDeniedException', status: 403 },
  throttling: { code: 'TooManyRequestsException', status: 429 },
  internalFailure: { code: 'ServiceException', status: 500 },
};

const patternOf = ({ path }: Route): RegExp => new RegExp(`^${path.replace(/\{(\w+)\}/g, '(?<$1>[^/?]+)')}$`);

const matched = (
  { routes }: RestService,
  { method, path, body }: WireRequest,
): { readonly operation: string; readonly parameters: Readonly<Record<string, string>> } | undefined => {
  if (bodyText(body) !== '') return undefined;
  for (const [operation, route] of Object.entries(routes)) {
    const found = method === route.method ? patternOf(route).exec(path) : null;
    if (found !== null) return { operation, parameters: { ...found.groups } };
  }
  return undefined;
};

/** The AWS REST JSON protocol, as far as it is needed: the path says what is requested. */
export const restJson = (service: RestService): WireProtocol => ({
  commonErrors: COMMON_ERRORS,
  isRest: true,

  operationOf: (request) => matched(service, request)?.operation,

  parametersOf(request) {
    const parameters = Object.entries(matched(service, request)?.parameters ?? {});
    return Object.fromEntries(parameters.map(([name, value]) => [name, decodeURIComponent(value)]));
  },

  success(_operation, output, requestId) {
    return {
      statusCode: 200,
      headers: { 'content-type': 'application/json', 'x-amzn-requestid': requestId },
      body: Buffer.from(JSON.stringify(output), 'utf8'),
    };
  },

  error({ code, message, status }, requestId) {
    return {
      statusCode: status,
      headers: {
        'content-type': 'application/json',
        'x-amzn-requestid': requestId,
        'x-amzn-errortype': code,
      },
      body: Buffer.from(JSON.stringify({ Type: status < 500 ? 'User' : 'Service', message }), 'utf8'),
    };
  },
});
