import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import { proxyFor } from '../../../consumer/host/host';
import { rotatedCredentials } from '../../../consumer/index';
import { createAuthority } from '../support/certificates';
import { authority, hostWith, run } from '../support/host';
import { closedPort, serveAws, serveProxy } from '../support/network';
import PROXY_CASES from '../support/proxy-cases.json';
import { documentOf } from '../support/scene';

const KEY = { accessKeyId: 'AKIAOVERTHENETWORK0A', secretAccessKey: 'secretFromTheNetwork0123' };
const READER = 'AKIAREADER00000000A';
const REGION = 'eu-west-1';
const HOST = `secretsmanager.${REGION}.amazonaws.com`;
const STS = `sts.${REGION}.amazonaws.com`;
const SSO = `portal.sso.${REGION}.amazonaws.com`;
const FIPS = `secretsmanager-fips.us-east-1.amazonaws.com`;
const DUAL_STACK = 'secretsmanager.us-iso-east-1.api.aws.ic.gov';

const STS_FIPS = 'sts-fips.us-east-1.amazonaws.com';
const CERTIFICATE = authority.certify('localhost', '127.0.0.1', HOST, STS, SSO, FIPS, STS_FIPS, DUAL_STACK);

const READS = `aws_access_key_id = ${READER}\naws_secret_access_key = secretOfTheReader0\n`;

const readWith = (profile: string | undefined, ...more: readonly string[]) =>
  run(
    ...['credential-process', '--secret-id', 'alice'],
    ...(profile === undefined ? [] : ['--profile', profile]),
    ...more,
  );

const aProxiedAws = async (user?: string) => {
  const aws = await serveAws(documentOf(KEY), CERTIFICATE);
  const proxy = await serveProxy(() => aws.port, { ...(user !== undefined && { user }) });
  return { aws, proxy, url: `http://127.0.0.1:${proxy.port}` };
};

