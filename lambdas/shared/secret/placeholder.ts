/**
 * The value of a new user's secret until the first rotation has published a key.
 *
 * Frozen: Secrets Manager makes the first version that is ever put into a secret AWSCURRENT, whatever labels
 * were asked for, so a secret must start with a value that no consumer can mistake for a key. A consumer that
 * reads it finds no AccessKeyId and fails with a clear error.
 */
export const PLACEHOLDER_SECRET_STRING =
  '{"Version":1,"kind":"placeholder","message":"No access key has been published yet: start a rotation for this user."}';
