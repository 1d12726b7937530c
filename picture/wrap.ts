/**
 * A word that is longer than a line, in shorter parts: an ARN or a path breaks after `:` or `/`, never within
 * a name.
 */
const parts = (word: string, width: number): readonly string[] =>
  word.length <= width
    ? [word]
    : word.split(/(?<=[:/,])/).flatMap((part) => part.match(new RegExp(`.{1,${width}}`, 'gs')) ?? []);

/** Breaks text at spaces, and a longer word where it hurts least. */
export const wrap = (text: string, width: number): readonly string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((candidate) => candidate !== '')) {
    for (const [index, part] of parts(word, width).entries()) {
      const joined = line === '' || index > 0 ? `${line}${part}` : `${line} ${part}`;
      // A long word starts on a line of its own.
      if (joined.length <= width && !(index === 0 && word.length > width && line !== '')) {
        line = joined;
      } else {
        lines.push(line);
        line = part;
      }
    }
  }
  return line === '' ? lines : [...lines, line];
};
