import { z } from 'zod';
import { isTemporaryField, REGION_IN_NAME, SES_REGIONS } from '../../lambdas/shared/contract/document-fields';
import { DOCUMENT_FORMS, type FieldNames } from '../../lambdas/shared/contract/enrolment';
import { nearest } from './nearest';
import type { Settings } from './setting';

/** The environment variables from which every AWS SDK takes a key. */
const ENVIRONMENT_VARIABLES: FieldNames = {
  accessKeyId: 'AWS_ACCESS_KEY_ID',
  secretAccessKey: 'AWS_SECRET_ACCESS_KEY',
};

/**
 * Names with a meaning of their own: the key's own, those by which the rotation tells its documents, and those of earlier releases,
 * apart.
 */
const RESERVED_FIELD_NAMES = ['AccessKeyId', 'SecretAccessKey', 'RotationId', 'kind'];

const FIELD_NAMES_FORM =
  '"environment", or {"accessKeyId": "...", "secretAccessKey": "..."} with two different names';

const fieldName = z
  .string('a name of 1 to 256 printable ASCII characters')
  .regex(/^[ -~]{1,256}$/, 'a name of 1 to 256 printable ASCII characters')
  .refine(
    (name) => !RESERVED_FIELD_NAMES.includes(name) && !isTemporaryField(name),
    `a name other than those that have a meaning already: ${RESERVED_FIELD_NAMES.join(', ')}, and those of temporary credentials, such as SessionToken and Expiration`,
  );

const twoNames = z
  .strictObject({ accessKeyId: fieldName, secretAccessKey: fieldName }, FIELD_NAMES_FORM)
  .refine((names) => names.accessKeyId !== names.secretAccessKey, FIELD_NAMES_FORM);

const { $schema: _dialect, ...twoNamesAsJson } = z.toJSONSchema(twoNames, { target: 'draft-7' });

// Not a union, whose problems would not say which of the names is wrong. So a JSON Schema is told what is taken.
const fieldNames = z
  .preprocess((value) => (value === 'environment' ? ENVIRONMENT_VARIABLES : value), twoNames)
  .meta({ anyOf: [{ const: 'environment' }, twoNamesAsJson] });

const SES_SMTP_FORM =
  '{"regions": ["eu-west-1"], "userField": "...", "passwordField": "..."}, with names of your own for the fields';
const SES_REGIONS_FORM = 'a list of at least one Region of SES, such as ["eu-west-1"]';

const sesSmtp = z
  .strictObject(
    {
      regions: z
        .array(z.enum(SES_REGIONS, 'the name of a Region, such as "eu-west-1"'), SES_REGIONS_FORM)
        .min(1, SES_REGIONS_FORM)
        .refine((regions) => new Set(regions).size === regions.length, 'a list that names no Region twice'),
      userField: fieldName,
      passwordField: fieldName,
    },
    SES_SMTP_FORM,
  )
  .refine(
    ({ regions, passwordField }) => new Set(regions).size < 2 || passwordField.includes(REGION_IN_NAME),
    {
      path: ['passwordField'],
      message: `a name with ${REGION_IN_NAME} in it, such as "smtpPassword-${REGION_IN_NAME}": each Region has a password of its own, and needs a field of its own`,
    },
  );

