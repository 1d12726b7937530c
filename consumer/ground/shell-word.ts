/** Characters that no shell interprets, at the beginning, in the middle or at the end of a word. */
const PLAIN_WORD = /^[\w/](?:[\w/:@%+=.,-]*[\w/])?$/;

/**
 * A value as one word of a POSIX shell's command line, in single quotes if it needs them. Every command that
 * a message gives a person gets its values from here.
 */
export const shellWord = (value: string): string =>
  PLAIN_WORD.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;

/**
 * An option and its value, in one word if the value begins with a hyphen: a program would take it for an
 * option.
 */
export const shellOption = (name: string, value: string): string =>
  value.startsWith('-') ? shellWord(`--${name}=${value}`) : `--${name} ${shellWord(value)}`;
