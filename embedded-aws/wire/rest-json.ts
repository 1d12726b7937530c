import { bodyText, type CommonErrors, type WireProtocol, type WireRequest } from './messages';

/** Method and path of an operation of a REST service. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** A parameter is a whole segment, in braces. */
  readonly path: string;
  /** Parameters by the name that they have in the query string. Default: there is none. */
  readonly query?: Readonly<Record<string, string>>;
}

/** A service that speaks the AWS REST JSON protocol: its routes by operation. Only a POST has a body. */
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
): { readonly operation: string; readonly parameters: Readonly<Record<string, unknown>> } | undefined => {
  const text = bodyText(body);
  if (text !== '' && method !== 'POST') return undefined;
  const [resource = '', queryString = ''] = path.split('?');
  const sent = [...new URLSearchParams(queryString)];
  for (const [operation, route] of Object.entries(routes)) {
    const found = method === route.method ? patternOf(route).exec(resource) : null;
    // The SDK may say again which operation it is.
    const named = sent.filter(([name]) => name !== 'x-id');
    if (found === null || named.some(([name]) => route.query?.[name] === undefined)) continue;
    const fromPath = Object.entries(found.groups ?? {}).map(([name, value]) => [
      name,
      decodeURIComponent(value),
    ]);
    const fromQuery = named.map(([name, value]) => [route.query?.[name] ?? name, value]);
    const fromBody = text === '' ? {} : (JSON.parse(text) as object);
    return { operation, parameters: { ...fromBody, ...Object.fromEntries([...fromPath, ...fromQuery]) } };
  }
  return undefined;
};

/** The AWS REST JSON protocol, as far as it is needed: the path says what is requested. */
export const restJson = (service: RestService): WireProtocol => ({
  commonErrors: COMMON_ERRORS,
  isRest: true,

  operationOf: (request) => matched(service, request)?.operation,

  parametersOf: (request) => matched(service, request)?.parameters ?? {},

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
