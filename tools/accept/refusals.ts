import type { Thing } from '../../test/contract/kinds';

/** Where the SDK would send requests, as the environment says: the variables, and their values. */
export const endpointsIn = (
  environment: Readonly<Record<string, string | undefined>>,
): readonly (readonly [string, string])[] =>
  Object.entries(environment).filter(
    (entry): entry is [string, string] => /^AWS_ENDPOINT_URL(_|$)/.test(entry[0]) && !!entry[1],
  );

/**
 * What the SDK and the CDK must find in the environment, so that requests go where it was judged that they go: profiles name endpoints,
 * too, for all services or for some.
 */
export const endpointSettings = (isRehearsal: boolean): Readonly<Record<string, string>> => ({
  AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: String(!isRehearsal),
});

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

const isLoopback = (url: string): boolean => URL.canParse(url) && LOOPBACK.test(new URL(url).hostname);

/**
 * Why a run must not begin with these endpoints; undefined if it may. Credentials must go to AWS and nowhere else, and what an
 * emulator answers must not pass for an answer of AWS.
 *
 * @param isRehearsal - The command line says what is known of an emulator.
 */
export const refusedEndpoints = (
  endpoints: readonly (readonly [string, string])[],
  isRehearsal: boolean,
): string | undefined => {
  const [elsewhere] = endpoints.filter(([, url]) => !isLoopback(url));
  if (elsewhere !== undefined) {
    return `${elsewhere[0]} leads to ${elsewhere[1]}, which is neither AWS nor on this machine. Nothing was sent. Unset it.`;
  }
  const [here] = endpoints;
  if (here !== undefined && !isRehearsal) {
    return `${here[0]} leads to an emulator at ${here[1]}: a run there says nothing of AWS. Nothing was sent. Unset it.`;
  }
  // One service alone would leave all others to AWS.
  if (isRehearsal && !endpoints.some(([name]) => name === 'AWS_ENDPOINT_URL')) {
    return '--rehearsal is for an emulator on this machine, and AWS_ENDPOINT_URL names none. Nothing was sent.';
  }
  return undefined;
};

/** Why a run must not begin in this account; undefined if it may. */
export const refusedAccount = (wanted: string, found: string): string | undefined =>
  wanted === found
    ? undefined
    : `The credentials are of the account ${found}, and --account names ${wanted}. Nothing was created.`;

/** Why a run must not begin beside what is there; undefined if it may. */
export const refusedNames = (prefix: string, there: readonly Thing[]): string | undefined =>
  there.length === 0
    ? undefined
    : `Something is there whose name begins with ${prefix}: ${there.map(({ what, name }) => `${what} ${name}`).join(', ')}. Nothing was created. Start again: each run has a name of its own.`;

/** Why statements must not be put beside what others have left; undefined if they may. */
export const refusedLeftovers = (
  { account, region }: { readonly account: string; readonly region: string },
  there: readonly Thing[],
): string | undefined =>
  there.length === 0
    ? undefined
    : `Statements of another run are under way here, or have left something, or that cannot be seen: ${there.map(({ what, name }) => `${what} ${name}`).join(', ')}. Nothing was created. If no run is under way: npm run accept -- --account ${account} --region ${region} --clean`;

/** The role with which the CDK deploys, by the defaults of its bootstrap. */
export const bootstrapRole = (account: string, region: string): string =>
  `cdk-hnb659fds-deploy-role-${account}-${region}`;

/** Why nothing can be deployed where that role is missing. */
export const notBootstrapped = (account: string, region: string): string =>
  `The CDK is not bootstrapped here: there is no role ${bootstrapRole(account, region)}. Nothing was created. Once per account and Region: npx cdk bootstrap aws://${account}/${region}`;
