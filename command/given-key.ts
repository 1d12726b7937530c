/** A key as somebody hands it over. It is never written anywhere but into the secret. */
export interface GivenKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Why no key was found in what was given. */
export type NoKey = 'none' | 'several' | 'temporary';

const ID = /^A[KS]IA\w{12,124}$/;
const SECRET = /^[\x21-\x7e]{16,256}$/;

const keyOf = (accessKeyId: unknown, secretAccessKey: unknown): GivenKey | undefined =>
  typeof accessKeyId === 'string' &&
  typeof secretAccessKey === 'string' &&
  ID.test(accessKeyId) &&
  SECRET.test(secretAccessKey)
    ? { accessKeyId, secretAccessKey }
    : undefined;

type Fields = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `aws iam create-access-key` puts it into `AccessKey`, others into the root. */
const inJson = (text: string): readonly GivenKey[] => {
  try {
    const root: unknown = JSON.parse(text);
    if (!isObject(root)) return [];
    const { AccessKeyId, SecretAccessKey } = isObject(root.AccessKey) ? root.AccessKey : root;
    return [keyOf(AccessKeyId, SecretAccessKey) ?? []].flat();
  } catch {
    return [];
  }
};

/** The file that IAM's console offers: a line of names, and one of values. */
const inCsv = (lines: readonly string[]): readonly GivenKey[] => {
  const [names = '', ...rows] = lines;
  const columns = names
    .replace(/^\uFEFF/, '')
    .split(',')
    .map((name) => name.trim().toLowerCase());
  const id = columns.indexOf('access key id');
  const secret = columns.indexOf('secret access key');
  if (id < 0 || secret < 0) return [];
  return rows.flatMap((row) => {
    const cells = row.split(',').map((cell) => cell.trim());
    return keyOf(cells[id], cells[secret]) ?? [];
  });
};

const ASSIGNMENT = /^(?:export\s+)?(aws_access_key_id|aws_secret_access_key)\s*=\s*["']?([^"'\s]+)["']?$/i;

/** A credentials file of the AWS CLI, or lines of a shell. */
const inLines = (lines: readonly string[]): readonly GivenKey[] => {
  const found: GivenKey[] = [];
  let id: string | undefined;
  let secret: string | undefined;
  for (const line of lines) {
    const [, name, value] = ASSIGNMENT.exec(line.trim()) ?? [];
    if (name === undefined) continue;
    if (/id$/i.test(name)) id = value;
    else secret = value;
    const key = keyOf(id, secret);
    if (key === undefined) continue;
    found.push(key);
    id = secret = undefined;
  }
  return found;
};

/**
 * The key in a text: JSON, the console's CSV, or the lines of a credentials file or a shell.
 *
 * @returns why there is none: a text with several keys does not say which is meant, and a temporary one is not a user's to rotate.
 */
export const readGivenKey = (text: string): GivenKey | NoKey => {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const [key, ...others] = [...inJson(text), ...inCsv(lines), ...inLines(lines)];
  if (key === undefined) return 'none';
  if (others.length > 0) return 'several';
  return key.accessKeyId.startsWith('ASIA') ? 'temporary' : key;
};
