import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  GetUserCommand,
  IAMClient,
  type IAMClientConfig,
  paginateListAccessKeys,
  TagUserCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import type { AccessKey, AccessKeyMaterial } from '../rotation/access-key';
import { calling, isServiceError } from './service-errors';

/** When, and for what, a key was last used. Coarse and late: judge in hours. */
export interface LastUse {
  /** Undefined: never used, as far as IAM has published it. */
  readonly date: Date | undefined;
  readonly serviceName: string | undefined;
  readonly region: string | undefined;
}

/** An IAM user. */
interface User {
  readonly userId: string;
  readonly arn: string;
  readonly tags: readonly Tag[];
}

/** The only place that calls IAM. */
export class IamGateway {
  private readonly client: IAMClient;
  /**
   * CreateAccessKey has no client token and shows its secret once: a retry inside the SDK, after an attempt
   * whose answer was lost, would orphan a key without anybody noticing.
   */
  private readonly singleAttemptClient: IAMClient;

  constructor(config: IAMClientConfig) {
    this.client = new IAMClient(config);
    this.singleAttemptClient = new IAMClient({ ...config, maxAttempts: 1 });
  }

  /** The user's unique ID, ARN and tags; undefined when there is no such user. */
  async user(userName: string): Promise<User | undefined> {
    return calling(`reading the user ${userName}`, async () => {
      try {
        const { User } = await this.client.send(new GetUserCommand({ UserName: userName }));
        if (!User?.UserId || !User.Arn) return undefined;
        const tags = (User.Tags ?? []).map(({ Key = '', Value = '' }) => ({ key: Key, value: Value }));
        return { userId: User.UserId, arn: User.Arn, tags };
      } catch (error) {
        if (isServiceError(error, 'NoSuchEntity', 'NoSuchEntityException')) return undefined;
        throw error;
      }
    });
  }

  /** Sets a tag of the user, whatever it was before. */
  async tagUser(userName: string, { key, value }: Tag): Promise<'set' | 'too-many-tags'> {
    return calling(`tagging the user ${userName}`, async () => {
      try {
        const Tags = [{ Key: key, Value: value }];
        await this.client.send(new TagUserCommand({ UserName: userName, Tags }));
        return 'set';
      } catch (error) {
        if (isServiceError(error, 'LimitExceeded', 'LimitExceededException')) return 'too-many-tags';
        throw error;
      }
    });
  }

  /** All access keys of the user; undefined when there is no such user. IAM is eventually consistent: the list may lag. */
  async accessKeys(userName: string): Promise<readonly AccessKey[] | undefined> {
    return calling(`listing the access keys of ${userName}`, async () => {
      const keys: AccessKey[] = [];
      try {
        for await (const page of paginateListAccessKeys({ client: this.client }, { UserName: userName })) {
          for (const key of page.AccessKeyMetadata ?? []) {
            if (key.AccessKeyId && key.Status && key.CreateDate) {
              keys.push({ accessKeyId: key.AccessKeyId, status: key.Status, createDate: key.CreateDate });
            }
          }
        }
      } catch (error) {
        if (isServiceError(error, 'NoSuchEntity', 'NoSuchEntityException')) return undefined;
        throw error;
      }
      return keys;
    });
  }

  /**
   * Creates a key, in one attempt. `quota-exceeded` is IAM's definite refusal. An error leaves open whether a
   * key now exists.
   */
  async createAccessKey(userName: string): Promise<AccessKeyMaterial | 'quota-exceeded' | 'no-such-user'> {
    return calling(`creating an access key for ${userName}`, async () => {
      try {
        const { AccessKey: key } = await this.singleAttemptClient.send(
          new CreateAccessKeyCommand({ UserName: userName }),
        );
        if (!key?.AccessKeyId || !key.SecretAccessKey) throw new Error('IAM answered without an access key.');
        return {
          accessKeyId: key.AccessKeyId,
          secretAccessKey: key.SecretAccessKey,
          userName,
          createDate: key.CreateDate ?? new Date(),
        };
      } catch (error) {
        if (isServiceError(error, 'LimitExceeded', 'LimitExceededException')) return 'quota-exceeded';
        if (isServiceError(error, 'NoSuchEntity', 'NoSuchEntityException')) return 'no-such-user';
        throw error;
      }
    });
  }

  /** Sets a key Active or Inactive. `gone` when the user has no such key. */
  async setStatus(
    userName: string,
    accessKeyId: string,
    status: 'Active' | 'Inactive',
  ): Promise<'done' | 'gone'> {
    return this.unlessGone(`setting an access key of ${userName} ${status}`, () =>
      this.client.send(
        new UpdateAccessKeyCommand({ UserName: userName, AccessKeyId: accessKeyId, Status: status }),
      ),
    );
  }

  /** Deletes a key for good. `gone` when the user has no such key (any more). */
  async deleteAccessKey(userName: string, accessKeyId: string): Promise<'done' | 'gone'> {
    return this.unlessGone(`deleting an access key of ${userName}`, () =>
      this.client.send(new DeleteAccessKeyCommand({ UserName: userName, AccessKeyId: accessKeyId })),
    );
  }

  /** The key's last use. An error is never "unused": it is thrown. */
  async lastUse(accessKeyId: string): Promise<LastUse> {
    return calling('reading when an access key was last used', async () => {
      const { AccessKeyLastUsed: lastUsed } = await this.client.send(
        new GetAccessKeyLastUsedCommand({ AccessKeyId: accessKeyId }),
      );
      if (!lastUsed) throw new Error('IAM answered without last-used data.');
      return { date: lastUsed.LastUsedDate, serviceName: lastUsed.ServiceName, region: lastUsed.Region };
    });
  }

  /**
   * Whose a key of this account is, Inactive ones included; undefined when IAM does not say. It does not for keys that are
   * not there, of other accounts, or of users that the caller may not ask about, and refuses all of them alike.
   */
  async userOf(accessKeyId: string): Promise<string | undefined> {
    return calling('asking whose an access key is', async () => {
      try {
        const { UserName } = await this.client.send(
          new GetAccessKeyLastUsedCommand({ AccessKeyId: accessKeyId }),
        );
        return UserName;
      } catch (error) {
        if (isServiceError(error, 'AccessDenied', 'AccessDeniedException')) return undefined;
        if (isServiceError(error, 'NoSuchEntity', 'NoSuchEntityException')) return undefined;
        throw error;
      }
    });
  }

  private async unlessGone(attempted: string, call: () => Promise<unknown>): Promise<'done' | 'gone'> {
    return calling(attempted, async () => {
      try {
        await call();
        return 'done';
      } catch (error) {
        if (isServiceError(error, 'NoSuchEntity', 'NoSuchEntityException')) return 'gone';
        throw error;
      }
    });
  }
}

/** A tag of an IAM user. */
export interface Tag {
  readonly key: string;
  readonly value: string;
}
