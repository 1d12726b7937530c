import { Option } from 'commander';
import { type HelpOrMisuse, readCommandLine } from '../../consumer/ground/command-line';

/** What the command line asks for. */
export type Asked =
  | {
      readonly kind: 'run';
      readonly only: readonly string[];
      readonly resume: boolean;
      readonly json: boolean;
    }
  | { readonly kind: 'list'; readonly json: boolean };

const AFTER = `
Results and logs are kept in .local/release, by commit: what has passed in
several runs at one commit adds up. The working tree is looked at first, and
before and after each step: a step counts only if the tree was that of the
commit, with nothing uncommitted.

Exit status: 0 when every step has passed at this commit, 1 when one has failed,
2 when the command line is wrong or this is not a clone, 3 when nothing has
failed, but not everything was run.`;

interface Options {
  readonly only: readonly string[];
  readonly resume: boolean;
  readonly list: boolean;
  readonly json: boolean;
}

/** Reads the command line. */
export const parseCommand = (args: readonly string[], steps: readonly string[]): Asked | HelpOrMisuse =>
  readCommandLine<Asked>('npm run release:check --', args, (program, hand) => {
    program
      .description(
        'Proves that this commit may be released: everything that tests, proofs and simulation can try. It takes hours.',
      )
      .addOption(
        new Option('--only <steps...>', 'only these steps, after "ready"').choices(steps).default([]),
      )
      .option('--resume', 'leave out what has passed at this commit', false)
      .option('--list', 'say what the steps are, and how long each takes', false)
      .option('--json', 'write one JSON document; progress goes to the error stream', false)
      .addHelpText('after', AFTER)
      .action(({ only, resume, list, json }: Options) =>
        hand(list ? { kind: 'list', json } : { kind: 'run', only, resume, json }),
      );
  });
