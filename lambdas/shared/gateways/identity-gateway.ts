import { GetCallerIdentityCommand, STSClient, type STSClientConfig } from '@aws-sdk/client-sts';
import { calling, isServiceError } from './service-errors';

/** What STS says of a key. */
export type Identity =
  | { readonly kind: 'user'; readonly userId: string; readonly arn: string }
  /** Not known yet where we asked, or not any more. */
  | { readonly kind: 'refused'; readonly code: string };

/** Codes with which AWS refuses a key itself, rather than what it may do. */
const REFUSALS = [
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
  'InvalidAccessKeyId',
  'ExpiredToken',
  'ExpiredTokenException',
];

/** Asks STS who a key belongs to. GetCallerIdentity needs no permission and works even under an explicit deny. */
export class IdentityGateway {
  constructor(private readonly config: STSClientConfig) {}

  /** The identity behind a key. A temporary one is accepted only together with its session token. */
  async whoIs({
    accessKeyId,
    secretAccessKey,
    sessionToken,
  }: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string | undefined;
  }): Promise<Identity> {
    return calling('testing an access key', async () => {
      const client = new STSClient({
        ...this.config,
        credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
      });
      try {
        const { UserId, Arn } = await client.send(new GetCallerIdentityCommand({}));
        return { kind: 'user', userId: UserId ?? '', arn: Arn ?? 'somebody' };
      } catch (error) {
        const code = REFUSALS.find((refusal) => isServiceError(error, refusal));
        if (code !== undefined) return { kind: 'refused', code };
        throw error;
      } finally {
        client.destroy();
      }
    });
  }
}
