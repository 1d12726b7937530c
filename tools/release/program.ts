import { Command, CommanderError } from 'commander';

/** What the command line asks for. */
export type Asked =
  | {
      readonly kind: 'run';
      readonly only: readonly string[];
      readonly resume: boolean;
      readonly json: boolean;
    }
  | { readonly kind: 'list'; readonly json: boolean }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'misuse'; readonly message: string };

const AFTER = `
Results and logs are kept in .local/release, by commit: what has passed in several runs at one commit adds up. The working
tree is looked at first, in each run.

Exit status: 0 when every step has passed at this commit, 1 when one has failed, 2 when the command line is wrong or this is
not a clone, 3 when nothing has failed, but not everything was run.`;

interface Options {
  readonly only?: readonly string[];
  readonly resume?: boolean;
  readonly list?: boolean;
  readonly json?: boolean;
}

/** Reads the command line. */
export const parseAsked = (args: readonly string[], steps: readonly string[]): Asked => {
  let text = '';
  const write = (more: string): void => {
    text += more;
  };
  const program = new Command('npm run release:check --')
    .description(
      'Proves that this commit may be released: everything that tests, proofs and simulation can try. It takes hours.',
    )
    .option('--only <steps...>', 'only these steps, between "ready" and "unchanged"')
    .option('--resume', 'leave out what has passed at this commit')
    .option('--list', 'say what the steps are, and how long each takes')
    .option('--json', 'write one JSON document; progress goes to the error stream')
    .addHelpText('after', AFTER)
    .allowExcessArguments(false)
    .configureOutput({ writeOut: write, writeErr: write })
    .exitOverride();
  try {
    program.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? { kind: 'help', text } : { kind: 'misuse', message: text.trim() };
  }
  const { only = [], resume = false, list = false, json = false } = program.opts<Options>();
  const stranger = only.find((name) => !steps.includes(name));
  if (stranger !== undefined) {
    const message = `--only: ${JSON.stringify(stranger)} was given. Allowed: ${steps.join(', ')}.`;
    return { kind: 'misuse', message };
  }
  return list ? { kind: 'list', json } : { kind: 'run', only, resume, json };
};
