import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Cloud, Credentials } from './cloud';

/**
 * An application on a machine that has only the user's key. It got the first one by hand. Once a second it
 * reads the secret with its present key, and calls STS with the key that it has read. It retries nothing.
 */
export class Consumer {
  calls = 0;
  readonly failures: string[] = [];
  /** The access key IDs with which it has worked, in order of first use. */
  readonly keysUsed: string[] = [];

  readonly #cloud: Cloud;
  readonly #secretId: string;
  #held: Credentials;
  #working: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();

  constructor(cloud: Cloud, secretId: string, firstKey: Credentials) {
    this.#cloud = cloud;
    this.#secretId = secretId;
    this.#held = firstKey;
  }

  /** Works until {@link stop}. */
  start(): void {
    this.#working = setInterval(() => {
      this.#turn = this.#turn.then(() => this.#once());
    }, 1_000);
  }

  /** Stops at the end of its current round. */
  async stop(): Promise<void> {
    clearInterval(this.#working);
    await this.#turn;
  }

  async #once(): Promise<void> {
    this.calls += 1;
    try {
      const secrets = new SecretsManagerClient(this.#cloud.as(this.#held));
      const { SecretString = '{}' } = await secrets.send(
        new GetSecretValueCommand({ SecretId: this.#secretId }),
      );
      const { AccessKeyId, SecretAccessKey } = JSON.parse(SecretString) as Record<string, string>;
      if (AccessKeyId === undefined || SecretAccessKey === undefined) throw new Error('no key in the secret');
      this.#held = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey };
      if (this.keysUsed.at(-1) !== AccessKeyId) this.keysUsed.push(AccessKeyId);
      await new STSClient(this.#cloud.as(this.#held)).send(new GetCallerIdentityCommand({}));
    } catch (error) {
      this.failures.push(
        `${new Date().toISOString()}: ${(error as Error).name}: ${(error as Error).message}`,
      );
    }
  }
}
