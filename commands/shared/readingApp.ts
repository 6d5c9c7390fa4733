import type { Host } from '../../host/dokku/environment';
import type { AppName } from '../../host/dokku/names';
import { type AppBuilds, appBuilds } from '../../host/dokku/paths';
import { countRead, showProgress } from '../../host/terminal/progress';

/**
 * The place of an app's builds for a command that may read its whole journal: a terminal shows how far it is. What the
 * command prints clears that line.
 */
export function readingApp(host: Host, app: AppName): AppBuilds {
  return { ...appBuilds(host, app), onRead: countRead(app, 'events', showProgress()) };
}
