import { Option } from 'commander';
import { type HelpOrMisuse, Misuse, readCommandLine } from '../../consumer/ground/command-line';
import { listed } from '../../local/story/text';
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

/** What is asked for. */
export interface Asked {
  readonly kind: 'run';
  readonly options: Options;
}

const AFTER = `
Exit status: 0 every check held and nothing is left; 1 something did not hold,
or is left; 2 refused, nothing was created. docs/accepting.md says what it does,
needs and costs.

For a start:
  npm run accept -- --account 111122223333 --profile sandbox
To remove what earlier runs have left:
  npm run accept -- --account 111122223333 --profile sandbox --clean`;

/** The options as they are written. */
type Given = { readonly only?: readonly Check[] } & Omit<Options, 'checks'>;

const ALL = Object.keys(CHECKS) as readonly Check[];

const accountOf = (text: string): string => {
  if (/^\d{12}$/.test(text)) return text;
  throw new Misuse('Allowed: the 12 digits of an account ID.');
};

const runOf = (text: string): string => {
  if (/^[0-9a-f]{6}$/.test(text)) return text;
  throw new Misuse('Allowed: the ID of a run, such as 1a2b3c.');
};

/** Reads the command line. */
export const parseCommand = (args: readonly string[]): Asked | HelpOrMisuse =>
  readCommandLine<Asked>('npm run accept --', args, (program, hand) => {
    program
      .description(
        'An acceptance run in a real AWS account: deploys under a name of its own, rotates keys of users of its own, and removes it all.',
      )
      .requiredOption('--account <id>', 'the account to run in; any other is refused', accountOf)
      .option('--region <region>', 'the Region (default: AWS_REGION, or that of the profile)')
      .option('--profile <profile>', 'a profile of the AWS CLI (default: AWS_PROFILE)')
      .option('--yes', 'do not ask (needed where nobody is at a terminal)', false)
      .addOption(
        new Option('--only <checks...>', 'only these checks; the others are reported as not run').choices(
          ALL,
        ),
      )
      .option('--report <file>', 'where the report goes (default: acceptance-<run>.md)')
      .option('--json', 'write one JSON document; progress goes to the error stream', false)
      .option('--keep', 'remove nothing, to look at it; remove it later with --clean', false)
      .addOption(
        new Option('--clean [run]', 'only remove what earlier runs have left, or this run')
          .argParser(runOf)
          .default(false)
          .conflicts(['keep', 'only', 'report']),
      )
      .addOption(
        new Option(
          '--rehearsal <file>',
          'what is known of the emulator that AWS_ENDPOINT_URL names',
        ).hideHelp(),
      )
      .addHelpText('after', `\nChecks:\n${listed(ALL.map((check) => [check, CHECKS[check]]))}\n${AFTER}`)
      .action(({ only, ...options }: Given) =>
        hand({
          kind: 'run',
          options: { ...options, checks: ALL.filter((check) => only?.includes(check) ?? true) },
        }),
      );
  });
