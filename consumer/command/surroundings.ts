import type { SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';

/** What the command works with. */
export interface Surroundings {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** The variables of the process, which child processes inherit. */
  readonly environment: Record<string, string | undefined>;
  /** Only for a command that goes on until it is stopped; the others end with the process. */
  readonly stopSignal: () => AbortSignal;
  /**
   * How the secret's reader reaches AWS, and its credentials if no profile is named. Default: as the SDK
   * does.
   */
  readonly clientConfig?: SecretsManagerClientConfig;
}
