import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { getProfileName, loadSharedConfigFiles } from '@smithy/core/config';
import { HttpProxyAgent, HttpsProxyAgent } from 'hpagent';
import { HostProblem } from '../ground/problems';
import { sourcesIn, sourceTaken } from './credential-source';
import type { HostProfile, Properties } from './profile';

/**
 * What this host says about the way to AWS: proxies, certificates, and the settings of a profile. The SDK for
 * JavaScript reads some of it by itself, the AWS CLI all of it. Every call to AWS from here follows these
 * rules. The global agents of the process stay as they are: they belong to the application.
 */

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The lower-case variable wins, if there is one; if it is empty, it switches the other one off, as in Python.
 */
const variable = (environment: Environment, name: string): string | undefined => {
  const lower = environment[name.toLowerCase()];
  return (lower === undefined ? environment[name.toUpperCase()] : lower) || undefined;
};

/** Whether the host, or a domain that it is in, is exempt from the proxy. */
const isExempt = (noProxy: string, { hostname, host }: URL): boolean =>
  noProxy.trim() === '*' ||
  noProxy
    .split(',')
    .map((name) => name.trim().replace(/^\.+/, '').toLowerCase())
    .some(
      (name) => name !== '' && [hostname, host].some((asked) => asked === name || asked.endsWith(`.${name}`)),
    );

/**
 * The proxy through which the AWS CLI would send this request; undefined for none. It follows HTTPS_PROXY,
 * HTTP_PROXY and NO_PROXY as botocore reads them: names in NO_PROXY include their subdomains, and a proxy
 * without a scheme is an HTTP one.
 */
export const proxyFor = (url: URL, environment: Environment = process.env): string | undefined => {
  // A client of a CGI script can set the script's variable HTTP_PROXY with a header.
  const isForeign = url.protocol === 'http:' && environment.REQUEST_METHOD !== undefined;
  const name = `${url.protocol.replace(':', '')}_proxy`;
  const proxy = isForeign ? environment[name] || undefined : variable(environment, name);
  if (proxy === undefined || isExempt(variable(environment, 'no_proxy') ?? '', url)) return undefined;
  if (/^https?:/.test(proxy)) return proxy;
  return proxy.startsWith('//') ? `http:${proxy}` : `http://${proxy}`;
};

/** Reads a profile again: by default the one that AWS_PROFILE names, or `default`. */
export const hostProfile = async (profile: string | undefined): Promise<HostProfile> => {
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ ignoreCache: true });
  const name = getProfileName({ ...(profile !== undefined && { profile }) });
  const [config, credentials] = [configFile[name], credentialsFile[name]];
  const named = config?.services ?? credentials?.services;
  return { name, config, credentials, services: named === undefined ? {} : configFile[`services.${named}`] };
};

/**
 * The settings of both files. If they differ, the SDK's rule for settings that are not credentials decides.
 */
const settingsOf = ({ config, credentials }: HostProfile): Properties => ({ ...credentials, ...config });

/** The certificates to trust instead of those of Node.js; undefined for those of Node.js. */
const authorities = async (profile: string | undefined): Promise<string | undefined> => {
  const { AWS_CA_BUNDLE, REQUESTS_CA_BUNDLE } = process.env;
  const { ca_bundle } = AWS_CA_BUNDLE ? {} : settingsOf(await hostProfile(profile));
  // In the order of botocore.
  const [source, path] = Object.entries({ AWS_CA_BUNDLE, ca_bundle, REQUESTS_CA_BUNDLE }).find(
    ([, value]) => value,
  ) ?? [undefined, undefined];
  if (source === undefined || path === undefined) return undefined;
  let ca: string;
  try {
    ca = await readFile(path, 'utf8');
  } catch (error) {
    throw new HostProblem(
      `${source} names ${path}, which cannot be read (${(error as NodeJS.ErrnoException).code})`,
    );
  }
  try {
    // If this is not a certificate, Node.js ignores it and then trusts no server.
    new X509Certificate(ca);
  } catch {
    throw new HostProblem(`${source} names ${path}, which holds no certificate`);
  }
  return ca;
};