// Multi-Region keys have IDs of their own form (KMS Developer Guide, "Key identifiers").
const KMS_KEY_ARN =
  /^arn:aws[a-z-]*:kms:([a-z0-9-]+):\d{12}:key\/(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/;
const KMS_KEY_FORM =
  'the full ARN of a KMS key, such as "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"; no alias, which an IAM policy could not name';

const kmsKeyArn = z.string(KMS_KEY_FORM).regex(KMS_KEY_ARN, KMS_KEY_FORM);

/** The Region in the ARN of a KMS key. */
export const regionOfKey = (keyArn: string): string | undefined => KMS_KEY_ARN.exec(keyArn)?.[1];

/** A Region in which the secret has a replica. A declaration can spell it out, as it could not an interface's name. */
type ReplicaRegion = {
  readonly region: string;
  /** Full ARN of a KMS key in that Region. Undefined: that Region's key `aws/secretsmanager`. */
  readonly kmsKeyArn?: string | undefined;
};

const REPLICA_FORM =
  'the name of a Region, such as "eu-west-1", or {"region": "eu-west-1", "kmsKeyArn": "..."} with the full ARN of a KMS key';

/** The name of a Region. */
export const REGION_NAME = /^[a-z]{2,}(-[a-z]+)+-\d{1,2}$/;

const region = z.string(REPLICA_FORM).regex(REGION_NAME, REPLICA_FORM);

const replicaRegions = z
  .array(
    z
      .union([region, z.strictObject({ region, kmsKeyArn: kmsKeyArn.optional() })], REPLICA_FORM)
      .transform((entry): ReplicaRegion => (typeof entry === 'string' ? { region: entry } : entry))
      .refine(
        (replica) => replica.kmsKeyArn === undefined || regionOfKey(replica.kmsKeyArn) === replica.region,
        'a KMS key of the Region in which it encrypts the replica',
      ),
    'a list of Regions',
  )
  .refine(
    (replicas) => new Set(replicas.map((replica) => replica.region)).size === replicas.length,
    'a list that names no Region twice',
  );

const READERS = 'a list of ARNs of IAM roles and users, without wildcards';

/**
 * The policy of a secret has at most 20,480 characters (Secrets Manager quotas), and an ARN may have 609: a path of 512,
 * a name of 64 and what is before them.
 */
const MAX_READERS = 30;

const readers = z
  .array(
    z.string(READERS).regex(/^arn:aws[a-z-]*:iam::\d{12}:(role|user)\/[\w+=,.@/-]{1,576}$/, READERS),
    READERS,
  )
  .refine(
    (arns) => arns.length <= MAX_READERS,
    `a list of at most ${MAX_READERS} readers, for which a secret's policy has room`,
  )
  .refine((arns) => new Set(arns).size === arns.length, 'a list that names no reader twice');

const DENY_OTHERS = 'false, or {"breakGlass": ["arn:aws:iam::123456789012:role/break-glass"]}';
const BREAK_GLASS =
  'a list of 1 to 5 ARNs of IAM roles and users, or of the root user, without wildcards and none of them twice';

const breakGlass = z
  .array(
    z
      .string(BREAK_GLASS)
      .regex(/^arn:aws[a-z-]*:iam::\d{12}:(root|(role|user)\/[\w+=,.@/-]{1,576})$/, BREAK_GLASS),
    BREAK_GLASS,
  )
  .refine((arns) => arns.length >= 1 && arns.length <= 5 && new Set(arns).size === arns.length, BREAK_GLASS);

const denyOthers = z.union(
  [z.literal(false), z.strictObject({ breakGlass }, DENY_OTHERS)],
  `${DENY_OTHERS}, with ${BREAK_GLASS}`,
);

const PAUSE_AT_FIRST =
  'false, or the reason, in 1 to 256 letters, digits, spaces and _.:/=+-@, which the value of a tag may have';

// The value of a tag: Secrets Manager API, TagResource, "Generally allowed characters".
const pauseAtFirst = z.union(
  [z.literal(false), z.string().regex(/^(?=.*\S)[\p{L}\p{N}\p{Zs}_.:/=+@-]{1,256}$/u, PAUSE_AT_FIRST)],
  PAUSE_AT_FIRST,
);

/** Settings of the secret itself. */
export const SECRET = {
  document: {
    schema: z.enum(DOCUMENT_FORMS, '"credential-process" or "named-fields"'),
    meaning:
      'Which fields the rotation writes: "credential-process", those of credential_process; "named-fields", ID and secret alone.',
    byDefault: '"credential-process"; beside existingSecret, "named-fields"',
    meant: (given) => nearest(given, DOCUMENT_FORMS),
  },
  fieldNames: {
    schema: fieldNames,
    meaning:
      'Your names for ID and secret, beside the fields of document or alone: "environment" (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), or {"accessKeyId": "...", "secretAccessKey": "..."}.',
    byDefault: 'AccessKeyId and SecretAccessKey',
    refused: 'one name for both; a name that the document has for something else',
    meant: (given) => nearest(given, ['environment']),
  },
  sesSmtp: {
    schema: sesSmtp,
    meaning:
      'User name and passwords for SES\'s SMTP interface: the Regions of its endpoints and the fields to write to, {"regions": ["eu-west-1"], "userField": "...", "passwordField": "..."}. {Region} in passwordField stands for the Region.',
    refused:
      'several Regions without {Region} in passwordField; a name that the document has for something else',
    meant: (given) => nearest(given, SES_REGIONS),
  },
  kmsKeyArn: {
    schema: kmsKeyArn,
    meaning:
      "Full ARN of a KMS key in the secret's Region. The stack creates its secret with it; an existing secret uses it already.",
    byDefault: 'aws/secretsmanager',
    refused: 'an alias; a key of another Region',
  },
  replicaRegions: {
    schema: replicaRegions,
    builtIn: [],
    meaning:
      'Regions to replicate the secret to: "eu-west-1", or {"region": "eu-west-1", "kmsKeyArn": "..."} with a KMS key of that Region.',
    refused: "the secret's own Region; a Region twice; another partition",
  },
  readers: {
    schema: readers,
    builtIn: [],
    meaning: `Up to ${MAX_READERS} ARNs of IAM roles and users, of any account, that the secret's resource policy lets read it.`,
    byDefault: 'no policy is attached',
    refused:
      'wildcards and whole accounts; readers beside existingSecret, whose own policy they would replace',
  },
  /**
   * Whether the secret's resource policy denies its value and labels to all but steps, readers and `breakGlass`, 1 to 5 ARNs.
   *
   * @default - `false`: nobody is denied
   */
  denyOthers: {
    schema: denyOthers,
    builtIn: false,
    meaning:
      '{"breakGlass": ["arn:aws:iam::123456789012:role/break-glass"]}: the secret\'s resource policy denies to read or write a value, or to move labels, to all but the steps, readers, and up to 5 IAM roles or users, or the root user, of the stack\'s account for the day when nothing else helps. Consumers that are not among readers lose their access.',
    refused:
      'no ARN at all; wildcards; another account; beside existingSecret, whose own policy it would replace',
  },
  /**
   * Why the user is paused from the moment in which the stack creates the secret: the value of a tag, 1 to 256 characters.
   *
   * @default - `false`: not paused
   */
  pauseAtFirst: {
    schema: pauseAtFirst,
    builtIn: false,
    meaning:
      'The reason why this user is paused when the stack creates the secret, until somebody takes the tag rotation-paused off the secret. Users whose secret exists are not paused by it.',
    refused: 'beside existingSecret, which the stack does not create: there, paused pauses the user',
  },
} as const satisfies Settings;
