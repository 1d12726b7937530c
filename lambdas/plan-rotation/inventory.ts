import type { EnrolledUser } from '../shared/contract/enrolment';
import type { RotationErrorName, SpokenRefusal } from '../shared/contract/errors';
import { describeKeys } from '../shared/findings/situation';
import { describeStranger, type Stranger } from '../shared/findings/whose-key';
import type { SecretDescription } from '../shared/gateways/secret-gateway';
import type { AccessKey } from '../shared/rotation/access-key';
import { someOf } from '../shared/text/bounded';
import * as commands from '../shared/text/commands';
import { mask } from '../shared/text/mask';
import type { Damage } from './damage';

/*
 * What is configured, and what consumers read, compared with what is there: what would make a rotation fail later, or do
 * harm, is found before a key is created.
 */

interface Found {
  readonly enrolled: EnrolledUser;
  readonly keys: readonly AccessKey[];
  readonly secret: SecretDescription;
}

const refuse = (
  error: RotationErrorName,
  keys: readonly AccessKey[],
  what: string,
  next: string,
): SpokenRefusal => ({
  kind: 'refuse',
  error,
  reason: `${what} Nothing was changed. ${describeKeys(keys)} ${next}`,
});

/** The Region and the account of an ARN; undefined for a name. */
const placeOf = (arn: string): string | undefined => /^arn:[^:]+:[^:]+:([^:]+:[^:]+):/.exec(arn)?.[1];

/** Where a secret is of which only a replica is here; undefined when it is itself here. */
export const primaryElsewhere = (
  { primaryRegion }: Pick<SecretDescription, 'primaryRegion'>,
  executionArn: string,
): string | undefined => {
  const [region] = placeOf(executionArn)?.split(':') ?? [];
  return primaryRegion === region || region === undefined ? undefined : primaryRegion;
};

/** Where the secret is by its ARN, when that is not where the rotation is: nothing can be found there from here. */
export const elsewhere = (
  secretId: string,
  executionArn: string,
): { readonly there: string; readonly here: string } | undefined => {
  const there = placeOf(secretId);
  const here = placeOf(executionArn);
  if (there === undefined || here === undefined || there === here) return undefined;
  const inWords = (place: string): string => {
    const [region, account] = place.split(':');
    return `${region}, account ${account}`;
  };
  return { there: inWords(there), here: inWords(here) };
};

/** Consumers of somebody else read the secret: nothing may take the place of their key. */
export const refuseStranger = ({ enrolled, keys }: Found, stranger: Stranger): SpokenRefusal => {
  const { userName, secretId } = enrolled;
  return refuse(
    'SecretConflict',
    keys,
    `${describeStranger(stranger, userName)} A rotation would overwrite it in ${secretId}.`,
    `If the secret is somebody else's, give ${userName} another one (existingSecret in the configuration) and deploy. If the key does not ` +
      `belong there, put one of ${userName}'s into the secret, or none (${commands.emptySecret(secretId)}). Then start again.`,
  );
};

/** Told even when no rotation is due: consumers may be without a key. */
export const refuseDamaged = ({ enrolled, keys }: Found, damage: Damage): SpokenRefusal => {
  const { userName, secretId } = enrolled;
  const { kind, accessKeyId, goodVersionId, currentVersionId } = damage;
  const name = mask(accessKeyId);
  return refuse(
    'SecretConflict',
    keys,
    kind === 'emptied'
      ? `AWSCURRENT of ${secretId} holds no key any more: it has held ${name}, which ${userName} still has. Whoever reads the secret now ` +
          'gets no key.'
      : `AWSCURRENT of ${secretId} holds ${name} with another secret access key than the one that was stored for it. AWS refuses what ` +
          'whoever reads the secret now signs with it.',
    `No rotation is due that would mend it. Look at who has edited the secret. To bring back what was stored: ` +
      `${commands.moveCurrent(secretId, { from: currentVersionId, to: goodVersionId })}. To get another key instead, start ` +
      `${commands.executionInput({ userName })}.`,
  );
};

/** A replica that is configured and not there, or broken, would hold its Region's consumers on the old key. */
export const refuseReplicas = ({ enrolled, keys, secret }: Found): SpokenRefusal | undefined => {
  const { replicaStatus } = secret;
  const missing = (enrolled.replicaRegions ?? [])
    .map(({ region }) => region)
    .filter((region) => !replicaStatus.has(region));
  const failed = [...replicaStatus].filter(([, status]) => status === 'Failed').map(([region]) => region);
  const wrong = [
    ...(missing.length > 0
      ? [
          `has no replica in ${missing.join(', ')}, where the configuration wants one: it was promoted or removed`,
        ]
      : []),
    ...(failed.length > 0 ? [`has a replica that failed, in ${failed.join(', ')}`] : []),
  ];
  if (wrong.length === 0) return undefined;
  return refuse(
    'EnrolmentConflict',
    keys,
    `The secret ${enrolled.secretId} ${wrong.join(', and ')}. Consumers there would keep the old key until it fails.`,
    `See docs/runbook.md, "EnrolmentConflict"; then start again.`,
  );
};

/** What is configured and not there, or, with the problem, cannot be read and will not be by itself. */
export interface Missing {
  readonly name: string;
  readonly problem?: string;
}

const inWords = ({ name, problem }: Missing): string =>
  problem === undefined
    ? `${name} (there is no metric alarm of that name in this account and Region)`
    : `${name} (it cannot be read: ${problem})`;

/** Without a word from each alarm no adoption is ever confirmed. */
export const refuseAlarms = (
  { enrolled, keys }: Found,
  missingAlarms: readonly Missing[] | undefined,
): SpokenRefusal | undefined =>
  missingAlarms === undefined || missingAlarms.length === 0
    ? undefined
    : refuse(
        'EnrolmentConflict',
        keys,
        `healthAlarms of ${enrolled.userName} names what has no word to give: ${someOf(missingAlarms.map(inWords))}. No old key is ` +
          'set Inactive without it, so a rotation would only wait.',
        'Create the alarm, or correct healthAlarms in the configuration and deploy; then start again.',
      );

/** Nor without the validator's. */
export const refuseValidator = (
  { enrolled, keys }: Found,
  missingValidator: Missing | undefined,
): SpokenRefusal | undefined => {
  if (missingValidator === undefined) return undefined;
  const { name, problem } = missingValidator;
  const [what, next] =
    problem === undefined
      ? [
          'there is no such function in this account and Region',
          'Create the function, or correct validator in the configuration and deploy',
        ]
      : [
          `whether there is such a function cannot be read: ${problem}`,
          'See that the role of plan-rotation may call lambda:GetFunctionConcurrency on it, or correct validator in the configuration and deploy',
        ];
  return refuse(
    'EnrolmentConflict',
    keys,
    `validator of ${enrolled.userName} is ${name}, and ${what}. No old key is set Inactive without its word, so a rotation ` +
      'would only wait.',
    `${next}; then start again.`,
  );
};
