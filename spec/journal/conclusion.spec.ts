import test from 'ava';

import { conclude, type Conclusion, type Evidence } from '../../journal/conclusion';
import { type BuildEvent, type Source, sources } from '../../journal/events';
import { conclude as concludeBuilds, finish, noTrace } from './buildCommands';
import { canceled, deployed, discarded, finished, minute, minuteText, reaped, started } from './buildEvents';
import { given } from './given';

const everySource = Object.keys(sources) as Source[];
const cancel = { actor: { user: 'dokku', key: 'alice' }, signal: 'SIGTERM' };

/* The table of the design, line by line. */

test('a build that Dokku announced as deployed has succeeded, whatever else there is', (t) => {
  for (const source of everySource)
    for (const other of [{}, { holdsLock: true }, { logShowsFailure: true }, { cancel }])
      t.is(concluded(source, { deployed: true, ...other }), 'succeeded', source);
});

test('a build that still holds the lock has failed', (t) => {
  for (const source of everySource) t.is(concluded(source, { holdsLock: true }), 'failed', source);
});

test('a build whose log shows a failure has failed', (t) => {
  for (const source of everySource) t.is(concluded(source, { logShowsFailure: true }), 'failed', source);
});

test('a sync without a trace had nothing to build, and is discarded', (t) => {
  t.is(concluded('git:sync', {}), 'discarded');
});

test('any other build without a trace has failed', (t) => {
  for (const source of [...everySource, 'brand:new'])
    if (source !== 'git:sync') t.is(concluded(source, {}), 'failed', source);
});

test('a build that ended after somebody had sent it a signal was canceled, unless Dokku had announced it', (t) => {
  for (const source of everySource)
    for (const other of [{}, { holdsLock: true }, { logShowsFailure: true }])
      t.is(concluded(source, { cancel, ...other }), 'canceled', source);
});

test('no commit and no time changes a conclusion', (t) => {
  for (const evidence of [{}, { deployed: true }, { holdsLock: true }, { logShowsFailure: true }, { cancel }])
    for (const source of everySource)
      t.is(
        concluded(source, { ...evidence, revision: 'f'.repeat(40), lastSign: minute(99) }),
        concluded(source, evidence),
      );
});

/*
 * What each deploy of a real host leaves behind, row by row, and the events that follow (dokku-interface, section
 * 3.1).
 */

interface Row {
  readonly deploy: string;
  readonly source: Source;
  readonly leaves: Partial<Evidence>;
  readonly then: readonly BuildEvent[];
}

const LAST_SIGN = 5;
const at = { finishedAt: minuteText(LAST_SIGN) };

const rows: Row[] = [
  {
    deploy: 'a push whose image build fails: the lock stays',
    source: 'git-hook',
    leaves: { holdsLock: true },
    then: [reaped('b1', at)],
  },
  {
    deploy: 'a git:from-archive whose image build fails: the lock stays',
    source: 'git:from-archive',
    leaves: { holdsLock: true },
    then: [reaped('b1', at)],
  },
  {
    deploy: 'a git:sync whose image build fails: the lock stays, and the log says so',
    source: 'git:sync',
    leaves: { holdsLock: true, logShowsFailure: true },
    then: [reaped('b1', at)],
  },
  {
    deploy: 'a ps:restart that succeeds',
    source: 'ps:restart',
    leaves: { deployed: true },
    then: [deployed('b1', at)],
  },
  {
    deploy: 'a ps:restart of an app that was never deployed',
    source: 'ps:restart',
    leaves: { logShowsFailure: true },
    then: [reaped('b1', at)],
  },
  { deploy: 'a git:sync that finds no changes', source: 'git:sync', leaves: {}, then: [discarded('b1')] },
  {
    deploy: 'a git:sync whose clone or fetch is refused',
    source: 'git:sync',
    leaves: { logShowsFailure: true },
    then: [reaped('b1', at)],
  },
  {
    deploy: 'a git:from-image with the image that is deployed already',
    source: 'git:from-image',
    leaves: { logShowsFailure: true },
    then: [reaped('b1', at)],
  },
  {
    deploy: 'a push while another deploy holds the lock',
    source: 'git-hook',
    leaves: { logShowsFailure: true },
    then: [reaped('b1', at)],
  },
  {
    deploy: 'an ssh session that was killed, a kill -9, a reboot: the lock stays',
    source: 'git-hook',
    leaves: { holdsLock: true },
    then: [reaped('b1', at)],
  },
  {
    deploy: 'a kill -9 after the new containers took the traffic',
    source: 'git-hook',
    leaves: { deployed: true, holdsLock: true },
    then: [deployed('b1', at)],
  },
  {
    deploy: 'a deploy that died of a cancel',
    source: 'git-hook',
    leaves: { cancel, holdsLock: true },
    then: [canceled('b1', { ...at, ...cancel })],
  },
  {
    deploy: 'a ps:start without a report',
    source: 'deploy',
    leaves: { deployed: true },
    then: [deployed('b1', at)],
  },
];

for (const { deploy, source, leaves, then } of rows) {
  test(`${deploy}: ${then.map(nameOf).join()}`, (t) => {
    given(started('b1', { source }))
      .when(concludeBuilds({ b1: { ...leaves, lastSign: minute(LAST_SIGN) } }))
      .then(t, then);
  });
}

test('a deploy that reports its end needs no conclusion, and a later report of the same changes nothing', (t) => {
  for (const exitCode of [0, 1]) {
    given(started('b1'))
      .when(finish('b1', { exitCode }))
      .then(t, [finished('b1', { exitCode })]);
    given(started('b1'), finished('b1', { exitCode })).when(finish('b1', { exitCode })).then(t, []);
    given(started('b1'), finished('b1', { exitCode }))
      .when(concludeBuilds({ b1: { deployed: true } }))
      .then(t, []);
  }
});

test('after a kill -9 the children go on and report: the report corrects the conclusion', (t) => {
  given(started('b1'), reaped('b1'))
    .when(finish('b1'))
    .then(t, [finished('b1')]);
});

test('a plugin whose post-deploy fails after the announcement reports a failure, and that counts', (t) => {
  given(started('b1'), deployed('b1'))
    .when(finish('b1', { exitCode: 1 }))
    .then(t, [finished('b1', { exitCode: 1 })]);
});

function concluded(source: string, evidence: Partial<Evidence>): Conclusion {
  return conclude(source, { ...noTrace, ...evidence });
}

function nameOf(event: BuildEvent): string {
  if (event.type === 'Pruned') return event.reason;
  return event.type === 'BuildCanceled' ? 'canceled' : event.type === 'BuildFinished' ? event.status : event.type;
}
