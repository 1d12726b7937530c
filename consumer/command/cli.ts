import { answer } from '../ground/command-line';
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
    case 'misuse':
      return answer(command, surroundings.out, surroundings.err);
    case 'credential-process':
      return credentialProcess(command, surroundings);
    case 'credentials-file':
      return keepCredentialsFile(command, surroundings);
    case 'doctor':
      return examine(command, surroundings);
  }
};
