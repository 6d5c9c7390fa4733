/*
 * Everything that can be imported from the npm package `dokku-builds` (docs/api.md); package.json exports what is
 * built from this file, and nothing else.
 */
export { openFleet } from './openFleet';
export type { FleetBuildView, FleetEvent, FleetFilter, FleetHostView, FleetOptions, FleetReader } from './fleetTypes';
export { openHost } from './openHost';
export type {
  Actor,
  BuildCanceled,
  BuildEvent,
  BuildFinished,
  BuildInfo,
  BuildKind,
  BuildsHost,
  BuildStarted,
  BuildStatus,
  BuildView,
  DisplayStatus,
  EventFilter,
  FollowOptions,
  HostOptions,
  ListFilter,
  Pruned,
} from './apiTypes';
