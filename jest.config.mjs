// Notices for people who run the SDK on Node.js 20; the functions run on 24.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

// Where each resource was created is for people whose template is refused. Under Jest, which translates every frame, it takes a fifth of the
// time of a synthesis.
process.env.CDK_CONTEXT_JSON = JSON.stringify({ 'aws:cdk:disable-creation-stack-traces': true });

/** Long proofs rather than tests of a change: `npm run test:proof` runs these. */
const PROOF = '\\.proof\\.test\\.ts$';

/** Of their tables `npm test` plays a part, and the proof all. */
const PROOF_OR_SAMPLED = '\\.(proof|sampled)\\.test\\.ts$';

/** @type {import('jest').Config} */
export const shared = {
  testEnvironment: '<rootDir>/test/support/plain-environment.cjs',
  // Every core: nobody works beside a test run, and by default one core is left out of two.
  maxWorkers: '100%',
  // Jest 30 tells of objects that packages keep between test files; each worker ends soon enough.
  testEnvironmentOptions: { globalsCleanup: 'off' },
  // A hang is found all the same; how fast a busy machine is decides nothing.
  testTimeout: 120_000,
  roots: ['<rootDir>/test'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2023' } }] },
  reporters: ['default', '<rootDir>/test/support/slowest-files.mjs'],
};

/** @type {import('jest').Config} */
export default { ...shared, testPathIgnorePatterns: ['/node_modules/', PROOF] };

/** @type {import('jest').Config} */
export const proof = {
  ...shared,
  testRegex: PROOF_OR_SAMPLED,
  testTimeout: 1_800_000,
  globals: { playsWholeTables: true },
};
