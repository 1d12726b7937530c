import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IAMClientConfig } from '@aws-sdk/client-iam';
import type { Enrolment, EnrolmentFile } from '../contract/enrolment';
import { ENROLMENT_FILE, enrolmentIn } from '../contract/enrolment-file';
import { countCallsOverNetwork } from './counted-calls';

/** What every AWS SDK client of the functions is made with. */
type ClientConfig = Pick<
  IAMClientConfig,
  'region' | 'credentials' | 'requestHandler' | 'retryMode' | 'defaultsMode'
>;

/** What a function finds around it. Tests and the local runner bring their own. */
export interface Runtime {
  readonly clientConfig: ClientConfig;
  /** How many requests the clients have sent so far, repeated ones included. */
  readonly calls: () => number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The enrolled users; there for the steps that read the enrolment only. */
  readonly enrolment: Enrolment;
}

/**
 * AWS answers within a second or two. A request that takes longer is given up and made again, or found out about
 * by the next attempt, rather than left to use up the function's time.
 */
const REQUEST_LIMITS = { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true };

/** What the file beside a deployed function's code holds. */
export const fileBeside = <File>(): File =>
  JSON.parse(readFileSync(join(__dirname, ENROLMENT_FILE), 'utf8')) as File;

/** The runtime of a deployed function: configuration from the environment, enrolment from beside the code. */
export const lambdaRuntime = (): Runtime => {
  const { requestHandler, calls } = countCallsOverNetwork(REQUEST_LIMITS);
  return {
    clientConfig: { requestHandler },
    calls,
    environment: process.env,
    enrolment: enrolmentIn(fileBeside<EnrolmentFile>),
  };
};

/** A setting that the infrastructure must have made. @throws Error that names it when it is missing. */
export const requireSetting = (runtime: Pick<Runtime, 'environment'>, name: string): string => {
  const value = runtime.environment[name];
  if (!value)
    throw new Error(`The function's environment variable ${name} is not set: deploy the stack again.`);
  return value;
};

/** Waits inside a function. */
export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
