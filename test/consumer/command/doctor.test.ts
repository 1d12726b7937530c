import { chmodSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostWith, run } from '../support/host';
import { serveAws } from '../support/network';
import SOURCE_CASES from '../support/source-cases.json';

const KEY = 'AKIADOCTORSKEY00000A';
const SECRET = 'secretThatNobodyMaySee0';
const STATIC = `aws_access_key_id = ${KEY}\naws_secret_access_key = ${SECRET}\n`;
const DOCUMENT = JSON.stringify({ Version: 1, AccessKeyId: KEY, SecretAccessKey: SECRET });
const ARN = 'arn:aws:iam::111122223333:user/alice';
const REGION = 'region = eu-west-1\n';

interface Report {
  readonly sources: Readonly<Record<string, string | null>>;
  readonly findings: readonly {
    readonly code: string;
    readonly kind: string;
    readonly message: string;
    readonly change: string;
  }[];
  readonly [field: string]: unknown;
}

/** A host with two files, whose AWS answers on loopback. */
const setUp = async (
  { config = '', credentials }: { readonly config?: string; readonly credentials?: string },
  variables: Readonly<Record<string, string>> = {},
  refusals: Parameters<typeof serveAws>[2] = {},
) => {
  const aws = await serveAws('{}', undefined, refusals);
  const endpoint = { AWS_ENDPOINT_URL: `http://127.0.0.1:${aws.port}` };
  const { home } = hostWith(config, { ...endpoint, ...variables });
  const file = join(home, '.aws', 'credentials');
  if (credentials !== undefined) writeFileSync(file, credentials, { mode: 0o600 });
  const examine = async (profile = 'app') => {
    const { status, out, err } = await run('doctor', '--profile', profile, '--json');
    expect(err).toBe('');
    expect(out).not.toContain(SECRET);
    expect(out).not.toContain(KEY);
    const report = JSON.parse(out) as Report;
    return { status, report, codes: report.findings.map(({ code }) => code) };
  };
  return { aws, home, file, examine };
};

const printing = (document: string) =>
  `credential_process = "${process.execPath}" -e "console.log(Buffer.from('${Buffer.from(document).toString('base64')}','base64').toString())"\n`;

it('reports no problem for a key that works', async () => {
  const { home, file, examine } = await setUp({ credentials: `[app]\n${REGION}${STATIC}` });
  const changed = new Date(Date.now() - 3 * 24 * 60 * 60 * 1000);
  utimesSync(file, changed, changed);
  const { status, report } = await examine();
  expect(status).toBe(0);
  expect(report).toEqual({
    profile: 'app',
    files: { config: join(home, '.aws', 'config'), credentials: file },
    sources: { 'SDK for JavaScript': 'key-in-credentials', 'AWS CLI and Python': 'key-in-credentials' },
    why: 'the profile names nothing else',
    accessKeyIdEnd: '000A',
    expiration: null,
    ageDays: 3,
    accepted: true,
    identity: ARN,
    findings: [],
  });
});

it('prints it for people', async () => {
  const { home } = await setUp({ credentials: `[app]\n${REGION}${STATIC}` });
  const { status, out } = await run('doctor', '--profile', 'app');
  expect(status).toBe(0);
  const today = new Date().toISOString().slice(0, 10);
  expect(out).toBe(
    `Profile  app, in ${home}/.aws/config or ${home}/.aws/credentials\n` +
      'Source   the key in the credentials file (SDK for JavaScript; AWS CLI and Python)\n' +
      'Why      the profile names nothing else\n' +
      `Key      ends in 000A, its file was changed on ${today}, 0 days ago (IAM does not tell its age without ` +
      'iam:ListAccessKeys)\n' +
      `AWS      accepts it, as ${ARN}\n` +
      '\nNothing is wrong.\n',
  );
});

it('tells people what is wrong, and what to change', async () => {
  await setUp({ credentials: `[app]\n${REGION}${STATIC}aws_session_token = t\n` });
  const { status, out } = await run('doctor', '--profile', 'app');
  expect(status).toBe(1);
  expect(out).toMatch(
    /^Problem: There is a session token beside a key that needs none: .*\n {2}Change: Delete /m,
  );
});

