import type { AlarmReading } from './alarm-gateway';

/** What the owner's alarms say together. */
export type Health =
  | { readonly kind: 'healthy'; readonly reason: string }
  | { readonly kind: 'unhealthy'; readonly reason: string }
  /** Not all of them speak: neither well nor unwell, and never good enough to delete a key. */
  | { readonly kind: 'unknown'; readonly reason: string };

const named = (readings: readonly AlarmReading[]): string => readings.map((alarm) => alarm.name).join(', ');

/** Judges the consumers by the owner's alarms. Without alarms nothing speaks against them, and the reason says so. */
export const judgeHealth = (readings: readonly AlarmReading[]): Health => {
  const alarming = readings.filter((alarm) => alarm.state === 'ALARM');
  if (alarming.length > 0) return { kind: 'unhealthy', reason: `in ALARM: ${named(alarming)}` };
  const silent = readings.filter((alarm) => alarm.state !== 'OK');
  if (silent.length > 0) {
    return {
      kind: 'unknown',
      reason: `no verdict from ${silent.map((alarm) => `${alarm.name} (${alarm.state})`).join(', ')}`,
    };
  }
  return {
    kind: 'healthy',
    reason: readings.length === 0 ? 'no health alarm is configured' : `OK: ${named(readings)}`,
  };
};
