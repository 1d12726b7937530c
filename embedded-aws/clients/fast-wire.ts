import { AccountClient } from '@aws-sdk/client-account';
import { CloudTrailClient } from '@aws-sdk/client-cloudtrail';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IAMClient, type IAMClientConfig } from '@aws-sdk/client-iam';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SecurityHubClient } from '@aws-sdk/client-securityhub';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { STSClient } from '@aws-sdk/client-sts';
import { NormalizedSchema } from '@smithy/core/schema';
import { HttpRequest, HttpResponse } from '@smithy/protocol-http';
import type { $ClientProtocol, $OperationSchema, $SchemaRef, Logger } from '@smithy/types';
import type { Credential, WireRequest, WireResponse } from '../wire/messages';

/**
 * How an SDK client's calls reach the embedded AWS. On the full wire they are serialized, signed, verified
 * and parsed, as on their way to AWS. On the fast wire the client's protocol passes its objects on, and its
 * signer passes the secret itself.
 */
export type Wire = 'full' | 'fast';

type Protocol = $ClientProtocol<HttpRequest, HttpResponse>;
type ProtocolConstructor = new (settings: ProtocolSettings) => Protocol;
type Copy = (value: unknown) => unknown;

interface ProtocolSettings {
  readonly defaultNamespace: string;
}

/** A request that is never turned into text. Middleware sees an ordinary one, without a body. */
export class FastRequest extends HttpRequest {
  /** Set by the signer, again at each attempt. */
  credential: Credential | undefined;

  constructor(
    private readonly operation: string,
    private readonly copyParameters: () => Readonly<Record<string, unknown>>,
  ) {
    super({ method: 'POST', protocol: 'https:', path: '/', body: '' });
  }

  /** The request to send, with this attempt's own copy of the parameters. */
  handOver(): WireRequest {
    const { method, path, headers, operation, credential } = this;
    if (credential === undefined) throw new Error('The request was not signed');
    const call = { operation, parameters: this.copyParameters(), credential };
    return { method, path, headers, body: '', call };
  }
}

/** The answer to a {@link FastRequest}, unless it is an error. */
export class FastResponse extends HttpResponse {
  constructor(
    response: WireResponse,
    readonly output: Readonly<Record<string, unknown>>,
  ) {
    super(response);
  }
}

/** What a client gives to its signer, as far as it matters here. */
interface SignerOptions {
  readonly credentials: () => Promise<
    Pick<Credential, 'accessKeyId' | 'secretAccessKey'> & { readonly sessionToken?: string }
  >;
  readonly region: string;
  readonly service: string;
}

/** Signs nothing, but records what it would have signed with. */
class FastSigner {
  constructor(private readonly client: SignerOptions) {}

  async sign(
    request: HttpRequest,
    {
      signingDate: signedAt,
      signingRegion: region = this.client.region,
      signingService: service = this.client.service,
    }: { readonly signingDate: Date; readonly signingRegion?: string; readonly signingService?: string },
  ): Promise<HttpRequest> {
    if (!(request instanceof FastRequest)) throw new Error('The fast wire signs its own requests only');
    const { accessKeyId, secretAccessKey, sessionToken } = await this.client.credentials();
    request.credential = { accessKeyId, secretAccessKey, sessionToken, signedAt, region, service };
    return request;
  }
}

/** How a wire changes times. */
type CopyDate = (date: Date) => unknown;

const asSeconds: CopyDate = (date) => date.getTime() / 1000;

const asDate =
  (precisionMs: number): CopyDate =>
  (date) =>
    new Date(Math.floor(date.getTime() / precisionMs) * precisionMs);

/** Copies values of a schema as they would come out of a text: without what the schema does not know. */
class Copier {
  readonly #copies = new Map<$SchemaRef, Copy>();

  constructor(private readonly copyDate: CopyDate) {}

  of(schema: $SchemaRef): Copy {
    const known = this.#copies.get(schema);
    if (known !== undefined) return known;
    const copy = this.#compile(NormalizedSchema.of(schema));
    this.#copies.set(schema, copy);
    return copy;
  }

