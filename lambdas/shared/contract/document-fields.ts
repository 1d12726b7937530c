import type { SesSmtp } from './enrolment';

/*
 * Names of fields in the owner's document: those that the rotation writes, and those that make a long-term key unusable beside them.
 */

/**
 * Regions for which passwords are made and recognised: those that AWS has had, also where SES has no SMTP endpoint (yet). AWS General
 * Reference, "Amazon Simple Email Service endpoints and quotas", says where it has.
 */
export const SES_REGIONS = [
  'af-south-1',
  'ap-east-1',
  'ap-east-2',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-south-2',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-southeast-3',
  'ap-southeast-4',
  'ap-southeast-5',
  'ap-southeast-6',
  'ap-southeast-7',
  'ca-central-1',
  'ca-west-1',
  'cn-north-1',
  'cn-northwest-1',
  'eu-central-1',
  'eu-central-2',
  'eu-north-1',
  'eu-south-1',
  'eu-south-2',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'eusc-de-east-1',
  'il-central-1',
  'me-central-1',
  'me-south-1',
  'mx-central-1',
  'sa-east-1',
  'us-east-1',
  'us-east-2',
  'us-gov-east-1',
  'us-gov-west-1',
  'us-west-1',
  'us-west-2',
] as const;

/** What in the name of a field stands for the Region. */
export const REGION_IN_NAME = '{Region}';

/** The field that holds the password for a Region. */
export const passwordFieldOf = ({ passwordField }: SesSmtp, region: string): string =>
  passwordField.replaceAll(REGION_IN_NAME, region);

/** The fields that the form `credential-process` has, in this order. */
export const CREDENTIAL_PROCESS_FIELDS = [
  'Version',
  'AccessKeyId',
  'SecretAccessKey',
  'UserName',
  'CreateDate',
] as const;

/** Names by which SDKs, and the tools around them, know the token of temporary credentials, without case and marks. */
const SESSION_TOKEN = /^(aws|xamz|fss3a)?(session|security)token$/;

/** The same of when temporary credentials end. */
const EXPIRATION =
  /^(aws)?(credentials?|session)expir(ation|es|y)$|^(aws|x)?(session|security)tokenexpir(ation|es|y)$|^awsexpiration$/;

/**
 * What the endpoints of containers and instances call them. Others use these names for things of their own, so they count only
 * where the key has the names of these endpoints, too.
 */
const PLAIN: readonly string[] = ['token', 'expiration'];

/** Whether others use the name of a field of temporary credentials for things of their own. */
export const isPlainName = (name: string): boolean => PLAIN.includes(plainName(name));

/** In what SDKs read, case matters to some and not to others (Go's JSON), and files and variables have marks between the words. */
const plainName = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** Whether a field of this name may hold the token of temporary credentials. */
export const isSessionToken = (name: string): boolean => {
  const plain = plainName(name);
  return SESSION_TOKEN.test(plain) || plain === 'token' || plain === 'awstoken';
};

/** Whether a field of this name can say of credentials that they are temporary. */
export const isTemporaryField = (name: string): boolean => {
  const plain = plainName(name);
  return SESSION_TOKEN.test(plain) || EXPIRATION.test(plain) || PLAIN.includes(plain);
};