it('knows the age of a key from IAM, if the user may ask', async () => {
  const { examine } = await setUp({ credentials: `[app]\n${REGION}${STATIC}` }, {}, {});
  const made = new Date(Date.now() - 100 * 24 * 60 * 60 * 1000 - 1000).toISOString();
  const aws = await serveAws('{}', undefined, {}, { ListAccessKeys: listed(made) });
  process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${aws.port}`;
  const { status, report, codes } = await examine();
  expect([status, report.ageDays, codes]).toEqual([0, 100, ['key-old']]);
  const { out } = await run('doctor', '--profile', 'app');
  expect(out).toContain(`Key      ends in 000A, made on ${made.slice(0, 10)}, 100 days ago\n`);
});

const listed = (made: string): string =>
  '<ListAccessKeysResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListAccessKeysResult><IsTruncated>false' +
  `</IsTruncated><AccessKeyMetadata><member><UserName>alice</UserName><AccessKeyId>${KEY}</AccessKeyId>` +
  `<Status>Active</Status><CreateDate>${made}</CreateDate></member></AccessKeyMetadata></ListAccessKeysResult>` +
  '</ListAccessKeysResponse>';

const PROCESS = printing(
  JSON.stringify({
    ...JSON.parse(DOCUMENT),
    AccessKeyId: 'AKIAOFTHEPROCESS000B',
    Expiration: '2099-01-01T00:00:00Z',
  }),
);

describe('what SDKs use', () => {
  // test:e2e asks botocore.
  it.each(SOURCE_CASES.map((each) => [each.what, each] as const))('is %s', async (_what, each) => {
    const { sources, end, ...files } = each;
    const { examine } = await setUp(files, { AWS_REGION: 'eu-west-1' });
    const { report } = await examine();
    expect(report.sources).toEqual(sources);
    // The SDK for JavaScript itself was asked.
    expect(report).toMatchObject({ accessKeyIdEnd: end, accepted: true });
  });

  it('is a role, and the session that it gives', async () => {
    const role = 'role_arn = arn:aws:iam::111122223333:role/r\nsource_profile = source\n';
    const { examine } = await setUp({ config: `[profile source]\n${STATIC}[profile app]\n${REGION}${role}` });
    const { status, report } = await examine();
    expect(status).toBe(0);
    expect(report).toMatchObject({ sources: { 'SDK for JavaScript': 'role' }, ageDays: null, findings: [] });
  });
});

it('says why, if there are several', async () => {
  const { examine } = await setUp({ config: `[profile app]\n${REGION}${PROCESS}${STATIC}` });
  const { report } = await examine();
  expect(report.why).toBe(
    'order of the SDK for JavaScript: the key in the config file, then its credential_process; order of the AWS CLI ' +
      'and Python: its credential_process, then the key in the config file',
  );
});

describe('finds', () => {
  it.each<[string, Parameters<typeof setUp>, number, RegExp, RegExp]>([
    [
      'key-shadows-process',
      [{ config: `[profile app]\n${REGION}${PROCESS}`, credentials: `[app]\n${STATIC}` }],
      1,
      /^The key in the credentials file hides its credential_process from all SDKs\.$/,
      /^Delete aws_access_key_id and aws_secret_access_key from the profile app in .*credentials\.$/,
    ],
    [
      'key-shadows-process',
      [{ config: `[profile app]\n${REGION}${PROCESS}${STATIC}` }],
      1,
      /^The key in the config file hides its credential_process from the SDK for JavaScript\.$/,
      /in .*config\.$/,
    ],
    [
      'session-token',
      [{ credentials: `[app]\n${REGION}${STATIC}aws_session_token = left\n` }],
      1,
      /services refuse the two together/,
      /^Delete aws_session_token/,
    ],
    [
      'key-refused',
      [
        { credentials: `[app]\n${REGION}${STATIC}` },
        {},
        {
          GetCallerIdentity: [
            'InvalidClientTokenId',
            'The security token included in the request is invalid.',
          ],
        },
      ],
      1,
      /^AWS refuses the key that ends in 000A \(InvalidClientTokenId\)/,
      /credentials-file/,
    ],
    [
      'key-refused',
      [
        { credentials: `[app]\n${REGION}${STATIC}` },
        {},
        {
          GetCallerIdentity: ['SignatureDoesNotMatch', 'The request signature we calculated does not match.'],
        },
      ],
      1,
      /\(SignatureDoesNotMatch\): it is Inactive, deleted, or mistyped/,
      /credentials-file/,
    ],
    [
      'session-ended',
      [
        { credentials: `[app]\n${REGION}${STATIC.replace('AKIA', 'ASIA')}aws_session_token = t\n` },
        {},
        { GetCallerIdentity: ['ExpiredToken', 'The security token included in the request is expired'] },
      ],
      1,
      /whose session has ended/,
      /sign in again/,
    ],
    [
      'aws-not-reached',
      [{ credentials: `[app]\n${REGION}${STATIC}` }, { HTTP_PROXY: 'http://127.0.0.1:9' }],
      1,
      /^AWS could not be asked: the proxy http:\/\/127\.0\.0\.1:9 cannot be reached \(ECONNREFUSED\)\.$/,
      /NO_PROXY/,
    ],
    [
      'profile-not-found',
      [{ credentials: `[other]\n${STATIC}` }],
      1,
      /there is none of that name in .*config or .*credentials\.$/,
      /correct its name/,
    ],
    [
      'no-credentials',
      [{ config: `[profile app]\n${REGION}` }],
      1,
      /it names no credentials\.$/,
      /consumers\.md/,
    ],
    [
      'section-not-found',
      [{ config: `[app]\n${REGION}${STATIC}` }],
      1,
      /config has a section \[app\], which SDKs do not recognise/,
      /^Name it \[profile app\]\.$/,
    ],
    [
      'section-not-found',
      [{ credentials: `[profile app]\n${STATIC}` }],
      1,
      /credentials has a section \[profile app\]/,
      /^Name it \[app\]; with the word profile it belongs in .*config\.$/,
    ],
    [
      'file-not-parsable',
      [{ credentials: `[app]\n${REGION}${STATIC}[app]\n` }],
      1,
      /cannot be parsed by the AWS CLI and Python/,
      /a duplicate section or setting/,
    ],
    [
      'file-ambiguous',
      [{ credentials: `[app]\n${REGION}${STATIC}[b] c\n` }],
      1,
      /line 5 begins a profile for some programs/,
      /Mend that line/,
    ],
    [
      'key-in-environment',
      [
        { credentials: `[app]\n${REGION}${STATIC}` },
        { AWS_ACCESS_KEY_ID: 'AKIAOTHER000000000A', AWS_SECRET_ACCESS_KEY: 'x' },
      ],
      0,
      /^AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY are set here\./,
      /^Unset AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY where/,
    ],
    [
      'other-profile-in-environment',
      [{ credentials: `[app]\n${REGION}${STATIC}` }, { AWS_PROFILE: 'b' }],
      0,
      /^AWS_PROFILE names b here/,
      /^Set AWS_PROFILE to app/,
    ],
    [
      'no-expiration',
      [{ config: `[profile app]\n${REGION}${printing(DOCUMENT)}` }],
      0,
      /never asks it again/,
      /rotated-credentials credential-process/,
    ],
  ])('%s (%#)', async (code, host, status, message, change) => {
    const { examine } = await setUp(...host);
    const found = await examine();
    expect(found.codes).toEqual([code]);
    expect(found.status).toBe(status);
    expect(found.report.findings[0]?.message).toMatch(message);
    expect(found.report.findings[0]?.change).toMatch(change);
    expect(found.report.findings[0]?.kind).toBe(status === 0 ? 'note' : 'problem');
  });

  it('file-open, and what to do', async () => {
    const { file, examine } = await setUp({ credentials: `[app]\n${REGION}${STATIC}` });
    chmodSync(file, 0o644);
    const { status, report } = await examine();
    expect(status).toBe(0);
    expect(report.findings).toEqual([
      {
        code: 'file-open',
        kind: 'note',
        message: `${file} can be read by every user of this host.`,
        change: `chmod 600 ${file}`,
      },
    ]);
  });

  it('file-not-readable', async () => {
    const { file, examine } = await setUp({ config: `[profile app]\n${REGION}${STATIC}` });
    mkdirSync(file);
    const { status, codes, report } = await examine();
    expect([status, codes]).toEqual([1, ['file-not-readable']]);
    expect(report.findings[0]?.message).toContain('cannot be read (EISDIR)');
  });

  it('several things at once, the problems first', async () => {
    const { file, examine } = await setUp(
      { credentials: `[app]\n${REGION}${STATIC}aws_session_token = left\n`, config: `[app]\n` },
      { AWS_PROFILE: 'b' },
    );
    chmodSync(file, 0o644);
    const { codes } = await examine();
    expect(codes).toEqual([
      ...['section-not-found', 'session-token'],
      ...['file-open', 'other-profile-in-environment'],
    ]);
  });
});
