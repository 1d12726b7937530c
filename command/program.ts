import { Argument, type Command, Option } from 'commander';
import { answer, readCommandLine } from '../consumer/ground/command-line';
import { completionFor, SHELLS, type Shell } from './completion';
import { type CommonOptions, plain, type Surroundings } from './shell';
import { FORMATS, type Format } from './table';
import { EXIT, type Exit, troubleOf } from './trouble';

/** What the commands do. */
type Commands = typeof import('./commands');
type Load = () => Promise<Commands>;

/** The last lines of the help. */
const AFTER = `
Exit status: 0 done, or nothing to look at; 1 a person has to look; 2 wrong
command line or configuration; 3 AWS did not answer, or denied it. What was
asked for is on the standard output, progress and errors are on the error
stream. Credentials, profiles, SSO and Regions are found as the AWS CLI finds
them. docs/command.md has examples, and the policies needed.

For a start:
  access-key-rotation status        where every user stands
  access-key-rotation plan alice    what a rotation of alice would do, without
                                    doing it
  access-key-rotation start alice --watch`;

/** What is asked for. Returns the exit status. It loads what it needs when it runs: the SDK takes a while. */
type Work = (load: Load) => Promise<Exit>;

/** The whole command line. */
const define = (program: Command, surroundings: Surroundings, hand: (work: Work) => void): void => {
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
    .addHelpText('after', AFTER);
  /** Adds a command that does some work, which gets its options and its words. */
  const add = <Options extends CommonOptions>(
    nameAndWords: string,
    description: string,
    work: (commands: Commands, options: Options, ...words: string[]) => Promise<Exit>,
  ): Command =>
    program
      .command(nameAndWords)
      .description(description)
      .action((...given) => {
        const command: Command = given.pop();
        const words: string[] = given.slice(0, -1);
        hand(async (load) => work(await load(), command.optsWithGlobals<Options>(), ...words));
      });
  const yes = () => new Option('--yes', 'do not ask (needed where nobody is at a terminal)');

  add(
    'status [user]',
    'where every user stands, or one; who needs a person comes first',
    (commands, options, user?: string) => commands.status(surroundings, user, options),
  );
  add('start <user>', 'starts a rotation, or lets an unfinished one go on', (commands, options, user) =>
    commands.start(surroundings, 'rotate', user, options),
  ).option('--watch', 'follow it until it has ended');
  add('resume <user>', 'the same, and lifts a hold', (commands, options, user) =>
    commands.start(surroundings, 'resume', user, options),
  ).option('--watch', 'follow it until it has ended');
  add('plan <user>', 'says what a rotation would do, and changes nothing', (commands, options, user) =>
    commands.start(surroundings, 'plan', user, options),
  );
  add(
    'watch <user>',
    'follows the execution that runs: what it has done, and what it waits for',
    (commands, options, user) => commands.watch(surroundings, user, options),
  );

  add('rollback <user>', 'brings the old key of an unfinished rotation back', (commands, options, user) =>
    commands.rollback(surroundings, user, options),
  )
    .option('--reason <text>', 'why, for the record')
    .addOption(yes());
  add(
    'emergency <user> <key>',
    'declares that a key has leaked: it is set Inactive, even if it is in use',
    (commands, options, userName, accessKeyId) =>
      commands.emergency(surroundings, { userName, accessKeyId }, options),
  )
    .requiredOption('--reason <text>', 'where it leaked, for the record')
    .option('--outage-accepted', 'set it Inactive first: programs fail until its successor is there')
    .option('--leaked-since <time>', 'since when others may have had it, in ISO 8601')
    .addOption(yes());

  add<CommonOptions & { readonly reason: string }>(
    'pause <user>',
    'keeps rotations of a user back, at once',
    (commands, options, user) => commands.pause(surroundings, user, options),
  ).requiredOption('--reason <text>', 'why; it becomes the value of a tag');
  add('unpause <user>', 'ends such a pause', (commands, options, user) =>
    commands.unpause(surroundings, user, options),
  );

  add(
    'adopt <user>',
    'puts the present key of a user into the secret, once AWS has accepted it',
    (commands, options, user) => commands.adopt(surroundings, user, options),
  )
    .option('--from-profile <profile>', 'the key is in this profile of the AWS CLI')
    .option('--file <file>', 'the key is in this file (default: the standard input)');

  add<CommonOptions & { readonly format: Format }>(
    'history [user]',
    'the records of executions that have ended, and who has started them',
    (commands, options, user?: string) => commands.history(surroundings, user, options),
  )
    .option('--since <time>', 'a day, a time in ISO 8601, or days such as 30d (default: 90d)')
    .addOption(
      new Option('--format <format>', `${FORMATS.join(', ')} (default: table)`)
        .choices(FORMATS)
        .default('table'),
    )
    .option(
      '--audit-log-group <name>',
      'the output AuditLogGroupName of the stack (default: it is looked for)',
    )
    .option('--picture <file>', 'draw the last rotation of the user instead, as an SVG image')
    .option('--execution <name>', 'with --picture: draw the rotation of this execution');

  add(
    'explain <what> [user]',
    'what the runbook says of an error, or of what an execution has ended in',
    (commands, options, what, user?: string) => commands.explain(surroundings, what, user, options),
  );
  add('doctor', 'whether the deployment is as the configuration says', (commands, options) =>
    commands.doctor(surroundings, options),
  ).option('--readers', 'also who may read each secret (needs secretsmanager:GetResourcePolicy)');

  program
    .command('completion')
    .description('a script for the completion of this command: eval "$(access-key-rotation completion bash)"')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action((shell: Shell) =>
      hand(async () => {
        surroundings.out(completionFor(shell, program));
        return EXIT.fine;
      }),
    );
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
  const work = readCommandLine<Work>('access-key-rotation', args, (program, hand) =>
    define(program, surroundings, hand),
  );
  if (typeof work !== 'function') return answer(work, surroundings.out, surroundings.err);
  try {
    return await work(load);
  } catch (error) {
    const trouble = troubleOf(error);
    if (trouble === undefined) throw error;
    surroundings.err(`${trouble.message}\n`);
    return trouble.exit;
  }
};
