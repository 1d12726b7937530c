import {
  GetSecretValueCommand,
  SecretsManagerClient,
  type SecretsManagerClientConfig,
} from '@aws-sdk/client-secrets-manager';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { EmbeddedAws } from './aws/embedded-aws';

const MINUTE = 60 * 1000;

/** How a {@link Consumer} behaves. */
export interface ConsumerOptions {
  readonly aws: EmbeddedAws;
  readonly secretId: string;
  /** How its calls reach AWS: an endpoint or a request handler. */
  readonly connection: Pick<SecretsManagerClientConfig, 'endpoint' | 'requestHandler'>;
  /** Time between two calls. Default: five minutes. */
  readonly intervalMs?: number;
  /** How long it goes on with what it has read. Default: an hour, as AWS's caching clients do. */
  readonly cacheMs?: number;
}

/** A call that was refused. */
export interface ConsumerFailure {
  readonly at: Date;
  /** Undefined when the consumer had no key to call with. */
  readonly accessKeyId: string | undefined;
  readonly error: string;
}

interface Held {
  readonly accessKeyId: string;
  readonly sts: STSClient;
}

/**
 * An application that uses the key: it reads the secret, keeps what it read for an hour, and calls STS every few
 * minutes. It never retries, so that every refusal shows.
 */
export class Consumer {
  /** Calls that needed the key, and those among them that failed. */
  calls = 0;
  readonly failures: ConsumerFailure[] = [];
  /** Times at which the secret still said that no key has been published. */
  waits = 0;
  /** Calls that reached STS. */
  stsCalls = 0;
  /** The role with which it reads the secret. */
  readonly roleArn: string;

  readonly #options: ConsumerOptions;
  readonly #secrets: SecretsManagerClient;
  /** One client per key. */
  readonly #clients = new Map<string, Held>();
  #held: Held | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(options: ConsumerOptions) {
    this.#options = options;
    const { aws, connection } = options;
    this.roleArn = `arn:aws:iam::${aws.accountId}:role/consumer`;
    this.#secrets = new SecretsManagerClient({
      region: aws.region,
      credentials: aws.roleCredentials(this.roleArn),
      maxAttempts: 1,
      ...connection,
    });
  }

  /** Works until {@link stop}. */
  async work(): Promise<void> {
    const { aws, intervalMs = 5 * MINUTE } = this.#options;
    while (!this.#stopped) {
      await this.#once();
      await aws.clock.sleep(intervalMs);
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  async #once(): Promise<void> {
    const { aws, cacheMs = 60 * MINUTE } = this.#options;
    if (aws.clock.now().getTime() - this.#readAt >= cacheMs) {
      const problem = await this.#read();
      if (problem === 'placeholder') {
        this.waits += 1;
        return;
      }
      // With an older key in hand it works on, as a cache does; without one it cannot work.
      if (problem !== undefined && this.#held === undefined) {
        this.calls += 1;
        this.#fail(undefined, problem);
        return;
      }
    }
    if (this.#held !== undefined) await this.#use(this.#held);
  }

  async #read(): Promise<'placeholder' | Error | undefined> {
    const { aws, secretId } = this.#options;
    try {
      const { SecretString = '{}' } = await this.#secrets.send(
        new GetSecretValueCommand({ SecretId: secretId }),
      );
      const { AccessKeyId, SecretAccessKey } = JSON.parse(SecretString) as Partial<Record<string, string>>;
      if (AccessKeyId === undefined || SecretAccessKey === undefined) return 'placeholder';
      this.#held = this.#clientOf(AccessKeyId, SecretAccessKey);
      this.#readAt = aws.clock.now().getTime();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  #clientOf(accessKeyId: string, secretAccessKey: string): Held {
    const { aws, connection } = this.#options;
    const held = this.#clients.get(accessKeyId) ?? {
      accessKeyId,
      sts: new STSClient({
        region: aws.region,
        credentials: { accessKeyId, secretAccessKey },
        maxAttempts: 1,
        ...connection,
      }),
    };
    this.#clients.set(accessKeyId, held);
    return held;
  }

  async #use({ accessKeyId, sts }: Held): Promise<void> {
    this.calls += 1;
    this.stsCalls += 1;
    try {
      await sts.send(new GetCallerIdentityCommand({}));
    } catch (error) {
      this.#fail(accessKeyId, error);
    }
  }

  #fail(accessKeyId: string | undefined, error: unknown): void {
    const { name } = error instanceof Error ? error : { name: String(error) };
    this.failures.push({ at: this.#options.aws.clock.now(), accessKeyId, error: name });
  }
}
