import { Command, CommanderError, InvalidArgumentError } from 'commander';

/** A command line that asks for help, or that is wrong: what there is to say, and nothing to do. */
export type HelpOrMisuse =
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'misuse'; readonly message: string };

/**
 * What is wrong with the command line, in a sentence. Where the parser of a value throws it, commander says first which option
 * had which value.
 */
export class Misuse extends InvalidArgumentError {}

/** Columns of a terminal. */
const HELP_WIDTH = 80;

/** What stands for an option, of the program or of one of its commands. */
const flagsOf = (program: Command): readonly (string | undefined)[] => [
  ...['-h', '--help'],
  ...[program, ...program.commands].flatMap(({ options }) =>
    options.flatMap(({ long, short }) => [long, short]),
  ),
];

/** Refuses what commander takes, and nobody means. */
const beStrict = (program: Command, args: readonly string[], { lastCounts }: Strictness): void => {
  if (args.includes('')) throw new Misuse('an empty argument was given');
  // At the end it changes nothing.
  const after = args.includes('--') ? args.slice(args.indexOf('--') + 1) : [];
  if (after.length > 0 && !after.some((arg) => /^-./.test(arg) && arg !== '--')) {
    throw new Misuse("'--' was given, and after it nothing that begins with a dash");
  }
  for (const command of [program, ...program.commands]) {
    for (const option of command.options) {
      const { flags, long, variadic } = option;
      const inline = args.find((arg) => option.isBoolean() && arg.startsWith(`${long}=`));
      if (inline !== undefined)
        throw new Misuse(`option '${flags}' takes no value, but '${inline}' was given`);
      let isGiven = false;
      command.on(`option:${option.name()}`, (value?: string) => {
        if (isGiven && !variadic && !lastCounts)
          throw new Misuse(`option '${flags}' was given more than once`);
        isGiven = true;
        // Otherwise, if a value is forgotten, the name of the next option would be taken for it.
        // Undefined of a flag, null of an option whose value may be left out.
        if (value == null) return;
        const isForgotten = value.startsWith('-') && !args.includes(`${long}=${value}`);
        if (value !== '' && !isForgotten) return;
        const isMeant =
          /^-./.test(value) && value !== '--' && !flagsOf(program).includes(value.split('=')[0]);
        const hint = isMeant ? `; one that begins with a dash is given as '${long}=${value}'` : '';
        throw new Misuse(`option '${flags}' argument missing${hint}`);
      });
    }
  }
};

/** How strict a command line is. */
interface Strictness {
  /**
   * Whether the last one counts of an option that is given more than once. Otherwise that is a misuse. For programs that other
   * programs start: lines that were written for an earlier version must keep what they mean.
   */
  readonly lastCounts?: boolean;
}

/** What commander would say with the whole help, or by numbers alone. */
const BETTER_SAID: Readonly<Record<string, (program: Command) => string>> = {
  'commander.help': ({ commands }) =>
    `error: one of these commands is needed: ${commands.map((command) => command.name()).join(', ')}`,
  'commander.excessArguments': (program) => {
    const [extra] = [...program.commands, program].flatMap(({ args, registeredArguments }) =>
      args.slice(registeredArguments.length),
    );
    return `error: unexpected argument '${extra}'`;
  },
};

/**
 * Reads a command line: a pure function of its arguments. All command lines of the repository are read by it, so that all are
 * equally strict, and say what is wrong in the same way.
 *
 * @param name - What a person types before the arguments.
 * @param define - Adds options, arguments and commands to the program. Actions hand over what is asked for, or throw {@link Misuse}.
 * @param strictness - Where it is another one than that of all others.
 */
export const readCommandLine = <Asked>(
  name: string,
  args: readonly string[],
  define: (program: Command, hand: (asked: Asked) => void) => void,
  strictness: Strictness = {},
): Asked | HelpOrMisuse => {
  let written = '';
  const write = (text: string): void => {
    written += text;
  };
  let asked: Asked | undefined;
  const program = new Command(name)
    // The description of an option says itself what is allowed, and what is the default.
    .configureHelp({ helpWidth: HELP_WIDTH, optionDescription: ({ description }) => description })
    .configureOutput({ writeOut: write, writeErr: write })
    .exitOverride();
  define(program, (one) => {
    asked = one;
  });
  try {
    beStrict(program, args, strictness);
    program.parse(args, { from: 'user' });
    return asked as Asked;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'help', text: written };
    const said = BETTER_SAID[error.code]?.(program) ?? written.trimEnd();
    return { kind: 'misuse', message: `${said || `error: ${error.message}`}\nSee ${name} --help.` };
  }
};

/** Says it. Returns the exit status. */
export const answer = (
  asked: HelpOrMisuse,
  out: (text: string) => void = (text) => process.stdout.write(text),
  err: (text: string) => void = (text) => process.stderr.write(text),
): number => {
  if (asked.kind === 'help') out(asked.text);
  else err(`${asked.message}\n`);
  return asked.kind === 'help' ? 0 : 2;
};

/** Runs a script: says help or misuse, or does what is asked for. The process gets the exit status. */
export const runScript = async <Parsed extends { readonly kind: string }>(
  parsed: Parsed | HelpOrMisuse,
  work: (asked: Exclude<Parsed, HelpOrMisuse>) => number | Promise<number>,
): Promise<void> => {
  const isAsked = (one: Parsed | HelpOrMisuse): one is Exclude<Parsed, HelpOrMisuse> =>
    one.kind !== 'help' && one.kind !== 'misuse';
  try {
    process.exitCode = isAsked(parsed) ? await work(parsed) : answer(parsed as HelpOrMisuse);
  } catch (defect) {
    console.error(defect);
    process.exitCode = 1;
  }
};

/** Reads a whole number. */
export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const number = Number(text);
    if (/^\d{1,10}$/.test(text) && number >= min && number <= max) return number;
    throw new Misuse(`Allowed: a whole number from ${min} to ${max}.`);
  };
