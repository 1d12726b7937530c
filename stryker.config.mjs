/**
 * Which rules would nobody miss? Stryker changes the functions' rules one by one and runs test/lambdas against each
 * change: `npm run test:mutation`. What survives with reason is in docs/mutants.md.
 */
export default {
  // Decisions, and the rules that they share. What only calls AWS is proved by the contract and the simulation.
  mutate: [
    'lambdas/*/decide.ts',
    'lambdas/create-access-key/emergency.ts',
    'lambdas/plan-rotation/preview.ts',
    'lambdas/shared/{contract,text,rotation,secret,findings,recovery,shell}/*.ts',
    'lambdas/shared/gateways/{late-reads,service-errors}.ts',
    '!lambdas/shared/contract/cloudformation.ts',
    '!lambdas/shared/findings/{lock-holder,orphans}.ts',
  ],
  // Texts are pinned as a whole, on the page of messages.
  mutator: { excludedMutations: ['StringLiteral'] },
  testRunner: 'jest',
  jest: {
    configFile: 'jest.config.mjs',
    config: {
      // The functions as well: Jest finds out only within these which tests import a file by way of another one.
      roots: ['<rootDir>/test/lambdas', '<rootDir>/lambdas'],
      // Stryker puts an environment of its own around one that it can find by name.
      testEnvironment: 'node',
      testSequencer: '<rootDir>/test/lambdas/support/quick-first.cjs',
      // It reads the sources, which are full of changes here, and tells stories about texts, which takes long.
      testPathIgnorePatterns: ['/messages\\.test\\.ts$'],
    },
    // Only tests that import the file: walks load the functions by name, so a rule has to be checked by a table.
    enableFindRelatedTests: true,
  },
  coverageAnalysis: 'perTest',
  // Tables and patterns of a module are made once, when it is loaded; each would need a process of its own.
  ignoreStatic: true,
  // There is none: Stryker would read it with an API that TypeScript 7 does not have, and nothing here needs it.
  tsconfigFile: 'none',
  thresholds: { high: 98, low: 96, break: 96 },
  concurrency: 2,
  reporters: ['clear-text', 'json', 'progress-append-only'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  allowConsoleColors: false,
  jsonReporter: { fileName: '.stryker/mutation.json' },
  incrementalFile: '.stryker/incremental.json',
  tempDirName: '.stryker/tmp',
};
