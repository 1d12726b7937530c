/** How a list is written. */
export const FORMATS = ['table', 'csv', 'json', 'markdown'] as const;
export type Format = (typeof FORMATS)[number];

/** A list, with the names of its columns. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What others have written is shown, and cannot steer a terminal or begin another line. */
const shown = (cell: string): string => cell.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();

const aligned = ({ columns, rows }: Table): string => {
  const lines = [columns.map((name) => name.toUpperCase()), ...rows.map((row) => row.map(shown))];
  const widths = columns.map((_name, index) => Math.max(...lines.map((line) => (line[index] ?? '').length)));
  return lines
    .map((line) =>
      line
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

/** RFC 4180. A spreadsheet takes what begins like this for a formula: the apostrophe says that it is text. */
const csvCell = (cell: string): string => {
  const text = shown(cell).replace(/^(?=[=+\-@].)/, "'");
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

const markdownCell = (cell: string): string => shown(cell).replace(/[\\|`*_<>[\]]/g, '\\$&');

/** A list as text, with a line break at its end. */
export const writeTable = (table: Table, format: Exclude<Format, 'json'>): string => {
  const { columns, rows } = table;
  switch (format) {
    case 'table':
      return `${aligned(table)}\n`;
    case 'csv':
      return [columns, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
    case 'markdown':
      return [columns, columns.map(() => '---'), ...rows.map((row) => row.map(markdownCell))]
        .map((row) => `| ${row.join(' | ')} |\n`)
        .join('');
  }
};

const broken = (text: string, width: number): readonly string[] => {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
};

/**
 * A text in lines of about so many characters, broken between words. A command, which stands between backticks, has a line of its own,
 * so that it can be copied.
 */
export const folded = (text: string, width = 110): string =>
  text
    .split(/ ?(`[^`]+`)\.? ?/)
    .filter((part) => part !== '')
    .flatMap((part) => (part.startsWith('`') ? [`   ${part.slice(1, -1)}`] : broken(part, width)))
    .join('\n');
