import { ServiceError } from '../ground/errors';
import { History, momentOfRead } from './aged-reads';
import {
  holderOf,
  pruneUnlabelled,
  putVersion,
  type SecretVersion,
  type SecretVersions,
  updateStage,
  withoutVanished,
} from './secret-versions';
import {
  type ConditionValues,
  type Environment,
  type IndirectUse,
  keyUses,
  operation,
  page,
  type Service,
  type TrailElements,
  validationException,
} from './service';

const DAY = 24 * 60 * 60 * 1000;

/** A copy of a secret in another Region. */
export interface SecretReplica {
  readonly region: string;
  readonly status: 'InSync' | 'InProgress' | 'Failed';
}

/** The properties of a secret besides its versions. */
export interface SecretOptions {
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** The first version's value. Without it the secret starts without versions. */
  readonly secretString?: string;
  /** The first version's ID. Default: a random UUID. */
  readonly versionId?: string;
  readonly rotationEnabled?: boolean;
  readonly replicas?: readonly SecretReplica[];
  /**
   * ARN of the KMS key that encrypts it. Default: `aws/secretsmanager`, which every principal in the account
   * may use.
   */
  readonly kmsKeyArn?: string;
}

/** A secret as it truly is, for tests to look at. */
export interface SecretView {
  readonly arn: string;
  readonly name: string;
  /** Every version, deprecated ones included, oldest first. */
  readonly versions: readonly SecretVersion[];
  readonly rotationEnabled: boolean;
  readonly deletedDate: Date | undefined;
  readonly kmsKeyArn: string | undefined;
  readonly replicas: readonly SecretReplica[];
  /** Its resource policy. */
  readonly policy: string | undefined;
}

/** A secret as data. */
export interface SecretState {
  readonly arn: string;
  readonly name: string;
  readonly createdDate: Date;
  readonly description?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly kmsKeyArn?: string | undefined;
  readonly replicas: readonly SecretReplica[];
  readonly policy?: string | undefined;
  readonly rotationEnabled: boolean;
  readonly deletedDate?: Date | undefined;
  /** When its versions last changed. Their earlier state is not kept: reads that lag would not see it. */
  readonly changedAt: Date;
  /** Every version, oldest first. */
  readonly versions: readonly SecretVersion[];
}

interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly createdDate: Date;
  readonly description: string | undefined;
  tags: Readonly<Record<string, string>>;
  /**
   * Reads may lag, but they always see that the secret exists: before the first change it has no versions.
   */
  readonly history: History<SecretVersions>;
  readonly kmsKeyArn: string | undefined;
  replicas: readonly SecretReplica[];
  policy?: string | undefined;
  /** The Region of the secret that this one is a replica of. */
  replicaOf?: string | undefined;
  rotationEnabled: boolean;
  /** When the secret will be gone, if it is scheduled for deletion. */
  deletedDate: Date | undefined;
}

// Secrets Manager API, common constraints.
const SECRET_ID = { type: 'string', required: true, min: 1, max: 2048 } as const;
const VERSION_ID = { type: 'string', min: 32, max: 64 } as const;
const LABEL = { type: 'string', min: 1, max: 256 } as const;

const TAGS = {
  type: 'structures',
  members: {
    Key: { type: 'string', required: true, min: 1, max: 128 },
    Value: { type: 'string', required: true, max: 256 },
  },
} as const;

/** Service Authorization Reference, Secrets Manager: an ArrayOfString. */
const tagKeys = (tags: readonly { readonly Key: string }[]): ConditionValues =>
  tags.length === 0 ? {} : { 'aws:TagKeys': tags.map(({ Key }) => Key) };

const invalid = (message: string) => new ServiceError('InvalidParameterException', message, 400);
const notFound = (message: string) => new ServiceError('ResourceNotFoundException', message, 400);
const invalidRequest = (message: string) => new ServiceError('InvalidRequestException', message, 400);
const exists = (message: string) => new ServiceError('ResourceExistsException', message, 400);

