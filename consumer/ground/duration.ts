const SECOND = 1000;
const UNITS = [24 * 60 * 60 * SECOND, 60 * 60 * SECOND, 60 * SECOND, SECOND];

const PATTERN = /^P(?=\d|T\d)(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?$/;

/**
 * Reads an ISO 8601 duration of whole days, hours, minutes and seconds, such as `PT10M`. Years, months, weeks and
 * fractions are not durations here, as in the rotation's own configuration.
 *
 * A pattern of its own keeps a whole date library out of a package that other people's programs load.
 *
 * @returns milliseconds, or undefined when the text is no such duration
 */
export const parseDuration = (text: string): number | undefined => {
  const parts = PATTERN.exec(text)?.slice(1);
  return parts?.reduce((total, part, index) => total + Number(part ?? 0) * (UNITS[index] ?? 0), 0);
};
