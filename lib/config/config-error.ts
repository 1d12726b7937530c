/** The context key of cdk.json that holds the configuration, or names the file that does. */
export const CONFIG_CONTEXT_KEY = 'iamAccessKeyRotation';

/** The configuration has mistakes. The message lists them all. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  /**
   * @param problems - One sentence each.
   * @param source - Where the configuration is, as the beginning of a sentence.
   */
  constructor(
    readonly problems: readonly string[],
    source: string = 'The configuration',
  ) {
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
    super(`${source} has ${count}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
  }
}
