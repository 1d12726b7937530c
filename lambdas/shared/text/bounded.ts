/** What others write goes into messages and events; longer texts are for their own logs. */
const MAX_LENGTH = 300;

/** Text as one line: what looks like another paragraph of a message is one that somebody else wrote. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');

/** Text of others, as a line that is not too long. */
export const bounded = (text: string): string => {
  const line = oneLine(text).replace(/\s+/g, ' ').trim();
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH - 1)}…` : line;
};

/** So many names of a list say enough for a person to begin with. */
const MOST_NAMES = 10;

/** The names of a list, or the first of them and how many more there are. */
export const someOf = (names: readonly string[]): string =>
  names.length <= MOST_NAMES
    ? names.join(', ')
    : `${names.slice(0, MOST_NAMES).join(', ')} and ${names.length - MOST_NAMES} more`;
