import type { Call } from './call-log';
import type { Denial } from './denial';

/** What goes wrong with a call. */
type FaultKind =
  /** The call has no effect: the connection breaks, or the service answers 500. */
  | { readonly kind: 'before'; readonly as?: 'connection' | 'http-500' }
  /**
   * The call takes effect, but its caller does not learn of it: the connection breaks, or a 500 comes back.
   */
  | { readonly kind: 'after'; readonly as?: 'connection' | 'http-500' }
  /** The connection breaks now, and the call takes effect later, in virtual time. */
  | { readonly kind: 'late'; readonly delayMs: number }
  /** The caller lacks permission: a policy has changed, or its change has not arrived yet. */
  | { readonly kind: 'deny'; readonly denial: Denial }
  /** The service throttles the caller. */
  | { readonly kind: 'throttle' }
  /** The answer comes later, in virtual time; the effect happens at once, or when the answer is sent. */
  | { readonly kind: 'delay'; readonly ms: number; readonly effect?: 'at-once' | 'with-answer' }
  /** The service answers with an error, and the call has no effect. */
  | { readonly kind: 'error'; readonly code: string; readonly status: number; readonly message?: string }
  /** Another actor acts at this moment, just before the call takes effect or just after. */
  | { readonly kind: 'act'; readonly act: (call: Call) => void; readonly when?: 'before' | 'after' };

/** A fault, and the calls that it hits. */
export type FaultInjection = FaultKind & {
  /** Default: every call. */
  readonly match?: (call: Call) => boolean;
  /** How many matching calls it hits. Default: one; with `between`, all. */
  readonly times?: number;
  /** Only calls in this range of virtual time, the end excluded. */
  readonly between?: { readonly from?: Date; readonly to?: Date };
};

/** The faults that wait for their calls. A call meets the first one that matches. */
export class Faults {
  readonly #pending: { readonly injection: FaultInjection; left: number }[] = [];

  /** Injects a fault. Returns the function that withdraws it. */
  inject(injection: FaultInjection): () => void {
    const times = injection.times ?? (injection.between === undefined ? 1 : Number.POSITIVE_INFINITY);
    const fault = { injection, left: times };
    this.#pending.push(fault);
    return () => this.#remove(fault);
  }

  /** Withdraws every fault. */
  clear(): void {
    this.#pending.length = 0;
  }

  /** How many injected faults have not (all) happened: a test whose fault never happened proves nothing. */
  get pending(): number {
    return this.#pending.filter(({ left }) => Number.isFinite(left)).length;
  }

  /** The fault that a call meets. It is used up by that. */
  take(call: Call): FaultInjection | undefined {
    const fault = this.#pending.find(({ injection: { match, between } }) => {
      const inRange =
        (between?.from === undefined || call.at >= between.from) &&
        (between?.to === undefined || call.at < between.to);
      return inRange && (match === undefined || match(call));
    });
    if (fault === undefined) {
      return undefined;
    }
    fault.left -= 1;
    if (fault.left <= 0) {
      this.#remove(fault);
    }
    return fault.injection;
  }

  #remove(fault: { readonly injection: FaultInjection; left: number }): void {
    const index = this.#pending.indexOf(fault);
    if (index >= 0) {
      this.#pending.splice(index, 1);
    }
  }
}
