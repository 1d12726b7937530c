import { type HelpOrMisuse, Misuse, readCommandLine, wholeNumber } from '../../consumer/ground/command-line';
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
  | HelpOrMisuse
  | {
      readonly kind: 'measure';
      readonly sections: readonly Section[];
      /** How often timed things are measured. */
      readonly rounds: number;
      readonly json: boolean;
    };

const ALL = Object.keys(SECTIONS) as Section[];

const sectionsOf = (text: string): readonly Section[] => {
  const wanted: readonly string[] = text.split(',');
  const stranger = wanted.find((name) => !Object.hasOwn(SECTIONS, name));
  if (stranger !== undefined) throw new Misuse(`${JSON.stringify(stranger)} is none of ${ALL.join(', ')}.`);
  return ALL.filter((section) => wanted.includes(section));
};

/** Reads the command line. */
export const parseCommand = (args: readonly string[]): Command =>
  readCommandLine<Command>('npm run bench --', args, (program, hand) => {
    program
      .description(
        'Measures this project: in counts, which are the same everywhere, and in ratios of times that were taken in turns in one ' +
          'run, so that they hardly depend on the machine. It takes a few minutes.',
      )
      .option('--only <sections>', 'only these, with commas between them', sectionsOf, ALL)
      .option('--rounds <n>', 'how often times are measured (5); medians are shown', wholeNumber(1, 99), 5)
      .option(
        '--json',
        'print one JSON document to standard output; progress goes to standard error: npm run bench --silent -- --json',
      )
      .addHelpText(
        'after',
        `\nSections:\n${listed(Object.entries(SECTIONS))}

Exit status: 0 when everything was measured, 1 when it could not be, 2 when the
command line is wrong.`,
      )
      .action(({ only: sections, rounds, json = false }) =>
        hand({ kind: 'measure', sections, rounds, json }),
      );
  });
