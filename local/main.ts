import { main } from './story/cli';

// The SDK warns users of Node.js 20 about the future of Lambda functions. This process is not one.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

main(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  isTerminal: process.stdout.isTTY === true,
}).then(
  (exitStatus) => {
    process.exitCode = exitStatus;
  },
  (defect: unknown) => {
    console.error(defect);
    process.exitCode = 1;
  },
);
