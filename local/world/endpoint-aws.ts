import { request as sendRequest } from 'node:http';
import type { CallRecord, ServiceName } from '../../embedded-aws/calls/call-log';
import {
  EmbeddedAws,
  type EmbeddedAwsOptions,
  type HandleOptions,
  type RoleCredentials,
} from '../../embedded-aws/embedded-aws';
import { ConnectionLost } from '../../embedded-aws/ground/errors';
import { GLOBAL_REGION, type Principal } from '../../embedded-aws/services/service';
import { bodyText, type WireRequest, type WireResponse } from '../../embedded-aws/wire/messages';
import { type RestService, restJson } from '../../embedded-aws/wire/rest-json';
import { parseAuthorization } from '../../embedded-aws/wire/sigv4';

/** By signing name: the services whose calls go to an endpoint. The others stay embedded. */
const SERVED: ReadonlyMap<string, ServiceName> = new Map([
  ['iam', 'iam'],
  ['sts', 'sts'],
  ['secretsmanager', 'secretsmanager'],
  ['sns', 'sns'],
  ['monitoring', 'cloudwatch'],
]);

/** Operations of these services that not every emulator has: they stay embedded. */
const EMBEDDED_ALL_THE_SAME = new Set(['monitoring:DescribeAlarmHistory']);

/** Headers of an answer that belong to its connection. */
const OF_THE_CONNECTION = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding']);

/** A call on its way. */
export interface PassingCall {
  /** The signing name, such as `iam` or `monitoring`. */
  readonly signingName: string;
  readonly operation: string;
  /** ARN of the role that makes the call; undefined for a user's key. */
  readonly role: string | undefined;
  readonly accessKeyId: string;
  readonly request: WireRequest;
}

/** Sees every call on its way, and passes it on, or does not. */
export type OnTheWay = (call: PassingCall, proceed: () => Promise<WireResponse>) => Promise<WireResponse>;

/** The options of an {@link EndpointAws} beyond those of an embedded AWS. */
export interface EndpointAwsOptions extends EmbeddedAwsOptions {
  /** Where the other services are. */
  readonly url: string;
  /**
   * The credentials of a role's session there. Default: those of the embedded AWS, for an endpoint that
   * requires none.
   */
  readonly sessionOf?: (roleArn: string) => RoleCredentials;
  readonly onTheWay?: OnTheWay;
}

/** Forwards a request as it was signed: the host header, which the signature covers, stays the sender's. */
export const sendOn = (url: string, { method, path, headers, body }: WireRequest): Promise<WireResponse> =>
  new Promise((resolve, reject) => {
    const outgoing = sendRequest(new URL(path, url), { method, headers }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.once('error', () => reject(new ConnectionLost()));
      incoming.once('end', () => {
        const answered = Object.entries(incoming.headers).filter(([name]) => !OF_THE_CONNECTION.has(name));
        resolve({
          statusCode: incoming.statusCode ?? 0,
          headers: Object.fromEntries(answered.map(([name, value]) => [name, String(value)])),
          body: Buffer.concat(chunks),
        });
      });
    });
    outgoing.once('error', () => reject(new ConnectionLost()));
    outgoing.end(body);
  });

/** The error code of an answer in XML or JSON, or `ok`. */
export const outcomeOf = ({ statusCode, headers, body }: WireResponse): string => {
  if (statusCode < 300) return 'ok';
  const text = bodyText(body);
  const code = /<Code>([^<]+)/.exec(text)?.[1] ?? /"__type":\s*"(?:[^"]*#)?([^"]+)"/.exec(text)?.[1];
  return code ?? headers['x-amzn-errortype'] ?? `HTTP ${statusCode}`;
};

/**
 * Query protocols name the operation in the body, the JSON protocols in a header; protocols with a path are
 * handled before.
 */
const operationOf = ({ headers, body }: WireRequest): string =>
  headers['x-amz-target']?.split('.').at(-1) ?? new URLSearchParams(bodyText(body)).get('Action') ?? '';

/**
 * The embedded AWS with some of its services elsewhere: calls to services that an emulator at a loopback
 * address serves are forwarded to it, as they were signed; the rest is answered here. The embedded CloudTrail
 * records the keys that are created there.
 */
