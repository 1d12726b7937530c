import type { SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import { credentialProcess } from './credential-process';
import { keepCredentialsFile } from './credentials-file-command';
import { examine } from './doctor';
import { parseCommand } from './options';

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

/** Runs the command. Returns the exit status. */
export const main = async (args: readonly string[], surroundings: Surroundings): Promise<number> => {
  const command = parseCommand(args, { environment: surroundings.environment, platform: process.platform });
  switch (command.kind) {
    case 'help':
      surroundings.out(command.text);
      return 0;
    case 'misuse':
      surroundings.err(`${command.message}\n`);
      return 2;
    case 'credential-process':
      return credentialProcess(command, surroundings);
    case 'credentials-file':
      return keepCredentialsFile(command, surroundings);
    case 'doctor':
      return examine(command, surroundings);
  }
};
