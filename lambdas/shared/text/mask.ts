/** An access key ID as logs have it: the last four characters are enough to tell two keys apart. */
export const mask = (accessKeyId: string): string => `****${accessKeyId.slice(-4)}`;

/** IAM User Guide, "IAM identifiers": the IDs of access keys of users begin with AKIA. */
const ACCESS_KEY_ID = /\bAKIA\w{12,124}\b/g;

/** A text for a log: each access key ID in it as a log has it. */
export const masked = (text: string): string => text.replace(ACCESS_KEY_ID, mask);