/**
 * What CloudTrail records of a call (Secrets Manager User Guide, "Log AWS Secrets Manager events with AWS CloudTrail"): the parameters as
 * they were sent, the secret's name or ARN among them, but never a value. Of answers AWS shows a secret's ARN under two names, and not
 * for every operation: nothing may rest on them.
 */
const trailOf = (input: Readonly<Record<string, unknown>>): TrailElements => ({
  requestParameters: Object.fromEntries(
    Object.entries(input).map(([name, value]) => [`${name[0]?.toLowerCase()}${name.slice(1)}`, value]),
  ),
  responseElements: null,
});

/** Secrets Manager: secrets, their versions and staging labels. */
export class SecretsManager implements Service {
  readonly #secrets = new Map<string, Secret>();

  readonly invalidParameter = validationException;

  constructor(private readonly environment: Environment) {}

  // What a person does, or has done before the story begins. A secret is named by its name or ARN.

  createSecret(name: string, options: SecretOptions = {}): SecretView {
    const { accountId, region, ids } = this.environment;
    if (this.#secrets.has(name)) {
      throw exists(`The operation failed because the secret ${name} already exists.`);
    }
    const secret: Secret = {
      // Secrets Manager User Guide, "What's in a secret": a hyphen and six random characters follow the name.
      arn: `arn:aws:secretsmanager:${region}:${accountId}:secret:${name}-${ids.arnSuffix()}`,
      name,
      createdDate: this.#now,
      description: options.description,
      tags: options.tags ?? {},
      history: new History<SecretVersions>(new Map()),
      kmsKeyArn: options.kmsKeyArn,
      replicas: options.replicas ?? [],
      rotationEnabled: options.rotationEnabled ?? false,
      deletedDate: undefined,
    };
    this.#secrets.set(name, secret);
    if (options.secretString !== undefined) {
      this.#put(secret, options.versionId ?? ids.uuid(), options.secretString, undefined);
    }
    return this.#view(secret);
  }

  /** A person writes a value, in the console or otherwise. Returns the new version's ID. */
  putValue(
    secretId: string,
    secretString: string,
    options: { readonly labels?: readonly string[]; readonly versionId?: string } = {},
  ): string {
    const versionId = options.versionId ?? this.environment.ids.uuid();
    this.#put(this.#secret(secretId), versionId, secretString, options.labels);
    return versionId;
  }

  /** A person edits the current value: AWSCURRENT, and with it AWSPREVIOUS, move. */
  edit(secretId: string, change: (secretString: string) => string): string {
    return this.putValue(secretId, change(this.valueOf(secretId) ?? ''));
  }

  /** A person moves a label, or removes it. */
  moveLabel(secretId: string, label: string, toVersionId?: string): void {
    const secret = this.#secret(secretId);
    const versions = this.#versions(secret);
    this.#change(secret, updateStage(versions, label, holderOf(versions, label), toVersionId));
  }

  setRotationEnabled(secretId: string, rotationEnabled: boolean): void {
    this.#secret(secretId).rotationEnabled = rotationEnabled;
  }

  /**
   * Makes the secret a replica of the one of the same name in another Region. That a replica cannot be
   * written to is not modelled.
   */
  setReplicaOf(secretId: string, region: string): void {
    this.#secret(secretId).replicaOf = region;
  }

  setReplicas(secretId: string, replicas: readonly SecretReplica[]): void {
    this.#secret(secretId).replicas = replicas;
  }

