/**
 * Builds the nats-server that specs of the fleet run with. Where that cannot be done it says so, and those specs are
 * skipped.
 */
import { installNatsServer } from './natsServer';

const installed = installNatsServer();
if ('missing' in installed)
  console.log(`       The specs of the fleet with a real server are skipped: ${installed.missing}`);
