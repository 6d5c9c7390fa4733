import test from 'ava';
import fc from 'fast-check';

import { parseTimestamp } from '../../host/durations';
import type { BuildId } from '../../host/dokku/names';
import { type BuildCommand, BuildStartedBefore, decide, UnknownBuild } from '../../journal/decide';
import type { BuildEvent } from '../../journal/events';
import { type Build, findBuild, type History } from '../../journal/history';
import { apply, draftHistory, emptyHistory } from '../../journal/applyEvent';
import { evolve } from '../../journal/evolve';
import { anyCommand } from './anyCommand';
import { deepFreeze } from './deepFreeze';

const numRuns = process.env['SOAK'] === '1' ? 50_000 : 1_000;
const commands = fc.array(anyCommand, { maxLength: 60, size: 'max' });

/** One command, and what came of it. */
interface Step {
  readonly command: BuildCommand;
  readonly before: History;
  readonly added: readonly BuildEvent[];
  readonly after: History;
}

test('a build starts once, and ends at most once, after it has started and before it leaves', (t) => {
  check((steps) => {
    const stages = new Map<BuildId, 'running' | 'ended' | 'left'>();
    for (const event of eventsOf(steps)) {
      switch (event.type) {
        case 'BuildStarted':
          t.false(stages.has(event.build), `${event.build} starts again`);
          stages.set(event.build, 'running');
          break;
        case 'BuildFinished':
        case 'BuildCanceled':
          t.is(stages.get(event.build), 'running', `${event.build} ends`);
          stages.set(event.build, 'ended');
          break;
        case 'Pruned':
          t.true(event.builds.length > 0);
          for (const build of event.builds) {
            t.is(stages.get(build), event.reason === 'discarded' ? 'running' : 'ended', `${build} leaves`);
            stages.set(build, 'left');
          }
      }
    }
  });
});

test('only who asks for it takes a running build away, and only that one', (t) => {
  check((steps) => {
    for (const { command, before, added } of steps) {
      for (const event of added) {
        if (event.type !== 'Pruned') continue;
        const running = event.builds.filter((id) => findBuild(before, id)?.status === 'running');
        t.deepEqual(running, command.type === 'DiscardBuild' ? [command.build] : []);
      }
    }
  });
});

test('after a prune no more have ended than are kept, the last success is one of them, and what runs still runs', (t) => {
  check((steps) => {
    for (const { command, before, after } of steps) {
      if (command.type !== 'PruneBuilds') continue;
      const [hadEnded, ended] = [endedOf(before), endedOf(after)];
      t.is(ended.length, Math.min(command.retention, hadEnded.length));
      const success = hadEnded.findLast(({ status }) => status === 'succeeded');
      t.true(success === undefined || ended.includes(success));
      t.deepEqual(runningOf(after), runningOf(before));
    }
  });
});

test('a prune drops what was found dead first, and then what is oldest', (t) => {
  check((steps) => {
    for (const { command, before, after } of steps) {
      if (command.type !== 'PruneBuilds') continue;
      const isDead = (build: Build): boolean => build.status === 'failed' && build.cause === 'abandoned';
      const kept = endedOf(after);
      const dropped = endedOf(before).filter((build) => !kept.includes(build));
      const success = endedOf(before).findLast(({ status }) => status === 'succeeded');
      const place = (build: Build): number => before.builds.indexOf(build);
      for (const build of dropped) {
        const goesAfter = (other: Build): boolean =>
          other === success ||
          (!isDead(other) && isDead(build)) ||
          (isDead(other) === isDead(build) && place(other) > place(build));
        t.true(kept.every(goesAfter), `${build.id} left before one that should have left first`);
      }
    }
  });
});

test('a command that is given once more adds nothing', (t) => {
  check((steps) => {
    const events: BuildEvent[] = [];
    for (const { command, added, after } of steps) {
      events.push(...added);
      t.deepEqual(attempt(after, command, events), []);
    }
  });
});

test('no build ends before it started, however the clock jumps, unless that was adopted', (t) => {
  check((steps) => {
    for (const build of steps.at(-1)?.after.builds ?? []) {
      if (build.status === 'running' || build.adopted) continue;
      const own = eventsOf(steps).find((event) => 'finishedAt' in event && event.build === build.id);
      if (own && 'adopted' in own) continue;
      t.true((parseTimestamp(build.finishedAt) ?? NaN) >= (parseTimestamp(build.startedAt) ?? NaN));
    }
  });
});

test('all events together make the same history as one after the other', (t) => {
  check((steps) => {
    const stepwise = steps.at(-1)?.after ?? emptyHistory;
    const draft = draftHistory();
    for (const event of eventsOf(steps)) apply(draft, event);
    t.deepEqual(draft, stepwise as typeof draft);
  });
});

/** Runs any commands one after the other, each on a history that cannot be changed, and asserts `rule` of what came of it. */
function check(rule: (steps: readonly Step[]) => void): void {
  fc.assert(
    fc.property(commands, (given) => {
      const events: BuildEvent[] = [];
      let before: History = deepFreeze(emptyHistory);
      const steps = given.map((command): Step => {
        const added = deepFreeze(attempt(before, command, events));
        const after = deepFreeze(added.reduce(evolve, before));
        const step = { command, before, added, after };
        events.push(...added);
        before = after;
        return step;
      });
      rule(steps);
    }),
    { numRuns },
  );
}

/** What `command` adds; nothing when it is refused. */
function attempt(history: History, command: BuildCommand, events: readonly BuildEvent[]): BuildEvent[] {
  const startedBefore = (id: BuildId): boolean =>
    events.some((event) => event.type === 'BuildStarted' && event.build === id);
  try {
    return decide(history, command, startedBefore);
  } catch (error) {
    if (error instanceof UnknownBuild || error instanceof BuildStartedBefore) return [];
    throw error;
  }
}

function eventsOf(steps: readonly Step[]): BuildEvent[] {
  return steps.flatMap(({ added }) => added);
}

function endedOf({ builds }: History): Build[] {
  return builds.filter(({ status }) => status !== 'running');
}

function runningOf({ builds }: History): Build[] {
  return builds.filter(({ status }) => status === 'running');
}
