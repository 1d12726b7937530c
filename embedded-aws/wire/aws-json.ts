import { ServiceError } from '../ground/errors';
import { bodyText, type CommonErrors, type WireProtocol } from './messages';

/** A service that speaks an AWS JSON protocol. */
export interface JsonService {
  readonly version: '1.0' | '1.1';
  /** The part of `x-amz-target` before the operation's name. */
  readonly target: string;
  /** The service moved here from the Query protocol, and still sends its errors' old codes in a header. */
  readonly queryCompatible?: boolean;
}

// Secrets Manager API and AWS Step Functions API, Common Errors.
const COMMON_ERRORS: CommonErrors = {
  missingAuthentication: { code: 'MissingAuthenticationTokenException', status: 400 },
  incompleteSignature: { code: 'IncompleteSignatureException', status: 400 },
  unknownCredentials: { code: 'UnrecognizedClientException', status: 400 },
  badSignature: { code: 'InvalidSignatureException', status: 400 },
  accessDenied: { code: 'AccessDeniedException', status: 400 },
  throttling: { code: 'ThrottlingException', status: 400 },
  internalFailure: { code: 'InternalFailure', status: 500 },
};

/** Timestamps are seconds since the epoch, with a fraction: Smithy documentation, AWS JSON protocols. */
const toJson = (output: Record<string, unknown>): string =>
  JSON.stringify(output, function (this: Record<string, unknown>, name, value: unknown) {
    // The replacer sees what Date.toJSON made of a date; the object still has the date itself.
    const original = this[name];
    return original instanceof Date ? original.getTime() / 1000 : value;
  });

/** The AWS JSON 1.0 and 1.1 protocols. */
export const awsJson = ({ version, target, queryCompatible = false }: JsonService): WireProtocol => {
  const contentType = `application/x-amz-json-${version}`;
  return {
    commonErrors: COMMON_ERRORS,

    operationOf(request) {
      const header = request.headers['x-amz-target'] ?? '';
      // Some clients write a namespace before it: com.amazonaws.cloudtrail.v20131101.
      const [named, operation] = header.split('.').slice(-2);
      return named === target ? operation : undefined;
    },

    parametersOf(request) {
      if (request.headers['content-type'] !== contentType) {
        throw new ServiceError('UnknownOperationException', `Send the body as ${contentType}`, 400);
      }
      let body: unknown;
      try {
        body = JSON.parse(bodyText(request.body) || '{}');
      } catch {
        // Without the parser's words, which would quote the body: it may contain a secret.
        throw new ServiceError('SerializationException', 'The body is not JSON', 400);
      }
      if (typeof body !== 'object' || body === null || Array.isArray(body)) {
        throw new ServiceError('SerializationException', 'The body is not a JSON object', 400);
      }
      return body as Record<string, unknown>;
    },

    success(_operation, output, requestId) {
      return {
        statusCode: 200,
        headers: { 'content-type': contentType, 'x-amzn-requestid': requestId },
        body: Buffer.from(toJson(output), 'utf8'),
      };
    },

    error({ code, message, status }, requestId) {
      const headers: Record<string, string> = {
        'content-type': contentType,
        'x-amzn-requestid': requestId,
        'x-amzn-errortype': code,
      };
      if (queryCompatible) {
        headers['x-amzn-query-error'] = `${code};${status < 500 ? 'Sender' : 'Receiver'}`;
      }
      return { statusCode: status, headers, body: Buffer.from(toJson({ __type: code, message }), 'utf8') };
    },
  };
};