/** The proxy without the password that it may contain. */
const nameOf = (proxy: URL): string => `${proxy.protocol}//${proxy.host}`;

const parsedProxy = (proxy: string, scheme: string): URL => {
  const name = `${scheme.toUpperCase()}_PROXY`;
  // The value may contain a password, so it is not shown.
  if (!URL.canParse(proxy)) throw new HostProblem(`${name} is not the URL of a proxy`);
  return new URL(proxy);
};

const explainedProxy = (error: Error, proxy: URL): HostProblem => {
  const status = /^Bad response: (\d+)$/.exec(error.message)?.[1];
  const { code } = error as NodeJS.ErrnoException;
  const answer =
    status === undefined
      ? `cannot be reached (${code ?? error.message})`
      : `answered ${status}${status === '407' ? ': it requires a user name and a password' : ''}`;
  return new HostProblem(`the proxy ${nameOf(proxy)} ${answer}`, code);
};

type Connected = (error: Error | null, socket: Duplex) => void;
type Options = https.AgentOptions & http.ClientRequestArgs;
type Connect = (options: Options, connected?: Connected) => Duplex | null | undefined;

/** A method of both agents of Node.js that their types do not declare. */
const connectOf = (agent: http.Agent): Connect =>
  (agent as unknown as { createConnection: Connect }).createConnection.bind(agent);

/** Connects directly, or through the proxy that the host names for this destination at that moment. */
const connect = async (
  scheme: 'http' | 'https',
  profile: string | undefined,
  straight: Connect,
  options: Options,
  connected: Connected,
): Promise<void> => {
  const isNumeric = options.host?.includes(':') === true;
  const to = new URL(`${scheme}://${isNumeric ? `[${options.host}]` : options.host}:${options.port}`);
  const proxy = proxyFor(to);
  const isSecret = scheme === 'https' || proxy?.startsWith('https:') === true;
  const ca = isSecret ? await authorities(profile) : undefined;
  const trusting = { ...options, ...(ca !== undefined && { ca }) };
  if (proxy === undefined) {
    const socket = straight(trusting);
    if (socket) connected(null, socket);
    return;
  }
  const named = parsedProxy(proxy, scheme);
  const Agent = scheme === 'https' ? HttpsProxyAgent : HttpProxyAgent;
  const agent = new Agent({
    keepAlive: true,
    proxy: named,
    ...(ca !== undefined && { proxyRequestOptions: { ca: [ca] } }),
  });
  connectOf(agent)(trusting, (error, socket) =>
    connected(error === null ? null : explainedProxy(error, named), socket),
  );
};

const AGENT = { keepAlive: true, maxSockets: 50 } as const;

const agentOf = (scheme: 'http' | 'https', profile: string | undefined): http.Agent => {
  const agent: http.Agent = scheme === 'https' ? new https.Agent(AGENT) : new http.Agent(AGENT);
  const straight = connectOf(agent);
  const createConnection = (options: Options, connected: Connected): undefined => {
    connect(scheme, profile, straight, options, connected).catch((error: Error) =>
      connected(error, undefined as unknown as Duplex),
    );
  };
  return Object.assign(agent, { createConnection });
};

/** How the SDK reaches AWS from this host. For the clients' setting `requestHandler`. */
const hostHandler = (
  profile: string | undefined,
): { readonly httpAgent: http.Agent; readonly httpsAgent: https.Agent } => ({
  httpAgent: agentOf('http', profile),
  httpsAgent: agentOf('https', profile) as https.Agent,
});

/** Variables that name the endpoint of a service which gives credentials. The SDK reads them by itself. */
const NAMES_ENDPOINT = /^AWS_ENDPOINT_URL(_STS|_SSO|_SSO_OIDC|_SIGNIN)?$/;

