/**
 * A secret access key has 40 characters of a few kinds (IAM User Guide, "Managing access keys"), and what is made from one has more. In a
 * sentence, an ARN or a command nothing is as long without another character in between. Three of the kinds may be written as an escape, of
 * a URL or of JSON, once or again: each escape stands for one character.
 */
const LIKE_MATERIAL = /(?:[A-Za-z0-9+/=]|%(?:25)*(?:2[BF]|3D)|\\+(?:\/|u00(?:2[BF]|3D))){40,}/gi;

/** What stands for it. */
const LEFT_OUT = '(left out)';

/** A text that somebody has written, without what looks like a secret: people paste what has leaked. */
export const withoutWhatLooksSecret = (text: string): string => text.replace(LIKE_MATERIAL, LEFT_OUT);
