import { wrap } from '../../picture/wrap';

/** Columns of the terminal that everything is laid out for. */
export const WIDTH = 80;

const INDENT = ' '.repeat(4);

/**
 * Names with their meanings beside them, as a help text lists them. A long meaning continues below itself.
 *
 * @param nameWidth - Default: what the longest name takes.
 */
export const listed = (
  entries: readonly (readonly [string, string])[],
  nameWidth = Math.max(...entries.map(([name]) => name.length)) + 2,
): string =>
  entries
    .flatMap(([name, meaning]) =>
      wrap(meaning, WIDTH - INDENT.length - nameWidth).map(
        (line, index) => `${INDENT}${(index === 0 ? name : '').padEnd(nameWidth)}${line}`,
      ),
    )
    .join('\n');
