import fc from 'fast-check';

import type { BuildCommand } from '../../journal/commands';
import type { Evidence } from '../../journal/conclusion';
import type { Source } from '../../journal/events';
import { adoptAll, cancel, conclude, discard, finish, noteRemoved, prune, start } from './buildCommands';
import { canceled, finished, minute, minuteText, started } from './buildEvents';

/** Few enough ids that commands meet, of both kinds: those that sort by their time and those that do not. */
const id = fc.constantFrom('b1', 'b2', 'b3', 'b4', 'b5', '01j8c4xv7bk5w3', '01j8c4xv7bk5w4', '01j8c4xw000000');
/** Minutes, of a clock that jumps. */
const time = fc.integer({ min: -30, max: 30 });
const limit = fc.integer({ min: 1, max: 4 });
const exitCode = fc.constantFrom(0, 0, 1, 137, -1);

const adopted = fc
  .tuple(id, time, time, fc.constantFrom('running', 'finished', 'canceled'), exitCode)
  .map(([build, from, to, how, code]) => {
    const begun = started(build, { adopted: true, startedAt: minuteText(from) });
    const end = { adopted: true, finishedAt: minuteText(to) } as const;
    if (how === 'running') return { started: begun };
    return {
      started: begun,
      ended: how === 'finished' ? finished(build, { ...end, exitCode: code }) : canceled(build, end),
    };
  });

const evidence: fc.Arbitrary<Partial<Evidence>> = fc.record(
  {
    deployed: fc.boolean(),
    holdsLock: fc.boolean(),
    logShowsFailure: fc.boolean(),
    cancel: fc.constant({ actor: { user: 'dokku' }, signal: 'SIGTERM' }),
    revision: fc.constant('0123456789abcdef0123456789abcdef01234567'),
    lastSign: time.map(minute),
  },
  { requiredKeys: ['lastSign'] },
);

/** Any command, of few builds. */
export const anyCommand: fc.Arbitrary<BuildCommand> = fc.oneof(
  fc
    .tuple(id, time, fc.constantFrom<Source>('git-hook', 'git:sync', 'ps:restart', 'unknown'))
    .map(([build, at, source]) => start(build, { at: minute(at), source })),
  fc.tuple(id, time, exitCode).map(([build, at, code]) => finish(build, { at: minute(at), exitCode: code })),
  fc.tuple(id, time).map(([build, at]) => cancel(build, { at: minute(at) })),
  fc.dictionary(id, evidence, { maxKeys: 4 }).map(conclude),
  fc
    .record({ builds: limit, days: limit, logs: limit }, { requiredKeys: ['builds'] })
    .chain((limits) => fc.integer({ min: 0, max: 5 }).map((days) => prune(limits, minute(days * 24 * 60)))),
  id.map(discard),
  fc.array(id, { maxLength: 3 }).map((builds) => noteRemoved(...new Set(builds))),
  fc
    .uniqueArray(adopted, { maxLength: 3, selector: (record) => record.started.build })
    .map((records) => adoptAll(...records)),
);
