import { main } from './cli';

// The SDK warns users of Node.js 20 about its own future versions; this file brings the version that it was built with.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const stopSignal = (): AbortSignal => {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
  return stop.signal;
};

// Whoever reads what is printed may have gone, as a service's log may. The file is to be kept current all the same, and
// without a listener the error would end the process.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

main(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  environment: process.env,
  stopSignal,
}).then(
  (exitStatus) => {
    process.exitCode = exitStatus;
  },
  (defect: unknown) => {
    console.error(defect);
    process.exitCode = 1;
  },
);
