/** Columns of the terminal that everything is laid out for. */
export const WIDTH = 80;

/** Breaks text at spaces; a word that is longer than a line is cut. */
export const wrap = (text: string, width: number): readonly string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((candidate) => candidate !== '')) {
    let rest = word;
    if (line !== '' && line.length + 1 + rest.length > width) {
      lines.push(line);
      line = '';
    }
    while (rest.length > width) {
      lines.push(rest.slice(0, width));
      rest = rest.slice(width);
    }
    line = line === '' ? rest : `${line} ${rest}`;
  }
  return line === '' ? lines : [...lines, line];
};

const INDENT = ' '.repeat(4);

/** Names with their meanings beside them, which go on below themselves, as a help text lists them. */
export const listed = (entries: readonly (readonly [string, string])[], nameWidth: number): string =>
  entries
    .flatMap(([name, meaning]) =>
      wrap(meaning, WIDTH - INDENT.length - nameWidth).map(
        (line, index) => `${INDENT}${(index === 0 ? name : '').padEnd(nameWidth)}${line}`,
      ),
    )
    .join('\n');
