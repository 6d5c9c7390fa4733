import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { pruneWork } from '../../../commands/prune';
import type { Host } from '../../../host/dokku/environment';
import { type AppName, type BuildId, generateBuildId, parseBuildId } from '../../../host/dokku/names';
import { openOutput } from '../../../host/terminal/output';
import { appBuilds, buildsRoot, deployLockPath } from '../../../host/dokku/paths';
import { isAlive } from '../../../host/system/processes';
import { runningBuilds } from '../../../journal/history';
import { loadHistory } from '../../../journal/loadHistory';
import { readRunning } from '../../../projections/lists/runningBuilds';
import { recordStart } from '../../../subscribers/recordDeploy';
import { filesOf, recordsOf } from '../../projections/records/temporaryApp';
import { allProcesses, type Waiter } from '../deploys/waiters';
import { auditJournal } from './journalAudit';
import { call, type CallOptions, command, type Outcome } from './pluginCalls';

const NONE = parseBuildId('none');

/** An app whose triggers and commands are killed, and what they had acknowledged before. */
export class CrashApp {
  private readonly started = new Set<BuildId>();
  private readonly ended = new Set<BuildId>();
  private readonly canceled = new Set<BuildId>();
  private readonly begun = new Set<BuildId>();
  private deploy:
    { readonly build: BuildId; readonly process: ChildProcess; readonly exit: Promise<unknown> } | undefined;
  private readonly directory: string;

  constructor(
    readonly host: Host,
    readonly app: AppName,
  ) {
    this.directory = appBuilds(host, app).directory;
    mkdirSync(this.directory, { recursive: true });
  }

  /** A deploy begins: its process lives, the lock names it, its log is there; then the trigger is called. */
  async begin(options?: CallOptions): Promise<Outcome> {
    const { build, pid } = await this.deployBegins();
    const outcome = await call(this.host, 'builds-record-start', [this.app, build, String(pid), 'git-hook'], options);
    if (outcome.status === 0) this.started.add(build);
    return outcome;
  }

  /** The same without a call: what the trigger does is done in this process, which nobody kills. */
  async beginInPeace(): Promise<void> {
    const { build, pid } = await this.deployBegins();
    recordStart(this.host, openOutput(this.host).warn, this.app, build, pid, 'git-hook');
    this.started.add(build);
  }

  private async deployBegins(): Promise<{ build: BuildId; pid: number }> {
    await this.stop();
    const build = generateBuildId(Date.now());
    this.begun.add(build);
    // for a core file
    const process_ = spawn('sleep', ['600'], { stdio: 'ignore', detached: true, cwd: this.host.libRoot });
    await once(process_, 'spawn');
    this.deploy = { build, process: process_, exit: once(process_, 'exit') };
    const lock = deployLockPath(this.host, this.app);
    mkdirSync(dirname(lock), { recursive: true });
    writeFileSync(lock, `${build}\n`);
    writeFileSync(join(this.directory, `${build}.log`), 'output\n');
    return { build, pid: process_.pid ?? 0 };
  }

  async finalize(options?: CallOptions): Promise<Outcome> {
    const build = this.deploy?.build ?? NONE;
    const outcome = await call(this.host, 'builds-record-finalize', [this.app, build, '1'], options);
    // Of a build whose start was killed there may be no record: that is said, and is not a failure.
    const unknown = outcome.stderr.includes('No build record');
    if (outcome.status === 0 && !unknown) this.ended.add(build);
    return outcome;
  }

  async cancel(options?: CallOptions): Promise<Outcome> {
    const outcome = await command(this.host, 'cancel', [this.app], options);
    if (outcome.stdout.includes('Killing app deploy') && outcome.status === 0 && this.deploy) {
      this.canceled.add(this.deploy.build);
    }
    return outcome;
  }

  discard(options?: CallOptions): Promise<Outcome> {
    return call(this.host, 'builds-record-discard', [this.app, this.deploy?.build ?? NONE], options);
  }

  /** Dokku announces the deployment. */
  deployed(options: CallOptions = {}): Promise<Outcome> {
    return call(this.host, 'post-deploy', [this.app, '', '', 'latest'], this.withBuild(options));
  }

  /** Dokku has unpacked the source. */
  extracted(options: CallOptions = {}): Promise<Outcome> {
    return call(this.host, 'post-extract', [this.app, '/', 'a'.repeat(40)], this.withBuild(options));
  }

