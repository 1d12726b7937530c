/** An access key ID as people see it: the last four characters are enough to tell two keys apart. */
export const mask = (accessKeyId: string): string => `****${accessKeyId.slice(-4)}`;

/** A list of access key IDs for a sentence. */
export const maskAll = (accessKeyIds: readonly string[]): string =>
  accessKeyIds.length === 0 ? 'none' : accessKeyIds.map(mask).join(' and ');
