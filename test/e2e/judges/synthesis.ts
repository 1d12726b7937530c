/**
 * Synthesizes apps, and lets cdk-nag judge those with everything switched on. A process of its own, because it computes
 * for seconds in which the other lanes want to be served:
 *
 *     tsx synthesis.ts DIRECTORY
 *
 * It writes the templates into the directory, and one JSON document to standard output.
 */
import { join } from 'node:path';
import type { App } from 'aws-cdk-lib';
import cdkJson from '../../../cdk.json';
import { CONFIG_CONTEXT_KEY } from '../../../lib/config';
import { rotationApp } from '../../../lib/rotation-app';
import example from '../../../rotation.config.example.json';
import { everythingIn, PLACES } from '../../support/everything';
import { nagFindings } from './nag';
import type { Finding } from './verdict';

/** What this process says. */
export interface Synthesized {
  /** The templates' files. */
  readonly templates: readonly string[];
  readonly nag: readonly Finding[];
}

/** The app of a configuration, as the CDK's command line tool runs it. Its functions are not bundled. */
const appOf = (configuration: unknown, output: string): Promise<App> => {
  process.env.CDK_OUTDIR = output;
  process.env.CDK_CONTEXT_JSON = JSON.stringify({
    ...cdkJson.context,
    'aws:cdk:bundling-stacks': [],
    [CONFIG_CONTEXT_KEY]: configuration,
  });
  return rotationApp(Promise.resolve(), {});
};

const main = async (directory: string): Promise<void> => {
  const smallest = await appOf(example, join(directory, 'example'));
  const everything = await appOf(everythingIn(PLACES), join(directory, 'everything'));
  const templates = [smallest, everything].flatMap((app) =>
    app.synth().stacks.map(({ templateFullPath }) => templateFullPath),
  );
  const said: Synthesized = { templates, nag: nagFindings(everything) };
  process.stdout.write(JSON.stringify(said));
};

if (require.main === module) void main(process.argv[2] ?? '.');
