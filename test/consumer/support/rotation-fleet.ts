import { setMaxListeners } from 'node:events';
import { SecretsManagerClient, type SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { main } from '../../../consumer/command/cli';
import { readKey } from '../../../consumer/file/credentials-file';
import { rotatedCredentials } from '../../../consumer/index';
import type { EmbeddedAws } from '../../../embedded-aws/embedded-aws';
import { HOUR, MINUTE } from '../../support/time';

/** How consumers get their key: in each of the ways of consumer/, or once, when they start. */
export type Habit = 'library' | 'credential-process' | 'credentials-file' | 'holds';

/** How long consumers use what they have read, assigned in turn. */
const REFRESH_AFTER = ['PT1M', 'PT10M', 'PT25M', 'PT45M'];

/** Time between two calls, assigned in turn. */
const INTERVALS = [11 * MINUTE, 29 * MINUTE, 70 * MINUTE];

/** A call that was refused. */
export interface Refusal {
  readonly habit: Habit;
  readonly at: number;
  readonly error: string;
}

/** Settings of a fleet. */
export interface FleetOptions {
  readonly aws: EmbeddedAws;
  readonly secretId: string;
  /** A folder for the files of `credentials-file`. */
  readonly folder: string;
  /** How many consumers there are of each habit. */
  readonly sizes: Readonly<Partial<Record<Habit, number>>>;
  /** Called after each call of a consumer that holds its key. */
  readonly onHeldCall?: (succeeded: boolean) => void;
}

/**
 * Hundreds of consumers of one user, in all the ways to follow a rotation, and consumers that follow none.
 */
export class RotationFleet {
  calls = 0;
  readonly refusals: Refusal[] = [];
  readonly #options: FleetOptions;
  readonly #stop = new AbortController();
  #restarts = 0;
  /** While asleep, consumers that hold their key make no calls. */
  asleep = false;

  constructor(options: FleetOptions) {
    this.#options = options;
    // Each command that runs on listens to the signal.
    setMaxListeners(0, this.#stop.signal);
  }

  /** Consumers that hold their key read it again. */
  restart(): void {
    this.#restarts += 1;
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Works until it is stopped. */
  async work(): Promise<void> {
    const members = Object.entries(this.#options.sizes).flatMap(([habit, size]) =>
      Array.from({ length: size }, (_none, index) => this.#member(habit as Habit, index)),
    );
    await Promise.all(members);
  }

  async #member(habit: Habit, index: number): Promise<void> {
    const { clock } = this.#options.aws;
    const interval = INTERVALS[index % INTERVALS.length] ?? HOUR;
    // The members begin at different times.
    await clock.sleep(((index * 37) % 100) * (interval / 100));
    const call = await this.#callerOf(habit, index);
    while (!this.#stop.signal.aborted) {
      if (habit !== 'holds' || !this.asleep) await this.#record(habit, call);
      await clock.sleep(interval);
    }
  }

  async #record(habit: Habit, call: () => Promise<unknown>): Promise<void> {
    this.calls += 1;
    const failed = await call().then(
      () => undefined,
      (error: Error) => error,
    );
    if (failed !== undefined) {
      this.refusals.push({ habit, at: this.#options.aws.clock.now().getTime(), error: failed.name });
    }
    if (habit === 'holds') this.#options.onHeldCall?.(failed === undefined);
  }

  /** The credentials that read the secret. */
  #reader(index: number): SecretsManagerClientConfig {
    const { aws } = this.#options;
    return {
      ...this.#connection(),
      credentials: aws.roleCredentials(`arn:aws:iam::${aws.accountId}:role/reader`, `reader-${index}`),
    };
  }

  #connection() {
    const { aws } = this.#options;
    return { region: aws.region, maxAttempts: 1, requestHandler: aws.requestHandler() };
  }

  /** Runs a command of consumer/ in this process, and returns what it prints. */
  async #run(args: readonly string[], clientConfig: SecretsManagerClientConfig): Promise<string> {
    let printed = '';
    await main(args, {
      out: (text) => {
        printed += text;
      },
      err: (text) => {
        throw new Error(text);
      },
      environment: {},
      stopSignal: () => this.#stop.signal,
      clientConfig,
    });
    return printed;
  }

  /** What one member does again and again. */
  async #callerOf(habit: Habit, index: number): Promise<() => Promise<unknown>> {
    const { secretId, folder } = this.#options;
    const connection = this.#connection();
    const reader = this.#reader(index);
    const refreshAfter = REFRESH_AFTER[index % REFRESH_AFTER.length] ?? 'PT10M';
    const whoAmI = new GetCallerIdentityCommand({});
    switch (habit) {
      case 'library': {
        const credentials = rotatedCredentials({
          secretId,
          refreshAfter,
          client: new SecretsManagerClient(reader),
        });
        const sts = credentials.applyTo(new STSClient({ ...connection, credentials }));
        return () => sts.send(whoAmI);
      }
      case 'credential-process': {
        // Like an SDK that runs a process: it asks again when the answer is about to expire.
        const credentials = async () => {
          const printed = await this.#run(
            ['credential-process', '--secret-id', secretId, '--refresh-after', refreshAfter],
            reader,
          );
          const document = JSON.parse(printed) as Readonly<Record<string, string>>;
          return {
            accessKeyId: document.AccessKeyId ?? '',
            secretAccessKey: document.SecretAccessKey ?? '',
            expiration: new Date(document.Expiration ?? ''),
          };
        };
        const sts = new STSClient({ ...connection, credentials });
        return () => sts.send(whoAmI);
      }
      case 'credentials-file': {
        const file = `${folder}/credentials-${index}`;
        const every = ['--every', refreshAfter];
        const command = [
          'credentials-file',
          '--secret-id',
          secretId,
          '--write-profile',
          'alice',
          '--file',
          file,
        ];
        await this.#run(command, reader);
        void this.#run([...command, ...every], reader);
        // A new process for each call, like a script that calls the AWS CLI.
        return () => {
          const key = readKey(file, 'alice');
          if (key === undefined) throw new Error('The file holds no key');
          return new STSClient({ ...connection, credentials: key }).send(whoAmI);
        };
      }
      case 'holds': {
        const read = rotatedCredentials({ secretId, client: new SecretsManagerClient(reader) });
        const start = async () => {
          const { accessKeyId, secretAccessKey } = await read({ forceRefresh: true });
          return new STSClient({ ...connection, credentials: { accessKeyId, secretAccessKey } });
        };
        let restarts = this.#restarts;
        let sts = await start();
        return async () => {
          if (restarts !== this.#restarts) {
            restarts = this.#restarts;
            sts = await start();
          }
          return sts.send(whoAmI);
        };
      }
    }
  }
}
