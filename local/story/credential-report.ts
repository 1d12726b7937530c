import { ConfigError } from '../../lib/config';

/** An access key, as a credential report has it. */
interface ReportedKey {
  readonly status: 'Active' | 'Inactive';
  readonly createDate: Date;
  /** Undefined: never, or nobody knows. */
  readonly lastUsed: { readonly at: Date; readonly service: string; readonly region: string } | undefined;
}

/** An IAM user, as a credential report has it. */
export interface ReportedUser {
  readonly userName: string;
  readonly path: string;
  readonly createDate: Date;
  readonly keys: readonly ReportedKey[];
}

/** IAM User Guide, "Get credential reports for your AWS account". */
const COLUMNS = ['user', 'arn', 'user_creation_time', 'access_key_1_active', 'access_key_1_last_rotated'];

const cellsOf = (line: string): readonly string[] =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain = '']) =>
    (quoted?.replaceAll('""', '"') ?? plain).trim(),
  );

const timeIn = (text = ''): Date | undefined => {
  const time = /^\d{4}-\d\d-\d\dT/.test(text) ? new Date(text) : undefined;
  return Number.isNaN(time?.getTime()) ? undefined : time;
};

type Row = Readonly<Record<string, string>>;

const keyIn = (row: Row, number: 1 | 2): ReportedKey | undefined => {
  const cell = (name: string): string => row[`access_key_${number}_${name}`] ?? '';
  // Neither Active nor with a date: there is none.
  const createDate = timeIn(cell('last_rotated'));
  if (createDate === undefined) return undefined;
  const at = timeIn(cell('last_used_date'));
  return {
    status: cell('active').toLowerCase() === 'true' ? 'Active' : 'Inactive',
    createDate,
    lastUsed: at && { at, service: cell('last_used_service'), region: cell('last_used_region') },
  };
};

const userIn = (row: Row): ReportedUser | undefined => {
  const [, path = '/'] = /:user(\/.*?)[^/]*$/.exec(row.arn ?? '') ?? [];
  const createDate = timeIn(row.user_creation_time);
  // The root user has no name, and no rotation.
  return row.user === undefined || createDate === undefined || row.user === '<root_account>'
    ? undefined
    : { userName: row.user, path, createDate, keys: [keyIn(row, 1) ?? [], keyIn(row, 2) ?? []].flat() };
};

/**
 * The IAM users of a credential report.
 *
 * @param source - Where it is, as the beginning of a sentence.
 * @throws ConfigError if it is no such report.
 */
export const parseCredentialReport = (text: string, source: string): readonly ReportedUser[] => {
  const [head = '', ...lines] = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const columns = cellsOf(head.replace(/^\uFEFF/, ''));
  const missing = COLUMNS.filter((column) => !columns.includes(column));
  if (missing.length > 0) {
    throw new ConfigError([
      `${source} is no credential report of IAM: it has no column ${missing.join(', ')}. This makes one: aws iam ` +
        'generate-credential-report; aws iam get-credential-report --query Content --output text | base64 -d > report.csv',
    ]);
  }
  return lines.flatMap((line) => {
    const cells = cellsOf(line);
    return userIn(Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? '']))) ?? [];
  });
};

/**
 * What the enrolled users have, at a time that is not before the report.
 *
 * @throws ConfigError that says of each user what cannot be.
 */
export const enrolledIn = (
  reported: readonly ReportedUser[],
  userNames: readonly string[],
  now: Date,
  source: string,
): ReadonlyMap<string, ReportedUser> => {
  const byName = new Map(reported.map((user) => [user.userName, user]));
  const found = userNames.flatMap((userName) => byName.get(userName) ?? []);
  const missing = userNames.filter((userName) => !byName.has(userName));
  const latest = Math.max(
    ...found.flatMap(({ createDate, keys }) => [
      createDate.getTime(),
      ...keys.flatMap((key) => [key.createDate.getTime(), key.lastUsed?.at.getTime() ?? 0]),
    ]),
  );
  const problems = [
    ...missing.map(
      (userName) => `${source} has no user ${userName}, who is enrolled: see --config and --user.`,
    ),
    ...(latest > now.getTime()
      ? [`${source} is of ${new Date(latest).toISOString()} or later, which is not over yet: see --start.`]
      : []),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return new Map(found.map((user) => [user.userName, user]));
};
