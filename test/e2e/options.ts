import { Option } from 'commander';
import { type HelpOrMisuse, Misuse, readCommandLine } from '../../consumer/ground/command-line';
import { listed } from '../../local/story/text';

/** What the command line asks for. */
export type Command =
  | HelpOrMisuse
  | {
      readonly kind: 'run';
      /** Names of the lanes. */
      readonly lanes: readonly string[];
      readonly record: boolean;
      readonly keepPython: boolean;
      readonly json: boolean;
    }
  | { readonly kind: 'aws'; readonly accountId: string; readonly json: boolean };

const AFTER = `
Against AWS itself, and nothing else:

  AWS_PROFILE=NAME npm run test:e2e -- --aws-account ID

  runs the contract suite in the account ID with the profile NAME. It creates
  IAM users and roles, secrets, alarms, topics, queues, rules and schedules
  under names of its own, removes each as soon as possible, and refuses to send
  any call that would change something else. It refuses to begin if the
  profile leads to another account, or if something with such a name exists
  already. Cost: a few cents.

Exit status: 0 when everything held, 1 when something did not, 2 when the
command line is wrong.`;

const accountIdOf = (text: string): string => {
  if (/^\d{12}$/.test(text)) return text;
  throw new Misuse('Allowed: 12 digits.');
};

/** Reads the command line. */
export const parseCommand = (
  args: readonly string[],
  lanes: readonly { readonly name: string; readonly title: string }[],
): Command => {
  const names = lanes.map(({ name }) => name);
  return readCommandLine<Command>('npm run test:e2e --', args, (program, hand) => {
    program
      .description(
        'Runs the product on third-party emulators of AWS, compares the embedded AWS with them, and has the templates judged by ' +
          'third-party tools. Needs Python 3.11 or later and a Python package index. It creates a Python environment of its own, ' +
          'serves on loopback and free ports only, and leaves nothing behind.',
      )
      .addOption(
        new Option('--only <lane...>', 'run only this lane; may be given several times').choices(names),
      )
      .option(
        '--record',
        'record the answers of the judges of the contract suite (test/contract/record.json and docs/fidelity.md), instead of ' +
          'comparing them with the record',
      )
      .option('--keep-python', 'keep the Python environment in .local/python for the next run')
      .option('--json', 'print one JSON document to standard output; progress goes to standard error')
      .addOption(
        new Option('--aws-account <id>', 'ask AWS itself; see below')
          .argParser(accountIdOf)
          .conflicts(['record', 'keepPython', 'only']),
      )
      .addHelpText('after', `\nLanes:\n${listed(lanes.map(({ name, title }) => [name, title]))}\n${AFTER}`)
      .action(({ only = names, record = false, keepPython = false, json = false, awsAccount: accountId }) =>
        hand(
          accountId === undefined
            ? { kind: 'run', lanes: names.filter((name) => only.includes(name)), record, keepPython, json }
            : { kind: 'aws', accountId, json },
        ),
      );
  });
};
