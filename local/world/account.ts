import type { EmbeddedAws } from '../../embedded-aws/embedded-aws';
import type { RotatedUser } from '../../lib/config';
import { type KeyAtStart, setScene } from './scene';

/** An access key, as `aws iam list-access-keys` shows it. */
export interface ListedKey {
  readonly accessKeyId: string;
  readonly status: string;
  readonly createDate: string;
}

/** A secret, as a caller who may read everything sees it. */
export interface SeenSecret {
  readonly name: string;
  readonly versions: readonly {
    readonly labels: readonly string[];
    readonly secretString: string | undefined;
  }[];
}

/** What the owner of the account creates and sees, beside the deployed app. */
export interface Account {
  /** Adds a topic, with the KMS key that encrypts it, if there is one, and returns its ARN. */
  addTopic(name: string, kmsKeyArn?: string): Promise<string>;
  /** Adds an alarm that is OK. */
  addAlarm(name: string): Promise<void>;
  /** The user in IAM, the key, and the health alarms, all OK. The secret must exist. */
  setScene(user: RotatedUser, key?: KeyAtStart): Promise<void>;
  /** The user's access keys; none if there is no such user. */
  keysOf(userName: string): Promise<readonly ListedKey[]>;
  secret(secretId: string): Promise<SeenSecret | undefined>;
}

/** The account in the embedded AWS. */
export const embeddedAccount = (aws: EmbeddedAws): Account => ({
  addTopic: async (name, kmsKeyArn) => aws.sns.addTopic(name, kmsKeyArn),
  addAlarm: async (name) => {
    aws.cloudWatch.addAlarm(name, 'OK');
  },
  setScene: async (user, key) => setScene(aws, user, key),
  keysOf: async (userName) =>
    aws.iam.user(userName) === undefined
      ? []
      : aws.iam.keysOf(userName).map(({ accessKeyId, status, createDate }) => ({
          accessKeyId,
          status,
          createDate: createDate.toISOString(),
        })),
  secret: async (secretId) => aws.secretsManager.secret(secretId),
});
