import type { AppName } from '../../../host/dokku/names';
import { parseTimestamp } from '../../../host/durations';
import type { Build } from '../../../journal/history';
import { asShown, type SeenBuild, type SeenStatus } from '../../../projections/records/record';
import type { MirroredJournal } from './mirrorIndex';
import type { Mirror } from './mirror';
import { asHostState, asJournalState } from '../states';
import type { Answers } from './askHosts';

/** A host, from its published state. */
export interface FleetHost {
  readonly id: string;
  /** Its name; its id until it has published its state. */
  readonly name: string;
  /** When it was heard last, ms since the epoch; 0 for never. */
  readonly heardAt: number;
  /** Its state now is unknown: it was not heard for long, did not answer just now, or has left. */
  readonly silent: boolean;
  /** It has left the fleet. */
  readonly left: boolean;
  readonly program: string;
}

/** A journal, its host, and its app. */
export interface FleetJournal {
  readonly host: FleetHost;
  /** The app, by the last published state of the journal; undefined if none was published. */
  readonly app: AppName | undefined;
  /** The app was destroyed, or the journal is another one now. */
  readonly gone: boolean;
  readonly entry: MirroredJournal;
}

/** A build of some host. */
export interface FleetBuild {
  readonly journal: FleetJournal;
  readonly shown: SeenBuild;
}

/** A host is silent if it was not heard for so many of its intervals. */
const MISSED = 3;

/**
 * Hosts, journals and builds by the content of a mirror, at `now` (ms since the epoch). `answers`: those that
 * hosts gave when they were asked last.
 */
export class FleetView {
  readonly hosts: readonly FleetHost[];
  readonly #hosts: ReadonlyMap<string, FleetHost>;
  readonly #kept = new Map<string, ReadonlySet<string> | undefined>();

  constructor(
    private readonly mirror: Mirror,
    private readonly now: number,
    private readonly answers?: Answers,
  ) {
    this.hosts = mirror.index.hosts.map((id) => this.hostOf(id)).sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#hosts = new Map(this.hosts.map((host) => [host.id, host]));
  }

  get journals(): FleetJournal[] {
    return this.asSeen(this.mirror.journals);
  }

  /** The journals with builds that have not ended, or with a gap: a few of thousands. */
  get unsettledJournals(): FleetJournal[] {
    return this.asSeen(this.mirror.index.unsettledJournals);
  }

  private asSeen(entries: readonly MirroredJournal[]): FleetJournal[] {
    return entries.flatMap((entry) => {
      const host = this.#hosts.get(entry.host);
      if (host === undefined) return [];
      const app = asJournalState(this.mirror.index.heard(entry.host, entry.journal)?.state)?.app;
      return [{ host, app, gone: this.isGone(entry), entry }];
    });
  }

  /**
   * A host lists its journals after the state of each. A list that is older than that state does not name a new
   * journal yet.
   */
  private isGone({ host, journal }: MirroredJournal): boolean {
    const { index } = this.mirror;
    const listed = index.heard(host, 'host');
    if (!this.#kept.has(host)) this.#kept.set(host, journalsOf(listed?.state));
    if (this.#kept.get(host)?.has(journal) !== false) return false;
    return (listed?.at ?? 0) > (index.heard(host, journal)?.at ?? Number.POSITIVE_INFINITY);
  }

  /** A build of `journal`, with its status as far as it is known. */
  show(journal: FleetJournal, build: Build): FleetBuild {
    const displayStatus = this.statusOf(journal, build);
    return { journal, shown: { ...asShown(build, this.now, () => true), displayStatus } };
  }

  private statusOf({ host, gone, entry }: FleetJournal, build: Build): SeenStatus {
    if (build.status !== 'running') return build.status;
    if (gone) return 'abandoned';
    if (host.silent) return 'unknown';
    const published = this.mirror.index.heard(entry.host, entry.journal);
    const answered = this.answers?.byHost.get(host.id)?.journals[entry.journal];
    const isNewer = answered !== undefined && (this.answers?.at ?? 0) >= (published?.at ?? 0);
    const lives = isNewer ? answered : asJournalState(published?.state);
    if (lives?.alive.includes(build.id) === true) return 'running';
    if (lives?.dead.includes(build.id) === true) return 'abandoned';
    return 'unknown'; // the event came before the state that says whether its process runs
  }

  private hostOf(id: string): FleetHost {
    const heard = this.mirror.index.heard(id, 'host');
    const state = asHostState(heard?.state);
    const publishedAt = heard?.at ?? 0;
    const { answers } = this;
    const hasAnswered = answers?.byHost.has(id) === true;
    const heardAt = hasAnswered ? Math.max(publishedAt, answers.at) : publishedAt;
    const isOld = this.now - heardAt > MISSED * 1000 * (state?.everySeconds ?? 0);
    const isUnanswered = !hasAnswered && answers?.asked.get(id) === publishedAt;
    return {
      id,
      name: state?.name ?? id,
      heardAt,
      silent: isOld || isUnanswered || state?.left === true,
      left: state?.left === true,
      program: state?.program ?? '',
    };
  }
}

function journalsOf(state: unknown): ReadonlySet<string> | undefined {
  const journals = asHostState(state)?.journals;
  return journals && new Set(journals);
}

/** When a build began, ms since the epoch. */
export function startOf({ shown }: FleetBuild): number {
  return parseTimestamp(shown.build.startedAt) ?? 0;
}
