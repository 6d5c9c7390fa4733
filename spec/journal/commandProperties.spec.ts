import test from 'ava';
import fc from 'fast-check';

import { parseTimestamp } from '../../host/durations';
import type { BuildId } from '../../host/dokku/names';
import { type BuildCommand, BuildStartedBefore, UnknownBuild } from '../../journal/commands';
import { decide, evolve, evolveAll, evolveOver, initialState } from '../../journal/decider';
import type { BuildEvent } from '../../journal/events';
import { type Build, buildsOf, findBuild, type History, runningBuilds } from '../../journal/history';
import { anyCommand } from './anyCommand';
import { deepFreeze } from './deepFreeze';

const numRuns = process.env['SOAK'] === '1' ? 50_000 : 300;
const commands = fc.array(anyCommand, { maxLength: 60, size: 'max' });

/** One command, and what came of it. */
interface Step {
  readonly command: BuildCommand;
  readonly before: History;
  readonly added: readonly BuildEvent[];
  readonly after: History;
}

/** What the events have said of a build. */
type Stage = 'running' | 'inferred' | 'ended' | 'pruned';

test('a build starts once and ends once, but for one report that corrects an inferred end; then it is pruned', (t) => {
  check((steps) => {
    const stages = new Map<BuildId, Stage>();
    const logless = new Set<BuildId>();
    for (const event of eventsOf(steps)) {
      switch (event.type) {
        case 'BuildStarted':
          t.false(stages.has(event.build), `${event.build} starts again`);
          stages.set(event.build, 'running');
          break;
        case 'BuildFinished': {
          const allowed = event.cause === 'exit' && event.adopted !== true ? ['running', 'inferred'] : ['running'];
          t.true(allowed.includes(stages.get(event.build) ?? ''), `${event.build} ends`);
          stages.set(event.build, event.cause === 'exit' ? 'ended' : 'inferred');
          break;
        }
        case 'BuildCanceled':
          t.is(stages.get(event.build), 'running', `${event.build} is canceled`);
          stages.set(event.build, 'ended');
          break;
        case 'Pruned':
          t.true(event.builds.length + (event.logs ?? []).length > 0);
          for (const build of event.logs ?? []) {
            t.true(['inferred', 'ended'].includes(stages.get(build) ?? ''), `the log of ${build} is pruned`);
            t.false(logless.has(build), `the log of ${build} is pruned again`);
            logless.add(build);
          }
          for (const build of event.builds) {
            const allowed = event.reason === 'discarded' ? ['running'] : ['inferred', 'ended'];
            t.true(allowed.includes(stages.get(build) ?? ''), `${build} is pruned`);
            stages.set(build, 'pruned');
          }
      }
    }
  });
});

test('a running build is pruned only by a discard of it, or if its process has ended', (t) => {
  check((steps) => {
    for (const { command, before, added } of steps) {
      for (const event of added) {
        if (event.type !== 'Pruned') continue;
        const running = event.builds.filter((id) => findBuild(before, id)?.status === 'running');
        if (command.type === 'DiscardBuild') t.deepEqual(running, [command.build]);
        else if (command.type === 'ConcludeBuilds')
          t.true(running.every((id) => command.ended.some(({ build }) => build === id)));
        else t.deepEqual(running, []);
      }
    }
  });
});

test('a prune keeps as many ended builds as are to be kept, the last success among them, and every running build', (t) => {
  check((steps) => {
    for (const { command, before, after } of steps) {
      if (command.type !== 'PruneBuilds') continue;
      const [hadEnded, ended] = [endedOf(before), endedOf(after)];
      const { builds, days, logs } = command.retention;
      if (days === undefined) t.is(ended.length, Math.min(builds, hadEnded.length));
      else t.true(ended.length <= builds);
      if (logs !== undefined) t.true(ended.slice(0, -logs).every(({ logPruned }) => logPruned));
      const success = hadEnded.findLast(({ status }) => status === 'succeeded');
      t.true(success === undefined || ended.some(({ id }) => id === success.id));
      t.deepEqual(runningBuilds(after), runningBuilds(before));
    }
  });
});

test('a prune takes the oldest first, and the last success after all others', (t) => {
  check((steps) => {
    for (const { command, before, after } of steps) {
      if (command.type !== 'PruneBuilds' || command.retention.days !== undefined) continue;
      const ended = endedOf(before);
      const success = ended.findLast(({ status }) => status === 'succeeded');
      const inOrder = [...ended.filter((build) => build !== success), ...(success ? [success] : [])];
      const dropped = inOrder.slice(0, Math.max(ended.length - command.retention.builds, 0));
      t.deepEqual(
        endedOf(after).map(({ id }) => id),
        ended.filter((build) => !dropped.includes(build)).map(({ id }) => id),
      );
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
    for (const build of buildsOf(steps.at(-1)?.after ?? initialState)) {
      if (build.status === 'running' || build.adopted) continue;
      const own = eventsOf(steps).find((event) => 'finishedAt' in event && event.build === build.id);
      if (own && 'adopted' in own) continue;
      t.true((parseTimestamp(build.finishedAt) ?? NaN) >= (parseTimestamp(build.startedAt) ?? NaN));
    }
  });
});

test('events folded in one step, in two, or one by one make the same history', (t) => {
  check((steps) => {
    const events = eventsOf(steps);
    const stepwise = steps.at(-1)?.after ?? initialState;
    t.deepEqual(evolveAll(initialState, events), stepwise);
    for (const at of [1, events.length >> 1, events.length - 1])
      t.deepEqual(evolveAll(evolveAll(initialState, events.slice(0, at)), events.slice(at)), stepwise);
  });
});

test('a fold gives the history between any two events', (t) => {
  check((steps) => {
    let stepwise = initialState;
    evolveOver(initialState, (next, state) => {
      for (const event of eventsOf(steps)) {
        t.is(JSON.stringify(state), JSON.stringify(stepwise));
        next(event);
        stepwise = evolve(stepwise, event);
      }
    });
  });
});

test('a history holds each build once, in one order, and ids that were used', (t) => {
  check((steps) => {
    const { builds, order, newestIds } = steps.at(-1)?.after ?? initialState;
    t.deepEqual(order.toSorted(), (Object.keys(builds) as BuildId[]).sort());
    for (const id of order) t.is(builds[id]?.id, id);
    t.deepEqual(newestIds, newestIds.toSorted());
    t.is(new Set(newestIds).size, newestIds.length);
  });
});

/**
 * Runs any commands one after the other, each on a history that cannot be changed, and asserts `rule` of what came of
 * it.
 */
function check(rule: (steps: readonly Step[]) => void): void {
  fc.assert(
    fc.property(commands, (given) => {
      const events: BuildEvent[] = [];
      let before: History = deepFreeze(initialState);
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

/** What `command` adds; nothing if it is refused. `events` are all that have been recorded. */
function attempt(history: History, command: BuildCommand, events: readonly BuildEvent[]): BuildEvent[] {
  try {
    return decide(
      history,
      command.type === 'StartBuild' ? { ...command, usedBefore: isStarted(command.build) } : command,
    );
  } catch (error) {
    if (error instanceof UnknownBuild || error instanceof BuildStartedBefore) return [];
    throw error;
  }
  function isStarted(id: BuildId): boolean {
    return events.some((event) => event.type === 'BuildStarted' && event.build === id);
  }
}

function eventsOf(steps: readonly Step[]): BuildEvent[] {
  return steps.flatMap(({ added }) => added);
}

function endedOf(history: History): Build[] {
  return buildsOf(history).filter(({ status }) => status !== 'running');
}
