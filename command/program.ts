import { Argument, Command, CommanderError, Option } from 'commander';
import { completionFor, SHELLS, type Shell } from './completion';
import { type CommonOptions, plain, type Surroundings } from './shell';
import { FORMATS, type Format } from './table';
import { EXIT, type Exit, troubleOf } from './trouble';

/** Loads what the commands do. */
type Load = () => Promise<typeof import('./commands')>;

/** The last lines of the help. */
const AFTER = `
Exit status: 0 done, or nothing to look at; 1 a person has to look; 2 wrong command line or configuration; 3 AWS did not answer, or
denied it. What was asked for is on the standard output, progress and errors are on the error stream.
Credentials, profiles, SSO and Regions are found as the AWS CLI finds them. docs/command.md has examples, and the policies needed.

For a start:
  access-key-rotation status            where every user stands
  access-key-rotation plan alice        what a rotation of alice would do, without doing it
  access-key-rotation start alice --watch`;

/** The whole command line. Each command gets what it needs when it runs: the SDK takes a while to load. */
const createProgram = (surroundings: Surroundings, load: Load, end: (exit: Exit) => void): Command => {
  const program = new Command('access-key-rotation');
  program
    .description('Looks after the rotation of IAM access keys that is deployed in an AWS account.')
    .option(
      '--name <name>',
      'name of the rotation, which is the name of its stack (default: the one in the configuration, or IamAccessKeyRotation)',
    )
    .option('--config <file>', 'the configuration (default: the one that the CDK would read here)')
    .option('--profile <profile>', 'a profile of the AWS CLI (default: AWS_PROFILE)')
    .option('--region <region>', 'the Region of the stack (default: AWS_REGION, or that of the profile)')
    .option('--json', 'write JSON')
    .addHelpText('after', AFTER)
    .showHelpAfterError('(--help says what there is.)')
    .configureOutput({ writeOut: surroundings.out, writeErr: surroundings.err })
    .exitOverride();
  const options = (command: Command) => command.optsWithGlobals<CommonOptions>();
  const add = (nameAndArguments: string, description: string): Command =>
    program.command(nameAndArguments).description(description);

  add('status [user]', 'where every user stands, or one; who needs a person comes first').action(
    async (user: string | undefined, _own, command: Command) => {
      end(await (await load()).status(surroundings, user, options(command)));
    },
  );

  const starting = [
    ['start', 'rotate', 'starts a rotation, or lets an unfinished one go on'],
    ['resume', 'resume', 'the same, and lifts a hold'],
  ] as const;
  for (const [name, action, description] of starting) {
    add(`${name} <user>`, description)
      .option('--watch', 'follow it until it has ended')
      .action(async (user: string, _own, command: Command) => {
        end(await (await load()).start(surroundings, action, user, options(command)));
      });
  }
  add('plan <user>', 'says what a rotation would do, and changes nothing').action(
    async (user: string, _own, command: Command) => {
      end(await (await load()).start(surroundings, 'plan', user, options(command)));
    },
  );
  add('watch <user>', 'follows the execution that runs: what it has done, and what it waits for').action(
    async (user: string, _own, command: Command) => {
      end(await (await load()).watch(surroundings, user, options(command)));
    },
  );

  const yes = () => new Option('--yes', 'do not ask (needed where nobody is at a terminal)');
  add('rollback <user>', 'brings the old key of an unfinished rotation back')
    .option('--reason <text>', 'why, for the record')
    .addOption(yes())
    .action(async (user: string, _own, command: Command) => {
      end(await (await load()).rollback(surroundings, user, options(command)));
    });
  add('emergency <user> <key>', 'declares that a key has leaked: it is set Inactive, even if it is in use')
    .requiredOption('--reason <text>', 'where it leaked, for the record')
    .option('--outage-accepted', 'set it Inactive first: programs fail until its successor is there')
    .option('--leaked-since <time>', 'since when others may have had it, in ISO 8601')
    .addOption(yes())
    .action(async (userName: string, accessKeyId: string, _own, command: Command) => {
      end(await (await load()).emergency(surroundings, { userName, accessKeyId }, options(command)));
    });

  add('pause <user>', 'keeps rotations of a user back, at once')
    .requiredOption('--reason <text>', 'why; it becomes the value of a tag')
    .action(async (user: string, _own, command: Command) => {
      end(
        await (await load()).pause(
          surroundings,
          user,
          command.optsWithGlobals<CommonOptions & { readonly reason: string }>(),
        ),
      );
    });
  add('unpause <user>', 'ends such a pause').action(async (user: string, _own, command: Command) => {
    end(await (await load()).unpause(surroundings, user, options(command)));
  });

  add('adopt <user>', 'puts the present key of a user into the secret, once AWS has accepted it')
    .option('--from-profile <profile>', 'the key is in this profile of the AWS CLI')
    .option('--file <file>', 'the key is in this file (default: the standard input)')
    .action(async (user: string, _own, command: Command) => {
      end(await (await load()).adopt(surroundings, user, options(command)));
    });

  add('history [user]', 'the records of executions that have ended, and who has started them')
    .option('--since <time>', 'a day, a time in ISO 8601, or days such as 30d (default: 90d)')
    .addOption(new Option('--format <format>', 'how it is written').choices(FORMATS).default('table'))
    .option(
      '--audit-log-group <name>',
      'the output AuditLogGroupName of the stack (default: it is looked for)',
    )
    .option('--picture <file>', 'draw the last rotation of the user instead, as an SVG image')
    .option('--execution <name>', 'with --picture: draw the rotation of this execution')
    .action(async (user: string | undefined, _own, command: Command) => {
      end(
        await (await load()).history(
          surroundings,
          user,
          command.optsWithGlobals<CommonOptions & { readonly format: Format }>(),
        ),
      );
    });

  add(
    'explain <what> [user]',
    'what the runbook says of an error, or of what an execution has ended in',
  ).action(async (what: string, user: string | undefined, _own, command: Command) => {
    end(await (await load()).explain(surroundings, what, user, options(command)));
  });

  add('doctor', 'whether the deployment is as the configuration says')
    .option('--readers', 'also who may read each secret (needs secretsmanager:GetResourcePolicy)')
    .action(async (_own, command: Command) => {
      end(await (await load()).doctor(surroundings, options(command)));
    });

  program
    .command('completion')
    .description('a script for the completion of this command: eval "$(access-key-rotation completion bash)"')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action((shell: Shell) => {
      surroundings.out(completionFor(shell, program));
    });
  return program;
};

/**
 * Runs the command. Returns the exit status.
 *
 * @param load - Default: from the disk, when it is needed.
 */
export const run = async (
  args: readonly string[],
  { out, err, ...others }: Surroundings,
  load: Load = () => import('./commands'),
): Promise<number> => {
  const surroundings: Surroundings = {
    ...others,
    out: (text) => out(plain(text)),
    err: (text) => err(plain(text)),
  };
  let exit: Exit = EXIT.fine;
  const program = createProgram(surroundings, load, (one) => {
    exit = one;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exit;
  } catch (error) {
    // Help and version end like this, too.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.fine : EXIT.misuse;
    const trouble = troubleOf(error);
    if (trouble === undefined) throw error;
    surroundings.err(`${trouble.message}\n`);
    return trouble.exit;
  }
};
