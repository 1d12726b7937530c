/** What a deployment says of the secret of one user. */
export interface CreatedSecret {
  readonly SecretId: string;
  readonly UserName: string;
  /** A KMS key of the same Region. Undefined: its key `aws/secretsmanager`. */
  readonly KmsKeyId?: string | undefined;
}

/** What a deployment says of secrets that the same identities may read. */
export interface AdmittedReaders {
  /** ARNs of IAM roles and users. */
  readonly Readers: readonly string[];
  readonly SecretIds: readonly string[];
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
