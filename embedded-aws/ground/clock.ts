import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { promisify } from 'node:util';

// Taken before anything can be patched: the clock itself lives in real time.
const RealDate = Date;
const realSetImmediate = setImmediate;
const realClearTimeout = clearTimeout;
const realClearInterval = clearInterval;

/**
 * Real event-loop turns without any work under way before time may jump. One turn runs every promise reaction
 * that is due; the others allow for a hand-over through `setImmediate` or `process.nextTick`.
 */
const IDLE_TURNS = 3;

/**
 * Names of real work that the process reports and that ends by itself: requests to the file system (the SDK
 * reads its settings), name look-ups, connections being made. Sockets and servers may be idle, so they do not
 * count.
 */
const REAL_WORK = /req|ConnectWrap/i;

const DAY = 24 * 60 * 60 * 1000;

/** The real time, also while a clock is installed: that of callers who do not live in virtual time. */
export const realTime = (): Date => new RealDate();

/** When a {@link VirtualClock} begins. */
export interface VirtualClockOptions {
  /** The first instant. Default: 2026-03-02T08:00:00Z, a Monday morning. */
  readonly start?: Date;
}

/** Limits of {@link VirtualClock.run}. */
export interface RunOptions {
  /** Virtual time after which the work counts as stuck. Default: ten years. */
  readonly limitMs?: number;
}

/** The globals that {@link VirtualClock.install} replaces. */
export interface PatchableGlobals {
  Date: unknown;
  setTimeout: unknown;
  clearTimeout: unknown;
  setInterval: unknown;
  clearInterval: unknown;
}

/** What identifies a virtual timer to `clearTimeout`: the object, or the number that it converts to. */
export type TimerHandle = VirtualTimer | number | string | null | undefined;

/** A timer of virtual time, with the methods of Node's own timers (the SDK calls `unref`). */
export class VirtualTimer {
  /** When it fires next, in milliseconds since the epoch. */
  due: number;
  /** Order of insertion: timers that are due together fire in this order. */
  order = 0;
  #hasRef = true;

  constructor(
    private readonly clock: VirtualClock,
    readonly id: number,
    readonly callback: () => void,
    readonly delay: number,
    readonly repeats: boolean,
  ) {
    this.due = clock.now().getTime() + delay;
  }

  /** Makes the clock wait for this timer again. */
  ref(): this {
    this.#hasRef = true;
    return this;
  }

  /** Lets the clock stop although this timer is left, as Node's process may. */
  unref(): this {
    this.#hasRef = false;
    return this;
  }

  hasRef(): boolean {
    return this.#hasRef;
  }

  /** Starts the delay again from now. */
  refresh(): this {
    this.clock.refresh(this);
    return this;
  }

  close(): this {
    this.clock.clearTimeout(this);
    return this;
  }

  [Symbol.toPrimitive](): number {
    return this.id;
  }

  [Symbol.dispose](): void {
    this.clock.clearTimeout(this);
  }
}

/** The part of Node's `ClientRequest` that the clock uses. */
interface OpenRequest {
  readonly socket: { readonly localPort?: number } | null;
  once(event: 'close', listener: () => void): unknown;
}

/**
 * How much the clock of the current host is ahead. All clocks share one storage: as long as a storage is in
 * use, Node.js passes it on with every promise, once for each storage that was ever created.
 */
const AHEAD = new AsyncLocalStorage<number>();

/**
 * Time that stands still while anything happens, and jumps to the next timer when nothing does. Days of waiting
 * pass in milliseconds, and the order of events is the same in every run.
 *
 * @example
 * ```ts
 * const clock = new VirtualClock({ start: new Date('2026-03-02T08:00:00Z') });
 * const uninstall = clock.install();
 * await clock.run(async () => {
 *   await new Promise((resolve) => setTimeout(resolve, 30 * 24 * 3600 * 1000)); // returns at once
 * });
 * uninstall();
 * ```
 */
export class VirtualClock {
  #now: number;
  #nextId = 1;
  #nextOrder = 1;
  /** Counts the fired timers, so that drivers that run side by side notice each other's. */
  #fired = 0;
  #holds = 0;
  /** Sorted by due time, then by order of insertion. */
  readonly #queue: VirtualTimer[] = [];
  readonly #byId = new Map<number, VirtualTimer>();
  readonly #cleared = new WeakSet<VirtualTimer>();
  readonly #openRequests = new Set<OpenRequest>();
  /** Client ports of connections whose request waits, on the server's side, for virtual time. */
  readonly #parkedPorts = new Map<number, number>();
  #watchers = 0;
  readonly #onRequestStart = (message: unknown): void => {
    const { request } = message as { readonly request: OpenRequest };
    this.#openRequests.add(request);
    request.once('close', () => this.#openRequests.delete(request));
  };

  constructor(options: VirtualClockOptions = {}) {
    this.#now = (options.start ?? new RealDate('2026-03-02T08:00:00Z')).getTime();
  }

