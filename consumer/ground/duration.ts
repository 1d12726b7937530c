const SECOND = 1000;
const UNITS = [24 * 60 * 60 * SECOND, 60 * 60 * SECOND, 60 * SECOND, SECOND];

const PATTERN = /^P(?=\d|T\d)(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?$/;

/**
 * Reads an ISO 8601 duration of whole days, hours, minutes and seconds, such as `PT10M`. Like the rotation's
 * own configuration, it accepts no years, months, weeks and fractions.
 *
 * A pattern of its own keeps a whole date library out of a package that other people's programs load.
 *
 * @returns Milliseconds, or undefined if the text is not such a duration.
 */
export const parseDuration = (text: string): number | undefined => {
  const parts = PATTERN.exec(text)?.slice(1);
  return parts?.reduce((total, part, index) => total + Number(part ?? 0) * (UNITS[index] ?? 0), 0);
};
