import type { HostProfile } from './profile';

/** Where the credentials of a profile come from. */
export type Source =
  /** A key in the file with the credentials. */
  | 'key-in-credentials'
  /** A key in the file with the configuration. */
  | 'key-in-config'
  | 'credential-process'
  | 'role'
  | 'web-identity'
  | 'identity-center'
  | 'login';

/** How messages name a source. */
export const SOURCE_NAMES: Readonly<Record<Source, string>> = {
  'key-in-credentials': 'the key in the credentials file',
  'key-in-config': 'the key in the config file',
  'credential-process': 'its credential_process',
  role: 'the role that it assumes (role_arn)',
  'web-identity': 'the role that it assumes with a token file (web_identity_token_file)',
  'identity-center': 'IAM Identity Center (sso_...)',
  login: 'aws login (login_session)',
};

type Values = Readonly<Record<string, string | undefined>>;

const has = (values: Values, ...names: readonly string[]): boolean =>
  names.some((name) => values[name] !== undefined);

const hasKey = (values: Values = {}): boolean =>
  values.aws_access_key_id !== undefined && values.aws_secret_access_key !== undefined;

/** Programs whose rules are known here. */
export type Program = 'SDK for JavaScript' | 'AWS CLI and Python';

/**
 * The sources, in the order in which a program looks for them. The SDK for JavaScript: `resolveProfileData`
 * of `@aws-sdk/credential-provider-ini`, which does not care in which file a setting is. botocore, and with
 * it the AWS CLI: `ProfileProviderBuilder`.
 */
const ORDER: Readonly<Record<Program, readonly Source[]>> = {
  'SDK for JavaScript': [
    ...(['role', 'key-in-credentials', 'key-in-config', 'web-identity'] as const),
    ...(['credential-process', 'identity-center', 'login'] as const),
  ],
  'AWS CLI and Python': [
    ...(['role', 'web-identity', 'identity-center', 'key-in-credentials'] as const),
    ...(['login', 'credential-process', 'key-in-config'] as const),
  ],
};

/** All sources of credentials that a profile names. */
export const sourcesIn = ({ config, credentials }: HostProfile): ReadonlySet<Source> => {
  const all = { ...config, ...credentials };
  const isHalf = !hasKey(credentials) && hasKey(all);
  const named: Readonly<Record<Source, boolean>> = {
    'key-in-credentials': hasKey(credentials),
    'key-in-config': hasKey(config) || isHalf,
    'credential-process': has(all, 'credential_process'),
    role: has(all, 'role_arn') && !has(all, 'web_identity_token_file'),
    'web-identity': has(all, 'role_arn') && has(all, 'web_identity_token_file'),
    'identity-center': has(all, 'sso_account_id', 'sso_role_name', 'sso_session', 'sso_start_url'),
    login: has(all, 'login_session'),
  };
  return new Set((Object.keys(named) as Source[]).filter((source) => named[source]));
};

/** These sources, in the order in which a program looks for them. */
export const inOrderOf = (program: Program, sources: ReadonlySet<Source>): readonly Source[] =>
  ORDER[program].filter((source) => sources.has(source));

/** The source that a program takes; undefined if there is none. */
export const sourceTaken = (sources: ReadonlySet<Source>, program: Program): Source | undefined =>
  inOrderOf(program, sources)[0];

/** All programs whose rules are known here. */
export const PROGRAMS = Object.keys(ORDER) as readonly Program[];