  /** The virtual time. */
  now(): Date {
    return new RealDate(this.#now);
  }

  /**
   * Moves the time on by the duration of an operation, without running timers: those that became due fire
   * next.
   */
  spend(ms: number): void {
    this.#now += ms;
  }

  /** Resolves after `ms` of virtual time. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.setTimeout(resolve, ms);
    });
  }

  setTimeout<A extends unknown[]>(callback: (...args: A) => void, ms?: number, ...args: A): VirtualTimer {
    return this.#schedule(() => callback(...args), ms, false);
  }

  setInterval<A extends unknown[]>(callback: (...args: A) => void, ms?: number, ...args: A): VirtualTimer {
    return this.#schedule(() => callback(...args), ms, true);
  }

  clearTimeout(handle?: TimerHandle): void {
    const timer = handle instanceof VirtualTimer ? handle : this.#byId.get(Number(handle));
    if (timer !== undefined) {
      this.#cleared.add(timer);
      this.#byId.delete(timer.id);
      this.#unqueue(timer);
    }
  }

  clearInterval(handle?: TimerHandle): void {
    this.clearTimeout(handle);
  }

  /**
   * Starts a timer's delay again from now, even if it has fired; a cleared timer stays cleared, as in Node.
   */
  refresh(timer: VirtualTimer): void {
    if (!this.#cleared.has(timer)) {
      this.#unqueue(timer);
      this.#byId.set(timer.id, timer);
      timer.due = this.#now + timer.delay;
      this.#enqueue(timer);
    }
  }

  /** How many timers are pending, including those that nothing waits for. */
  get pendingTimers(): number {
    return this.#queue.length;
  }

  /** Keeps the time from jumping until the function that it returns is called. */
  hold(): () => void {
    this.#holds += 1;
    let held = true;
    return () => {
      if (held) {
        held = false;
        this.#holds -= 1;
      }
    };
  }

  /** Keeps the time from jumping until the promise settles: for real work that the clock cannot see. */
  async track<T>(work: Promise<T>): Promise<T> {
    const release = this.hold();
    try {
      return await work;
    } finally {
      release();
    }
  }

  /**
   * Marks the request on a loopback connection as waiting for virtual time. Its client's request is open all
   * the while; if it counted as work under way, neither would ever end. Returns the function that ends the
   * waiting.
   *
   * @param clientPort - The client's port of the connection, by which both sides know it.
   */
  park(clientPort: number): () => void {
    this.#parkedPorts.set(clientPort, (this.#parkedPorts.get(clientPort) ?? 0) + 1);
    return () => {
      const left = (this.#parkedPorts.get(clientPort) ?? 1) - 1;
      if (left > 0) {
        this.#parkedPorts.set(clientPort, left);
      } else {
        this.#parkedPorts.delete(clientPort);
      }
    };
  }

  /**
   * Replaces `Date`, `setTimeout`, `clearTimeout`, `setInterval` and `clearInterval` of a global object.
   * Node's internals, `node:timers` and `performance` keep real time.
   *
   * @returns The function that puts the originals back.
   */
  install(target: PatchableGlobals = globalThis): () => void {
    const { setTimeout, clearTimeout, setInterval, clearInterval } = target;
    const originals = { Date: target.Date, setTimeout, clearTimeout, setInterval, clearInterval };
    const virtualSetTimeout = this.setTimeout.bind(this);
    Object.defineProperty(virtualSetTimeout, promisify.custom, {
      value: async (ms?: number, value?: unknown) => {
        await this.sleep(ms ?? 0);
        return value;
      },
    });
    target.Date = this.#virtualDate();
    target.setTimeout = virtualSetTimeout;
    target.setInterval = this.setInterval.bind(this);
    target.clearTimeout = (handle?: TimerHandle) => this.#clearAny(handle, realClearTimeout);
    target.clearInterval = (handle?: TimerHandle) => this.#clearAny(handle, realClearInterval);
    // Work may begin before a driver runs.
    this.#watchRequests();
    let installed = true;
    return () => {
      if (!installed) {
        return;
      }
      installed = false;
      AHEAD.disable();
      this.#unwatchRequests();
      Object.assign(target, originals);
    };
  }

  /**
   * Drives time until the work settles: waits until no real work is under way, jumps to the next timer, and
   * repeats. Rejects if the work is still pending although nothing is under way and no timer is left to wait
   * for.
   */
  async run<T>(work: Promise<T> | (() => Promise<T>), options: RunOptions = {}): Promise<T> {
    const limit = this.#now + (options.limitMs ?? 3653 * DAY);
    this.#watchRequests();
    try {
      const promise = typeof work === 'function' ? work() : work;
      let settled = false;
      const settle = () => {
        settled = true;
      };
      promise.then(settle, settle);
      for (;;) {
        await this.#quiet(() => settled);
        if (settled) {
          return await promise;
        }
        if (!this.#queue.some((timer) => timer.hasRef())) {
          throw new Error(
            `Deadlock at ${this.now().toISOString()}: the work is pending, but nothing is under way and no timer is left`,
          );
        }
        if ((this.#queue[0]?.due ?? 0) > limit) {
          throw new Error(`The work is still pending at the limit, ${new RealDate(limit).toISOString()}`);
        }
        this.#fireNext();
      }
    } finally {
      this.#unwatchRequests();
    }
  }

  /** Lets `ms` of virtual time pass, with every timer that is due in it. */
  async advance(ms: number): Promise<void> {
    await this.advanceTo(new RealDate(this.#now + ms));
  }

  /** Lets virtual time pass up to an instant, with every timer that is due by then. */
  async advanceTo(instant: Date): Promise<void> {
    const target = instant.getTime();
    this.#watchRequests();
    try {
      for (;;) {
        await this.#quiet(() => false);
        const next = this.#queue[0];
        if (next === undefined || next.due > target) {
          this.#now = Math.max(this.#now, target);
          return;
        }
        this.#fireNext();
      }
    } finally {
      this.#unwatchRequests();
    }
  }

  /**
   * Does work on a host whose own clock is ahead, or behind: code that is started here, and awaited, sees it
   * in `Date`. Timers, and the times of this clock, are the same as everywhere.
   */
  onHost<T>(ahead: number, work: () => T): T {
    // Work that is begun by work on another host is on its own.
    return ahead === 0 && AHEAD.getStore() === undefined ? work() : AHEAD.run(ahead, work);
  }

  #virtualDate(): DateConstructor {
    const now = () => this.#now + (AHEAD.getStore() ?? 0);
    // A function with the real prototype: dates are made by the hundred, and a proxy is several times as
    // slow.
    const virtualDate = function VirtualDate(...args: readonly unknown[]): unknown {
      if (new.target === undefined) return new RealDate(now()).toString();
      const given = args.length === 0 ? [now()] : args;
      return Reflect.construct(RealDate, given, new.target === virtualDate ? RealDate : new.target);
    };
    Object.defineProperties(virtualDate, {
      ...Object.getOwnPropertyDescriptors(RealDate),
      now: { value: now, writable: true, configurable: true },
    });
    return virtualDate as unknown as DateConstructor;
  }

  /** Timers that were set before the installation are real ones. */
  #clearAny(handle: TimerHandle, clearReal: (handle?: number | string) => void): void {
    const isReal = typeof handle === 'object' && handle !== null && !(handle instanceof VirtualTimer);
    if (isReal) {
      clearReal(handle);
    } else {
      this.clearTimeout(handle);
    }
  }

  #schedule(callback: () => void, ms: number | undefined, repeats: boolean): VirtualTimer {
    // As in Node, nothing fires sooner than after 1 ms. Unlike in Node, delays above 2^31-1 ms work.
    const delay = typeof ms === 'number' && ms >= 1 ? Math.trunc(ms) : 1;
    const timer = new VirtualTimer(this, this.#nextId, callback, delay, repeats);
    this.#nextId += 1;
    this.#byId.set(timer.id, timer);
    this.#enqueue(timer);
    return timer;
  }

  #enqueue(timer: VirtualTimer): void {
    timer.order = this.#nextOrder;
    this.#nextOrder += 1;
    let index = this.#queue.length;
    while (index > 0 && (this.#queue[index - 1]?.due ?? 0) > timer.due) {
      index -= 1;
    }
    this.#queue.splice(index, 0, timer);
  }

  #unqueue(timer: VirtualTimer): void {
    const index = this.#queue.indexOf(timer);
    if (index >= 0) {
      this.#queue.splice(index, 1);
    }
  }

  #fireNext(): void {
    const timer = this.#queue.shift();
    if (timer === undefined) {
      return;
    }
    this.#fired += 1;
    this.#now = Math.max(this.#now, timer.due);
    if (timer.repeats) {
      timer.due = this.#now + timer.delay;
      this.#enqueue(timer);
    } else {
      this.#byId.delete(timer.id);
    }
    timer.callback();
  }

  #watchRequests(): void {
    this.#watchers += 1;
    if (this.#watchers === 1) {
      subscribe('http.client.request.start', this.#onRequestStart);
    }
  }

  #unwatchRequests(): void {
    this.#watchers -= 1;
    if (this.#watchers === 0) {
      unsubscribe('http.client.request.start', this.#onRequestStart);
      this.#openRequests.clear();
    }
  }

  /** Waits, in real time, until nothing is under way, or until `done`. */
  async #quiet(done: () => boolean): Promise<void> {
    let idleTurns = 0;
    let fired = this.#fired;
    while (idleTurns < IDLE_TURNS && !done()) {
      await new Promise<void>((resolve) => {
        realSetImmediate(resolve);
      });
      idleTurns = this.#isBusy() || fired !== this.#fired ? 0 : idleTurns + 1;
      fired = this.#fired;
    }
  }

  #isBusy(): boolean {
    if (this.#holds > 0) {
      return true;
    }
    for (const { socket } of this.#openRequests) {
      if (socket?.localPort === undefined || !this.#parkedPorts.has(socket.localPort)) {
        return true;
      }
    }
    return process.getActiveResourcesInfo().some((resource) => REAL_WORK.test(resource));
  }
}