describe('the proxy', () => {
  it.each(PROXY_CASES.map((each) => [each.what, each] as const))('%s', (_what, { url, environment, proxy }) =>
    expect(proxyFor(new URL(url), environment)).toBe(proxy ?? undefined),
  );

  it('is asked for the way to Secrets Manager, by the command', async () => {
    const { aws, proxy, url } = await aProxiedAws();
    hostWith(`[profile reader]\n${READS}region = ${REGION}\n`, { HTTPS_PROXY: url, AWS_CA_BUNDLE: 'BUNDLE' });
    const { status, out, err } = await readWith('reader');
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({ AccessKeyId: KEY.accessKeyId });
    expect(proxy.tunnels).toEqual([`${HOST}:443`]);
    expect(aws.asked).toEqual([{ host: HOST, path: '/', signer: READER, region: REGION }]);
  });

  it('is asked by the library, which leaves the agents of the process alone', async () => {
    const { proxy, url } = await aProxiedAws();
    hostWith(`[default]\n${READS}region = ${REGION}\n`, { https_proxy: url, AWS_CA_BUNDLE: 'BUNDLE' });
    const agents = [http.globalAgent, https.globalAgent];
    const settings = JSON.stringify(https.globalAgent.options);
    await expect(rotatedCredentials({ secretId: 'alice' })()).resolves.toMatchObject(KEY);
    expect(proxy.tunnels).toEqual([`${HOST}:443`]);
    expect([http.globalAgent, https.globalAgent]).toEqual(agents);
    expect(JSON.stringify(https.globalAgent.options)).toBe(settings);
  });

  it('is also asked by a user that reads its own secret', async () => {
    const { aws, proxy, url } = await aProxiedAws();
    hostWith('', { HTTPS_PROXY: url, AWS_CA_BUNDLE: 'BUNDLE' });
    const bootstrap = { accessKeyId: READER, secretAccessKey: 'secretOfTheReader0' };
    const credentials = rotatedCredentials({ secretId: 'alice', region: REGION, bootstrap });
    await expect(credentials()).resolves.toMatchObject(KEY);
    expect(proxy.tunnels).toEqual([`${HOST}:443`]);
    expect(aws.asked.map(({ signer }) => signer)).toEqual([READER]);
  });

  it('may be another one for another service, and none for those in NO_PROXY', async () => {
    const { aws, proxy, url } = await aProxiedAws();
    const { port } = await serveAws(documentOf(KEY), CERTIFICATE);
    hostWith(`[profile reader]\n${READS}region = ${REGION}\nendpoint_url = https://localhost:${port}\n`, {
      HTTPS_PROXY: url,
      NO_PROXY: 'localhost',
      AWS_CA_BUNDLE: 'BUNDLE',
    });
    await expect(readWith('reader')).resolves.toMatchObject({ status: 0 });
    expect([proxy.tunnels, aws.asked]).toEqual([[], []]);
  });

  it('gets its password, which no message repeats', async () => {
    const { proxy, url } = await aProxiedAws('user:p@ss');
    const withPassword = url.replace('//', '//user:p%40ss@');
    const config = `[profile reader]\n${READS}region = ${REGION}\n`;
    hostWith(config, { HTTPS_PROXY: withPassword, AWS_CA_BUNDLE: 'BUNDLE' });
    await expect(readWith('reader')).resolves.toMatchObject({ status: 0 });
    expect(proxy.tunnels).toEqual([`${HOST}:443`]);
    process.env.HTTPS_PROXY = url.replace('//', '//user:wrong@');
    const { status, err } = await readWith('reader');
    expect(status).toBe(1);
    expect(err).toBe(
      `The secret alice could not be read with the profile reader: the proxy ${url} answered 407: it requires a user ` +
        'name and a password.\n',
    );
  });

  it('may itself be reached by TLS, with a certificate of the same authority', async () => {
    const aws = await serveAws(documentOf(KEY), CERTIFICATE);
    const proxy = await serveProxy(() => aws.port, { certificate: authority.certify('localhost') });
    hostWith(`[profile reader]\n${READS}region = ${REGION}\n`, {
      HTTPS_PROXY: `https://localhost:${proxy.port}`,
      AWS_CA_BUNDLE: 'BUNDLE',
    });
    await expect(readWith('reader')).resolves.toMatchObject({ status: 0, err: '' });
    expect(proxy.tunnels).toEqual([`${HOST}:443`]);
  });

  it('is also asked for HTTP endpoints', async () => {
    const aws = await serveAws(documentOf(KEY));
    const proxy = await serveProxy(() => aws.port);
    hostWith(`[profile reader]\n${READS}region = ${REGION}\nendpoint_url = http://aws.example:4566\n`, {
      HTTP_PROXY: `http://127.0.0.1:${proxy.port}`,
    });
    await expect(readWith('reader')).resolves.toMatchObject({ status: 0, err: '' });
    expect(proxy.tunnels).toEqual(['aws.example:4566']);
  });

  it('that cannot be reached is named', async () => {
    const port = await closedPort();
    hostWith(`[profile reader]\n${READS}region = ${REGION}\n`, { HTTPS_PROXY: `127.0.0.1:${port}` });
    const { status, err } = await readWith('reader');
    expect(status).toBe(1);
    expect(err).toBe(
      `The secret alice could not be read with the profile reader: the proxy http://127.0.0.1:${port} cannot be ` +
        'reached (ECONNREFUSED).\n',
    );
  });

  it('that is not a URL is not repeated', async () => {
    hostWith(`[profile reader]\n${READS}region = ${REGION}\n`, { HTTPS_PROXY: 'user:p@ss:word@ no host' });
    const { err } = await readWith('reader');
    expect(err).toContain('HTTPS_PROXY is not the URL of a proxy.');
    expect(err).not.toContain('word');
  });

  it('is also asked if the application sets another option of the connection', async () => {
    const { proxy, url } = await aProxiedAws();
    hostWith(`[default]\n${READS}region = ${REGION}\n`, { HTTPS_PROXY: url, AWS_CA_BUNDLE: 'BUNDLE' });
    const clientConfig = { requestHandler: { requestTimeout: 5_000 } };
    await expect(rotatedCredentials({ secretId: 'alice', clientConfig })()).resolves.toMatchObject(KEY);
    expect(proxy.tunnels).toHaveLength(1);
  });

  it('changes as soon as the environment says so', async () => {
    const [first, second] = [await aProxiedAws(), await aProxiedAws()];
    hostWith(`[default]\n${READS}region = ${REGION}\n`, { HTTPS_PROXY: first.url, AWS_CA_BUNDLE: 'BUNDLE' });
    const bootstrap = { accessKeyId: READER, secretAccessKey: 'secretOfTheReader0' };
    for (const { url } of [first, second]) {
      process.env.HTTPS_PROXY = url;
      await rotatedCredentials({ secretId: 'alice', bootstrap })();
    }
    expect([first.proxy.tunnels.length, second.proxy.tunnels.length]).toEqual([1, 1]);
  });

  it('is not asked if the application brings its own handler', async () => {
    const aws = await serveAws(documentOf(KEY), CERTIFICATE);
    hostWith(`[default]\n${READS}`, { HTTPS_PROXY: `http://127.0.0.1:${await closedPort()}` });
    const httpsAgent = new https.Agent({ ca: authority.cert });
    const credentials = rotatedCredentials({
      secretId: 'alice',
      region: REGION,
      clientConfig: { endpoint: `https://localhost:${aws.port}`, requestHandler: { httpsAgent } },
    });
    await expect(credentials()).resolves.toMatchObject(KEY);
  });
});

