import { prepareBundles } from '../../lib/code/function-bundles';

/**
 * The app of lib/app.ts without its validation, which nobody waits for here: it changes nothing of what is synthesized.
 * Runs as a process of its own, as the CDK's command line tool runs the app.
 */
const main = async (): Promise<void> => {
  const bundles = prepareBundles({
    onBundling: (count) => process.stdout.write(`Bundling its ${count} functions ...\n`),
  });
  const { refuse, rotationApp } = await import('../../lib/rotation-app');
  try {
    // Where the embedded AWS is, a template learns when it is deployed there.
    (await rotationApp(bundles, {})).synth();
  } catch (error) {
    refuse(error);
  }
};

void main();
