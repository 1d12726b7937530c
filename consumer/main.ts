import { main } from './command/cli';

// The SDK warns users of Node.js 20 about its own future versions; this file contains the version that it was
// built with.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const stopSignal = (): AbortSignal => {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  return stop.signal;
};

// The reader of the output may be gone, as a service's log may. The file must be kept current anyway, and
// without a listener the error would end the process.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

/** Resolves when the output is written, or can no longer be. */
const printed = (): Promise<unknown> =>
  Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))),
  );

/**
 * Ends the process, whatever is still running: a credential_process that does not answer would keep it alive
 * for ever.
 */
const end = async (exitStatus: number): Promise<void> => {
  process.exitCode = exitStatus;
  await printed();
  process.exit();
};

main(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  environment: process.env,
  stopSignal,
}).then(end, (defect: unknown) => {
  console.error(defect);
  return end(1);
});
