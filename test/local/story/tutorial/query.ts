/*
 * The part of JMESPath, and of jq, that the tutorial uses: names, `[]`, an index, and a list of such paths.
 */

/** The value at a path: `a.b`, `a[].b`, `a[-1]`, `a[].[b, c.d]`. What is not there is null. */
export const at = (value: unknown, path: string): unknown => {
  if (path === '') return value ?? null;
  const [, list] = /^\[([^[\]]*,[^[\]]*)\]$/.exec(path) ?? [];
  if (list !== undefined) return list.split(',').map((one) => at(value, one.trim()));
  const [, name, rest = ''] = /^(\w+|\[-?\d*\])\.?(.*)$/s.exec(path) ?? [];
  if (name === undefined) throw new Error(`The tutorial's test does not understand the path ${path}`);
  if (name === '[]') return (value as readonly unknown[]).map((item) => at(item, rest));
  if (name.startsWith('[')) return at((value as readonly unknown[]).at(Number(name.slice(1, -1))), rest);
  return at((value as Readonly<Record<string, unknown>> | null | undefined)?.[name], rest);
};

const cell = (value: unknown): string => (value === null ? 'None' : String(value));

/** As `--output text` writes it: the items of a list in a row, those of a list of lists in rows. */
export const asText = (value: unknown): string => {
  if (!Array.isArray(value)) return cell(value);
  const rows: readonly unknown[] = value.every((item) => Array.isArray(item)) ? value : [value];
  return rows.map((row) => (row as readonly unknown[]).map(cell).join('\t')).join('\n');
};
