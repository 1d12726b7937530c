import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Cdk, type ConfiguredApp, type StackOutputs } from '../../test/e2e/support/cdk';
import type { Cleanup } from '../../test/e2e/support/cleanup';
import type { Place } from './place';
import { configurationOf, type Names, type RotatingCheck } from './plan';

/** The environment of this process, without what is not set. */
const ownEnvironment = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );

/** The stack of a run. */
export interface RunStack {
  /** The configuration, which the command reads, too. */
  readonly configFile: string;
  synthesize(): Promise<void>;
  deploy(): Promise<StackOutputs>;
  destroy(): Promise<void>;
}

/** The stack of a run, by the command line tool of the CDK. So far nothing is there. */
export const stackOf = async (
  { account, region, pace }: Place,
  names: Names,
  {
    scratch,
    cleanup,
    removing,
  }: { readonly scratch: string; readonly cleanup: Cleanup; readonly removing: Cleanup },
  checks?: readonly RotatingCheck[],
): Promise<RunStack> => {
  const configuration = configurationOf(names, { account, region }, pace, checks);
  const configFile = join(scratch, `${names.id}.json`);
  await writeFile(configFile, JSON.stringify(configuration));
  const settings = { stack: names.stack, account, region, environment: ownEnvironment(), scratch };
  const cdk = new Cdk({ ...settings, cleanup });
  const app: ConfiguredApp = await cdk.configure(names.id, configuration);
  return {
    configFile,
    synthesize: () => cdk.synthesize(app),
    deploy: () => cdk.deploy(app, true),
    destroy: () => new Cdk({ ...settings, cleanup: removing }).destroy(app),
  };
};
