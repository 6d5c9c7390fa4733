import { appendFileSync, mkdirSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { type Host, readHost } from '../../host/environment';
import { type AppName, type BuildId, parseBuildId } from '../../host/names';
import { type AppBuilds, appBuilds } from '../../host/paths';
import { loadHistory } from '../../projections/loadHistory';
import { createApp, temporaryHost } from '../host/temporaryHost';
import { finished, started } from '../journal/buildEvents';
import { append, filesOf, recordsOf } from '../projections/temporaryApp';
import { auditJournal } from './journalAudit';
import { call, type CallOptions, command, type Outcome } from './pluginCalls';
import { cannotMountDisk, smallDisk } from './smallDisk';
import { cannotTrace, interfering } from './tracing';
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
    t.log(`${site.acknowledged.size} starts acknowledged, ${site.debris} bytes of debris passed over`);
  },
);

test.serial('a file-size limit is told as what it is, and what is over it is no event', async (t) => {
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
  t.log(`${site.acknowledged.size} starts acknowledged, ${site.debris} bytes of debris passed over`);
});

for (const fault of ['EIO', 'ENOSPC']) {
  unless(cannotTrace)(
    `${fault} from any single write, sync, rename or mkdir is told or made good, and never takes an event away`,
    async (t) => {
      const calls = 'mkdir rename fsync fdatasync fchmod unlink'.split(' ');
      const told: string[] = [];
      for (const systemCall of [...calls, 'write']) {
        for (let nth = 1; ; nth += 1) {
          const site = newSite(t);
          append(site.builds, started('c1'), finished('c1'));
          const path = systemCall === 'write' ? site.journal : undefined;
          const outcome = await site.start('b1', { by: interfering(systemCall, `error=${fault}`, nth, path) });
          const what = `${fault} from ${systemCall} ${nth}`;
          t.is(outcome.signal, null, what);
          t.false(/^\s+at /m.test(outcome.stderr), `${what} shows a stack: ${outcome.stderr}`);
          site.check(what);
          if (outcome.status === 0 && outcome.stderr === '') break;
          t.regex(outcome.stderr, /^ ! {5}.*(i\/o error|no space left)/im, what);
          told.push(`${systemCall} ${nth}: ${outcome.status ?? ''}`);
          t.is((await site.start('b2')).status, 0);
          site.check(`${what}, and a start after it`);
          t.deepEqual(filesOf(site.builds), recordsOf(site.builds));
        }
      }
      t.log(`exit status after ${fault} from ${told.join(', ')}`);
      t.true(told.some((one) => one.startsWith('write 1: 1')) && told.some((one) => one.startsWith('fdatasync 1: 1')));
    },
  );
}

/** An app on some disk, and what was acknowledged to its deploys. */
class Site {
  readonly acknowledged = new Set<BuildId>();
  private readonly refused = new Set<BuildId>();
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
    const set = outcome.status === 0 ? this.acknowledged : this.refused;
    set.add(parseBuildId(id));
    if (outcome.status === 0) this.refused.delete(parseBuildId(id));
    return outcome;
  }

  finalize(id: string): Promise<Outcome> {
    return call(this.host, 'builds-record-finalize', [this.app, id, '0']);
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

  /** Every acknowledged start is in the journal; a refused one may be there only if it could not be made durable. */
  check(when: string): void {
    const { broken, events } = auditJournal(this.journal);
    this.t.deepEqual(broken, [], when);
    const there = new Set(events.flatMap(({ event }) => (event.type === 'BuildStarted' ? [event.build] : [])));
    for (const id of this.acknowledged) this.t.true(there.has(id), `${id} ${when}`);
    const shown = loadHistory(this.builds.directory).history.builds.map(({ id }) => id);
    this.t.deepEqual(new Set(shown), there, when);
  }

  get debris(): number {
    return auditJournal(this.journal).debris;
  }
}

let sites = 0;

function newSite(t: ExecutionContext, disk?: string): Site {
  const own = temporaryHost(t);
  const host = disk === undefined ? own : readHost({ DOKKU_ROOT: own.dokkuRoot, DOKKU_LIB_ROOT: disk });
  const app = createApp(host, `app${(sites += 1)}`);
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