export class EndpointAws extends EmbeddedAws {
  readonly #url: string;
  readonly #sessionOf: EndpointAwsOptions['sessionOf'];
  readonly #onTheWay: OnTheWay;
  readonly #sessions = new Map<string, Principal>();
  readonly #calls: CallRecord[] = [];

  constructor({ url, sessionOf, onTheWay, ...options }: EndpointAwsOptions) {
    super(options);
    this.#url = url;
    this.#sessionOf = sessionOf;
    this.#onTheWay = onTheWay ?? ((_call, proceed) => proceed());
    this.onCall((record) => this.#calls.push(record));
  }

  /** Every call so far, wherever it was answered. */
  override get calls(): readonly CallRecord[] {
    return this.#calls;
  }

  override roleCredentials(roleArn: string, sessionName = 'embedded'): RoleCredentials {
    const credentials = this.#sessionOf?.(roleArn);
    if (credentials === undefined) return super.roleCredentials(roleArn, sessionName);
    this.acceptSession(roleArn, sessionName, credentials);
    return credentials;
  }

  override acceptSession(roleArn: string, sessionName: string, credentials: RoleCredentials): Principal {
    const principal = super.acceptSession(roleArn, sessionName, credentials);
    this.#sessions.set(credentials.accessKeyId, principal);
    return principal;
  }

  override async handle(request: WireRequest, options: HandleOptions = {}): Promise<WireResponse> {
    const { service: signingName, accessKeyId } = parseAuthorization(request);
    const principal = this.#sessions.get(accessKeyId);
    const call: PassingCall = {
      signingName,
      operation: this.#operationOf(signingName, request),
      role: principal?.arn,
      accessKeyId,
      request,
    };
    const service = SERVED.get(signingName);
    return this.#onTheWay(call, () =>
      service === undefined || EMBEDDED_ALL_THE_SAME.has(`${signingName}:${call.operation}`)
        ? super.handle(request, options)
        : this.clock.track(this.#elsewhere(call, service, principal)),
    );
  }

  #operationOf(signingName: string, request: WireRequest): string {
    const { account, lambda, scheduler, securityHub: securityhub } = this;
    const rest = new Map<string, RestService>(
      Object.entries({ account, lambda, scheduler, securityhub }),
    ).get(signingName);
    return rest === undefined ? operationOf(request) : (restJson(rest).operationOf(request) ?? '');
  }

  async #elsewhere(
    call: PassingCall,
    service: ServiceName,
    principal: Principal | undefined,
  ): Promise<WireResponse> {
    const { operation, accessKeyId, request } = call;
    const response = await sendOn(this.#url, request);
    // SDKs correct their clocks by it.
    response.headers.date = this.clock.now().toUTCString();
    const outcome = outcomeOf(response);
    if (outcome === 'ok' && principal !== undefined && `${service}:${operation}` === 'iam:CreateAccessKey') {
      this.#tellCloudTrail(call, principal, response);
    }
    this.#calls.push({
      sequence: this.#calls.length + 1,
      service,
      operation,
      resource: '*',
      caller: principal?.arn ?? 'unknown',
      accessKeyId,
      at: this.clock.now(),
      outcome,
      answered: true,
    });
    return response;
  }

  /** Of what happens there, a rotation asks CloudTrail only for this: who created a key. */
  #tellCloudTrail(
    { operation, accessKeyId, request }: PassingCall,
    principal: Principal,
    { body }: WireResponse,
  ): void {
    const answer = bodyText(body);
    const answered = (name: string) => new RegExp(`<${name}>([^<]+)`).exec(answer)?.[1];
    const userName = new URLSearchParams(bodyText(request.body)).get('UserName');
    this.cloudTrail.record({
      eventSource: 'iam.amazonaws.com',
      eventName: operation,
      at: this.clock.now(),
      principal,
      accessKeyId,
      region: GLOBAL_REGION,
      requestParameters: { userName },
      responseElements: {
        accessKey: {
          userName,
          accessKeyId: answered('AccessKeyId'),
          status: answered('Status'),
          createDate: answered('CreateDate'),
        },
      },
    });
  }
}