  #compile(schema: NormalizedSchema): Copy {
    if (schema.isUnitSchema()) return () => ({});
    if (schema.isListSchema()) {
      const copy = this.#compile(schema.getValueSchema());
      return (value) => (value as readonly unknown[]).map(copy);
    }
    if (schema.isMapSchema()) {
      const copy = this.#compile(schema.getValueSchema());
      return (value) =>
        Object.fromEntries(Object.entries(value as object).map(([name, item]) => [name, copy(item)]));
    }
    if (schema.isStructSchema() && !schema.isUnionSchema()) return this.#structure(schema);
    if (schema.isTimestampSchema()) return (value) => this.copyDate(value as Date);
    if (schema.isStringSchema() || schema.isNumericSchema() || schema.isBooleanSchema())
      return (value) => value;
    return () => {
      throw new Error(`The fast wire does not carry ${schema.getName(true)}`);
    };
  }

  #structure(schema: NormalizedSchema): Copy {
    const members = [...schema.structIterator()].map(
      ([name, member]) => [name, this.#member(member)] as const,
    );
    const drawn = [...schema.structIterator()].find(([, member]) => member.isIdempotencyToken())?.[0];
    return (value) => {
      const from = value as Readonly<Record<string, unknown>>;
      if (drawn !== undefined && from[drawn] === undefined) {
        throw new Error(`The fast wire draws no ${drawn} at random: say which`);
      }
      const copied: Record<string, unknown> = {};
      for (const [name, copy] of members) {
        const member = from[name];
        if (member !== undefined && member !== null) copied[name] = copy(member);
      }
      return copied;
    };
  }

  /**
   * Members are looked up when they are met: schemas have many that are never used, and some structures
   * contain themselves.
   */
  #member(schema: NormalizedSchema): Copy {
    let compiled: Copy | undefined;
    return (value) => {
      compiled ??= this.#compile(schema);
      return compiled(value);
    };
  }
}

const parametersOf = new Copier(asSeconds);
const outputOf = { toTheSecond: new Copier(asDate(1000)), toTheMillisecond: new Copier(asDate(1)) };

/** The SDK's own protocol for each service, by the namespace of its settings. */
let realProtocols: ReadonlyMap<string, ProtocolConstructor> | undefined;

const realProtocolOf = ({ defaultNamespace }: ProtocolSettings): ProtocolConstructor => {
  realProtocols ??= new Map<string, ProtocolConstructor>(
    [
      IAMClient,
      STSClient,
      SecretsManagerClient,
      CloudTrailClient,
      CloudWatchClient,
      CloudWatchLogsClient,
      SFNClient,
      SNSClient,
      EventBridgeClient,
      SchedulerClient,
      SecurityHubClient,
      LambdaClient,
      AccountClient,
    ].map((Client) => {
      const { protocol, protocolSettings } = new Client({ region: 'us-east-1' }).config;
      return [protocolSettings.defaultNamespace ?? '', protocol.constructor as ProtocolConstructor];
    }),
  );
  const real = realProtocols.get(defaultNamespace);
  if (real === undefined) throw new Error(`The fast wire does not carry ${defaultNamespace}`);
  return real;
};

/**
 * The engine keeps an object that grew step by step as a table, and each call of a client copies its
 * configuration three times. An object that has been a prototype is laid out like an object of a class, which
 * copies much faster.
 */
const layOut = (configuration: object): void => {
  Object.create(configuration);
};

/**
 * The service's own protocol, but calls and outputs are passed as objects. Errors are read from their text.
 */
const createProtocol = (settings: ProtocolSettings): Protocol => {
  const protocol = new (realProtocolOf(settings))(settings);
  const readText = protocol.deserializeResponse.bind(protocol);
  const setSerdeContext = protocol.setSerdeContext.bind(protocol);
  const outputs = protocol.getShapeId().endsWith('#awsQuery')
    ? outputOf.toTheSecond
    : outputOf.toTheMillisecond;
  return Object.assign(protocol, {
    setSerdeContext: (configuration: Parameters<Protocol['setSerdeContext']>[0]) => {
      setSerdeContext(configuration);
      layOut(configuration);
    },
    serializeRequest: async ({ name, input: schema }: $OperationSchema, input: object) => {
      const copy = parametersOf.of(schema);
      return new FastRequest(name, () => copy(input) as Record<string, unknown>);
    },
    deserializeResponse: async (
      operation: $OperationSchema,
      context: Parameters<Protocol['deserializeResponse']>[1],
      response: HttpResponse,
    ) => {
      if (!(response instanceof FastResponse)) return readText(operation, context, response);
      const output = outputs.of(operation.output)(response.output) as Record<string, unknown>;
      output.$metadata = {
        httpStatusCode: response.statusCode,
        requestId: response.headers['x-amzn-requestid'],
        extendedRequestId: undefined,
        cfId: undefined,
      };
      return output;
    },
  } as Partial<Protocol>);
};

/**
 * Settings that put an SDK client onto the fast wire. Its middleware, its retries and its errors stay its
 * own.
 */
export const FAST_WIRE = {
  // Clients call a constructor, which may return any object.
  protocol: function FastProtocol(settings: ProtocolSettings) {
    return createProtocol(settings);
  } as unknown as ProtocolConstructor,
  signerConstructor: FastSigner as unknown as NonNullable<IAMClientConfig['signerConstructor']>,
  defaultUserAgentProvider: async () => [],
  // If a logger has no methods for info and error, the SDK does not make the filtered copies of input and
  // output for them.
  logger: { warn: () => {} } as Partial<Logger> as Logger,
} as const;
