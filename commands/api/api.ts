/*
 * Everything that can be imported from the npm package `dokku-builds` (docs/api.md); package.json exports what is
 * built from this file, and nothing else.
 */
export { openFleet } from './openFleet';
export type { FleetBuildView, FleetEvent, FleetFilter, FleetHostView, FleetOptions, FleetReader } from './fleetTypes';
export { openHost } from './openHost';
export type {
  BuildsHost,
  EventFilter,
  FollowOptions,
  HostOptions,
  ListFilter,
  StatsOptions,
  Time,
  WaitOptions,
} from './apiTypes';
export type {
  Actor,
  BuildCanceled,
  BuildEvent,
  BuildFinished,
  BuildInfo,
  BuildKind,
  BuildStarted,
  BuildStats,
  BuildStatus,
  BuildView,
  Delivery,
  DisplayStatus,
  Figures,
  Pruned,
} from './buildTypes';
