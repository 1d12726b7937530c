export { type ProblemCode, RotatedCredentialsError } from './ground/problems';
export type { AccessKey, FieldNames } from './library/key-document';
export type { AwsClient } from './library/refused-call';
export {
  type AskOptions,
  type RotatedCredentials,
  type RotatedCredentialsOptions,
  type RotatedIdentity,
  rotatedCredentials,
} from './library/rotated-credentials';
export type { Bootstrap } from './library/secret-reader';
