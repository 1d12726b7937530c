/**
 * A secret access key has 40 of these characters (IAM User Guide, "Managing access keys"), and what is made from one has more. In a
 * sentence, an ARN or a command nothing is as long without another character in between.
 */
const LIKE_MATERIAL = /[A-Za-z0-9+/=]{40,}/g;

/** What stands for it. */
const LEFT_OUT = '(left out)';

/** A text that somebody has written, without what looks like a secret: people paste what has leaked. */
export const withoutWhatLooksSecret = (text: string): string => text.replace(LIKE_MATERIAL, LEFT_OUT);
