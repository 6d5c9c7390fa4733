/** What came of one spec file. */
type FileCounts = { passed: number; failed: number; skipped: number };

/** How many lines of a failure are repeated in the summary. */
const MOST_LINES = 40;

/**
 * Reads the TAP that `ava --tap` writes, line by line, and counts what it says. Failures, and what tests log, are
 * shown as they are read. Failures are repeated in the summary, because only the end of a long output may be kept.
 */
export class TapRun {
  passed = 0;
  failed = 0;
  skipped = 0;
  private readonly files = new Map<string, FileCounts>();
  private readonly failures: string[] = [];
  /** Lines of the last failure that came so far. */
  private failureLines = 0;
  /** Before its report ava only says why there is none. */
  private readonly beforeReport: string[] = [];
  private began = false;
  private planned = false;
  private showing = false;
  private title = '';

  /**
   * `specFiles`: the spec files there are, by their paths from the repository's root; ava names them in titles.
   * `untitled`: what to call the file of a run of one file, whose titles do not name it.
   * `show` is called with each line to print while the run goes on.
   */
  constructor(
    private readonly specFiles: readonly string[],
    private readonly untitled: string,
    private readonly show: (line: string) => void,
  ) {}

  /** Takes one line of TAP, without its line break. */
  read(line: string): void {
    if (!this.began) {
      this.began = line.startsWith('TAP version ');
      if (!this.began) this.readBeforeReport(line);
      return;
    }
    const result = /^(not ok|ok) \d+(?: - (.*?))?(?: # (SKIP|TODO)\b.*)?$/.exec(line);
    if (result !== null) {
      this.title = result[2] ?? '';
      this.count(result[1] === 'ok', result[2] ?? '', result[3] !== undefined);
      return;
    }
    if (/^1\.\.\d+$/.test(line)) this.planned = true;
    if (/^(1\.\.\d+|# (tests|pass|skip|fail|todo) \d+)$/.test(line)) {
      this.showing = false;
      return;
    }
    const said = /^# {3}(.*)$/.exec(line)?.[1];
    if (said !== undefined) {
      this.show(`       ${this.title}: ${said}`);
    } else if (/^# \d+ tests? remaining in /.test(line)) {
      this.beginFailure(` !     ${line.slice(2)}`);
    } else if (this.showing && line.trim() !== '' && !/^ {2}(---|\.\.\.)$/.test(line)) {
      this.showFailure(`     ${line}`);
    }
  }

  /** Takes one line that ava or a spec wrote to stderr. It is set apart: only the last line of stdout counts. */
  readStderr(line: string): void {
    if (this.began) this.show(`     | ${line}`);
    else this.readBeforeReport(`     | ${line}`);
  }

  /** Takes how ava ended: its exit status, or the signal that ended it. A run that broke off counts as a failure. */
  end(outcome: number | NodeJS.Signals): void {
    if (!this.planned) {
      this.fail(`ava ended before its report did (${describe(outcome)})`);
      if (!this.began) this.failures.push(...this.beforeReport.slice(-MOST_LINES));
    } else if (this.passed + this.failed === 0) this.beginFailure(' !     No spec ran');
    else if (outcome !== 0 && this.failed === 0) {
      this.fail(
        `ava ended with ${describe(outcome)} though no spec failed: did one leave a timer or a process behind?`,
      );
    }
  }

  /** Of how many spec files results have come. */
  get filesBegun(): number {
    return this.files.size;
  }

  /** True when specs ran and none failed. */
  get succeeded(): boolean {
    return this.failed === 0 && this.passed > 0;
  }

  /** One line a spec file, then what failed once more, then the counted line. */
  summary(): string[] {
    const lines = [...this.files]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([file, counts]) => `${counts.failed > 0 ? ' !    ' : '----->'} ${file}: ${countedLine(counts)}`);
    const again = this.failures.length > 0 ? ['-----> What failed', ...this.failures] : [];
    return [...lines, ...again, countedLine(this)];
  }

  private count(ok: boolean, title: string, skipped: boolean): void {
    const outcome = skipped ? 'skipped' : ok ? 'passed' : 'failed';
    this[outcome] += 1;
    const file = this.fileOf(title);
    const counts = this.files.get(file) ?? { passed: 0, failed: 0, skipped: 0 };
    counts[outcome] += 1;
    this.files.set(file, counts);
    this.showing = outcome === 'failed';
    if (this.showing) this.beginFailure(` !     failed: ${title}`);
  }

  private fail(message: string): void {
    this.failed += 1;
    this.beginFailure(` !     ${message}`);
  }

  private readBeforeReport(line: string): void {
    this.beforeReport.push(line);
    this.show(line);
  }

  private beginFailure(line: string): void {
    this.failureLines = 0;
    this.showFailure(line);
  }

  private showFailure(line: string): void {
    this.show(line);
    this.failureLines += 1;
    if (this.failureLines <= MOST_LINES) this.failures.push(line);
    else if (this.failureLines === MOST_LINES + 1) this.failures.push('       … the rest is above');
  }

  /**
   * ava writes `folder › file › title`, without the folders that all files of the run share; of one file, the title
   * alone.
   */
  private fileOf(title: string): string {
    const parts = title.split(/ [›>] /);
    for (let length = parts.length - 1; length > 0; length -= 1) {
      const ending = `/${parts.slice(0, length).join('/')}.spec.ts`;
      const file = this.specFiles.find((candidate) => candidate.endsWith(ending));
      if (file !== undefined) return file;
    }
    return this.specFiles.find((candidate) => title.includes(candidate)) ?? this.untitled;
  }
}

function countedLine({ passed, failed, skipped }: FileCounts): string {
  const counts = `${String(passed)} passed, ${String(failed)} failed`;
  return skipped > 0 ? `${counts}, ${String(skipped)} skipped` : counts;
}

function describe(outcome: number | NodeJS.Signals): string {
  return typeof outcome === 'number' ? `exit status ${String(outcome)}` : outcome;
}
