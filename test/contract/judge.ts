import type { IAMClientConfig } from '@aws-sdk/client-iam';

/** What answers as AWS would, or is AWS. */
type JudgeName = 'embedded' | 'moto' | 'ministack' | 'aws';

/** How SDK clients reach a judge, and what is peculiar about it. */
export interface Judge {
  readonly name: JudgeName;
  /** What every client is made with. */
  readonly connection: Pick<IAMClientConfig, 'region' | 'endpoint' | 'requestHandler' | 'maxAttempts'>;
  /** Of somebody who may do everything that the statements do. Without them, the SDK's default provider chain. */
  readonly credentials?: NonNullable<IAMClientConfig['credentials']>;
  readonly accountId: string;
  /** How long a change may take to show. AWS promises no bound; what answers in memory needs none. */
  readonly patienceSeconds: number;
  /** Whether an error says that the judge does not have the operation, rather than that it refuses it. */
  isNotModelled(error: ServiceError, operation: string): boolean | Promise<boolean>;
  /** Told of every request before it is sent; may refuse it by throwing. */
  readonly inspect?: (request: OutgoingRequest) => void;
}

/** An error as SDK clients throw it. */
export type ServiceError = Error & { readonly $metadata?: { readonly httpStatusCode?: number } };

/** A request to a service, before it is sent. */
export interface OutgoingRequest {
  /** Such as `iam`. */
  readonly service: string;
  /** Such as `CreateUser`. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}
