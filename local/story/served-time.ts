/**
 * Lets this process live in another time from now on.
 *
 * @returns What gives the real time back.
 */
export const liveAt = (now: Date): (() => void) => {
  const RealDate = Date;
  const ahead = now.getTime() - RealDate.now();
  class ServedDate extends RealDate {
    constructor(...given: readonly unknown[]) {
      super(...((given.length === 0 ? [RealDate.now() + ahead] : given) as [number]));
    }
    static override now(): number {
      return RealDate.now() + ahead;
    }
  }
  globalThis.Date = ServedDate as DateConstructor;
  return () => {
    globalThis.Date = RealDate;
  };
};
