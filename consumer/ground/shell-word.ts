/** What no shell reads anything into, in front, in the middle or at the end of a word. */
const PLAIN_WORD = /^[\w/](?:[\w/:@%+=.,-]*[\w/])?$/;

/**
 * A value as one word of a POSIX shell's command line: in single quotes where it needs them. Whatever a message hands to a person
 * as a command has its values from here.
 */
export const shellWord = (value: string): string =>
  PLAIN_WORD.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;

/** An option and its value: in one word where the value begins with a hyphen, which a program would take for an option. */
export const shellOption = (name: string, value: string): string =>
  value.startsWith('-') ? shellWord(`--${name}=${value}`) : `--${name} ${shellWord(value)}`;
