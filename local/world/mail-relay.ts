import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { passwordFieldOf } from '../../lambdas/shared/contract/document-fields';
import type { RotatedUser } from '../../lib/config';
import { Application, type ApplicationOptions } from './consumer';

const MINUTE = 60 * 1000;

/**
 * How often the relay's timer reads the secret, writes the password for the mail program, and restarts that
 * program.
 */
const READ_EVERY = 30 * MINUTE;

/** What a {@link MailRelay} needs. */
export interface MailRelayOptions extends ApplicationOptions {
  readonly sesSmtp: NonNullable<RotatedUser['sesSmtp']>;
}

/** A mail program that sends by the SMTP interface of SES, in the first Region of `sesSmtp`. */
export class MailRelay extends Application {
  readonly #options: MailRelayOptions;
  readonly #secrets: SecretsManagerClient;
  #login: { readonly userName: string; readonly password: string; readonly readAt: number } | undefined;

  constructor(options: MailRelayOptions) {
    super({ name: 'A mail relay', ...options });
    this.#options = options;
    const { aws, connection } = options;
    this.#secrets = new SecretsManagerClient({
      region: aws.region,
      credentials: aws.roleCredentials(this.roleArn),
      maxAttempts: 1,
      ...connection,
    });
  }

  /** Sends one message. */
  override async call(): Promise<void> {
    const { aws, sesSmtp } = this.#options;
    const [region = aws.region] = sesSmtp.regions;
    const now = aws.clock.now().getTime();
    if (this.#login === undefined || now - this.#login.readAt >= READ_EVERY) {
      this.#login = { ...(await this.#read(region)), readAt: now };
    }
    const { userName, password } = this.#login;
    const accepted = aws.ses.send(userName, password, region);
    // The answer of SES's endpoint (RFC 4954).
    this.note(userName, accepted ? undefined : new Error('535 Authentication Credentials Invalid'));
  }

  async #read(region: string): Promise<{ readonly userName: string; readonly password: string }> {
    const { secretId, sesSmtp } = this.#options;
    const { SecretString = '{}' } = await this.#secrets.send(
      new GetSecretValueCommand({ SecretId: secretId }),
    );
    const fields = JSON.parse(SecretString) as Readonly<Record<string, unknown>>;
    return {
      userName: String(fields[sesSmtp.userField]),
      password: String(fields[passwordFieldOf(sesSmtp, region)]),
    };
  }
}
