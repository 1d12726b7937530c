import { parseArgs } from 'node:util';
import { listed } from '../../local/story/text';

/** What is measured, in this order. */
export const SECTIONS = {
  calls: 'the AWS calls of each kind of rotation, and what they cost',
  functions: 'size and load time of each function, beside default bundling and an empty function',
  simulation: 'how fast the simulation is, beside the AWS SDK alone, and where its time goes',
  synthesis: 'how long synthesis takes, beside that of an app with one topic',
} as const;

export type Section = keyof typeof SECTIONS;

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'misuse'; readonly message: string }
  | {
      readonly kind: 'measure';
      readonly sections: readonly Section[];
      /** How often timed things are measured. */
      readonly rounds: number;
      readonly json: boolean;
    };

const DEFAULT_ROUNDS = 5;
const MAX_ROUNDS = 99;

const HELP = `Measures this project: in counts, which are the same everywhere, and in ratios
of times that were taken in turns in one run, so that they hardly depend on the
machine. It takes a few minutes.

Usage: npm run bench -- [options]

  --only SECTIONS   only these, with commas between them:
${listed(Object.entries(SECTIONS), 16)}
  --rounds N        how often times are measured (${DEFAULT_ROUNDS}); medians are shown
  --json            print one JSON document to standard output; progress goes to
                    standard error: npm run bench --silent -- --json
  --help            print this

Exit status: 0 when everything was measured, 1 when it could not be, 2 when the
command line is wrong.
`;

const isSection = (name: string): name is Section => Object.hasOwn(SECTIONS, name);

/** Reads the command line. */
export const parseCommand = (args: readonly string[]): Command => {
  const misuse = (message: string): Command => ({
    kind: 'misuse',
    message: `${message}\nSee npm run bench -- --help.`,
  });
  let values: Readonly<Record<string, string | boolean | undefined>>;
  try {
    values = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean' },
        json: { type: 'boolean' },
        only: { type: 'string' },
        rounds: { type: 'string' },
      },
    }).values;
  } catch (error) {
    return misuse((error as Error).message);
  }
  if (values.help === true) return { kind: 'help', text: HELP };
  const wanted = String(values.only ?? Object.keys(SECTIONS).join(',')).split(',');
  const stranger = wanted.find((name) => !isSection(name));
  if (stranger !== undefined) {
    return misuse(
      `--only: ${JSON.stringify(stranger)} was given. Allowed: ${Object.keys(SECTIONS).join(', ')}.`,
    );
  }
  const roundsText = String(values.rounds ?? DEFAULT_ROUNDS);
  const rounds = Number(roundsText);
  if (!/^\d{1,2}$/.test(roundsText) || rounds < 1) {
    return misuse(
      `--rounds: ${JSON.stringify(roundsText)} was given. Allowed: a whole number from 1 to ${MAX_ROUNDS}.`,
    );
  }
  const sections = (Object.keys(SECTIONS) as Section[]).filter((section) => wanted.includes(section));
  return { kind: 'measure', sections, rounds, json: values.json === true };
};
