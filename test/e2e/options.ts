import { parseArgs } from 'node:util';

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'misuse'; readonly message: string }
  | {
      readonly kind: 'run';
      /** Names of the lanes. */
      readonly lanes: readonly string[];
      readonly record: boolean;
      readonly keepPython: boolean;
      readonly json: boolean;
    }
  | { readonly kind: 'aws'; readonly accountId: string; readonly json: boolean };

const help = (lanes: readonly { readonly name: string; readonly title: string }[]): string => `\
Runs the product on third-party emulators of AWS, compares the embedded AWS with
them, and has the templates judged by third-party tools. Needs Python 3.11 or
later and a Python package index. It creates a Python environment of its own,
serves on loopback and free ports only, and leaves nothing behind.

Usage: npm run test:e2e -- [options]

  --only LANE     run only this lane; may be given several times:
${lanes.map(({ name, title }) => `                  ${name.padEnd(10)} ${title}`).join('\n')}
  --record        record the answers of the judges of the contract suite
                  (test/contract/record.json and docs/fidelity.md), instead of
                  comparing them with the record
  --keep-python   keep the Python environment in .local/python for the next run
  --json          print one JSON document to standard output; progress goes to
                  standard error
  --help          print this

Against AWS itself, and nothing else:

  AWS_PROFILE=NAME npm run test:e2e -- --aws-account ID

  runs the contract suite in the account ID with the profile NAME. It creates
  IAM users and roles, secrets, alarms, topics, queues, rules and schedules under
  names of its own, removes each as soon as possible, and refuses to send
  any call that would change something else. It refuses to begin if the
  profile leads to another account, or if something with such a name exists
  already. Cost: a few cents.

Exit status: 0 when everything held, 1 when something did not, 2 when the
command line is wrong.
`;

/** Reads the command line. */
export const parseCommand = (
  args: readonly string[],
  lanes: readonly { readonly name: string; readonly title: string }[],
): Command => {
  const misuse = (message: string): Command => ({
    kind: 'misuse',
    message: `${message}\nSee npm run test:e2e -- --help.`,
  });
  let values: {
    readonly help?: boolean;
    readonly json?: boolean;
    readonly record?: boolean;
    readonly 'keep-python'?: boolean;
    readonly only?: readonly string[];
    readonly 'aws-account'?: string;
  };
  try {
    values = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean' },
        json: { type: 'boolean' },
        record: { type: 'boolean' },
        'keep-python': { type: 'boolean' },
        only: { type: 'string', multiple: true },
        'aws-account': { type: 'string' },
      },
    }).values;
  } catch (error) {
    return misuse((error as Error).message);
  }
  if (values.help === true) return { kind: 'help', text: help(lanes) };

  const { json = false, record = false, only } = values;
  const keepPython = values['keep-python'] ?? false;
  const accountId = values['aws-account'];
  if (accountId !== undefined) {
    if (!/^\d{12}$/.test(accountId)) {
      return misuse(`--aws-account: ${JSON.stringify(accountId)} was given. Allowed: 12 digits.`);
    }
    if (record || keepPython || only !== undefined) {
      return misuse('--aws-account goes with --json only.');
    }
    return { kind: 'aws', accountId, json };
  }
  const names = lanes.map(({ name }) => name);
  const unknown = only?.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    return misuse(`--only: ${JSON.stringify(unknown)} was given. Allowed: ${names.join(', ')}.`);
  }
  return {
    kind: 'run',
    lanes: names.filter((name) => only?.includes(name) ?? true),
    record,
    keepPython,
    json,
  };
};
