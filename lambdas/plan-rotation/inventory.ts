import type { EnrolledUser } from '../shared/contract/enrolment';
import type { Refusal, RotationErrorName } from '../shared/contract/errors';
import type { Stranger } from '../shared/findings/whose-key';
import type { SecretDescription } from '../shared/gateways/secret-gateway';
import type { Damage } from './damage';

/*
 * What is configured, and what consumers read, compared with what is there: what would make a rotation fail later, or do
 * harm, is found before a key is created.
 */

/** What is configured and not there, or, with the problem, cannot be read and will not be by itself. */
export interface Missing {
  readonly name: string;
  readonly problem?: string;
}

/** What is not as it should be. */
export type InventoryWhy =
  /** The key in AWSCURRENT is somebody else's. */
  | { readonly code: 'strangers-key'; readonly stranger: Stranger }
  /** AWSCURRENT has lost its key. */
  | { readonly code: 'damaged-secret'; readonly damage: Damage }
  /** By their Regions: replicas that are configured and not there, and those that failed. */
  | {
      readonly code: 'broken-replicas';
      readonly missing: readonly string[];
      readonly failed: readonly string[];
    }
  | { readonly code: 'missing-alarms'; readonly alarms: readonly Missing[] }
  | { readonly code: 'missing-validator'; readonly validator: Missing };

const refuse = (error: RotationErrorName, why: InventoryWhy): Refusal<InventoryWhy> => ({
  kind: 'refuse',
  error,
  why,
});

/** A Region of an account. */
export interface Place {
  readonly region: string;
  readonly accountId: string;
}

/** Where an ARN is; undefined for a name. */
const placeOf = (arn: string): Place | undefined => {
  const [, region, accountId] = /^arn:[^:]+:[^:]+:([^:]+):([^:]+):/.exec(arn) ?? [];
  return region === undefined || accountId === undefined ? undefined : { region, accountId };
};

/** Where a secret is of which only a replica is here; undefined when it is itself here. */
export const primaryElsewhere = (
  { primaryRegion }: Pick<SecretDescription, 'primaryRegion'>,
  executionArn: string,
): string | undefined => {
  const here = placeOf(executionArn);
  return here === undefined || primaryRegion === here.region ? undefined : primaryRegion;
};

/** Where the secret is by its ARN, when that is not where the rotation is: nothing can be found there from here. */
export const elsewhere = (
  secretId: string,
  executionArn: string,
): { readonly there: Place; readonly here: Place } | undefined => {
  const there = placeOf(secretId);
  const here = placeOf(executionArn);
  if (there === undefined || here === undefined) return undefined;
  return there.region === here.region && there.accountId === here.accountId ? undefined : { there, here };
};

/** Consumers of somebody else read the secret: nothing may take the place of their key. */
export const refuseStranger = (stranger: Stranger): Refusal<InventoryWhy> =>
  refuse('SecretConflict', { code: 'strangers-key', stranger });

/** Told even when no rotation is due: consumers may be without a key. */
export const refuseDamaged = (damage: Damage): Refusal<InventoryWhy> =>
  refuse('SecretConflict', { code: 'damaged-secret', damage });

/** A replica that is configured and not there, or broken, would hold its Region's consumers on the old key. */
export const refuseReplicas = ({
  enrolled: { replicaRegions = [] },
  secret: { replicaStatus },
}: {
  readonly enrolled: EnrolledUser;
  readonly secret: SecretDescription;
}): Refusal<InventoryWhy> | undefined => {
  const missing = replicaRegions.map(({ region }) => region).filter((region) => !replicaStatus.has(region));
  const failed = [...replicaStatus].filter(([, status]) => status === 'Failed').map(([region]) => region);
  return missing.length === 0 && failed.length === 0
    ? undefined
    : refuse('EnrolmentConflict', { code: 'broken-replicas', missing, failed });
};

/** Without a word from each alarm no adoption is ever confirmed. */
export const refuseAlarms = (
  missingAlarms: readonly Missing[] | undefined,
): Refusal<InventoryWhy> | undefined =>
  missingAlarms === undefined || missingAlarms.length === 0
    ? undefined
    : refuse('EnrolmentConflict', { code: 'missing-alarms', alarms: missingAlarms });

/** Nor without the validator's. */
export const refuseValidator = (missingValidator: Missing | undefined): Refusal<InventoryWhy> | undefined =>
  missingValidator === undefined
    ? undefined
    : refuse('EnrolmentConflict', { code: 'missing-validator', validator: missingValidator });