describe('the authority that is trusted', () => {
  const reader = (port: number, more = '') =>
    `[profile reader]\n${READS}region = ${REGION}\nendpoint_url = https://localhost:${port}\n${more}`;

  it.each([
    ['AWS_CA_BUNDLE', '', { AWS_CA_BUNDLE: 'BUNDLE' }],
    ['REQUESTS_CA_BUNDLE', '', { REQUESTS_CA_BUNDLE: 'BUNDLE' }],
    ['ca_bundle of the profile', 'ca_bundle = BUNDLE\n', {}],
    ['AWS_CA_BUNDLE before ca_bundle', 'ca_bundle = /nowhere\n', { AWS_CA_BUNDLE: 'BUNDLE' }],
  ])('is that of %s', async (_what, more, variables) => {
    const { port } = await serveAws(documentOf(KEY), CERTIFICATE);
    hostWith(reader(port, more), variables);
    await expect(readWith('reader')).resolves.toMatchObject({ status: 0, err: '' });
  });

  it.each([
    ['is not there', undefined, 'which cannot be read (ENOENT)'],
    [
      'holds none',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      'which holds no certificate.',
    ],
  ])('is said to be missing if its file %s', async (_what, content, message) => {
    const { port, asked } = await serveAws(documentOf(KEY), CERTIFICATE);
    const { bundle } = hostWith(reader(port, 'ca_bundle = BUNDLE\n'));
    if (content === undefined) rmSync(bundle);
    else writeFileSync(bundle, content);
    const { status, err } = await readWith('reader');
    expect(status).toBe(1);
    expect(err).toContain(': ca_bundle names ');
    expect(err).toContain(message);
    expect(asked).toEqual([]);
  });

  it('is read again when it has changed', async () => {
    const { port } = await serveAws(documentOf(KEY), CERTIFICATE);
    const { bundle } = hostWith(reader(port, 'ca_bundle = BUNDLE\n'));
    const credentials = rotatedCredentials({ secretId: 'alice', clientConfig: { profile: 'reader' } });
    writeFileSync(bundle, createAuthority('Another').cert);
    await expect(credentials()).rejects.toMatchObject({ code: 'not-readable' });
    writeFileSync(bundle, authority.cert);
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
    await expect(credentials()).resolves.toMatchObject(KEY);
    jest.restoreAllMocks();
  });
});

