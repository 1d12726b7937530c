import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  type SecretsManagerClientConfig,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { cut, RotationError } from '../contract/errors';
import { LABELS, PAUSE_TAG } from '../contract/names';
import type { DocumentSettings } from '../secret/key-document';
import { type Intent, parseSecretDocument, type SecretDocument } from '../secret/secret-document';
import { isIntentVersion } from '../secret/versions';
import { Late, untilShown } from './late-reads';
import { calling, isServiceError } from './service-errors';
import { unreadableSecret } from './words';

/** A secret without its values. */
export interface SecretDescription {
  /** Version IDs by staging label. */
  readonly versionByLabel: ReadonlyMap<string, string>;
  /** Secrets Manager's own rotation is switched on: it would fight for AWSPENDING. */
  readonly rotationEnabled: boolean;
  readonly scheduledForDeletion: boolean;
  /** Regions whose replica does not have the primary's content yet. */
  readonly laggingReplicas: readonly string[];
  /** Where the secret itself is, as far as AWS says: elsewhere for a replica, which nobody can write to. */
  readonly primaryRegion: string | undefined;
  /** Status of the replica in each Region that has one. */
  readonly replicaStatus: ReadonlyMap<string, string>;
  /** Value of the tag that pauses the user; undefined when the secret does not have it. */
  readonly pauseTag: string | undefined;
  /** When the secret was last changed in any way; absent when Secrets Manager does not say. */
  readonly changedAt?: Date | undefined;
}

/** A version of the secret, deprecated ones included. */
export interface SecretVersion {
  readonly versionId: string;
  readonly createdDate: Date | undefined;
}

/** A secret and how its document is read: the state of an execution is one. */
export interface ReadableSecret {
  readonly secretId: string;
  readonly settings: DocumentSettings;
}

/** What a version holds, and since when. */
export interface StoredDocument {
  readonly document: SecretDocument;
  readonly storedAt: Date | undefined;
}

/** A version with its value. */
export interface ReadVersion extends StoredDocument {
  readonly versionId: string;
  readonly text: string;
}

/** The only place that calls Secrets Manager. */
export class SecretGateway {
  private readonly client: SecretsManagerClient;

  constructor(config: SecretsManagerClientConfig) {
    this.client = new SecretsManagerClient(config);
  }

  /** Labels and condition of the secret; undefined when it does not exist. */
  async describe(secretId: string): Promise<SecretDescription | undefined> {
    return calling(`describing the secret ${secretId}`, async () => {
      try {
        const secret = await this.client.send(new DescribeSecretCommand({ SecretId: secretId }));
        const versionByLabel = new Map<string, string>();
        for (const [versionId, labels] of Object.entries(secret.VersionIdsToStages ?? {})) {
          for (const label of labels) versionByLabel.set(label, versionId);
        }
        return {
          versionByLabel,
          rotationEnabled: secret.RotationEnabled === true,
          scheduledForDeletion: secret.DeletedDate !== undefined,
          changedAt: secret.LastChangedDate,
          laggingReplicas: (secret.ReplicationStatus ?? [])
            .filter((replica) => replica.Status !== 'InSync')
            .map((replica) => replica.Region ?? 'unknown Region'),
          primaryRegion: secret.PrimaryRegion,
          replicaStatus: new Map(
            (secret.ReplicationStatus ?? []).flatMap(({ Region, Status }) =>
              Region === undefined ? [] : [[Region, Status ?? 'unknown']],
            ),
          ),
          // A tag may be without a value.
          pauseTag: (secret.Tags ?? []).flatMap(({ Key, Value }) =>
            Key === PAUSE_TAG ? [Value ?? ''] : [],
          )[0],
        };
      } catch (error) {
        if (isServiceError(error, 'ResourceNotFoundException')) return undefined;
        throw error;
      }
    });
  }

  /** All versions, those without a label included as long as Secrets Manager keeps them. */
  async versions(secretId: string): Promise<readonly SecretVersion[]> {
    return calling(`listing the versions of the secret ${secretId}`, async () => {
      const versions: SecretVersion[] = [];
      let nextToken: string | undefined;
      do {
        const page = await this.client.send(
          new ListSecretVersionIdsCommand({
            SecretId: secretId,
            IncludeDeprecated: true,
            ...(nextToken === undefined ? {} : { NextToken: nextToken }),
          }),
        );
        for (const version of page.Versions ?? []) {
          if (version.VersionId) {
            versions.push({ versionId: version.VersionId, createdDate: version.CreatedDate });
          }
        }
        nextToken = page.NextToken;
        // An empty token is the end, too, as the paginators of the SDK have it: it would only lead back to the first page.
      } while (nextToken);
      return versions;
    });
  }