/**
 * The endpoints that the environment names, or else the profile: for this service, and for the one that gives
 * the credentials.
 */
const endpoints = (
  profile: HostProfile,
  service: string,
): { readonly own?: string | undefined; readonly giver?: string | undefined } => {
  const environment: Environment = process.env;
  const { endpoint_url, ignore_configured_endpoint_urls, services } = settingsOf(profile);
  const ignored = environment.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS ?? ignore_configured_endpoint_urls;
  if (ignored?.toLowerCase() === 'true') return {};
  if (profile.services === undefined) {
    throw new HostProblem(
      `it says services = ${services}, and there is no section [services ${services}] in the config file`,
    );
  }
  const inProfile = (name: string) => profile.services?.[`${name}.endpoint_url`] || endpoint_url;
  const isInEnvironment = Object.keys(environment).some(
    (name) => NAMES_ENDPOINT.test(name) && environment[name],
  );
  const source = sourceTaken(sourcesIn(profile), 'SDK for JavaScript');
  return {
    own:
      environment[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ||
      environment.AWS_ENDPOINT_URL ||
      inProfile(service),
    giver: isInEnvironment ? undefined : inProfile(source === 'identity-center' ? 'sso' : 'sts'),
  };
};

/**
 * The Region that the environment names under the AWS CLI's own name, which the SDK for JavaScript does not
 * know.
 */
const defaultRegion = ({ AWS_REGION, AWS_DEFAULT_REGION }: Environment = process.env): string | undefined =>
  AWS_REGION ? undefined : AWS_DEFAULT_REGION || undefined;

/** Settings that the SDK passes to its credential providers, though a client does not declare them. */
export interface ProviderSettings {
  /**
   * Reads ~/.aws/config and ~/.aws/credentials again for the search for credentials; by default they are read
   * once in the life of a process (`SharedConfigInit`).
   */
  readonly ignoreCache?: true;
  /** Settings of the clients of STS and of IAM Identity Center that get credentials for a profile. */
  readonly clientConfig?: Readonly<Record<string, unknown>>;
}

/** The settings of a client, of any service, that depend on the host. */
interface Reach {
  readonly profile?: string | undefined;
  readonly region?: unknown;
  readonly endpoint?: unknown;
  readonly requestHandler?: unknown;
}

/** Settings of a client as this host defines them. The given ones win. */
export const hostConfig = <Given extends Reach>(given: Given): Given & ProviderSettings => {
  const region = defaultRegion();
  const { requestHandler: own, profile } = given;
  // An object without a method `handle` holds settings for the SDK's own handler.
  const isHandler = typeof (own as { readonly handle?: unknown } | undefined)?.handle === 'function';
  const requestHandler = isHandler ? own : { ...hostHandler(profile), ...(own as object | undefined) };
  return {
    ...(region !== undefined && { region }),
    ...given,
    requestHandler,
    clientConfig: { requestHandler, ...(profile !== undefined && { profile }) },
  };
};

/** The same, with what the profile says about endpoints at this moment. */
export const hostConfigNow = async <Config extends Reach & ProviderSettings>(
  config: Config,
  service = 'secrets_manager',
): Promise<Config> => {
  const { profile, endpoint, clientConfig } = config;
  if (profile === undefined || endpoint !== undefined) return config;
  const { own, giver } = endpoints(await hostProfile(profile), service);
  return {
    ...config,
    ...(own !== undefined && { endpoint: own }),
    ...(giver !== undefined && { clientConfig: { ...clientConfig, endpoint: giver } }),
  };
};

/** Both for a client of another service, with profiles that are read again. */
export const clientConfigNow = <Given extends Reach>(
  given: Given,
  service: string,
): Promise<Given & ProviderSettings> => hostConfigNow({ ...hostConfig(given), ignoreCache: true }, service);

/** The Region that the AWS CLI would use for a profile. */
export const regionOf = (profile: HostProfile): string | undefined =>
  process.env.AWS_REGION || defaultRegion() || settingsOf(profile).region;
