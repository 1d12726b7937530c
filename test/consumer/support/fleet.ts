import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { rotatedCredentials } from '../../../consumer/index';
import type { EmbeddedAws } from '../../../embedded-aws/embedded-aws';
import { SECOND } from '../../support/time';

/** How the members of a fleet differ. */
export interface FleetOptions {
  readonly aws: EmbeddedAws;
  readonly secretId: string;
  /** How many consumers there are. */
  readonly size: number;
  /** Times after which consumers read the secret again, assigned in turn. */
  readonly refreshAfter: readonly string[];
  /** Milliseconds between two calls of a consumer, assigned in turn. */
  readonly intervalsMs: readonly number[];
  /** Milliseconds of virtual time for which the fleet works. */
  readonly forMs: number;
}

/** What a fleet has done. */
export interface FleetResult {
  readonly calls: number;
  /** Error names of the calls that failed. */
  readonly failures: readonly string[];
}

/** A consumer that has only the library: one call every interval, and the result of each call is recorded. */
const work = async (options: FleetOptions, index: number, failures: string[]): Promise<number> => {
  const { aws, secretId, refreshAfter, intervalsMs, forMs } = options;
  const connection = { region: aws.region, maxAttempts: 1, requestHandler: aws.requestHandler() };
  const reader = aws.roleCredentials(`arn:aws:iam::${aws.accountId}:role/reader`, `reader-${index}`);
  const credentials = rotatedCredentials({
    secretId,
    client: new SecretsManagerClient({ ...connection, credentials: reader }),
    refreshAfter: refreshAfter[index % refreshAfter.length] ?? 'PT10M',
  });
  const sts = credentials.applyTo(new STSClient({ ...connection, credentials }));
  const interval = intervalsMs[index % intervalsMs.length] ?? 60 * SECOND;
  const end = aws.clock.now().getTime() + forMs;
  // The consumers begin at different times.
  await aws.clock.sleep((interval * index) / options.size);
  let calls = 0;
  while (aws.clock.now().getTime() < end) {
    calls += 1;
    await sts.send(new GetCallerIdentityCommand({})).catch((error: Error) => failures.push(error.name));
    await aws.clock.sleep(interval);
  }
  return calls;
};

/**
 * Runs consumers with the library side by side. The clock of the embedded AWS must be installed, and drives
 * the promise.
 */
export const runFleet = async (options: FleetOptions): Promise<FleetResult> => {
  const failures: string[] = [];
  const calls = await Promise.all(
    Array.from({ length: options.size }, (_none, index) => work(options, index, failures)),
  );
  return { calls: calls.reduce((sum, count) => sum + count, 0), failures };
};
