import type { SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';

/** What the command works with. */
export interface Surroundings {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** The variables of the process, which also say to child processes what is going on. */
  readonly environment: Record<string, string | undefined>;
  /** Called by a command that goes on until it is stopped; the others end as soon as the process is told to. */
  readonly stopSignal: () => AbortSignal;
  /** How the secret's reader reaches AWS, and its credentials where no profile is named. Default: as the SDK does. */
  readonly clientConfig?: SecretsManagerClientConfig;
}