  /** As DeleteSecret does: the recovery window is 30 days by default. */
  scheduleDeletion(secretId: string, recoveryWindowInDays = 30): Date {
    const deletedDate = new Date(this.#now.getTime() + recoveryWindowInDays * DAY);
    this.#secret(secretId).deletedDate = deletedDate;
    return deletedDate;
  }

  restoreSecret(secretId: string): void {
    this.#secret(secretId).deletedDate = undefined;
  }

  /** Deletes the secret at once, as DeleteSecret with ForceDeleteWithoutRecovery does. */
  removeSecret(secretId: string): void {
    this.#secrets.delete(this.#secret(secretId).name);
  }

  /** Secrets Manager removes deprecated versions at any time, but none younger than 24 hours. */
  prune(secretId: string): void {
    const secret = this.#secret(secretId);
    this.#change(secret, pruneUnlabelled(this.#versions(secret), this.#now.getTime() - DAY));
  }

  /** A person adds or changes a tag, or removes it. */
  setTag(secretId: string, key: string, value: string | undefined): void {
    const secret = this.#secret(secretId);
    const { [key]: _before, ...others } = secret.tags;
    secret.tags = value === undefined ? others : { ...others, [key]: value };
  }

  /** The policy of a secret, by its ARN. */
  resourcePolicy(arn: string): string | undefined {
    return this.#find(arn)?.policy;
  }

  /** Reads of any age show the present state: the story begins long after it. */
  settle(): void {
    for (const { history } of this.#secrets.values()) history.settle();
  }

  // The true state, for tests.

  secret(secretId: string): SecretView | undefined {
    const secret = this.#find(secretId);
    return secret && this.#view(secret);
  }

  /** The value of the version that has a label. */
  valueOf(secretId: string, label = 'AWSCURRENT'): string | undefined {
    const versions = this.#versions(this.#secret(secretId));
    return versions.get(holderOf(versions, label) ?? '')?.secretString;
  }

  /** The ID of the version that has a label. */
  holderOf(secretId: string, label: string): string | undefined {
    return holderOf(this.#versions(this.#secret(secretId)), label);
  }

  /** The existing secrets, oldest first. */
  snapshot(): readonly SecretState[] {
    return [...this.#secrets.values()].map(({ history, ...secret }) => ({
      ...secret,
      changedAt: new Date(history.changedAt ?? secret.createdDate),
      versions: [...history.present.values()],
    }));
  }

  /** Adds the secrets of a snapshot. */
  restore(secrets: readonly SecretState[]): void {
    for (const { versions, changedAt, description, kmsKeyArn, deletedDate, ...secret } of secrets) {
      const byId = new Map(versions.map((version) => [version.versionId, version]));
      const history = new History<SecretVersions>(new Map());
      history.change(byId, changedAt.getTime());
      history.settle();
      this.#secrets.set(secret.name, { ...secret, description, kmsKeyArn, deletedDate, history });
    }
  }

  readonly operations = {
    // Secrets Manager API, CreateSecret.
    CreateSecret: operation({
      parameters: {
        Name: { type: 'string', required: true, min: 1, max: 512, pattern: /^[\w/+=.@-]+$/ },
        Description: { type: 'string', max: 2048 },
        KmsKeyId: { type: 'string', max: 2048 },
        SecretString: { type: 'string', min: 1 },
        ClientRequestToken: { type: 'string' },
        Tags: TAGS,
      },
      resource: ({ Name }) => this.#resource(Name),
      conditions: ({ Tags = [] }) => tagKeys(Tags),
      alsoUses: ({ Name, KmsKeyId, Tags = [] }) => [
        ...this.#keyUses(KmsKeyId, this.#resource(Name), ['kms:GenerateDataKey', 'kms:Decrypt']),
        ...this.#taggingUses(this.#resource(Name), Tags),
      ],
      handle: ({ Name, Description, KmsKeyId, SecretString, ClientRequestToken, Tags = [] }) => {
        const token = this.#checkToken(ClientRequestToken);
        this.#checkSize(SecretString ?? '');
        const existing = this.#secrets.get(Name);
        if (existing?.deletedDate !== undefined) {
          throw invalidRequest(
            "You can't create this secret because a secret with this name is already scheduled for deletion.",
          );
        }
        // CreateSecret, ClientRequestToken: a version with this ID and the same value makes it a replay.
        const version = existing && this.#versions(existing).get(token);
        if (existing !== undefined && (version === undefined || version.secretString !== SecretString)) {
          throw exists(`The operation failed because the secret ${Name} already exists.`);
        }
        const { arn } =
          existing ??
          this.createSecret(Name, {
            versionId: token,
            tags: Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])),
            ...(Description !== undefined && { description: Description }),
            ...(KmsKeyId !== undefined && { kmsKeyArn: KmsKeyId }),
            ...(SecretString !== undefined && { secretString: SecretString }),
          });
        return { ARN: arn, Name, VersionId: SecretString === undefined ? undefined : token };
      },
    }),

    // Secrets Manager API, DeleteSecret: a recovery window of 7 to 30 days, or none; a secret whose deletion
    // is already scheduled can only be deleted at once.
    DeleteSecret: operation({
      parameters: {
        SecretId: SECRET_ID,
        RecoveryWindowInDays: { type: 'integer' },
        ForceDeleteWithoutRecovery: { type: 'boolean' },
      },
      resource: ({ SecretId }) => this.#resource(SecretId),
      handle: ({ SecretId, RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: atOnce = false }) => {
        if (atOnce && days !== undefined) {
          throw invalid("You can't use ForceDeleteWithoutRecovery with RecoveryWindowInDays.");
        }
        if (days !== undefined && (days < 7 || days > 30)) {
          throw invalid('RecoveryWindowInDays must be between 7 and 30 days.');
        }
        const { arn, name } = atOnce ? this.#secret(SecretId) : this.#liveSecret(SecretId);
        if (atOnce) {
          this.removeSecret(SecretId);
        }
        const deletionDate = atOnce ? this.#now : this.scheduleDeletion(SecretId, days);
        return { ARN: arn, Name: name, DeletionDate: deletionDate };
      },
    }),

    // Secrets Manager API, RestoreSecret.
    RestoreSecret: operation({
      parameters: { SecretId: SECRET_ID },
      resource: ({ SecretId }) => this.#resource(SecretId),
      handle: ({ SecretId }) => {
        const { arn, name } = this.#secret(SecretId);
        this.restoreSecret(SecretId);
        return { ARN: arn, Name: name };
      },
    }),

    // Secrets Manager API, DescribeSecret: also answers for a secret that is scheduled for deletion; versions
    // without labels are not listed.
    DescribeSecret: operation({
      parameters: { SecretId: SECRET_ID },
      resource: ({ SecretId }) => this.#resource(SecretId),
      handle: ({ SecretId }) => {
        const secret = this.#secret(SecretId);
        const versions = [...this.#readableVersions(secret).values()];
        const labelled = versions.filter(({ labels }) => labels.length > 0);
        const { arn, name, description, tags, rotationEnabled, replicas, createdDate, deletedDate } = secret;
        return {
          ARN: arn,
          Name: name,
          Description: description,
          KmsKeyId: secret.kmsKeyArn,
          RotationEnabled: rotationEnabled || undefined,
          CreatedDate: createdDate,
          LastChangedDate: new Date(secret.history.changedAt ?? createdDate),
          DeletedDate: deletedDate,
          Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
          VersionIdsToStages: Object.fromEntries(
            labelled.map(({ versionId, labels }) => [versionId, labels]),
          ),
          PrimaryRegion: secret.replicaOf ?? (replicas.length > 0 ? this.environment.region : undefined),
          ReplicationStatus:
            replicas.length > 0
              ? replicas.map(({ region, status }) => ({ Region: region, Status: status }))
              : undefined,
        };
      },
    }),

    // Secrets Manager API, ListSecretVersionIds: deprecated versions only with IncludeDeprecated; 1 to 100.
    ListSecretVersionIds: operation({
      parameters: {
        SecretId: SECRET_ID,
        IncludeDeprecated: { type: 'boolean' },
        MaxResults: { type: 'integer', min: 1, max: 100 },
        NextToken: { type: 'string', min: 1, max: 4096 },
      },
      resource: ({ SecretId }) => this.#resource(SecretId),
      handle: ({ SecretId, IncludeDeprecated = false, MaxResults = 100, NextToken }) => {
        const secret = this.#secret(SecretId);
        const listed = [...this.#readableVersions(secret).values()].filter(
          ({ labels }) => IncludeDeprecated || labels.length > 0,
        );
        const invalidToken = () =>
          new ServiceError('InvalidNextTokenException', 'The NextToken is invalid.', 400);
        const { items, next } = page(listed, NextToken, MaxResults, invalidToken);
        return {
          ARN: secret.arn,
          Name: secret.name,
          NextToken: next,
          Versions: items.map(({ versionId, labels, createdDate }) => ({
            VersionId: versionId,
            CreatedDate: createdDate,
            VersionStages: labels.length > 0 ? labels : undefined,
          })),
        };
      },
    }),

    // Secrets Manager API, GetSecretValue: AWSCURRENT by default; ID and label must agree.
    GetSecretValue: operation({
      parameters: { SecretId: SECRET_ID, VersionId: VERSION_ID, VersionStage: LABEL },
      resource: ({ SecretId }) => this.#resource(SecretId),
      // Service Authorization Reference, Secrets Manager: the values of the request, not of what is read.
      conditions: ({ VersionId, VersionStage }) => ({
        ...(VersionId !== undefined && { 'secretsmanager:VersionId': [VersionId] }),
        ...(VersionStage !== undefined && { 'secretsmanager:VersionStage': [VersionStage] }),
      }),
      alsoUses: ({ SecretId }) => this.#keyUsesOf(SecretId, ['kms:Decrypt']),
      trail: (input) => ({ ...trailOf(input), readOnly: true }),
      handle: ({ SecretId, VersionId, VersionStage }) => {
        const secret = this.#liveSecret(SecretId);
        const versions = this.#readableVersions(secret);
        const label = VersionStage ?? 'AWSCURRENT';
        const version = versions.get(VersionId ?? holderOf(versions, label) ?? '');
        if (version === undefined) {
          const sought = VersionId === undefined ? `staging label: ${label}` : `VersionId: ${VersionId}`;
          throw notFound(`Secrets Manager can't find the specified secret value for ${sought}`);
        }
        if (VersionStage !== undefined && !version.labels.includes(VersionStage)) {
          throw invalidRequest(
            'You provided a VersionStage that is not associated to the provided VersionId.',
          );
        }
        return {
          ARN: secret.arn,
          Name: secret.name,
          VersionId: version.versionId,
          SecretString: version.secretString,
          VersionStages: version.labels,
          CreatedDate: version.createdDate,
        };
      },
    }),

    // Secrets Manager API, PutSecretValue: idempotent by ClientRequestToken, which becomes the VersionId.
    PutSecretValue: operation({
      parameters: {
        SecretId: SECRET_ID,
        ClientRequestToken: { type: 'string' },
        SecretString: { type: 'string', min: 1 },
        VersionStages: { type: 'strings', min: 1, max: 20 },
      },
      resource: ({ SecretId }) => this.#resource(SecretId),
      alsoUses: ({ SecretId }) => this.#keyUsesOf(SecretId, ['kms:GenerateDataKey', 'kms:Decrypt']),
      trail: ({ SecretString: _value, ...input }) => trailOf(input),
      handle: ({ SecretId, ClientRequestToken, SecretString, VersionStages }) => {
        const secret = this.#liveSecret(SecretId);
        const token = this.#checkToken(ClientRequestToken);
        if (SecretString === undefined) {
          throw invalidRequest('You must provide either SecretString or SecretBinary.');
        }
        this.#checkSize(SecretString);
        if (VersionStages?.some((label) => label.length < 1 || label.length > 256)) {
          throw this.invalidParameter('Staging labels have 1 to 256 characters.');
        }
        const version = this.#put(secret, token, SecretString, VersionStages);
        return { ARN: secret.arn, Name: secret.name, VersionId: token, VersionStages: version.labels };
      },
    }),

    // Secrets Manager API, TagResource: other tags stay.
    TagResource: operation({
      parameters: { SecretId: SECRET_ID, Tags: { ...TAGS, required: true } },
      resource: ({ SecretId }) => this.#resource(SecretId),
      conditions: ({ Tags }) => tagKeys(Tags),
      handle: ({ SecretId, Tags }) => {
        const { name, tags } = this.#liveSecret(SecretId);
        const added = Tags.filter(({ Key }) => !Object.hasOwn(tags, Key));
        if (Object.keys(tags).length + added.length > 50) {
          throw invalid('A secret can have at most 50 tags.');
        }
        for (const { Key, Value } of Tags) this.setTag(name, Key, Value);
        return {};
      },
    }),

    // Secrets Manager API, UntagResource: a tag that is not there is no error.
    UntagResource: operation({
      parameters: { SecretId: SECRET_ID, TagKeys: { type: 'strings', required: true } },
      resource: ({ SecretId }) => this.#resource(SecretId),
      conditions: ({ TagKeys }) => (TagKeys.length === 0 ? {} : { 'aws:TagKeys': TagKeys }),
      handle: ({ SecretId, TagKeys }) => {
        const { name } = this.#liveSecret(SecretId);
        for (const key of TagKeys) this.setTag(name, key, undefined);
        return {};
      },
    }),

    // Secrets Manager API, DeleteResourcePolicy: a secret without a policy is no error.
    DeleteResourcePolicy: operation({
      parameters: { SecretId: SECRET_ID },
      resource: ({ SecretId }) => this.#resource(SecretId),
      handle: ({ SecretId }) => {
        const secret = this.#liveSecret(SecretId);
        secret.policy = undefined;
        return { ARN: secret.arn, Name: secret.name };
      },
    }),

    // Secrets Manager API, GetResourcePolicy: of a secret without a policy, none.
    GetResourcePolicy: operation({
      parameters: { SecretId: SECRET_ID },
      resource: ({ SecretId }) => this.#resource(SecretId),
      handle: ({ SecretId }) => {
        const { arn, name, policy } = this.#liveSecret(SecretId);
        return { ARN: arn, Name: name, ...(policy !== undefined && { ResourcePolicy: policy }) };
      },
    }),

    // Secrets Manager API, PutResourcePolicy. Whether the policy admits every principal is not checked.
    PutResourcePolicy: operation({
      parameters: {
        SecretId: SECRET_ID,
        ResourcePolicy: { type: 'string', required: true, min: 1, max: 20480 },
        BlockPublicPolicy: { type: 'boolean' },
      },
      resource: ({ SecretId }) => this.#resource(SecretId),
      conditions: ({ BlockPublicPolicy }) =>
        BlockPublicPolicy === undefined
          ? {}
          : { 'secretsmanager:BlockPublicPolicy': [String(BlockPublicPolicy)] },
      handle: ({ SecretId, ResourcePolicy }) => {
        const secret = this.#liveSecret(SecretId);
        secret.policy = ResourcePolicy;
        return { ARN: secret.arn, Name: secret.name };
      },
    }),

    // Secrets Manager API, ReplicateSecretToRegions. Regions that already have a replica are refused: our
    // choice, as AWS does not document what happens to them.
    ReplicateSecretToRegions: operation({
      parameters: {
        SecretId: SECRET_ID,
        AddReplicaRegions: {
          type: 'structures',
          members: {
            Region: { type: 'string', required: true, min: 1, max: 128, pattern: /^([a-z]+-)+\d+$/ },
            KmsKeyId: { type: 'string', max: 2048 },
          },
        },
      },
      resource: ({ SecretId }) => this.#resource(SecretId),
      // Service Authorization Reference, Secrets Manager: an ArrayOfString.
      conditions: ({ AddReplicaRegions = [] }) => ({
        'secretsmanager:AddReplicaRegions': AddReplicaRegions.map(({ Region }) => Region),
      }),
      // The primary is decrypted, and each replica is encrypted with its own key, if it has one. AWS does not
      // document from which of the two Regions a replica's key is called: the secret's is our choice.
      alsoUses: ({ SecretId, AddReplicaRegions = [] }) => [
        ...this.#keyUsesOf(SecretId, ['kms:Decrypt']),
        ...AddReplicaRegions.flatMap(({ KmsKeyId }) =>
          this.#keyUses(KmsKeyId, this.#resource(SecretId), ['kms:GenerateDataKey', 'kms:Encrypt']),
        ),
      ],
      handle: ({ SecretId, AddReplicaRegions = [] }) => {
        const secret = this.#liveSecret(SecretId);
        const taken = new Set([this.environment.region, ...secret.replicas.map(({ region }) => region)]);
        if (AddReplicaRegions.length === 0 || AddReplicaRegions.some(({ Region }) => taken.has(Region))) {
          throw invalid('Invalid replica region.');
        }
        secret.replicas = [
          ...secret.replicas,
          ...AddReplicaRegions.map(({ Region }) => ({ region: Region, status: 'InSync' as const })),
        ];
        return {
          ARN: secret.arn,
          ReplicationStatus: secret.replicas.map(({ region, status }) => ({
            Region: region,
            Status: status,
          })),
        };
      },
    }),

    // Secrets Manager API, UpdateSecretVersionStage.
    UpdateSecretVersionStage: operation({
      parameters: {
        SecretId: SECRET_ID,
        VersionStage: { ...LABEL, required: true },
        RemoveFromVersionId: VERSION_ID,
        MoveToVersionId: VERSION_ID,
      },
      resource: ({ SecretId }) => this.#resource(SecretId),
      trail: trailOf,
      handle: ({ SecretId, VersionStage, RemoveFromVersionId, MoveToVersionId }) => {
        const secret = this.#liveSecret(SecretId);
        const versions = this.#versions(secret);
        this.#change(secret, updateStage(versions, VersionStage, RemoveFromVersionId, MoveToVersionId));
        return { ARN: secret.arn, Name: secret.name };
      },
    }),
  };

  /** Secrets Manager uses the key in the caller's name (User Guide, "Secret encryption and decryption"). */
  #keyUses(
    keyArn: string | undefined,
    secretArn: string,
    actions: readonly string[],
  ): readonly IndirectUse[] {
    return keyUses({
      keyArn,
      actions,
      service: 'secretsmanager',
      region: this.environment.region,
      conditions: { 'kms:EncryptionContext:SecretARN': [secretArn] },
      refusal: new ServiceError('AccessDeniedException', 'Access to KMS is not allowed', 400),
    });
  }

  /** Secrets Manager API, CreateSecret: "if you include tags, you also need secretsmanager:TagResource". */
  #taggingUses(secretArn: string, tags: readonly { readonly Key: string }[]): readonly IndirectUse[] {
    if (tags.length === 0) return [];
    const action = 'secretsmanager:TagResource';
    const refusal = new ServiceError(
      'AccessDeniedException',
      `The caller is not authorized to perform: ${action} on resource: ${secretArn} because no identity-based policy allows the ${action} action`,
      400,
    );
    return [{ action, resource: secretArn, conditions: tagKeys(tags), refusal }];
  }

  #keyUsesOf(secretId: string, actions: readonly string[]): readonly IndirectUse[] {
    const secret = this.#find(secretId);
    return this.#keyUses(secret?.kmsKeyArn, secret?.arn ?? '', actions);
  }

  get #now(): Date {
    return this.environment.clock.now();
  }

  #find(secretId: string): Secret | undefined {
    const { accountId, region } = this.environment;
    const prefix = `arn:aws:secretsmanager:${region}:${accountId}:secret:`;
    if (!secretId.startsWith('arn:')) {
      return this.#secrets.get(secretId);
    }
    if (!secretId.startsWith(prefix)) {
      // In another account or Region. We answer as if it did not exist, because such secrets are not
      // modelled.
      return undefined;
    }
    const rest = secretId.slice(prefix.length);
    const complete = this.#secrets.get(rest.slice(0, -7));
    // User Guide, "Finding a secret from a partial ARN": it is also found without the suffix.
    return complete?.arn === secretId ? complete : this.#secrets.get(rest);
  }

  #secret(secretId: string): Secret {
    const secret = this.#find(secretId);
    if (secret === undefined) {
      throw notFound("Secrets Manager can't find the specified secret.");
    }
    return secret;
  }

  /** GetSecretValue, PutSecretValue, UpdateSecretVersionStage: InvalidRequestException while it awaits deletion. */
  #liveSecret(secretId: string): Secret {
    const secret = this.#secret(secretId);
    if (secret.deletedDate !== undefined) {
      throw invalidRequest(
        "You can't perform this operation on the secret because it was marked for deletion.",
      );
    }
    return secret;
  }

  #resource(secretId: string): string {
    const { accountId, region } = this.environment;
    const assumed = `arn:aws:secretsmanager:${region}:${accountId}:secret:${secretId}`;
    return this.#find(secretId)?.arn ?? (secretId.startsWith('arn:') ? secretId : assumed);
  }

  #versions(secret: Secret): SecretVersions {
    return secret.history.present;
  }

  #readableVersions(secret: Secret): SecretVersions {
    return secret.history.at(momentOfRead(this.environment, this.environment.behaviour.secretsReadLag));
  }

  #change(secret: Secret, versions: SecretVersions): void {
    const left = this.environment.behaviour.ownLabelsVanish
      ? withoutVanished(secret.history.present, versions)
      : versions;
    secret.history.change(left, this.#now.getTime());
  }

  #put(
    secret: Secret,
    versionId: string,
    secretString: string,
    labels: readonly string[] | undefined,
  ): SecretVersion {
    const versions = this.#versions(secret);
    const existing = versions.get(versionId);
    if (existing !== undefined) {
      // PutSecretValue, ClientRequestToken: the same content does nothing, labels included; other content
      // fails.
      if (existing.secretString !== secretString) {
        throw exists(
          `You can't use ClientRequestToken ${versionId} because that value is already in use for a version of secret ${secret.arn}.`,
        );
      }
      return existing;
    }
    const changed = putVersion(versions, { versionId, secretString, createdDate: this.#now }, labels);
    this.#change(secret, changed);
    const added = changed.get(versionId);
    if (added === undefined) {
      throw new Error('A version that was put is there');
    }
    return added;
  }

  /** PutSecretValue, ClientRequestToken: 32 to 64 characters; the SDK fills one in, a raw request must send it. */
  #checkToken(token: string | undefined): string {
    if (token === undefined) {
      throw invalidRequest('You must provide a ClientRequestToken value. We recommend a UUID-type value.');
    }
    if (token.length < 32 || token.length > 64) {
      throw invalid('ClientRequestToken must be 32-64 characters long.');
    }
    return token;
  }

  /** Secrets Manager quotas: 65,536 bytes. */
  #checkSize(secretString: string): void {
    if (Buffer.byteLength(secretString) > 65_536) {
      throw invalid('The secret value is longer than 65536 bytes.');
    }
  }

  #view(secret: Secret): SecretView {
    const { arn, name, rotationEnabled, deletedDate, kmsKeyArn, replicas, policy } = secret;
    const versions = [...this.#versions(secret).values()];
    return { arn, name, rotationEnabled, deletedDate, kmsKeyArn, replicas, policy, versions };
  }
}
