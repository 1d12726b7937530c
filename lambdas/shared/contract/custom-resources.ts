/** What a deployment says of the secret of one user. */
export interface CreatedSecret {
  readonly SecretId: string;
  readonly UserName: string;
  /** A KMS key of the same Region. Undefined: its key `aws/secretsmanager`. */
  readonly KmsKeyId?: string | undefined;
  /** Why its user is paused from the creation of the secret on, until a person ends that. Undefined: the user is not. */
  readonly PausedBecause?: string | undefined;
}

/** A tag of each secret that a deployment creates. */
export interface SecretTag {
  readonly Key: string;
  readonly Value: string;
}

/** The role of a step, and what it needs of what policies deny to others. */
export interface AdmittedStep {
  readonly RoleArn: string;
  readonly Actions: readonly string[];
}

/** What a deployment says of secrets that the same identities may read. */
export interface ReadSecrets {
  /** ARNs of IAM roles and users. Undefined: the policy lets nobody read. */
  readonly Readers?: readonly string[] | undefined;
  readonly SecretIds: readonly string[];
}

/** What a deployment says of secrets whose policies deny the same to the same. */
export interface PolicedSecrets {
  /** ARNs of those who are denied nothing when others are. Undefined: nobody is denied anything. */
  readonly BreakGlass?: readonly string[] | undefined;
  readonly Secrets: readonly ReadSecrets[];
}

/** What a deployment says of the policies of secrets. */
export interface SecretPolicies {
  readonly Policies: readonly PolicedSecrets[];
  /** The steps of rotations, whether a policy denies anything or not. Undefined: they are not known, and no policy denies anything. */
  readonly Steps?: readonly AdmittedStep[] | undefined;
}

/** A Region that a secret is replicated to, as Secrets Manager's API names it. */
export interface Replica {
  readonly Region: string;
  /** A KMS key of that Region. Undefined: its key `aws/secretsmanager`. */
  readonly KmsKeyId?: string | undefined;
}

/** What a deployment says of one secret. */
export interface ReplicatedSecret {
  readonly SecretId: string;
  readonly Replicas: readonly Replica[];
}
