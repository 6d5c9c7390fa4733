/*
 * What `openFleet` takes and returns. These types import only types of the library, so that its declarations need no
 * other file.
 */
import type { Actor, BuildKind, BuildStatus, DisplayStatus } from './buildTypes';

/** How to reach a fleet, and where its copies are kept (docs/fleet.md). */
export interface FleetOptions {
  /** Addresses of the servers: `tls://nats.example.org:4222`. */
  readonly servers: readonly string[];
  /** The id that `fleet:join --as reader` printed, between the slashes, and the seed that goes with it. */
  readonly id: string;
  readonly seed: string;
  /** PEM of the authority that has signed the servers' certificates. Default: those that the system trusts. */
  readonly authority?: string;
  /** A directory for the copies of the journals; made if it is missing. */
  readonly mirror: string;
  /** Called with a sentence for each problem. Default: none. */
  readonly warn?: (message: string) => void;
}

/** A host of the fleet. */
export interface FleetHostView {
  readonly id: string;
  readonly name: string;
  /** When it was last heard; undefined if never. */
  readonly heardAt: Date | undefined;
  /** True if it has not been heard for so long that its present state is unknown. */
  readonly silent: boolean;
}

/** A build as `fleet:list --format json` gives it. */
export interface FleetBuildView {
  readonly host: string;
  readonly host_id: string;
  readonly journal: string;
  readonly app: string | null;
  /** True if the app was destroyed later. */
  readonly gone: boolean;
  readonly id: string;
  readonly kind: BuildKind;
  readonly pid: number;
  readonly started_at: string;
  readonly finished_at?: string;
  readonly status: BuildStatus;
  readonly source: string;
  readonly exit_code?: number;
  /** `unknown` if no event has ended it and its host is silent. */
  readonly display_status: DisplayStatus | 'unknown';
  readonly duration: string;
  readonly duration_seconds: number;
  /** The commit that was deployed, if it is known. */
  readonly revision?: string;
  /** Who deployed. */
  readonly actor: Actor;
  readonly heard_at: string | null;
}

/** A filter for builds or events. */
export interface FleetFilter {
  /** Name or id of a host. */
  readonly host?: string;
  readonly app?: string;
}

/** An event as `fleet:events --format jsonl` gives it: host and app, and the fields of `builds:events`. */
export interface FleetEvent {
  readonly host: string;
  readonly host_id: string;
  readonly journal: string;
  readonly seq: number;
  readonly id: string;
  readonly time: string;
  readonly type: string;
  readonly app: string;
  readonly build: string | null;
  readonly [detail: string]: unknown;
}

/** The builds of a fleet, read from the copies of its journals. */
export interface FleetReader {
  /**
   * Reads what was published since the last call, and asks the hosts which builds run. It waits at most 3 s for a host
   * that does not answer. Rejects if the servers do not answer; the copies can still be read.
   */
  refresh(): Promise<void>;
  /** When the copies were last complete; undefined if they never were. */
  readAt(): Date | undefined;
  hosts(): FleetHostView[];
  /** Every build on record, newest first. */
  list(filter?: FleetFilter): FleetBuildView[];
  /** The events, merged by time. */
  events(filter?: FleetFilter): IterableIterator<FleetEvent>;
}
