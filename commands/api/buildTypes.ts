/*
 * The types that the library returns: those of the commands' JSON, described in docs/schema. They import nothing, so
 * that the library's declarations need no other file. A spec compares their keys with the schemas.
 */

/** What a build is for. It follows from the source. */
export type BuildKind = 'build' | 'deploy';

/** The status of a build on record. */
export type BuildStatus = 'running' | 'succeeded' | 'failed' | 'canceled';

/** How a build is shown: `abandoned` if it is running on record and its process has ended. */
export type DisplayStatus = BuildStatus | 'abandoned';

/** One build as `builds:list --format json` gives it. Times are RFC 3339 in UTC. */
export interface BuildView {
  readonly id: string;
  readonly app: string;
  readonly kind: BuildKind;
  readonly pid: number;
  readonly started_at: string;
  /** Absent while it runs. */
  readonly finished_at?: string;
  readonly status: BuildStatus;
  readonly source: string;
  /** Absent while it runs; -1 if it was canceled, or ended without a report. */
  readonly exit_code?: number;
  readonly display_status: DisplayStatus;
  /** `1m14s`: to its end, or to now. */
  readonly duration: string;
  /** Absolute; the file need not be there. */
  readonly log_path: string;
  /** `duration` in whole seconds. */
  readonly duration_seconds: number;
  /** The commit that was deployed, if it is known. */
  readonly revision?: string;
  /** Who deployed. */
  readonly actor: Actor;
}

/** Who did something: ssh user, name of the ssh key, first word of the command. Unknown fields are absent. */
export interface Actor {
  readonly user?: string;
  readonly key?: string;
  readonly command?: string;
}

/** One build as `builds:info --format json` gives it. */
export interface BuildInfo extends BuildView {
  /** Facts that are in the journal, but not in the record. */
  readonly event: {
    readonly actor: Actor;
    readonly revision?: string;
    /** True if the build was read from a record that another program wrote. */
    readonly adopted: boolean;
    readonly start_ticks?: number;
    readonly boot_id?: string;
    readonly cause?: 'exit' | 'deployed' | 'abandoned';
    readonly canceled_by?: Actor;
    readonly signal?: string;
    /** Its log was removed; its record is kept. */
    readonly log_pruned?: true;
    /** Its record and its log were removed. */
    readonly pruned?: { readonly at: string; readonly reason: 'retention' | 'discarded' };
  };
}

interface Happened {
  /** 1, 2, 3 … without a gap, one app. */
  readonly seq: number;
  /** A ULID. */
  readonly id: string;
  /** When the host wrote it. */
  readonly time: string;
  readonly app: string;
}

/** A fact of an app's history, as `builds:events --format jsonl` gives it. */
export type BuildEvent = BuildStarted | BuildFinished | BuildCanceled | Pruned;

export interface BuildStarted extends Happened {
  readonly type: 'BuildStarted';
  readonly build: string;
  readonly kind: BuildKind;
  readonly source: string;
  readonly pid: number;
  readonly process_group?: number;
  readonly start_ticks?: number;
  readonly boot_id?: string;
  readonly started_at: string;
  readonly actor: Actor;
  readonly revision?: string;
  readonly adopted?: true;
}

export interface BuildFinished extends Happened {
  readonly type: 'BuildFinished';
  readonly build: string;
  readonly status: 'succeeded' | 'failed';
  readonly exit_code: number;
  /**
   * How the end became known: `exit` by the report of the deploy; without one, `deployed` if Dokku had announced the
   * deployment, else `abandoned`.
   */
  readonly cause: 'exit' | 'deployed' | 'abandoned';
  readonly finished_at: string;
  /** If it became known after the start. */
  readonly revision?: string;
  readonly adopted?: true;
}

export interface BuildCanceled extends Happened {
  readonly type: 'BuildCanceled';
  readonly build: string;
  readonly signal?: string;
  readonly finished_at: string;
  readonly actor: Actor;
  /** If it became known after the start. */
  readonly revision?: string;
  readonly adopted?: true;
}

export interface Pruned extends Happened {
  readonly type: 'Pruned';
  /** Always null: `builds` and `logs` name the builds. */
  readonly build: null;
  readonly builds: readonly string[];
  /** Other builds, of which only the logs were removed. */
  readonly logs?: readonly string[];
  readonly reason: 'retention' | 'discarded';
}

/** Figures of some builds. Durations in seconds; null if there is nothing to count. */
export interface Figures {
  /** Their number, without abandoned ones. */
  readonly builds: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly canceled: number;
  readonly abandoned: number;
  readonly running: number;
  /** 0 to 1: the successes among those that succeeded or failed. */
  readonly success_rate: number | null;
  readonly median_seconds: number | null;
  readonly p95_seconds: number | null;
  readonly longest_seconds: number | null;
  readonly longest_build: { readonly app: string; readonly build: string } | null;
  readonly last_success_at: string | null;
  readonly seconds_since_success: number | null;
}

/** The figures of DORA, for successful deployments (docs/stats.md). Medians in seconds; null if there is none. */
export interface Delivery {
  readonly deployments: number;
  readonly deployments_per_day: number;
  readonly failed_deployments: number;
  /** 0 to 1. */
  readonly change_failure_rate: number | null;
  /** How often a success followed a failure. */
  readonly restored: number;
  readonly time_to_restore_seconds: number | null;
  /** Deployed commits whose time is known. */
  readonly changes: number;
  readonly lead_time_seconds: number | null;
}

/** What `builds:stats --format json` gives. */
export interface BuildStats extends Figures {
  /** null for all apps. */
  readonly app: string | null;
  readonly since: string | null;
  readonly until: string;
  readonly builds_per_day: number;
  readonly delivery: Delivery;
  readonly sources: readonly (Figures & { readonly source: string })[];
  /** Empty for a single app. */
  readonly apps: readonly (Figures & { readonly app: string; readonly delivery: Delivery })[];
  /** Days on which builds started, oldest first. */
  readonly days: readonly {
    readonly date: string;
    readonly builds: number;
    readonly succeeded: number;
    readonly failed: number;
  }[];
}
