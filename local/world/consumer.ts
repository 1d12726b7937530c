import { SecretsManagerClient, type SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type RotatedCredentials, RotatedCredentialsError, rotatedCredentials } from '../../consumer/index';
import { FastRequest } from '../../embedded-aws/clients/fast-wire';
import type { EmbeddedAws } from '../../embedded-aws/embedded-aws';

const MINUTE = 60 * 1000;

/** How often the library reads the secret again: as seldom as it allows. */
const REFRESH_AFTER = 'PT45M';

/** A call that fails is counted, not repeated. The chain of middleware is built once for thousands of calls. */
const CLIENT = { maxAttempts: 1, cacheMiddleware: true } as const;

/** The access key ID that a request was signed with. */
const signerOf = (request: unknown): string | undefined => {
  if (request instanceof FastRequest) return request.credential?.accessKeyId;
  const { headers } = request as { readonly headers: Readonly<Record<string, string>> };
  return /Credential=(\w+)\//.exec(headers.authorization ?? '')?.[1];
};

/** What an {@link Application} needs. */
export interface ApplicationOptions {
  readonly aws: EmbeddedAws;
  readonly secretId: string;
  /** How its calls reach AWS: an endpoint or a request handler. */
  readonly connection: Pick<SecretsManagerClientConfig, 'endpoint' | 'requestHandler'>;
  /** Its name in a report. */
  readonly name?: string;
  /** Time between two calls. Default: five minutes. */
  readonly intervalMs?: number;
  /** Called after each call, with its success. */
  readonly onCall?: (succeeded: boolean) => void;
}

/** How a {@link Consumer} behaves. */
export interface ConsumerOptions extends ApplicationOptions {
  /**
   * `follows`: it has the library of consumer/. `holds`: it reads its key with that library when it starts,
   * and keeps it until it is restarted, like programs that read a file or a variable once.
   */
  readonly habit?: 'follows' | 'holds';
  /** The key that it was configured with, long ago: it works with that one until {@link Consumer.moveToSecret}. */
  readonly presentKey?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** A call that was refused. */
export interface ConsumerFailure {
  readonly at: Date;
  /** Undefined if the consumer had no key to call with. */
  readonly accessKeyId: string | undefined;
  readonly error: string;
}

/** From the first failed call to the next one that succeeded. */
export interface Outage {
  readonly from: Date;
  /** Undefined if it had not ended when the consumer stopped. */
  readonly to: Date | undefined;
}

/** Calls in a row with one key, of which all succeeded or all failed. */
export interface RunOfCalls {
  /** When the first of them was made, and the last. */
  readonly from: Date;
  readonly to: Date;
  /** Undefined if the consumer had no key to call with. */
  readonly accessKeyId: string | undefined;
  readonly failed: boolean;
  readonly calls: number;
}

/** A program that does something with the rotated key every few minutes, and counts failures. */
export abstract class Application {
  readonly name: string;
  /** Calls that needed the key, and the failed ones among them. */
  calls = 0;
  readonly failures: ConsumerFailure[] = [];
  /** How often the secret still said that no key has been published. */
  waits = 0;
  /** Requests that reached STS: calls that the library repeats count twice. */
  stsCalls = 0;
  /** The role with which it reads the secret. */
  readonly roleArn: string;

  readonly #options: ApplicationOptions;
  readonly #outages: { from: Date; to: Date | undefined }[] = [];
  readonly #runs: RunOfCalls[] = [];
  #stopped = false;

  constructor(options: ApplicationOptions) {
    this.#options = options;
    this.name = options.name ?? 'An application';
    this.roleArn = `arn:aws:iam::${options.aws.accountId}:role/consumer`;
  }

  /** Makes one call. */
  abstract call(): Promise<void>;

  /** Periods in which no call succeeded. */
  get outages(): readonly Outage[] {
    return this.#outages;
  }

  /** All calls, in the order in which they were made. */
  get runs(): readonly RunOfCalls[] {
    return this.#runs;
  }

