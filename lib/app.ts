import type { App } from 'aws-cdk-lib';
import { prepareBundles } from './code/function-bundles';

/** What is deployed. It is always validated: nothing here can be told to leave that out. */
const validatedApp = async (): Promise<App> => {
  // esbuild works while the CDK loads.
  const bundles = prepareBundles();
  const { Validations } = await import('aws-cdk-lib');
  const { AwsSolutionsChecks } = await import('cdk-nag');
  const { refuse, rotationApp } = await import('./rotation-app');
  try {
    const app = await rotationApp(bundles);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    // What is too large for CloudFormation shows only then. The CDK would do it when nothing is left to do.
    if (process.env.CDK_OUTDIR !== undefined) app.synth();
    return app;
  } catch (error) {
    return refuse(error);
  }
};

/** The CDK's command line tool finds what comes of it in the directory that it named. */
export const app = validatedApp();
