/** What others write goes into messages and events; longer texts are for their own logs. */
const MAX_LENGTH = 300;

/** Text of others, as a line that is not too long. */
export const bounded = (text: string): string => {
  const line = text.replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH - 1)}…` : line;
};
