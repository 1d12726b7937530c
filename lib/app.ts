import type { App } from 'aws-cdk-lib';
import { prepareBundles } from './code/function-bundles';

/** The app that is deployed. Its policies are always validated: no option turns that off. */
const validatedApp = async (): Promise<App> => {
  // esbuild works while the CDK loads.
  const bundles = prepareBundles();
  const { Validations } = await import('aws-cdk-lib');
  const { AwsSolutionsChecks } = await import('cdk-nag');
  const { refuse, rotationApp } = await import('./rotation-app');
  try {
    const app = await rotationApp(bundles);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    // Only synthesis shows that a template is too large for CloudFormation. The CDK would do it when the
    // process ends.
    if (process.env.CDK_OUTDIR !== undefined) app.synth();
    return app;
  } catch (error) {
    return refuse(error);
  }
};

/** The CDK's command line tool reads the result from the directory that it named. */
export const app = validatedApp();
