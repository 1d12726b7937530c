/** The ARN of a function itself, where an alias or a version of it is named. */
export const withoutQualifier = (functionArn: string): string => functionArn.split(':').slice(0, 7).join(':');
