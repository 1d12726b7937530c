import { prepareBundles } from '../../lib/code/function-bundles';

/**
 * The app of lib/app.ts without its validation, which does not change what is synthesized and would only take
 * time here. Runs as a process of its own, as the CDK's command line tool runs the app.
 */
const main = async (): Promise<void> => {
  const bundles = prepareBundles({
    onBundling: (count) => process.stdout.write(`Bundling its ${count} functions ...\n`),
  });
  const { refuse, rotationApp } = await import('../../lib/rotation-app');
  try {
    // A template learns where the embedded AWS is when it is deployed there.
    (await rotationApp(bundles, {})).synth();
  } catch (error) {
    refuse(error);
  }
};

void main();