  private withBuild(options: CallOptions): CallOptions {
    return { ...options, env: { ...options.env, DOKKU_BUILD_ID: this.deploy?.build ?? NONE } };
  }

  prune(options?: CallOptions): Promise<Outcome> {
    return command(this.host, 'prune', [this.app], options);
  }

  list(options?: CallOptions): Promise<Outcome> {
    return command(this.host, 'list', [this.app, '--format', 'json'], options);
  }

  /** Ends the process of the deploy, if it still runs. */
  async stop(): Promise<void> {
    this.deploy?.process.kill('SIGKILL');
    await this.deploy?.exit;
    this.deploy = undefined;
  }

  /**
   * Cancels until the deploy's process has been told to quit: who was killed between the record of a cancel and its
   * signal leaves a process that runs, and a cancel that comes right behind takes that for a signal on its way.
   * Returns the signal that ended it.
   */
  async cancelUntilQuit(): Promise<NodeJS.Signals | null> {
    const { process: running, exit } = this.deploy ?? {};
    while (running?.exitCode === null && running.signalCode === null && isAlive({ pid: running.pid ?? 0 })) {
      const { status, stderr } = await this.cancel();
      if (status !== 0) throw new Error(stderr);
    }
    await exit;
    return running?.signalCode ?? null;
  }

  /** What is not as it was acknowledged, or breaks a rule of the journal. In sentences; none when all is well. */
  broken(): string[] {
    const { broken, events } = auditJournal(join(this.directory, 'events.journal'));
    const found = [...broken];
    const starts = new Set<BuildId>();
    const ends = new Map<BuildId, 'BuildFinished' | 'BuildCanceled'>();
    for (const { event } of events) {
      if (event.type === 'BuildStarted') starts.add(event.build);
      // that there is one at most, the audit has seen
      else if (event.type !== 'Pruned') ends.set(event.build, event.type);
    }
    for (const id of this.started) if (!starts.has(id)) found.push(`start of ${id} is lost`);
    for (const id of this.ended) if (!ends.has(id)) found.push(`end of ${id} is lost`);
    for (const id of this.canceled) if (ends.get(id) !== 'BuildCanceled') found.push(`cancel of ${id} is lost`);
    const view = readRunning(buildsRoot(this.host));
    const unseen = runningBuilds(loadHistory(this.directory).history).filter(({ id, process: own }) => {
      return isAlive(own) && view?.some(({ build }) => build === id) === false;
    });
    return [...found, ...unseen.map(({ id }) => `the view of what runs lacks ${id}`)];
  }

  /**
   * What is stored beside the journal and is not what it says, after a prune: what a killed call has left, a deploy's
   * trigger leaves to that.
   */
  async untidy(): Promise<string[]> {
    if (this.unlikeTheJournal().length === 0) return [];
    await this.untilConcluded(); // what a process was about to write or to remove is not left
    return this.unlikeTheJournal();
  }

  /** Resolves when no process is at work any more behind a deploy whose own process has ended. */
  async untilConcluded(): Promise<void> {
    const { build: deploying, process: own } = this.deploy ?? {};
    const lives = own?.exitCode === null && own.signalCode === null;
    const ended = [...this.begun].filter((id) => !lives || id !== deploying);
    const isAtWork = ({ command: typed }: Waiter): boolean =>
      ended.some((id) => typed.includes(` builds-after-deploy ${this.app} ${id} `));
    while (allProcesses().some(isAtWork)) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  private unlikeTheJournal(): string[] {
    pruneWork(this.host, this.app);
    const found = readdirSync(this.directory).filter((name) => name.endsWith('.tmp'));
    const builds = appBuilds(this.host, this.app);
    const { pruned } = loadHistory(this.directory).history;
    const records = Object.fromEntries(Object.entries(filesOf(builds)).filter(([name]) => name.endsWith('.json')));
    if (JSON.stringify(records) !== JSON.stringify(recordsOf(builds)))
      found.push(`records: ${JSON.stringify(records)}`);
    const logs = readdirSync(this.directory).filter((name) => pruned.includes(name.replace(/\.log$/, '') as BuildId));
    return [...found, ...logs];
  }

  /** The build that deploys now. */
  get deploying(): BuildId | undefined {
    return this.deploy?.build;
  }

  /** How many events there are. */
  get events(): number {
    return auditJournal(join(this.directory, 'events.journal')).events.length;
  }
}
