import { wrap } from '../../picture/wrap';

/** Columns of the terminal that everything is laid out for. */
export const WIDTH = 80;

const INDENT = ' '.repeat(4);

/**
 * Names with their meanings beside them, as a help text lists them. A long meaning continues below itself.
 */
export const listed = (entries: readonly (readonly [string, string])[], nameWidth: number): string =>
  entries
    .flatMap(([name, meaning]) =>
      wrap(meaning, WIDTH - INDENT.length - nameWidth).map(
        (line, index) => `${INDENT}${(index === 0 ? name : '').padEnd(nameWidth)}${line}`,
      ),
    )
    .join('\n');
