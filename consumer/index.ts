export type { AccessKey, FieldNames } from './key-document';
export { type ProblemCode, RotatedCredentialsError } from './problems';
export type { AwsClient } from './refused-call';
export {
  type AskOptions,
  type RotatedCredentials,
  type RotatedCredentialsOptions,
  type RotatedIdentity,
  rotatedCredentials,
} from './rotated-credentials';
export type { Bootstrap } from './secret-reader';
