/**
 * Builds the nats-servers that specs of the fleet run with: the pinned version, and the old one that is refused. Where
 * that cannot be done it says so, and those specs are skipped.
 */
import { installNatsServer, NATS_SERVER_VERSION, OLD_NATS_SERVER_VERSION } from './natsServer';

for (const version of [NATS_SERVER_VERSION, OLD_NATS_SERVER_VERSION]) {
  const installed = installNatsServer(version);
  if ('missing' in installed)
    console.log(`       Specs of the fleet with nats-server ${version} are skipped: ${installed.missing}`);
}
