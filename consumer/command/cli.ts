import { credentialProcess } from './credential-process';
import { keepCredentialsFile } from './credentials-file-command';
import { examine } from './doctor';
import { parseCommand } from './options';
import type { Surroundings } from './surroundings';

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
