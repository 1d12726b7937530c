import { relative } from 'node:path';

const SHOWN = 10;

/** Ends a run with the files that took longest: where to look when the run has grown slow. */
export default class SlowestFiles {
  constructor(globalConfig) {
    this.rootDir = globalConfig.rootDir;
  }

  onRunComplete(_contexts, { testResults }) {
    // After a single file there is nothing to compare.
    if (testResults.length < 2) return;
    const files = testResults
      .map(({ testFilePath, perfStats }) => ({ testFilePath, ms: perfStats.runtime }))
      .sort((a, b) => b.ms - a.ms);
    const total = files.reduce((sum, { ms }) => sum + ms, 0);
    const row = (ms, text) => `${(ms / 1000).toFixed(1).padStart(8)} s  ${text}`;
    const lines = [
      `Slowest ${Math.min(SHOWN, files.length)} of ${files.length} files (seconds of one worker):`,
      ...files.slice(0, SHOWN).map(({ ms, testFilePath }) => row(ms, relative(this.rootDir, testFilePath))),
      row(total, 'all files'),
    ];
    process.stderr.write(`\n${lines.join('\n')}\n`);
  }
}
