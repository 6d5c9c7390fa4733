import { appendFileSync, mkdirSync, readFileSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { pruneWork } from '../../../commands/prune';
import { type Host, readHost } from '../../../host/dokku/environment';
import { thisSystem } from '../../../host/system/system';
import { type AppName, type BuildId, parseBuildId } from '../../../host/dokku/names';
import { openOutput } from '../../../host/terminal/output';
import { type AppBuilds, appBuilds } from '../../../host/dokku/paths';
import { writeProperty } from '../../../host/dokku/properties';
import { loadHistory } from '../../../journal/loadHistory';
import { rebuildRunning } from '../../../projections/lists/runningBuilds';
import { recordStart } from '../../../subscribers/recordDeploy';
import { createApp, temporaryHost } from '../../temporaryHost';
import { discarded, finished, started } from '../../journal/buildEvents';
import { append, filesOf, recordsOf } from '../../projections/records/temporaryApp';
import { inLanes } from './inLanes';
import { auditJournal } from './journalAudit';
import { call, type CallOptions, command, type Outcome } from './pluginCalls';
import { cannotMountDisk, smallDisk } from './smallDisk';
import { cannotTrace, type Change, changesIn, interfering, placesOf, rehearsing, wasHit } from './tracing';
import { unless } from './unless';

unless(cannotMountDisk)(
  'on a full disk starts are refused by name, what was acknowledged stays, and space is service again',
  async (t) => {
    const disk = await smallDisk(t, 1024 * 1024);
    const site = newSite(t, disk);
    t.is((await site.start('b1')).status, 0);
    const filler = join(disk, 'filler');
    fill(filler);
    const refused = await site.startUntilRefused();
    site.check('while the disk is full');
    t.is((await site.finalize('b1')).status, 1);
    const { stdout } = await command(site.host, 'list', [site.app, '--format', 'json']);
    t.is((JSON.parse(stdout) as unknown[]).length, site.acknowledged.size);

    unlinkSync(filler);
    t.is((await site.start('after')).status, 0);
    t.is((await site.start(refused)).status, 0, 'what was refused can be done now');
    site.check('when there is space again');
    t.deepEqual(filesOf(site.builds), recordsOf(site.builds));
    t.log(`${site.acknowledged.size} starts acknowledged, ${site.debris} bytes of debris ignored`);
  },
);

test.serial('a file-size limit is reported as such, and the event that exceeds it does not count', async (t) => {
  const site = newSite(t);
  const limited = { by: ['bash', '-c', 'ulimit -f 8 && exec "$0" "$@"'] };
  const ids = Array.from({ length: 18 }, (_, n) => `c${n}`);
  append(site.builds, ...ids.flatMap((id) => [started(id), finished(id)]));
  t.true(statSync(site.journal).size < 8 * 1024);
  const refused = await site.startUntilRefused(limited);
  t.is(statSync(site.journal).size, 8 * 1024);
  site.check('at the limit');
  t.is((await site.start(refused)).status, 0);
  site.check('without the limit');
  t.deepEqual(filesOf(site.builds), recordsOf(site.builds));
  t.true(site.debris > 0);
  t.log(`${site.acknowledged.size} starts acknowledged, ${site.debris} bytes of debris ignored`);
});

const victims = ['firstStart', 'start', 'extracted', 'deployed', 'finalize', 'discard'] as const;
type Victim = (typeof victims)[number];
type Fallible = readonly [Victim, Change];

/** What takes no room on a disk cannot lack it. */
const NEED_NO_ROOM = /^(fchown|fchmod|unlink|unlinkat|rmdir)$/;

const needsRoom = ([victim, change]: Fallible): boolean => victim !== 'firstStart' && !NEED_NO_ROOM.test(change.call);

for (const [fault, isWorthwhile] of [
  ['EIO', () => true],
  ['ENOSPC', needsRoom],
  ['EDQUOT', needsRoom],
] as const) {
  unless(cannotTrace)(
    `${fault} from any single system call that changes something is reported, mended by the next call, and loses no event`,
    async (t) => {
      const refused: string[] = [];
      const changes = (await rehearseAll(t)).filter(isWorthwhile);
      await inLanes(changes, async ([victim, change]) => {
        const { status, stderr } = await failAt(t, victim, change, fault);
        t.regex(
          stderr,
          /^ ! {5}.*(i\/o error|no space left|quota exceeded)/im,
          `${fault} from ${change.what} of ${victim} was swallowed`,
        );
        if (status !== 0) refused.push(`${change.what} of ${victim}`);
      });
      for (const [victim, { what }] of changes) {
        if (/^(open|openat|write|fdatasync) events\.journal$/.test(what))
          t.true(refused.includes(`${what} of ${victim}`));
      }
      t.true(refused.length >= 6);
      t.log(`${changes.length} system calls; refused was what needs ${refused.sort().join(', ')}`);
    },
  );
}

unless(cannotTrace)(
  'if a file system cannot sync directories, nothing is said; if it cannot sync files, there is a warning',
  async (t) => {
    const syncs = (await rehearseAll(t)).filter(([, change]) => change.call === 'fsync');
    const silent: string[] = [];
    for (const [victim, change] of syncs) {
      const { status, stderr } = await failAt(t, victim, change, 'EINVAL');
      t.is(status, 0);
      if (stderr === '') silent.push(change.what);
      else t.regex(stderr, /^ ! {5}.*invalid argument/im);
    }
    t.deepEqual([...new Set(silent)], ['fsync myapp', 'fsync builds', 'fsync .notes']);
    t.is(silent.length, syncs.filter(([, change]) => silent.includes(change.what)).length);
  },
);

async function rehearseAll(t: ExecutionContext): Promise<Fallible[]> {
  const all: Fallible[] = [];
  for (const victim of victims) {
    const site = toBeFailed(t, victim);
    const { status, stderr } = await site[victim]('b1', { by: rehearsing(site.log) });
    t.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    all.push(...changesIn(site.log, site.host.libRoot).map((change): Fallible => [victim, change]));
  }
  return all;
}

/**
 * What came of a call one of whose system calls fails. All that is promised is looked at, right then and after a next
 * start.
 */
async function failAt(t: ExecutionContext, victim: Victim, change: Change, fault: string): Promise<Outcome> {
  const what = `${fault} from ${change.what} (${change.call} ${change.nth}) of ${victim}`;
  let last = '';
  for (const place of placesOf(change)) {
    const site = toBeFailed(t, victim);
    const outcome = await site[victim]('b1', { by: interfering(place, `error=${fault}`, site.log) });
    if (!wasHit(change, site.log, site.host.libRoot)) {
      last = readFileSync(site.log, 'utf8');
      continue;
    }
    t.is(outcome.signal, null, what);
    t.false(/^\s+at /m.test(outcome.stderr), `${what} shows a stack: ${outcome.stderr}`);
    site.check(what);
    if (outcome.status === 0 && outcome.stderr === '') {
      t.deepEqual(filesOf(site.builds), recordsOf(site.builds), `${what}, of which nobody was told`);
    }
    site.startInPeace('b2');
    site.check(`${what}, and a start after it`);
    pruneWork(site.host, site.app);
    t.deepEqual(filesOf(site.builds), recordsOf(site.builds), `${what}, and a prune after it`);
    return outcome;
  }
  throw new Error(`${what}: it was another call, each time: ${last}`);
}

/**
 * An app that nothing is known of yet; or with a build that has ended, and a view of what runs; for all but a start:
 * with a build that runs.
 */
function toBeFailed(t: ExecutionContext, victim: Victim): Site {
  const site = newSite(t);
  if (victim === 'firstStart') return site;
  writeProperty(site.host, '--global', 'retention', '1');
  rebuildRunning(site.builds.buildsRoot, [], () => false, thisSystem);
  append(site.builds, started('d1'), discarded('d1'), started('c1'), finished('c1'));
  if (victim !== 'start') site.startInPeace('b1');
  return site;
}

/** An app on some disk, and what was acknowledged to its deploys. */
class Site {
  readonly acknowledged = new Set<BuildId>();
  private readonly ended = new Set<BuildId>();
  readonly builds: AppBuilds;
  readonly journal: string;

  constructor(
    private readonly t: ExecutionContext,
    readonly host: Host,
    readonly app: AppName,
  ) {
    this.builds = appBuilds(host, app);
    this.journal = join(this.builds.directory, 'events.journal');
  }

  async start(id: string, options?: CallOptions): Promise<Outcome> {
    const args = [this.app, id, String(process.pid), 'git-hook'];
    const outcome = await call(this.host, 'builds-record-start', args, options);
    if (outcome.status === 0) this.acknowledged.add(parseBuildId(id));
    return outcome;
  }

  firstStart(id: string, options?: CallOptions): Promise<Outcome> {
    return this.start(id, options);
  }

  /** The same without a call. */
  startInPeace(id: string): void {
    recordStart(this.host, openOutput(this.host).warn, this.app, parseBuildId(id), process.pid, 'git-hook');
    this.acknowledged.add(parseBuildId(id));
  }

  async finalize(id: string, options?: CallOptions): Promise<Outcome> {
    const outcome = await call(this.host, 'builds-record-finalize', [this.app, id, '0'], options);
    if (outcome.status === 0) this.ended.add(parseBuildId(id));
    return outcome;
  }

  discard(id: string, options?: CallOptions): Promise<Outcome> {
    return call(this.host, 'builds-record-discard', [this.app, id], options);
  }

  extracted(id: string, options?: CallOptions): Promise<Outcome> {
    return this.announce('post-extract', [this.app, '/', 'a'.repeat(40)], id, options);
  }

  deployed(id: string, options?: CallOptions): Promise<Outcome> {
    return this.announce('post-deploy', [this.app], id, options);
  }

  private announce(trigger: string, args: string[], id: string, options: CallOptions = {}): Promise<Outcome> {
    return call(this.host, trigger, args, { ...options, env: { DOKKU_BUILD_ID: id } });
  }

  /** Starts builds until one is refused, and looks at how that is said; returns its id. */
  async startUntilRefused(options?: CallOptions): Promise<string> {
    for (let n = 0; ; n += 1) {
      const { status, signal, stderr } = await this.start(`d${n}`, options);
      if (status === 0) continue;
      this.t.is(signal, null);
      this.t.is(status, 1);
      this.t.true(stderr.includes(this.journal), stderr);
      this.t.regex(stderr, /^ ! {5}Cannot write .*: (no space left on device|file too large)\n$/m);
      return `d${n}`;
    }
  }

  /** Where strace writes what it sees. */
  get log(): string {
    return join(this.host.libRoot, '..', 'log');
  }

  /**
   * Every acknowledged start and end is in the journal; a refused one may be there only if it could not be made
   * durable.
   */
  check(when: string): void {
    const { broken, events } = auditJournal(this.journal);
    this.t.deepEqual(broken, [], when);
    const namedBy = (...types: string[]) => {
      const named = events.filter(({ event }) => types.includes(event.type));
      return new Set(named.flatMap(({ event }) => (event.type === 'Pruned' ? event.builds : [event.build])));
    };
    const there = namedBy('BuildStarted');
    const ends = namedBy('BuildFinished', 'BuildCanceled');
    const left = namedBy('Pruned');
    for (const id of this.acknowledged) this.t.true(there.has(id), `${id} ${when}`);
    for (const id of this.ended) this.t.true(ends.has(id), `end of ${id} ${when}`);
    const shown = loadHistory(this.builds.directory).history.order;
    this.t.deepEqual(new Set(shown), new Set([...there].filter((id) => !left.has(id))), when);
  }

  get debris(): number {
    return auditJournal(this.journal).debris;
  }
}

function newSite(t: ExecutionContext, disk?: string): Site {
  const own = temporaryHost(t);
  const host = disk === undefined ? own : readHost({ DOKKU_ROOT: own.dokkuRoot, DOKKU_LIB_ROOT: disk });
  const app = createApp(host, 'myapp');
  mkdirSync(appBuilds(host, app).directory, { recursive: true });
  return new Site(t, host, app);
}

/** Writes until nothing more fits. */
function fill(path: string): void {
  for (const size of [64 * 1024, 4096, 1]) {
    try {
      for (;;) appendFileSync(path, Buffer.alloc(size));
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('ENOSPC'))) throw error;
    }
  }
}
