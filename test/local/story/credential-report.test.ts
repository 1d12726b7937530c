import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { enrolledIn, parseCredentialReport } from '../../../local/story/credential-report';

const EXAMPLE = join(__dirname, '..', '..', '..', 'docs', 'examples', 'adopting', 'credential-report.csv');
const HEAD =
  'user,arn,user_creation_time,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,' +
  'access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,' +
  'access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service';
const NONE = 'false,N/A,N/A,N/A,N/A';
const CREATED = '2025-01-02T03:04:05+00:00';

const row = (user: string, first = NONE, second = NONE, path = '/'): string =>
  `${user},arn:aws:iam::111122223333:user${path}${user},${CREATED},${first},${second}`;
const parse = (...rows: string[]) => parseCredentialReport([HEAD, ...rows, ''].join('\r\n'), 'report.csv');

test('users have no key, one, or two; the root user is none of them', () => {
  const root = `<root_account>,arn:aws:iam::111122223333:root,${CREATED},${NONE},${NONE}`;
  const used = `true,${CREATED},2026-03-01T02:00:00+00:00,eu-west-1,s3`;
  const createDate = new Date(CREATED);
  expect(parse()).toEqual([]);
  expect(parse(root, row('none'), row('one', used, NONE, '/people/'))).toEqual([
    { userName: 'none', path: '/', createDate, keys: [] },
    {
      userName: 'one',
      path: '/people/',
      createDate,
      keys: [
        {
          status: 'Active',
          createDate,
          lastUsed: { at: new Date('2026-03-01T02:00:00Z'), region: 'eu-west-1', service: 's3' },
        },
      ],
    },
  ]);
  // A key that was never used, and one that is Inactive, with a date as the console's reports have it.
  const [two] = parse(row('two', `TRUE,${CREATED},N/A,N/A,N/A`, `FALSE,${CREATED},no_information,N/A,N/A`));
  expect(two?.keys).toEqual([
    { status: 'Active', createDate, lastUsed: undefined },
    { status: 'Inactive', createDate, lastUsed: undefined },
  ]);
});

test('a name with a comma is one cell', () => {
  const [user] = parse(row('a', NONE).replace(/^a/, '"a,b"'));
  expect(user?.userName).toBe('a,b');
});

test('what is no report is refused, with the command that makes one', () => {
  expect(() => parseCredentialReport('', 'keys.csv')).toThrow(
    /keys\.csv is no credential report of IAM: it has no column user, arn, .* aws iam generate-credential-report;/,
  );
});

test('who is enrolled has to be in it, and nothing in it may be in the future', () => {
  const users = parse(row('one', `true,${CREATED},2026-03-01T02:00:00+00:00,eu-west-1,s3`), row('two'));
  const at = (time: string, ...names: string[]) => enrolledIn(users, names, new Date(time), 'report.csv');
  expect([...at('2026-03-02T00:00:00Z', 'two', 'one').keys()]).toEqual(['two', 'one']);
  expect(at('2026-03-02T00:00:00Z').size).toBe(0);
  expect(() => at('2026-03-01T00:00:00Z', 'one', 'three')).toThrow(
    /no user three, who is enrolled: see --config and --user\.\s+- .* is of 2026-03-01T02:00:00\.000Z or later, .* see --start\./,
  );
});

test('the example has users with no key, with one, and with two', () => {
  const counts = parseCredentialReport(readFileSync(EXAMPLE, 'utf8'), EXAMPLE).map(({ keys }) => keys.length);
  expect([counts.length, ...new Set(counts)].sort()).toEqual([0, 1, 12, 2]);
});
