import type { App } from 'aws-cdk-lib';
import { prepareBundles } from './function-bundles';

/** What is deployed. It is always validated: nothing here can be told to leave that out. */
const validatedApp = async (): Promise<App> => {
  // esbuild works while the CDK loads.
  const bundles = prepareBundles();
  const { Validations } = await import('aws-cdk-lib');
  const { AwsSolutionsChecks } = await import('cdk-nag');
  const { rotationApp } = await import('./rotation-app');
  const app = await rotationApp(bundles);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
};

/** The CDK synthesizes it when nothing is left to do. */
export const app = validatedApp();