describe('the profile', () => {
  /** Reads with the profile `reader`, through a proxy, so that AWS's own names lead here. */
  const whatIsAsked = async (config: string, variables: Readonly<Record<string, string>> = {}) => {
    const { aws, proxy, url } = await aProxiedAws();
    hostWith(config, { HTTPS_PROXY: url, AWS_CA_BUNDLE: 'BUNDLE', ...variables });
    const result = await readWith('reader');
    return { ...result, tunnels: proxy.tunnels, asked: aws.asked };
  };

  it.each<[string, string, string]>([
    ['region', `region = ${REGION}\n`, HOST],
    ['use_fips_endpoint', 'region = us-east-1\nuse_fips_endpoint = true\n', FIPS],
    ['use_dualstack_endpoint', 'region = us-iso-east-1\nuse_dualstack_endpoint = true\n', DUAL_STACK],
  ])('determines the endpoint by %s', async (_what, settings, host) => {
    // The default profile, which is not meant, says something else.
    const config = `[default]\nregion = us-gov-west-1\n[profile reader]\n${READS}${settings}`;
    const { status, err, tunnels } = await whatIsAsked(config);
    expect({ status, err, tunnels }).toEqual({ status: 0, err: '', tunnels: [`${host}:443`] });
  });

  it.each([
    ['AWS_REGION before the others', { AWS_REGION: REGION, AWS_DEFAULT_REGION: 'us-east-2' }],
    ['AWS_DEFAULT_REGION, as the AWS CLI knows it', { AWS_DEFAULT_REGION: REGION }],
  ])('gives way to %s', async (_what, variables) => {
    const { status, tunnels } = await whatIsAsked(
      `[profile reader]\n${READS}region = us-east-1\n`,
      variables,
    );
    expect({ status, tunnels }).toEqual({ status: 0, tunnels: [`${HOST}:443`] });
  });

  it.each([
    ['for all services', (url: string) => `endpoint_url = ${url}\n`, {}, true],
    [
      'for this one',
      (url: string) =>
        `endpoint_url = http://127.0.0.1:9\nservices = mine\n[services mine]\nsecrets_manager =\n  endpoint_url = ${url}\n`,
      {},
      true,
    ],
    [
      'but not if they are to be ignored',
      (url: string) => `endpoint_url = ${url}\nignore_configured_endpoint_urls = true\n`,
      {},
      false,
    ],
    [
      'but not if the environment ignores them',
      (url: string) => `endpoint_url = ${url}\n`,
      { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
      false,
    ],
  ])('names the endpoint %s', async (_what, settings, variables, isAsked) => {
    const own = await serveAws(documentOf(KEY));
    const { status, err, asked } = await whatIsAsked(
      `[profile reader]\n${READS}region = ${REGION}\n${settings(`http://127.0.0.1:${own.port}`)}`,
      variables,
    );
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect([own.asked.length, asked.length]).toEqual(isAsked ? [1, 0] : [0, 1]);
  });

  it('gives way to the endpoint in the environment', async () => {
    const own = await serveAws(documentOf(KEY));
    hostWith(`[profile reader]\n${READS}region = ${REGION}\nendpoint_url = http://127.0.0.1:9\n`, {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${own.port}`,
    });
    await expect(readWith('reader')).resolves.toMatchObject({ status: 0 });
    expect(own.asked).toHaveLength(1);
  });

  it('may be a role, which is assumed by the same route', async () => {
    const { status, err, tunnels, asked } = await whatIsAsked(
      `[profile source]\n${READS}[profile reader]\nrole_arn = arn:aws:iam::111122223333:role/reader\n` +
        `source_profile = source\nregion = ${REGION}\n`,
    );
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(tunnels).toEqual([`${STS}:443`, `${HOST}:443`]);
    expect(asked.map(({ host, signer }) => [host, signer])).toEqual([
      [STS, READER],
      [HOST, 'ASIAROLEROLEROLE0000'],
    ]);
  });

  it.each(['in the profile', 'in the environment'])(
    'may be a role with endpoints of their own: %s',
    async (where) => {
      const [own, sts] = [await serveAws(documentOf(KEY)), await serveAws(documentOf(KEY))];
      const url = ({ port }: { readonly port: number }) => `http://127.0.0.1:${port}`;
      const services = `services = mine\n[services mine]\nsecrets_manager =\n  endpoint_url = ${url(own)}\nsts =\n  endpoint_url = ${url(sts)}\n`;
      hostWith(
        `[profile source]\n${READS}[profile reader]\nrole_arn = arn:aws:iam::111122223333:role/reader\n` +
          `source_profile = source\nregion = ${REGION}\nendpoint_url = http://127.0.0.1:9\n` +
          (where === 'in the profile' ? services : ''),
        where === 'in the profile'
          ? {}
          : { AWS_ENDPOINT_URL_SECRETS_MANAGER: url(own), AWS_ENDPOINT_URL_STS: url(sts) },
      );
      await expect(readWith('reader')).resolves.toMatchObject({ status: 0, err: '' });
      expect([sts.asked, own.asked].map((asked) => asked.map(({ signer }) => signer))).toEqual([
        [READER],
        ['ASIAROLEROLEROLE0000'],
      ]);
    },
  );

  it('may be a role that is assumed at an endpoint of FIPS', async () => {
    const { status, tunnels } = await whatIsAsked(
      `[profile source]\n${READS}[profile reader]\nrole_arn = arn:aws:iam::111122223333:role/reader\n` +
        'source_profile = source\nregion = us-east-1\nuse_fips_endpoint = true\n',
    );
    expect({ status, tunnels }).toEqual({ status: 0, tunnels: [`${STS_FIPS}:443`, `${FIPS}:443`] });
  });

  it('may be a role with an endpoint for all services', async () => {
    const own = await serveAws(documentOf(KEY));
    hostWith(
      `[profile source]\n${READS}[profile reader]\nrole_arn = arn:aws:iam::111122223333:role/reader\n` +
        `source_profile = source\nregion = ${REGION}\nendpoint_url = http://127.0.0.1:${own.port}\n`,
    );
    await expect(readWith('reader')).resolves.toMatchObject({ status: 0, err: '' });
    expect(own.asked.map(({ signer }) => signer)).toEqual([READER, 'ASIAROLEROLEROLE0000']);
  });

  const SSO_PROFILE =
    `[profile reader]\nsso_start_url = https://company.example/start\nsso_region = ${REGION}\n` +
    `sso_account_id = 111122223333\nsso_role_name = reader\nregion = ${REGION}\n`;
  const signIn = (home: string, expiresAt: string): void => {
    const folder = join(home, '.aws', 'sso', 'cache');
    const name = createHash('sha1').update('https://company.example/start').digest('hex');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${name}.json`), JSON.stringify({ accessToken: 'token', expiresAt }));
  };

  it('may be one of IAM Identity Center, which is asked by the same route', async () => {
    const { aws, proxy, url } = await aProxiedAws();
    const { home } = hostWith(SSO_PROFILE, { HTTPS_PROXY: url, AWS_CA_BUNDLE: 'BUNDLE' });
    signIn(home, '2099-01-01T00:00:00Z');
    await expect(readWith('reader')).resolves.toMatchObject({ status: 0, err: '' });
    expect(proxy.tunnels).toEqual([`${SSO}:443`, `${HOST}:443`]);
    expect(aws.asked.at(-1)).toMatchObject({ signer: 'ASIASSOSSOSSOSSO0000' });
  });

  it.each<[string, string, string]>([
    ['is not there', '', 'there is no profile reader in HOME/.aws/config or HOME/.aws/credentials.'],
    ['holds nothing', '[profile reader]\nregion = eu-west-1\n', 'it names no credentials.'],
    [
      'needs a code',
      `[profile source]\n${READS}[profile reader]\nrole_arn = arn:aws:iam::111122223333:role/reader\nsource_profile = source\nmfa_serial = arn:aws:iam::111122223333:mfa/bob\n`,
      'it asks for a code of an MFA device (mfa_serial), which cannot be entered here. Name a profile without one.',
    ],
    [
      'is not signed in',
      SSO_PROFILE,
      'its sign-in to IAM Identity Center is missing or has ended. Run aws sso login --profile reader.',
    ],
    [
      'runs a program that fails',
      '[profile reader]\ncredential_process = false\n',
      'its credential_process fails, or prints no credentials. Run that command by hand as this user, and look at what it says.',
    ],
    [
      'has a source that is not there',
      '[profile reader]\nrole_arn = arn:aws:iam::111122223333:role/reader\nsource_profile = none\n',
      'its role cannot be assumed: source_profile or credential_source leads to no credentials, or in a circle.',
    ],
    [
      'leads in a circle',
      '[profile reader]\nrole_arn = arn:aws:iam::111122223333:role/reader\nsource_profile = b\n[profile b]\nrole_arn = arn:aws:iam::111122223333:role/reader\nsource_profile = reader\n',
      'its role cannot be assumed: source_profile or credential_source leads to no credentials, or in a circle.',
    ],
    [
      'names no services',
      `[profile reader]\n${READS}services = none\nregion = eu-west-1\n`,
      'it says services = none, and there is no section [services none] in the config file.',
    ],
  ])('that %s is explained', async (_what, config, message) => {
    const { home } = hostWith(config, { AWS_REGION: REGION });
    const { status, err } = await readWith('reader');
    const says = message.replaceAll('HOME', home);
    expect({ status, err }).toEqual({
      status: 1,
      err: `The secret alice could not be read with the profile reader: ${says}\n`,
    });
  });

  it('that may not assume its role gets AWS’s reason', async () => {
    const { port } = await serveAws(documentOf(KEY), undefined, {
      AssumeRole: [
        'AccessDenied',
        'User: arn:aws:iam::111122223333:user/bob is not authorized to perform: sts:AssumeRole',
      ],
    });
    hostWith(
      `[profile source]\n${READS}[profile reader]\nrole_arn = arn:aws:iam::111122223333:role/reader\n` +
        `source_profile = source\nregion = ${REGION}\nendpoint_url = http://127.0.0.1:${port}\n`,
    );
    const { status, err } = await readWith('reader');
    expect({ status, err }).toEqual({
      status: 1,
      err:
        'The secret alice could not be read with the profile reader: AWS gives it no credentials: AccessDenied: User: ' +
        'arn:aws:iam::111122223333:user/bob is not authorized to perform: sts:AssumeRole.\n',
    });
  });

  it('that gets the key with --self also says where to ask', async () => {
    const { home } = hostWith('');
    const own = await serveAws(documentOf(KEY), CERTIFICATE);
    writeFileSync(
      join(home, '.aws', 'config'),
      `[profile app]\nregion = ${REGION}\nendpoint_url = https://localhost:${own.port}\nca_bundle = ${home}/authority.pem\n`,
    );
    writeFileSync(join(home, '.aws', 'credentials'), `[app]\n${READS}`);
    const args = ['credentials-file', '--secret-id', 'alice', '--write-profile', 'app', '--self'];
    await expect(run(...args)).resolves.toMatchObject({ status: 0, err: '' });
    expect(own.asked).toMatchObject([{ signer: READER, region: REGION }]);
  });

  it.each(['named', 'in AWS_PROFILE'])(
    'that does not exist is no reason to take other credentials: %s',
    async (how) => {
      const { home } = hostWith(`[default]\n${READS}region = ${REGION}\n`, {
        AWS_ACCESS_KEY_ID: READER,
        AWS_SECRET_ACCESS_KEY: 'secretOfTheReader0',
        ...(how !== 'named' && { AWS_PROFILE: 'none' }),
      });
      const { status, err } = await readWith(how === 'named' ? 'none' : undefined);
      expect(status).toBe(1);
      expect(err).toContain(`there is no profile none in ${home}`);
    },
  );
});
