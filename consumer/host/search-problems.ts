import { describeError, HostProblem } from '../ground/problems';
import { shellOption } from '../ground/shell-word';
import { type Source, sourcesIn, sourceTaken } from './credential-source';
import type { HostProfile } from './profile';

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** What is wrong, by where the credentials would come from. No value of the profile is repeated. */
const REASONS: Readonly<Record<Source, (name: string) => string>> = {
  'key-in-credentials': () => 'its key cannot be used',
  'key-in-config': () => 'its key cannot be used',
  'credential-process': () =>
    'its credential_process fails, or prints no credentials. Run that command by hand as this user, and look at what ' +
    'it says',
  role: () =>
    'its role cannot be assumed: source_profile or credential_source leads to no credentials, or in a circle',
  'web-identity': () => 'its role cannot be assumed: web_identity_token_file holds no usable token',
  'identity-center': (name) =>
    `its sign-in to IAM Identity Center is missing or has ended. Run aws sso login ${shellOption('profile', name)}`,
  login: (name) => `its sign-in is missing or has ended. Run aws login ${shellOption('profile', name)}`,
};

/** Only a person can use a profile that asks for a code. */
const needsCode = ({ config, credentials }: HostProfile): boolean =>
  (config?.mfa_serial ?? credentials?.mfa_serial) !== undefined;

/**
 * Why the search for the credentials of a profile has found none, in words that say what to do. The SDK names
 * the last place where it looked, which is seldom the one that matters.
 */
export const explainSearch = (error: unknown, profile: HostProfile): Error => {
  const { name, $fault } = record(error);
  const isSearch = name === 'CredentialsProviderError' || name === 'TokenProviderError';
  if (error instanceof HostProblem || (!isSearch && $fault === undefined)) return error as Error;
  const source = sourceTaken(sourcesIn(profile), 'SDK for JavaScript');
  if (source === undefined) return new HostProblem('it names no credentials');
  if (!isSearch) {
    // STS or IAM Identity Center has answered, and says why.
    return new HostProblem(`AWS gives it no credentials: ${describeError(error)}`);
  }
  if (source === 'role' && needsCode(profile)) {
    return new HostProblem(
      'it asks for a code of an MFA device (mfa_serial), which cannot be entered here. Name a profile without one',
    );
  }
  return new HostProblem(REASONS[source](profile.name));
};
