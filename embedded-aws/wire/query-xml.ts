import { bodyText, type CommonErrors, type WireProtocol } from './messages';

/** A service that speaks the AWS Query protocol. */
export interface QueryService {
  readonly version: string;
  readonly xmlNamespace: string;
}

// IAM API, Common Error Types; the codes are the same for STS and SNS. Expired signatures answer
// SignatureDoesNotMatch, "Signature expired: …": that is what callers of IAM and STS see.
const COMMON_ERRORS: CommonErrors = {
  missingAuthentication: { code: 'MissingAuthenticationToken', status: 403 },
  incompleteSignature: { code: 'IncompleteSignature', status: 403 },
  unknownCredentials: { code: 'InvalidClientTokenId', status: 403 },
  badSignature: { code: 'SignatureDoesNotMatch', status: 403 },
  accessDenied: { code: 'AccessDenied', status: 403 },
  throttling: { code: 'Throttling', status: 400 },
  internalFailure: { code: 'InternalFailure', status: 500 },
};

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escapeXml = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character);

/** ISO 8601 without milliseconds, as IAM and STS write times. */
const xmlTimestamp = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;

const toXml = (name: string, value: unknown): string => {
  if (value === undefined || value === null) {
    return '';
  }
  return `<${name}>${contentOf(value)}</${name}>`;
};

const contentOf = (value: unknown): string => {
  if (value instanceof Date) {
    return xmlTimestamp(value);
  }
  if (Array.isArray(value)) {
    return value.map((item) => toXml('member', item)).join('');
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([name, member]) => toXml(name, member))
      .join('');
  }
  return escapeXml(String(value));
};

/** `Tags.member.2.Key` is the member Key of the second structure of the list Tags. */
const LIST_MEMBER = /^(\w+)\.member\.(\d+)(?:\.(\w+))?$/;

/** Puts a value where its name says: by itself, into a list, or into a structure of a list. */
const place = (parameters: Record<string, unknown>, name: string, value: string): void => {
  const [, list = '', number = '', member] = LIST_MEMBER.exec(name) ?? [];
  if (list === '') {
    parameters[name] = value;
    return;
  }
  parameters[list] ??= [];
  const items = parameters[list] as unknown[];
  const index = Number(number) - 1;
  items[index] = member === undefined ? value : { ...(items[index] as object | undefined), [member]: value };
};

/** `MessageAttributes.entry.2.Value.DataType` is a member of the value of the second entry of the map MessageAttributes. */
const MAP_ENTRY = /^(\w+)\.entry\.(\d+)\.(Name|Value\.(\w+))$/;

interface MapEntry {
  name: string;
  value: Record<string, string>;
}

/** The maps of a form: each entry has a name and a structure. */
const mapsIn = (form: URLSearchParams): Readonly<Record<string, unknown>> => {
  const maps = new Map<string, Map<string, MapEntry>>();
  for (const [name, value] of form) {
    const [, map = '', number = '', , member] = MAP_ENTRY.exec(name) ?? [];
    if (map === '') continue;
    const entries = maps.get(map) ?? new Map<string, MapEntry>();
    const entry = entries.get(number) ?? { name: '', value: {} };
    if (member === undefined) entry.name = value;
    else entry.value[member] = value;
    maps.set(map, entries.set(number, entry));
  }
  return Object.fromEntries(
    [...maps].map(([map, entries]) => [
      map,
      Object.fromEntries([...entries.values()].map(({ name, value }) => [name, value])),
    ]),
  );
};

/** The AWS Query protocol: a form in, XML out. Smithy documentation, AWS query protocol. */
export const queryXml = ({ version, xmlNamespace }: QueryService): WireProtocol => {
  const respond = (statusCode: number, requestId: string, xml: string) => ({
    statusCode,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
    body: Buffer.from(xml, 'utf8'),
  });
  return {
    commonErrors: COMMON_ERRORS,

    operationOf(request) {
      return new URLSearchParams(bodyText(request.body)).get('Action') ?? undefined;
    },

    parametersOf(request) {
      const form = new URLSearchParams(bodyText(request.body));
      const parameters: Record<string, unknown> = { ...mapsIn(form) };
      for (const [name, value] of form) {
        const expected = name === 'Version' && value === version;
        if (name !== 'Action' && !expected && !MAP_ENTRY.test(name)) {
          place(parameters, name, value);
        }
      }
      return parameters;
    },

    success(operation, output, requestId) {
      const result = toXml(`${operation}Result`, Object.keys(output).length > 0 ? output : undefined);
      const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
      return respond(
        200,
        requestId,
        `<${operation}Response xmlns="${xmlNamespace}">${result}${metadata}</${operation}Response>`,
      );
    },

    error({ code, message, status }, requestId) {
      const type = status < 500 ? 'Sender' : 'Receiver';
      const error = toXml('Error', { Type: type, Code: code, Message: message });
      return respond(
        status,
        requestId,
        `<ErrorResponse xmlns="${xmlNamespace}">${error}<RequestId>${requestId}</RequestId></ErrorResponse>`,
      );
    },
  };
};