  /** Works until {@link stop}. */
  async work(): Promise<void> {
    const { aws, intervalMs = 5 * MINUTE } = this.#options;
    while (!this.#stopped) {
      await this.call();
      await aws.clock.sleep(intervalMs);
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Counts a call. */
  protected note(accessKeyId: string | undefined, problem?: unknown): void {
    const at = this.#options.aws.clock.now();
    const last = this.#outages.at(-1);
    this.calls += 1;
    this.#lengthen({ from: at, to: at, accessKeyId, failed: problem !== undefined, calls: 1 });
    if (problem === undefined) {
      if (last !== undefined) last.to ??= at;
    } else {
      const { name } = problem instanceof Error ? problem : { name: String(problem) };
      this.failures.push({ at, accessKeyId, error: name });
      if (last === undefined || last.to !== undefined) this.#outages.push({ from: at, to: undefined });
    }
    this.#options.onCall?.(problem === undefined);
  }

  #lengthen(call: RunOfCalls): void {
    const last = this.#runs.at(-1);
    const goesOn = last !== undefined && last.accessKeyId === call.accessKeyId && last.failed === call.failed;
    if (goesOn) this.#runs[this.#runs.length - 1] = { ...last, to: call.to, calls: last.calls + 1 };
    else this.#runs.push(call);
  }
}

/** An application that calls STS with the rotated key. */
export class Consumer extends Application {
  readonly #options: ConsumerOptions;
  readonly #credentials: RotatedCredentials;
  /** The client that signs the calls; undefined if the next call has to find a key. */
  #sts: STSClient | undefined;
  #signedBy: string | undefined;
  #presentKey: ConsumerOptions['presentKey'];

  constructor(options: ConsumerOptions) {
    super(options);
    this.#options = options;
    const { aws, connection, secretId } = options;
    this.#presentKey = options.presentKey;
    this.#credentials = rotatedCredentials({
      secretId,
      client: new SecretsManagerClient({
        region: aws.region,
        credentials: aws.roleCredentials(this.roleArn),
        ...CLIENT,
        ...connection,
      }),
      refreshAfter: REFRESH_AFTER,
    });
  }

  /** Forgets everything that it holds: the next call reads the secret. */
  restart(): void {
    this.#sts = undefined;
  }

  /**
   * From now on it reads the secret.
   *
   * @returns why it cannot, and keeps the key that it has; undefined when it can.
   */
  async moveToSecret(): Promise<string | undefined> {
    try {
      await this.#credentials({ forceRefresh: true });
    } catch (error) {
      if (error instanceof RotatedCredentialsError) return error.message;
      throw error;
    }
    this.#presentKey = undefined;
    this.restart();
    return undefined;
  }

  /** Makes one call. A consumer without a key reads the secret first. */
  override async call(): Promise<void> {
    try {
      this.#sts ??= await this.#start();
    } catch (error) {
      if (error instanceof RotatedCredentialsError && error.code === 'no-key') {
        this.waits += 1;
        return;
      }
      this.note(undefined, error);
      return;
    }
    try {
      await this.#sts.send(new GetCallerIdentityCommand({}));
      this.note(this.#signedBy);
    } catch (error) {
      this.note(this.#signedBy, error);
    }
  }

  /** The clients of an application that starts now. */
  async #start(): Promise<STSClient> {
    const { aws, connection, habit = 'follows' } = this.#options;
    const isKept = habit === 'holds' || this.#presentKey !== undefined;
    const { accessKeyId, secretAccessKey } =
      this.#presentKey ?? (await this.#credentials(isKept ? { forceRefresh: true } : {}));
    const config = { region: aws.region, ...CLIENT, ...connection };
    const sts = isKept
      ? // Without an expiration no SDK asks again.
        new STSClient({ ...config, credentials: { accessKeyId, secretAccessKey } })
      : this.#credentials.applyTo(new STSClient({ ...config, credentials: this.#credentials }));
    sts.middlewareStack.add(
      (next) => async (args) => {
        this.#signedBy = signerOf(args.request);
        this.stsCalls += 1;
        return next(args);
      },
      // After signing.
      { step: 'finalizeRequest', priority: 'low', name: 'consumerRecord' },
    );
    return sts;
  }
}
