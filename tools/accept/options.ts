import { Command, CommanderError, Option } from 'commander';
import { CHECKS, type Check } from './plan';

/** What the command line asks for. */
export interface Options {
  readonly account: string;
  readonly region: string | undefined;
  readonly profile: string | undefined;
  readonly yes: boolean;
  /** File of the report. Undefined: it is called after the run. */
  readonly report: string | undefined;
  readonly json: boolean;
  readonly checks: readonly Check[];
  readonly keep: boolean;
  /** Whether only to remove what earlier runs have left; or the ID of the one run that is removed. */
  readonly clean: boolean | string;
  /** File that says what is known of an emulator. */
  readonly rehearsal: string | undefined;
}

/** A command line, understood or not. */
export type Parsed =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'misuse'; readonly message: string }
  | { readonly kind: 'run'; readonly options: Options };

const AFTER = `
Exit status: 0 every check held and nothing is left; 1 something did not hold, or is left; 2 refused, nothing was created.
docs/accepting.md says what it does, needs and costs.

For a start:
  npm run accept -- --account 111122223333 --profile sandbox
  npm run accept -- --account 111122223333 --profile sandbox --clean   removes what earlier runs have left`;

/** The options as they are written. */
type Given = { readonly account: string; readonly only?: readonly Check[] } & Partial<
  Pick<Options, 'region' | 'profile' | 'report' | 'rehearsal' | 'yes' | 'json' | 'keep' | 'clean'>
>;

const ALL = Object.keys(CHECKS) as readonly Check[];

/** Reads the command line. */
export const parseOptions = (args: readonly string[]): Parsed => {
  let out = '';
  let err = '';
  const program = new Command('npm run accept --')
    .description(
      'An acceptance run in a real AWS account: deploys under a name of its own, rotates keys of users of its own, and removes it all.',
    )
    .requiredOption('--account <id>', 'the account to run in; any other is refused')
    .option('--region <region>', 'the Region (default: AWS_REGION, or that of the profile)')
    .option('--profile <profile>', 'a profile of the AWS CLI (default: AWS_PROFILE)')
    .option('--yes', 'do not ask (needed where nobody is at a terminal)')
    .addOption(
      new Option('--only <checks...>', 'only these checks; the others are reported as not run').choices(ALL),
    )
    .option('--report <file>', 'where the report goes (default: acceptance-<run>.md)')
    .option('--json', 'write one JSON document; progress goes to the error stream')
    .option('--keep', 'remove nothing, to look at it; remove it later with --clean')
    .option('--clean [run]', 'only remove what earlier runs have left, or this run')
    .addOption(
      new Option(
        '--rehearsal <file>',
        'what is known of the emulator that AWS_ENDPOINT_URL names',
      ).hideHelp(),
    )
    .addHelpText(
      'after',
      `\nChecks:\n${ALL.map((check) => `  ${check.padEnd(10)} ${CHECKS[check]}`).join('\n')}\n${AFTER}`,
    )
    .configureOutput({
      writeOut: (text) => {
        out += text;
      },
      writeErr: (text) => {
        err += text;
      },
    })
    .showHelpAfterError('(npm run accept -- --help says what there is.)')
    .allowExcessArguments(false)
    .exitOverride();
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? { kind: 'help', text: out } : { kind: 'misuse', message: err.trimEnd() };
  }
  const given = program.opts<Given>();
  const { account, region, profile, report, rehearsal, only } = given;
  const { yes = false, json = false, keep = false, clean = false } = given;
  if (!/^\d{12}$/.test(account)) {
    return {
      kind: 'misuse',
      message: `--account: ${JSON.stringify(account)} was given. Allowed: the 12 digits of an account ID.`,
    };
  }
  if (typeof clean === 'string' && !/^[0-9a-f]{6}$/.test(clean)) {
    return {
      kind: 'misuse',
      message: `--clean: ${JSON.stringify(clean)} was given. Allowed: the ID of a run, such as 1a2b3c.`,
    };
  }
  if (clean !== false && (keep || only !== undefined)) {
    return { kind: 'misuse', message: '--clean goes with neither --keep nor --only.' };
  }
  return {
    kind: 'run',
    options: {
      account,
      region,
      profile,
      report,
      rehearsal,
      yes,
      json,
      keep,
      clean,
      checks: ALL.filter((check) => only?.includes(check) ?? true),
    },
  };
};
