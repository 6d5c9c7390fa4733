import type { AppName } from '../../host/dokku/names';
import type { Build } from '../../journal/history';
import { type Pruning, pruningJson } from '../events/past';
import { buildView, type ShownBuild } from '../records/record';

/**
 * The JSON of `builds:info`: the view of a build, and under `event` the facts that are only in the journal
 * (docs/schema).
 */
export function infoView(app: AppName, shown: ShownBuild, logPath: string, pruning: Pruning | undefined): object {
  return { ...buildView(app, shown, logPath), event: { ...eventFacts(shown.build), ...pruningJson(pruning) } };
}

function eventFacts(build: Build): object {
  const { actor, revision, adopted, process, logPruned } = build;
  return {
    actor,
    ...(revision !== undefined && { revision }),
    adopted,
    ...(logPruned && { log_pruned: true }),
    ...(process.startTicks !== undefined && { start_ticks: process.startTicks }),
    ...(process.bootId !== undefined && { boot_id: process.bootId }),
    ...('cause' in build && { cause: build.cause }),
    ...('canceledBy' in build && { canceled_by: build.canceledBy }),
    ...('signal' in build && { signal: build.signal }),
  };
}
