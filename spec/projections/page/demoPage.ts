import { createHash } from 'node:crypto';

import type { AppName, BuildId } from '../../../host/dokku/names';
import type { Build } from '../../../journal/history';
import { countEnd, type EndsByHour, sumOf } from '../../../projections/page/ends';
import type { Outcome } from '../../../projections/page/pageHistory';
import { type PageSource } from '../../../projections/page/page';
import type { PageApp } from '../../../projections/page/pageApp';
import { type PageLog, readPageLog } from '../../../projections/page/pageLog';
import { asShown } from '../../../projections/records/record';

export const NOW = Date.UTC(2026, 10, 26, 11, 45, 0);
const HOUR = 3_600_000;

/** A build as the demo has it. */
export interface DemoBuild {
  readonly id: string;
  readonly status: Build['status'];
  /** Hours before {@link NOW}. */
  readonly hours: number;
  readonly seconds?: number;
  readonly exitCode?: number;
  readonly source?: string;
  readonly startedAt?: string;
}

/** The same numbers in every run, from 0 to below 1. */
export function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/** `builds` are newest first. */
export function demoApp(app: string, builds: readonly DemoBuild[]): PageApp {
  const seen = builds.map((build) => asShown(toBuild(build), NOW, () => true));
  const outcomes = builds
    .filter(({ status }) => status !== 'running')
    .map(({ id, status, hours, seconds = 74 }): Outcome => ({
      build: id as BuildId,
      startedAt: NOW - hours * HOUR,
      ms: seconds * 1000,
      status: status as Outcome['status'],
    }));
  const total = sumOf(endsOf(outcomes).values());
  return { app: app as AppName, builds: seen, events: new Map(), outcomes: outcomes.reverse(), total };
}

function endsOf(outcomes: readonly Outcome[]): EndsByHour {
  const ends: EndsByHour = new Map();
  for (const outcome of outcomes) countEnd(ends, outcome);
  return ends;
}

function toBuild({ id, status, hours, seconds = 74, exitCode = 1, source = 'git-hook', startedAt }: DemoBuild): Build {
  const people = ['ann-laptop', 'ben', 'deploy-bot'];
  const begun = {
    id: id as BuildId,
    kind: 'build',
    source,
    process: { pid: 4242 },
    startedAt: startedAt ?? new Date(NOW - hours * HOUR).toISOString(),
    actor: { user: 'dokku', key: people[id.length % 3 === 0 ? 0 : id.charCodeAt(id.length - 1) % 3] ?? 'ann-laptop' },
    revision: createHash('sha1').update(id).digest('hex'),
    adopted: false,
  } as const;
  const finishedAt = new Date(NOW - hours * HOUR + seconds * 1000).toISOString();
  switch (status) {
    case 'running':
      return { ...begun, status };
    case 'canceled':
      return { ...begun, status, exitCode: -1, finishedAt, canceledBy: {}, signal: 'SIGQUIT' };
    case 'succeeded':
      return { ...begun, status, exitCode: 0, cause: 'exit', finishedAt };
    case 'failed':
      return { ...begun, status, exitCode, cause: 'exit', finishedAt };
  }
}

const LOG = `-----> Building shop from herokuish
-----> \u001b[1;32mNode.js\u001b[0m app detected
       Installing node modules
       [##########          ]  50 %\r       [####################] 100 %
       added 312 packages in 9s
-----> Build
       \u001b[36mvite\u001b[0m v5.4.2 \u001b[32mbuilding for production...\u001b[39m
`;
const FAILED = `${LOG}       \u001b[31merror TS2304: Cannot find name 'checkuot'.\u001b[0m
       src/cart.ts:41:7
       npm ERR! code ELIFECYCLE
 !     App build failed
`;

/** The log of a build of the demo. */
export function demoLog(failed: boolean): string {
  return failed ? FAILED : `${LOG}-----> Released\n=====> Application deployed:\n       http://shop.example.org\n`;
}

/** A host of `apps` apps with `builds` builds each; every fifth app is failing. */
export function demoHost(apps: number, builds: number): PageSource {
  const random = numbers(7);
  const names = ['shop', 'blog', 'api', 'worker', 'docs', 'auth', 'search', 'admin', 'images', 'mail'];
  const all = Array.from({ length: apps }, (_, n) => {
    const name = n < names.length ? (names[n] ?? '') : `app-${n}`;
    let hours = 0.2 + random() * 20;
    const own = Array.from({ length: builds }, (__, index): DemoBuild => {
      hours += 1 + random() * 40;
      const failing = index === 0 && n % 5 === 0;
      const chance = random();
      const status = failing || chance > 0.85 ? 'failed' : chance > 0.8 ? 'canceled' : 'succeeded';
      const id = `0mp${(n * 1000 + builds - index).toString(36).padStart(5, '0')}x${n}y${index}`
        .padEnd(14, '0')
        .slice(0, 14);
      return { id, status, hours, seconds: 30 + Math.floor(random() * 200), exitCode: n % 2 === 0 ? 1 : 137 };
    });
    const running: DemoBuild[] = n === 1 ? [{ id: '0mpzzzzzzblog0', status: 'running', hours: 0.02 }] : [];
    return demoApp(name, [...running, ...own]);
  });
  return pageSource(all);
}

/** The source of a page about `apps`, whose logs are those of the demo unless `log` has others. */
export function pageSource(apps: readonly PageApp[], rest: Partial<PageSource> = {}): PageSource {
  const statuses = new Map(
    apps.flatMap(({ app, builds }) => builds.map(({ build }) => [`${app}/${build.id}`, build.status])),
  );
  return {
    host: 'dokku.example.org',
    now: NOW,
    apps,
    single: false,
    ends: endsOf(apps.flatMap(({ outcomes }) => outcomes)),
    log: (app, build, limit) => {
      const text = demoLog(statuses.get(`${app}/${build.id}`) === 'failed').slice(-limit);
      return shownLog(text);
    },
    ...rest,
  };
}

/** A log that is `text`, and has no secret in it. */
export function shownLog(text: string): PageLog {
  return readPageLog({ text, before: 0, size: text.length }, { values: [], patterns: [] });
}