  /** What AWSCURRENT holds, and in which version; undefined when no version has that label. */
  async current(secret: ReadableSecret): Promise<ReadVersion | undefined> {
    return this.read(secret, { VersionStage: LABELS.current });
  }

  /** What a version holds that a description or a list has named: a read that does not find it is late. */
  async namedVersion(secret: ReadableSecret, versionId: string): Promise<SecretDocument> {
    return (await this.readNamed(secret, versionId)).document;
  }

  /**
   * The intent in a version that a description or a state has named; undefined: it is none. No other version is read: to find
   * out who holds a lock takes no key material, and no permission to read any.
   */
  async intent(secret: ReadableSecret, versionId: string): Promise<Intent | undefined> {
    if (!isIntentVersion(versionId)) return undefined;
    const { document } = await this.readNamed(secret, versionId);
    return document.kind === 'intent' ? document.intent : undefined;
  }

  /** What a version holds; undefined when there is no such version, or none with a value. */
  async version(secret: ReadableSecret, versionId: string): Promise<SecretDocument | undefined> {
    return (await this.read(secret, { VersionId: versionId }))?.document;
  }

  /** The text of a version that a description has named, for the step that writes the key in it into another document. */
  async versionText(secret: ReadableSecret, versionId: string): Promise<string> {
    return (await this.readNamed(secret, versionId)).text;
  }

  /**
   * Stores a version. Idempotent: the same ID with the same content does nothing at all, labels included
   * (Secrets Manager API, PutSecretValue). `other-content` when the ID is taken by something else.
   */
  async put(
    secretId: string,
    version: { readonly versionId: string; readonly text: string; readonly labels: readonly string[] },
  ): Promise<'stored' | 'other-content'> {
    return calling(`storing a version in the secret ${secretId}`, async () => {
      try {
        await this.client.send(
          new PutSecretValueCommand({
            SecretId: secretId,
            ClientRequestToken: version.versionId,
            SecretString: version.text,
            VersionStages: [...version.labels],
          }),
        );
        return 'stored';
      } catch (error) {
        if (isServiceError(error, 'ResourceExistsException')) return 'other-content';
        throw error;
      }
    });
  }

  /**
   * Moves a label by compare-and-set: from the version named, or from nowhere, to the version named, or away.
   * `lost` when the label was not where the caller believed it to be (or when an earlier attempt, whose answer
   * got lost, has already moved it: ask where it is).
   */
  async moveLabel(
    secretId: string,
    label: string,
    move: { readonly from?: string | undefined; readonly to?: string | undefined },
  ): Promise<'moved' | 'lost'> {
    return calling(`moving the label ${label} of the secret ${secretId}`, async () => {
      try {
        await this.client.send(
          new UpdateSecretVersionStageCommand({
            SecretId: secretId,
            VersionStage: label,
            ...(move.from === undefined ? {} : { RemoveFromVersionId: move.from }),
            ...(move.to === undefined ? {} : { MoveToVersionId: move.to }),
          }),
        );
        return 'moved';
      } catch (error) {
        if (isServiceError(error, 'InvalidParameterException', 'ResourceNotFoundException')) return 'lost';
        throw error;
      }
    });
  }

  private async readNamed(secret: ReadableSecret, versionId: string): Promise<ReadVersion> {
    return untilShown(
      async () =>
        (await this.read(secret, { VersionId: versionId })) ??
        new Late({ code: 'version', secretId: secret.secretId, versionId }),
    );
  }

  private async read(
    { secretId, settings }: ReadableSecret,
    which: { readonly VersionId: string } | { readonly VersionStage: string },
  ): Promise<ReadVersion | undefined> {
    return calling(`reading the secret ${secretId}`, async () => {
      try {
        const value = await this.client.send(new GetSecretValueCommand({ SecretId: secretId, ...which }));
        return {
          versionId: value.VersionId ?? '',
          text: value.SecretString ?? '',
          document: parseSecretDocument(value.SecretString, settings),
          storedAt: value.CreatedDate,
        };
      } catch (error) {
        if (isServiceError(error, 'ResourceNotFoundException')) return undefined;
        if (isServiceError(error, 'InvalidRequestException')) {
          throw new RotationError(
            'SecretConflict',
            unreadableSecret(secretId, cut((error as Error).message, 1000)),
            { cause: error },
          );
        }
        throw error;
      }
    });
  }
}
