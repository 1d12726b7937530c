/**
 * Takes the place of `@aws-sdk/credential-provider-node` in the bundles: the credentials of a function are in its
 * environment (Lambda Developer Guide, "Defined runtime environment variables"). The package would look for them in
 * profiles, SSO sessions, processes and instance metadata as well, and would be a quarter of a bundle.
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
